"""Whole answers of this dialect, in both directions."""

from modelport.dialects.bedrock_converse.response_read import read_response, read_usage
from modelport.dialects.bedrock_converse.response_write import patch_response, write_response

__all__ = ["patch_response", "read_response", "read_usage", "write_response"]

"""Whole answers of this dialect, in both directions."""

from modelport.dialects.bedrock_converse.response_read import read_response
from modelport.dialects.bedrock_converse.response_write import patch_response, write_response
from modelport.dialects.bedrock_converse.usage_read import read_usage

__all__ = ["patch_response", "read_response", "read_usage", "write_response"]

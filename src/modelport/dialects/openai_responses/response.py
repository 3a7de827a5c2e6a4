"""Whole answers, in both directions: where they are read, written, and patched."""

from __future__ import annotations

from modelport.dialects.openai_responses.output import read_usage
from modelport.dialects.openai_responses.passthrough import patch_response
from modelport.dialects.openai_responses.response_read import read_response
from modelport.dialects.openai_responses.response_write import write_response, write_usage

__all__ = ["patch_response", "read_response", "read_usage", "write_response", "write_usage"]

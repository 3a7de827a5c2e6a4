"""Whole answers: where they are read, written, and patched for a caller of the same dialect."""

from __future__ import annotations

from modelport.dialects.cohere_chat.passthrough import patch_response
from modelport.dialects.cohere_chat.response_read import read_response, read_usage
from modelport.dialects.cohere_chat.response_write import write_response

__all__ = ["patch_response", "read_response", "read_usage", "write_response"]

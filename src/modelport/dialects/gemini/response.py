"""Whole answers: a provider's read into events, one written for a caller, one patched on its way."""

from __future__ import annotations

from modelport.dialects.gemini.errors import Malformed, StreamError
from modelport.dialects.gemini.passthrough import patch_response
from modelport.dialects.gemini.response_read import finish_reason, read_response
from modelport.dialects.gemini.response_write import write_response
from modelport.dialects.gemini.usage import read_usage, write_usage

__all__ = [
    "Malformed",
    "StreamError",
    "finish_reason",
    "patch_response",
    "read_response",
    "read_usage",
    "write_response",
    "write_usage",
]

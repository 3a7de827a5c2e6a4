"""Whole answers, in both directions: where they are read, written, and patched."""

from __future__ import annotations

from modelport.dialects.anthropic_messages.passthrough import patch_response
from modelport.dialects.anthropic_messages.response_read import read_response, read_usage
from modelport.dialects.anthropic_messages.response_write import write_response, write_usage

__all__ = ["patch_response", "read_response", "read_usage", "write_response", "write_usage"]

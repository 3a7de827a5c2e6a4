"""Events of a stream: a provider's read or patched one at a time, and a caller's written, without knowing sockets."""

from __future__ import annotations

from modelport.dialects.anthropic_messages.passthrough import Patcher
from modelport.dialects.anthropic_messages.stream_read import Reader
from modelport.dialects.anthropic_messages.stream_write import COMMENT, Writer

__all__ = ["COMMENT", "Patcher", "Reader", "Writer"]

"""Events of a stream: a provider's read or patched one at a time, and a caller's written, without knowing sockets."""

from __future__ import annotations

from modelport.dialects.cohere_chat.passthrough import Patcher
from modelport.dialects.cohere_chat.stream_read import Reader
from modelport.dialects.cohere_chat.stream_write import COMMENT, Writer

__all__ = ["COMMENT", "Patcher", "Reader", "Writer"]

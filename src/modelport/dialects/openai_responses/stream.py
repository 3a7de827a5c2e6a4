"""Events of a stream: a provider's read or patched one at a time, and a caller's written, without knowing sockets."""

from __future__ import annotations

from modelport.dialects.openai_responses.passthrough import Patcher
from modelport.dialects.openai_responses.reader import Reader
from modelport.dialects.openai_responses.writer import COMMENT, Writer

__all__ = ["COMMENT", "Patcher", "Reader", "Writer"]

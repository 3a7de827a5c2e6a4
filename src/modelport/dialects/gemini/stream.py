"""Events of a stream: a provider's read, a caller's written, and one patched on its way.

`ArrayWriter` and `ArrayPatcher` are for callers who asked without `alt=sse`: they get one JSON list, piece by piece.
"""

from __future__ import annotations

from modelport.dialects.gemini.errors import StreamError
from modelport.dialects.gemini.frames import COMMENT
from modelport.dialects.gemini.passthrough import ArrayPatcher, Patcher
from modelport.dialects.gemini.stream_read import Reader
from modelport.dialects.gemini.stream_write import ArrayWriter, Writer

__all__ = ["COMMENT", "ArrayPatcher", "ArrayWriter", "Patcher", "Reader", "StreamError", "Writer"]

"""How the chunks of a stream are kept apart: as events, or as the elements of one JSON list."""

from __future__ import annotations

__all__ = ["COMMENT", "Frames"]

COMMENT = b"\n"
"""Keeps the line open: an empty line between two events, or white space in a list.

Not a comment: `google-genai` 3.6 takes any line that is neither empty nor begins with `data: ` for a piece of a JSON
error, and fails on it (its `_iter_response_stream`, tried in the tests). `@google/genai` 2.32 for JavaScript passes
over both (tried in November 2026).
"""


class Frames:
    """The bytes around chunks."""

    def __init__(self, *, sse: bool) -> None:
        self._sse = sse
        self._begun = False

    def put(self, chunk: bytes) -> bytes:
        """One chunk, which must be on one line."""
        if self._sse:
            return b"data: " + chunk + b"\r\n\r\n"
        begun, self._begun = self._begun, True
        return (b",\r\n" if begun else b"[") + chunk

    def last(self) -> bytes:
        """What follows the last chunk."""
        if self._sse:
            return b""
        return b"\n]\n" if self._begun else b"[]\n"

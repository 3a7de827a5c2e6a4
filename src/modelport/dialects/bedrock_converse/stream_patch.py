"""A provider's own stream for a caller of the same dialect: its events with our usage, and nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.bedrock_converse.response_write import stop_fields, write_usage
from modelport.dialects.bedrock_converse.stream_write import COMMENT, failure, message
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, overlaid

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity

__all__ = ["Patcher"]


class _Block(Struct):
    contentBlockIndex: int = 0  # noqa: N815  as on the wire
    delta: dict[str, Raw] = {}


_BLOCK = Forgiving(_Block)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


class Patcher:
    """Patches one stream. A `Reader` beside it raises what is wrong with it.

    Without its reasoning an answer's blocks keep their numbers, so there are gaps between them.
    """

    COMMENT = COMMENT

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        self._identity = identity
        self._without_reasoning = without_reasoning
        self._hidden: set[int] = set()
        """Blocks of reasoning that the caller does not want to see, while they are open."""
        self._begun = False
        self._called = False
        self._stop: bytes | None = None
        self._metadata: dict[str, Raw] = {}

    def feed(self, event: bytes, data: bytes) -> bytes:
        """The bytes for the caller; why the answer ended and what it took are held back until `end`."""
        match event:
            case b"messageStop":
                self._stop = data
                return b""
            case b"metadata":
                self._metadata = _fields(data)
                return b""
            case _ if event == b"error" or event.endswith((b"Exception", b"Error")):
                return b""
            case b"contentBlockStart":
                self._called = self._called or b'"toolUse"' in data
            case b"contentBlockDelta" | b"contentBlockStop" if self._without_reasoning and self._hides(event, data):
                return b""
            case _:
                pass
        self._begun = True
        return message(event.decode(errors="replace"), data)

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        start = b"" if self._begun else message("messageStart", b'{"role":"assistant"}')
        stop = self._stop or _ENCODER.encode(stop_fields(None, called=self._called))
        metadata: dict[str, object] = {"metrics": {"latencyMs": 0}, **self._metadata}
        metadata["usage"] = overlaid(self._metadata.get("usage"), write_usage(charged))
        return start + message("messageStop", stop) + message("metadata", _ENCODER.encode(metadata))

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed."""
        return failure(error, self._identity)

    def _hides(self, event: bytes, data: bytes) -> bool:
        try:
            block = _BLOCK.decode(data)
        except FAULTS:
            return False
        if event == b"contentBlockStop":
            hidden = block.contentBlockIndex in self._hidden
            self._hidden.discard(block.contentBlockIndex)
            return hidden
        if "reasoningContent" in block.delta:
            self._hidden.add(block.contentBlockIndex)
            return True
        return False


def _fields(data: bytes) -> dict[str, Raw]:
    try:
        return _OBJECT.decode(data)
    except FAULTS:
        return {}

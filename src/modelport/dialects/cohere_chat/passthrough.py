"""A provider's own answer for a caller of the same dialect: its bytes with named patches, whole or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.cohere_chat.citations import citation_index
from modelport.dialects.cohere_chat.errors import Malformed, StreamError
from modelport.dialects.cohere_chat.response_write import write_usage
from modelport.dialects.cohere_chat.stream_read import Delta, MessagePiece, StreamedEvent
from modelport.dialects.cohere_chat.stream_write import COMMENT, DONE, failure, frame
from modelport.dialects.cohere_chat.wire import Item
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL, overlaid

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity

__all__ = ["Patcher", "patch_response"]

_EVENT = Forgiving(StreamedEvent)
_ITEM = Forgiving(Item)
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw] | None)
_ENCODER = msgspec.json.Encoder()


def patch_response(body: bytes, identity: Identity, charged: Charged, *, without_reasoning: bool) -> bytes:
    """A provider's own body for a caller of the same dialect: named patches, all else byte for byte.

    Raises `Malformed` when it is no answer.
    """
    try:
        fields = _FIELDS.decode(body)
        if without_reasoning:
            message = _FIELDS.decode(fields.get("message", NULL))
            _hide_reasoning(message)
            fields["message"] = Raw(_ENCODER.encode(message))
        fields["usage"] = Raw(_ENCODER.encode(overlaid(fields.get("usage"), write_usage(charged))))
    except FAULTS as error:
        raise Malformed("the body is not an answer of Cohere's chat") from error
    for name, value in (("id", identity.id), ("model", identity.model), ("provider", identity.provider)):
        fields[name] = Raw(_ENCODER.encode(value))
    return _ENCODER.encode(fields)


def _hide_reasoning(message: dict[str, Raw]) -> None:
    """Takes thoughts and the plan out, and numbers the blocks of what cites anew."""
    message.pop("tool_plan", None)
    content = message.get("content", NULL)
    blocks: list[Raw] = (_LIST.decode(content) if bytes(content)[:1] == b"[" else None) or list[Raw]()
    kept = [index for index, raw in enumerate(blocks) if (_ITEM.decode_or_none(raw) or Item()).type != "thinking"]
    if len(kept) == len(blocks):
        return
    message["content"] = Raw(_ENCODER.encode([blocks[index] for index in kept]))
    citations: list[dict[str, Raw]] = []
    for raw in _LIST.decode(message.get("citations", NULL)) or ():
        if (index := citation_index(raw)) in kept:
            number = Raw(str(kept.index(index)).encode())
            citations.append({**_FIELDS.decode(raw), "content_index": number})
    if citations:
        message["citations"] = Raw(_ENCODER.encode(citations))
    else:
        message.pop("citations", None)


class Patcher:
    """Patches one stream for a caller of the same dialect; the end is held back until `end`."""

    COMMENT = COMMENT

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        self._identity = identity
        self._without_reasoning = without_reasoning
        self._hidden: set[int] = set()
        """Content indexes of thoughts that the caller does not want."""
        self._end: dict[str, Raw] = {"type": Raw(b'"message-end"')}

    def feed(self, event: bytes, data: bytes) -> bytes:
        """The event for the caller that a provider's event becomes; empty when there is nothing to pass on yet.

        Raises `StreamError`.
        """
        if not data.strip() or data.startswith(b"[DONE]"):
            return b""
        try:
            read = _EVENT.decode(data)
            fields = _FIELDS.decode(data)
            match read.type or event.decode():
                case "message-end":
                    self._end = {name: Raw(bytes(raw)) for name, raw in fields.items()}
                    return b""
                case "message-start":
                    return frame(event, _ENCODER.encode({**fields, **self._signed()}))
                case kind if self._without_reasoning:
                    patched = self._unreasoned(kind, read, fields)
                    return b"" if patched is None else frame(event, patched or data)
                case _:
                    return frame(event, data)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no event of Cohere's chat.") from error

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        given = self._end.get("delta") or Raw(b'{"finish_reason":"COMPLETE"}')
        fields = {
            **self._end,
            "id": self._identity.id,
            "delta": overlaid(given, {"usage": write_usage(charged)}),
        }
        return frame(b"message-end", _ENCODER.encode(fields)) + DONE

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed."""
        return failure(error, self._identity.id)

    def _signed(self) -> dict[str, str]:
        return {"id": self._identity.id, "model": self._identity.model, "provider": self._identity.provider}

    def _unreasoned(self, kind: str, read: StreamedEvent, fields: dict[str, Raw]) -> bytes | None:
        """The event without its thoughts: None for nothing, empty for no change."""
        if kind == "tool-plan-delta":
            return None
        message = (read.delta or Delta()).message or MessagePiece()
        if kind == "citation-start":
            return self._renumbered_citation(message.citations, fields)
        if kind not in {"content-start", "content-delta", "content-end"}:
            return b""
        if kind != "content-end":
            item = _ITEM.decode_or_none(message.content) or Item()
            if item.type == "thinking" or (item.type is None and item.thinking is not None):
                self._hidden.add(read.index)
        if read.index in self._hidden:
            return None
        if not self._hidden:
            return b""
        return _ENCODER.encode({**fields, "index": self._shown(read.index)})

    def _renumbered_citation(self, raw: Raw, fields: dict[str, Raw]) -> bytes | None:
        index = citation_index(raw)
        if index in self._hidden:
            return None
        if not self._hidden:
            return b""
        citation = {**_FIELDS.decode(raw), "content_index": self._shown(index)}
        delta = _FIELDS.decode(fields["delta"])
        message = {**_FIELDS.decode(delta["message"]), "citations": citation}
        return _ENCODER.encode({**fields, "delta": {**delta, "message": message}})

    def _shown(self, index: int) -> int:
        return index - sum(1 for each in self._hidden if each < index)

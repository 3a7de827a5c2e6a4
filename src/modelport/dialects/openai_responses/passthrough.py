"""Answers of a provider that speaks the caller's dialect: its own bytes, with named patches.

Patched are the response's id, its model and the figures in its `usage`; reasoning is left out for a caller who does not
want it, and the items behind it are counted anew. All else goes through byte for byte, kinds that are yet to come
included: ids of items and encrypted reasoning stay the provider's, because it wants them back, and so do the numbers of
events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.openai_responses.errors import LENGTH, Malformed, StreamError, code_of, message_of, type_of
from modelport.dialects.openai_responses.reader import Reader
from modelport.dialects.openai_responses.response_write import write_usage
from modelport.dialects.openai_responses.wire import KIND, NULL, Kind
from modelport.dialects.openai_responses.writer import DONE, Writer
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, one_line, overlaid

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity

__all__ = ["Patcher", "patch_response"]

_LAST = frozenset({"response.completed", "response.done", "response.incomplete"})
_FAILED = frozenset({"error", "response.cancelled", "response.error", "response.failed"})
_HIDDEN_PARTS = frozenset({"reasoning_text", "summary_text"})


class _Event(Struct):
    type: str = ""
    output_index: int | None = None
    sequence_number: int | None = None
    response: Raw = NULL
    item: Raw = NULL
    part: Raw = NULL
    error: Raw = NULL


_EVENT = Forgiving(_Event)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_ENCODER = msgspec.json.Encoder()


def patch_response(body: bytes, identity: Identity, charged: Charged, *, without_reasoning: bool) -> bytes:
    """The body for a caller. Raises `Malformed` when a provider's is no answer."""
    try:
        fields = _OBJECT.decode(body)
        _LIST.decode(fields["output"])
        patched = _signed(fields, identity, without_reasoning=without_reasoning)
    except (*FAULTS, KeyError) as error:
        raise Malformed("the body is not a response of this dialect") from error
    return _ENCODER.encode({**patched, "usage": _usage(fields.get("usage"), charged)})


def _signed(fields: dict[str, Raw], identity: Identity, *, without_reasoning: bool) -> dict[str, object]:
    """A response object in our name."""
    patched: dict[str, object] = {**fields, "id": identity.id, "model": identity.model}
    if without_reasoning and (output := fields.get("output", NULL)) != NULL:
        patched["output"] = [item for item in _LIST.decode(output) if not _is_reasoning(item)]
    return patched


def _usage(theirs: Raw | None, charged: Charged) -> dict[str, object]:
    """Our figures over the provider's; what it asks of us is no business of the caller's."""
    known = {name: value for name, value in overlaid(theirs, {}).items() if not name.startswith("cost")}
    return overlaid(Raw(_ENCODER.encode(known)), write_usage(charged))


def _is_reasoning(item: Raw) -> bool:
    return (KIND.decode_or_none(item) or Kind()).type == "reasoning"


class Patcher:
    """Patches one stream's events. A `Reader` beside it tells what billing needs.

    The last event, which repeats the whole response, waits for `end`.
    """

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        self._identity = identity
        self._without_reasoning = without_reasoning
        self._response: dict[str, object] | None = None
        """The response as it was last told, in our name."""
        self._usage: Raw | None = None
        self._last: tuple[bytes, dict[str, Raw]] | None = None
        """The event that waits: its name and its fields."""
        self._items: list[Raw] = []
        """What is done of the output, for an end that must be made up."""
        self._hidden: set[int] = set()
        """Places of the items that are left out."""
        self._number = -1
        """The last event's."""

    def feed(self, event: bytes, data: bytes) -> bytes:
        """The event for the caller that a provider's event becomes; empty when there is nothing to pass on yet.

        Raises `StreamError`.
        """
        if self._last is not None or not data.strip() or data.strip() == b"[DONE]":
            return b""
        try:
            data = one_line(data)
            read = _EVENT.decode(data)
            kind = read.type or event.decode()
            if kind in _FAILED or (read.error != NULL and not read.type):
                Reader().feed(event, data)
            self._number = self._number + 1 if read.sequence_number is None else read.sequence_number
            return self._patched(kind, read, event if event or not kind.isprintable() else kind.encode(), data)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no event of a response.") from error

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well; what a stream that was cut left out is made up for."""
        if self._response is None:
            return Writer(self._identity).end(charged)
        usage = {"usage": _usage(self._usage, charged)}
        if self._last is not None:
            name, fields = self._last
            return _event(name, {**fields, "response": self._response | usage}) + DONE
        done = {"status": "completed", "output": self._items}
        return self._own("response.completed", response=self._response | done | usage) + DONE

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began.

        What is told as a plain end in this dialect is told so here too (`behaviour.md` section 4.6).
        """
        if self._response is None:
            return Writer(self._identity).fail(error)
        body = self._response | {"output": self._items, "usage": None}
        if type_of(error) in LENGTH:
            body |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
            return self._own("response.incomplete", response=body) + DONE
        told = {"code": code_of(error), "message": message_of(error)}
        body |= {"status": "failed", "error": told, "error_type": type_of(error)}
        # OpenAI sends both (recorded): some clients raise on the one, some on the other.
        first = self._own("error", **told, param=None)
        return first + self._own("response.failed", response=body) + DONE

    def _patched(self, kind: str, read: _Event, name: bytes, data: bytes) -> bytes:
        if read.response != NULL:
            return self._whole(kind, read, name, data)
        if self._is_hidden(kind, read):
            return b""
        if kind == "response.output_item.done" and read.item != NULL:
            self._items.append(read.item)
        index = read.output_index
        before = sum(place < index for place in self._hidden) if index is not None else 0
        if index is None or not before:
            return _line(name, data)
        return _event(name, {**_OBJECT.decode(data), "output_index": index - before})

    def _whole(self, kind: str, read: _Event, name: bytes, data: bytes) -> bytes:
        """An event with the whole response in it."""
        theirs = _OBJECT.decode(read.response)
        signed = _signed(theirs, self._identity, without_reasoning=self._without_reasoning)
        if theirs.get("usage", NULL) != NULL:
            self._usage, signed["usage"] = theirs["usage"], None  # told once, at the end
        self._response = signed
        fields = _OBJECT.decode(data)
        if kind in _LAST:
            self._last = name, fields
            return b""
        return _event(name, {**fields, "response": signed})

    def _is_hidden(self, kind: str, read: _Event) -> bool:
        if not self._without_reasoning:
            return False
        hidden = (
            kind.startswith("response.reasoning")
            or (read.item != NULL and _is_reasoning(read.item))
            or (read.part != NULL and (KIND.decode_or_none(read.part) or Kind()).type in _HIDDEN_PARTS)
        )
        if hidden and read.output_index is not None:
            self._hidden.add(read.output_index)
        return hidden or read.output_index in self._hidden

    def _own(self, kind: str, **fields: object) -> bytes:
        self._number += 1
        return _event(kind.encode(), {"type": kind, **fields, "sequence_number": self._number})


def _event(name: bytes, fields: dict[str, object]) -> bytes:
    return _line(name, _ENCODER.encode(fields))


def _line(name: bytes, data: bytes) -> bytes:
    return b"event: " + name + b"\ndata: " + data + b"\n\n"

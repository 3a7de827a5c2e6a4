"""Events of a provider's stream, read one at a time without knowing sockets; `writer.py` is the other direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.dialects.canonical import Start
from modelport.dialects.openai_responses.errors import StreamError
from modelport.dialects.openai_responses.output import Items
from modelport.dialects.openai_responses.response_read import ending
from modelport.dialects.openai_responses.wire import (
    NULL,
    OPENAI_FORMAT,
    Answer,
    Delta,
    ErrorEvent,
    EventType,
    Fault,
    ItemEvent,
    Part,
    ResponseEvent,
)
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Event

__all__ = ["Reader"]

_TYPE = Forgiving(EventType)
_DELTA = Forgiving(Delta)
_ITEM = Forgiving(ItemEvent)
_RESPONSE = Forgiving(ResponseEvent)
_ERROR = Forgiving(ErrorEvent)
_PART = Forgiving(Part)

_REPORTED = "The provider reported an error."
_UNREADABLE = "The provider's stream holds what is no event of a response."


_DELTAS = frozenset(
    {
        "response.custom_tool_call_input.delta",
        "response.function_call_arguments.delta",
        "response.output_text.delta",
        "response.reasoning_summary_text.delta",
        "response.reasoning_text.delta",
        "response.refusal.delta",
    }
)
_PIECES = frozenset(
    {
        "response.content_part.done",
        "response.output_text.annotation.added",
        "response.reasoning_part.done",
        "response.reasoning_summary_part.done",
    }
)
_FAULTS = frozenset({"error", "response.error"})


class Reader:
    """Reads one stream. Events that say nothing to this vocabulary are passed over, so new ones do no harm."""

    def __init__(self, *, reasoning_format: str | None = None) -> None:
        self.done = False
        """Whether the provider said that it is through."""
        self._items = Items(reasoning_format or OPENAI_FORMAT)
        self._started = False

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """What a provider's event means. Raises `StreamError`."""
        if self.done:
            return []
        if data.strip() == b"[DONE]":
            self.done = True
            return []
        try:
            known = _TYPE.decode(data)
            kind = known.type or event.decode()
            if not kind or kind == "message":  # the name of an event without a name
                if known.error != NULL:
                    kind = "error"
                else:
                    raise StreamError(_UNREADABLE)
            if kind in _FAULTS:
                told = _ERROR.decode(data)
                raise _fault(told.error if told.error is not None else Fault(told.message, told.code))
            return self._read(kind, data)
        except FAULTS as error:
            raise StreamError(_UNREADABLE) from error

    def finish(self) -> list[Event]:
        """What is left when the stream has ended: nothing, an end that was not told is not made up."""
        return []

    def _read(self, kind: str, data: bytes) -> list[Event]:
        if kind in _DELTAS:
            return self._more(kind, _DELTA.decode(data))
        if kind in _PIECES:
            return self._piece(kind, _DELTA.decode(data))
        match kind:
            case "response.output_item.added" | "response.output_item.done":
                one = _ITEM.decode(data)
                begins = kind == "response.output_item.added"
                index = self._items.place(one.output_index, begins=begins)
                return self._items.begun(index, one.item) if begins else self._items.done(index, one.item)
            case "response.created" | "response.in_progress" | "response.queued":
                return self._start(_RESPONSE.decode(data).response)
            case "response.completed" | "response.done" | "response.incomplete":
                return self._end(_RESPONSE.decode(data).response)
            case "response.failed" | "response.cancelled":
                raise _fault(_RESPONSE.decode(data).response.error)
            case _:
                return []

    def _more(self, kind: str, one: Delta) -> list[Event]:
        index, text = self._items.place(one.output_index), one.delta or ""
        match kind:
            case "response.output_text.delta":
                return self._items.words(index, one.content_index, text, one.logprobs)
            case "response.refusal.delta":
                return self._items.refusal(index, one.content_index, text)
            case "response.reasoning_summary_text.delta":
                return self._items.reasoning(index, one.summary_index, "summary", text)
            case "response.reasoning_text.delta":
                return self._items.reasoning(index, one.content_index, "text", text)
            case _:
                return self._items.arguments(index, text)

    def _piece(self, kind: str, one: Delta) -> list[Event]:
        index = self._items.place(one.output_index)
        if kind == "response.output_text.annotation.added":
            return [] if one.annotation == NULL else self._items.annotation(index, one.content_index, one.annotation)
        part = _PART.decode_or_none(one.part)
        if part is None:
            return []
        number = one.summary_index if kind == "response.reasoning_summary_part.done" else one.content_index
        return self._items.part(index, number, part)

    def _start(self, answer: Answer) -> list[Event]:
        if self._started:
            return []
        self._started = True
        return [Start(answer.id, answer.model)]

    def _end(self, answer: Answer) -> list[Event]:
        if answer.error is not None:
            raise _fault(answer.error)
        self.done = True
        return [*self._start(answer), *self._items.rest(answer.output or []), *ending(answer, self._items)]


def _fault(error: Fault | str | None) -> StreamError:
    if isinstance(error, Fault):
        return StreamError(error.message or _REPORTED, error.code or error.type)
    return StreamError(error or _REPORTED)

"""Streams of this dialect: a provider's events read or patched, and canonical events written for a caller.

Nobody here knows sockets. Why an answer ended is told with its usage at the very end, once the charge is durable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    AudioDelta,
    Charged,
    Event,
    Finish,
    FinishReason,
    Identity,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    UsageEvent,
)
from modelport.dialects.openai_completions.errors import StreamError, error_object, read_error
from modelport.dialects.openai_completions.logprobs import write_logprobs
from modelport.dialects.openai_completions.response import (
    choice_events,
    image_text,
    patch_choice,
    read_usage,
    refuse,
    write_usage,
)
from modelport.dialects.openai_completions.wire import REASONING_FIELDS, Body
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL, one_line, overlaid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMMENT", "DONE", "Patcher", "Reader", "StreamError", "Writer"]

COMMENT = b": MODELPORT PROCESSING\n\n"
"""Sent while nothing else is there to send; clients of this dialect skip comments."""

DONE = b"data: [DONE]\n\n"

_BODY = Forgiving(Body)
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_CHOICES = Forgiving(list[dict[str, Raw]])
_INDEX = Forgiving(int)
_TEXT = Forgiving(str)
_ENCODER = msgspec.json.Encoder()


class Reader:
    """Reads one provider's stream."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider said that it is through."""
        self._started = False
        self._finished: dict[int, Finish] = {}

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """The canonical events of one event of the stream.

        Raises `StreamError` for an error inside, and for bytes of another kind.
        """
        if data.strip() == b"[DONE]":
            self.done = True
            return []
        if not data.strip():
            return []
        try:
            data.decode()
            body = _BODY.decode(data)
            if event == b"error":
                raise StreamError(read_error(500, data))
            return self._read(body)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no text completion event.") from error

    def finish(self) -> list[Event]:
        """What is left when the stream has ended; nothing is held back here."""
        return []

    def _read(self, body: Body) -> list[Event]:
        refuse(body.error)
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(Start(None if body.id is None else str(body.id), body.model))
        for position, choice in enumerate(body.choices or ()):
            refuse(choice.error)
            index = position if choice.index is None else choice.index
            events.extend(event for event in choice_events(choice, index) if self._is_new(event))
        if (usage := read_usage(body.usage)) is not None:
            events.append(UsageEvent(usage))
        return events

    def _is_new(self, event: Event) -> bool:
        """False for a reason told before: the reference repeats it beside the usage."""
        if not isinstance(event, Finish):
            return True
        known, self._finished[event.choice] = self._finished.get(event.choice), event
        return known != event


class _Ending:
    """The last bytes of a stream, which are the same for written and patched ones."""

    def __init__(self, identity: Identity) -> None:
        self.head: dict[str, object] = {
            "id": identity.id,
            "object": "text_completion",
            "created": identity.created,
            "model": identity.model,
            "provider": identity.provider,
        }

    def chunk(self, choice: Mapping[str, object], **beside: object) -> bytes:
        """One event with one choice."""
        return _event({**self.head, "choices": [choice], **beside})

    def end(self, choice: Mapping[str, object], charged: Charged, beside: Mapping[str, Raw]) -> bytes:
        """The usage chunk and `[DONE]`.

        The chunk repeats the first choice with an empty text, as on the chat door: clients that take `choices[0]` of
        every chunk break on an empty list.
        """
        usage = overlaid(beside.get("usage"), write_usage(charged))
        return _event({**beside, **self.head, "choices": [choice], "usage": usage}) + DONE

    def fail(self, error: Exception) -> bytes:
        """A typed error event, and `[DONE]`."""
        return self.chunk(_empty(0, FinishReason.ERROR, None), error=error_object(error)) + DONE


def _event(fields: Mapping[str, object]) -> bytes:
    return b"data: " + one_line(_ENCODER.encode(fields)) + b"\n\n"


def _empty(index: int, reason: FinishReason | None, native: str | None) -> dict[str, object]:
    return {"index": index, "text": "", "logprobs": None, "finish_reason": reason, "native_finish_reason": native}


class Writer:
    """Writes one stream for a caller."""

    COMMENT = COMMENT

    def __init__(self, identity: Identity) -> None:
        self._ending = _Ending(identity)
        self._finishes: dict[int, Finish] = {}
        self._offsets: dict[int, int] = {}
        """Characters of each choice's text that have probabilities, for `text_offset`."""

    def feed(self, events: list[Event]) -> bytes:
        """The chunks that `events` become; empty for what this dialect says at the end, or not at all."""
        out: list[dict[str, object]] = []
        for event in events:
            if isinstance(event, Start | UsageEvent):
                continue
            if isinstance(event, Finish):
                self._finishes[event.choice] = event
            elif isinstance(event, LogprobsDelta):
                self._logprobs(event, out)
            elif (fields := _said(event)) is not None:
                out.append(_empty(event.choice, None, None) | fields)
        return b"".join(self._ending.chunk(choice) for choice in out)

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well: why each choice ended, what it took and costs, and `[DONE]`."""
        said = [
            self._ending.chunk(_empty(index, finish.reason, finish.native))
            for index, finish in sorted(self._finishes.items())
        ]
        first = self._finishes.get(0)
        last = _empty(0, None, None) if first is None else _empty(0, first.reason, first.native)
        return b"".join(said) + self._ending.end(last, charged, {})

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began: a typed error event, and `[DONE]`."""
        return self._ending.fail(error)

    def _logprobs(self, event: LogprobsDelta, out: list[dict[str, object]]) -> None:
        """Puts probabilities on the chunk of the words just written, or on one of their own."""
        if not event.content:
            return
        columns, self._offsets[event.choice] = write_logprobs(event.content, self._offsets.get(event.choice, 0))
        if not (out and out[-1]["index"] == event.choice and out[-1]["logprobs"] is None and out[-1]["text"]):
            out.append(_empty(event.choice, None, None))
        out[-1]["logprobs"] = columns


def _said(event: Event) -> dict[str, object] | None:
    match event:
        case TextDelta() | RefusalDelta():
            return {"text": event.text}
        case ReasoningDelta(kind="text" | "summary", text=str(text)) if text:
            return {"reasoning": text}
        case ImageEvent():
            return {"text": image_text(event.url)}
        case AudioDelta(transcript=str(text)) if text:
            return {"text": text}
        case _:
            return None  # calls, citations and sealed reasoning have no place here


class Patcher:
    """Passes a provider's own events on, patched; a `Reader` beside it tells what billing needs."""

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        self._ending = _Ending(identity)
        self._without_reasoning = without_reasoning
        self._last: dict[int, dict[str, Raw]] = {}
        """Choices that have ended, with their reason and an empty text."""
        self._beside: dict[str, Raw] = {}
        """What stood beside no choice, such as timings in the usage chunk: it goes out with the usage."""

    def feed(self, event: bytes, data: bytes) -> bytes:
        """The event for the caller that a provider's event becomes; empty when there is nothing to pass on yet.

        Raises `StreamError` for an error inside, and for bytes of another kind.
        """
        if not data.strip() or data.strip() == b"[DONE]":
            return b""
        try:
            data.decode()
            if event == b"error":
                raise StreamError(read_error(500, data))
            fields = _FIELDS.decode(data)
            refuse(fields.pop("error", NULL))
            if bytes(usage := fields.pop("usage", NULL)) != b"null":
                self._beside["usage"] = usage
            choices = _CHOICES.decode_or_none(fields.pop("choices", NULL)) or []
            passed = [choice for position, choice in enumerate(choices) if self._patch(choice, position)]
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no text completion event.") from error
        if not passed:
            self._beside |= fields
            return b""
        return _event({**fields, **self._ending.head, "choices": passed})

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well."""
        said = [self._ending.chunk(choice) for _, choice in sorted(self._last.items())]
        last: Mapping[str, object] = self._last.get(0, _empty(0, None, None))
        return b"".join(said) + self._ending.end(last, charged, self._beside)

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began: a typed error event, and `[DONE]`."""
        return self._ending.fail(error)

    def _patch(self, choice: dict[str, Raw], position: int) -> bool:
        """Mends a choice in place; False when nothing of it is to be passed on now."""
        refuse(choice.get("error", NULL))
        index = _INDEX.decode_or_none(choice.setdefault("index", Raw(str(position).encode())))
        if index is None:
            index = position
            choice["index"] = Raw(str(position).encode())
        patch_choice(choice, without_reasoning=self._without_reasoning)
        if bytes(choice["finish_reason"]) == b"null":
            return True
        more = ("logprobs", *REASONING_FIELDS)
        said = bool(_TEXT.decode(choice["text"])) or any(bytes(choice.get(name, NULL)) != b"null" for name in more)
        told = dict(choice)
        told["text"], told["logprobs"] = Raw(b'""'), NULL
        for name in REASONING_FIELDS:
            told.pop(name, None)
        self._last[index] = told
        if not said:
            return False
        choice["finish_reason"] = NULL
        choice.pop("native_finish_reason", None)
        return True

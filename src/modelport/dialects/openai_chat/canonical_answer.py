"""Answers of this dialect, whole or in chunks, into canonical events.

A whole message is read as one large delta, so both ways of answering give the same events.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec import Raw, Struct

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.openai_chat.canonical_calls import CallPiece, Calls, Extra, Function
from modelport.dialects.openai_chat.canonical_details import (
    SIGNATURE_FORMAT,
    Detail,
    kind_of,
    read_annotation,
    read_detail,
)
from modelport.dialects.openai_chat.errors import StreamError
from modelport.dialects.openai_chat.response import finish_reason, read_usage
from modelport.kit.forgiving import Forgiving

__all__ = ["AnswerReader"]


class _Delta(Struct):
    """A message, or a part of one. What an answer does not depend on is read leniently, by itself."""

    content: str | list[Raw] | None = None
    reasoning: Raw = Raw()
    reasoning_content: Raw = Raw()
    reasoning_details: list[Raw] | None = None
    refusal: Raw = Raw()
    tool_calls: list[CallPiece] | None = None
    function_call: Function | None = None
    annotations: Raw = Raw()
    images: Raw = Raw()
    audio: Raw = Raw()
    extra_content: Extra | None = None


class _Choice(Struct):
    index: int | None = None
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    stop_reason: Raw = Raw()
    logprobs: Raw = Raw()
    error: Raw = Raw()


class _Body(Struct):
    id: str | int | None = None
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: Raw = Raw()
    error: Raw = Raw()
    citations: Raw = Raw()
    search_results: Raw = Raw()


class _Fault(Struct):
    message: str | None = None
    code: str | int | None = None


class _Logprobs(Struct):
    content: list[Raw] | None = None
    refusal: list[Raw] | None = None


class _Sound(Struct):
    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class _Url(Struct):
    url: str


class _Picture(Struct):
    image_url: _Url | str


class _Thought(Struct):
    text: str = ""


class _Part(Struct):
    type: str = ""
    text: str | None = None
    thinking: str | list[_Thought] | None = None
    signature: str | None = None
    closed: bool | None = None
    refusal: str | None = None
    image_url: _Url | str | None = None


class _Source(Struct):
    url: str
    title: str | None = None
    snippet: str | None = None


_T = TypeVar("_T")
_BODY = Forgiving(_Body)
_FAULT: Forgiving[_Fault | str] = Forgiving(_Fault | str)
_STRING = Forgiving(str)
_RAWS = Forgiving(list[Raw])
_LOGPROBS = Forgiving(_Logprobs)
_SOUND = Forgiving(_Sound)
_PICTURES = Forgiving(list[_Picture])
_PART = Forgiving(_Part)
_SOURCES = Forgiving(list[_Source])
_URLS = Forgiving(list[str])


class AnswerReader:
    """Reads one answer, whole or chunk by chunk."""

    def __init__(self, *, whole: bool = False) -> None:
        self._started = False
        self._whole = whole
        self._choices: dict[int, _Reading] = {}
        self._id = ""
        self._sources: list[Annotation] = []

    def read(self, data: bytes) -> tuple[list[Event], int]:
        """The events of a body or a chunk, and how many choices it has.

        Raises `StreamError` for an error inside, and what msgspec raises for bytes of another kind.
        """
        body = _BODY.decode(data)
        _refuse(body.error)
        events: list[Event] = []
        if not self._started:
            self._started = True
            self._id = "" if body.id is None else str(body.id)
            events.append(Start(self._id or None, body.model))
        self._remember_sources(body)
        choices = body.choices or []
        for position, choice in enumerate(choices):
            _refuse(choice.error)
            index = choice.index if choice.index is not None and choice.index >= 0 else position
            reading = self._choices.get(index)
            if reading is None:
                reading = self._choices[index] = _Reading(index, self._id)
            events.extend(self._read(reading, choice))
        if body.usage and (usage := read_usage(body.usage)) is not None:
            events.append(UsageEvent(usage))
        return events, len(choices)

    def end(self) -> list[Event]:
        """What was held back for a piece that never came."""
        events: list[Event] = []
        for reading in self._choices.values():
            events.extend(reading.calls.end())
            events.extend(self._cite(reading))
        return events

    def _read(self, reading: _Reading, choice: _Choice) -> list[Event]:
        events: list[Event] = []
        # Perplexity puts an empty delta into whole answers, and all of the message so far into chunks.
        message = choice.message or choice.delta if self._whole else choice.delta or choice.message
        if message is not None:
            events.extend(reading.read(message, whole=message is choice.message))
        if (logprobs := _lenient(choice.logprobs, _LOGPROBS)) is not None and (logprobs.content or logprobs.refusal):
            events.append(LogprobsDelta(logprobs.content, logprobs.refusal, reading.index))
        if choice.finish_reason:
            native = choice.native_finish_reason or choice.finish_reason
            stopped_by = _string(choice.stop_reason) or None  # a number is that of a token (recorded)
            finish = Finish(finish_reason(choice.finish_reason), native, reading.index, stopped_by)
            if finish != reading.finish:  # the reference repeats it in the usage chunk
                reading.finish = finish
                events.extend(reading.calls.end())
                events.extend(self._cite(reading))
                events.append(finish)
        return events

    def _remember_sources(self, body: _Body) -> None:
        """Sources that stand beside the choices, repeated in every chunk, with no place in the text."""
        if sources := _lenient(body.search_results, _SOURCES):
            self._sources = [Annotation(source.url, source.title, source.snippet) for source in sources]
        elif not self._sources and (urls := _lenient(body.citations, _URLS)):
            self._sources = [Annotation(url) for url in urls]

    def _cite(self, reading: _Reading) -> list[Event]:
        if reading.cited:
            return []
        reading.cited = True
        return [AnnotationEvent(source, reading.index) for source in self._sources]


class _Reading:
    """One choice, as far as it has been read."""

    def __init__(self, index: int, answer_id: str) -> None:
        self.index = index
        self.calls = Calls(index, answer_id)
        self.finish: Finish | None = None
        self.cited = False
        """Whether citations have been given, so that those beside the choices would be a repetition."""
        self._blocks = 0
        self._open: int | None = None
        """The block that reasoning without an index goes on with."""
        self._known: dict[tuple[str, int], tuple[int, str | None]] = {}
        """Block number and id by kind and index, of blocks that have one."""

    def read(self, delta: _Delta, *, whole: bool) -> list[Event]:
        details = [known for raw in delta.reasoning_details or () if (known := read_detail(raw)) is not None]
        calls = self._call_events(delta)
        signatures = [detail for detail in details if self._signs_a_call(detail)]
        events: list[Event] = [self._detail(detail, whole=whole) for detail in details if detail not in signatures]
        if not any(detail.text or detail.summary for detail in details):
            plain = _string(delta.reasoning) or _string(delta.reasoning_content)
            if plain:
                events.append(self._plain(plain))
        google = delta.extra_content.google if delta.extra_content else None
        if google is not None and google.thought_signature:
            events.extend(self._signature(google.thought_signature, calls))
        events.extend(self._content(delta.content))
        if refusal := _string(delta.refusal):
            events.append(RefusalDelta(refusal, self.index))
        if calls:
            self._open = None
        events.extend(calls)
        for detail in signatures:
            events.extend(self.calls.sign(detail.id or "", detail.data or ""))
        events.extend(self._beside(delta))
        return events

    def _call_events(self, delta: _Delta) -> list[Event]:
        pieces = list(delta.tool_calls or ())
        if delta.function_call is not None:
            pieces.append(CallPiece(-1, function=delta.function_call))
        return [event for piece in pieces for event in self.calls.read(piece)]

    def _signs_a_call(self, detail: Detail) -> bool:
        return (
            kind_of(detail) == "encrypted"
            and detail.format == SIGNATURE_FORMAT
            and detail.id is not None
            and self.calls.knows(detail.id)
        )

    def _detail(self, detail: Detail, *, whole: bool) -> ReasoningDelta:
        kind = kind_of(detail) or "text"
        block = None
        if not whole and detail.index is not None:
            block, known_id = self._known.get((kind, detail.index), (None, None))
            if known_id is not None and detail.id is not None and detail.id != known_id:
                block = None
        if block is None:
            block = self._next_block()
        if detail.index is not None:
            self._known[kind, detail.index] = (block, detail.id)
        text = detail.text if kind == "text" else detail.summary
        form = None if detail.format == "unknown" else detail.format
        return ReasoningDelta(block, kind, text or "", detail.signature, detail.data, detail.id, form, self.index)

    def _signature(self, signature: str, calls: list[Event]) -> list[Event]:
        """What a provider wants back with the message as a whole; it is its first call's, where there is one."""
        first = next((call for call in calls if isinstance(call, ToolCallDelta)), None)
        if first is None:
            block = self._next_block()
            return [ReasoningDelta(block, "encrypted", data=signature, format=SIGNATURE_FORMAT, choice=self.index)]
        first.signature = first.signature or signature
        return []

    def _plain(self, text: str, signature: str | None = None) -> ReasoningDelta:
        if self._open is None:
            self._open = self._next_block()
        return ReasoningDelta(self._open, text=text, signature=signature, choice=self.index)

    def _next_block(self) -> int:
        self._open = None
        self._blocks += 1
        return self._blocks - 1

    def _content(self, content: str | list[Raw] | None) -> list[Event]:
        if isinstance(content, str):
            return [self._text(content)] if content else []
        return [event for raw in content or () if (event := self._part(_lenient(raw, _PART))) is not None]

    def _text(self, text: str) -> TextDelta:
        self._open = None
        return TextDelta(text, self.index)

    def _part(self, part: _Part | None) -> Event | None:
        match part:
            case _Part(type="text", text=str(text)) if text:
                return self._text(text)
            case _Part(type="thinking", thinking=str() | list() as thinking):
                joined = thinking if isinstance(thinking, str) else "".join(thought.text for thought in thinking)
                event = self._plain(joined, part.signature) if joined or part.signature else None
                self._open = None if part.closed else self._open
                return event
            case _Part(type="refusal", refusal=str(text)) if text:
                return RefusalDelta(text, self.index)
            case _Part(type="image_url", image_url=_Url(url=url) | str(url)):
                return ImageEvent(url, self.index)
            case _:
                return None

    def _beside(self, delta: _Delta) -> list[Event]:
        events: list[Event] = []
        for raw in _lenient(delta.annotations, _RAWS) or ():
            annotation = read_annotation(raw)
            self.cited = self.cited or annotation.url is not None
            events.append(AnnotationEvent(annotation, self.index))
        for picture in _lenient(delta.images, _PICTURES) or ():
            url = picture.image_url
            events.append(ImageEvent(url if isinstance(url, str) else url.url, self.index))
        sound = _lenient(delta.audio, _SOUND)
        if sound is not None and (sound.id or sound.data or sound.transcript or sound.expires_at):
            events.append(AudioDelta(sound.id, sound.data, sound.transcript, sound.expires_at, self.index))
        return events


def _refuse(error: Raw) -> None:
    """Raises `StreamError`, in the provider's words, for an `error` that is there and not null."""
    if not error or bytes(error) == b"null":
        return
    fault = _lenient(error, _FAULT) or _Fault()
    words = fault if isinstance(fault, str) else fault.message
    code = None if isinstance(fault, str) else fault.code
    raise StreamError(words or "The provider reported an error.", code)


def _string(raw: Raw) -> str:
    return _STRING.decode(raw) if bytes(raw)[:1] == b'"' else ""


def _lenient(raw: Raw, decoder: Forgiving[_T]) -> _T | None:
    return decoder.decode_or_none(raw) if raw else None

"""A provider's answer as events. A chunk of a stream has the shape of a whole answer: `Answer` reads both."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2s
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.canonical import (
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.gemini.errors import Malformed, fault_of
from modelport.dialects.gemini.grounding import CitationMetadata, GroundingMetadata, citations, count_searches
from modelport.dialects.gemini.logprobs import LogprobsResult, read_logprobs
from modelport.dialects.gemini.partial_calls import PartialArg, PartialCall
from modelport.dialects.gemini.usage import UpstreamUsage, to_usage
from modelport.dialects.gemini.wire import BLOCK_FORMAT, FORMAT
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL, one_line

__all__ = ["REASONS", "Answer", "finish_reason", "read_response"]

REASONS = {
    "STOP": FinishReason.STOP,
    "CONTINUATION": FinishReason.LENGTH,
    "MAX_TOKENS": FinishReason.LENGTH,
    "SAFETY": FinishReason.CONTENT_FILTER,
    "RECITATION": FinishReason.CONTENT_FILTER,
    "LANGUAGE": FinishReason.CONTENT_FILTER,
    "BLOCKLIST": FinishReason.CONTENT_FILTER,
    "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "SPII": FinishReason.CONTENT_FILTER,
    "IMAGE_SAFETY": FinishReason.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "IMAGE_RECITATION": FinishReason.CONTENT_FILTER,
    "MODEL_ARMOR": FinishReason.CONTENT_FILTER,
    "ESCALATION": FinishReason.CONTENT_FILTER,
    "PUP_LIMITED_DISABLED": FinishReason.CONTENT_FILTER,
    "MALFORMED_FUNCTION_CALL": FinishReason.ERROR,
    "MALFORMED_RESPONSE": FinishReason.ERROR,
    "MISSING_THOUGHT_SIGNATURE": FinishReason.ERROR,
    "TOO_MANY_TOOL_CALLS": FinishReason.ERROR,
    "UNEXPECTED_TOOL_CALL": FinishReason.ERROR,
    "IMAGE_OTHER": FinishReason.ERROR,
    "NO_IMAGE": FinishReason.ERROR,
    "OTHER": FinishReason.ERROR,
    "FINISH_REASON_UNSPECIFIED": FinishReason.STOP,
}
"""A provider's `finishReason` in the reference's words (`google-genai` 3.6, `types.FinishReason`)."""

_NUMBERED = {
    1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION", 5: "OTHER", 6: "BLOCKLIST", 7: "PROHIBITED_CONTENT",
    8: "SPII", 9: "MALFORMED_FUNCTION_CALL",
}  # fmt: skip
"""Vertex AI's client for Python writes enumerations as numbers (recorded: 1 and 2)."""


def finish_reason(native: str) -> FinishReason:
    """The reference's word for a provider's reason; an unknown one counts as a plain stop."""
    return REASONS.get(native, FinishReason.STOP)


class _Call(Struct, rename="camel"):
    id: str | None = None
    name: str | None = None
    args: Raw = NULL
    partial_args: list[PartialArg] | None = None
    will_continue: bool = False


class _Blob(Struct, rename="camel"):
    mime_type: str = ""
    data: str = ""


class _Link(Struct, rename="camel"):
    file_uri: str = ""
    mime_type: str | None = None


class _Part(Struct, rename="camel"):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: _Call | None = None
    inline_data: _Blob | None = None
    file_data: _Link | None = None


class _Content(Struct):
    parts: list[Raw] | None = None


class _Candidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | int | None = None
    finish_message: str | None = None
    index: int = 0
    grounding_metadata: GroundingMetadata | None = None
    citation_metadata: CitationMetadata | None = None
    logprobs_result: LogprobsResult | None = None


class _Feedback(Struct, rename="camel"):
    block_reason: str | int | None = None
    block_reason_message: str | None = None


class _Chunk(Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: UpstreamUsage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Raw | UnsetType = UNSET


_CHUNK = Forgiving(_Chunk)
_CHUNKS = msgspec.json.Decoder(list[Raw])
_PART = Forgiving(_Part)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])


def read_response(body: bytes) -> list[Event]:
    """A provider's whole answer as events; a list of chunks, as it comes without `alt=sse`, is one too.

    Raises `Malformed` when it is none, such as an HTML page, and `StreamError` for an error object inside a 200.
    """
    answer = Answer()
    events: list[Event] = []
    try:
        chunks = _CHUNKS.decode(body) if body.lstrip()[:1] == b"[" else [Raw(body)]
        for chunk in chunks:
            events += answer.read(chunk)
        events += answer.finish()
    except FAULTS as error:
        raise Malformed("the body is not an answer of the Gemini API") from error
    if not answer.answered:
        raise Malformed("the body has no candidates")
    return events


class Answer:
    """Reads one answer, in one piece or in many."""

    def __init__(self) -> None:
        self.answered = False
        """Whether there was a candidate, or a word why there is none."""
        self._id: str | None = None
        self._begun = False
        self._choices: dict[int, _Choice] = {}
        self._searches = 0

    def read(self, data: bytes | Raw) -> list[Event]:
        """The events of one chunk. Raises `msgspec.DecodeError` and `StreamError`."""
        chunk = _CHUNK.decode(data)
        if isinstance(chunk.error, Raw) and chunk.error != NULL:
            raise fault_of(chunk.error)
        events: list[Event] = []
        self._id = self._id or chunk.response_id
        if not self._begun:
            self._begun = True
            events.append(Start(chunk.response_id, chunk.model_version))
        for candidate in chunk.candidates or ():
            self.answered = True
            choice = self._choices.get(candidate.index)
            if choice is None:
                choice = self._choices[candidate.index] = _Choice(candidate.index)
            events += choice.read(candidate, self._id)
            self._searches = max(self._searches, count_searches(candidate.grounding_metadata))
        if chunk.prompt_feedback is not None and not chunk.candidates:
            events += self._blocked(chunk.prompt_feedback)
        if (usage := to_usage(chunk.usage_metadata, self._searches)) is not None:
            events.append(UsageEvent(usage))
        return events

    def finish(self) -> list[Event]:
        """What is left when the answer was cut."""
        return [event for choice in self._choices.values() for event in choice.close()]

    def _blocked(self, feedback: _Feedback) -> list[Event]:
        """The prompt was refused, so that there is no candidate."""
        if not feedback.block_reason:
            return []
        self.answered = True
        words: list[Event] = [RefusalDelta(feedback.block_reason_message)] if feedback.block_reason_message else []
        return [*words, Finish(FinishReason.CONTENT_FILTER, str(feedback.block_reason))]


class _Cited(NamedTuple):
    url: str | None
    start: int | None
    end: int | None


class _Choice:
    """One candidate, growing."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._text: list[str] = []
        self._thought: int | None = None
        """The number of the thought that is open: more of it may come."""
        self._blocks = 0
        self._calls = 0
        self._partial: PartialCall | None = None
        self._sound = b""
        """Bytes that were too few to be written as base64 which can be put together."""
        self._cited: set[_Cited] = set()
        self._answer_id: str | None = None

    def read(self, candidate: _Candidate, answer_id: str | None) -> list[Event]:
        """The events of the candidate in one chunk."""
        self._answer_id = answer_id
        events: list[Event] = []
        for raw in (candidate.content.parts if candidate.content else None) or ():
            if (part := _PART.decode_or_none(raw)) is not None:
                events += self._part(part, raw)
        if (result := candidate.logprobs_result) is not None and (entries := read_logprobs(result)):
            events.append(LogprobsDelta(entries, choice=self._index))
        if candidate.grounding_metadata is not None or candidate.citation_metadata is not None:
            events += self._citations(candidate)
        if candidate.finish_reason is not None:
            events += self.close()
            events += self._finish(candidate.finish_reason, candidate.finish_message)
        return events

    def _citations(self, candidate: _Candidate) -> list[Event]:
        """The citations that no earlier chunk gave."""
        events: list[Event] = []
        for found in citations(candidate.grounding_metadata, candidate.citation_metadata, "".join(self._text)):
            known = _Cited(found.url, found.start, found.end)
            if known not in self._cited:
                self._cited.add(known)
                events.append(AnnotationEvent(found, self._index))
        return events

    def close(self) -> list[Event]:
        """Ends a call that goes on no more, and sound."""
        events = self._end_call()
        if self._sound:
            events.append(AudioDelta(data=base64.b64encode(self._sound).decode(), choice=self._index))
            self._sound = b""
        return events

    def _finish(self, told: str | int, message: str | None) -> list[Event]:
        native = _NUMBERED.get(told, str(told)) if isinstance(told, int) else told
        reason = finish_reason(native)
        if reason is FinishReason.STOP and self._calls:
            reason = FinishReason.TOOL_CALLS
        events: list[Event] = []
        if message and reason is FinishReason.CONTENT_FILTER:
            events.append(RefusalDelta(message, self._index))
        return [*events, Finish(reason, native, self._index)]

    def _part(self, part: _Part, raw: Raw) -> list[Event]:
        if part.function_call is not None:
            self._thought = None
            return self._call(part.function_call, part.thought_signature)
        events = self._end_call()
        if part.text is not None:
            return events + self._words(part.text, part.thought_signature, thought=part.thought is True)
        self._thought = None
        if part.thought is not True and part.inline_data is not None:
            return [*events, *self._file(part.inline_data, raw), *self._signature(part.thought_signature)]
        if part.thought is not True and part.file_data is not None and _is_picture(part.file_data):
            picture = ImageEvent(part.file_data.file_uri, self._index)
            return [*events, picture, *self._signature(part.thought_signature)]
        fields = _OBJECT.decode(raw)
        if set(fields) <= {"thoughtSignature", "thought"}:
            return events + self._signature(part.thought_signature)
        return [*events, self._block(raw)]

    def _words(self, text: str, signature: str | None, *, thought: bool) -> list[Event]:
        if thought:
            if self._thought is None:
                self._thought, self._blocks = self._blocks, self._blocks + 1
            number = self._thought
            if signature:
                self._thought = None
            return [ReasoningDelta(number, "text", text, signature or None, format=FORMAT, choice=self._index)]
        if text or signature:
            self._thought = None
        if text:
            self._text.append(text)
        words: list[Event] = [TextDelta(text, self._index)] if text else []
        return words + self._signature(signature)

    def _signature(self, signature: str | None) -> list[Event]:
        """A signature that belongs to the part before it."""
        if not signature:
            return []
        number, self._blocks = self._blocks, self._blocks + 1
        return [ReasoningDelta(number, "encrypted", data=signature, format=FORMAT, choice=self._index)]

    def _block(self, raw: Raw) -> Event:
        number, self._blocks = self._blocks, self._blocks + 1
        data = one_line(bytes(raw)).decode()
        return ReasoningDelta(number, "encrypted", data=data, format=BLOCK_FORMAT, choice=self._index)

    def _file(self, blob: _Blob, raw: Raw) -> list[Event]:
        if blob.mime_type.startswith("image/"):
            return [ImageEvent(f"data:{blob.mime_type};base64,{blob.data}", self._index)]
        if not blob.mime_type.startswith("audio/"):
            return [self._block(raw)]
        try:
            data = self._sound + base64.b64decode(blob.data, validate=True)
        except (binascii.Error, ValueError):
            return [AudioDelta(data=blob.data, choice=self._index)]  # not ours to judge
        whole = len(data) - len(data) % 3
        self._sound = data[whole:]
        return [AudioDelta(data=base64.b64encode(data[:whole]).decode(), choice=self._index)] if whole else []

    # Calls.

    def _call(self, call: _Call, signature: str | None) -> list[Event]:
        if call.name is None and self._partial is not None:
            for piece in call.partial_args or ():
                self._partial.add(piece)
            return [] if call.will_continue else self._end_call()
        events = self._end_call()
        position, self._calls = self._calls, self._calls + 1
        name = call.name or ""
        begun = ToolCallDelta(position, "", call.id or self._made_up(position, name), name, signature, self._index)
        if call.will_continue or call.partial_args:
            self._partial = PartialCall(position)
            for piece in call.partial_args or ():
                self._partial.add(piece)
            return [*events, begun, *([] if call.will_continue else self._end_call())]
        begun.arguments = "{}" if call.args == NULL else one_line(bytes(call.args)).decode()
        return [*events, begun]

    def _made_up(self, position: int, name: str) -> str:
        """Other dialects pair results with calls by id, and many models give none; the same one every time."""
        seed = f"{self._answer_id}/{self._index}/{position}/{name}"
        return f"call_{blake2s(seed.encode(errors='replace'), digest_size=12).hexdigest()}"

    def _end_call(self) -> list[Event]:
        if (call := self._partial) is None:
            return []
        self._partial = None
        return [ToolCallDelta(call.position, call.arguments(), choice=self._index)]


def _is_picture(link: _Link) -> bool:
    return bool(link.file_uri) and (link.mime_type or "").startswith("image/")

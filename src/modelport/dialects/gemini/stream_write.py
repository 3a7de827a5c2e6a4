"""A stream for a caller of this dialect.

Calls are written whole, because callers of this dialect know no other way; thoughts are written as they come, and what
their maker wants back with them follows as the signature of an empty thought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    ImageEvent,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageEvent,
    mark,
)
from modelport.dialects.gemini.errors import error_object
from modelport.dialects.gemini.frames import COMMENT, Frames
from modelport.dialects.gemini.response_write import (
    Object,
    call_part,
    end_of_candidate,
    image_part,
    is_signature,
    sound_part,
    thought_signature,
)
from modelport.dialects.gemini.usage import write_usage
from modelport.dialects.gemini.wire import BLOCK_FORMAT, opaque, sealed_signature
from modelport.kit.raw_json import FAULTS, one_line

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity

__all__ = ["ArrayWriter", "Writer"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


@dataclass(slots=True)
class _Candidate:
    """One choice on its way to the caller."""

    calls: dict[int, ToolCall] = field(default_factory=dict[int, ToolCall])
    """Calls that are not written yet, by their positions."""
    written: set[int] = field(default_factory=set[int])
    reasoning: Reasoning | None = None
    """The block that is open."""
    text: list[str] = field(default_factory=list[str])
    annotations: list[Annotation] = field(default_factory=list[Annotation])
    logprobs: list[Raw] | None = None
    finish: Finish | None = None


class Writer:
    """Writes one stream for a caller; as a JSON list where it is not `sse`."""

    COMMENT = COMMENT

    def __init__(self, identity: Identity, *, sse: bool = True) -> None:
        self._identity = identity
        self._frames = Frames(sse=sse)
        self._candidates: dict[int, _Candidate] = {}

    def feed(self, events: list[Event]) -> bytes:
        """The bytes for the caller."""
        out: list[bytes] = []
        parts: list[Object | Raw] = []
        current = 0
        for event in events:
            if isinstance(event, Start | UsageEvent):
                continue
            if event.choice != current:
                out.append(self._chunk(current, parts))
                current, parts = event.choice, []
            parts += self._write(event, self._candidates.setdefault(event.choice, _Candidate()))
        out.append(self._chunk(current, parts))
        return b"".join(out)

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        candidates: list[Object] = []
        for index, candidate in sorted((self._candidates or {0: _Candidate()}).items()):
            parts: list[Object | Raw] = [*_closed(candidate), *_called(candidate, everything=True)]
            end = end_of_candidate(
                candidate.finish, candidate.annotations, "".join(candidate.text), candidate.logprobs
            )  # fmt: skip
            content: Object = {"parts": parts or [{"text": ""}], "role": "model"}
            candidates.append({"content": content, **end, "index": index})
        return self._frame({"candidates": candidates, "usageMetadata": write_usage(charged)}) + self._frames.last()

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed: the error first, as the SDK for Python knows it, and an end for others."""
        told = error_object(error)
        end = {"finishReason": "OTHER", "finishMessage": told["message"], "index": 0}
        return self._frame({"error": told, "candidates": [end]}) + self._frames.last()

    def _chunk(self, index: int, parts: list[Object | Raw]) -> bytes:
        if not parts:
            return b""
        return self._frame({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": index}]})

    def _frame(self, chunk: Object) -> bytes:
        identity = self._identity
        signed = {"modelVersion": identity.model, "responseId": identity.id, "provider": identity.provider}
        # Bytes that came from elsewhere may hold line breaks between their tokens, which would end the event.
        return self._frames.put(one_line(_ENCODER.encode(chunk | signed)))

    def _write(self, event: Event, candidate: _Candidate) -> list[Object | Raw]:
        if isinstance(event, ReasoningDelta):
            return _reason(event, candidate)
        if isinstance(event, ToolCallDelta):
            closed = _closed(candidate)
            _add_call(event, candidate, made_up=f"call_{self._identity.id}_{event.choice}_{event.position}")
            return closed
        match event:
            case AnnotationEvent():
                candidate.annotations.append(event.annotation)
                return []
            case LogprobsDelta():
                if event.content is not None:
                    candidate.logprobs = [*(candidate.logprobs or ()), *event.content]
                return []
            case Finish():
                candidate.finish = event
                return [*_closed(candidate), *_called(candidate, everything=True)]
            case _:
                return [*_closed(candidate), *_called(candidate, everything=False), *_said(event, candidate)]


class ArrayWriter(Writer):
    """Writes one stream as a JSON list."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(identity, sse=False)


def _said(event: Event, candidate: _Candidate) -> list[Object | Raw]:
    match event:
        case TextDelta() if event.text:
            candidate.text.append(event.text)
            return [{"text": event.text}]
        case RefusalDelta() if event.text:
            return [{"text": event.text}]
        case ImageEvent():
            return [image_part(event.url)]
        case AudioDelta():
            sound: list[Object | Raw] = [sound_part(event.data)] if event.data else []
            return [*sound, *([{"text": event.transcript}] if event.transcript else [])]
        case _:
            return []


# Thoughts.


def _reason(event: ReasoningDelta, candidate: _Candidate) -> list[Object | Raw]:
    known = candidate.reasoning
    before: list[Object | Raw] = []
    if known is None or known.index != event.block:
        before = [*_closed(candidate), *_called(candidate, everything=False)]
        known = candidate.reasoning = Reasoning(event.kind, index=event.block)
    mark(known, event)
    if event.text and known.kind != "encrypted":
        return [*before, {"text": event.text, "thought": True}]
    known.text += event.text
    return before


def _closed(candidate: _Candidate) -> list[Object | Raw]:
    """The end of the open block."""
    known, candidate.reasoning = candidate.reasoning, None
    if known is None:
        return []
    if known.format == BLOCK_FORMAT:
        return [block for block in [opaque(known.data)] if block is not None]
    if is_signature(known):
        return [{"text": "", "thoughtSignature": sealed_signature(known.data or "")}]
    signature = thought_signature(known)
    if signature is None:
        return []
    return [{"text": known.text, "thought": True, "thoughtSignature": signature}]


# Calls.


def _add_call(event: ToolCallDelta, candidate: _Candidate, *, made_up: str) -> None:
    if event.position in candidate.written:
        return  # nothing can be added to it any more
    call = candidate.calls.get(event.position)
    if call is None:
        call = candidate.calls[event.position] = ToolCall(event.id or made_up, "", "")
    call.id = event.id or call.id
    call.name += event.name or ""
    call.arguments += event.arguments
    call.signature = event.signature or call.signature


def _called(candidate: _Candidate, *, everything: bool) -> list[Object | Raw]:
    """The calls that are whole, or all of them."""
    ready = [at for at, call in candidate.calls.items() if everything or _is_whole(call.arguments)]
    candidate.written.update(ready)
    return [call_part(candidate.calls.pop(at)) for at in ready]


def _is_whole(arguments: str) -> bool:
    try:
        _OBJECT.decode(arguments)
    except FAULTS:
        return False
    return True

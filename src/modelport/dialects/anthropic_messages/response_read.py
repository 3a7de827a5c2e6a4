"""Whole answers of a provider, read into events.

A block is read the same way whether it comes whole or in pieces: `Blocks` is what `stream_read.py` reads with too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.anthropic_messages.blocks_read import read_annotation
from modelport.dialects.anthropic_messages.blocks_write import write_input
from modelport.dialects.anthropic_messages.errors import Malformed
from modelport.dialects.anthropic_messages.wire import BLOCK_FORMAT, FORMAT, UpstreamUsage
from modelport.dialects.canonical import (
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageEvent,
)
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL

__all__ = [
    "Blocks",
    "Delta",
    "StopDetails",
    "finish_events",
    "finish_reason",
    "is_reason",
    "read_response",
    "read_usage",
    "to_usage",
]

_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "pause_turn": FinishReason.STOP,
    "compaction": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}
"""A provider's `stop_reason` in the reference's words."""


class Delta(Struct):
    """What a `content_block_delta` or a `message_delta` may hold, of all kinds.

    Absent raw values are UNSET, because msgspec takes null alone where a field is `Raw | None`.
    """

    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""
    citation: Raw | UnsetType = UNSET
    content: Raw | UnsetType = UNSET
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None


class StopDetails(Struct):
    """Why the model refused."""

    explanation: str | None = None


class _Block(Struct):
    type: str = ""
    text: str | None = None
    citations: list[Raw] | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw | UnsetType = UNSET


class _Answer(Struct):
    content: list[Raw]
    type: str | None = None
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: UpstreamUsage | None = None


_ANSWER = Forgiving(_Answer)
_BLOCK = Forgiving(_Block)
_USAGE = Forgiving(UpstreamUsage | None)
_ENCODER = msgspec.json.Encoder()
_OBJECT = msgspec.json.Decoder(dict[str, Raw])


@dataclass(slots=True)
class _Open:
    """A block that has begun."""

    kind: str
    number: int
    """Among the blocks of reasoning, or among the calls."""
    raw: Raw
    begins: int
    citations: list[Raw] = field(default_factory=list[Raw])
    pieces: list[str] = field(default_factory=list[str])
    content: Raw | UnsetType = UNSET


class Blocks:
    """Reads content blocks as they begin, grow and end."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._reasoning = 0
        self._calls = 0
        self._length = 0
        """Characters of text so far, for where citations belong."""

    def start(self, index: int, raw: Raw) -> list[Event]:
        """A block begins, with all or nothing of its content; what is no block at all is passed over."""
        block = _BLOCK.decode_or_none(raw)
        if block is None:
            return []
        kind = block.type or _guessed(block)
        opened = self._open[index] = _Open(kind, 0, raw, self._length)
        match kind:
            case "text":
                opened.citations.extend(block.citations or ())
                return self._text(block.text or "")
            case "tool_use":
                opened.number, self._calls = self._calls, self._calls + 1
                return [ToolCallDelta(opened.number, "", block.id, block.name)]
            case _:
                opened.number, self._reasoning = self._reasoning, self._reasoning + 1
        if kind == "thinking":
            words, signature = block.thinking or "", block.signature or None
            return [ReasoningDelta(opened.number, "text", words, signature, format=FORMAT)]
        if kind == "redacted_thinking":
            return [ReasoningDelta(opened.number, "encrypted", data=block.data or "", format=FORMAT)]
        return []

    def delta(self, index: int, delta: Delta) -> list[Event]:
        """A block grows. Words whose block was never opened open one; what else belongs to none, or is of an unknown
        kind, is passed over.
        """
        opened = self._open.get(index)
        if opened is None and (opened := self._unannounced(index, delta)) is None:
            return []
        match delta.type:
            case "text_delta":
                return self._text(delta.text)
            case "thinking_delta":
                return [ReasoningDelta(opened.number, "text", delta.thinking, format=FORMAT)]
            case "signature_delta":
                return [ReasoningDelta(opened.number, "text", signature=delta.signature, format=FORMAT)]
            case "input_json_delta":
                opened.pieces.append(delta.partial_json)
                if opened.kind == "tool_use" and delta.partial_json:
                    return [ToolCallDelta(opened.number, delta.partial_json)]
            case "citations_delta" if isinstance(delta.citation, Raw):
                opened.citations.append(delta.citation)
            case "compaction_delta":
                opened.content = delta.content
            case _:
                pass
        return []

    def _unannounced(self, index: int, delta: Delta) -> _Open | None:
        match delta.type:
            case "text_delta":
                self._open[index] = _Open("text", 0, NULL, self._length)
            case "thinking_delta" | "signature_delta":
                self._open[index] = _Open("thinking", self._reasoning, NULL, self._length)
                self._reasoning += 1
            case _:
                return None
        return self._open[index]

    def stop(self, index: int) -> list[Event]:
        """A block ends. Raises `msgspec.DecodeError`."""
        opened = self._open.pop(index, None)
        if opened is None or opened.kind in {"thinking", "redacted_thinking"}:
            return []
        if opened.kind == "text":
            return [AnnotationEvent(self._cited(raw, opened.begins)) for raw in opened.citations]
        if opened.kind == "tool_use":
            if any(opened.pieces):
                return []
            whole = _BLOCK.decode(opened.raw).input
            return [ToolCallDelta(opened.number, bytes(whole).decode() if isinstance(whole, Raw) else "{}")]
        return [ReasoningDelta(opened.number, "encrypted", data=_whole(opened), format=BLOCK_FORMAT)]

    def _text(self, text: str) -> list[Event]:
        self._length += len(text)
        return [TextDelta(text)] if text else []

    def _cited(self, raw: Raw, begins: int) -> Any:
        annotation = read_annotation(raw)
        annotation.start, annotation.end = begins, self._length
        return annotation


def _guessed(block: _Block) -> str:
    """What a block is that does not say so; empty where its fields do not tell either."""
    told = {"text": block.text, "thinking": block.thinking, "redacted_thinking": block.data, "tool_use": block.name}
    return next((kind for kind, value in told.items() if value is not None), "")


def _whole(opened: _Open) -> str:
    """An opaque block with what came after its beginning put in."""
    fields = _OBJECT.decode(opened.raw)
    if pieces := "".join(opened.pieces):
        fields["input"] = write_input(pieces)
    if isinstance(opened.content, Raw):
        fields["content"] = opened.content
    return _ENCODER.encode(fields).decode()


def read_response(body: bytes) -> list[Event]:
    """A provider's whole answer as events.

    Raises `Malformed` when it is none, such as an HTML page or an error object inside a 200.
    """
    try:
        answer = _ANSWER.decode(body)
        events: list[Event] = [Start(answer.id, answer.model)]
        if answer.type == "error":
            raise Malformed("the body holds an error")
        blocks = Blocks()
        for index, raw in enumerate(answer.content):
            events.extend(blocks.start(index, raw))
            events.extend(blocks.stop(index))
    except FAULTS as error:
        raise Malformed("the body is not an answer of Anthropic Messages") from error
    if answer.stop_reason is not None:
        events.extend(finish_events(answer.stop_reason, answer.stop_sequence, answer.stop_details))
    if (usage := to_usage(answer.usage)) is not None:
        events.append(UsageEvent(usage))
    return events


def finish_reason(native: str) -> FinishReason:
    """The reference's word for a provider's reason; an unknown one counts as a plain stop."""
    return _REASONS.get(native, FinishReason.STOP)


def is_reason(native: str | None) -> bool:
    """Whether callers of this dialect know the word."""
    return native in _REASONS


def finish_events(native: str, stop_sequence: str | None, details: StopDetails | None) -> list[Event]:
    """The end of an answer, and the provider's words for refusing it."""
    finish = Finish(finish_reason(native), native, stop_sequence=stop_sequence)
    if details is not None and details.explanation:
        return [RefusalDelta(details.explanation), finish]
    return [finish]


def read_usage(raw: Raw | bytes) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where it is null or no usage at all."""
    try:
        return to_usage(_USAGE.decode(raw))
    except FAULTS:
        return None


def to_usage(told: UpstreamUsage | None) -> Usage | None:
    """`usage` in the house's meaning: here `input_tokens` leaves out what the cache gave and took.

    Compactions are billed and stand in `iterations` only (recorded: a `compaction` of 55,196 tokens beside an
    `input_tokens` of 220). An advisor's tokens are left out: they are of another model, at another price.
    """
    if told is None or (told.input_tokens is None and told.output_tokens is None):
        return None
    parts = [told, *(each for each in told.iterations or () if each.type == "compaction")]
    plain, read = _sum(each.input_tokens for each in parts), _sum(each.cache_read_input_tokens for each in parts)
    completion = _sum(each.output_tokens for each in parts)
    created = [each.cache_creation for each in parts if each.cache_creation is not None]
    by_life = (
        _sum(each.ephemeral_5m_input_tokens for each in created),
        _sum(each.ephemeral_1h_input_tokens for each in created),
    )
    written = max(_sum(each.cache_creation_input_tokens for each in parts), sum(by_life))
    details, server = told.output_tokens_details, told.server_tool_use
    thought = max((details.thinking_tokens if details else None) or 0, 0)
    return Usage(
        prompt_tokens=plain + read + written,
        completion_tokens=completion,
        cached_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=by_life[1],
        reasoning_tokens=min(thought, completion),
        web_searches=max((server.web_search_requests if server else None) or 0, 0),
    )


def _sum(counts: Any) -> int:
    return sum(max(count or 0, 0) for count in counts)

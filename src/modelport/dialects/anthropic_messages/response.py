"""Whole answers: a provider's read into events, and one written for a caller.

A block is read the same way whether it comes whole or in pieces: `Blocks` is what `stream.py` reads with too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.anthropic_messages.blocks import opaque, read_annotation, write_annotation, write_input
from modelport.dialects.anthropic_messages.errors import Malformed
from modelport.dialects.anthropic_messages.wire import (
    BLOCK_FORMAT,
    CALL_SIGNATURE,
    FORMAT,
    UpstreamUsage,
    is_plain,
    seal,
)
from modelport.dialects.canonical import (
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Start,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
)
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Choice, Identity, Output

__all__ = [
    "Blocks",
    "Delta",
    "StopDetails",
    "call_signature",
    "finish_events",
    "finish_reason",
    "read_response",
    "read_usage",
    "stop_reason",
    "to_usage",
    "write_reasoning",
    "write_response",
    "write_usage",
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

_STOPS = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
    FinishReason.ERROR: "end_turn",
}


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
    type: str
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


_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_ANSWER = msgspec.json.Decoder(_Answer)
_BLOCK = msgspec.json.Decoder(_Block)
_USAGE = msgspec.json.Decoder(UpstreamUsage | None)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


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
        """A block begins, with all or nothing of its content. Raises `msgspec.DecodeError`."""
        block = _BLOCK.decode(raw)
        opened = self._open[index] = _Open(block.type, 0, raw, self._length)
        match block.type:
            case "text":
                opened.citations.extend(block.citations or ())
                return self._text(block.text or "")
            case "tool_use":
                opened.number, self._calls = self._calls, self._calls + 1
                return [ToolCallDelta(opened.number, "", block.id, block.name)]
            case _:
                opened.number, self._reasoning = self._reasoning, self._reasoning + 1
        if block.type == "thinking":
            words, signature = block.thinking or "", block.signature or None
            return [ReasoningDelta(opened.number, "text", words, signature, format=FORMAT)]
        if block.type == "redacted_thinking":
            return [ReasoningDelta(opened.number, "encrypted", data=block.data or "", format=FORMAT)]
        return []

    def delta(self, index: int, delta: Delta) -> list[Event]:
        """A block grows; what belongs to no open block, or is of an unknown kind, is passed over."""
        opened = self._open.get(index)
        if opened is None:
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


def _whole(opened: _Open) -> str:
    """An opaque block with what came after its beginning put in."""
    fields = _OBJECT.decode(opened.raw)
    if pieces := "".join(opened.pieces):
        fields["input"] = write_input(pieces)
    if isinstance(opened.content, Raw):
        fields["content"] = opened.content
    return _ENCODER.encode(fields).decode()


# Reading.


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
    except _FAULTS as error:
        raise Malformed("the body is not an answer of Anthropic Messages") from error
    if answer.stop_reason is not None:
        events.extend(finish_events(answer.stop_reason, answer.stop_sequence, answer.stop_details))
    if (usage := to_usage(answer.usage)) is not None:
        events.append(UsageEvent(usage))
    return events


def finish_reason(native: str) -> FinishReason:
    """The reference's word for a provider's reason; an unknown one counts as a plain stop."""
    return _REASONS.get(native, FinishReason.STOP)


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
    except _FAULTS:
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


# Writing.


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for a caller; of several choices the first, as this dialect has one only."""
    choice = output.choices[0] if output.choices else None
    content = _content(choice) if choice is not None else []
    finish = choice.finish if choice is not None else None
    called = choice is not None and any(isinstance(part, ToolCall) for part in choice.parts)
    return _ENCODER.encode({
        "id": identity.id,
        "type": "message",
        "role": "assistant",
        "model": identity.model,
        "provider": identity.provider,
        "content": content,
        "container": None,
        "stop_reason": stop_reason(finish, called=called),
        "stop_sequence": finish.stop_sequence if finish is not None else None,
        "stop_details": None,
        "usage": write_usage(charged),
    })  # fmt: skip


def stop_reason(finish: Finish | None, *, called: bool) -> str:
    """The word callers of this dialect know; a provider's own word where it is one of them."""
    if finish is None:
        return "tool_use" if called else "end_turn"
    if finish.native in _REASONS:
        return finish.native
    if finish.stop_sequence is not None and finish.reason == FinishReason.STOP:
        return "stop_sequence"
    if called and finish.reason == FinishReason.STOP:
        return "tool_use"  # some providers say `stop` after a call, and agents run tools by this word
    return _STOPS[finish.reason]


def write_usage(charged: Charged) -> dict[str, object]:
    """`usage` with its cost in USD, in the shape the reference promises for this door."""
    usage = charged.usage
    return {
        "input_tokens": max(usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens, 0),
        "output_tokens": usage.completion_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": max(usage.cache_write_tokens - usage.cache_write_1h_tokens, 0),
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        },
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "server_tool_use": (
            {"web_search_requests": usage.web_searches, "web_fetch_requests": 0} if usage.web_searches else None
        ),
        "service_tier": "standard",
        "inference_geo": None,
        "cost": to_number(charged.cost),
        "is_byok": False,
        "cost_details": {
            "upstream_inference_cost": None,  # a figure here makes some clients add it to `cost`
            "upstream_inference_prompt_cost": to_number(charged.prompt_cost),
            "upstream_inference_completions_cost": to_number(charged.completion_cost),
        },
    }


def write_reasoning(part: Reasoning) -> dict[str, object] | Raw | None:
    """A block of reasoning for a caller; what another maker wants back with it is sealed into it."""
    if part.format == BLOCK_FORMAT:
        return opaque(part.data)
    if part.kind == "encrypted":
        return {"type": "redacted_thinking", "data": (part.data or "") if is_plain(part) else seal(part)}
    signature = (part.signature or "") if is_plain(part) else seal(part)
    return {"type": "thinking", "thinking": part.text, "signature": signature}


def call_signature(call_id: str, signature: str) -> dict[str, object]:
    """A block that carries a call's signature, for which this dialect's calls have no room."""
    sealed = seal(Reasoning("encrypted", signature=signature, id=call_id, format=CALL_SIGNATURE))
    return {"type": "redacted_thinking", "data": sealed}


def _content(choice: Choice) -> list[object]:
    content: list[object] = []
    begins = 0
    for part in choice.parts:
        match part:
            case Text():
                content.extend(_text_blocks(part, begins))
                begins += len(part.text)
            case Refusal() if part.text:
                content.append(_text_block(part.text))
            case Reasoning():
                content.extend(block for block in [write_reasoning(part)] if block is not None)
            case ToolCall():
                block = {"type": "tool_use", "id": part.id, "name": part.name, "input": write_input(part.arguments)}
                content.append(block)
                if part.signature is not None:
                    content.append(call_signature(part.id, part.signature))
            case _:
                pass
    content.extend(_text_block(f"![image]({url})") for url in choice.images)  # there are no image blocks in answers
    if choice.audio is not None and choice.audio.transcript:
        content.append(_text_block(choice.audio.transcript))
    return content


def _text_block(text: str, citations: list[Raw] | None = None) -> dict[str, object]:
    return {"type": "text", "text": text, "citations": citations or None}


def _text_blocks(part: Text, begins: int) -> list[dict[str, object]]:
    """Words cut into blocks where citations say which of them they are for; else one block with all citations."""
    spans: dict[tuple[int, int], list[Raw]] = {}
    for each in part.annotations:
        start, end = (each.start or 0) - begins, (each.end or 0) - begins
        spans.setdefault((start, end), []).append(write_annotation(each))
    blocks: list[dict[str, object]] = []
    at = 0
    for (start, end), citations in sorted(spans.items()):
        if not at <= start < end <= len(part.text):
            everything = [raw for each in spans.values() for raw in each]
            return [_text_block(part.text, everything)]
        if at < start:
            blocks.append(_text_block(part.text[at:start]))
        blocks.append(_text_block(part.text[start:end], citations))
        at = end
    if at < len(part.text):
        blocks.append(_text_block(part.text[at:]))
    return blocks

"""A provider's whole answer as events, and its `usage` in the house's meaning."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import (
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    LogprobsDelta,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageEvent,
)
from modelport.dialects.cohere_chat.citations import citation_index, read_citation, read_logprob
from modelport.dialects.cohere_chat.content_read import reasoning_of
from modelport.dialects.cohere_chat.errors import Malformed, StreamError
from modelport.dialects.cohere_chat.wire import BLOCK_FORMAT, PLAN_FORMAT, Detail, Item, UpstreamUsage
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL

__all__ = ["REASONS", "Call", "finish_reason", "read_response", "read_usage", "reasoning_delta"]

REASONS = {
    "COMPLETE": FinishReason.STOP,
    "STOP_SEQUENCE": FinishReason.STOP,
    "USER_CANCEL": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "ERROR_LIMIT": FinishReason.LENGTH,
    "TOOL_CALL": FinishReason.TOOL_CALLS,
    "ERROR_TOXIC": FinishReason.CONTENT_FILTER,
    "ERROR": FinishReason.ERROR,
    "TIMEOUT": FinishReason.ERROR,
}
"""A provider's `finish_reason` in the reference's words; some are known from version 1 of the API only."""


class _Function(Struct):
    name: str | None = None
    arguments: str | None = None


class Call(Struct):
    """A tool call, whole or a piece of one; `signature` is ours, for other makers' calls."""

    id: str | None = None
    function: _Function | None = None
    signature: str | None = None

    @property
    def name(self) -> str | None:
        """The function's name."""
        return self.function.name if self.function is not None else None

    @property
    def arguments(self) -> str:
        """The text of the arguments, as far as this piece has it."""
        return (self.function.arguments if self.function is not None else None) or ""


class _Message(Struct):
    content: str | list[Raw] | None = None
    tool_plan: str | None = None
    tool_calls: list[Call] | None = None
    citations: list[Raw] | None = None


class _Answer(Struct):
    message: _Message | str
    id: str | None = None
    finish_reason: str | None = None
    logprobs: list[Raw] | None = None
    usage: Raw = NULL


_ANSWER = Forgiving(_Answer)
_ITEM = Forgiving(Item)
_USAGE = Forgiving(UpstreamUsage | None)
_ENCODER = msgspec.json.Encoder()


def read_response(body: bytes) -> list[Event]:
    """A provider's whole answer as events.

    Raises `Malformed` when it is none, such as an HTML page, and `StreamError` for an error inside a 200.
    """
    try:
        answer = _ANSWER.decode(body)
        if isinstance(answer.message, str):
            raise StreamError(answer.message or "The provider reported an error.")
        events: list[Event] = [Start(answer.id), *_read_message(answer.message)]
    except FAULTS as error:
        raise Malformed("the body is not an answer of Cohere's chat") from error
    if probabilities := [entry for raw in answer.logprobs or () for entry in read_logprob(raw)]:
        events.append(LogprobsDelta(probabilities))
    if answer.finish_reason is not None:
        events.append(Finish(finish_reason(answer.finish_reason), answer.finish_reason))
    if (usage := read_usage(answer.usage)) is not None:
        events.append(UsageEvent(usage))
    return events


def _read_message(message: _Message) -> list[Event]:
    content, cited = message.content, message.citations or []
    events: list[Event] = []
    if isinstance(content, str):
        content = [Raw(_ENCODER.encode({"type": "text", "text": content}))]
    length = number = 0
    indexes = {citation_index(raw) for raw in cited}
    for index, raw in enumerate(content or ()):
        item = _ITEM.decode_or_none(raw)
        if item is None:
            continue
        if item.type == "text" or (item.type is None and item.text is not None):
            events += [TextDelta(item.text)] if item.text else []
            here = [raw for raw in cited if citation_index(raw) == index]
            events += [AnnotationEvent(read_citation(raw, length)) for raw in here]
            length += len(item.text or "")
            indexes.discard(index)
        elif item.type == "thinking":
            events.append(reasoning_delta(number, item.thinking or "", item.reasoning_detail))
            number += 1
        else:
            block = bytes(raw).decode()
            events.append(ReasoningDelta(number, "encrypted", data=block, format=BLOCK_FORMAT))
            number += 1
    events += [AnnotationEvent(read_citation(raw, 0)) for raw in cited if citation_index(raw) in indexes]
    if message.tool_plan:
        events.append(ReasoningDelta(number, "text", message.tool_plan, format=PLAN_FORMAT))
    for position, call in enumerate(message.tool_calls or ()):
        # A tool without parameters is at times called with null (recorded), which callers elsewhere can't take.
        arguments = "{}" if call.arguments == "null" else call.arguments
        events.append(ToolCallDelta(position, arguments, call.id, call.name, call.signature))
    return events


def reasoning_delta(number: int, text: str, detail: Detail | None) -> ReasoningDelta:
    """A piece of a thinking block as an event."""
    known = reasoning_of(text, detail)
    return ReasoningDelta(number, known.kind, text, known.signature, known.data, known.id, known.format)


def finish_reason(native: str) -> FinishReason:
    """The reference's word for a provider's reason; an unknown one counts as a plain stop."""
    return REASONS.get(native, FinishReason.STOP)


def read_usage(raw: Raw | bytes) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where it is null or no usage at all.

    `billed_units` count, as Cohere charges those: `tokens` also has what Cohere puts around each request (recorded:
    11 billed of 506) and the marks around an answer. `cached_tokens` are of `tokens` too, so those in excess of what
    is not billed are the billed tokens that surely came from the cache.
    """
    try:
        told = _USAGE.decode(raw)
    except FAULTS:
        return None
    if told is None or (told.billed_units is None and told.tokens is None):
        return None
    billed, tokens = told.billed_units, told.tokens
    figures = [each.input_tokens for each in (billed, tokens) if each] + [
        each.output_tokens for each in (billed, tokens) if each
    ]
    if all(figure is None for figure in figures):
        return None  # objects without a figure tell nothing
    pictures = _count(tokens and tokens.image_tokens)
    seen = _count(tokens and tokens.input_tokens) + pictures
    prompt = seen if billed is None or billed.input_tokens is None else _count(billed.input_tokens)
    written = _count(tokens and tokens.output_tokens)
    completion = written if billed is None or billed.output_tokens is None else _count(billed.output_tokens)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=min(max(_count(told.cached_tokens) - max(seen - prompt, 0), 0), prompt),
        reasoning_tokens=min(_count(tokens and tokens.reasoning_tokens), completion),
        prompt_image_tokens=min(pictures, prompt),
    )


def _count(value: float | None) -> int:
    return max(int(value or 0), 0)

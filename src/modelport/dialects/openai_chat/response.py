"""Whole answers: a provider's patched for the caller, and one added up from a stream's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import FinishReason, ToolCall, Usage
from modelport.dialects.openai_chat.errors import Malformed
from modelport.dialects.openai_chat.wire import UpstreamUsage
from modelport.kit.forgiving import Forgiving
from modelport.kit.money import to_number

__all__ = [
    "REASONING_FIELDS",
    "Answer",
    "Bill",
    "Identity",
    "Malformed",
    "calls_of",
    "drop_nulls_and_take_text",
    "finish_reason",
    "read",
    "read_usage",
    "write",
    "write_usage",
]

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_CHOICES = Forgiving(list[dict[str, Raw]])
_MESSAGE = Forgiving(dict[str, Raw])
_USAGE = Forgiving(UpstreamUsage)
_REASON = Forgiving(str | None)
_TEXT: Forgiving[str | None] = Forgiving(str | None)
_ENCODER = msgspec.json.Encoder()
_NULL = Raw(b"null")
_ASSISTANT = Raw(b'"assistant"')

REASONING_FIELDS = ("reasoning", "reasoning_content", "reasoning_details")
_TEXTS = frozenset({"content", "reasoning", "refusal"})
_NOT_NULL = frozenset({"tool_calls", "reasoning_details", "images", "audio", "annotations"})

_REASONS = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "completed": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "tool_use": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
    "sensitive": FinishReason.CONTENT_FILTER,
    "error": FinishReason.ERROR,
}


class Identity(NamedTuple):
    """What every answer and event is signed with, encoded once."""

    id: Raw
    model: Raw
    provider: Raw
    created: Raw

    @classmethod
    def of(cls, generation_id: str, model: str, provider: str, created: int) -> Identity:
        """From plain values; `created` in seconds."""
        encode = _ENCODER.encode
        return cls(Raw(encode(generation_id)), Raw(encode(model)), Raw(encode(provider)), Raw(encode(created)))


class Bill(NamedTuple):
    """What an answer took and is charged, in nano-dollars, for the caller's `usage`."""

    usage: Usage
    cost: int
    prompt_cost: int
    completion_cost: int
    own_cost: int | None = None
    """The price of an answer by the account's own provider key; see `canonical.Charged`."""


@dataclass(slots=True)
class Answer:
    """A whole answer, patched but for its usage."""

    fields: dict[str, Raw]
    usage: Usage | None
    finish_reason: FinishReason | None
    native_finish_reason: str | None
    upstream_id: str | None
    has_output: bool
    """Whether the model produced anything: text, reasoning, a tool call, a refusal, an image."""
    text: list[str] = field(default_factory=list[str])
    """What was produced, for counting when the provider does not tell."""


def finish_reason(native: str) -> FinishReason:
    """The reference's word for a provider's reason; an unknown one counts as a plain stop."""
    return _REASONS.get(native.lower(), FinishReason.STOP)


def read_usage(raw: Raw) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where it is null, empty or no usage at all."""
    try:
        usage = _USAGE.decode(raw) if bytes(raw) != b"null" else None
    except msgspec.DecodeError:
        return None
    if usage is None or (usage.prompt_tokens is None and usage.completion_tokens is None):
        return None
    prompt = max(usage.prompt_tokens or 0, 0)
    completion = max(usage.completion_tokens or 0, 0)
    inside, outside = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = (inside.cached_tokens if inside else None) or _cached_elsewhere(usage)
    reasoning = (outside.reasoning_tokens if outside else None) or 0
    if (
        usage.total_tokens is not None
        and completion < reasoning
        and usage.total_tokens == prompt + completion + reasoning
    ):
        completion += reasoning  # xAI counts reasoning apart from the completion (its recorded totals show it)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=min(max(cached, 0), prompt),
        cache_write_tokens=max((inside.cache_write_tokens if inside else None) or 0, 0),
        reasoning_tokens=min(max(reasoning, 0), completion),
        prompt_audio_tokens=max((inside.audio_tokens if inside else None) or 0, 0),
        completion_audio_tokens=max((outside.audio_tokens if outside else None) or 0, 0),
        prompt_image_tokens=max((inside.image_tokens if inside else None) or 0, 0),
        completion_image_tokens=max((outside.image_tokens if outside else None) or 0, 0),
        web_searches=max(usage.num_search_queries or 0, 0),
    )


def _cached_elsewhere(usage: UpstreamUsage) -> int:
    return usage.prompt_cache_hit_tokens or usage.cached_tokens or usage.num_cached_tokens or 0


def write_usage(bill: Bill) -> Raw:
    """`usage` for the caller, with its cost in USD (`behaviour.md` section 20)."""
    usage = bill.usage
    return Raw(
        _ENCODER.encode(
            {
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "total_tokens": usage.total_tokens,
                "cost": to_number(bill.cost),
                "is_byok": bill.own_cost is not None,
                "prompt_tokens_details": {
                    "cached_tokens": usage.cached_tokens,
                    "cache_write_tokens": usage.cache_write_tokens,
                    "audio_tokens": usage.prompt_audio_tokens,
                    "video_tokens": 0,
                },
                "completion_tokens_details": {
                    "reasoning_tokens": usage.reasoning_tokens,
                    "audio_tokens": usage.completion_audio_tokens,
                    "image_tokens": usage.completion_image_tokens,
                },
                "cost_details": {
                    "upstream_inference_cost": None if bill.own_cost is None else to_number(bill.own_cost),
                    "upstream_inference_prompt_cost": to_number(bill.prompt_cost),
                    "upstream_inference_completions_cost": to_number(bill.completion_cost),
                },
            }
        )
    )


def read(body: bytes, identity: Identity, *, without_reasoning: bool) -> Answer:
    """A provider's whole answer, patched for the caller.

    Raises `Malformed` when it is none, such as an HTML page or an error object inside a 200.
    """
    try:
        fields = _FIELDS.decode(body)
        choices = _CHOICES.decode(fields.get("choices", Raw(b"[]")))
        usage = read_usage(fields.pop("usage", _NULL))
        upstream_id = _TEXT.decode_or_none(fields.get("id", _NULL))
        answer = Answer(fields, usage, None, None, upstream_id, has_output=False)
        for index, choice in enumerate(choices):
            _patch_choice(choice, index, answer, without_reasoning=without_reasoning)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the body is not a chat completion") from error
    if not choices:
        raise Malformed("the body has no choices")
    fields["id"], fields["model"], fields["provider"], fields["created"] = identity
    fields["object"] = Raw(b'"chat.completion"')
    fields["choices"] = Raw(_ENCODER.encode(choices))
    fields.setdefault("system_fingerprint", _NULL)  # required by the official SDKs, null allowed
    if fields.get("error", _NULL) != _NULL:
        raise Malformed("the body holds an error")
    fields.pop("error", None)
    return answer


def calls_of(answer: Answer) -> list[ToolCall]:
    """The functions that a whole answer calls."""
    choices = _CALLING.decode_or_none(answer.fields.get("choices", _NULL)) or []
    return [
        ToolCall(call.id or "", call.function.name or "", call.function.arguments or "")
        for choice in choices
        if choice.message is not None
        for call in choice.message.tool_calls or ()
        if call.function is not None
    ]


class _Function(Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(Struct):
    id: str | None = None
    function: _Function | None = None


class _Calling(Struct):
    tool_calls: list[_Call] | None = None


class _Choice(Struct):
    message: _Calling | None = None


_CALLING = Forgiving(list[_Choice])


def _patch_choice(choice: dict[str, Raw], index: int, answer: Answer, *, without_reasoning: bool) -> None:
    choice.setdefault("index", Raw(str(index).encode()))
    told = choice.get("message", _NULL)
    message = _MESSAGE.decode_or_none(told) or {}
    native = _REASON.decode_or_none(choice.get("finish_reason", _NULL))
    if native is not None:
        answer.finish_reason, answer.native_finish_reason = finish_reason(native), native
        choice.setdefault("native_finish_reason", choice["finish_reason"])
        choice["finish_reason"] = Raw(_ENCODER.encode(answer.finish_reason))
    else:
        choice["finish_reason"] = _NULL
    names = tuple(message)
    _patch_message(message, answer, without_reasoning=without_reasoning)
    if tuple(message) != names or bytes(told)[:1] != b"{":  # else the provider's own bytes will do
        choice["message"] = Raw(_ENCODER.encode(message))


def _patch_message(message: dict[str, Raw], answer: Answer, *, without_reasoning: bool) -> None:
    message.setdefault("role", _ASSISTANT)
    message.setdefault("content", _NULL)
    for text in drop_nulls_and_take_text(message):
        answer.has_output = True
        answer.text.append(text)
    if without_reasoning:
        for name in REASONING_FIELDS:
            message.pop(name, None)


def drop_nulls_and_take_text(message: dict[str, Raw]) -> list[str]:
    """Mends a message or delta in place, and returns what the model produced in it, an empty text for an image.

    `reasoning_content`, as many providers call it, is given the reference's name `reasoning` beside its own.
    """
    produced: list[str] = []
    if "reasoning_content" in message and "reasoning" not in message:
        message["reasoning"] = message["reasoning_content"]
    for name, raw in tuple(message.items()):
        if name in _TEXTS:
            start = bytes(raw)[:1]
            if start == b'"':
                if text := _TEXT.decode_or_none(raw):
                    produced.append(text)
            elif start == b"[" and bytes(raw) != b"[]":
                produced.append(bytes(raw).decode())  # content in parts, as Mistral's reasoning models send it
        elif name in _NOT_NULL:
            value = bytes(raw)
            if value == b"null":
                del message[name]  # null here breaks official clients; absent does not
            elif value != b"[]" and name != "annotations":
                produced.append(value.decode() if name == "tool_calls" else "")
    return produced


def write(answer: Answer, bill: Bill) -> bytes:
    """The body for the caller."""
    answer.fields["usage"] = write_usage(bill)
    return _ENCODER.encode(answer.fields)

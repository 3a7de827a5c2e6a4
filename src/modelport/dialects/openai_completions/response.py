"""Whole answers of this dialect: a provider's into canonical events or patched, and one written for a caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    AudioDelta,
    Charged,
    Choice,
    Event,
    Finish,
    FinishReason,
    Identity,
    LogprobsDelta,
    Output,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Start,
    Text,
    TextDelta,
    Usage,
    UsageEvent,
)
from modelport.dialects.openai_completions.errors import Malformed, StreamError
from modelport.dialects.openai_completions.logprobs import read_logprobs, write_logprobs
from modelport.dialects.openai_completions.wire import REASONING_FIELDS, Body, UpstreamError, UpstreamUsage
from modelport.kit.forgiving import Forgiving
from modelport.kit.money import to_number
from modelport.kit.raw_json import FAULTS, NULL, overlaid

if TYPE_CHECKING:
    from modelport.dialects.openai_completions import wire

__all__ = [
    "Malformed",
    "choice_events",
    "finish_reason",
    "image_text",
    "patch_choice",
    "patch_response",
    "read_response",
    "read_usage",
    "refuse",
    "write_response",
    "write_usage",
]

_REASONS = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "eos_token": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
    "error": FinishReason.ERROR,
}

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_CHOICES = Forgiving(list[dict[str, Raw]])
_BODY = Forgiving(Body)
_USAGE: Forgiving[UpstreamUsage | None] = Forgiving(UpstreamUsage | None)
_ERROR = Forgiving(UpstreamError | str)
_STRING = Forgiving(str)
_ENCODER = msgspec.json.Encoder()


# Reading.


def read_response(body: bytes) -> list[Event]:
    """A provider's whole answer.

    Raises `Malformed` when it is none, such as an HTML page or an error object inside a 200.
    """
    try:
        body.decode()
        read = _BODY.decode(body)
        refuse(read.error)
        events: list[Event] = [Start(None if read.id is None else str(read.id), read.model)]
        for position, choice in enumerate(read.choices or ()):
            refuse(choice.error)
            events.extend(choice_events(choice, position if choice.index is None else choice.index))
    except FAULTS as error:
        raise Malformed("the body is not a text completion") from error
    except StreamError as error:
        raise Malformed(f"the body holds an error: {error.message}") from error
    if not read.choices:
        raise Malformed("the body has no choices")
    if (usage := read_usage(read.usage)) is not None:
        events.append(UsageEvent(usage))
    return events


def choice_events(choice: wire.Choice, index: int) -> list[Event]:
    """What one choice says, of a whole answer or of an event. Raises `msgspec.DecodeError`."""
    events: list[Event] = []
    if thought := choice.reasoning or choice.reasoning_content:
        events.append(ReasoningDelta(0, "text", thought, choice=index))
    if choice.text:
        events.append(TextDelta(choice.text, index))
    if entries := read_logprobs(choice.logprobs):
        events.append(LogprobsDelta(entries, choice=index))
    if choice.finish_reason:
        native = choice.native_finish_reason or choice.finish_reason
        sequence = choice.stop_reason
        stopped_by = msgspec.json.decode(sequence, type=str) if bytes(sequence)[:1] == b'"' else None
        events.append(Finish(finish_reason(choice.finish_reason), native, index, stopped_by))
    return events


def finish_reason(native: str) -> FinishReason:
    """The reference's word for a provider's reason; an unknown one counts as a plain stop."""
    return _REASONS.get(native.lower(), FinishReason.STOP)


def read_usage(raw: Raw) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where it is absent, null or no usage at all."""
    try:
        told = _USAGE.decode(raw) if raw else None
    except msgspec.DecodeError:
        return None
    if told is None or (told.prompt_tokens is None and told.completion_tokens is None):
        return None
    prompt, completion = max(told.prompt_tokens or 0, 0), max(told.completion_tokens or 0, 0)
    inside, outside = told.prompt_tokens_details, told.completion_tokens_details
    cached = (inside.cached_tokens if inside else None) or told.prompt_cache_hit_tokens or 0
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=min(max(cached, 0), prompt),
        cache_write_tokens=max((inside.cache_write_tokens if inside else None) or 0, 0),
        reasoning_tokens=min(max((outside.reasoning_tokens if outside else None) or 0, 0), completion),
    )


def refuse(raw: Raw) -> None:
    """Raises `StreamError`, in the provider's words, for an `error` that is there and not null."""
    if not raw or bytes(raw) == b"null":
        return
    try:
        error = _ERROR.decode(raw)
    except msgspec.DecodeError:
        error = ""
    if isinstance(error, str):
        raise StreamError(error or "The provider reported an error.")
    raise StreamError(error.message or "The provider reported an error.", error.code)


# Writing.


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller."""
    return _ENCODER.encode({
        "id": identity.id,
        "object": "text_completion",
        "created": identity.created,
        "model": identity.model,
        "provider": identity.provider,
        "system_fingerprint": None,
        "choices": [_choice(index, choice) for index, choice in enumerate(output.choices or [Choice()])],
        "usage": write_usage(charged),
    })  # fmt: skip


def _choice(index: int, choice: Choice) -> dict[str, object]:
    finish, logprobs = choice.finish, choice.logprobs
    thought = [part.text for part in choice.parts if isinstance(part, Reasoning) and part.kind != "encrypted"]
    fields: dict[str, object] = {
        "index": index,
        "text": _text(choice),
        "logprobs": write_logprobs(logprobs.content, 0)[0] if logprobs is not None and logprobs.content else None,
        "finish_reason": None if finish is None else finish.reason,
        "native_finish_reason": None if finish is None else finish.native,
    }
    if any(thought):
        fields["reasoning"] = "".join(thought)
    return fields


def _text(choice: Choice) -> str:
    """Everything a caller can read, in the one place this dialect has for it; calls have none."""
    texts = [part.text for part in choice.parts if isinstance(part, Text | Refusal)]
    texts += [image_text(url) for url in choice.images]
    sound: AudioDelta | None = choice.audio
    return "".join(texts) + ((sound.transcript if sound is not None else None) or "")


def image_text(url: str) -> str:
    """A picture as words: answers of this dialect hold nothing else."""
    return f"![image]({url})"


def write_usage(charged: Charged) -> dict[str, object]:
    """`usage` for the caller, with its cost in USD (`behaviour.md` section 20)."""
    usage = charged.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cost": to_number(charged.cost),
        "is_byok": charged.is_byok,
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
            "upstream_inference_cost": charged.upstream,
            "upstream_inference_prompt_cost": to_number(charged.prompt_cost),
            "upstream_inference_completions_cost": to_number(charged.completion_cost),
        },
    }


# The same dialect on both sides.


def patch_response(body: bytes, identity: Identity, charged: Charged, *, without_reasoning: bool) -> bytes:
    """A provider's own answer for the caller: signed, its reasons normalised, its usage ours.

    Raises `Malformed` as `read_response` does.
    """
    read_response(body)
    given = _FIELDS.decode(body)
    choices = _CHOICES.decode(given["choices"])
    for position, choice in enumerate(choices):
        choice.setdefault("index", Raw(str(position).encode()))
        patch_choice(choice, without_reasoning=without_reasoning)
    fields: dict[str, object] = {name: raw for name, raw in given.items() if name != "error"}
    fields |= {"id": identity.id, "object": "text_completion", "created": identity.created, "model": identity.model}
    usage = overlaid(given.get("usage"), write_usage(charged))
    fields |= {"provider": identity.provider, "choices": choices, "usage": usage}
    return _ENCODER.encode(fields)


def patch_choice(choice: dict[str, Raw], *, without_reasoning: bool) -> None:
    """Mends a choice in place: its reason in the reference's words, reasoning under the reference's name or away."""
    native = _STRING.decode_or_none(choice.get("finish_reason", NULL))
    if native:
        choice.setdefault("native_finish_reason", choice["finish_reason"])
        choice["finish_reason"] = Raw(_ENCODER.encode(finish_reason(native)))
    else:
        choice["finish_reason"] = NULL
    if bytes(choice.get("text", NULL))[:1] != b'"':
        choice["text"] = Raw(_ENCODER.encode(_STRING.decode_or_none(choice.get("text", NULL)) or ""))
    if without_reasoning:
        for name in REASONING_FIELDS:
            choice.pop(name, None)
    elif "reasoning_content" in choice:
        choice.setdefault("reasoning", choice["reasoning_content"])

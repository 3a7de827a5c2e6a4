"""Requests of this dialect: read from a caller, and written for a provider that speaks it.

A prompt becomes one user message, as the reference has it. The way back is open to plain text only: this dialect has no
turns, and a template made up here would not be the one a model was trained with.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Message, ReasoningOptions, Request, Role, Target, Text
from modelport.dialects.openai_completions.wire import GATEWAY_FIELDS, Asked
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CHANGED",
    "DROPPED",
    "REFUSED",
    "Target",
    "headers",
    "patch_request",
    "path",
    "read_request",
    "without_own_fields",
    "write_request",
]

DROPPED: Final[Mapping[str, str]] = MappingProxyType({
    "tool_choice": "nothing to choose from; tools themselves are refused",
    "parallel_tool_calls": "no tools",
    "reasoning": "can't be asked for here, but where a provider keeps that field; what comes back is passed on",
    "verbosity": "no such parameter here",
    "prediction": "a hint for speed only",
    "service_tier": "no such parameter here",
    "metadata": "no such parameter here",
    "cache": "caching of prefixes is automatic where there is any",
    "default_max_tokens": "the dialect demands no length",
})  # fmt: skip
"""What a provider of this dialect is not told, and why."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType({
    "messages": "only system messages followed by one user message: there are no turns",
    "messages[].parts": "only text: no images, files, sound, film, calls or results",
    "tools": "no calls",
    "response_format": "no JSON on demand; `text` is what there is anyway",
    "modalities": "text is the only kind of answer",
    "audio": "no spoken answers",
})  # fmt: skip
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED: Final[Mapping[str, str]] = MappingProxyType({
    "messages": "the texts become one prompt, with an empty line between messages",
    "logprobs": "one number here: that of `top_logprobs`, 0 when only `logprobs` is asked for",
})  # fmt: skip
"""What is said in another way."""

_OWN: Final = ("suffix", "echo", "best_of")
"""Fields only this dialect has, kept in `extra`."""

_NUMBERS: Final = (
    "temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty", "repetition_penalty",
    "seed", "n", "user",
)  # fmt: skip
"""Fields that have the same name and type in both vocabularies, checked by `Asked`."""

_READ: Final = frozenset({
    "model", "prompt", "stream", "max_tokens", "max_completion_tokens", "stop", "logprobs", "top_logprobs",
    "logit_bias", "metadata", "reasoning_effort", "include_reasoning", "stream_options", *_NUMBERS,
})  # fmt: skip
"""Fields this module has words for; everything else is kept in `extra`."""

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_ASKED = msgspec.json.Decoder(Asked)
_PROMPT = msgspec.json.Decoder(str | list[Any])  # what a list holds is looked at one by one
_ENCODER = msgspec.json.Encoder()
_SMALL = Asked.__struct_fields__
_TRUE = Raw(b"true")
_INCLUDE_USAGE = Raw(b'{"include_usage":true}')


def path(target_model: str, *, stream: bool) -> str:
    """What follows a provider's base address; here the same for every model."""
    del target_model, stream
    return "/completions"


def headers(api_key: str) -> dict[str, str]:
    """The dialect's own headers; no authorization for a provider that needs no key."""
    fixed = {"content-type": "application/json"}
    return {"authorization": f"Bearer {api_key}"} | fixed if api_key else fixed


def read_request(body: bytes) -> Request:
    """A caller's body in canonical words.

    Raises `BadRequest` that says what is wrong and where, whatever the bytes are.
    """
    given, asked = _read_fields(body)
    fields = {name: raw for name, raw in given.items() if bytes(raw) != b"null"}
    request = Request(
        model=asked.model or next(iter(asked.models or ()), ""),
        messages=[Message(Role.USER, [Text(_prompt(fields))])],
        stream=bool(asked.stream),
        max_tokens=asked.max_tokens or asked.max_completion_tokens,
        stop=[asked.stop] if isinstance(asked.stop, str) else asked.stop,
        logit_bias=fields.get("logit_bias"),
        metadata=fields.get("metadata"),
        reasoning=_reasoning(asked),
        extra={name: raw for name, raw in fields.items() if name not in _READ},
    )
    for name in _NUMBERS:
        setattr(request, name, getattr(asked, name))
    if asked.logprobs is not None:
        request.logprobs = asked.logprobs is not False
    request.top_logprobs = asked.top_logprobs
    if request.top_logprobs is None and isinstance(asked.logprobs, int) and not isinstance(asked.logprobs, bool):
        request.top_logprobs = asked.logprobs
    return request


def without_own_fields(request: Request) -> Request:
    """`request` as a provider of another dialect may have it.

    Raises `BadRequest` naming a field of this dialect without which the answer would be another one.
    """
    for name, none in (("suffix", b'""'), ("echo", b"false")):
        if bytes(request.extra.get(name, Raw(none))) != none:
            raise BadRequest(f"`{name}` can't be done by this model's provider, which answers in chats only.")
    extra = {name: raw for name, raw in request.extra.items() if name not in _OWN}
    return msgspec.structs.replace(request, extra=extra)


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider of this dialect.

    Raises `BadRequest` naming a parameter that can't be said in it.
    """
    _refuse(request)
    fields = _meant_for_it(request.extra, target)
    fields |= {"model": target.model, "prompt": _written_prompt(request.messages)}
    if target.stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    said: dict[str, object] = {name: getattr(request, name) for name in _NUMBERS}
    said["max_tokens"] = request.max_tokens if target.max_tokens is None else target.max_tokens
    said["stop"], said["logit_bias"] = request.stop, request.logit_bias
    if request.logprobs or (request.logprobs is None and request.top_logprobs is not None):
        said["logprobs"] = request.top_logprobs or 0
    fields |= {name: value for name, value in said.items() if value is not None}
    return _ENCODER.encode(_renamed(fields, target))


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of the same dialect: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    given, _ = _read_fields(body)
    fields = _meant_for_it(given, target)
    fields["model"] = Raw(_ENCODER.encode(target.model))
    fields.pop("stream", None)
    fields.pop("stream_options", None)
    if target.stream:
        fields["stream"], fields["stream_options"] = _TRUE, _INCLUDE_USAGE
    if target.max_tokens is not None:
        fields["max_tokens"] = Raw(str(target.max_tokens).encode())
    return _ENCODER.encode(_renamed(fields, target))


def _meant_for_it(given: Mapping[str, Raw], target: Target) -> dict[str, object]:
    """Fields without those of the gateway, but for the ones that a provider which is a gateway itself keeps."""
    return {name: raw for name, raw in given.items() if name not in GATEWAY_FIELDS or name in target.keeps}


def _renamed(fields: dict[str, object], target: Target) -> dict[str, object]:
    for name, other in target.renames.items():
        if name in fields:
            fields[other] = fields.pop(name)
    for name in target.drops:
        fields.pop(name, None)
    return fields


def _read_fields(body: bytes) -> tuple[dict[str, Raw], Asked]:
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
        fields = _FIELDS.decode(body)
        small = {name: fields[name] for name in _SMALL if name in fields}
        return fields, _ASKED.decode(_ENCODER.encode(small))
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    except RecursionError as error:
        raise BadRequest("The request body is nested too deeply.") from error
    except msgspec.ValidationError as error:
        raise BadRequest(f"Invalid request: {error}") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"The request body is not valid JSON: {error}") from error


def _prompt(fields: dict[str, Raw]) -> str:
    """The one text to go on with. The reference takes a text only; a list of one is what some clients write."""
    raw = fields.get("prompt")
    if raw is None:
        hint = " A list of `messages` belongs to /chat/completions." if "messages" in fields else ""
        raise BadRequest(f"Input required: `prompt` must be a text.{hint}")
    try:
        prompt = _PROMPT.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest("Invalid request: `prompt` must be a text.") from error
    if isinstance(prompt, str):
        return prompt
    if any(not isinstance(each, str) for each in prompt):
        raise BadRequest(
            "Invalid request: `prompt` must be a text; token numbers mean something to one model's tokenizer only."
        )
    if len(prompt) != 1:
        raise BadRequest(f"Invalid request: `prompt` holds {len(prompt)} texts; send one a request.")
    return prompt[0]


def _reasoning(asked: Asked) -> ReasoningOptions | None:
    """The `reasoning` object, joined by its two older forms, which count only where it says nothing."""
    given = asked.reasoning
    if given is None and asked.reasoning_effort is None and asked.include_reasoning is None:
        return None
    options = ReasoningOptions(asked.reasoning_effort)
    if given is not None:
        effort = given.effort or asked.reasoning_effort
        options = ReasoningOptions(effort, given.max_tokens, given.enabled, given.exclude, given.summary)
    if options.exclude is None and asked.include_reasoning is False:
        options.exclude = True
    if options == ReasoningOptions() and asked.include_reasoning:
        options.enabled = True
    return options


def _refuse(request: Request) -> None:
    if request.tools:
        raise BadRequest("`tools` can't be offered: this model's provider completes plain text only.")
    if request.response_format is not None and request.response_format.kind != "text":
        raise BadRequest("`response_format` can't be promised: this model's provider completes plain text only.")
    if request.audio is not None or any(each != "text" for each in request.modalities or ()):
        raise BadRequest("`modalities` other than text can't be had: this model's provider completes plain text only.")


def _written_prompt(messages: list[Message]) -> str:
    texts: list[str] = []
    for index, message in enumerate(messages):
        ends = index == len(messages) - 1
        if message.role != Role.USER if ends else message.role not in {Role.SYSTEM, Role.DEVELOPER}:
            raise BadRequest(
                f"`messages[{index}]`: this model's provider completes one text; "
                "it takes system messages and then one user message."
            )
        for place, part in enumerate(message.parts):
            if not isinstance(part, Text):
                kind = type(part).__name__
                raise BadRequest(
                    f"`messages[{index}].content[{place}]`: this model's provider completes plain text only, "
                    f"and this is a part of kind {kind}."
                )
        texts.append("".join(part.text for part in message.parts if isinstance(part, Text)))
    return "\n\n".join(texts)

"""Requests of this dialect: read from a caller, and written for a provider that speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Raw

from modelport.dialects.anthropic_messages.blocks import cache_of, read_part, write_cache, write_part
from modelport.dialects.anthropic_messages.thinking import DEFAULT_MAX_TOKENS, think
from modelport.dialects.anthropic_messages.wire import (
    CALL_SIGNATURE,
    Fields,
    InPlaceSystem,
    KeptTool,
    Thinking,
)
from modelport.dialects.canonical import (
    Message,
    Part,
    Reasoning,
    Request,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
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
    "read_count_tokens",
    "read_request",
    "write_count_tokens",
    "write_request",
]

DROPPED = {
    "frequency_penalty": "no such parameter here; the reference drops it",
    "presence_penalty": "no such parameter here; the reference drops it",
    "repetition_penalty": "no such parameter here; the reference drops it",
    "min_p": "no such parameter here; the reference drops it",
    "top_a": "no such parameter here; the reference drops it",
    "seed": "no such parameter here; the reference drops it",
    "logit_bias": "no such parameter here; the reference drops it",
    "logprobs": "the provider gives no probabilities",
    "top_logprobs": "the provider gives no probabilities",
    "prediction": "a hint for speed only",
    "metadata": "only a user id can be said here, and `user` says it",
}
"""What a provider of this dialect is not told, and why."""

REFUSED = {
    "n": "one answer at a time",
    "audio": "no spoken answers",
    "modalities": "text is the only kind of answer",
    "input_audio": "no sound in messages",
    "video_url": "no film in messages",
}
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED = {
    "temperature": "above 1 it becomes 1; with a thinking budget it is left out (both are refused otherwise)",
    "top_k, top_p": "left out with a thinking budget, but for a `top_p` from 0.95 on",
    "response_format": "`json_object` becomes a line in the system prompt; `json_schema` is `output_config.format`",
    "verbosity": "becomes `output_config.effort`",
    "reasoning": "left out with a forced tool choice and in a tool loop whose reasoning was not sent back",
    "system": "system and developer messages all go to the front, but for those a caller of this dialect put in place",
    "stop": "blank sequences are left out",
}
"""What is said in another way."""

GATEWAY_FIELDS = frozenset({
    "debug", "fallbacks", "max_tool_calls", "models", "plugins", "preset", "provider", "route", "session_id",
    "stop_server_tools_when", "trace", "transforms", "usage", "user",
})  # fmt: skip
"""Fields meant for the gateway (`behaviour.md` section 17), kept in `Request.extra` and never sent on."""

_JSON_ONLY = "Answer with a single valid JSON object and nothing else: no code fence, no words before or after it."

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_FLOAT = msgspec.json.Decoder(float)
_BOOL = msgspec.json.Decoder(bool)
_STRS = msgspec.json.Decoder(list[str])
_LIST = msgspec.json.Decoder(list[Raw])
_TEXT_OR_LIST = msgspec.json.Decoder(str | list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_RAW = msgspec.json.Decoder(Raw)
_ENCODER = msgspec.json.Encoder()


class Target(NamedTuple):
    """What a provider is to be sent instead of what the caller wrote."""

    model: str
    stream: bool
    max_tokens: int | None = None
    """Overrides the caller's."""
    default_max_tokens: int | None = None
    """Where the caller gave none."""
    renames: Mapping[str, str] = {}
    drops: frozenset[str] = frozenset()
    """Top-level fields that this provider refuses; `strict` and `eager_input_streaming` are taken off tools."""
    adaptive: bool = False
    """The model decides how long to think, by `effort` rather than by a budget."""
    eager: bool = False
    """Ask for tool arguments as they are written, as the reference does (`behaviour.md` section 3)."""


def path(target_model: str, *, stream: bool) -> str:
    """What follows a provider's base address."""
    del target_model, stream
    return "/messages"


def headers(api_key: str) -> dict[str, str]:
    """Authentication and the fixed headers."""
    return {"x-api-key": api_key, "anthropic-version": "2023-06-01", "content-type": "application/json"}


def write_count_tokens(count: int) -> bytes:
    """The answer to a request for counting."""
    return _ENCODER.encode({"input_tokens": count})


def read_count_tokens(body: bytes) -> Request:
    """A request for counting: one for an answer without its length. Raises `BadRequest`."""
    return read_request(body)


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of the same dialect: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    fields = {name: raw for name, raw in Fields(body, "").rest.items() if name not in GATEWAY_FIELDS}
    fields["model"] = Raw(_ENCODER.encode(target.model))
    fields.pop("stream", None)
    if target.stream:
        fields["stream"] = Raw(b"true")
    length = target.max_tokens
    if length is None and bytes(fields.get("max_tokens", b"null")) == b"null":
        length = target.default_max_tokens or DEFAULT_MAX_TOKENS
    if length is not None:
        fields["max_tokens"] = Raw(str(length).encode())
    return _ENCODER.encode(_renamed(fields, target))


# Reading.


def read_request(body: bytes) -> Request:
    """Reads a caller's body.

    Raises `BadRequest` that says what is wrong and where, whatever the bytes are.
    """
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    fields = Fields(body, "")
    model, turns = fields.need("model", _STR), fields.need("messages", _LIST)
    messages = _read_system(fields)
    for index, raw in enumerate(turns):
        messages.extend(_read_message(raw, f"messages.{index}"))
    if not turns:
        raise BadRequest("Input required: `messages` is empty; give at least one message.")
    _return_signatures(messages)
    request = Request(model=model, messages=messages, stream=fields.take("stream", _BOOL) or False)
    request.max_tokens = fields.take("max_tokens", _INT)
    if request.max_tokens is not None and request.max_tokens < 1:
        raise BadRequest("Invalid request: `max_tokens` must be at least 1.")
    request.temperature, request.top_p = fields.take("temperature", _FLOAT), fields.take("top_p", _FLOAT)
    request.top_k, request.stop = fields.take("top_k", _INT), fields.take("stop_sequences", _STRS)
    request.service_tier = fields.take("service_tier", _STR)
    request.tools = [
        _read_tool(raw, f"tools.{index}") for index, raw in enumerate(fields.take("tools", _LIST) or [])
    ]  # fmt: skip
    _read_choice(fields, request)
    _read_thinking_and_output(fields, request)
    _read_user(fields, request)
    request.cache = cache_of(fields)
    request.extra = fields.rest
    return request


def _read_system(fields: Fields) -> list[Message]:
    system = fields.take("system", _TEXT_OR_LIST)
    if system is None:
        return []
    if isinstance(system, str):
        return [Message(Role.SYSTEM, [Text(system)])]
    return [Message(Role.SYSTEM, [read_part(raw, f"system.{index}") for index, raw in enumerate(system)])]


def _read_message(raw: Raw, place: str) -> list[Message]:
    """One message; a user's with results in it becomes several, so that results stand in messages of their own."""
    fields = Fields(raw, place)
    role, content = fields.need("role", _STR), fields.need("content", _TEXT_OR_LIST)
    if role not in {"user", "assistant", "system"}:
        raise BadRequest(f"Invalid request: `{place}.role` must be user, assistant or system, not {role!r}.")
    parts: list[Part] = (
        [Text(content)]
        if isinstance(content, str)
        else [read_part(each, f"{place}.content.{index}") for index, each in enumerate(content)]
    )
    if role == "assistant":
        return [Message(Role.ASSISTANT, parts)]
    if role == "system":
        return [InPlaceSystem(Role.SYSTEM, parts)]
    messages: list[Message] = []
    for part in parts:
        of_part = Role.TOOL if isinstance(part, ToolResult) else Role.USER
        if not messages or messages[-1].role != of_part:
            messages.append(Message(of_part, []))
        messages[-1].parts.append(part)
    return messages or [Message(Role.USER, [])]


def _return_signatures(messages: list[Message]) -> None:
    """Puts sealed signatures back on the calls they belong to."""
    for message in messages:
        signatures = {
            part.id: part.signature
            for part in message.parts
            if isinstance(part, Reasoning) and part.format == CALL_SIGNATURE
        }
        if signatures:
            message.parts = [
                part for part in message.parts if not (isinstance(part, Reasoning) and part.format == CALL_SIGNATURE)
            ]
            for part in message.parts:
                if isinstance(part, ToolCall):
                    part.signature = signatures.get(part.id)


def _read_tool(raw: Raw, place: str) -> Tool:
    fields = Fields(raw, place)
    if (fields.take("type", _STR) or "custom") != "custom":
        return Tool(fields.take("name", _STR) or "", cache=cache_of(fields), raw=raw)
    name, description = fields.need("name", _STR), fields.take("description", _STR)
    parameters, strict = fields.rest.pop("input_schema", None), fields.take("strict", _BOOL)
    if parameters is not None and bytes(parameters)[:1] != b"{":
        raise BadRequest(f"Invalid request: `{place}.input_schema` must be an object.")
    cache = cache_of(fields)
    if fields.rest:
        return KeptTool(name, description, parameters, strict, cache, rest=fields.rest)
    return Tool(name, description, parameters, strict, cache)


def _read_choice(fields: Fields, request: Request) -> None:
    raw = fields.take("tool_choice", _RAW)
    if raw is None:
        return
    choice = Fields(raw, "tool_choice")
    kind = choice.need("type", _STR)
    if (single := choice.take("disable_parallel_tool_use", _BOOL)) is not None:
        request.parallel_tool_calls = not single
    match kind:
        case "auto" | "none":
            request.tool_choice = ToolChoice("auto" if kind == "auto" else "none")
        case "any":
            request.tool_choice = ToolChoice("required")
        case "tool":
            request.tool_choice = ToolChoice("tool", choice.need("name", _STR))
        case _:
            raise BadRequest(f"Invalid request: `tool_choice.type` must be auto, any, tool or none, not {kind!r}.")


def _read_thinking_and_output(fields: Fields, request: Request) -> None:
    output = Fields(fields.take("output_config", _RAW) or Raw(b"{}"), "output_config")
    effort = output.take("effort", _STR)
    if (raw := fields.take("thinking", _RAW)) is not None:
        thinking = Fields(raw, "thinking")
        kind = thinking.need("type", _STR)
        budget = thinking.take("budget_tokens", _INT)
        if kind not in {"enabled", "adaptive", "disabled"}:
            raise BadRequest(f"Invalid request: `thinking.type` must be enabled, adaptive or disabled, not {kind!r}.")
        request.reasoning = Thinking(effort, budget, enabled=kind != "disabled", thinking=raw)
    else:
        request.verbosity = effort  # effort alone says how much to write, and turns no thinking on
    layout = output.take("format", _RAW) or fields.take("output_format", _RAW)
    if layout is not None:
        inner = Fields(layout, "output_config.format")
        if inner.need("type", _STR) != "json_schema":
            raise BadRequest("Invalid request: `output_config.format.type` must be json_schema.")
        request.response_format = ResponseFormat(
            "json_schema", inner.take("name", _STR), inner.need("schema", _RAW), strict=True
        )
    if output.rest:
        fields.rest["output_config"] = Raw(_ENCODER.encode(output.rest))


def _read_user(fields: Fields, request: Request) -> None:
    raw = fields.take("metadata", _RAW)
    if raw is not None:
        request.user = Fields(raw, "metadata").take("user_id", _STR)
    if request.user is None:
        request.user = fields.take("user", _STR)


# Writing.


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider. `Request.extra` is taken for fields of this dialect.

    Raises `BadRequest` that names what can't be said here.
    """
    _refuse(request)
    said = target.max_tokens or request.max_tokens
    body: dict[str, Any] = {
        "model": target.model,
        "max_tokens": said or target.default_max_tokens or DEFAULT_MAX_TOKENS,
    }
    system, body["messages"] = _turns(request)
    if request.response_format is not None and request.response_format.kind == "json_object":
        system.append({"type": "text", "text": _JSON_ONLY})
    if system:
        body["system"] = system
    if request.tools:
        body["tools"] = [_write_tool(tool, target) for tool in request.tools]
    if (choice := _choice(request)) is not None:
        body["tool_choice"] = choice
    body.update(_small(request))
    think(body, request.reasoning, adaptive=target.adaptive, said=said is not None)
    _describe_output(body, request)
    body.update({
        name: raw
        for name, raw in request.extra.items()
        if name not in GATEWAY_FIELDS and name != "output_config"
    })  # fmt: skip
    if target.stream:
        body["stream"] = True
    return _ENCODER.encode(_renamed(body, target))


def _small(request: Request) -> dict[str, Any]:
    """The fields that stand for themselves."""
    tiers = {"auto": "auto", "standard_only": "standard_only", "default": "standard_only"}
    fields = {
        "stop_sequences": [text for text in request.stop or () if text.strip()] or None,
        "temperature": min(request.temperature, 1.0) if request.temperature is not None else None,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "service_tier": tiers.get(request.service_tier or ""),
        "metadata": {"user_id": request.user} if request.user is not None else None,
        "cache_control": write_cache(request.cache) if request.cache is not None else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _refuse(request: Request) -> None:
    if request.n is not None and request.n > 1:
        raise BadRequest("`n`: this model gives one answer at a time; leave `n` out or ask several times.")
    if request.audio is not None or "audio" in (request.modalities or ()):
        raise BadRequest("`audio`: this model gives no spoken answers.")
    if "image" in (request.modalities or ()):
        raise BadRequest("`modalities`: this model answers in text only.")


def _renamed(body: dict[str, Any], target: Target) -> dict[str, Any]:
    for name, other in target.renames.items():
        if name in body:
            body[other] = body.pop(name)
    return {name: value for name, value in body.items() if name not in target.drops}


def _turns(request: Request) -> tuple[list[Any], list[dict[str, Any]]]:
    """The system blocks, and the turns with neighbours of one role made one, as the provider would."""
    system: list[Any] = []
    turns: list[dict[str, Any]] = []
    for index, message in enumerate(request.messages):
        blocks = _blocks(message, f"messages.{index}")
        if message.role in {Role.SYSTEM, Role.DEVELOPER} and not isinstance(message, InPlaceSystem):
            system.extend(blocks)
        elif blocks:
            role = {Role.ASSISTANT: "assistant", Role.SYSTEM: "system"}.get(message.role, "user")
            if turns and turns[-1]["role"] == role and role != "system":
                turns[-1]["content"] += blocks
            else:
                turns.append({"role": role, "content": blocks})
    if not turns and system:  # a lone system prompt is an answerable request elsewhere, and none here
        turns, system = [{"role": "user", "content": system}], []
    if not turns:
        raise BadRequest("Input required: every one of the `messages` is empty.")
    last = turns[-1]
    end: dict[str, Any] | Raw = last["content"][-1]
    if last["role"] == "assistant" and isinstance(end, dict) and end["type"] == "text":
        end["text"] = end["text"].rstrip()  # "final assistant content cannot end with trailing whitespace"
    return system, turns


def _blocks(message: Message, place: str) -> list[Any]:
    parts = message.parts
    if message.name and message.role != Role.TOOL:
        # No place for a name here; the reference puts it before the words (`behaviour.md` section 2).
        for index, part in enumerate(parts):
            if isinstance(part, Text):
                named = msgspec.structs.replace(part, text=f"{message.name}: {part.text}")
                parts = [*parts[:index], named, *parts[index + 1 :]]
                break
    return [block for part in parts if (block := write_part(part, place)) is not None]


def _write_tool(tool: Tool, target: Target) -> dict[str, Any] | Raw:
    if tool.raw is not None:
        return tool.raw
    block: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        block["description"] = tool.description
    block["input_schema"] = tool.parameters or {"type": "object", "properties": {}}
    if tool.strict is not None:
        block["strict"] = tool.strict
    if tool.cache is not None:
        block["cache_control"] = write_cache(tool.cache)
    if target.eager:
        block["eager_input_streaming"] = True
    if isinstance(tool, KeptTool):
        block.update(tool.rest)
    return {
        name: value for name, value in block.items() if name not in {"strict", "eager_input_streaming"} & target.drops
    }


def _choice(request: Request) -> dict[str, Any] | None:
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if choice is None:
        # Said alone, "one call at a time" needs a choice to hang on.
        return {"type": "auto", "disable_parallel_tool_use": True} if request.tools and parallel is False else None
    if not request.tools and choice.mode in {"auto", "none"}:
        return None  # refused without tools, where it says nothing
    kind = {"required": "any"}.get(choice.mode, choice.mode)
    written: dict[str, Any] = {"type": kind}
    if choice.mode == "tool":
        written["name"] = choice.name
    if parallel is not None and kind != "none":
        written["disable_parallel_tool_use"] = not parallel
    return written


def _describe_output(body: dict[str, Any], request: Request) -> None:
    output: dict[str, Any] = {**body.pop("output_config", {})}
    if isinstance(request.reasoning, Thinking) and request.reasoning.effort is not None:
        output["effort"] = request.reasoning.effort
    elif request.verbosity is not None:
        output.setdefault("effort", request.verbosity)
    layout = request.response_format
    if layout is not None and layout.kind == "json_schema":
        output["format"] = {"type": "json_schema", "schema": layout.schema or Raw(b"{}")}
    if (more := request.extra.get("output_config")) is not None:
        output.update(_OBJECT.decode(more))
    if output:
        body["output_config"] = output

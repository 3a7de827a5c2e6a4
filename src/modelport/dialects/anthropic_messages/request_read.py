"""Requests of callers of this dialect, read into the shared vocabulary."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from modelport.dialects.anthropic_messages.blocks_read import cache_of, read_part
from modelport.dialects.anthropic_messages.wire import CALL_SIGNATURE, InPlaceSystem, KeptTool, Thinking
from modelport.dialects.canonical import (
    Fields,
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

__all__ = ["read_count_tokens", "read_request"]

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_FLOAT = msgspec.json.Decoder(float)
_BOOL = msgspec.json.Decoder(bool)
_STRS = msgspec.json.Decoder(list[str])
_LIST = msgspec.json.Decoder(list[Raw])
_TEXT_OR_LIST = msgspec.json.Decoder(str | list[Raw])
_RAW = msgspec.json.Decoder(Raw)
_ENCODER = msgspec.json.Encoder()


def read_count_tokens(body: bytes) -> Request:
    """A request for counting: one for an answer without its length. Raises `BadRequest`."""
    return read_request(body)


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

"""Requests as callers of this dialect send them."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Fields, Request, ResponseFormat, Tool, ToolChoice
from modelport.dialects.cohere_chat.content_read import read_message
from modelport.dialects.cohere_chat.wire import KeptTool, Thinking
from modelport.errors import BadRequest

__all__ = ["read_request"]

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_FLOAT = msgspec.json.Decoder(float)
_BOOL = msgspec.json.Decoder(bool)
_STRS = msgspec.json.Decoder(list[str])
_LIST = msgspec.json.Decoder(list[Raw])
_RAW = msgspec.json.Decoder(Raw)


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
    if not turns:
        raise BadRequest("Input required: `messages` is empty; give at least one message.")
    messages = [read_message(raw, f"messages.{index}") for index, raw in enumerate(turns)]
    request = Request(model=model, messages=messages, stream=fields.take("stream", _BOOL) or False)
    request.max_tokens = fields.take("max_tokens", _INT)
    if request.max_tokens is not None and request.max_tokens < 1:
        raise BadRequest("Invalid request: `max_tokens` must be at least 1.")
    request.temperature, request.top_p = fields.take("temperature", _FLOAT), fields.take("p", _FLOAT)
    request.top_k, request.seed = fields.take("k", _INT), fields.take("seed", _INT)
    request.frequency_penalty = fields.take("frequency_penalty", _FLOAT)
    request.presence_penalty = fields.take("presence_penalty", _FLOAT)
    request.stop, request.logprobs = fields.take("stop_sequences", _STRS), fields.take("logprobs", _BOOL)
    _read_tools(fields, request)
    _read_format(fields, request)
    _read_thinking(fields, request)
    request.user = fields.take("user", _STR)
    request.extra = fields.left()
    return request


def _read_tools(fields: Fields, request: Request) -> None:
    tools = [_read_tool(raw, f"tools.{index}") for index, raw in enumerate(fields.take("tools", _LIST) or [])]
    strict = fields.take("strict_tools", _BOOL)
    for tool in tools:
        tool.strict = strict
    request.tools = tools
    match fields.take("tool_choice", _STR):
        case None:
            pass
        case "REQUIRED":
            request.tool_choice = ToolChoice("required")
        case "NONE":
            request.tool_choice = ToolChoice("none")
        case other:
            raise BadRequest(f"Invalid request: `tool_choice` must be REQUIRED or NONE, not {other!r}.")


def _read_tool(raw: Raw, place: str) -> Tool:
    fields = Fields(raw, place)
    if (fields.take("type", _STR) or "function") != "function":
        return KeptTool(fields.take("name", _STR) or "", raw=raw)
    function = Fields(fields.need("function", _RAW), fields.path("function"))
    name, description = function.need("name", _STR), function.take("description", _STR)
    parameters = function.take("parameters", _RAW)
    if parameters is not None and bytes(parameters)[:1] != b"{":
        raise BadRequest(f"Invalid request: `{function.path('parameters')}` must be an object.")
    if rest := function.left():
        return KeptTool(name, description, parameters, rest=rest)
    return Tool(name, description, parameters)


def _read_format(fields: Fields, request: Request) -> None:
    if (raw := fields.take("response_format", _RAW)) is None:
        return
    layout = Fields(raw, "response_format")
    kind = layout.need("type", _STR)
    schema = layout.take("json_schema", _RAW) or layout.take("schema", _RAW)
    match kind:
        case "text":
            request.response_format = ResponseFormat("text")
        case "json_object" if schema is None:
            request.response_format = ResponseFormat("json_object")
        case "json_object":
            request.response_format = ResponseFormat("json_schema", schema=schema)
        case _:
            raise BadRequest(f"Invalid request: `response_format.type` must be text or json_object, not {kind!r}.")


def _read_thinking(fields: Fields, request: Request) -> None:
    if (raw := fields.take("thinking", _RAW)) is None:
        return
    thinking = Fields(raw, "thinking")
    kind, budget = thinking.need("type", _STR), thinking.take("token_budget", _INT)
    if kind not in {"enabled", "disabled"}:
        raise BadRequest(f"Invalid request: `thinking.type` must be enabled or disabled, not {kind!r}.")
    request.reasoning = Thinking(max_tokens=budget, enabled=kind == "enabled", thinking=raw)

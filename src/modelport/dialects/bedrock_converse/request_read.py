"""Requests of callers who speak this dialect. Everything here raises `BadRequest` that names the place."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from modelport.dialects.bedrock_converse.blocks_read import mark_of, read_parts
from modelport.dialects.bedrock_converse.wire import CALL_SIGNATURE, InPlaceSystem, KeptTool
from modelport.dialects.canonical import (
    Fields,
    Message,
    Part,
    Reasoning,
    ReasoningOptions,
    Request,
    ResponseFormat,
    Role,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

__all__ = ["read_request"]

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_FLOAT = msgspec.json.Decoder(float)
_BOOL = msgspec.json.Decoder(bool)
_STRS = msgspec.json.Decoder(list[str])
_LIST = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


def read_request(body: bytes, *, model: str, stream: bool) -> Request:
    """Reads a caller's body; `model` and `stream` are what the address says."""
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    fields = Fields(body, "")
    turns = fields.need("messages", _LIST)
    if not turns:
        raise BadRequest("Input required: `messages` is empty; give at least one message.")
    messages: list[Message] = []
    if system := read_parts(fields.take("system", _LIST) or [], "system"):
        messages.append(Message(Role.SYSTEM, system))
    for index, raw in enumerate(turns):
        messages.extend(_read_message(raw, f"messages.{index}"))
    _return_signatures(messages)
    request = Request(model=model, messages=messages, stream=stream)
    _read_inference(fields, request)
    _read_tools(fields, request)
    _read_output(fields, request)
    _read_own_fields(fields, request)
    _read_tier(fields, request)
    request.user = fields.take("user", _STR)
    request.extra = fields.rest
    return request


def _read_message(raw: Raw, place: str) -> list[Message]:
    """One message; a user's with results in it becomes several, so that results stand in messages of their own."""
    fields = Fields(raw, place)
    role, content = fields.need("role", _STR), fields.need("content", _LIST)
    parts = read_parts(content, f"{place}.content")
    match role:
        case "assistant":
            return [Message(Role.ASSISTANT, parts)]
        case "system":
            return [InPlaceSystem(Role.SYSTEM, parts)]
        case "user":
            messages: list[Message] = []
            for part in parts:
                of_part = Role.TOOL if isinstance(part, ToolResult) else Role.USER
                if not messages or messages[-1].role != of_part:
                    messages.append(Message(of_part, []))
                messages[-1].parts.append(part)
            return messages or [Message(Role.USER, [])]
        case _:
            raise BadRequest(f"Invalid request: `{place}.role` must be user, assistant or system, not {role!r}.")


def _return_signatures(messages: list[Message]) -> None:
    """Puts sealed signatures back on the calls they belong to."""
    for message in messages:
        signatures: dict[str | None, str | None] = {}
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, Reasoning) and part.format == CALL_SIGNATURE:
                signatures[part.id] = part.signature
            else:
                parts.append(part)
        if signatures:
            message.parts = parts
            for part in parts:
                if isinstance(part, ToolCall):
                    part.signature = signatures.get(part.id)


def _read_inference(fields: Fields, request: Request) -> None:
    inner = fields.inner("inferenceConfig")
    if inner is None:
        return
    request.max_tokens = inner.take("maxTokens", _INT)
    if request.max_tokens is not None and request.max_tokens < 1:
        raise BadRequest("Invalid request: `inferenceConfig.maxTokens` must be at least 1.")
    request.temperature, request.top_p = inner.take("temperature", _FLOAT), inner.take("topP", _FLOAT)
    request.stop = inner.take("stopSequences", _STRS)
    if inner.rest:
        fields.rest["inferenceConfig"] = Raw(_ENCODER.encode(inner.rest))


def _read_tools(fields: Fields, request: Request) -> None:
    config = fields.inner("toolConfig")
    if config is None:
        return
    for index, raw in enumerate(config.take("tools", _LIST) or []):
        last, mark = (request.tools[-1] if request.tools else None), mark_of(raw)
        if mark is not None and last is not None and last.cache is None:
            last.cache = mark
        else:
            request.tools.append(_read_tool(raw, f"toolConfig.tools.{index}"))
    choice = config.inner("toolChoice")
    if choice is None or not choice.rest:
        return
    kind = next(iter(choice.rest))
    match kind:
        case "auto":
            request.tool_choice = ToolChoice("auto")
        case "any":
            request.tool_choice = ToolChoice("required")
        case "tool":
            inner = choice.inner("tool") or Fields(b"{}", choice.path("tool"))
            request.tool_choice = ToolChoice("tool", inner.need("name", _STR))
        case _:
            raise BadRequest(f"Invalid request: `toolConfig.toolChoice` must be auto, any or tool, not {kind!r}.")


def _read_tool(raw: Raw, place: str) -> Tool:
    outer = Fields(raw, place)
    fields = outer.inner("toolSpec") if outer.rest.keys() == {"toolSpec"} else None
    if fields is None:
        inner = outer.inner("systemTool")
        return Tool((inner.take("name", _STR) if inner is not None else None) or "", raw=raw)
    name, description = fields.need("name", _STR), fields.take("description", _STR)
    strict = fields.take("strict", _BOOL)
    schema = fields.inner("inputSchema")
    parameters = schema.rest.get("json") if schema is not None else None
    if parameters is not None and bytes(parameters)[:1] != b"{":
        raise BadRequest(f"Invalid request: `{place}.toolSpec.inputSchema.json` must be an object.")
    if fields.rest:
        return KeptTool(name, description, parameters, strict, rest=fields.rest)
    return Tool(name, description, parameters, strict)


def _read_output(fields: Fields, request: Request) -> None:
    """The layout of the answer; its schema is JSON inside a text."""
    output = fields.inner("outputConfig")
    if output is None:
        return
    raw = output.rest.get("effort")
    request.verbosity = _STR.decode(raw) if raw is not None and bytes(raw)[:1] == b'"' else None
    if (layout := output.inner("textFormat")) is not None:
        if layout.need("type", _STR) != "json_schema":
            raise BadRequest("Invalid request: `outputConfig.textFormat.type` must be json_schema.")
        structure = layout.inner("structure")
        inner = structure.inner("jsonSchema") if structure is not None else None
        if inner is None:
            raise BadRequest("Invalid request: `outputConfig.textFormat.structure.jsonSchema` is required.")
        text = inner.need("schema", _STR)
        try:
            _OBJECT.decode(text)
        except FAULTS as error:
            raise BadRequest(f"Invalid request: `{inner.path('schema')}` must be a JSON Schema as text.") from error
        name, described = inner.take("name", _STR), inner.take("description", _STR)
        request.response_format = ResponseFormat("json_schema", name, Raw(text.encode()), strict=True)
        request.response_format.description = described
    if output.rest:
        fields.rest["outputConfig"] = Raw(_ENCODER.encode(output.rest))


def _read_own_fields(fields: Fields, request: Request) -> None:
    """What `additionalModelRequestFields` says in words that are understood; all of it stays where it is.

    So it goes to a provider of this dialect as it came, and other providers are told what it means.
    """
    raw = fields.rest.get("additionalModelRequestFields")
    if raw is None or bytes(raw)[:1] != b"{":
        return
    own = _OBJECT.decode(raw)
    request.top_k = _number(own.get("top_k"))
    if request.top_k is None:
        request.top_k = _number(_object(own.get("inferenceConfig")).get("topK"))
    effort = _word(own.get("reasoning_effort")) or _word(own.get("reasoning_config"))
    if effort is not None:
        request.reasoning = ReasoningOptions(effort)
    for name in ("thinking", "reasoning_config", "reasoningConfig"):
        inner = _object(own.get(name))
        if (kind := _word(inner.get("type"))) is not None:
            effort = _word(inner.get("maxReasoningEffort")) or _word(_object(own.get("output_config")).get("effort"))
            request.reasoning = ReasoningOptions(
                effort, _number(inner.get("budget_tokens")), enabled=kind != "disabled"
            )


def _read_tier(fields: Fields, request: Request) -> None:
    raw = fields.rest.get("serviceTier")
    tier = _object(raw)
    if tier.keys() == {"type"} and (word := _word(tier["type"])) is not None:
        request.service_tier = word
        del fields.rest["serviceTier"]


def _object(raw: Raw | None) -> dict[str, Raw]:
    return _OBJECT.decode(raw) if raw is not None and bytes(raw)[:1] == b"{" else {}


def _word(raw: Raw | None) -> str | None:
    return _STR.decode(raw) if raw is not None and bytes(raw)[:1] == b'"' else None


def _number(raw: Raw | None) -> int | None:
    try:
        return _INT.decode(raw) if raw is not None else None
    except FAULTS:
        return None

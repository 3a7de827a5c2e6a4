"""A caller's request, read into the shared vocabulary. The model and whether to stream are said by the address."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    Message,
    Request,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from modelport.dialects.gemini.parts_read import LIST_OR_ONE, read_parts
from modelport.dialects.gemini.schema import to_json_schema
from modelport.dialects.gemini.thinking import read_thinking
from modelport.dialects.gemini.wire import UNNAMED, Fields, KeptFormat, KeptTool
from modelport.errors import BadRequest

__all__ = ["read_count_tokens", "read_request"]

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_FLOAT = msgspec.json.Decoder(float)
_BOOL = msgspec.json.Decoder(bool)
_STRS = msgspec.json.Decoder(list[str])
_ENCODER = msgspec.json.Encoder()


def read_count_tokens(body: bytes, *, model: str) -> Request:
    """A request for counting: contents, or a whole request for an answer. Raises `BadRequest`."""
    fields = Fields(body, "")
    inner = fields.raw("generateContentRequest")
    return read_request(body if inner is None else bytes(inner), model=model, stream=False)


def read_request(body: bytes, *, model: str, stream: bool) -> Request:
    """Reads a caller's body.

    Raises `BadRequest` that says what is wrong and where, whatever the bytes are.
    """
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    fields = Fields(body, "")
    fields.raw("model")  # said by the address
    messages = _read_system(fields)
    contents = _listed(fields.take("contents", LIST_OR_ONE))
    for index, raw in enumerate(contents):
        messages.extend(_read_content(raw, f"contents.{index}"))
    if not contents:
        raise BadRequest("Input required: `contents` is empty; give at least one content.")
    _pair(messages)
    request = Request(model=model, messages=messages, stream=stream)
    for index, raw in enumerate(_listed(fields.take("tools", LIST_OR_ONE))):
        request.tools += _read_tools(raw, f"tools.{index}")
    _read_choice(fields, request)
    if (config := fields.inner("generationConfig")) is not None:
        _read_config(config, request)
        if config.rest:
            fields.rest["generationConfig"] = Raw(_ENCODER.encode(config.rest))
    tier = fields.take("serviceTier", _STR)
    request.service_tier = {"standard": "default", "unspecified": None}.get(
        (tier or "").lower(), (tier or "").lower() or None
    )
    request.user = fields.take("user", _STR)
    request.extra = fields.rest
    return request


def _listed(found: list[Raw] | dict[str, Raw] | None) -> list[Raw]:
    if found is None:
        return []
    return found if isinstance(found, list) else [Raw(_ENCODER.encode(found))]


# Messages.


def _read_system(fields: Fields) -> list[Message]:
    system = fields.inner("systemInstruction")
    if system is None:
        return []
    return [Message(Role.SYSTEM, read_parts(_listed(system.take("parts", LIST_OR_ONE)), system.path("parts")))]


def _read_content(raw: Raw, place: str) -> list[Message]:
    """One content; a user's with results in it becomes several, so that results stand in messages of their own."""
    fields = Fields(raw, place)
    role = fields.take("role", _STR) or "user"
    if role not in {"user", "model", "function", "tool"}:
        raise BadRequest(f"Invalid request: `{place}.role` must be user or model, not {role!r}.")
    parts = read_parts(_listed(fields.take("parts", LIST_OR_ONE)), fields.path("parts"))
    if role == "model":
        # Streams end with empty words, and SDKs send them back.
        return [Message(Role.ASSISTANT, [part for part in parts if not isinstance(part, Text) or part.text])]
    messages: list[Message] = []
    for part in parts:
        of_part = Role.TOOL if isinstance(part, ToolResult) else Role.USER
        if not messages or messages[-1].role != of_part:
            messages.append(Message(of_part, []))
        messages[-1].parts.append(part)
    return messages or [Message(Role.USER, [])]


def _pair(messages: list[Message]) -> None:
    """Gives calls without an id one, and results the ids of the calls they answer: by name, in order."""
    waiting: list[ToolCall] = []
    count = 0
    for part in (part for message in messages for part in message.parts):
        if isinstance(part, ToolCall):
            if not part.id:
                part.id, count = f"{UNNAMED}{count}", count + 1
            waiting.append(part)
        elif isinstance(part, ToolResult):
            call = _answered(part, waiting)
            if call is not None:
                waiting.remove(call)
                if part.call_id:
                    call.id = part.call_id
                part.call_id = call.id
            elif not part.call_id:
                part.call_id, count = f"{UNNAMED}{count}", count + 1


def _answered(result: ToolResult, waiting: list[ToolCall]) -> ToolCall | None:
    if result.call_id and (found := next((call for call in waiting if call.id == result.call_id), None)) is not None:
        return found
    named = [call for call in waiting if call.name == result.name]
    if result.call_id:
        named = [call for call in named if call.id.startswith(UNNAMED)]
    return named[0] if named else None


# Tools.


def _read_tools(raw: Raw, place: str) -> list[Tool]:
    """One entry of `tools`, which may hold many functions and several tools of Google's own."""
    fields = Fields(raw, place)
    declared = _listed(fields.take("functionDeclarations", LIST_OR_ONE))
    tools = [_read_function(each, f"{place}.functionDeclarations.{index}") for index, each in enumerate(declared)]
    own = {name: value for name, value in fields.rest.items() if bytes(value) != b"null"}
    return tools + [Tool(name, raw=Raw(_ENCODER.encode({name: value}))) for name, value in own.items()]


def _read_function(raw: Raw, place: str) -> Tool:
    fields = Fields(raw, place)
    name, description = fields.need("name", _STR), fields.take("description", _STR)
    parameters = fields.raw("parametersJsonSchema")
    if parameters is None and (googles := fields.raw("parameters")) is not None:
        parameters = to_json_schema(googles)
        fields.rest["parameters"] = googles
    if parameters is not None and bytes(parameters)[:1] != b"{":
        raise BadRequest(f"Invalid request: `{place}.parameters` must be an object.")
    rest = {name: value for name, value in fields.rest.items() if bytes(value) != b"null"}
    return KeptTool(name, description, parameters, rest=rest) if rest else Tool(name, description, parameters)


def _read_choice(fields: Fields, request: Request) -> None:
    """`toolConfig`; what the shared vocabulary says only in part stays beside it."""
    raw = fields.raw("toolConfig")
    if raw is None:
        return
    config = Fields(raw, "toolConfig")
    calling = config.inner("functionCallingConfig")
    if calling is not None:
        mode = (calling.take("mode", _STR) or "").upper()
        names = calling.take("allowedFunctionNames", _STRS) or []
        match mode:
            case "AUTO" | "NONE":
                request.tool_choice = ToolChoice("auto" if mode == "AUTO" else "none")
            case "ANY":
                request.tool_choice = ToolChoice("tool", names[0]) if len(names) == 1 else ToolChoice("required")
            case "" | "MODE_UNSPECIFIED" | "VALIDATED":
                pass
            case _:
                raise BadRequest(
                    "Invalid request: `toolConfig.functionCallingConfig.mode` must be AUTO, ANY, NONE or VALIDATED, "
                    f"not {mode!r}."
                )
        said = not names or (mode == "ANY" and len(names) == 1)
        sayable = any(tool.raw is None for tool in request.tools)  # without functions it is not written
        if said and sayable and not calling.rest and request.tool_choice is not None:
            if config.rest:
                fields.rest["toolConfig"] = Raw(_ENCODER.encode(config.rest))
            return
    fields.rest["toolConfig"] = raw


# How the answer should be made.


def _read_config(config: Fields, request: Request) -> None:
    request.max_tokens = config.take("maxOutputTokens", _INT)
    if request.max_tokens is not None and request.max_tokens < 1:
        raise BadRequest("Invalid request: `generationConfig.maxOutputTokens` must be at least 1.")
    request.temperature, request.top_p = config.take("temperature", _FLOAT), config.take("topP", _FLOAT)
    top_k = config.take("topK", _FLOAT)  # the official SDK writes 40.0
    request.top_k = None if top_k is None else int(top_k)
    request.stop, request.seed = config.take("stopSequences", _STRS), config.take("seed", _INT)
    request.n = config.take("candidateCount", _INT)
    request.presence_penalty = config.take("presencePenalty", _FLOAT)
    request.frequency_penalty = config.take("frequencyPenalty", _FLOAT)
    request.logprobs, request.top_logprobs = config.take("responseLogprobs", _BOOL), config.take("logprobs", _INT)
    if (kinds := config.take("responseModalities", _STRS)) is not None:
        request.modalities = [kind.lower() for kind in kinds]
    if (thinking := config.raw("thinkingConfig")) is not None:
        request.reasoning = read_thinking(thinking, config.path("thinkingConfig"))
    _read_layout(config, request)
    if (speech := config.raw("speechConfig")) is not None:
        request.audio = _voice(speech)
        config.rest["speechConfig"] = speech


def _read_layout(config: Fields, request: Request) -> None:
    kind = config.raw("responseMimeType")
    googles, plain = config.raw("responseSchema"), config.raw("responseJsonSchema")
    rest = {
        name: value
        for name, value in (("responseMimeType", kind), ("responseSchema", googles), ("responseJsonSchema", plain))
        if value is not None
    }
    if kind is not None and bytes(kind) != b'"application/json"':
        config.rest |= rest  # `text/plain` says nothing, and `text/x.enum` is known here only
    elif plain is not None or googles is not None:
        schema = plain if plain is not None else to_json_schema(googles) if googles is not None else None
        request.response_format = KeptFormat("json_schema", schema=schema, strict=True, rest=rest)
    elif kind is not None:
        request.response_format = ResponseFormat("json_object")


class _Prebuilt(msgspec.Struct, rename="camel"):
    voice_name: str | None = None


class _Voice(msgspec.Struct, rename="camel"):
    prebuilt_voice_config: _Prebuilt | None = None


class _Speech(msgspec.Struct, rename="camel"):
    voice_config: _Voice | None = None


_SPEECH = msgspec.json.Decoder(_Speech)


def _voice(speech: Raw) -> Raw | None:
    """How a spoken answer should sound, as chat completions say it."""
    try:
        voice = _SPEECH.decode(speech).voice_config
    except msgspec.DecodeError:
        return None
    name = voice.prebuilt_voice_config.voice_name if voice and voice.prebuilt_voice_config else None
    return Raw(_ENCODER.encode({"voice": name, "format": "pcm16"})) if name else None

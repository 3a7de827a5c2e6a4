"""Chat requests into the canonical vocabulary, and canonical requests into chat for a provider of this dialect.

Reading begins with `request.read_fields`, so ranges and complaints are those of the same-dialect path.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import (
    ReasoningOptions,
    Request,
    ResponseFormat,
    Target,
    Tool,
    ToolChoice,
)
from modelport.dialects.openai_chat import request as same_dialect
from modelport.dialects.openai_chat.canonical_messages import Mark, read_mark, read_messages
from modelport.dialects.openai_chat.canonical_turns import Spelling, write_mark, write_messages
from modelport.dialects.openai_chat.efforts import QUIRKS, Wanted, spelled
from modelport.dialects.openai_chat.prefill import mark_of
from modelport.dialects.openai_chat.wire import GATEWAY_FIELDS, Peek
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DROPPED", "QUIRKS", "REFUSED", "Target", "headers", "path", "read_request", "write_request"]

DROPPED: Final[Mapping[str, str]] = MappingProxyType({
    "cache": "Whole-prefix caching is automatic with providers of this dialect; written as `cache_control` where a "
    "provider keeps that field.",
    "reasoning.max_tokens": "The dialect knows efforts only; a budget becomes the nearest one. Written whole, as "
    "`reasoning`, where a provider keeps that field.",
    "reasoning.exclude": "Reasoning is taken out of the answer on its way back.",
    "reasoning.summary": "The dialect can't ask for a kind of summary.",
    "messages[].parts[].tool_result.is_error": "There is no field for it; the result's own text says it.",
    "default_max_tokens": "The dialect demands no length.",
})  # fmt: skip
"""What a canonical request can say and a chat request can't, and an answer does not depend on: name and reason."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType({
    "tools[].raw": "A tool of another dialect's own, such as its web search, has no chat form.",
})  # fmt: skip
"""What is refused before the call, because an answer would depend on it."""

_NUMBERS: Final = (
    "temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty", "repetition_penalty",
    "seed", "logprobs", "top_logprobs", "n", "parallel_tool_calls", "user",
)  # fmt: skip
"""Fields that have the same name and type in both vocabularies, checked by `Peek`."""

_OPAQUE: Final = ("logit_bias", "audio", "prediction", "metadata")
"""Fields that are carried as they are, under the same name."""

_READ: Final = frozenset({
    "model", "messages", "stream", "max_tokens", "max_completion_tokens", "stop", "tools", "tool_choice", "functions",
    "function_call", "response_format", "reasoning_effort", "verbosity", "modalities", "service_tier", *_NUMBERS,
    *_OPAQUE,
})  # fmt: skip
"""Fields this module has words for; what is neither here nor the gateway's own is kept in `extra`."""


class _FunctionIn(Struct):
    name: str
    description: str | None = None
    parameters: Raw = Raw()
    strict: bool | None = None


class _Named(Struct):
    name: str


class _ToolIn(Struct):
    type: str | None = None
    function: _FunctionIn | None = None
    custom: _Named | None = None
    cache_control: Mark | None = None


class _ChoiceIn(Struct):
    type: str | None = None
    function: _Named | None = None
    custom: _Named | None = None
    name: str | None = None


class _Schema(Struct):
    name: str | None = None
    schema: Raw = Raw()
    strict: bool | None = None
    description: str | None = None


class _FormatIn(Struct):
    type: str
    json_schema: _Schema | None = None
    schema: Raw = Raw()


class _Reasoning(Struct):
    effort: str | None = None
    max_tokens: int | None = None
    enabled: bool | None = None
    exclude: bool | None = None
    summary: str | None = None


_T = TypeVar("_T")
_STRING = msgspec.json.Decoder(str)
_STRINGS = msgspec.json.Decoder(list[str])
_TOOLS = msgspec.json.Decoder(list[Raw])
_TOOL = msgspec.json.Decoder(_ToolIn)
_FUNCTIONS = msgspec.json.Decoder(list[_FunctionIn])
_CHOICE = msgspec.json.Decoder(str | _ChoiceIn)
_FORMAT = msgspec.json.Decoder(_FormatIn)
_REASONING = msgspec.json.Decoder(_Reasoning)
_MARK = msgspec.json.Decoder(Mark)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


def path(target_model: str, *, stream: bool) -> str:
    """What is appended to a provider's base URL; here the same for every model."""
    del target_model, stream
    return "/chat/completions"


def headers(api_key: str) -> dict[str, str]:
    """The dialect's own headers; no authorization for a provider that needs no key."""
    fixed = {"content-type": "application/json"}
    return {"authorization": f"Bearer {api_key}"} | fixed if api_key else fixed


def read_request(body: bytes) -> Request:
    """A caller's body in canonical words.

    Raises `BadRequest` that says what is wrong and where, whatever the bytes are.
    """
    given, peek = same_dialect.read_fields(body)
    fields = {name: raw for name, raw in given.items() if bytes(raw) != b"null"}
    messages = read_messages(fields["messages"])
    if not messages:
        raise BadRequest("Input required: `messages` is empty; give at least one message.")
    request = Request(
        model=peek.model or next(iter(peek.models or ()), ""),
        messages=messages,
        stream=bool(peek.stream),
        max_tokens=peek.max_completion_tokens or peek.max_tokens,
        stop=[peek.stop] if isinstance(peek.stop, str) else peek.stop,
        reasoning=_reasoning(fields, peek),
        verbosity=_field(fields, "verbosity", _STRING),
        modalities=_field(fields, "modalities", _STRINGS),
        service_tier=_field(fields, "service_tier", _STRING),
        cache=read_mark(_field(fields, "cache_control", _MARK)),
        extra={name: raw for name, raw in fields.items() if name not in _READ and name not in GATEWAY_FIELDS},
    )
    for name in _NUMBERS:
        setattr(request, name, getattr(peek, name))
    for name in _OPAQUE:
        setattr(request, name, fields.get(name))
    _read_tools(request, fields)
    _read_format(request, fields)
    return request


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider of this dialect.

    Raises `BadRequest` naming a parameter that can't be said in it.
    """
    customs = frozenset(tool.name for tool in request.tools if tool.raw is not None and _is_custom(tool.raw))
    spelling = Spelling(target.renames, target.drops, customs)
    messages = write_messages(request.messages, spelling)
    last, mark = messages[-1] if messages else {}, mark_of(target)
    if mark is not None and last.get("role") == "assistant" and "tool_calls" not in last:
        last[mark] = True
    fields: dict[str, object] = {"model": target.model, "messages": messages}
    if target.stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    longest = request.max_tokens if target.max_tokens is None else target.max_tokens
    said: dict[str, object] = {
        "max_tokens": longest,
        "stop": request.stop,
        "verbosity": request.verbosity,
        "modalities": request.modalities,
        "service_tier": request.service_tier,
        "tools": [_tool(tool, f"tools[{index}]", spelling) for index, tool in enumerate(request.tools)] or None,
        "tool_choice": _tool_choice(request.tool_choice, customs),
        "response_format": _response_format(request.response_format),
    }
    said |= {name: getattr(request, name) for name in (*_NUMBERS, *_OPAQUE)}
    said |= _reasoning_fields(request, target, longest)
    if request.cache is not None and "cache_control" in target.keeps:
        said["cache_control"] = {"type": "ephemeral"} | ({"ttl": request.cache.ttl} if request.cache.ttl else {})
    fields |= {name: value for name, value in said.items() if value is not None}
    fields = dict(request.extra) | fields
    for name, other in target.renames.items():
        if name in fields:
            fields[other] = fields.pop(name)
    for name in target.drops:
        fields.pop(name, None)
    return _ENCODER.encode(fields)


def _field(fields: dict[str, Raw], name: str, decoder: msgspec.json.Decoder[_T]) -> _T | None:
    return _decoded(raw, name, decoder) if (raw := fields.get(name)) is not None else None


def _decoded(raw: Raw, place: str, decoder: msgspec.json.Decoder[_T]) -> _T:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        words = str(error)
        words = words.replace("`$", f"`{place}", 1) if "`$" in words else f"{words} - at `{place}`"
        raise BadRequest(f"Invalid request: {words}") from error


def _said(raw: Raw) -> Raw | None:
    """None for what is absent or null."""
    return raw if raw and bytes(raw) != b"null" else None


def _reasoning(fields: dict[str, Raw], peek: Peek) -> ReasoningOptions | None:
    """The `reasoning` object, joined by its two older forms, which count only where it says nothing."""
    asked = _field(fields, "reasoning", _REASONING)
    if asked is None and peek.reasoning_effort is None and peek.include_reasoning is None:
        return None
    asked = asked or _Reasoning()
    exclude = asked.exclude
    if exclude is None and peek.include_reasoning is False:
        exclude = True
    enabled = asked.enabled
    if enabled is None and peek.include_reasoning and peek.reasoning_effort is None and asked == _Reasoning():
        enabled = True
    return ReasoningOptions(asked.effort or peek.reasoning_effort, asked.max_tokens, enabled, exclude, asked.summary)


def _read_tools(request: Request, fields: dict[str, Raw]) -> None:
    raws = _field(fields, "tools", _TOOLS) or []
    request.tools = [_read_tool(raw, f"tools[{index}]") for index, raw in enumerate(raws)]
    for function in _field(fields, "functions", _FUNCTIONS) or ():
        request.tools.append(Tool(function.name, function.description, _said(function.parameters), function.strict))
    name = "tool_choice" if "tool_choice" in fields else "function_call"
    match _field(fields, name, _CHOICE):
        case None:
            pass
        case "auto" | "none" | "required" as mode:
            request.tool_choice = ToolChoice(mode)
        case "any":  # as some providers of this dialect call it
            request.tool_choice = ToolChoice("required")
        case _ChoiceIn(function=_Named(name=tool)) | _ChoiceIn(custom=_Named(name=tool)):
            request.tool_choice = ToolChoice("tool", tool)
        case _ChoiceIn(type="function" | None, name=str(tool)):
            request.tool_choice = ToolChoice("tool", tool)
        case _:  # forms there are no words for, such as a list of allowed tools
            request.extra[name] = fields[name]


def _read_tool(raw: Raw, place: str) -> Tool:
    tool = _decoded(raw, place, _TOOL)
    function = tool.function
    if function is not None and tool.type in {None, "function"}:
        mark = read_mark(tool.cache_control)
        return Tool(function.name, function.description, _said(function.parameters), function.strict, mark)
    if not tool.type or tool.type == "function":
        raise BadRequest(f"Invalid request: `{place}.function` is missing.")
    return Tool(tool.type if tool.custom is None else tool.custom.name, raw=raw)


def _read_format(request: Request, fields: dict[str, Raw]) -> None:
    match _field(fields, "response_format", _FORMAT):
        case None:
            pass
        case _FormatIn(type="text"):
            request.response_format = ResponseFormat("text")
        case _FormatIn(type="json_object", schema=schema):
            request.response_format = ResponseFormat("json_object", schema=_said(schema))
        case _FormatIn(type="json_schema", json_schema=_Schema() as named):
            request.response_format = ResponseFormat(
                "json_schema", named.name, _said(named.schema), named.strict, named.description
            )
        case _FormatIn(type="json_schema", schema=schema) if _said(schema) is not None:
            request.response_format = ResponseFormat("json_schema", schema=schema)
        case _FormatIn(type="json_schema"):
            raise BadRequest("Invalid request: `response_format.json_schema` is missing.")
        case _:  # forms there are no words for, such as a grammar
            request.extra["response_format"] = fields["response_format"]


def _tool(tool: Tool, place: str, spelling: Spelling) -> object:
    if tool.raw is not None:
        if not _is_of_this_dialect(tool.raw):
            raise BadRequest(f"`{place}`: the tool {tool.name!r} can't be offered by this model's provider.")
        return tool.raw
    function: dict[str, object] = {"name": tool.name}
    said = {"description": tool.description, "parameters": tool.parameters, "strict": tool.strict}
    function |= {name: value for name, value in said.items() if value is not None}
    return {"type": "function", "function": function} | write_mark(tool.cache, spelling)


def _shape(raw: Raw) -> tuple[str, dict[str, Raw]]:
    try:
        fields = _OBJECT.decode(raw)
        return _STRING.decode(fields.get("type", Raw(b'""'))), fields
    except msgspec.DecodeError:
        return "", {}


def _is_custom(raw: Raw) -> bool:
    kind, fields = _shape(raw)
    return kind == "custom" and "custom" in fields


def _is_of_this_dialect(raw: Raw) -> bool:
    """Chat's tools hold an object named like their type; the reference's own have a colon in theirs."""
    kind, fields = _shape(raw)
    return bool(kind) and (":" in kind or kind in fields or "function" in fields)


def _tool_choice(choice: ToolChoice | None, customs: frozenset[str]) -> object:
    if choice is None:
        return None
    if choice.mode != "tool":
        return choice.mode
    kind = "custom" if choice.name in customs else "function"
    return {"type": kind, kind: {"name": choice.name or ""}}


def _response_format(form: ResponseFormat | None) -> object:
    if form is None:
        return None
    if form.kind != "json_schema":
        return {"type": form.kind} | ({} if form.schema is None else {"schema": form.schema})
    said = {"name": form.name, "schema": form.schema, "strict": form.strict, "description": form.description}
    return {"type": "json_schema", "json_schema": {name: value for name, value in said.items() if value is not None}}


def _reasoning_fields(request: Request, target: Target, longest: int | None) -> dict[str, object]:
    """`reasoning_effort`, or the whole `reasoning` object for a provider that keeps that field."""
    options = request.reasoning
    if options is None:
        return {}
    if "reasoning" in target.keeps:
        said = msgspec.structs.asdict(options)
        return {"reasoning": {name: value for name, value in said.items() if value is not None}}
    return spelled(Wanted(options.effort, options.max_tokens, options.enabled), target, longest)

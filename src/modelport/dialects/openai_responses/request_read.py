"""Requests of callers of this dialect, read into the shared vocabulary."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    CacheMark,
    Message,
    ReasoningOptions,
    Request,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolChoice,
)
from modelport.dialects.openai_responses.items import Reading
from modelport.dialects.openai_responses.wire import NULL, Body, ReasoningBody, TextBody, ToolBody, ToolChoiceBody
from modelport.errors import BadRequest

__all__ = ["STATELESS", "read_format", "read_input", "read_reasoning", "read_request", "read_tools"]

STATELESS = {
    "previous_response_id": "send the whole conversation in `input`",
    "conversation": "send the whole conversation in `input`",
    "prompt": "stored prompts belong to the provider; send `instructions` and `input`",
}
"""Fields that would need something stored (`behaviour.md` section 16), and what to do instead."""


_MODELLED = frozenset(Body.__struct_fields__) - {"include", "cache_control"}
_KEPT = frozenset({"input", "instructions", "tools", "tool_choice", "reasoning", "text", "include"})
"""Fields kept as they came in `Request.extra`, beside their meaning."""


_ENCRYPTED, _LOGPROBS = "reasoning.encrypted_content", "message.output_text.logprobs"


_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_BODY = msgspec.json.Decoder(Body)
_TOOL = msgspec.json.Decoder(ToolBody)
_STR = msgspec.json.Decoder(str)


def read_request(body: bytes) -> Request:
    """Reads a caller's body.

    Raises `BadRequest` that says what is wrong and where, whatever the bytes are.
    """
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
        fields = {name: raw for name, raw in _FIELDS.decode(body).items() if raw != NULL}
        one = _BODY.decode(body)
        _refuse_state(one)
        request = Request(
            model=one.model or "",
            messages=_messages(one),
            stream=bool(one.stream),
            parallel_tool_calls=one.parallel_tool_calls,
            max_tokens=one.max_output_tokens,
            temperature=one.temperature,
            top_p=one.top_p,
            top_k=one.top_k,
            frequency_penalty=one.frequency_penalty,
            presence_penalty=one.presence_penalty,
            stop=[one.stop] if isinstance(one.stop, str) else one.stop,
            logprobs=True if one.top_logprobs or _LOGPROBS in (one.include or ()) else None,
            top_logprobs=one.top_logprobs,
            reasoning=read_reasoning(one.reasoning),
            response_format=read_format(one.text),
            verbosity=one.text.verbosity if one.text is not None else None,
            modalities=one.modalities,
            service_tier=one.service_tier,
            user=one.user,
            metadata=fields.get("metadata"),
            cache=CacheMark(one.cache_control.ttl) if one.cache_control is not None else None,
            extra={name: raw for name, raw in fields.items() if name not in _MODELLED or name in _KEPT},
        )
        request.tools, request.tool_choice = read_tools(one.tools or [], one.tool_choice)
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    except RecursionError as error:
        raise BadRequest("The request body is nested too deeply.") from error
    except msgspec.ValidationError as error:
        raise BadRequest(f"Invalid request: {error}") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"The request body is not valid JSON: {error}") from error
    return request


def _refuse_state(one: Body) -> None:
    if one.store:
        raise BadRequest("Invalid request: `store` must be false: nothing is stored here.")
    if one.background:
        raise BadRequest(
            "Invalid request: `background` must be false: nothing is stored here, so nothing could be fetched later."
        )
    for name, raw in (
        ("previous_response_id", one.previous_response_id),
        ("conversation", one.conversation),
        ("prompt", one.prompt),
    ):
        if raw != NULL:
            raise BadRequest(f"Invalid request: `{name}` is not supported, nothing is stored here: {STATELESS[name]}.")


def _messages(one: Body) -> list[Message]:
    if one.input is None or (not one.input and not one.instructions):
        raise BadRequest("Input required: specify `input` (a text, or a list of items).")
    messages = read_input(one.input)[0]
    if one.instructions is not None:
        messages.insert(0, Message(Role.SYSTEM, [Text(one.instructions)]))
    return messages


def read_input(given: str | list[Raw]) -> tuple[list[Message], bool]:
    """Messages, and whether a provider would take the input as it is."""
    if isinstance(given, str):
        return [Message(Role.USER, [Text(given)])], True
    reading = Reading()
    reading.read(given)
    return reading.messages, reading.plain


def read_tools(raws: list[Raw], choice: str | ToolChoiceBody | None) -> tuple[list[Tool], ToolChoice | None]:
    """The tools that may be called, and the choice among them. Raises `BadRequest`."""
    tools: list[Tool] = []
    for number, raw in enumerate(raws):
        try:
            one = _TOOL.decode(raw)
        except msgspec.ValidationError as error:
            raise BadRequest(f"Invalid request: `tools[{number}]` can't be read: {error}") from error
        if one.type != "function":
            tools.append(Tool(one.name or one.server_label or one.type, one.description, raw=raw))
        elif not one.name:
            raise BadRequest(f"Invalid request: `tools[{number}]` is a function without a `name`.")
        else:
            parameters = None if one.parameters == NULL else one.parameters
            tools.append(Tool(one.name, one.description, parameters, one.strict))
    match choice:
        case None:
            return tools, None
        case "auto" | "none" | "required":
            return tools, ToolChoice(choice)
        case str():
            raise BadRequest(f"Invalid request: `tool_choice` {choice!r} is none of `auto`, `none`, `required`.")
        case ToolChoiceBody(type="allowed_tools"):
            return _allowed(tools, choice)
        case _:
            return tools, ToolChoice("tool", choice.name or choice.server_label or choice.type)


def _allowed(tools: list[Tool], choice: ToolChoiceBody) -> tuple[list[Tool], ToolChoice]:
    # The list stays whole only for the provider's cache; other dialects are shown what may be called.
    names = set[str]()
    for entry in choice.tools or []:
        raw = entry.get("name") or entry.get("server_label") or entry.get("type") or NULL
        names.add(_STR.decode(raw))
    return [tool for tool in tools if tool.name in names], ToolChoice(choice.mode or "auto")


def read_reasoning(one: ReasoningBody | None) -> ReasoningOptions | None:
    """`reasoning` in the shared vocabulary."""
    if one is None:
        return None
    return ReasoningOptions(one.effort, one.max_tokens, one.enabled, one.exclude, one.summary or one.generate_summary)


def read_format(text: TextBody | None) -> ResponseFormat | None:
    """`text.format` in the shared vocabulary."""
    if text is None or text.format is None:
        return None
    one = text.format
    return ResponseFormat(one.type, one.name, None if one.schema == NULL else one.schema, one.strict, one.description)

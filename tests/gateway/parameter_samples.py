"""One request for each parameter of `gateway.parameters`: a plain one, and the same with the parameter in it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    ResponseFormat,
    Role,
    Target,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)
from modelport.errors import BadRequest
from modelport.gateway.dialect_table import DIALECTS
from modelport.providers.families import family_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SAMPLES", "measured"]

How = Literal["carried", "translated", "dropped", "refused"]
MODELS = {"bedrock_converse": "anthropic.claude-sonnet-4-5-20250929-v1:0", "gemini": "gemini-3-pro"}
SCHEMA = Raw(b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}')
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = base64.b64encode(b"%PDF-1.4\n%%EOF").decode()
TOOL = Tool("look", "Looks.", SCHEMA)


def plain() -> Request:
    """The request that all samples begin with."""
    return Request(model="m", messages=[Message(Role.USER, [Text("hi")])], max_tokens=8_000)


def _set(**fields: Any) -> Callable[[], tuple[Request, Request]]:
    return lambda: (plain(), msgspec.structs.replace(plain(), **fields))


def _tools(**fields: Any) -> Callable[[], tuple[Request, Request]]:
    """Beside a tool, without which they mean nothing."""
    other = Tool("find", "Finds.", SCHEMA)
    base = msgspec.structs.replace(plain(), tools=[TOOL, other])
    return lambda: (base, msgspec.structs.replace(base, **fields))


def _parts(*parts: Part) -> Callable[[], tuple[Request, Request]]:
    """Behind the words of the caller."""
    message = Message(Role.USER, [Text("hi"), *parts])
    return lambda: (plain(), msgspec.structs.replace(plain(), messages=[message]))


def _loop(change: Callable[[list[Message]], None]) -> Callable[[], tuple[Request, Request]]:
    """In a conversation with a tool call."""

    def made() -> tuple[Request, Request]:
        def talk() -> list[Message]:
            call = ToolCall("call_1", "look", '{"a":"b"}')
            result = ToolResult("call_1", [Text("seen")], name="look")
            return [
                Message(Role.USER, [Text("hi")]),
                Message(Role.ASSISTANT, [Text("so"), call]),
                Message(Role.TOOL, [result]),
            ]

        base = msgspec.structs.replace(plain(), messages=talk(), tools=[TOOL])
        changed = msgspec.structs.replace(plain(), messages=talk(), tools=[TOOL])
        change(changed.messages)
        return base, changed

    return made


def _result(**fields: Any) -> Callable[[list[Message]], None]:
    def change(messages: list[Message]) -> None:
        messages[2].parts = [msgspec.structs.replace(messages[2].parts[0], **fields)]

    return change


def _before_call(part: Part) -> Callable[[list[Message]], None]:
    return lambda messages: messages[1].parts.insert(0, part)


def _messages(*messages: Message) -> Callable[[], tuple[Request, Request]]:
    return lambda: (plain(), msgspec.structs.replace(plain(), messages=list(messages)))


def _named() -> tuple[Request, Request]:
    return plain(), msgspec.structs.replace(plain(), messages=[Message(Role.USER, [Text("hi")], name="Ada")])


def _marked(ttl: str | None) -> Callable[[], tuple[Request, Request]]:
    """With a mark behind the words; an hour's is held against one of the usual length."""
    usual = plain() if ttl is None else _messages(Message(Role.USER, [Text("hi", CacheMark())]))()[1]
    return lambda: (usual, _messages(Message(Role.USER, [Text("hi", CacheMark(ttl))]))()[1])


def _reason(**fields: Any) -> Callable[[], tuple[Request, Request]]:
    return _set(reasoning=ReasoningOptions(**fields))


def _form(*fields: Any, **named: Any) -> Callable[[], tuple[Request, Request]]:
    return _set(response_format=ResponseFormat(*fields, **named))


def _strict_form() -> tuple[Request, Request]:
    return _form("json_schema", "n", SCHEMA)()[1], _form("json_schema", "n", SCHEMA, strict=True)()[1]


_CLAUDES = Reasoning("text", "hm", signature="c2ln", format="anthropic-claude-v1")

SAMPLES: dict[str, Callable[[], tuple[Request, Request]]] = {
    "max_tokens": lambda: (msgspec.structs.replace(plain(), max_tokens=None), plain()),
    "temperature": _set(temperature=0.5),
    "top_p": _set(top_p=0.9),
    "top_k": _set(top_k=40),
    "min_p": _set(min_p=0.1),
    "top_a": _set(top_a=0.1),
    "frequency_penalty": _set(frequency_penalty=0.5),
    "presence_penalty": _set(presence_penalty=0.5),
    "repetition_penalty": _set(repetition_penalty=1.1),
    "seed": _set(seed=7),
    "stop": _set(stop=["END"]),
    "n": _set(n=2),
    "logit_bias": _set(logit_bias=Raw(b'{"50256":-100}')),
    "logprobs": _set(logprobs=True),
    "top_logprobs": lambda: (
        msgspec.structs.replace(plain(), logprobs=True),
        msgspec.structs.replace(plain(), logprobs=True, top_logprobs=3),
    ),
    "response_format: json_object": _form("json_object"),
    "response_format: json_schema": _form("json_schema", "n", SCHEMA),
    "response_format: json_schema, strict": _strict_form,
    "tools": _set(tools=[TOOL]),
    "tools, strict": _tools(tools=[Tool("look", "Looks.", SCHEMA, strict=True), Tool("find", "Finds.", SCHEMA)]),
    "tools of another dialect's own": _set(tools=[Tool("magic", raw=Raw(b'{"type":"magic"}'))]),
    "tool_choice: auto": _tools(tool_choice=ToolChoice("auto")),
    "tool_choice: none": _tools(tool_choice=ToolChoice("none")),
    "tool_choice: required": _tools(tool_choice=ToolChoice("required")),
    "tool_choice: a function": _tools(tool_choice=ToolChoice("tool", "look")),
    "parallel_tool_calls": _tools(parallel_tool_calls=False),
    "reasoning.effort": _reason(effort="high"),
    "reasoning.max_tokens": _reason(max_tokens=2_000),
    "reasoning.enabled: false": _reason(enabled=False),
    "reasoning.summary": lambda: (_reason(effort="high")()[1], _reason(effort="high", summary="detailed")()[1]),
    "verbosity": _set(verbosity="low"),
    "modalities: image": _set(modalities=["text", "image"]),
    "modalities: audio": _set(modalities=["text", "audio"], audio=Raw(b'{"voice":"alloy","format":"wav"}')),
    "prediction": _set(prediction=Raw(b'{"type":"content","content":"x"}')),
    "service_tier": _set(service_tier="flex"),
    "user": _set(user="ada"),
    "metadata": _set(metadata=Raw(b'{"a":"b"}')),
    "cache_control": _set(cache=CacheMark()),
    "messages: role developer": _messages(Message(Role.DEVELOPER, [Text("be brief")]), *plain().messages),
    "messages: role system": _messages(Message(Role.SYSTEM, [Text("be brief")]), *plain().messages),
    "messages: name": _named,
    "messages: prefill": _messages(*plain().messages, Message(Role.ASSISTANT, [Text("Well,")])),
    "messages: cache_control": _marked(None),
    "messages: cache_control, ttl": _marked("1h"),
    "messages: image by address": _parts(Image(url="https://example.com/a.png")),
    "messages: image as data": _parts(Image(data=PIXEL, media_type="image/png")),
    "messages: image detail": lambda: (
        _parts(Image(data=PIXEL, media_type="image/png"))()[1],
        _parts(Image(data=PIXEL, media_type="image/png", detail="low"))()[1],
    ),
    "messages: file as data": _parts(File("a.pdf", data=PDF, media_type="application/pdf")),
    "messages: file by address": _parts(File("a.pdf", url="https://example.com/a.pdf", media_type="application/pdf")),
    "messages: file by id": _parts(File("a.pdf", file_id="file-1")),
    "messages: audio": _parts(Audio("UklGRg==", "wav")),
    "messages: video by address": _parts(Video("https://example.com/a.mp4")),
    "messages: refusal": _messages(
        *plain().messages, Message(Role.ASSISTANT, [Refusal("No.")]), Message(Role.USER, [Text("why")])
    ),
    "messages: reasoning with a signature": _loop(_before_call(_CLAUDES)),
    "messages: tool results": _loop(lambda messages: messages.append(Message(Role.USER, [Text("and?")]))),
    "messages: tool result, image": _loop(_result(parts=[Text("seen"), Image(data=PIXEL, media_type="image/png")])),
    "messages: tool result, is_error": _loop(_result(is_error=True)),
}  # fmt: skip


def measured(dialect: str, name: str) -> tuple[How, str]:
    """What the dialect's writer does with a parameter, and the message of a refusal."""
    model = MODELS.get(dialect, "m")
    family = family_of(model)
    target = Target(
        model, stream=False, default_max_tokens=4_096, efforts=family.efforts,
        drops=family.drops_beside(frozenset(), dialect), quirks=family.quirks_beside(frozenset(), dialect),
    )  # fmt: skip
    without, request = SAMPLES[name]()
    write = DIALECTS[dialect].write_request
    try:
        before = msgspec.json.decode(write(without, target))
        after = msgspec.json.decode(write(request, target))
    except BadRequest as error:
        return "refused", error.message
    if before == after:
        return "dropped", ""
    return ("carried" if _same(name, request, after) else "translated"), ""


def _same(name: str, request: Request, body: dict[str, Any]) -> bool:
    """Whether the field stands in the body as a caller of chat completions wrote it."""
    field = name.partition(":")[0].partition(",")[0]
    target = Target("m", stream=False, keeps=frozenset({"cache_control"}))
    try:
        chat = msgspec.json.decode(DIALECTS["openai_chat"].write_request(request, target))
    except BadRequest:
        return False
    return field in chat and body.get(field) == chat[field]

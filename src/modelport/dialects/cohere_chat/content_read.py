"""Messages of a request as callers of this dialect send them, and what they are made of."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Fields, Image, Message, Part, Reasoning, Role, Text, ToolCall, ToolResult
from modelport.dialects.cohere_chat.citations import citation_index, read_citation
from modelport.dialects.cohere_chat.wire import (
    BLOCK_FORMAT,
    FORMAT,
    PLAN_FORMAT,
    Detail,
    KeptCall,
    KeptImage,
    KeptMessage,
    KeptResult,
    KeptText,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

__all__ = ["read_message", "reasoning_of"]

_STR = msgspec.json.Decoder(str)
_RAW = msgspec.json.Decoder(Raw)
_LIST = msgspec.json.Decoder(list[Raw])
_TEXT_OR_LIST = msgspec.json.Decoder(str | list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_DETAIL = msgspec.json.Decoder(Detail)

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
}  # fmt: skip


def read_message(raw: Raw, place: str) -> Message:
    """One message. Raises `BadRequest`."""
    fields = Fields(raw, place)
    role = _ROLES.get(name := fields.need("role", _STR))
    if role is None:
        raise BadRequest(
            f"Invalid request: `{place}.role` must be system, user, assistant or tool, not {name!r}."
        )  # fmt: skip
    if role == Role.TOOL:
        call_id = fields.need("tool_call_id", _STR)
        parts = _read_content(fields)
        rest = fields.left()
        result = KeptResult(call_id, parts, rest=rest) if rest else ToolResult(call_id, parts)
        return Message(role, [result])
    parts = _read_content(fields)
    if role == Role.ASSISTANT:
        _cite(parts, fields.take("citations", _LIST) or [])
        if plan := fields.take("tool_plan", _STR):
            parts.append(Reasoning("text", plan, format=PLAN_FORMAT))
        calls = fields.take("tool_calls", _LIST) or []
        parts += [_read_call(each, f"{place}.tool_calls.{index}") for index, each in enumerate(calls)]
    rest = fields.left()
    return KeptMessage(role, parts, rest=rest) if rest else Message(role, parts)


def _read_content(fields: Fields) -> list[Part]:
    content = fields.take("content", _TEXT_OR_LIST)
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    place = fields.path("content")
    return [_read_part(each, f"{place}.{index}") for index, each in enumerate(content)]


def _read_part(raw: Raw, place: str) -> Part:
    fields = Fields(raw, place)
    match fields.need("type", _STR):
        case "text":
            text, rest = fields.need("text", _STR), fields.left()
            return KeptText(text, rest=rest) if rest else Text(text)
        case "image_url":
            inner = Fields(fields.need("image_url", _RAW), fields.path("image_url"))
            url, detail = inner.need("url", _STR), inner.take("detail", _STR)
            rest = fields.left()
            return KeptImage(url, detail=detail, rest=rest) if rest else Image(url, detail=detail)
        case "thinking":
            return reasoning_of(fields.take("thinking", _STR) or "", fields.take("reasoning_detail", _DETAIL))
        case "document":
            return KeptText(_words(fields.rest.get("document")), block=raw)
        case _:
            return Reasoning("encrypted", data=bytes(raw).decode(), format=BLOCK_FORMAT)


def reasoning_of(text: str, detail: Detail | None) -> Reasoning:
    """A thinking block, which may be another maker's with what that wants back beside it."""
    if detail is None:
        return Reasoning("text", text, format=FORMAT)
    known = Reasoning("text", text, detail.signature, detail.data, detail.id, detail.format)
    if detail.type == "reasoning.summary":
        known.kind = "summary"
    elif detail.type == "reasoning.encrypted":
        known.kind = "encrypted"
    return known


def _words(raw: Raw | None) -> str:
    """What a document says to a model of another dialect: its data, as JSON unless it is mere text."""
    try:
        data = _OBJECT.decode(raw or b"").get("data", Raw(b'""'))
        return _STR.decode(data) if bytes(data)[:1] == b'"' else bytes(data).decode()
    except FAULTS:
        return ""


def _cite(parts: list[Part], citations: list[Raw]) -> None:
    """Hangs citations on the texts they are for; on the last text where that is not there."""
    begins: dict[int, int] = {}
    length, last = 0, None
    for index, part in enumerate(parts):
        if isinstance(part, Text):
            begins[index], length, last = length, length + len(part.text), index
    for raw in citations:
        index = citation_index(raw)
        index = index if index in begins else last
        if index is not None and isinstance(text := parts[index], Text):
            text.annotations = [*text.annotations, read_citation(raw, begins[index])]


def _read_call(raw: Raw, place: str) -> ToolCall:
    fields = Fields(raw, place)
    call_id, signature = fields.take("id", _STR) or "", fields.take("signature", _STR)
    if fields.take("type", _STR) not in {None, "function"}:
        raise BadRequest(f"Invalid request: `{place}.type` must be function.")
    function = Fields(raw_function := fields.need("function", _RAW), fields.path("function"))
    name, arguments = function.need("name", _STR), function.take("arguments", _STR) or ""
    rest = fields.left()
    if function.left():
        rest["function"] = raw_function
    if rest:
        return KeptCall(call_id, name, arguments, signature, rest)
    return ToolCall(call_id, name, arguments, signature)

"""Messages of a request written for a provider of this dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Image, Message, Part, Reasoning, Refusal, Role, Text, ToolCall, ToolResult
from modelport.dialects.cohere_chat.citations import write_citation
from modelport.dialects.cohere_chat.wire import (
    BLOCK_FORMAT,
    PLAN_FORMAT,
    KeptCall,
    KeptImage,
    KeptMessage,
    KeptResult,
    KeptText,
    is_ours,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.dialects.canonical import Annotation

__all__ = ["opaque", "write_message"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])


def write_message(message: Message, place: str) -> list[dict[str, Any]]:
    """The messages that one becomes: results stand alone here, and one without anything in it is none.

    Raises `BadRequest` for parts that this dialect has no words for.
    """
    if message.role == Role.ASSISTANT:
        written = [_write_assistant(_named(message), place)]
    else:
        role = "system" if message.role in {Role.SYSTEM, Role.DEVELOPER} else "user"
        written: list[dict[str, Any]] = []
        open_turn: list[Any] | None = None
        for part in _named(message):
            if isinstance(part, ToolResult):
                written.append(_write_result(part, place))
                open_turn = None
            elif (block := _write_part(part, place)) is not None:
                if open_turn is None:
                    open_turn = []
                    written.append({"role": role, "content": open_turn})
                open_turn.append(block)
    written = [_spelled(each) for each in written if len(each) > 1]
    if written and isinstance(message, KeptMessage):
        written[-1].update(message.rest)
    return written


def opaque(data: str | None) -> Raw | None:
    """An opaque block as it came; None for what is no block, as it may have been through a caller's hands."""
    try:
        return Raw((data or "").encode()) if "type" in _OBJECT.decode(data or "") else None
    except (*FAULTS, UnicodeEncodeError):
        return None


def _named(message: Message) -> Sequence[Part]:
    """The parts with the speaker's name before the first words, as the reference does where there is no field for it
    (`behaviour.md` section 2).
    """
    if message.name and message.role != Role.TOOL:
        for index, part in enumerate(message.parts):
            if isinstance(part, Text):
                named = msgspec.structs.replace(part, text=f"{message.name}: {part.text}")
                return [*message.parts[:index], named, *message.parts[index + 1 :]]
    return message.parts


def _spelled(message: dict[str, Any]) -> dict[str, Any]:
    """A lone text is written as a text."""
    match message.get("content"):
        case [{"type": "text", "text": text, **others}] if not others:
            message["content"] = text
        case _:
            pass
    return message


def _write_part(part: Part, place: str) -> dict[str, Any] | Raw | None:
    match part:
        case KeptText(block=Raw() as block):
            return block
        case Text() | Refusal():
            rest = part.rest if isinstance(part, KeptText) else {}
            return {"type": "text", "text": part.text, **rest} if part.text else None
        case Image():
            return _write_image(part, place)
        case Reasoning():
            return opaque(part.data) if part.format == BLOCK_FORMAT else None
        case _:
            raise BadRequest(f"`{place}`: only text and pictures can be sent to this model, no files, sound or film.")


def _write_image(part: Image, place: str) -> dict[str, Any]:
    if part.url is None and part.data is None:
        raise BadRequest(f"`{place}`: this provider keeps no files; send the picture's data or its address.")
    url = part.url if part.data is None else f"data:{part.media_type or 'image/jpeg'};base64,{part.data}"
    inner = {"url": url} if part.detail is None else {"url": url, "detail": part.detail}
    return {"type": "image_url", "image_url": inner, **(part.rest if isinstance(part, KeptImage) else {})}


def _write_assistant(parts: Sequence[Part], place: str) -> dict[str, Any]:
    content: list[Any] = []
    calls: list[dict[str, Any]] = []
    plans: list[str] = []
    citations: list[dict[str, Any]] = []
    begins = 0
    for part in parts:
        match part:
            case ToolCall():
                calls.append(_write_call(part))
            case Reasoning() if part.format == PLAN_FORMAT:
                plans.append(part.text)
            case Reasoning() if is_ours(part):
                content.append({"type": "thinking", "thinking": part.text})
            case Image():
                raise BadRequest(f"`{place}`: this model takes no pictures in an assistant's message.")
            case _:
                if (block := _write_part(part, place)) is not None:
                    content.append(block)
        if isinstance(part, Text):
            index = len(content) - 1
            citations += [write_citation(each, index, begins, part.text) for each in part.annotations if _own(each)]
            begins += len(part.text)
    fields: dict[str, Any] = {
        "content": content,
        "tool_plan": "".join(plans),
        "tool_calls": calls,
        "citations": citations,
    }
    return {"role": "assistant", **{name: value for name, value in fields.items() if value}}


def _own(annotation: Annotation) -> bool:
    """Whether a citation is this dialect's: the provider need not see what others found."""
    try:
        return isinstance(annotation.raw, Raw) and "sources" in _OBJECT.decode(annotation.raw)
    except FAULTS:
        return False


def _write_call(part: ToolCall) -> dict[str, Any]:
    function = {"name": part.name, "arguments": part.arguments if part.arguments.strip() else "{}"}
    rest = part.rest if isinstance(part, KeptCall) else {}
    return {"id": part.id, "type": "function", "function": function, **rest}


def _write_result(part: ToolResult, place: str) -> dict[str, Any]:
    content: list[Any] = []
    for each in part.parts:
        if not isinstance(each, Text | Refusal | Reasoning):
            raise BadRequest(f"`{place}`: a tool's result can only be text for this model.")
        if (block := _write_part(each, place)) is not None:
            content.append(block)
    rest = part.rest if isinstance(part, KeptResult) else {}
    return _spelled({"role": "tool", "tool_call_id": part.call_id, "content": content or "", **rest})

"""Canonical messages into those of this dialect: the way to `canonical_messages`' way from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from modelport.dialects.canonical import (
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.dialects.openai_chat.canonical_details import (
    SIGNATURE_FORMAT,
    Detail,
    write_annotation,
    write_detail,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Spelling", "call_signatures", "image_url", "tells_more_than_text", "write_mark", "write_messages"]

_THINKING = "content.thinking"


class Spelling(NamedTuple):
    """How one provider wants messages written, beside what the dialect says.

    `renames` and `drops` may name fields of messages as `messages.x`, of content parts and tools as `parts.x`, and a
    role as `messages.role.x`. `messages.reasoning` renamed to `content.thinking` becomes a content part of that type.
    """

    renames: Mapping[str, str]
    drops: frozenset[str]
    custom: frozenset[str]
    """Names of the tools that take free text instead of JSON: calls of them are written in their own form."""


def write_messages(messages: list[Message], spelling: Spelling) -> list[dict[str, object]]:
    """The conversation for the wire; a tool result becomes a message of its own, before what else its message says."""
    return [turn for message in messages for turn in _turns(message, spelling)]


def write_mark(mark: CacheMark | None, spelling: Spelling) -> dict[str, object]:
    """The fields that mark a part or a tool for caching: none, or one."""
    if mark is None or "parts.cache_control" in spelling.drops:
        return {}
    name = spelling.renames.get("parts.cache_control", "cache_control")
    if name == "prompt_cache_breakpoint":
        return {name: {"mode": "explicit"}}
    control = {"type": "ephemeral"} if mark.ttl is None else {"type": "ephemeral", "ttl": mark.ttl}
    return {name: control}


def image_url(image: Image) -> str:
    """A picture's address, a `data:` URL for one that came as bytes."""
    return image.url or f"data:{image.media_type or 'image/png'};base64,{image.data or ''}"


def tells_more_than_text(part: Reasoning) -> bool:
    """Whether the plain `reasoning` text would lose something of this block."""
    return part.kind != "text" or any(
        value is not None for value in (part.signature, part.data, part.id, part.format, part.index)
    )


def call_signatures(calls: Iterable[ToolCall]) -> list[Detail]:
    """The details that carry what some providers want back with their calls, in the reference's way."""
    return [
        Detail("reasoning.encrypted", data=call.signature, id=call.id, format=SIGNATURE_FORMAT)
        for call in calls
        if call.signature is not None
    ]


def _turns(message: Message, spelling: Spelling) -> Iterator[dict[str, object]]:
    others: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield _spelled(_result(part, spelling), spelling)
        else:
            others.append(part)
    if others or not message.parts:
        role = Role.USER if message.role is Role.TOOL else message.role
        turn: dict[str, object] = {"role": role.value}
        if message.name is not None:
            turn["name"] = message.name
        if role is Role.ASSISTANT:
            turn |= _answer(others, spelling)
        else:
            turn["content"] = _content(others, spelling)
        yield _spelled(turn, spelling)


def _spelled(turn: dict[str, object], spelling: Spelling) -> dict[str, object]:
    """`turn` in the provider's words."""
    role = f"messages.role.{turn['role']}"
    if role in spelling.renames:
        turn["role"] = spelling.renames[role]
    for name in tuple(turn):
        dotted = f"messages.{name}"
        if dotted in spelling.drops:
            del turn[name]
        elif (other := spelling.renames.get(dotted)) == _THINKING:
            _think_in_content(turn, turn.pop(name))
        elif other is not None:
            turn[other] = turn.pop(name)
    return turn


def _think_in_content(turn: dict[str, object], text: object) -> None:
    thinking: dict[str, object] = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    content = turn.get("content")
    if isinstance(content, list):
        turn["content"] = [thinking, *content]
    else:
        turn["content"] = [thinking, {"type": "text", "text": content}] if content else [thinking]


def _result(result: ToolResult, spelling: Spelling) -> dict[str, object]:
    parts = result.parts
    if result.cache is not None and parts and isinstance(last := parts[-1], Text | Image | File) and last.cache is None:
        parts = [*parts[:-1], replace(last, cache=result.cache)]  # this dialect marks parts, not results
    turn: dict[str, object] = {"role": "tool", "tool_call_id": result.call_id, "content": _content(parts, spelling)}
    if result.name is not None:
        turn["name"] = result.name
    return turn


def _answer(parts: list[Part], spelling: Spelling) -> dict[str, object]:
    said: list[Part] = [
        part for part in parts if isinstance(part, Text | File | Video) or (isinstance(part, Audio) and not part.id)
    ]
    turn: dict[str, object] = {"content": _content(said, spelling) if said else None}
    turn |= _thoughts(parts)
    if refusal := "".join(part.text for part in parts if isinstance(part, Refusal)):
        turn["refusal"] = refusal
    annotations = [
        written
        for part in parts
        if isinstance(part, Text)
        for annotation in part.annotations
        if (written := write_annotation(annotation)) is not None
    ]
    if annotations:
        turn["annotations"] = annotations
    if images := [part for part in parts if isinstance(part, Image)]:
        turn["images"] = [{"type": "image_url", "image_url": {"url": image_url(image)}} for image in images]
    if spoken := next((part.id for part in parts if isinstance(part, Audio) and part.id), None):
        turn["audio"] = {"id": spoken}
    if calls := [part for part in parts if isinstance(part, ToolCall)]:
        turn["tool_calls"] = [_call(call, spelling) for call in calls]
    return turn


def _thoughts(parts: list[Part]) -> dict[str, object]:
    blocks = [part for part in parts if isinstance(part, Reasoning)]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    fields: dict[str, object] = {}
    if text := "".join(block.text for block in blocks if block.kind != "encrypted"):
        fields["reasoning"] = text
    signatures = call_signatures(calls)
    if signatures or any(tells_more_than_text(block) for block in blocks):
        fields["reasoning_details"] = [*(write_detail(block) for block in blocks), *signatures]
    return fields


def _call(call: ToolCall, spelling: Spelling) -> dict[str, object]:
    if call.name in spelling.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _content(parts: list[Part], spelling: Spelling) -> str | list[dict[str, object]]:
    """One text as a plain string, for many providers take nothing else outside a user's messages."""
    written = [entry for part in parts if (entry := _part(part, spelling)) is not None]
    if not written:
        return ""
    if len(parts) == 1 and isinstance(text := parts[0], Text) and len(written[0]) == 2:  # `type`, `text`, no mark
        return text.text
    return written


def _part(part: Part, spelling: Spelling) -> dict[str, object] | None:
    entry: dict[str, object] | None = None
    match part:
        case Text():
            entry = {"type": "text", "text": part.text} | write_mark(part.cache, spelling)
        case Image():
            shown = {"url": image_url(part)} | ({} if part.detail is None else {"detail": part.detail})
            entry = {"type": "image_url", "image_url": shown} | write_mark(part.cache, spelling)
        case File():
            entry = {"type": "file", "file": _file(part)} | write_mark(part.cache, spelling)
        case Audio():
            sound = {"data": part.data or ""} | ({} if part.format is None else {"format": part.format})
            entry = {"type": "input_audio", "input_audio": sound}
        case Video():
            entry = {"type": "video_url", "video_url": {"url": part.url}}
        case Refusal():
            entry = {"type": "refusal", "refusal": part.text}
        case _:
            pass
    return entry


def _file(file: File) -> dict[str, object]:
    body: dict[str, object] = {}
    if file.filename is not None:
        body["filename"] = file.filename
    if file.data is not None:
        body["file_data"] = file.data if file.media_type is None else f"data:{file.media_type};base64,{file.data}"
    elif file.url is not None:
        body["file_data"] = file.url
    if file.file_id is not None:
        body["file_id"] = file.file_id
    return body

"""Messages of this dialect into canonical ones, and back.

A chat message holds one text, one reasoning and one list of calls, so their order among each other is fixed here:
reasoning, content, refusal, pictures, sound, calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Raw, Struct

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
    added_up,
    kind_of,
    read_annotation,
    split_data_url,
)
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mark", "read_mark", "read_messages"]


class Mark(Struct):
    """`cache_control` on the wire."""

    type: str | None = None
    ttl: str | None = None


class _Url(Struct):
    url: str
    detail: str | None = None


class _FileBody(Struct):
    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class _Sound(Struct):
    data: str
    format: str | None = None


class _Thought(Struct):
    text: str = ""


class _Part(Struct):
    type: str
    text: str | None = None
    image_url: _Url | str | None = None
    file: _FileBody | None = None
    input_audio: _Sound | str | None = None
    video_url: _Url | str | None = None
    document_url: _Url | str | None = None
    document_name: str | None = None
    file_url: _Url | str | None = None
    refusal: str | None = None
    thinking: str | list[_Thought] | None = None
    signature: str | None = None
    cache_control: Mark | None = None
    prompt_cache_breakpoint: dict[str, Raw] | None = None


class _Function(Struct):
    name: str
    arguments: str | None = None


class _Custom(Struct):
    name: str
    input: str = ""


class _Google(Struct):
    thought_signature: str | None = None


class _Extra(Struct):
    google: _Google | None = None


class _Call(Struct):
    id: str = ""
    function: _Function | None = None
    custom: _Custom | None = None
    extra_content: _Extra | None = None


class _Spoken(Struct):
    id: str | None = None


class _Turn(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    function_call: _Function | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: list[Detail] | None = None
    annotations: list[Raw] | None = None
    images: list[_Part] | None = None
    audio: _Spoken | None = None


_TURNS = msgspec.json.Decoder(list[_Turn])


def read_messages(raw: Raw) -> list[Message]:
    """The conversation.

    Raises `BadRequest` that names the message and what is wrong with it.
    """
    try:
        turns = _TURNS.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"Invalid request: {error}".replace("`$", "`messages", 1)) from error
    reader = _Conversation()
    return [reader.read(turn, f"messages[{index}]") for index, turn in enumerate(turns)]


def read_mark(mark: Mark | None) -> CacheMark | None:
    """A cache mark in canonical words."""
    return None if mark is None else CacheMark(mark.ttl)


class _Conversation:
    """Reads messages in turn; it numbers calls of the legacy form, which have a name but no id."""

    def __init__(self) -> None:
        self._legacy = 0

    def read(self, turn: _Turn, place: str) -> Message:
        match turn.role:
            case "tool":
                if turn.tool_call_id is None:
                    raise BadRequest(f"Invalid request: `{place}.tool_call_id` is missing.")
                return _result(turn, turn.tool_call_id, place)
            case "function":
                return _result(turn, f"call_{self._legacy}", place)
            case "assistant":
                return Message(Role.ASSISTANT, self._answer(turn, place), turn.name)
            case role:
                return Message(Role(role), _content(turn.content, place), turn.name)

    def _answer(self, turn: _Turn, place: str) -> list[Part]:
        calls = [_call(call, f"{place}.tool_calls[{index}]") for index, call in enumerate(turn.tool_calls or ())]
        if turn.function_call is not None:
            self._legacy += 1
            named = turn.function_call
            calls.append(ToolCall(f"call_{self._legacy}", named.name, named.arguments or ""))
        parts: list[Part] = list(_reasoning(turn, {call.id: call for call in calls}))
        parts.extend(_content(turn.content, place))
        if turn.annotations:
            _annotate(parts, turn.annotations)
        if turn.refusal:
            parts.append(Refusal(turn.refusal))
        parts.extend(_part(part, f"{place}.images[{index}]") for index, part in enumerate(turn.images or ()))
        if turn.audio is not None and turn.audio.id:
            parts.append(Audio(id=turn.audio.id))
        return [*parts, *calls]


def _result(turn: _Turn, call_id: str, place: str) -> Message:
    return Message(Role.TOOL, [ToolResult(call_id, _content(turn.content, place), name=turn.name)])


def _content(content: str | list[_Part] | None, place: str) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    return [_part(part, f"{place}.content[{index}]") for index, part in enumerate(content)]


def _part(part: _Part, place: str) -> Part:
    mark = read_mark(part.cache_control)
    if mark is None and part.prompt_cache_breakpoint is not None:
        mark = CacheMark()  # the reference converts the two kinds of marks into each other, but not their lifetimes
    read: Part
    match part:
        case _Part(type="text", text=str(text)):
            read = Text(text, mark)
        case _Part(type="image_url", image_url=_Url(url=url, detail=detail)):
            read = _image(url, detail, mark)
        case _Part(type="image_url", image_url=str(url)):
            read = _image(url, None, mark)
        case _Part(type="file", file=_FileBody(filename=filename, file_data=data, file_id=file_id)):
            if data is None and file_id is None:
                raise BadRequest(f"Invalid request: `{place}.file` needs `file_data` or `file_id`.")
            read = _file(data, filename, file_id, mark)
        case _Part(type="input_audio", input_audio=_Sound(data=data, format=form)):
            read = Audio(data, form)
        case _Part(type="video_url", video_url=_Url(url=url) | str(url)):
            read = Video(url)
        case _:
            read = _rarer_part(part, place, mark)
    return read


def _rarer_part(part: _Part, place: str, mark: CacheMark | None) -> Part:
    """Kinds that only some providers have."""
    read: Part
    match part:
        case _Part(type="input_audio", input_audio=str(data)):
            read = Audio(data)
        case _Part(type="refusal", refusal=str(text)):
            read = Refusal(text)
        case _Part(type="thinking", thinking=str(text)):
            read = Reasoning("text", text, part.signature)
        case _Part(type="thinking", thinking=list(thoughts)):
            read = Reasoning("text", "".join(thought.text for thought in thoughts), part.signature)
        case _Part(type="document_url", document_url=_Url(url=url) | str(url)):
            read = _file(url, part.document_name, None, mark)
        case _Part(type="file_url", file_url=_Url(url=url) | str(url)):
            read = _file(url, None, None, mark)
        case _:
            known = "text, image_url, file, input_audio, video_url"
            raise BadRequest(
                f"Invalid request: `{place}` of type {part.type!r} is of no known kind ({known}), "
                "or lacks the field named like its type."
            )
    return read


def _image(url: str, detail: str | None, mark: CacheMark | None) -> Image:
    if (split := split_data_url(url)) is not None:
        media_type, data = split
        return Image(data=data, media_type=media_type, detail=detail, cache=mark)
    return Image(url, detail=detail, cache=mark)


def _file(content: str | None, filename: str | None, file_id: str | None, mark: CacheMark | None) -> File:
    if content is None:
        return File(filename, file_id=file_id, cache=mark)
    if (split := split_data_url(content)) is not None:
        media_type, data = split
        return File(filename, data=data, file_id=file_id, media_type=media_type, cache=mark)
    if "://" in content[:16] or content.startswith("data:"):
        return File(filename, url=content, file_id=file_id, cache=mark)
    return File(filename, data=content, file_id=file_id, cache=mark)


def _call(call: _Call, place: str) -> ToolCall:
    google = call.extra_content.google if call.extra_content else None
    signature = google.thought_signature if google else None
    if call.function is not None:
        return ToolCall(call.id, call.function.name, call.function.arguments or "", signature)
    if call.custom is not None:
        return ToolCall(call.id, call.custom.name, call.custom.input, signature)
    raise BadRequest(f"Invalid request: `{place}.function` is missing.")


def _reasoning(turn: _Turn, calls: dict[str, ToolCall]) -> Iterator[Reasoning]:
    """The blocks; a detail that carries a call's signature goes to its call. Readable details say the text twice."""
    details = added_up(turn.reasoning_details or [])
    plain = turn.reasoning or turn.reasoning_content
    if plain and not any(detail.text or detail.summary for detail in details):
        yield Reasoning("text", plain)
    for detail in details:
        kind = kind_of(detail)
        if kind is None:
            continue
        if kind == "encrypted" and detail.format == SIGNATURE_FORMAT and (call := calls.get(detail.id or "")):
            call.signature = detail.data
            continue
        text = detail.text if kind == "text" else detail.summary
        yield Reasoning(kind, text or "", detail.signature, detail.data, detail.id, detail.format, detail.index)


def _annotate(parts: list[Part], annotations: list[Raw]) -> None:
    """Gives a message's annotations to its last text."""
    text = next((part for part in reversed(parts) if isinstance(part, Text)), None)
    if text is None:
        text = Text("")
        parts.append(text)
    text.annotations = [read_annotation(raw) for raw in annotations]

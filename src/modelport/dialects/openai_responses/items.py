"""The input of a request: items read into messages, and messages written as items.

Items of one side stand together in one message: reasoning, text and calls of the assistant, outputs of tools. Items of
the model that this vocabulary has no words for (web searches, MCP, compaction, ...) are kept whole; such items of the
caller's are left out, and `request.py` keeps the input as it came for a provider that speaks this dialect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.dialects.openai_responses.output import read_annotation, write_annotation
from modelport.dialects.openai_responses.reasoning import Group, kept_item, known_id, read_blocks, unseal, write_group
from modelport.dialects.openai_responses.wire import (
    ITEM_FORMAT,
    KIND,
    NULL,
    OPENAI_FORMAT,
    CallItem,
    CustomCallItem,
    MessageItem,
    Part,
    ReasoningItem,
    ResultItem,
)
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.dialects import canonical

__all__ = ["Reading", "Writing"]

_MESSAGE = msgspec.json.Decoder(MessageItem)
_CALL = msgspec.json.Decoder(CallItem)
_CUSTOM_CALL = msgspec.json.Decoder(CustomCallItem)
_RESULT = msgspec.json.Decoder(ResultItem)
_REASONING = msgspec.json.Decoder(ReasoningItem)

_BREAKPOINT = {"mode": "explicit"}
_CALLERS = frozenset({"additional_tools", "configuration_update", "mcp_approval_response"})
"""Items without words here that are the caller's; all others, but for outputs, are the model's."""

_MEDIA = frozenset({"input_image", "input_file", "input_audio", "input_video"})
_TEXTS = frozenset({"input_text", "output_text", "text", "summary_text"})


class Reading:
    """Items, read one after the other."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.plain = True
        """Nothing in them is the reference's or our own invention, so that OpenAI itself would take them."""
        self._signatures: dict[str, str] = {}

    def read(self, items: Iterable[Raw]) -> None:
        """Reads all items. Raises `BadRequest` that names the item."""
        for number, raw in enumerate(items):
            place = f"input[{number}]"
            try:
                self._item(raw, place)
            except msgspec.DecodeError as error:
                raise BadRequest(f"Invalid request: `{place}` can't be read: {error}") from error
        for message in self.messages:
            for part in message.parts:
                if isinstance(part, ToolCall):
                    part.signature = self._signatures.get(part.id)

    def _item(self, raw: Raw, place: str) -> None:
        kind = KIND.decode(raw)
        match kind.type:
            case "message" | None:
                self._message(_MESSAGE.decode(raw), place)
            case "function_call":
                call = _CALL.decode(raw)
                self._call(call.call_id or call.id, call.name, call.arguments, place)
            case "custom_tool_call":
                custom = _CUSTOM_CALL.decode(raw)
                self._call(custom.call_id or custom.id, custom.name, custom.input, place)
            case "function_call_output" | "custom_tool_call_output":
                result = _RESULT.decode(raw)
                self._turn(Role.TOOL).append(ToolResult(result.call_id, self._parts(result.output, f"{place}.output")))
            case "reasoning":
                self._reasoning(_REASONING.decode(raw))
            case "item_reference":
                raise BadRequest(
                    f"Invalid request: `{place}` refers to a stored item, and nothing is stored here: "
                    "send the item itself."
                )
            case _ if not kind.type.endswith("_output") and kind.type not in _CALLERS:
                kept = Reasoning("encrypted", data=bytes(raw).decode(), format=ITEM_FORMAT)
                self._turn(Role.ASSISTANT).append(kept)
            case _:
                pass

    def _turn(self, role: Role) -> list[canonical.Part]:
        if not self.messages or self.messages[-1].role is not role:
            self.messages.append(Message(role, []))
        return self.messages[-1].parts

    def _message(self, item: MessageItem, place: str) -> None:
        if item.role is None:
            raise BadRequest(f"Invalid request: `{place}` has neither a `type` nor a `role`.")
        parts = self._parts(item.content, f"{place}.content")
        if item.role == "assistant":
            self._turn(Role.ASSISTANT).extend(parts)
        else:
            self.messages.append(Message(Role(item.role), parts))

    def _call(self, call_id: str | None, name: str, arguments: str | None, place: str) -> None:
        if not call_id or not name:
            raise BadRequest(f"Invalid request: `{place}` needs a `call_id` and a `name`.")
        self._turn(Role.ASSISTANT).append(ToolCall(call_id, name, arguments or ""))

    def _reasoning(self, item: ReasoningItem) -> None:
        sealed = unseal(item.encrypted_content) if item.encrypted_content is not None else None
        if sealed is not None or item.signature is not None or item.format is not None or known_id(item.id) != item.id:
            self.plain = False
        for one in sealed or ():
            if one.kind == "call" and one.id is not None and one.signature is not None:
                self._signatures[one.id] = one.signature
        if blocks := read_blocks(item, OPENAI_FORMAT):
            self._turn(Role.ASSISTANT).extend(blocks)

    def _parts(self, content: str | list[Part] | None, place: str) -> list[canonical.Part]:
        if content is None:
            return []
        if isinstance(content, str):
            return [Text(content)]
        return [self._part(part, f"{place}[{number}]") for number, part in enumerate(content)]

    def _part(self, part: Part, place: str) -> canonical.Part:
        cache = None
        if part.cache_control is not None:
            self.plain = False
            cache = CacheMark(part.cache_control.ttl)
        elif part.prompt_cache_breakpoint != NULL:
            cache = CacheMark()
        if part.type in _TEXTS:
            annotations = [read_annotation(raw) for raw in part.annotations or ()]
            return Text(part.text or "", cache, annotations)
        if part.type == "refusal":
            return Refusal(part.refusal or "")
        self.plain = self.plain and part.type != "input_video"  # the reference's
        if part.type not in _MEDIA:
            raise BadRequest(f"Invalid request: `{place}` is of an unknown type {part.type!r}.")
        read = _read_media(part, cache)
        if read is None:
            raise BadRequest(f"Invalid request: `{place}` ({part.type}) holds nothing.")
        return read


def _read_media(part: Part, cache: CacheMark | None) -> canonical.Part | None:
    match part.type:
        case "input_image" if part.file_id is not None:
            return File(file_id=part.file_id, media_type="image/*", cache=cache)
        case "input_image" if part.image_url is not None:
            media_type, data = _split(part.image_url)
            return Image(None if data else part.image_url, data, media_type, part.detail, cache)
        case "input_file" if part.file_id or part.file_url or part.file_data:
            return _read_file(part, cache)
        case "input_audio" if part.input_audio is not None and part.input_audio.data is not None:
            return Audio(part.input_audio.data, part.input_audio.format)
        case "input_video" if part.video_url is not None:
            return Video(part.video_url)
        case _:
            return None


def _split(address: str) -> tuple[str | None, str | None]:
    """Media type and base64 data of a data URL; two times None for any other address."""
    head, mark, data = address.partition(";base64,")
    if not mark or not head.startswith("data:") or not data:
        return None, None
    return head.removeprefix("data:"), data


def _read_file(part: Part, cache: CacheMark | None) -> File:
    if part.file_data is None:
        return File(part.filename, part.file_url, None, part.file_id, None, cache)
    media_type, data = _split(part.file_data)
    if data is not None:
        return File(part.filename, None, data, None, media_type, cache)
    if part.file_data.startswith(("http://", "https://", "data:")):  # the reference takes addresses here
        return File(part.filename, part.file_data, None, None, None, cache)
    return File(part.filename, None, part.file_data, None, None, cache)


class Writing:
    """Messages, written as items for one provider."""

    def __init__(self, custom: frozenset[str], reasoning_format: str, *, breakpoints: bool) -> None:
        self.items: list[dict[str, object]] = []
        self._custom = custom
        self._reasoning_format = reasoning_format
        self._breakpoints = breakpoints
        self._custom_calls: set[str] = set()

    def write(self, messages: list[Message]) -> list[dict[str, object]]:
        """All items. Raises `BadRequest` that names what can't be said."""
        for number, message in enumerate(messages):
            place = f"messages[{number}]"
            if message.role is Role.ASSISTANT:
                self._assistant(message, place)
            else:
                self._other(message, place)
        return self.items

    def _assistant(self, message: Message, place: str) -> None:
        words: list[Text | Refusal] = []
        group: Group | None = None
        for part in message.parts:
            if group is not None and not (isinstance(part, Reasoning) and group.takes(part)):
                self._reasoning(group)
                group = None
            if words and not isinstance(part, Text | Refusal):
                self._say(words, message.name)
                words = []
            match part:
                case Text() | Refusal():
                    words.append(part)
                case Reasoning():
                    group = self._think(group, part)
                case ToolCall():
                    self._call(part)
                case _:
                    _refuse(part, place, "in an assistant's message")
        if group is not None:
            self._reasoning(group)
        if words:
            self._say(words, message.name)

    def _think(self, group: Group | None, block: Reasoning) -> Group | None:
        if group is not None:
            group.blocks.append(block)
        elif (kept := kept_item(block)) is not None:
            self.items.append(kept)
        else:
            group = Group(block)
        return group

    def _reasoning(self, group: Group) -> None:
        # Another provider's signatures and secrets would be refused; words that nobody signed and that have no id
        # are no reasoning item of this provider either.
        if group.format == self._reasoning_format or (group.format is None and (group.id or group.data)):
            self.items.append(write_group(group, group.id, None))

    def _say(self, words: list[Text | Refusal], name: str | None) -> None:
        if len(words) == 1 and isinstance(only := words[0], Text) and not only.annotations:
            content: object = _named(only.text, name)
        else:
            content = [_write_words(word) for word in words]
        self.items.append({"type": "message", "role": "assistant", "content": content})

    def _call(self, call: ToolCall) -> None:
        if call.name in self._custom:
            self._custom_calls.add(call.id)
            item = {"type": "custom_tool_call", "call_id": call.id, "name": call.name, "input": call.arguments}
        else:
            item = {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        self.items.append(dict(item))

    def _other(self, message: Message, place: str) -> None:
        content: list[dict[str, object]] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._result(part, place)
            else:
                content.append(self._part(part, place))
        if not content and message.parts:
            return
        role = Role.USER if message.role is Role.TOOL else message.role
        if message.name is not None and content and content[0]["type"] == "input_text":
            content[0]["text"] = _named(str(content[0]["text"]), message.name)
        self.items.append({"type": "message", "role": role.value, "content": _short(content)})

    def _result(self, result: ToolResult, place: str) -> None:
        kind = "custom_tool_call_output" if result.call_id in self._custom_calls else "function_call_output"
        for part in result.parts:
            if not isinstance(part, Text | Image | File):
                _refuse(part, place, "in a tool's result")
        output = _short([self._part(part, place) for part in result.parts]) or ""
        self.items.append({"type": kind, "call_id": result.call_id, "output": output})

    def _part(self, part: canonical.Part, place: str) -> dict[str, object]:
        match part:
            case Text(text=text):
                item: dict[str, object] = {"type": "input_text", "text": text}
            case Image():
                address = part.url or f"data:{part.media_type or 'image/png'};base64,{part.data or ''}"
                item = {"type": "input_image", "image_url": address}
                if part.detail is not None:
                    item["detail"] = part.detail
            case File(file_id=str(file_id), media_type="image/*"):
                item = {"type": "input_image", "file_id": file_id}
            case File():
                item = _write_file(part)
            case Audio(data=str(data)):
                item = {"type": "input_audio", "input_audio": {"data": data, "format": part.format or "wav"}}
            case _:
                _refuse(part, place, "here")
        if self._breakpoints and isinstance(part, Text | Image | File) and part.cache is not None:
            item["prompt_cache_breakpoint"] = _BREAKPOINT
        return item


def _named(text: str, name: str | None) -> str:
    # No names here; the reference puts them in front of the words (`behaviour.md` section 2).
    return text if name is None else f"{name}: {text}"


def _short(content: list[dict[str, object]]) -> object:
    """A lone text as a string: the form that every provider of this dialect reads."""
    if len(content) == 1 and set(content[0]) == {"type", "text"}:
        return content[0]["text"]
    return content


def _write_words(word: Text | Refusal) -> dict[str, object]:
    if isinstance(word, Refusal):
        return {"type": "refusal", "refusal": word.text}
    annotations = [write_annotation(one, word.text) for one in word.annotations]
    return {"type": "output_text", "text": word.text, "annotations": [one for one in annotations if one is not None]}


def _write_file(file: File) -> dict[str, object]:
    if file.file_id is not None:
        return {"type": "input_file", "file_id": file.file_id}
    if file.url is not None:  # OpenAI takes no `filename` beside an address
        return {"type": "input_file", "file_url": file.url}
    media_type = file.media_type or "application/pdf"
    return {
        "type": "input_file",
        "filename": file.filename or f"file.{media_type.rpartition('/')[2]}",
        "file_data": f"data:{media_type};base64,{file.data or ''}",
    }


def _refuse(part: canonical.Part, place: str, where: str) -> NoReturn:
    what = type(part).__name__.lower()
    raise BadRequest(f"The provider can't take `{place}`: no {what} {where} in its dialect (OpenAI Responses).")

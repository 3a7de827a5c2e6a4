"""Content blocks of requests, read as parts of a message. Everything here raises `BadRequest` that names the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.bedrock_converse import media
from modelport.dialects.bedrock_converse.wire import (
    BLOCK_FORMAT,
    FORMAT,
    KeptCall,
    KeptReasoning,
    KeptResult,
    KeptText,
    read_redacted,
    unseal,
)
from modelport.dialects.canonical import (
    Annotation,
    CacheMark,
    Fields,
    File,
    Image,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["mark_of", "opaque", "read_annotation", "read_parts"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_STR = msgspec.json.Decoder(str)
_STATUS = {"success": False, "error": True}
_MEDIA: dict[str, Callable[[Fields], Part]] = {
    "image": media.read_image,
    "document": media.read_document,
    "video": media.read_video,
    "audio": media.read_audio,
}


def read_parts(blocks: Sequence[Raw], place: str) -> list[Part]:
    """The blocks of one message; a cache point becomes a mark on the part before it, where that can carry one."""
    parts: list[Part] = []
    for index, raw in enumerate(blocks):
        last = parts[-1] if parts else None
        mark = mark_of(raw)
        if mark is not None and isinstance(last, Text | Image | File | ToolResult) and last.cache is None:
            last.cache = mark
        else:
            parts.append(_read_part(raw, f"{place}.{index}"))
    return parts


def mark_of(raw: Raw) -> CacheMark | None:
    """What a cache point says; None for another block, and for a cache point with more to it than a lifetime."""
    try:
        fields = _OBJECT.decode(raw)
        point = _OBJECT.decode(fields["cachePoint"]) if fields.keys() == {"cachePoint"} else {}
        if point and point.keys() <= {"type", "ttl"} and _STR.decode(point["type"]) == "default":
            return CacheMark(_STR.decode(point["ttl"]) if "ttl" in point else None)
    except (*FAULTS, KeyError):
        pass
    return None


def opaque(raw: Raw | bytes) -> Reasoning:
    """A block that the vocabulary has no words for."""
    return Reasoning("encrypted", data=bytes(raw).decode(), format=BLOCK_FORMAT)


def _read_part(raw: Raw, place: str) -> Part:  # noqa: PLR0911  one kind of block a line
    outer = Fields(raw, place)
    if not outer.rest:
        raise BadRequest(f"Invalid request: `{place}` is an empty block.")
    if "text" in outer.rest:
        text = outer.need("text", _STR)
        return KeptText(text, block=raw) if outer.rest else Text(text)
    (kind, value), *others = outer.rest.items()
    if others or bytes(value)[:1] != b"{":
        return opaque(raw)
    fields = Fields(value, f"{place}.{kind}")
    if kind in _MEDIA:
        return _MEDIA[kind](fields)
    match kind:
        case "toolUse":
            return _read_call(fields, raw)
        case "toolResult":
            return _read_result(fields, raw)
        case "reasoningContent":
            return _read_reasoning(fields, raw)
        case _:
            return _read_words(kind, fields, raw)


def _read_call(fields: Fields, raw: Raw) -> Part:
    if "type" in fields.rest:
        return opaque(raw)  # a tool that ran at Amazon
    call_id, name = fields.need("toolUseId", _STR), fields.need("name", _STR)
    arguments = bytes(fields.rest.pop("input", Raw(b"{}"))).decode()
    return KeptCall(call_id, name, arguments, rest=fields.rest) if fields.rest else ToolCall(call_id, name, arguments)


def _read_result(fields: Fields, raw: Raw) -> Part:
    if "type" in fields.rest:
        return opaque(raw)
    call_id, content = fields.need("toolUseId", _STR), fields.take("content", _LIST) or []
    parts: list[Part] = []
    for index, each in enumerate(content):
        parts.append(_read_inside(each, f"{fields.path('content')}.{index}"))
    status = fields.rest.get("status")
    is_error = _STATUS.get(_STR.decode(status)) if status is not None and bytes(status)[:1] == b'"' else None
    if is_error is not None or (status is not None and bytes(status) == b"null"):
        del fields.rest["status"]
    if fields.rest:
        return KeptResult(call_id, parts, is_error, rest=fields.rest)
    return ToolResult(call_id, parts, is_error)


def _read_inside(raw: Raw, place: str) -> Part:
    """A block within a result: JSON is words to every other dialect."""
    fields = Fields(raw, place)
    if fields.rest.keys() == {"json"}:
        return KeptText(bytes(fields.rest["json"]).decode(), block=raw)
    return _read_part(raw, place)


def _read_reasoning(fields: Fields, raw: Raw) -> Part:
    if fields.rest.keys() == {"redactedContent"}:
        data = read_redacted(fields.need("redactedContent", _STR))
        return unseal(data) or KeptReasoning("encrypted", data=data, format=FORMAT)
    inner = fields.inner("reasoningText")
    if inner is None or fields.rest or inner.rest.keys() - {"text", "signature"}:
        return opaque(raw)
    text, signature = inner.take("text", _STR) or "", inner.take("signature", _STR)
    if signature and (found := unseal(signature)) is not None:
        found.text = text
        return found
    return KeptReasoning("text", text, signature, format=FORMAT if signature else None)


def _read_words(kind: str, fields: Fields, raw: Raw) -> Part:
    """Blocks that other dialects can be told as words."""
    match kind:
        case "citationsContent":
            cited = fields.take("citations", _LIST) or []
            text = media.plain(fields.rest.get("content"))
            return KeptText(text, annotations=[read_annotation(each) for each in cited], block=raw)
        case "searchResult":
            return KeptText(media.plain(fields.rest.get("content")), block=raw)
        case "guardContent" if (inner := fields.inner("text")) is not None:
            return KeptText(inner.need("text", _STR), block=raw)
        case _:
            return opaque(raw)


# Citations, which stand in answers too.


class _Location(msgspec.Struct):
    url: str | None = None


class _Locations(msgspec.Struct):
    web: _Location | None = None


class _Words(msgspec.Struct):
    text: str | None = None


class _Citation(msgspec.Struct):
    title: str | None = None
    source: str | None = None
    sourceContent: list[_Words] | None = None  # noqa: N815  as on the wire
    location: _Locations | None = None


_CITATION = msgspec.json.Decoder(_Citation)


def read_annotation(raw: Raw) -> Annotation:
    """A citation; it stays beside what is understood of it, because it must go back as it came."""
    try:
        cited = _CITATION.decode(raw)
    except FAULTS:
        return Annotation(raw=raw)
    web = cited.location.web if cited.location is not None else None
    words = "".join(each.text for each in cited.sourceContent or () if each.text)
    return Annotation((web.url if web is not None else None) or cited.source, cited.title, words or None, raw=raw)

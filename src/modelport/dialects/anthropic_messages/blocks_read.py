"""Content blocks of requests as parts of a message; `blocks_write.py` is the other direction."""

from __future__ import annotations

import base64

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.anthropic_messages.wire import (
    BLOCK_FORMAT,
    FORMAT,
    Citation,
    KeptCall,
    KeptFile,
    KeptImage,
    KeptResult,
    KeptText,
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

__all__ = ["cache_of", "read_annotation", "read_part"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_STR = msgspec.json.Decoder(str)
_BOOL = msgspec.json.Decoder(bool)
_CITATION = msgspec.json.Decoder(Citation)
_ENCODER = msgspec.json.Encoder()


def cache_of(fields: Fields) -> CacheMark | None:
    """The cache mark; one with more to it than a lifetime is also left in `rest`, which wins when written."""
    if "cache_control" not in fields.rest:
        return None
    raw = fields.rest["cache_control"]
    mark = fields.take("cache_control", _OBJECT)
    if mark is None:
        return None
    inner = Fields(raw, fields.path("cache_control"))
    inner.take("type", _STR)
    ttl = inner.take("ttl", _STR)
    if inner.rest:
        fields.rest["cache_control"] = raw
    return CacheMark(ttl)


def read_part(raw: Raw, place: str) -> Part:  # noqa: PLR0911  one kind of block a line
    """One content block of a request.

    Raises `BadRequest`.
    """
    fields = Fields(raw, place)
    kind = fields.need("type", _STR)
    match kind:
        case "text":
            text = fields.need("text", _STR)
            cache, cited = cache_of(fields), fields.take("citations", _LIST) or []
            annotations = [read_annotation(each) for each in cited]
            if fields.rest:
                return KeptText(text, cache, annotations, fields.rest)
            return Text(text, cache, annotations)
        case "thinking":
            return _read_thinking(fields.take("thinking", _STR) or "", fields.take("signature", _STR))
        case "redacted_thinking":
            data = fields.need("data", _STR)
            return unseal(data) or Reasoning("encrypted", data=data, format=FORMAT)
        case "tool_use":
            return _read_call(fields)
        case "tool_result":
            return _read_result(fields)
        case "image":
            return _read_image(fields)
        case "document":
            return _read_document(fields)
        case "search_result":
            return KeptText(_plain(fields.rest.get("content")), block=raw)
        case _:
            return Reasoning("encrypted", data=bytes(raw).decode(), format=BLOCK_FORMAT)


def read_annotation(raw: Raw) -> Annotation:
    """A citation; it stays beside what is understood of it, because it must go back as it came."""
    try:
        citation = _CITATION.decode(raw)
    except FAULTS:
        return Annotation(raw=raw)
    url = citation.url or (citation.source if citation.type == "search_result_location" else None)
    return Annotation(url, citation.title or citation.document_title, citation.cited_text, raw=raw)


def _read_thinking(text: str, signature: str | None) -> Reasoning:
    """A thinking block, which may be a foreign one in disguise."""
    if signature and (found := unseal(signature)) is not None:
        found.text = text
        return found
    return Reasoning("text", text, signature, format=FORMAT if signature else None)


def _read_call(fields: Fields) -> ToolCall:
    call_id, name = fields.need("id", _STR), fields.need("name", _STR)
    raw = fields.rest.pop("input", Raw(b"{}"))
    arguments = bytes(raw).decode()
    return KeptCall(call_id, name, arguments, rest=fields.rest) if fields.rest else ToolCall(call_id, name, arguments)


def _read_result(fields: Fields) -> ToolResult:
    call_id = fields.need("tool_use_id", _STR)
    is_error, cache = fields.take("is_error", _BOOL), cache_of(fields)
    parts: list[Part] = []
    content = fields.rest.pop("content", None)
    if content is not None and bytes(content)[:1] == b"[":
        inner = Fields(_ENCODER.encode({"content": content}), fields.place)
        blocks = inner.need("content", _LIST)
        parts = [read_part(each, f"{fields.place}.content.{index}") for index, each in enumerate(blocks)]
    elif content is not None and bytes(content) != b"null":
        inner = Fields(_ENCODER.encode({"content": content}), fields.place)
        parts = [Text(inner.need("content", _STR))]
    if fields.rest:
        return KeptResult(call_id, parts, is_error, cache=cache, rest=fields.rest)
    return ToolResult(call_id, parts, is_error, cache=cache)


def _read_image(fields: Fields) -> Image:
    raw, cache = fields.rest.pop("source", Raw(b"{}")), cache_of(fields)
    source = Fields(raw, fields.path("source"))
    match source.take("type", _STR):
        case "base64":
            image = KeptImage(None, source.need("data", _STR), source.need("media_type", _STR), cache=cache)
        case "url":
            image = KeptImage(source.need("url", _STR), cache=cache)
        case _:
            image = KeptImage(cache=cache, rest={"source": raw})
    image.rest.update(fields.rest)
    return image


def _read_document(fields: Fields) -> File:
    raw, cache, title = fields.rest.pop("source", Raw(b"{}")), cache_of(fields), fields.take("title", _STR)
    source = Fields(raw, fields.path("source"))
    file = KeptFile(title, cache=cache)
    match source.take("type", _STR):
        case "base64":
            file.data, file.media_type = source.need("data", _STR), source.need("media_type", _STR)
        case "text":
            file.data, file.media_type = _encoded(source.need("data", _STR)), source.need("media_type", _STR)
        case "url":
            file.url = source.need("url", _STR)
        case "file":
            file.file_id = source.need("file_id", _STR)
        case "content":
            file.data, file.media_type = _encoded(_plain(source.rest.get("content"))), "text/plain"
            file.rest = {"source": raw}
        case _:
            raise BadRequest(f"Invalid request: `{fields.path('source')}` is of a kind that is not known.")
    file.rest = {**file.rest, **fields.rest}
    return file


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode(errors="replace")).decode()


class _Words(Struct):
    text: str | None = None


_WORDS = msgspec.json.Decoder(str | list[_Words])


def _plain(raw: Raw | None) -> str:
    """The words in a text or in a list of blocks."""
    try:
        words = _WORDS.decode(raw) if raw is not None else ""
    except FAULTS:
        return ""
    return words if isinstance(words, str) else "\n".join(each.text for each in words if each.text)

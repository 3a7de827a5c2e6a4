"""Parts of a message as content blocks of a request."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, UnsetType

from modelport.dialects.anthropic_messages.wire import (
    BLOCK_FORMAT,
    Citation,
    KeptCall,
    KeptFile,
    KeptImage,
    KeptResult,
    KeptText,
    is_ours,
)
from modelport.dialects.canonical import (
    Annotation,
    CacheMark,
    File,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["opaque", "returned", "write_annotation", "write_cache", "write_input", "write_part"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_CITATION = msgspec.json.Decoder(Citation)
_ENCODER = msgspec.json.Encoder()
_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_MAGIC = {"iVBOR": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
"""How base64 of pictures begins."""
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def write_cache(cache: CacheMark) -> dict[str, object]:
    """A `cache_control` object; a lifetime this dialect does not know is left to the provider."""
    return {"type": "ephemeral", "ttl": cache.ttl} if cache.ttl in {"5m", "1h"} else {"type": "ephemeral"}


def write_part(part: Part, place: str) -> dict[str, object] | Raw | None:  # noqa: PLR0911  as above
    """A content block of a request; None for what the provider must not or need not see.

    Raises `BadRequest` for parts that this dialect has no words for.
    """
    match part:
        case Text():
            return _write_text(part)
        case Refusal():
            return {"type": "text", "text": part.text} if part.text.strip() else None
        case Image():
            return _block(_image(part), part.cache, part.rest if isinstance(part, KeptImage) else {})
        case File():
            return _write_file(part, place)
        case Reasoning():
            return _write_reasoning(part)
        case ToolCall():
            call: dict[str, object] = {"type": "tool_use", "id": _id(part.id), "name": part.name}
            call["input"] = write_input(part.arguments)
            return _block(call, None, part.rest if isinstance(part, KeptCall) else {})
        case ToolResult():
            return _write_result(part, place)
        case _:
            raise BadRequest(f"`{place}`: audio and video can't be sent to this model.")


def write_input(arguments: str) -> Raw:
    """A call's arguments as the object this dialect wants, byte for byte where they are one."""
    if arguments.strip() in {"", "null"}:  # a call of a function that takes nothing
        return Raw(b"{}")
    try:
        _OBJECT.decode(arguments)
    except FAULTS:
        # Anthropic's own advice for input that was cut or is no JSON (documentation of fine-grained tool streaming).
        return Raw(_ENCODER.encode({"INVALID_JSON": arguments}))
    return Raw(arguments.encode())


def opaque(data: str | None) -> Raw | None:
    """An opaque block as it came; None for what is no block, as it may have been through a caller's hands."""
    try:
        return Raw((data or "").encode()) if "type" in _OBJECT.decode(data or "") else None
    except (*FAULTS, UnicodeEncodeError):
        return None


def write_annotation(annotation: Annotation) -> Raw:
    """A citation as callers of this dialect read it."""
    if isinstance(annotation.raw, Raw):
        try:
            if _CITATION.decode(annotation.raw).type.endswith("_location"):
                return annotation.raw
        except FAULTS:
            pass
    return Raw(
        _ENCODER.encode({
            "type": "web_search_result_location",
            "cited_text": annotation.content or "",
            "encrypted_index": "",  # required by the official SDK; only the maker of a real one could fill it
            "title": annotation.title,
            "url": annotation.url or "",
        })
    )  # fmt: skip


def _block(block: dict[str, object], cache: CacheMark | None, rest: Mapping[str, Raw]) -> dict[str, object]:
    if cache is not None:
        block["cache_control"] = write_cache(cache)
    return {**block, **rest}


def _write_text(part: Text) -> dict[str, object] | Raw | None:
    if isinstance(part, KeptText) and part.block is not None:
        return part.block
    if not part.text.strip():
        return None  # "text content blocks must contain non-whitespace text", says Anthropic
    block: dict[str, object] = {"type": "text", "text": part.text}
    if citations := [raw for each in part.annotations if (raw := returned(each.raw)) is not None]:
        block["citations"] = citations
    return _block(block, part.cache, part.rest if isinstance(part, KeptText) else {})


def returned(raw: Raw | UnsetType) -> Raw | None:
    """A citation a provider takes back: one of this dialect, and not one that we made up for the caller."""
    if not isinstance(raw, Raw):
        return None
    try:
        citation = _CITATION.decode(raw)
    except FAULTS:
        return None
    made_up = citation.type == "web_search_result_location" and not citation.encrypted_index
    return raw if citation.type.endswith("_location") and not made_up else None


def _write_reasoning(part: Reasoning) -> dict[str, object] | Raw | None:
    if part.format == BLOCK_FORMAT:
        return opaque(part.data)
    if not is_ours(part):
        return None  # a signature of another maker is refused, and so is thinking without one
    if part.kind == "encrypted":
        return {"type": "redacted_thinking", "data": part.data or ""}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}


def _write_result(part: ToolResult, place: str) -> dict[str, object]:
    block: dict[str, object] = {"type": "tool_result", "tool_use_id": _id(part.call_id)}
    content = [one for each in part.parts if (one := write_part(each, place)) is not None]
    match content:
        case [{"type": "text", "text": text, **others}] if not others:
            block["content"] = text
        case [_, *_]:
            block["content"] = content
        case _:
            pass
    if part.is_error is not None:
        block["is_error"] = part.is_error
    return _block(block, part.cache, part.rest if isinstance(part, KeptResult) else {})


def _image(part: Image) -> dict[str, object]:
    data, media_type, url = part.data, part.media_type, part.url
    if data is None and url is not None and url.startswith("data:"):
        media_type, data = _data_url(url)
    if data is not None:
        guessed = next((kind for start, kind in _MAGIC.items() if data.startswith(start)), "image/jpeg")
        return {"type": "image", "source": {"type": "base64", "media_type": media_type or guessed, "data": data}}
    return {"type": "image", "source": {"type": "url", "url": url}}


def _write_file(part: File, place: str) -> dict[str, object]:
    url, data, media_type = part.url, part.data, part.media_type
    for text in (url, data):
        if text is not None and text.startswith("data:"):
            (media_type, data), url = _data_url(text), None
    rest = part.rest if isinstance(part, KeptFile) else {}
    if part.file_id is None and "source" not in rest and _is_picture(url, media_type):
        return _block(_image(Image(url, data, media_type)), part.cache, rest)
    source: dict[str, object] = {}
    if part.file_id is not None:
        source = {"type": "file", "file_id": part.file_id}
    elif "source" not in rest and data is not None:
        source = _document_data(data, media_type or "application/pdf", place)
    elif "source" not in rest:
        if url is None:
            raise BadRequest(f"`{place}`: the file has neither data nor an address.")
        source = {"type": "url", "url": url}
    block: dict[str, object] = {"type": "document", "source": source}
    if part.filename:
        block["title"] = part.filename
    return _block(block, part.cache, rest)


def _is_picture(url: str | None, media_type: str | None) -> bool:
    if media_type is not None:
        return media_type.startswith("image/")
    return url is not None and url.lower().split("?")[0].endswith(_PICTURES)


def _document_data(data: str, media_type: str, place: str) -> dict[str, object]:
    if media_type == "application/pdf":
        return {"type": "base64", "media_type": media_type, "data": data}
    if media_type.startswith("text/") or media_type == "application/json":
        return {"type": "text", "media_type": "text/plain", "data": _decoded(data, place)}
    raise BadRequest(f"`{place}`: a file of type {media_type!r} can't be sent to this model; PDF and text can.")


def _decoded(data: str, place: str) -> str:
    try:
        return base64.b64decode("".join(data.split()), validate=True).decode()
    except ValueError as error:
        raise BadRequest(f"`{place}`: the file's data is not base64 of UTF-8 text.") from error


def _data_url(url: str) -> tuple[str | None, str]:
    head, _, data = url.partition(",")
    return head.removeprefix("data:").split(";")[0] or None, data


def _id(call_id: str) -> str:
    return _NOT_IN_ID.sub("_", call_id) or "toolu"  # other makers' ids may hold dots and colons, refused here

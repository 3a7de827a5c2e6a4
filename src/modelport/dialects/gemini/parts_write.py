"""Parts of a message as the parts of a content for a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    Audio,
    File,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.dialects.gemini.media import audio_type, guess_type, split_data_url
from modelport.dialects.gemini.wire import (
    BLOCK_FORMAT,
    UNNAMED,
    KeptAudio,
    KeptCall,
    KeptFile,
    KeptImage,
    KeptResult,
    KeptText,
    KeptVideo,
    is_ours,
    opaque,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Object", "Spelling", "sign", "write_args", "write_parts"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()

Object = dict[str, object]


class Spelling(NamedTuple):
    """What is said differently to one model and another."""

    files_in_results: bool
    """Files may stand inside a `functionResponse` (since Gemini 3); else they follow it."""
    names: Mapping[str, str]
    """The names of the functions that were called, by the ids of the calls."""


def write_parts(parts: list[Part], place: str, spelling: Spelling) -> list[Object | Raw]:
    """The parts of one content.

    Raises `BadRequest` for what this dialect has no words for.
    """
    written: list[Object | Raw] = []
    for part in parts:
        if isinstance(part, Reasoning) and part.kind == "encrypted" and part.format != BLOCK_FORMAT:
            if is_ours(part) and (part.data or part.signature):
                sign(written, part.data or part.signature or "")
        else:
            written += _write(part, place, spelling)
    return _with_loose_signatures(written)


def sign(written: list[Object | Raw], signature: str) -> None:
    """Puts a signature on the part before it, or leaves it there for the next one."""
    last = written[-1] if written else None
    if isinstance(last, dict) and "thoughtSignature" not in last and _may_be_signed(last):
        last["thoughtSignature"] = signature
    else:
        written.append({"thoughtSignature": signature})


def _may_be_signed(part: Object) -> bool:
    return ("text" in part and not part.get("thought")) or "inlineData" in part


def _with_loose_signatures(written: list[Object | Raw]) -> list[Object | Raw]:
    """Signatures before any part, as chat completions keep them, go on the next words or stand with empty ones."""
    done: list[Object | Raw] = []
    for index, part in enumerate(written):
        if isinstance(part, dict) and set(part) == {"thoughtSignature"}:
            follower = written[index + 1] if index + 1 < len(written) else None
            if isinstance(follower, dict) and "thoughtSignature" not in follower and _may_be_signed(follower):
                follower["thoughtSignature"] = part["thoughtSignature"]
            else:
                done.append({"text": "", **part})
        else:
            done.append(part)
    return done


def _write(part: Part, place: str, spelling: Spelling) -> list[Object | Raw]:
    match part:
        case Text():
            rest = part.rest if isinstance(part, KeptText) else {}
            return [{"text": part.text, **rest}] if part.text or rest else []
        case Refusal():
            return [{"text": part.text}] if part.text else []
        case Reasoning():
            return _write_reasoning(part)
        case ToolCall():
            return [_write_call(part)]
        case ToolResult():
            return _write_result(part, place, spelling)
        case _:
            return [_write_media(part, place)]


def _write_reasoning(part: Reasoning) -> list[Object | Raw]:
    if part.format == BLOCK_FORMAT:
        block = opaque(part.data)
        return [] if block is None else [block]
    if not is_ours(part):
        return []  # another maker's thoughts must not be passed off as Google's
    thought: Object = {"text": part.text, "thought": True}
    if part.signature:
        thought["thoughtSignature"] = part.signature
    return [thought] if part.text or part.signature else []


def _write_call(part: ToolCall) -> Object:
    call: Object = {}
    if part.id and not part.id.startswith(UNNAMED):
        call["id"] = part.id
    call["name"] = part.name
    call["args"] = write_args(part.arguments)
    kept = part if isinstance(part, KeptCall) else None
    written: Object = {"functionCall": call | (kept.inner if kept else {})}
    if part.signature is not None:
        written["thoughtSignature"] = part.signature
    return written | (kept.rest if kept else {})


def write_args(arguments: str) -> Raw:
    """A call's arguments as the object this dialect wants, byte for byte where they are one."""
    if arguments.strip() in {"", "null"}:  # a call of a function that takes nothing
        return Raw(b"{}")
    try:
        _OBJECT.decode(arguments)
    except FAULTS:
        # What was cut or is no object is shown to the model as it was, under a name that says so.
        return Raw(_ENCODER.encode({"INVALID_JSON": arguments}))
    return Raw(arguments.encode())


def _write_result(part: ToolResult, place: str, spelling: Spelling) -> list[Object | Raw]:
    name = part.name or spelling.names.get(part.call_id)
    if name is None:
        raise BadRequest(f"`{place}`: the result answers the call {part.call_id!r}, which no earlier message makes.")
    result: Object = {}
    if part.call_id and not part.call_id.startswith(UNNAMED):
        result["id"] = part.call_id
    result["name"] = name
    words = [each for each in part.parts if isinstance(each, Text | Refusal)]
    files = [each for each in part.parts if not isinstance(each, Text | Refusal)]
    kept = part if isinstance(part, KeptResult) else None
    if kept is None or kept.response is not None:
        raw = kept.response if kept is not None else None
        result["response"] = raw or _response("\n".join(each.text for each in words), failed=part.is_error is True)
    written = [piece for each in files for piece in _write(each, place, spelling)]
    beside: list[Object | Raw] = []
    if spelling.files_in_results or kept is not None:
        if written:
            result["parts"] = written
    else:
        beside = written
    inner: Object = {**result, **(kept.inner if kept else {})}
    return [{"functionResponse": inner, **(kept.rest if kept else {})}, *beside]


def _response(text: str, *, failed: bool) -> Raw:
    """A result's text as the object this dialect wants: itself where it is one, else under Google's own names."""
    if not failed:
        try:
            _OBJECT.decode(text)
            return Raw(text.encode())
        except FAULTS:
            pass
    return Raw(_ENCODER.encode({"error" if failed else "output": text}))


def _write_media(part: Part, place: str) -> Object:
    match part:
        case Image():
            kept = part if isinstance(part, KeptImage) else None
            written = _file(part.url, part.data, part.media_type, "image/jpeg", place)
            return _beside(written, kept.rest if kept else {}, kept.inner if kept else {})
        case Video():
            kept = part if isinstance(part, KeptVideo) else None
            written = _file(part.url, None, kept.media_type if kept else None, "video/mp4", place)
            return _beside(written, kept.rest if kept else {}, kept.inner if kept else {})
        case Audio():
            if part.data is None:
                raise BadRequest(f"`{place}`: an earlier spoken answer can't be sent to this model by its id.")
            kept = part if isinstance(part, KeptAudio) else None
            kind = (kept.media_type if kept else None) or audio_type(part.format)
            written = _file(None, part.data, kind, kind, place)
            return _beside(written, kept.rest if kept else {}, kept.inner if kept else {})
        case File():
            kept = part if isinstance(part, KeptFile) else None
            kind = part.media_type or guess_type(part.filename, part.data, "")
            written = _file(part.file_id or part.url, part.data, kind or None, "application/pdf", place)
            if kept is not None and part.filename:
                next(iter(written.values()))["displayName"] = part.filename
            return _beside(written, kept.rest if kept else {}, kept.inner if kept else {})
        case _:
            raise BadRequest(f"`{place}`: this kind of content can't be sent to this model.")


def _beside(written: dict[str, Object], rest: Mapping[str, Raw], inner: Mapping[str, Raw]) -> Object:
    return {**{name: {**value, **inner} for name, value in written.items()}, **rest}


def _file(
    url: str | None, data: str | None, media_type: str | None, otherwise: str, place: str
) -> dict[str, Object]:  # fmt: skip
    for text in (url, data):
        if text is not None and (found := split_data_url(text)) is not None:
            (kind, data), url = found, None
            media_type = kind or media_type
    if url is not None:
        file: Object = {"fileUri": url}
        if (kind := media_type or _of_address(url, otherwise)) is not None:
            file["mimeType"] = kind
        return {"fileData": file}
    if data is None:
        raise BadRequest(f"`{place}`: the file has neither data nor an address.")
    return {"inlineData": {"mimeType": media_type or guess_type(None, data, otherwise), "data": data}}


def _of_address(url: str, otherwise: str) -> str | None:
    """The media type of a file elsewhere; Google knows that of its own uploads, and Vertex AI demands it of others."""
    return None if "/v1beta/files/" in url else guess_type(url, None, otherwise)

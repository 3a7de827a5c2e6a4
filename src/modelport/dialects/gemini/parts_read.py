"""Parts of a caller's contents as parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Image, Part, Reasoning, Text, ToolCall, ToolResult
from modelport.dialects.gemini.media import audio_format
from modelport.dialects.gemini.wire import (
    BLOCK_FORMAT,
    FORMAT,
    Fields,
    KeptAudio,
    KeptCall,
    KeptFile,
    KeptImage,
    KeptResult,
    KeptText,
    KeptVideo,
    unseal,
    unsealed_signature,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LIST_OR_ONE", "read_parts", "result_text"]

_STR = msgspec.json.Decoder(str)
_BOOL = msgspec.json.Decoder(bool)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
LIST_OR_ONE = msgspec.json.Decoder(list[Raw] | dict[str, Raw])
"""Google takes one object where a list is due."""

_KINDS = frozenset({
    "codeExecutionResult", "executableCode", "fileData", "functionCall", "functionResponse", "inlineData", "text",
    "toolCall", "toolResponse",
})  # fmt: skip


def read_parts(raws: Sequence[Raw], place: str) -> list[Part]:
    """The parts of one content, thoughts that were cut by streaming as one.

    Raises `BadRequest`.
    """
    parts: list[Part] = []
    for index, raw in enumerate(raws):
        for part in _read(raw, f"{place}.{index}"):
            last = parts[-1] if parts else None
            if isinstance(part, Reasoning) and isinstance(last, Reasoning) and _goes_on(last, part):
                part.text = last.text + part.text
                parts[-1] = part
            else:
                parts.append(part)
    return parts


def _goes_on(last: Reasoning, part: Reasoning) -> bool:
    """Whether `part` is the rest of an unsigned thought; foreign thoughts are signed without words at their end."""
    if last.kind != "text" or last.format != FORMAT or last.signature is not None:
        return False
    return part.kind != "encrypted" and (part.format == FORMAT or not part.text)


def _read(raw: Raw, place: str) -> list[Part]:
    fields = Fields(raw, place)
    if "thought" in fields.rest and fields.rest["thought"] == _FALSE:
        del fields.rest["thought"]
    kind = next((name for name in fields.rest if name in _KINDS), None)
    thought = fields.rest.get("thought") == _TRUE
    if kind == "text":
        return _words(fields)
    if kind in {"inlineData", "fileData"} and not thought:
        signed = _signature(fields)
        return [_media(fields, kind), *([signed] if signed is not None else [])]
    if kind == "functionCall":
        return [_call(fields)]
    if kind == "functionResponse":
        return [_result(fields)]
    if kind is None and set(fields.rest) <= {"thoughtSignature", "thought"} and (signed := _signature(fields)):
        return [signed]
    if not fields.rest:
        raise BadRequest(f"Invalid request: `{place}` is empty; give `text`, `inlineData` or another kind of data.")
    return [Reasoning("encrypted", data=one_line(bytes(raw)).decode(), format=BLOCK_FORMAT)]


_TRUE, _FALSE = Raw(b"true"), Raw(b"false")


def _signature(fields: Fields) -> Reasoning | None:
    """A signature of its own, which is for the part before it; what we sealed is opened."""
    signature = fields.take("thoughtSignature", _STR)
    if not signature:
        return None
    return unseal(signature) or Reasoning("encrypted", data=unsealed_signature(signature), format=FORMAT)


def _words(fields: Fields) -> list[Part]:
    text, thought = fields.need("text", _STR), fields.take("thought", _BOOL)
    if thought:
        signature = fields.take("thoughtSignature", _STR) or None
        if signature and (found := unseal(signature)) is not None:
            found.text = text
            return [found]
        return [Reasoning("text", text, unsealed_signature(signature) if signature else None, format=FORMAT)]
    signed = _signature(fields)
    parts: list[Part] = []
    if text or signed is None:
        parts.append(KeptText(text, rest=fields.rest) if fields.rest else Text(text))
    if signed is not None:
        parts.append(signed)
    return parts


def _media(fields: Fields, kind: str) -> Part:
    """A file, given or pointed at, by what it is."""
    inner = fields.inner(kind)
    assert inner is not None  # an empty one is none of the kinds, and was refused
    rest = fields.rest
    if kind == "inlineData":
        url, data, media_type = None, inner.need("data", _STR), inner.need("mimeType", _STR)
    else:
        url, data, media_type = inner.need("fileUri", _STR), None, inner.take("mimeType", _STR)
    name, inside = inner.take("displayName", _STR), inner.rest
    family = (media_type or "").split("/")[0]
    if family == "image":
        if name is not None:
            inside["displayName"] = Raw(msgspec.json.encode(name))
        image = (url, data, media_type)
        return KeptImage(*image, rest=rest, inner=inside) if rest or inside else Image(*image)
    if family == "video":
        if name is not None:
            inside["displayName"] = Raw(msgspec.json.encode(name))
        return KeptVideo(url or f"data:{media_type};base64,{data}", media_type=media_type, rest=rest, inner=inside)
    if family == "audio" and data is not None and media_type is not None:
        if name is not None:
            inside["displayName"] = Raw(msgspec.json.encode(name))
        return KeptAudio(data, audio_format(media_type), media_type=media_type, rest=rest, inner=inside)
    return KeptFile(name, url, data, media_type=media_type, rest=rest, inner=inside)


def _call(fields: Fields) -> ToolCall:
    """A call; without an id it is given one later, when the whole conversation is known."""
    inner = fields.inner("functionCall")
    if inner is None:
        raise BadRequest(f"Invalid request: `{fields.path('functionCall')}` is required.")
    call_id, name = inner.take("id", _STR) or "", inner.need("name", _STR)
    raw = inner.raw("args")
    if raw is not None and bytes(raw)[:1] != b"{":
        raise BadRequest(f"Invalid request: `{inner.path('args')}` must be an object.")
    arguments = "{}" if raw is None else one_line(bytes(raw)).decode()
    signature = fields.take("thoughtSignature", _STR) or None
    signature = unsealed_signature(signature) if signature else None
    fields.rest.pop("thought", None)
    if fields.rest or inner.rest:
        return KeptCall(call_id, name, arguments, signature, fields.rest, inner.rest)
    return ToolCall(call_id, name, arguments, signature)


def _result(fields: Fields) -> ToolResult:
    inner = fields.inner("functionResponse")
    if inner is None:
        raise BadRequest(f"Invalid request: `{fields.path('functionResponse')}` is required.")
    call_id, name = inner.take("id", _STR) or "", inner.need("name", _STR)
    response = inner.raw("response")
    if response is not None and bytes(response)[:1] != b"{":
        raise BadRequest(f"Invalid request: `{inner.path('response')}` must be an object.")
    text, failed = result_text(response) if response is not None else (None, False)
    parts: list[Part] = [] if text is None else [Text(text)]
    found = inner.take("parts", LIST_OR_ONE)
    if found is not None:
        parts += read_parts(_listed(found), inner.path("parts"))
    return KeptResult(
        call_id, parts, failed or None, name, response=response, rest=fields.rest, inner=inner.rest
    )  # fmt: skip


def _listed(found: list[Raw] | dict[str, Raw]) -> list[Raw]:
    return found if isinstance(found, list) else [Raw(msgspec.json.encode(found))]


def result_text(response: Raw) -> tuple[str | None, bool]:
    """What a call gave, as text, and whether that is an error.

    Google reads `output` and `error` in the object so; `result` and `return_value` are what SDKs write.
    """
    try:
        fields = _OBJECT.decode(response)
        if len(fields) == 1:
            name, value = next(iter(fields.items()))
            if name in {"output", "result", "error", "return_value"} and bytes(value)[:1] == b'"':
                return _STR.decode(value), name == "error"
        return (one_line(bytes(response)).decode() if fields else None), False
    except FAULTS as error:
        raise BadRequest(f"Invalid request: a `functionResponse.response` can't be read: {error}") from error

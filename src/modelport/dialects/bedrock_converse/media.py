"""Pictures, documents, films and sound: their formats, their sources, and the names that documents must have.

Formats and the rule for names are those of the service model (`ImageFormat`, `DocumentBlock`, ...; AWS's API reference,
`DocumentBlock.name`: letters, digits, single spaces, hyphens and brackets; verified 2026-11-25).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.bedrock_converse.wire import KeptAudio, KeptFile, KeptImage, KeptVideo
from modelport.dialects.canonical import Audio, File, Image, Video
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.dialects.canonical import Fields

__all__ = [
    "data_url",
    "plain",
    "read_audio",
    "read_document",
    "read_image",
    "read_video",
    "write_audio",
    "write_file",
    "write_image",
    "write_video",
]

_IMAGES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": _OFFICE + "wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": _OFFICE + "spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
_VIDEOS = {
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "wmv": "video/x-ms-wmv",
    "three_gp": "video/3gpp",
}
_ALIASES = {"image/jpg": "image/jpeg", "application/json": "text/plain"}
_MAGIC = {"iVBOR": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
"""How base64 of pictures begins."""
_PDF = "JVBERi0"
"""And that of a PDF."""
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9()\[\]-]+")
_LONGEST_NAME = 200

_Source = dict[str, str | dict[str, str]]

_STR = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()


class _Words(Struct):
    text: str | None = None


_WORDS = msgspec.json.Decoder(list[_Words])


# Reading.


def read_image(fields: Fields) -> Image:
    """An `image`. Raises `BadRequest`, as all readers here do."""
    data, url, rest = _read_source(fields)
    media_type = _media_type(fields, _IMAGES, rest)
    return KeptImage(url, data, media_type, rest={**rest, **fields.rest})


def read_document(fields: Fields) -> File:
    """A `document`; its name, valid or not, is kept as it is beside what other dialects see."""
    data, url, rest = _read_source(fields)
    media_type = _media_type(fields, _DOCUMENTS, rest)
    name = fields.need("name", _STR)
    rest["name"] = Raw(_ENCODER.encode(name))
    return KeptFile(name, url, data, None, media_type, rest={**rest, **fields.rest})


def read_video(fields: Fields) -> Video:
    """A `video`."""
    data, url, rest = _read_source(fields)
    given = fields.rest.get("format")
    media_type = _media_type(fields, _VIDEOS, rest)
    if url is not None and given is not None:
        rest["format"] = given  # an address alone does not say it
    return KeptVideo(url or data_url(media_type or "video/mp4", data or ""), rest={**rest, **fields.rest})


def read_audio(fields: Fields) -> Audio:
    """An `audio`."""
    data, url, rest = _read_source(fields)
    if url is not None and "source" not in rest:
        rest["source"] = Raw(_ENCODER.encode({"s3Location": {"uri": url}}))
    return KeptAudio(data, fields.take("format", _STR), rest={**rest, **fields.rest})


def plain(raw: Raw | None) -> str:
    """The words in a list of blocks."""
    try:
        words = _WORDS.decode(raw) if raw is not None else []
    except FAULTS:
        return ""
    return "\n".join(each.text for each in words if each.text)


def data_url(media_type: str, data: str) -> str:
    """Base64 as an address."""
    return f"data:{media_type};base64,{data}"


def _read_source(fields: Fields) -> tuple[str | None, str | None, dict[str, Raw]]:
    """The bytes as base64, or the address; with the source itself where these do not say all of it."""
    raw = fields.rest.get("source")
    source = fields.inner("source")
    if raw is None or source is None:
        raise BadRequest(f"Invalid request: `{fields.path('source')}` is required.")
    data = source.take("bytes", _STR)
    url = None
    if (place := source.inner("s3Location")) is not None:
        url = place.need("uri", _STR)
        source.rest.update(place.rest)  # whose bucket it is
    if not source.rest:
        return data, url, {}
    words = source.take("text", _STR) or plain(source.rest.get("content"))
    if data is None and words:
        data = base64.b64encode(words.encode(errors="replace")).decode()
    return data, url, {"source": raw}


def _media_type(fields: Fields, known: Mapping[str, str], rest: dict[str, Raw]) -> str | None:
    """What `format` stands for; the format itself is kept where that does not lead back to it."""
    given = fields.take("format", _STR)
    if given is not None and given not in known:
        rest["format"] = Raw(_ENCODER.encode(given))
    return known.get(given or "")


# Writing.


def write_image(part: Image, place: str) -> dict[str, object]:
    """An `image` block. Raises `BadRequest` for a picture that Bedrock would have to fetch, as all writers here do."""
    rest = part.rest if isinstance(part, KeptImage) else {}
    media_type, source = _source(part.url, part.data, part.media_type, rest, f"`{place}`: the image")
    if media_type is None and isinstance(data := source.get("bytes"), str):
        media_type = next((kind for start, kind in _MAGIC.items() if data.startswith(start)), "image/jpeg")
    block = {"format": _format(_IMAGES, media_type, source, rest, f"`{place}`: the image"), "source": source, **rest}
    return {"image": block}


def write_file(part: File, place: str, names: set[str]) -> dict[str, object]:
    """A `document` block, or what the file really is; `names` are those that are taken in this request."""
    rest = part.rest if isinstance(part, KeptFile) else {}
    if part.file_id is not None:
        raise BadRequest(f"`{place}`: this provider keeps no files; send the file's data.")
    media_type, source = _source(part.url, part.data, part.media_type, rest, f"`{place}`: the file")
    kind = (media_type or "").partition("/")[0]
    if kind == "image":
        return write_image(Image(part.url, part.data, part.media_type), place)
    if kind == "video":
        return write_video(Video(part.url or data_url(media_type or "", part.data or "")), place)
    stem, _, ending = (part.filename or "").rpartition(".")
    known = ending.lower() in _DOCUMENTS
    if media_type not in _DOCUMENTS.values() and known:
        media_type = _DOCUMENTS[ending.lower()]
    if media_type is None and str(source.get("bytes", "")).startswith(_PDF):
        media_type = "application/pdf"
    if kind == "text" and media_type not in _DOCUMENTS.values():
        media_type = "text/plain"
    block: dict[str, object] = {}
    # A caller of this dialect may leave the format away (the service then looks at the bytes): so do we.
    if media_type is not None or not isinstance(part, KeptFile):
        block["format"] = _format(_DOCUMENTS, media_type, source, rest, f"`{place}`: the file")
    name = "" if "name" in rest else _name(stem if known else part.filename or "", names)
    return {"document": {**block, "name": name, "source": source, **rest}}


def write_video(part: Video, place: str) -> dict[str, object]:
    """A `video` block."""
    rest = part.rest if isinstance(part, KeptVideo) else {}
    media_type, source = _source(part.url, None, None, rest, f"`{place}`: the film")
    block = {"format": _format(_VIDEOS, media_type, source, rest, f"`{place}`: the film"), "source": source, **rest}
    return {"video": block}


def write_audio(part: Audio, place: str) -> dict[str, object]:
    """An `audio` block."""
    rest = part.rest if isinstance(part, KeptAudio) else {}
    if part.data is None and "source" not in rest:
        raise BadRequest(f"`{place}`: an earlier spoken answer can't be sent to this model.")
    block: dict[str, object] = {"source": {"bytes": part.data}, **rest}
    return {"audio": {"format": part.format or "wav", **block}}


def _source(
    url: str | None, data: str | None, media_type: str | None, rest: Mapping[str, Raw], what: str
) -> tuple[str | None, _Source]:
    """The media type as far as it is known, and the `source`."""
    for text in (url, data):
        if text is not None and text.startswith("data:"):
            head, _, data = text.partition(",")
            media_type, url = head.removeprefix("data:").split(";")[0] or media_type, None
            break
    media_type = _ALIASES.get(media_type or "", media_type)
    if "source" in rest:
        return media_type, {}
    if data is not None:
        return media_type, {"bytes": data}
    if url is not None and url.startswith("s3://"):
        return media_type, {"s3Location": {"uri": url}}
    raise BadRequest(f"{what} must be sent as data (a `data:` URL) or lie in S3: this provider fetches nothing else.")


def _format(
    known: Mapping[str, str], media_type: str | None, source: _Source, rest: Mapping[str, Raw], what: str
) -> str:
    if "format" in rest:
        return ""  # written with the rest
    by_type = {kind: name for name, kind in known.items()}
    if media_type is None and isinstance(place := source.get("s3Location"), dict):
        ending = place["uri"].rpartition(".")[2].lower()
        media_type = known.get({"jpg": "jpeg", "mpg": "mpeg", "3gp": "three_gp"}.get(ending, ending))
    if media_type not in by_type:
        raise BadRequest(f"{what} is of type {media_type or 'unknown'}; this provider takes {', '.join(known)}.")
    return by_type[media_type]


def _name(wanted: str, names: set[str]) -> str:
    """A name that the service takes, and that no other document of the request has."""
    stem = name = _NOT_IN_NAME.sub(" ", wanted)[:_LONGEST_NAME].strip() or "Document"
    count = 1
    while name in names:
        count += 1
        name = f"{stem[: _LONGEST_NAME - 8]} {count}"
    names.add(name)
    return name

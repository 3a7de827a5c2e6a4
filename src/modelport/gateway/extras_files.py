"""Files in a prompt, read to text for models that take none (`behaviour.md` section 14).

What was read goes back with the answer as annotations; a caller who sends those again spares the reading.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from modelport.dialects.canonical import File, Text, ToolResult
from modelport.errors import BadRequest
from modelport.kit.pdf_text import Unreadable, pages_of
from modelport.upstream.fetching import Fetcher, NotFetched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.snapshot import Model
    from modelport.dialects.canonical import Message, Part
    from modelport.gateway.services import Services

__all__ = ["has_files", "must_read", "read_out", "read_out_parts"]

_ENGINES: Final = frozenset({"pdf-text", "cloudflare-ai"})
"""`cloudflare-ai` is the reference's name for what it has in place of `pdf-text`: both are read here."""
_MOST: Final = 10
"""Files that are read for one request."""
_SECONDS: Final = 15.0


class _File(msgspec.Struct):
    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class _Part(msgspec.Struct):
    type: str
    file: _File | None = None


class _Words(msgspec.Struct):
    text: str


class _Noted(msgspec.Struct):
    """A file in an annotation."""

    hash: str
    content: list[Raw]
    name: str | None = None


class _Annotation(msgspec.Struct):
    type: str
    file: _Noted | None = None


_MESSAGES: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_PARTS: Final = msgspec.json.Decoder(list[Raw])
_WORDS: Final = msgspec.json.Decoder(_Words)
_PART: Final = msgspec.json.Decoder(_Part)
_ANNOTATION: Final = msgspec.json.Decoder(_Annotation)


def must_read(engine: str | None, models: Sequence[Model]) -> bool:
    """Whether files are read here. Raises `BadRequest` for an engine that is not here."""
    if engine == "native":
        return False
    if engine in _ENGINES:
        return True
    if engine is not None:
        raise BadRequest(
            f"`plugins`: `file-parser` has no engine {engine[:50]!r} on this server; `pdf-text` and `native` are known."
        )
    return any("file" not in model.architecture.input_modalities for model in models)


async def read_out(raw: Raw, services: Services) -> tuple[list[dict[str, Raw]] | None, list[Raw]]:
    """The messages with the text of PDFs in their place, and what was read; None where there is none to be read.

    Raises `BadRequest` that names the place.
    """
    messages = _MESSAGES.decode(raw)
    known = _known(messages)
    reading = _Reading(services, known)
    for index, message in enumerate(messages):
        content = message.get("content")
        if content is None or not bytes(content).lstrip().startswith(b"["):
            continue
        parts: list[object] = []
        for number, part in enumerate(_PARTS.decode(content)):
            parts += await reading.of(part, f"messages.{index}.content.{number}")
        message["content"] = Raw(msgspec.json.encode(parts))
    return (messages if reading.count or known else None), reading.annotations


async def read_out_parts(messages: list[Message], services: Services) -> list[Message] | None:
    """The same of canonical messages, whose dialects have no field for what was read; None where nothing was."""
    reading = _Reading(services, {})
    read = [
        replace(message, parts=await reading.parts(message.parts, f"messages.{index}"))
        for index, message in enumerate(messages)
    ]
    return read if reading.count else None


def has_files(messages: list[Message]) -> bool:
    """Whether there is a file in them."""
    return any(_has_file(message.parts) for message in messages)


def _has_file(parts: list[Part]) -> bool:
    return any(isinstance(part, File) or (isinstance(part, ToolResult) and _has_file(part.parts)) for part in parts)


def _known(messages: list[dict[str, Raw]]) -> dict[str, _Noted]:
    """Files that were read for an earlier turn, by their hash; taken out of the messages, whose model reads text."""
    known: dict[str, _Noted] = {}
    for message in messages:
        raw = message.get("annotations")
        if raw is None or b'"file"' not in bytes(raw):
            continue
        try:
            for each in _PARTS.decode(raw):
                annotation = _ANNOTATION.decode(each)
                if annotation.file is not None:
                    known[annotation.file.hash] = annotation.file
        except msgspec.DecodeError as error:
            raise BadRequest(f"Invalid request: `messages`: annotations of a file: {error}") from error
        del message["annotations"]
    return known


class _Reading:
    """The files of one request."""

    def __init__(self, services: Services, known: dict[str, _Noted]) -> None:
        self._services = services
        self._known = known
        self._left = services.settings.fetch_limit
        self.count = 0
        self.annotations: list[Raw] = []

    async def of(self, raw: Raw, place: str) -> Sequence[object]:
        """What stands in the place of a part: itself, unless it is a PDF."""
        if b'"file"' not in bytes(raw):
            return [raw]
        try:
            file = _PART.decode(raw).file
        except msgspec.DecodeError as error:
            raise BadRequest(f"Invalid request: `{place}`: {error}") from error
        if file is None or file.file_data is None:
            return [raw]
        texts = await self.texts(file.file_data, file.filename, place, f"{place}.file.file_data")
        return [raw] if texts is None else texts

    async def parts(self, parts: list[Part], place: str) -> list[Part]:
        """The same of canonical parts, those of results included."""
        read: list[Part] = []
        for number, part in enumerate(parts):
            here = f"{place}.{number}"
            if isinstance(part, ToolResult):
                read.append(replace(part, parts=await self.parts(part.parts, here)))
                continue
            texts = None
            if isinstance(part, File) and (given := part.data or part.url) and "pdf" in (part.media_type or "pdf"):
                texts = await self.texts(given, part.filename, here, here)
            read += [part] if texts is None else [Text(_WORDS.decode(text).text) for text in texts]
        return read

    async def texts(self, given: str, filename: str | None, place: str, data_place: str) -> list[Raw] | None:
        """What a PDF says, as text parts; None for what is no PDF. `given` is its address or its data."""
        data = await self._data(given, place, data_place)
        if not data[:1024].lstrip().startswith(b"%PDF"):
            return None
        self.count += 1
        if self.count > _MOST:
            raise BadRequest(f"`{place}`: more than {_MOST} files are not read for one request.")
        name, digest = filename or "file.pdf", sha256(data).hexdigest()
        noted = self._known.get(digest)
        if noted is None:
            noted = self._known[digest] = await self._read(data, name, digest, place)
        self._note(noted)
        return noted.content

    async def _read(self, data: bytes, name: str, digest: str, place: str) -> _Noted:
        try:
            pages = await pages_of(data)
        except Unreadable as error:
            raise BadRequest(f"`{place}`: the file {name[:100]!r} can't be read: {error}.") from None
        texts = [f'<file name="{name}">', *(page for page in pages if page), "</file>"]
        return _Noted(digest, [_text(each) for each in texts], name)

    def _note(self, noted: _Noted) -> None:
        told: dict[str, Any] = {"hash": noted.hash, "name": noted.name, "content": noted.content}
        self.annotations.append(Raw(msgspec.json.encode({"type": "file", "file": told})))

    async def _data(self, given: str, place: str, data_place: str) -> bytes:
        if given.startswith(("https://", "http://")):
            fetcher = Fetcher(self._services.outbound, private=self._services.settings.private_addresses)
            try:
                fetched = await fetcher.fetch(given, limit=self._left, seconds=_SECONDS)
            except NotFetched as error:
                raise BadRequest(f"`{place}`: {given[:200]!r} can't be fetched: {error}.") from None
            self._left -= len(fetched.data)
            return fetched.data
        try:
            return b64decode(given.rpartition(",")[2] if given.startswith("data:") else given, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest(f"`{data_place}`: the data is no base64.") from None


def _text(text: str) -> Raw:
    return Raw(msgspec.json.encode({"type": "text", "text": text}))

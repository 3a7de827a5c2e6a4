"""Media types: how sound, pictures and documents are called here and elsewhere."""

from __future__ import annotations

__all__ = ["audio_format", "audio_type", "guess_type", "split_data_url", "spoken_type"]

_AUDIO = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
}
"""Formats in the reference's words (`behaviour.md` section 14)."""

_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "m4a": "audio/mp4",
    "pcm16": "audio/L16;codec=pcm;rate=24000",
    "pcm24": "audio/L24;rate=24000",
}

_ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "htm": "text/html",
    "xml": "text/xml",
    "json": "application/json",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
}

_BEGINNINGS = {
    "iVBOR": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBER": "application/pdf",
}
"""How base64 of some files begins."""

_SPOKEN = {"UklGR": "audio/wav", "SUQz": "audio/mpeg", "//": "audio/mpeg", "T2dn": "audio/ogg", "ZkxhQ": "audio/flac"}


def audio_format(media_type: str) -> str:
    """The reference's word for a kind of sound."""
    plain = media_type.split(";", maxsplit=1)[0].strip().lower()
    return "pcm16" if plain == "audio/l16" else _AUDIO.get(plain, plain.removeprefix("audio/"))


def audio_type(form: str | None) -> str:
    """The media type of the reference's word; MP3 where nothing is said."""
    return _TYPES.get(form or "mp3", f"audio/{form}")


def spoken_type(data: str) -> str:
    """The media type of a spoken answer; without a header it is 16 bits at 24 kHz, as Google and OpenAI send it."""
    return next((kind for start, kind in _SPOKEN.items() if data.startswith(start)), _TYPES["pcm16"])


def guess_type(name: str | None, data: str | None, otherwise: str) -> str:
    """The media type of a file by the end of its name or address, or by how its base64 begins."""
    ending = (name or "").split("?")[0].split("#")[0].rpartition(".")[2].lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    return next((kind for start, kind in _BEGINNINGS.items() if data and data.startswith(start)), otherwise)


def split_data_url(url: str) -> tuple[str | None, str] | None:
    """Media type and base64 of a `data:` URL; None for another address."""
    if not url.startswith("data:"):
        return None
    head, _, data = url.partition(",")
    return head.removeprefix("data:").removesuffix(";base64") or None, data

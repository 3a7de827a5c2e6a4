"""Names and types of the Gemini API, and what this dialect adds to the shared vocabulary.

Google takes every field in `camelCase` and in `snake_case`; here both are read and the first is written. What the
shared vocabulary has no words for is not lost: fields of a known part ride along in the `Kept` types below (other
dialects see the plain type), and whole parts of a kind known here only (executed code, server-side tools, ...) travel
as opaque reasoning of `BLOCK_FORMAT`, in their place and byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from modelport.dialects.canonical import (
    Audio,
    File,
    Image,
    Reasoning,
    ReasoningOptions,
    ResponseFormat,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.dialects.canonical import Fields as AnyFields
from modelport.kit.raw_json import FAULTS

__all__ = [
    "BLOCK_FORMAT",
    "FORMAT",
    "GATEWAY_FIELDS",
    "UNNAMED",
    "Fields",
    "KeptAudio",
    "KeptCall",
    "KeptFile",
    "KeptFormat",
    "KeptImage",
    "KeptResult",
    "KeptText",
    "KeptTool",
    "KeptVideo",
    "Thinking",
    "camel",
    "is_ours",
    "is_plain",
    "opaque",
    "seal",
    "sealed_signature",
    "unseal",
    "unsealed_signature",
]

FORMAT = "google-gemini-v1"
"""Whose thoughts and signatures are, in the reference's words (`behaviour.md` section 11)."""

BLOCK_FORMAT = "gemini-block-v1"
"""Format of an opaque part: its `data` is the part's JSON. Ours; the reference has no name for it."""

UNNAMED = "call_unnamed_"
"""How the ids begin that are made up for a caller's calls without one; they are left out again when written."""

GATEWAY_FIELDS = frozenset({
    "debug", "fallbacks", "max_tool_calls", "models", "plugins", "preset", "provider", "route", "session_id",
    "stop_server_tools_when", "trace", "transforms", "usage", "user",
})  # fmt: skip
"""Fields meant for the gateway (`behaviour.md` section 2), kept in `Request.extra` and never sent on."""

_SEAL = b"openrouter.reasoning:"
"""How a foreign reasoning detail hides in `thoughtSignature`, which the official SDK decodes as base64."""
_SEALED_TEXT = b"modelport.signature:"
"""The same for a call's signature that is no base64."""

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()
_SNAKE = re.compile(r"_([a-z0-9])")


# Parts and options with what only this dialect says of them. `rest` is beside the content, `inner` in its object.


class KeptText(Text, tag="text"):
    """Words with fields beside them."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptImage(Image, tag="image"):
    """A picture with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    inner: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptFile(File, tag="file"):
    """A document with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    inner: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptAudio(Audio, tag="audio"):
    """Sound with its media type as it was spelled."""

    media_type: str | None = None
    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    inner: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptVideo(Video, tag="video"):
    """A film with its media type and, in `rest`, its clipping."""

    media_type: str | None = None
    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    inner: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptCall(ToolCall, tag="tool_call"):
    """A call with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    inner: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptResult(ToolResult, tag="tool_result"):
    """A result with the object it came as."""

    response: Raw | None = None
    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    inner: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptTool(Tool):
    """A function with fields beside it, such as `parameters` in Google's own kind of schema."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptFormat(ResponseFormat):
    """A layout with the fields of `generationConfig` that it was read from."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class Thinking(ReasoningOptions):
    """Reasoning options with the `thinkingConfig` they were read from."""

    config: Raw | None = None


class _Detail(Struct, omit_defaults=True):
    """A reasoning detail in the reference's words, to be sealed."""

    type: str
    data: str | None = None
    signature: str | None = None
    id: str | None = None
    format: str | None = None
    index: int | None = None


_DETAIL = msgspec.json.Decoder(_Detail)


def camel(name: str) -> str:
    """A field's name as it is written here."""
    return _SNAKE.sub(lambda found: found[1].upper(), name)


class Fields(AnyFields):
    """The same by their `camelCase` names, whichever way a caller spells them."""

    def __init__(self, raw: Raw | bytes, place: str) -> None:
        super().__init__(raw, place)
        self.rest = {name if name in GATEWAY_FIELDS else camel(name): value for name, value in self.rest.items()}


# Foreign reasoning in the disguise of ours.


def seal(block: Reasoning) -> str:
    """All of a foreign reasoning block but its words, as base64 that callers send back unread."""
    detail = _Detail(f"reasoning.{block.kind}", block.data, block.signature, block.id, block.format, block.index)
    return base64.b64encode(_SEAL + _ENCODER.encode(detail)).decode()


def unseal(signature: str) -> Reasoning | None:
    """The foreign reasoning that `seal` hid, or None when it is none."""
    data = _bytes(signature)
    if data is None or not data.startswith(_SEAL):
        return None
    try:
        detail = _DETAIL.decode(data[len(_SEAL) :])
    except FAULTS:
        return None
    kind = {"reasoning.summary": "summary", "reasoning.encrypted": "encrypted"}.get(detail.type, "text")
    known: Any = kind  # one of the three literals
    return Reasoning(known, "", detail.signature, detail.data, detail.id, detail.format, detail.index)


def sealed_signature(signature: str) -> str:
    """A signature as the official SDK can carry it: itself where it is base64."""
    if _bytes(signature) is not None:
        return signature
    return base64.b64encode(_SEALED_TEXT + signature.encode(errors="surrogatepass")).decode()


def unsealed_signature(signature: str) -> str:
    """The signature that was given to `sealed_signature`."""
    data = _bytes(signature)
    if data is None or not data.startswith(_SEALED_TEXT):
        return signature
    return data[len(_SEALED_TEXT) :].decode(errors="replace")


def _bytes(text: str) -> bytes | None:
    """What base64 of either alphabet stands for; the SDK sends back the other one than it was given."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


def opaque(data: str | None) -> Raw | None:
    """An opaque part as it came; None for what is no object, as it may have been through a caller's hands."""
    try:
        text = (data or "").encode()
        return Raw(text) if _OBJECT.decode(text) else None
    except (*FAULTS, UnicodeEncodeError):
        return None


def is_ours(block: Reasoning) -> bool:
    """Whether a block of reasoning is one of this dialect's, so that a provider of it takes it back."""
    if block.format is None or block.format == "unknown":
        return bool(block.signature or block.data)
    return block.format == FORMAT


def is_plain(block: Reasoning) -> bool:
    """Whether a block can be shown to a caller as it is, because nothing but words would be lost."""
    if block.format == FORMAT:
        return block.kind == "encrypted" or (block.id is None and block.data is None)
    marks = (block.signature, block.data, block.id)
    return block.format in {None, "unknown"} and block.kind != "encrypted" and not any(marks)

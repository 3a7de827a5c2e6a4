"""The wire types of Converse, and what this dialect adds to the shared vocabulary.

A block is an object with one field, whose name says what the block is. What the shared vocabulary has no words for is
not lost: fields of a known block ride along in `rest` of the `Kept` types below, and whole blocks of a kind known here
only (tools run by Amazon and their results, ...) travel as opaque reasoning of `BLOCK_FORMAT`, in their place.
"""

from __future__ import annotations

import base64
import binascii
from typing import Literal

import msgspec
from msgspec import Raw, Struct, field

from modelport.dialects.canonical import (
    Audio,
    File,
    Image,
    Message,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.kit.raw_json import FAULTS

__all__ = [
    "BLOCK_FORMAT",
    "CALL_SIGNATURE",
    "FORMAT",
    "InPlaceSystem",
    "KeptAudio",
    "KeptCall",
    "KeptFile",
    "KeptImage",
    "KeptReasoning",
    "KeptResult",
    "KeptText",
    "KeptTool",
    "KeptVideo",
    "is_plain",
    "read_redacted",
    "seal",
    "unseal",
    "write_redacted",
]

FORMAT = "anthropic-claude-v1"
"""Whose signed or hidden reasoning is (`behaviour.md` section 11): of the models here only Claude marks its own."""

BLOCK_FORMAT = "bedrock-block-v1"
"""Format of an opaque block: its `data` is the block's JSON. Ours; the reference has no name for it."""

CALL_SIGNATURE = "modelport.tool_signature"
"""Type of a sealed signature that belongs to the tool call named by `id`."""

_BYTES = "modelport.bytes:"
_SEAL = "openrouter.reasoning:"
"""How a foreign reasoning detail hides in a signature, as the reference does on its Messages door."""

_ENCODER = msgspec.json.Encoder()


# Parts with what only this dialect says of them.


class KeptText(Text, tag="text"):
    """Words that came as another block: JSON of a tool, a search result, something to be guarded, cited words."""

    block: Raw | None = None


class KeptImage(Image, tag="image"):
    """A picture with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptFile(File, tag="file"):
    """A document with its name as it was given, its context and citation settings."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptVideo(Video, tag="video"):
    """A film with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptAudio(Audio, tag="audio"):
    """Sound with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptCall(ToolCall, tag="tool_call"):
    """A call with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptResult(ToolResult, tag="tool_result"):
    """A result with fields beside it, or with a `status` of another kind."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptReasoning(Reasoning, tag="reasoning"):
    """Reasoning that a caller of this dialect sent back: it goes on, signed or not."""


class KeptTool(Tool):
    """A function with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class InPlaceSystem(Message):
    """A system message that stood among the turns, and goes back there."""


class _Detail(Struct, omit_defaults=True):
    """A reasoning detail in the reference's words, to be sealed."""

    type: Literal["reasoning.text", "reasoning.summary", "reasoning.encrypted", "modelport.tool_signature"]
    data: str | None = None
    signature: str | None = None
    id: str | None = None
    format: str | None = None
    index: int | None = None


_DETAIL = msgspec.json.Decoder(_Detail)
_KINDS: dict[str, Literal["text", "summary", "encrypted"]] = {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    "reasoning.encrypted": "encrypted",
}


# Reasoning in disguise, and hidden reasoning.


def seal(block: Reasoning) -> str:
    """All of a foreign reasoning block but its words, in one opaque text that callers send back unread."""
    kind = "modelport.tool_signature" if block.format == CALL_SIGNATURE else _kind_of(block)
    detail = _Detail(kind, block.data, block.signature, block.id, block.format, block.index)
    return _SEAL + base64.b64encode(_ENCODER.encode(detail)).decode()


def _kind_of(block: Reasoning) -> Literal["reasoning.text", "reasoning.summary", "reasoning.encrypted"]:
    match block.kind:
        case "text":
            return "reasoning.text"
        case "summary":
            return "reasoning.summary"
        case "encrypted":
            return "reasoning.encrypted"


def unseal(sealed: str) -> Reasoning | None:
    """The foreign reasoning that `seal` hid, or None when it is none."""
    if not sealed.startswith(_SEAL):
        return None
    try:
        detail = _DETAIL.decode(base64.b64decode(sealed[len(_SEAL) :], validate=True))
    except (*FAULTS, binascii.Error, ValueError):
        return None
    if detail.type == CALL_SIGNATURE:
        return Reasoning("encrypted", "", detail.signature, None, detail.id, CALL_SIGNATURE)
    kind = _KINDS[detail.type]
    return Reasoning(kind, "", detail.signature, detail.data, detail.id, detail.format, detail.index)


def is_plain(block: Reasoning) -> bool:
    """Whether a block can be shown to a caller as it is, because nobody else's marks are on it."""
    return block.kind != "summary" and block.format in {None, "unknown", FORMAT}


def read_redacted(blob: str) -> str:
    """Hidden reasoning as its maker wrote it: JSON holds the bytes of that text once more as base64.

    What is no text under the base64 keeps it, with a mark, so that it can be sent back as it came.
    """
    try:
        text = base64.b64decode(blob, validate=True).decode()
    except (binascii.Error, ValueError):
        return _BYTES + blob
    return text if text and write_redacted(text) == blob else _BYTES + blob


def write_redacted(data: str) -> str:
    """The same the other way."""
    if data.startswith(_BYTES):
        return data[len(_BYTES) :]
    return base64.b64encode(data.encode()).decode()

"""The wire types of Anthropic Messages, and what this dialect adds to the shared vocabulary.

What the shared vocabulary has no words for is not lost: fields of a known block ride along in `rest` of the `Kept`
types below (other dialects see the plain type), and whole blocks of a kind known here only (server tools and their
results, compaction, ...) travel as opaque reasoning of `BLOCK_FORMAT`, in their place and byte for byte.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from modelport.dialects.canonical import (
    File,
    Image,
    Message,
    Reasoning,
    ReasoningOptions,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from modelport.kit.raw_json import FAULTS

__all__ = [
    "ADAPTIVE",
    "ALWAYS",
    "BLOCK_FORMAT",
    "CALL_SIGNATURE",
    "EAGER",
    "FORMAT",
    "GATEWAY_FIELDS",
    "NO_PREFILL",
    "NO_THINKING",
    "Citation",
    "InPlaceSystem",
    "KeptCall",
    "KeptFile",
    "KeptImage",
    "KeptResult",
    "KeptText",
    "KeptTool",
    "Thinking",
    "UpstreamUsage",
    "is_ours",
    "is_plain",
    "is_sealed",
    "seal",
    "unseal",
]

FORMAT = "anthropic-claude-v1"
"""Whose thinking blocks are, in the reference's words (`behaviour.md` section 11)."""

BLOCK_FORMAT = "anthropic-block-v1"
"""Format of an opaque block: its `data` is the block's JSON. Ours; the reference has no name for it."""

CALL_SIGNATURE = "modelport.tool_signature"
"""Type of a sealed signature that belongs to the tool call named by `id`."""

GATEWAY_FIELDS = frozenset({
    "debug", "deferred_tools", "fallbacks", "image_config", "include_reasoning", "max_tool_calls", "models", "plugins",
    "preset", "provider", "route", "session_id", "stop_server_tools_when", "trace", "transforms", "usage", "user",
})  # fmt: skip
"""Fields meant for the gateway (`behaviour.md` section 17), kept in `Request.extra`; sent on to a provider that is a
gateway itself and keeps them."""

ADAPTIVE, EAGER, ADAPTIVE_ONLY = "adaptive_thinking", "eager_input_streaming", "adaptive_only"
NO_THINKING, ALWAYS, NO_PREFILL = "no_thinking", "always_thinking", "no_prefill"
"""Quirks of providers; `request.QUIRKS` says what they mean."""

_SEAL = "openrouter.reasoning:"
"""How a foreign reasoning detail hides in `signature` or `data`, as the reference does on its Messages door."""

_ENCODER = msgspec.json.Encoder()


# Parts and options with what only this dialect says of them.


class KeptText(Text, tag="text"):
    """Words with fields beside them; with `block`, a block that reads as words elsewhere (a search result)."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    block: Raw | None = None


class KeptImage(Image, tag="image"):
    """A picture with fields beside it, such as a `source` of another kind."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptFile(File, tag="file"):
    """A document with its context and citation settings."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptCall(ToolCall, tag="tool_call"):
    """A call with its `caller` or cache mark."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptResult(ToolResult, tag="tool_result"):
    """A result with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptTool(Tool):
    """A function with fields beside it, such as `defer_loading`."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class InPlaceSystem(Message):
    """A system message that stood among the turns (Claude Code sends them), and goes back there."""


class Thinking(ReasoningOptions):
    """Reasoning options with the `thinking` object they were read from."""

    thinking: Raw | None = None


class Citation(Struct):
    """The common fields of the kinds of citations."""

    type: str = ""
    cited_text: str | None = None
    url: str | None = None
    title: str | None = None
    document_title: str | None = None
    source: str | None = None
    encrypted_index: str | None = None


class CacheCreation(Struct):
    """Tokens written to the cache, by how long they stay."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class ServerToolUse(Struct):
    """How often tools on the provider's side ran."""

    web_search_requests: int | None = None


class OutputDetails(Struct):
    """What `output_tokens` is made of."""

    thinking_tokens: int | None = None


class UpstreamUsage(Struct):
    """`usage` as providers report it; at a stream's end it repeats only some of what its start said."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    server_tool_use: ServerToolUse | None = None
    output_tokens_details: OutputDetails | None = None
    iterations: list[UsageIteration] | None = None
    """The samplings an answer took, where it took several."""


class UsageIteration(UpstreamUsage):
    """One sampling: `message`, `compaction`, `advisor_message` or `fallback_message`."""

    type: str = ""


class _Detail(Struct, omit_defaults=True):
    """A reasoning detail in the reference's words, to be sealed."""

    type: str
    data: str | None = None
    signature: str | None = None
    id: str | None = None
    format: str | None = None
    index: int | None = None


_DETAIL = msgspec.json.Decoder(_Detail)


# Foreign reasoning in the disguise of ours.


def unseal(sealed: str) -> Reasoning | None:
    """The foreign reasoning that `seal` hid, or None when it is none."""
    if not is_sealed(sealed):
        return None
    try:
        detail = _DETAIL.decode(base64.b64decode(sealed[len(_SEAL) :], validate=True))
    except (*FAULTS, binascii.Error, ValueError):
        return None
    if detail.type == CALL_SIGNATURE:
        return Reasoning("encrypted", "", detail.signature, None, detail.id, CALL_SIGNATURE)
    kind = {"reasoning.summary": "summary", "reasoning.encrypted": "encrypted"}.get(detail.type, "text")
    known: Any = kind  # one of the three literals
    return Reasoning(known, "", detail.signature, detail.data, detail.id, detail.format, detail.index)


def is_sealed(text: str) -> bool:
    """Whether this is foreign reasoning in disguise, which no provider of this dialect takes."""
    return text.startswith(_SEAL)


def seal(block: Reasoning) -> str:
    """All of a foreign reasoning block but its words, in one opaque text that callers send back unread."""
    kind = block.format if block.format == CALL_SIGNATURE else f"reasoning.{block.kind}"
    detail = _Detail(kind, block.data, block.signature, block.id, block.format, block.index)
    return _SEAL + base64.b64encode(_ENCODER.encode(detail)).decode()


def is_ours(block: Reasoning) -> bool:
    """Whether a block of reasoning is one of this dialect's, so that a provider of it takes it back."""
    if block.kind == "summary":
        return False
    if block.format is None or block.format == "unknown":
        return bool(block.signature or block.data)
    return block.format == FORMAT


def is_plain(block: Reasoning) -> bool:
    """Whether a block can be shown to a caller as it is, because nobody else's marks are on it."""
    return block.kind != "summary" and block.format in {None, "unknown", FORMAT}

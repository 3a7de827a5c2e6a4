"""The wire types of Cohere's chat, and what this dialect adds to the shared vocabulary.

What the shared vocabulary has no words for is not lost: fields of a known thing ride along in `rest` of the `Kept`
types below (other dialects see the plain type), and content blocks of a kind known here only travel as opaque
reasoning of `BLOCK_FORMAT`, in their place and byte for byte.
"""

from __future__ import annotations

from msgspec import Raw, Struct, field

from modelport.dialects.canonical import (
    Image,
    Message,
    Reasoning,
    ReasoningOptions,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

__all__ = [
    "BLOCK_FORMAT",
    "FORMAT",
    "GATEWAY_FIELDS",
    "PLAN_FORMAT",
    "Detail",
    "Item",
    "KeptCall",
    "KeptImage",
    "KeptMessage",
    "KeptResult",
    "KeptText",
    "KeptTool",
    "Thinking",
    "UpstreamUsage",
    "detail_of",
    "is_ours",
]

FORMAT = "cohere-chat-v1"
"""Whose a thinking block is. Ours; the reference has no name for it (`behaviour.md` section 11)."""

PLAN_FORMAT = "cohere-plan-v1"
"""Format of a plan of tool calls (`tool_plan`). Reasoning, because Cohere's reference calls it a reflection in the
style of a chain of thought, and because a stream tells it apart from the words of the answer."""

BLOCK_FORMAT = "cohere-block-v1"
"""Format of an opaque block: its `data` is the block's JSON."""

GATEWAY_FIELDS = frozenset({
    "debug", "fallbacks", "max_tool_calls", "models", "plugins", "preset", "provider", "route", "session_id",
    "stop_server_tools_when", "trace", "transforms", "usage", "user",
})  # fmt: skip
"""Fields meant for the gateway (`behaviour.md` section 17), kept in `Request.extra` and never sent on."""


# Parts and options with what only this dialect says of them.


class KeptText(Text, tag="text"):
    """Words with fields beside them; with `block`, a block that reads as words elsewhere (a document)."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])
    block: Raw | None = None


class KeptImage(Image, tag="image"):
    """A picture with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptCall(ToolCall, tag="tool_call"):
    """A call with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptResult(ToolResult, tag="tool_result"):
    """A result with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptMessage(Message):
    """A message with fields beside it."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class KeptTool(Tool):
    """A function with fields beside it, or with `raw` a tool of another kind that this dialect's caller sent."""

    rest: dict[str, Raw] = field(default_factory=dict[str, Raw])


class Thinking(ReasoningOptions):
    """Reasoning options with the `thinking` object they were read from."""

    thinking: Raw | None = None


# Answers.


class Detail(Struct, omit_defaults=True):
    """What another maker wants back with a block of reasoning, in the reference's words: `reasoning_detail` beside
    `thinking`. A field of ours, which the official SDK hands on.
    """

    type: str = ""
    id: str | None = None
    format: str | None = None
    signature: str | None = None
    data: str | None = None


class Item(Struct):
    """What a content block, whole or a piece of one, may hold of all kinds."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    reasoning_detail: Detail | None = None


class _BilledUnits(Struct):
    input_tokens: float | None = None
    output_tokens: float | None = None


class _Tokens(Struct):
    input_tokens: float | None = None
    output_tokens: float | None = None
    reasoning_tokens: float | None = None
    image_tokens: float | None = None


class UpstreamUsage(Struct):
    """`usage` as the provider reports it. Numbers are of any kind, as the official SDK has them."""

    billed_units: _BilledUnits | None = None
    """What is charged: the caller's own tokens."""
    tokens: _Tokens | None = None
    """What the model saw and wrote: also what Cohere puts around a request and an answer. Pictures stand apart."""
    cached_tokens: float | None = None
    """Those of `tokens` that came from the cache."""


def is_ours(block: Reasoning) -> bool:
    """Whether a provider of this dialect is told of a block: its own thoughts, and those nobody put a name to."""
    if block.kind == "encrypted" or block.signature is not None:
        return False
    return block.format in {None, "unknown", FORMAT}


def detail_of(block: Reasoning) -> Detail | None:
    """What has to stand beside a block's words; None where they say it all."""
    if block.kind == "text" and block.format == FORMAT and (block.id, block.signature, block.data) == (None,) * 3:
        return None
    return Detail(f"reasoning.{block.kind}", block.id, block.format, block.signature, block.data)

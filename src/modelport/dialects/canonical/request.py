"""What a caller asks: messages made of parts, tools, and how the answer should be made."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

__all__ = [
    "Annotation",
    "Audio",
    "CacheMark",
    "File",
    "Image",
    "Message",
    "Part",
    "Reasoning",
    "ReasoningOptions",
    "Refusal",
    "Request",
    "ResponseFormat",
    "Role",
    "Text",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolResult",
    "Video",
]

# What a message is made of.


class CacheMark(Struct, frozen=True):
    """A prompt cache breakpoint after the part that carries it."""

    ttl: str | None = None
    """`5m` or `1h`; None for the provider's own choice."""


class Annotation(Struct):
    """A citation of something the model used."""

    url: str | None = None
    title: str | None = None
    content: str | None = None
    start: int | None = None
    """Where in the text it belongs, in characters; None when the provider does not say."""
    end: int | None = None
    raw: Raw | UnsetType = UNSET
    """The annotation as it came, when it is of a kind this vocabulary has no words for."""


class Text(Struct, tag="text"):
    """Written words."""

    text: str
    cache: CacheMark | None = None
    annotations: list[Annotation] = []


class Image(Struct, tag="image"):
    """A picture, by address or as base64 `data` with its `media_type`."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None


class File(Struct, tag="file"):
    """A document such as a PDF: by address, as base64 `data`, or by the provider's own `file_id`."""

    filename: str | None = None
    url: str | None = None
    data: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    cache: CacheMark | None = None


class Audio(Struct, tag="audio"):
    """Recorded sound as base64, or a reference to an earlier spoken answer."""

    data: str | None = None
    format: str | None = None
    id: str | None = None


class Video(Struct, tag="video"):
    """A film, by address or data URL."""

    url: str


class Refusal(Struct, tag="refusal"):
    """The model's own words for not answering."""

    text: str


class Reasoning(Struct, tag="reasoning"):
    """One block of reasoning, with what its provider needs in order to take it back.

    `kind` says which of the fields carries it: readable `text` with an optional `signature`, a `summary` (in `text`),
    or `encrypted` `data`.
    """

    kind: Literal["text", "summary", "encrypted"]
    text: str = ""
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    format: str | None = None
    """Whose it is, in the reference's words: `anthropic-claude-v1`, `openai-responses-v1`, `google-gemini-v1`, ..."""
    index: int | None = None


class ToolCall(Struct, tag="tool_call"):
    """A call the model wants made."""

    id: str
    name: str
    arguments: str
    """JSON text, byte for byte as the model wrote it; it need not be valid."""
    signature: str | None = None
    """What some providers want back with the call (Gemini's thought signature)."""


class ToolResult(Struct, tag="tool_result"):
    """What a call gave."""

    call_id: str
    parts: list[Part]
    is_error: bool | None = None
    name: str | None = None
    cache: CacheMark | None = None


Part = Text | Image | File | Audio | Video | Refusal | Reasoning | ToolCall | ToolResult


class Role(StrEnum):
    """Who speaks. A tool's results are parts of a `TOOL` message."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Message(Struct):
    """One turn, its parts in order."""

    role: Role
    parts: list[Part]
    name: str | None = None


class Tool(Struct):
    """A function the model may call; with `raw`, a tool of the provider's own, described in its dialect."""

    name: str
    description: str | None = None
    parameters: Raw | None = None
    """A JSON Schema."""
    strict: bool | None = None
    cache: CacheMark | None = None
    raw: Raw | None = None


class ToolChoice(Struct, frozen=True):
    """Whether the model must, may or must not call a tool; `name` with `tool`."""

    mode: Literal["auto", "none", "required", "tool"]
    name: str | None = None


class ResponseFormat(Struct):
    """What the answer must look like."""

    kind: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: Raw | None = None
    strict: bool | None = None
    description: str | None = None


class ReasoningOptions(Struct):
    """How much the model should reason (`behaviour.md` section 11)."""

    effort: str | None = None
    """max, xhigh, high, medium, low, minimal or none."""
    max_tokens: int | None = None
    enabled: bool | None = None
    exclude: bool | None = None
    """Reason, but don't show it."""
    summary: str | None = None


class Request(Struct, kw_only=True):
    """What a caller asks. None everywhere means: not said."""

    model: str
    messages: list[Message]
    stream: bool = False
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    top_a: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: list[str] | None = None
    logit_bias: Raw | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    n: int | None = None
    response_format: ResponseFormat | None = None
    reasoning: ReasoningOptions | None = None
    verbosity: str | None = None
    modalities: list[str] | None = None
    audio: Raw | None = None
    """How a spoken answer should sound, as the caller's dialect says it."""
    prediction: Raw | None = None
    service_tier: str | None = None
    user: str | None = None
    metadata: Raw | None = None
    cache: CacheMark | None = None
    """Automatic prompt caching of the whole prefix."""
    extra: dict[str, Raw] = {}
    """Fields this vocabulary has no words for, under their names in the caller's dialect: written out again when
    the provider speaks that dialect, dropped otherwise."""

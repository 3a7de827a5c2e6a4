"""What an answer is made of, in the order in which it comes. `choice` is 0 but with n > 1."""

from __future__ import annotations

from typing import Literal

from msgspec import Raw, Struct

from modelport.dialects.canonical.meaning import FinishReason, Usage
from modelport.dialects.canonical.request import Annotation

__all__ = [
    "AnnotationEvent",
    "AudioDelta",
    "Event",
    "Finish",
    "ImageEvent",
    "LogprobsDelta",
    "ReasoningDelta",
    "RefusalDelta",
    "Start",
    "TextDelta",
    "ToolCallDelta",
    "UsageEvent",
]


class Start(Struct, tag="start"):
    """The provider has begun."""

    upstream_id: str | None = None
    upstream_model: str | None = None


class TextDelta(Struct, tag="text"):
    """More words."""

    text: str
    choice: int = 0


class RefusalDelta(Struct, tag="refusal"):
    """More words of a refusal."""

    text: str
    choice: int = 0


class ReasoningDelta(Struct, tag="reasoning"):
    """More of a reasoning block; `block` counts the blocks of an answer from 0.

    A signature may come with an empty text, after the words it signs.
    """

    block: int
    kind: Literal["text", "summary", "encrypted"] = "text"
    text: str = ""
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    format: str | None = None
    choice: int = 0


class ToolCallDelta(Struct, tag="tool_call"):
    """More of a tool call; `position` counts the calls of an answer from 0. Its first delta has `id` and `name`."""

    position: int
    arguments: str = ""
    id: str | None = None
    name: str | None = None
    signature: str | None = None
    choice: int = 0


class AnnotationEvent(Struct, tag="annotation"):
    """A citation, for the text so far."""

    annotation: Annotation
    choice: int = 0


class ImageEvent(Struct, tag="image"):
    """A whole picture, as a data URL or an address."""

    url: str
    choice: int = 0


class AudioDelta(Struct, tag="audio"):
    """More sound as base64, more of its transcript."""

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None
    choice: int = 0


class LogprobsDelta(Struct, tag="logprobs"):
    """Probabilities of the tokens just sent, as OpenAI writes them."""

    content: list[Raw] | None = None
    refusal: list[Raw] | None = None
    choice: int = 0


class Finish(Struct, tag="finish"):
    """A choice has ended."""

    reason: FinishReason
    native: str | None = None
    choice: int = 0
    stop_sequence: str | None = None


class UsageEvent(Struct, tag="usage"):
    """What the answer took, as far as the provider has told; a later one replaces an earlier one."""

    usage: Usage


Event = (
    Start
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ToolCallDelta
    | AnnotationEvent
    | ImageEvent
    | AudioDelta
    | LogprobsDelta
    | Finish
    | UsageEvent
)

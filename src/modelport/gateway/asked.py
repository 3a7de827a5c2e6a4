"""A caller's request, whatever their dialect: what routing, limits and billing look at, and its canonical form."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import msgspec

from modelport.dialects.canonical import (
    Audio,
    File,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.dialects.openai_chat import canonical_request
from modelport.dialects.openai_chat import request as chat_request
from modelport.dialects.openai_chat.wire import Peek, ReasoningOptions
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from modelport.dialects.canonical import Request
    from modelport.dialects.openai_chat.request import ChatRequest

__all__ = ["Asked", "ChatAsked", "TranslatedAsked"]

_PEEKED = frozenset({"models", "provider", "service_tier", "session_id"})
"""Fields of the reference's own that mean the same in every dialect."""
_MEDIA_TOKENS = 1_600
"""What an image or another file is taken for when nothing better is known."""
_FILE_BYTES = 43
"""Bytes of a document in base64 that are taken for a token: printed pages come to about that."""


class Asked(Protocol):
    """What the chat path needs of a request."""

    @property
    def peek(self) -> Peek:
        """The small fields that routing looks at."""
        ...

    @property
    def stream(self) -> bool:
        """Whether the caller wants events."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """The longest answer the caller allows, in tokens."""
        ...

    @property
    def prompt_bytes(self) -> int:
        """How many bytes of text the model will read: no tokenizer makes more tokens of them."""
        ...

    def prompt_text(self) -> tuple[str, int]:
        """The text the model will read, and how many tokens everything else in it is taken for."""
        ...

    def images(self) -> int:
        """How many pictures the model will see."""
        ...

    @property
    def units(self) -> int:
        """How many requests a provider that charges by the request will count this one as."""
        ...

    def wanted(self) -> frozenset[str]:
        """Names of the features an endpoint must have to serve this at all."""
        ...

    @property
    def body(self) -> bytes:
        """What the caller sent."""
        ...

    @property
    def chat(self) -> ChatRequest | None:
        """The request as chat completions, when that is what the caller speaks."""
        ...

    @property
    def canonical(self) -> Request:
        """The request in the house's vocabulary."""
        ...


class ChatAsked:
    """A request in chat completions: read once for the small fields, and canonically only if it must be translated."""

    units = 1

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._canonical: Request | None = None
        self.chat: ChatRequest | None = chat_request.read(body)
        self.peek = self.chat.peek
        self.stream = self.chat.stream
        self.max_tokens = self.chat.max_tokens
        self.prompt_text = self.chat.prompt_text
        self.images = self.chat.images
        self.wanted = self.chat.wanted

    @property
    def prompt_bytes(self) -> int:  # noqa: D102 (see Asked)
        assert self.chat is not None
        return self.chat.prompt_bytes

    @property
    def canonical(self) -> Request:  # noqa: D102
        if self._canonical is None:
            self._canonical = canonical_request.read_request(self.body)
        return self._canonical


class TranslatedAsked:
    """A request in any other dialect, through its canonical form."""

    chat: ChatRequest | None = None
    units = 1

    def __init__(self, request: Request, body: bytes) -> None:
        self.canonical = request
        self.body = body
        reasoning = request.reasoning
        try:
            extra = {name: raw for name, raw in request.extra.items() if name in _PEEKED}
            peek = msgspec.json.decode(msgspec.json.encode(extra), type=Peek)
        except msgspec.ValidationError as error:
            raise BadRequest(f"Invalid request: {error}") from error
        peek.model = request.model
        peek.stream = request.stream
        peek.max_tokens = request.max_tokens
        peek.n = request.n
        peek.user = request.user
        if reasoning is not None:
            peek.reasoning = ReasoningOptions(exclude=reasoning.exclude)
        self.peek = peek
        self.stream = request.stream
        self.max_tokens = request.max_tokens

    @cached_property
    def _measured(self) -> tuple[str, int]:
        texts: list[str] = []
        other = 4 * len(self.canonical.messages)
        for message in self.canonical.messages:
            other += sum(_take(part, texts) for part in message.parts)
        for tool in self.canonical.tools:
            texts += [tool.name, tool.description or ""]
            texts += [bytes(raw).decode() for raw in (tool.parameters, tool.raw) if raw is not None]
        schema = self.canonical.response_format.schema if self.canonical.response_format else None
        if schema is not None:
            texts.append(bytes(schema).decode())
        return "\n".join(texts), other

    @property
    def prompt_bytes(self) -> int:  # noqa: D102
        text, other = self._measured
        return len(text.encode()) + other * 2

    def prompt_text(self) -> tuple[str, int]:  # noqa: D102
        return self._measured

    def images(self) -> int:  # noqa: D102
        return sum(_pictures(part) for message in self.canonical.messages for part in message.parts)

    def wanted(self) -> frozenset[str]:  # noqa: D102
        return frozenset({"tools"}) if self.canonical.tools else frozenset()


def _pictures(part: Part) -> int:
    if isinstance(part, ToolResult):
        return sum(_pictures(each) for each in part.parts)
    return int(isinstance(part, Image))


def _take(part: Part, texts: list[str]) -> int:
    """Adds a part's text to `texts`; returns the tokens that anything else in it is taken for."""
    match part:
        case Text() | Refusal() | Reasoning():
            texts.append(part.text)
        case ToolCall():
            texts += [part.name, part.arguments]
        case ToolResult():
            return sum(_take(each, texts) for each in part.parts)
        case File(data=str() as data):
            if (part.media_type or "").startswith("text/"):
                return len(data) // 4
            return max(_MEDIA_TOKENS, len(data) // _FILE_BYTES)
        case Image() | File() | Audio() | Video():
            return _MEDIA_TOKENS
    return 0

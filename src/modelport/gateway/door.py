"""A door: one dialect as it is spoken with callers, and how a request and its answer pass through it.

`body` and `passage` bring it together with the dialect of the provider that is tried: the same on both sides, and the
caller's own bytes go through with patches; two, and both are translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from modelport.dialects.openai_chat import request as chat_request
from modelport.dialects.openai_responses.custom_tools import TextCalls, TextReader, with_functions
from modelport.dialects.openai_responses.response_write import custom_tools
from modelport.gateway import beyond
from modelport.gateway.asked import ChatAsked, TranslatedAsked
from modelport.gateway.dialect_table import DIALECTS
from modelport.gateway.passage import Patched, SameChat, Translated, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.dialects.canonical import Charged, Event, Identity, Output, Target
    from modelport.gateway.asked import Asked
    from modelport.gateway.dialect import Dialect, StreamReader, StreamWriter
    from modelport.gateway.passage import Passage

__all__ = ["CHAT", "Address", "Door"]

CHAT = "openai_chat"
"""The one dialect whose requests stay unread where they may."""
_RESPONSES = "openai_responses"
"""The one dialect with tools of free text, which others know as functions."""
_SSE = b"text/event-stream; charset=utf-8"


class Address(NamedTuple):
    """What a door is told by the address itself, where a dialect puts something there."""

    model: str = ""
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """A dialect as it is spoken with callers."""

    dialect: str
    operation: str = "chat"
    """What is asked of the model: `chat`, `embeddings` or `rerank`."""
    media_type: bytes = _SSE
    """Of a streamed answer."""
    variant: Dialect | None = None
    """Where it is not spoken as with everybody."""
    error_type: Callable[[Exception], str] | None = None
    """For dialects that name an error's kind in a header."""

    @property
    def _spoken(self) -> Dialect:
        return self.variant or DIALECTS[self.dialect]

    @property
    def comment(self) -> bytes:
        """What keeps a waiting caller company; empty where nothing can."""
        return self._spoken.comment

    def read(self, body: bytes, address: Address) -> Asked:
        """A caller's request. Raises `BadRequest`."""
        if self.dialect == CHAT:
            return ChatAsked(body)
        return TranslatedAsked(self._spoken.read_request(body, *address), body)

    def write_error(self, error: Exception) -> bytes:
        """The body of an error answer."""
        return self._spoken.write_error(error)

    def error_headers(self, error: Exception) -> list[tuple[bytes, bytes]]:
        """Headers that say the error's kind, in dialects that put it there."""
        return [] if self.error_type is None else [(b"x-amzn-errortype", self.error_type(error).encode())]

    def writer(self, identity: Identity, asked: Asked) -> StreamWriter:
        """Writes a stream for the caller."""
        return self._spoken.writer(identity, asked.canonical)

    def path(self, dialect: str, model: str, *, stream: bool) -> str:
        """Where below its base address a provider that speaks `dialect` is asked."""
        return DIALECTS[dialect].path(model, stream)

    def body(self, asked: Asked, dialect: str, target: Target) -> bytes:
        """The body for a provider that speaks `dialect`. Raises `BadRequest` for what can't be said in it."""
        if asked.chat is not None:
            beyond.check(asked.chat.fields, target)
        else:
            beyond.check(asked.canonical.extra, target)
        if asked.chat is not None and dialect == self.dialect:
            return chat_request.write(asked.chat, target)
        spoken = DIALECTS[dialect]
        if dialect == self.dialect and spoken.same is not None:
            return spoken.same.patch_request(asked.body, target)
        request = asked.canonical
        if dialect != self.dialect:
            # Fields without a canonical word mean something in the caller's dialect only.
            request = msgspec.structs.replace(request, extra={})
            if self.dialect == _RESPONSES:
                request = with_functions(request)
        return spoken.write_request(request, target)

    def passage(
        self, asked: Asked, dialect: str, target: Target, identity: Identity, *, without_reasoning: bool
    ) -> Passage:
        """How the answer of a provider that speaks `dialect` travels to the caller."""
        if self.dialect == dialect == CHAT:
            return SameChat(identity, without_reasoning=without_reasoning)
        spoken = DIALECTS[dialect]
        same = spoken.same if dialect == self.dialect else None
        request = asked.canonical

        names = custom_tools(request) if self.dialect == _RESPONSES != dialect else frozenset[str]()

        def read_response(body: bytes) -> list[Event]:
            events = spoken.read_response(body, target)
            return TextCalls(names).feed(events) if names else events

        def write_whole(output: Output, charged: Charged) -> bytes:
            return self._spoken.write_response(output, identity, charged, request)

        reader: StreamReader = spoken.reader(target)
        if names:
            reader = TextReader(reader, TextCalls(names))
        way = Way(reader, self.writer(identity, asked), read_response, write_whole)
        if same is None:
            return Translated(way, without_reasoning=without_reasoning)
        return Patched(way, same, identity, without_reasoning=without_reasoning)

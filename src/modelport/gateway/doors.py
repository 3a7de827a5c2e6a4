"""Which dialect is spoken at which door, and with which provider: the one table of dialects on the chat path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelport.dialects.anthropic_messages import errors as messages_errors
from modelport.dialects.anthropic_messages import request as messages_request
from modelport.dialects.anthropic_messages import response as messages_response
from modelport.dialects.anthropic_messages import stream as messages_stream
from modelport.dialects.openai_chat import canonical_request as chat_request
from modelport.dialects.openai_chat import canonical_response as chat_response
from modelport.dialects.openai_chat import canonical_stream as chat_stream
from modelport.dialects.openai_chat import errors as chat_errors
from modelport.dialects.openai_chat.response import Malformed as ChatMalformed
from modelport.dialects.openai_chat.stream import StreamError as ChatStreamError
from modelport.gateway.asked import ChatAsked, TranslatedAsked
from modelport.gateway.passage import Passage, SameDialect, Translated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelport.dialects.canonical import Charged, Event, Identity, Output, Request
    from modelport.gateway.asked import Asked
    from modelport.gateway.passage import StreamReader, StreamWriter

__all__ = ["CHAT", "DOORS", "FAULTS", "MESSAGES", "SPEAKERS", "Door", "Speaker", "Wanted", "passage"]

OPENAI_CHAT = "openai_chat"
ANTHROPIC_MESSAGES = "anthropic_messages"
_COMMENT = b": MODELPORT PROCESSING\n\n"


class Wanted(NamedTuple):
    """What a provider is to be sent beside, or instead of, what the caller wrote."""

    model: str
    stream: bool
    max_tokens: int | None
    default_max_tokens: int | None
    renames: Mapping[str, str]
    drops: frozenset[str]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A dialect as it is spoken with providers."""

    path: Callable[[str, bool], str]
    headers: Callable[[str], dict[str, str]]
    write_request: Callable[[Request, Wanted], bytes]
    reader: Callable[[], StreamReader]
    read_response: Callable[[bytes], list[Event]]
    read_error: Callable[[int, bytes], str]


@dataclass(frozen=True, slots=True)
class Door:
    """A dialect as it is spoken with callers."""

    dialect: str
    read: Callable[[bytes], Asked]
    write_error: Callable[[Exception], bytes]
    comment: bytes
    """What keeps a waiting caller company."""
    writer: Callable[[Identity], StreamWriter]
    write_whole: Callable[[Output, Identity, Charged], bytes]


CHAT = Door(
    OPENAI_CHAT,
    ChatAsked,
    chat_errors.write_error,
    _COMMENT,
    chat_stream.Writer,
    chat_response.write_response,
)

MESSAGES = Door(
    ANTHROPIC_MESSAGES,
    lambda body: TranslatedAsked(messages_request.read_request(body)),
    messages_errors.write_error,
    _COMMENT,
    messages_stream.Writer,
    messages_response.write_response,
)

SPEAKERS: dict[str, Speaker] = {
    OPENAI_CHAT: Speaker(
        lambda model, stream: chat_request.path(model, stream=stream),
        chat_request.headers,
        lambda request, wanted: chat_request.write_request(request, chat_request.Target(*wanted)),
        chat_stream.Reader,
        chat_response.read_response,
        lambda _status, body: chat_errors.read_error(body),
    ),
    ANTHROPIC_MESSAGES: Speaker(
        lambda model, stream: messages_request.path(model, stream=stream),
        messages_request.headers,
        lambda request, wanted: messages_request.write_request(request, messages_request.Target(*wanted)),
        messages_stream.Reader,
        messages_response.read_response,
        messages_errors.read_error,
    ),
}
"""By the name that a catalogue's provider gives as its `dialect`."""

DOORS: dict[str, Door] = {"chat/completions": CHAT, "messages": MESSAGES}
"""By the end of the address, below `/api/v1/` and `/v1/`."""

FAULTS = (ChatStreamError, ChatMalformed, messages_errors.StreamError, messages_errors.Malformed)
"""What the dialects raise on bytes that are no answer of theirs."""


def passage(door: Door, dialect: str, identity: Identity, *, without_reasoning: bool) -> Passage:
    """How an answer in a provider's `dialect` travels to a caller at `door`."""
    if door.dialect == dialect == OPENAI_CHAT:
        return SameDialect(identity, without_reasoning=without_reasoning)
    speaker = SPEAKERS[dialect]
    return Translated(
        speaker.reader(),
        door.writer(identity),
        speaker.read_response,
        lambda output, charged: door.write_whole(output, identity, charged),
        without_reasoning=without_reasoning,
    )

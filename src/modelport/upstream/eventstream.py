"""Events out of Amazon's binary event stream, cut anywhere: what `sse.py` is for server-sent events.

An event's name is the `:event-type` or the `:exception-type` of its message, its data the payload. An error that the
service has no type for (`:message-type` of `error`) becomes an event named `error`, with its code and message as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from modelport.kit import eventstream
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.sse import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTENT_TYPE", "Reader"]

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"


class Reader:
    """Takes chunks, gives the events they complete.

    `max_event_bytes` bounds one message with its headers; a message that announces more raises
    `UpstreamFault(TOO_LARGE)` before it has arrived. Wrong checksums raise `MALFORMED`, a stream that ends within
    a message `TRUNCATED`. After a fault the reader is of no further use.
    """

    __slots__ = ("_length", "_max", "_name", "_pending")

    def __init__(self, max_event_bytes: int, name: str = "The provider") -> None:
        self._max = max_event_bytes
        self._name = name
        """Who sends, for messages."""
        self._pending = bytearray()
        self._length: int | None = None
        """Of the unfinished message, once it is known; so that its prelude is read once however it is cut."""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events completed by `chunk`, in order."""
        self._pending += chunk
        events: list[Event] = []
        at = 0
        try:
            with memoryview(self._pending) as view:
                while (length := self._whole(view, at)) is not None:
                    events.append(_event(*eventstream.decode(bytes(view[at : at + length]))))
                    at += length
                    self._length = None
        except eventstream.BadMessage as error:
            raise UpstreamFault.of(self._name, FaultKind.MALFORMED, detail=str(error), sent=True) from error
        del self._pending[:at]
        return events

    def finish(self) -> list[Event]:
        """Says that the stream has ended; no event can be left."""
        if self._pending:
            raise UpstreamFault.of(self._name, FaultKind.TRUNCATED, detail="within a message", sent=True)
        return []

    def _whole(self, view: memoryview, at: int) -> int | None:
        """The length of the message at `at`, if all of it is there."""
        here = len(view) - at
        if self._length is None:
            if here < eventstream.PRELUDE:
                return None
            self._length = eventstream.length(bytes(view[at : at + eventstream.PRELUDE]))
            if self._length > self._max:
                message = f"{self._name} sent an event larger than the {self._max} bytes we accept."
                raise UpstreamFault(FaultKind.TOO_LARGE, message, sent=True)
        return self._length if here >= self._length else None


def _event(headers: Mapping[str, str], payload: bytes) -> Event:
    if headers.get(":message-type") == "error":
        fault = {"code": headers.get(":error-code"), "message": headers.get(":error-message")}
        return Event(b"error", msgspec.json.encode(fault))
    name = headers.get(":event-type") or headers.get(":exception-type") or ""
    return Event(name.encode(), payload)

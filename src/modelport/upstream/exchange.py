"""One request on one connection: which connection, how long it may take, and what went wrong.

The time limits are ours, because aiohttp's do not cover everything: a malformed chunk size in mid-body makes
it wait for ever. One timer serves a whole exchange: a read only writes down until when it may take, and the
timer, when it fires, looks whether that is over or sets itself again. Measured: 0.1 us a read, where an
`asyncio.timeout` round each read costs 6.8.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from modelport.upstream.errors import FaultKind, UpstreamFault, fault_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

    from modelport.upstream.target import Timeouts

__all__ = ["NEVER", "Exchange", "current_exchange"]

NEVER: Final = float("inf")


class Exchange:
    """The watch over one request, from its connection to the end of its body.

    Its timer keeps it alive until `finish`, so one that was forgotten ends with its total time.
    """

    __slots__ = (
        "_broken",
        "_closed",
        "_kind",
        "_protocol",
        "_response",
        "_timeouts",
        "_timer",
        "_transport",
        "deadline",
        "ends",
        "fault",
        "first_until",
        "fresh_only",
        "idle",
        "loop",
        "name",
        "reused",
    )

    def __init__(self, name: str, timeouts: Timeouts, ends: float, *, fresh_only: bool = False) -> None:
        self.name = name
        self.loop = asyncio.get_running_loop()
        self.ends = ends
        """When the total time is over, on the loop's clock."""
        self.idle = timeouts.idle
        self.deadline = NEVER
        """Until when the running read may take; NEVER while nobody reads, since a slow reader of ours is
        not the provider's fault."""
        self.first_until = NEVER
        """Until when the first byte is to come; counts from the sending of the request."""
        self.fresh_only = fresh_only
        """Whether the connector must not take a connection out of its pool."""
        self.reused = False
        """Whether the connection came out of the pool."""
        self.fault: UpstreamFault | None = None
        """Set where we ended the exchange ourselves; it explains whatever aiohttp raises then."""
        self._kind = FaultKind.FIRST_BYTE_TIMEOUT
        self._timeouts = timeouts
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._protocol: ResponseHandler | None = None
        self._closed: asyncio.Future[None] | None = None
        self._response: aiohttp.ClientResponse | None = None
        self._broken: Callable[[], None] | None = None

    @property
    def sent(self) -> bool:
        """Whether the request may have reached the provider: it does not leave before the connection stands."""
        return self._transport is not None

    def connected(self, connection: Connection, *, reused: bool) -> None:
        """The connector's word that the request goes out now, on `connection`; starts the clock."""
        protocol = connection.protocol
        assert protocol is not None
        self._protocol = protocol
        self._transport = connection.transport
        self._closed = protocol.closed
        if self._closed is not None and not reused:
            # An idle connection may be reset while nobody looks; asyncio would report that as never seen.
            self._closed.add_done_callback(_look_at)
        self.reused = reused
        self.deadline = self.first_until = self.loop.time() + self._timeouts.first_byte
        self._arm()

    def answered(self, response: aiohttp.ClientResponse, broken: Callable[[], None]) -> None:
        """The response headers are here. `broken` is called once if the watch ends the exchange itself."""
        self.deadline = NEVER
        self._response = response
        self._broken = broken
        if self._closed is not None:
            self._closed.add_done_callback(self._lost)

    def await_first(self) -> None:
        """A read begins that waits for the first byte of an event stream."""
        self.deadline = self.first_until
        self._arm()

    def begin(self) -> None:
        """The body flows; from now on `idle` bounds each read."""
        self._kind = FaultKind.IDLE_TIMEOUT
        self._arm()

    def finish(self) -> None:
        """Stop watching; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed is not None and self._response is not None:
            self._closed.remove_done_callback(self._lost)
        self._broken = None

    def drop(self) -> None:
        """Close the connection at once, if it is still ours.

        Aborted, not closed: closing waits for unsent bytes and for the other side's TLS goodbye, with
        a provider generating on, at our cost.
        """
        # At the end of a body aiohttp gives the connection back, and another request may be on it by now.
        ours = self._response is None or self._response.connection is not None
        if ours and self._transport is not None:
            self._transport.abort()

    def explain(self, error: BaseException) -> UpstreamFault:
        """What `error`, raised by aiohttp, means. Ask before closing the response: that erases the traces."""
        if self.fault is not None:
            return self.fault
        if isinstance(error, UpstreamFault):
            return error
        if isinstance(error, TimeoutError) and self.loop.time() >= self.ends:
            return UpstreamFault.of(self.name, FaultKind.TOTAL_TIMEOUT, sent=self.sent)
        cause = self._protocol.exception() if self._protocol is not None else None
        # A reader is told of a body that ended early; only the protocol knows whether by a reset.
        if isinstance(cause, HttpProcessingError | aiohttp.ClientOSError):
            error = cause
        return fault_from(error, name=self.name, sent=self.sent)

    def stale(self, error: BaseException) -> bool:
        """Whether the provider had closed a kept connection before it saw this request.

        True for a connection out of the pool that broke before any byte of a response. A server that read
        the request and then closed without a word can't be told apart; HTTP (RFC 9112, 9.3.1) accepts this.
        """
        if not self.reused or self.fault is not None or not isinstance(error, aiohttp.ClientConnectionError):
            return False
        # aiohttp puts the unfinished head of a response where the text would be.
        return not isinstance(error, aiohttp.ServerDisconnectedError) or isinstance(error.message, str)

    def _arm(self) -> None:
        """Set the timer no later than any deadline the next read could write down."""
        if self._timer is not None:
            self._timer.cancel()
        at = min(self.deadline, self.ends)
        if self.deadline == NEVER or self._kind is FaultKind.IDLE_TIMEOUT:
            at = min(at, self.loop.time() + self.idle)
        self._timer = self.loop.call_at(at, self._tick)

    def _tick(self) -> None:
        now = self.loop.time()
        if now >= self.ends:
            self._abort(FaultKind.TOTAL_TIMEOUT)
        elif now >= self.deadline:
            self._abort(self._kind)
        else:
            self._arm()

    def _lost(self, _closed: asyncio.Future[None]) -> None:
        """The connection is gone in mid-body; aiohttp does not tell the reader if bad chunking was why."""
        if self._response is not None:
            content = self._response.content
            if not content.is_eof() and content.exception() is None:
                content.set_exception(self.explain(aiohttp.ClientPayloadError("connection lost")))

    def _abort(self, kind: FaultKind) -> None:
        cause = self._protocol.exception() if self._protocol is not None else None
        if isinstance(cause, HttpProcessingError):
            # Seen, but the connection has not closed yet: TLS waits for the other side's goodbye.
            self.fault = fault_from(cause, name=self.name, sent=True)
        else:
            self.fault = UpstreamFault.of(self.name, kind, sent=True)
        if self._response is not None:
            self._response.content.set_exception(self.fault)
        self.drop()
        if self._broken is not None:
            self._broken()


current_exchange: ContextVar[Exchange] = ContextVar("current_exchange")
"""The exchange of the running task, for the connector: aiohttp has no other way to hand it through."""


def _look_at(closed: asyncio.Future[None]) -> None:
    if not closed.cancelled():
        closed.exception()

"""A provider's answer: status and headers are here, the body is still to be read."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from modelport.upstream import eventstream, sse
from modelport.upstream.errors import FOREIGN, FaultKind, UpstreamFault
from modelport.upstream.exchange import NEVER, Exchange
from modelport.upstream.inflate import inflater_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    import aiohttp

    from modelport.upstream.inflate import Inflater
    from modelport.upstream.sse import Event

__all__ = ["Reply"]

_MAX_EVENT_BYTES: Final = 8 * 1024 * 1024


class Reply:
    """One answer, read once, by `read` or by `events`, by one task.

    It holds a connection and a place with the provider until the body was read to its end, a read raised or
    was cancelled, or `close` was called; do that in a `finally`. A connection read to the end goes back to
    the pool, in every other case it is dropped at once.
    """

    __slots__ = ("_at_end", "_begun", "_content", "_done", "_exchange", "_inflater", "_late", "_response")

    def __init__(self, response: aiohttp.ClientResponse, exchange: Exchange) -> None:
        self._response = response
        self._content = response.content
        self._exchange = exchange
        self._at_end: Callable[[], None] | None = None
        self._begun = False
        """Whether a byte of the body has been read."""
        self._done = False
        self._inflater: Inflater | None = None
        self._late: UpstreamFault | None = None
        """How the body broke, to be raised when what had arrived before is read."""
        exchange.answered(response, self.close)

    def check(self, header_bytes: int, *, proxied: bool) -> None:
        """Refuse, with an `UpstreamFault`, an answer whose head rules it out."""
        try:
            headers = self._response.headers
            name = self._exchange.name
            if sum(map(len, headers.keys())) + sum(map(len, headers.values())) > header_bytes:
                raise UpstreamFault.of(name, FaultKind.MALFORMED, detail="headers too large", sent=True)
            if proxied and self.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise UpstreamFault.of(name, FaultKind.PROXY, detail="the proxy answered 407")
            if encoding := headers.get("Content-Encoding"):
                self._inflater = inflater_for(name, encoding)
        except UpstreamFault:
            self.close()
            raise

    def at_end(self, call: Callable[[], None]) -> None:
        """Have `call` called once when the body is read to its end or the reply is closed."""
        self._at_end = call

    @property
    def status(self) -> int:
        """The HTTP status; a redirect is an answer like any other."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers; names in any case."""
        return self._response.headers

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; empty when not given."""
        return self._response.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def streams(self) -> bool:
        """Whether the body is a stream of events, in one of the two framings that `events` knows."""
        return self.content_type in {"text/event-stream", eventstream.CONTENT_TYPE}

    async def read(self, limit: int) -> bytes:
        """The whole body, decompressed, of at most `limit` bytes.

        Raises `UpstreamFault`: TOO_LARGE beyond the limit, else what broke or was too slow.
        """
        if (self._response.content_length or 0) > limit:
            self.close()
            raise self._too_large(limit)
        if not self._begun:
            self._begin()
        size = 0
        pieces: list[bytes] = []
        while chunk := await self._pull():
            for piece in self._unfold(chunk):
                size += len(piece)
                if size > limit:
                    self.close()
                    raise self._too_large(limit)
                pieces.append(piece)
        return b"".join(pieces)

    def events(self, max_event_bytes: int = _MAX_EVENT_BYTES) -> AsyncIterator[list[Event]]:
        """The events, in one list for each read that completed some, so that they can be written in one go.

        Amazon's binary framing where the content type says so, else server-sent events. Raises `UpstreamFault`
        from the iteration: TOO_LARGE for an event beyond `max_event_bytes`, else what broke or was too slow.
        Iterate to the end, beyond a `[DONE]`, to keep the connection.
        """
        framing = eventstream if self.content_type == eventstream.CONTENT_TYPE else sse
        reader = framing.Reader(max_event_bytes, self._exchange.name)
        return _Events(reader, self._pull, self._inflater, self.close)

    def close(self) -> None:
        """Drop the connection at once, so that the provider sees it; a finished body's is in the pool already.

        Idempotent, and safe from another task: a read that is waiting then raises `UpstreamFault`.
        """
        if self._done:
            return
        self._exchange.drop()
        self._end()
        self._response.close()

    async def _pull(self) -> bytes:
        """The next bytes of the body as sent; empty at its natural end."""
        if self._late is not None:
            raise self._late
        exchange = self._exchange
        if self._begun:
            exchange.deadline = exchange.loop.time() + exchange.idle
        else:
            exchange.await_first()
        try:
            chunk = await self._content.readany()
        except (*FOREIGN, UpstreamFault, RuntimeError) as error:  # RuntimeError: "Connection closed."
            ours = self._done or exchange.fault is not None
            self._late = self._fail(error)
            # aiohttp raises ahead of its own buffer: what came before a broken end, perhaps the event that
            # says why or the usage to bill, would be lost to a reader who was a moment late.
            rest = b"" if ours else self._content._read_nowait(-1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            if not rest:
                raise self._late from None
            return rest
        except BaseException:
            self.close()
            raise
        exchange.deadline = NEVER
        if exchange.fault is not None:
            # An aborted body without a length looks to aiohttp like one that ended.
            raise self._fail(exchange.fault)
        if not chunk:
            self._ended()
        elif not self._begun:
            self._begin()
        return chunk

    def _begin(self) -> None:
        self._begun = True
        self._exchange.begin()

    def _unfold(self, chunk: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            yield chunk
            return
        try:
            yield from self._inflater.pieces(chunk)
        except UpstreamFault:
            self.close()
            raise

    def _fail(self, error: Exception) -> UpstreamFault:
        """Close, and say what to raise."""
        fault = self._exchange.explain(error)
        self.close()
        return fault

    def _ended(self) -> None:
        """The body is complete: leave the connection to the pool."""
        if self._inflater is not None and not self._inflater.complete:
            fault = UpstreamFault.of(self._exchange.name, FaultKind.TRUNCATED, detail="compressed", sent=True)
            raise self._fail(fault)
        if self._response.connection is not None:
            # The answer is complete, our request not yet sent: such a connection can't be kept.
            self.close()
        elif not self._done:
            self._end()

    def _end(self) -> None:
        self._done = True
        self._exchange.finish()
        if self._at_end is not None:
            self._at_end()

    def _too_large(self, limit: int) -> UpstreamFault:
        name = self._exchange.name
        message = f"{name} sent an answer larger than the {limit} bytes we accept."
        return UpstreamFault(FaultKind.TOO_LARGE, message, sent=True)


class _Events:
    """The iterator over a reply's events.

    A class, not a generator: one left before its end costs the event loop a task to finalise, for each
    stream that a caller leaves.
    """

    __slots__ = ("_close", "_inflater", "_pieces", "_pull", "_reader")

    def __init__(
        self,
        reader: sse.Reader | eventstream.Reader,
        pull: Callable[[], Awaitable[bytes]],
        inflater: Inflater | None,
        close: Callable[[], None],
    ) -> None:
        self._reader: sse.Reader | eventstream.Reader | None = reader
        self._pull = pull
        self._inflater = inflater
        self._close = close
        self._pieces: Iterator[bytes] = iter(())
        """What is still folded up of the last compressed chunk: never made before it is wanted."""

    def __aiter__(self) -> _Events:
        return self

    async def __anext__(self) -> list[Event]:
        reader = self._reader
        if reader is None:
            raise StopAsyncIteration
        try:
            while True:
                for piece in self._pieces:
                    if events := reader.feed(piece):
                        return events
                chunk = await self._pull()
                if not chunk:
                    self._reader = None
                    if events := reader.finish():
                        return events
                    raise StopAsyncIteration
                if self._inflater is not None:
                    self._pieces = self._inflater.pieces(chunk)
                elif events := reader.feed(chunk):
                    return events
        except UpstreamFault:
            self._reader = None
            self._close()
            raise

"""One HTTP exchange with a caller over ASGI: read the body within bounds, answer once, notice when they leave.

A server does not tell an application that its caller has gone unless the application listens; so `watch` listens
beside the work and cancels it. Whoever catches that cancellation finds `gone` set, and may await as usual again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

from modelport.errors import BadRequest, Timeout, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    Message = MutableMapping[str, Any]  # ASGI's own loose type
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["CallerGone", "Exchange"]


class CallerGone(Exception):
    """The caller closed the connection before their request was read."""


class Exchange:
    """A caller's request and the one answer to it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self.guest = ""
        """The network of a caller who is not signed in, where such may try free models; empty for everybody else."""
        self.gone = False
        """Whether the caller has left."""
        self.started = False
        """Whether the status has been sent."""
        self.finished = False

    def through(self, wrap: Callable[[Send], Send]) -> None:
        """What is sent from now on goes through what `wrap` makes of the way to the caller."""
        self._send = wrap(self._send)

    def header(self, name: bytes) -> str | None:
        """A request header by its lower-case name."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def peer(self) -> str | None:
        """The address of the connection; None on a socket that has none."""
        client = self.scope.get("client")
        return client[0] if client else None

    def query(self, name: str) -> str:
        """A parameter of the address; empty when it is not there."""
        values = parse_qs(self.scope["query_string"].decode("latin-1")).get(name)
        return values[0] if values else ""

    async def body(self, limit: int, seconds: float) -> bytes:
        """The whole request body.

        Raises `TooLarge`, `Timeout`, `BadRequest` for one that was cut short, or `CallerGone`.
        """
        announced = self._headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        parts: list[bytes] = []
        size = 0
        with _Deadline(seconds):
            while True:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self.gone = True
                    raise CallerGone
                part = message.get("body", b"")
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
                if not message.get("more_body"):
                    break
        if announced.isdigit() and size != int(announced):
            raise BadRequest(f"The request body was cut short: {size} of {int(announced)} bytes arrived.")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def watch(self) -> _Watch | _Listening:
        """A block that is cancelled as soon as the caller leaves. To be used once the body is read."""
        connection: Connection | None = self.scope.get("modelport.connection")
        if connection is None:
            return _Listening(self, self._receive)
        return _Watch(self, connection)

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Sends the status and the headers."""
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, data: bytes) -> None:
        """Sends a piece of a streamed body; waits while the caller reads slowly."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"", trailers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Sends the last piece, and as `trailers` what only the end of an answer can tell of it.

        Servers other than ours leave those out.
        """
        self.finished = True
        trail = self.scope.get("modelport.trail")
        if trailers and trail is not None:
            trail(trailers)
        await self._send({"type": "http.response.body", "body": data})

    async def answer(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Sends a whole answer."""
        self.finished = True
        await self.start(status, [*headers, (b"content-length", str(len(body)).encode())])
        await self.end(body)


class Connection(Protocol):
    """What our server puts into the scope: it tells of a lost connection without being asked."""

    on_lost: Callable[[], None] | None
    is_lost: bool


class _Watch:
    """Cancels the block it encloses when our own server loses the caller's connection. Costs next to nothing."""

    __slots__ = ("_connection", "_exchange", "_task")

    def __init__(self, exchange: Exchange, connection: Connection) -> None:
        self._exchange = exchange
        self._connection = connection
        self._task = asyncio.current_task()

    def __enter__(self) -> None:
        self._connection.on_lost = self.lost
        if self._connection.is_lost:  # while the request was being prepared
            self.lost()

    def __exit__(self, *_: object) -> None:
        self._connection.on_lost = None

    def lost(self) -> None:
        """The caller has gone."""
        if not self._exchange.finished and self._task is not None:
            self._exchange.gone = True
            self._task.cancel()


class _Listening:
    """The same for any other server: a task beside the block that waits for the message."""

    def __init__(self, exchange: Exchange, receive: Receive) -> None:
        self._watch = _Watch(exchange, _NoConnection())
        self._receive = receive
        self._listener: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._listener = asyncio.create_task(self._listen())

    def __exit__(self, *_: object) -> None:
        assert self._listener is not None
        self._listener.cancel()

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._watch.lost()


class _NoConnection:
    on_lost: Callable[[], None] | None = None
    is_lost = False


class _Deadline:
    """Ends the block after so many seconds with `Timeout`; a fifth of the cost of `asyncio.timeout`."""

    __slots__ = ("_expired", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._task = asyncio.current_task()
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._expire)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._timer is not None
        self._timer.cancel()
        if self._expired and self._task is not None and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise Timeout(f"The request body did not arrive within {self._seconds:g} seconds.")

    def _expire(self) -> None:
        self._expired = True
        if self._task is not None:
            self._task.cancel()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request body is larger than {limit} bytes.")

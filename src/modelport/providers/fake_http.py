"""HTTP/1.1 for the scripted provider, by hand: a proper server library refuses to break a stream as we must."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Connection", "Request", "head"]

_HEAD_LIMIT = 64 << 10
_BODY_LIMIT = 64 << 20
_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class _BadRequest(Exception):
    """What came is not HTTP/1.1 as we read it."""


@dataclass(slots=True)
class Request:
    """One request, read in full."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    """Names in lower case."""
    body: bytes = b""
    received: float = field(default_factory=time.monotonic)
    """Seconds on the monotonic clock, when its last byte came."""


def head(status: int, content_type: str, length: int | None, *extra: str) -> bytes:
    """A response's head; chunked if `length` is None. `extra` are whole header lines."""
    body = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    first = f"HTTP/1.1 {status} {_REASONS.get(status, 'Scripted')}"
    return "\r\n".join((first, f"Content-Type: {content_type}", body, *extra, "\r\n")).encode()


class Connection(asyncio.Protocol):
    """One client's connection: reads requests one after the other and runs `handle` on each as a task.

    The task is cancelled as soon as the client goes, and `gone_at` is set by then. A client that closes only
    its sending side counts as gone.
    """

    def __init__(self, handle: Callable[[Request, Connection], Awaitable[None]], everyone: set[Connection]) -> None:
        self._handle = handle
        self._everyone = everyone
        self._buffer = bytearray()
        self._pending: Request | None = None
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.transport: asyncio.Transport
        self.gone_at: float | None = None
        """When the client went, in seconds on the monotonic clock; None while it is there."""

    # The event loop calls these six.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        # uvloop's transports are no subclass of asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        self._everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more, by whosever will."""
        del exc
        self._everyone.discard(self)
        self._went()

    def eof_received(self) -> bool:
        """The client has closed its sending side, and so counts as gone."""
        self._went()
        self.transport.abort()
        return False

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The socket takes more again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """More bytes of requests."""
        self._buffer += data
        if self._task is None:
            self._next()

    # What a handler uses.

    def write(self, data: bytes) -> None:
        """Send; see `drain`."""
        self.transport.write(data)

    async def drain(self) -> None:
        """Wait while the socket takes no more."""
        if not self._writable.is_set():
            await self._writable.wait()

    async def reset(self) -> None:
        """End with a TCP reset, after what was written has gone out."""
        await self._flushed()
        raw = cast("socket.socket | None", self.transport.get_extra_info("socket"))
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def close(self) -> None:
        """End properly: what was written goes out, then the connection closes."""
        self.transport.close()

    async def cancel(self) -> None:
        """End at once and wait until the handler is through."""
        if (task := self._task) is not None:
            # Before the abort, which would look as if the client had gone.
            task.cancel()
            await asyncio.wait({task})
        self.transport.abort()

    async def _flushed(self) -> None:
        """Wait until the system has taken all that was written, and a moment for the client to read it."""
        for _ in range(200):
            await asyncio.sleep(0.001)
            if self.transport.get_write_buffer_size() == 0:
                break
        await asyncio.sleep(0.002)

    def _went(self) -> None:
        if self.gone_at is None:
            self.gone_at = time.monotonic()
        if self._task is not None:
            self._task.cancel()

    def _next(self) -> None:
        """Start on the next request, if it has come in full."""
        try:
            request = self._take()
        except (_BadRequest, ValueError) as error:
            body = f"{error}".encode()
            self.write(head(400, "text/plain", len(body), "Connection: close") + body)
            self.transport.close()
            return
        if request is not None:
            self._task = asyncio.ensure_future(self._serve(request))

    async def _serve(self, request: Request) -> None:
        try:
            await self._handle(request, self)
        except asyncio.CancelledError:
            # Only we cancel it, when the client is gone or the server stops: nobody waits for the exception.
            return
        finally:
            self._task = None
        if self.transport.is_closing():
            return
        if request.headers.get(b"connection", b"").lower() == b"close":
            self.transport.close()
        elif self._buffer:
            self._next()

    def _take(self) -> Request | None:
        """The next request out of the buffer, or None if it is not all there."""
        buffer = self._buffer
        request = self._pending
        if request is None:
            end = buffer.find(b"\r\n\r\n", 0, _HEAD_LIMIT)
            if end < 0:
                if len(buffer) > _HEAD_LIMIT:
                    raise _BadRequest("The head is too long.")
                return None
            request = self._pending = _read_head(bytes(buffer[:end]))
            del buffer[: end + 4]
            if request.headers.get(b"expect", b"").lower() == b"100-continue":
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"chunked" in request.headers.get(b"transfer-encoding", b"").lower():
            found = _dechunked(buffer)
            if found is None:
                return None
            body, used = found
        else:
            used = int(request.headers.get(b"content-length", b"0"))
            if not 0 <= used <= _BODY_LIMIT:
                raise _BadRequest("The body is too long.")
            if len(buffer) < used:
                return None
            body = bytes(buffer[:used])
        del buffer[:used]
        self._pending = None
        request.body = body
        request.received = time.monotonic()
        return request


def _read_head(data: bytes) -> Request:
    first, *lines = data.split(b"\r\n")
    words = first.decode("latin-1").split(" ")
    if len(words) != 3 or words[2] != "HTTP/1.1":
        raise _BadRequest("This server speaks HTTP/1.1.")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return Request(words[0], words[1].partition("?")[0], headers)


def _dechunked(buffer: bytearray) -> tuple[bytes, int] | None:
    """(body, bytes of the buffer it took), or None if the last chunk has not come. Trailers are not expected."""
    parts: list[bytes] = []
    position = 0
    while (end := buffer.find(b"\r\n", position)) >= 0:
        size = int(bytes(buffer[position:end]).partition(b";")[0], 16)
        start = end + 2
        if not 0 <= size <= _BODY_LIMIT:
            raise _BadRequest("The body is too long.")
        if len(buffer) < start + size + 2:
            return None
        if size == 0:
            return b"".join(parts), start + 2
        parts.append(bytes(buffer[start : start + size]))
        position = start + size + 2
    return None

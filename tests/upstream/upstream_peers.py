"""Scripted servers on the loopback interface: what a provider, a proxy or a broken one does on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING

from multidict import CIMultiDict
from yarl import URL

from modelport.upstream.client import Target, Timeouts

if TYPE_CHECKING:
    import ssl

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENT = Timeouts(connect=3.0, first_byte=3.0, idle=3.0, total=6.0)


def chunk(data: bytes) -> bytes:
    """One HTTP chunk; of no data, the last one."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def answer(body: bytes, *headers: bytes) -> bytes:
    """A whole response with a length."""
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


class Line:
    """One accepted connection, from the server's side."""

    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer = peer
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """The next request, noted in `peer.requests`; its head is returned."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for header in head.lower().split(b"\r\n"):
            if header.startswith(b"content-length:"):
                length = int(header.partition(b":")[2])
        self.peer.requests.append(head + await self.reader.readexactly(length))
        return head

    async def send(self, data: bytes) -> None:
        try:
            self.writer.write(data)
            await self.writer.drain()
        except OSError:
            self.peer.gone.set()
            raise

    async def gone(self) -> None:
        """Wait until the client has closed the connection, and tell so."""
        with contextlib.suppress(OSError):
            while await self.reader.read(65536):
                pass
        self.peer.gone.set()

    def reset(self) -> None:
        """Close with RST."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Line], Awaitable[None]]


class Peer:
    """What a scripted server saw."""

    def __init__(self) -> None:
        self.port = 0
        self.scheme = "http"
        self.connections = 0
        self.requests: list[bytes] = []
        self.gone = asyncio.Event()
        """The client has closed a connection on which the script waited for that."""

    @property
    def url(self) -> URL:
        return URL(f"{self.scheme}://127.0.0.1:{self.port}/v1/chat?x=1")

    def target(self, timeouts: Timeouts = PATIENT, proxy: str | None = None, limit: int | None = None) -> Target:
        headers = CIMultiDict({"Authorization": "Bearer secret", "Content-Type": "application/json"})
        return Target("acme", self.url, headers, timeouts, proxy, limit)

    async def closed(self) -> None:
        """Wait until the client has closed the connection; fails if it does not."""
        async with asyncio.timeout(2):
            await self.gone.wait()


@contextlib.asynccontextmanager
async def serve(script: Script, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Peer]:
    """A server that runs `script` on each connection and then closes it."""
    peer = Peer()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer.connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await script(Line(peer, reader, writer))
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
    peer.port = server.sockets[0].getsockname()[1]
    peer.scheme = "https" if tls else "http"
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

"""The HTTP server: uvicorn on uvloop with httptools, with the bounds it lacks.

uvicorn alone waits for ever on a silent connection or a half-sent header, and reads header blocks of any size
(measured in the design notes). The bounds on bodies are in `exchange.py`.
"""

from __future__ import annotations

import contextlib
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Generator, Sequence

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["GuardedProtocol", "Server", "listen", "make_server"]

_HEADER_SECONDS = 10.0
_HEADER_BYTES = 64 * 1024
_HEADER_COUNT = 100
_LAST_CHUNK = b"0\r\n\r\n"
_PIPELINED = 8
"""Requests that may wait in line on one connection."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a bound on how long and how large a request's header may be."""

    on_lost: Callable[[], None] | None = None
    """Called when the connection is lost while a request is being answered."""
    is_lost = False
    _timer: asyncio.TimerHandle | None = None
    _in_header = True
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that says nothing is closed like one that stops in mid-header."""
        super().connection_made(transport)
        self._expect_header()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the timer with the connection."""
        self._got_header()
        super().connection_lost(exc)
        self.is_lost = True
        if self.on_lost is not None:
            self.on_lost()

    def data_received(self, data: bytes) -> None:
        """Counts what belongs to a header; bodies are bounded where they are read."""
        if self._in_header:
            self._header_bytes += len(data)
            # What follows a short header in the same read is body: only a header that is still open is too long.
        super().data_received(data)
        if self._in_header and self._header_bytes > _HEADER_BYTES and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        """A request begins: from its first byte on its header has limited time."""
        super().on_message_begin()
        if self._timer is None:
            self._expect_header()

    def on_headers_complete(self) -> None:
        """The header is whole."""
        self._got_header()
        if len(self.headers) > _HEADER_COUNT:
            self._refuse()
            return
        self.scope["modelport.connection"] = self  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        # This request's answer: its task runs when this has returned. Weakly, or each were a loop that is freed late.
        self.scope["modelport.trail"] = partial(_trail, ref(self.cycle))  # type: ignore[typeddict-unknown-key]
        if self.pipeline:
            # uvicorn stops reading while requests wait in line, and nobody would notice that the caller has gone.
            if len(self.pipeline) > _PIPELINED:
                self.transport.close()
            else:
                self.flow.resume_reading()

    def on_message_complete(self) -> None:
        """The next bytes are another header."""
        super().on_message_complete()
        self._in_header, self._header_bytes = True, 0

    def _expect_header(self) -> None:
        self._in_header, self._header_bytes = True, 0
        self._timer = self.loop.call_later(_HEADER_SECONDS, self._too_slow)

    def _got_header(self) -> None:
        self._in_header = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self) -> None:
        body = (
            b'{"error":{"code":431,"message":"The request header is too large.",'
            b'"metadata":{"error_type":"invalid_request"}}}'
        )
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body)
        )
        self.transport.close()


def _trail(answer: ref[RequestResponseCycle], fields: Sequence[tuple[bytes, bytes]]) -> None:
    """Has `fields` follow the last chunk of an answer, where it is sent in chunks. uvicorn itself has no trailers."""
    cycle = answer()
    if cycle is not None and cycle.chunked_encoding and cycle.scope["http_version"] != "1.0":
        cycle.transport = cast("asyncio.Transport", _Trailing(cycle.transport, fields))  # all that is used of one


class _Trailing:
    """A connection on which the end of a chunked body gets fields."""

    def __init__(self, transport: asyncio.Transport, fields: Sequence[tuple[bytes, bytes]]) -> None:
        self._transport = transport
        self._fields = b"".join([b"%b: %b\r\n" % field for field in fields])

    def write(self, data: bytes) -> None:
        """Writes the last bytes of an answer."""
        if data.endswith(_LAST_CHUNK):
            data = data[:-2] + self._fields + b"\r\n"
        self._transport.write(data)

    def close(self) -> None:
        """Closes the connection, where it is not to be used again."""
        self._transport.close()


class Server(uvicorn.Server):
    """uvicorn's server, telling when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Uvicorn would raise the signal again once it is through, and SIGTERM would end the process before the journal
        is closed and the local model is stopped.
        """
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Binds, then calls `ready` with the port."""
        await super().startup(sockets)
        if self.started:
            sockets = sockets or list(self.servers[0].sockets)
            self._ready(sockets[0].getsockname()[1])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything is started.

    Raises `OSError` that says which address is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=4096)
    except OSError as error:
        raise OSError(
            f"can't listen on {host} port {port} ({error.strerror}); stop what uses it, or give another --port"
        ) from error


def make_server(app: Callable[..., Awaitable[None]], host: str, port: int, ready: Callable[[int], None]) -> Server:
    """A server for `app`; running streams get 20 s to end when it is told to stop."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=GuardedProtocol,
            loop="uvloop",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=20,
        ),
        ready,
    )

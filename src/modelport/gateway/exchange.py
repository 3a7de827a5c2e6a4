"""One HTTP exchange with a caller over ASGI: read the body within bounds, answer once, notice when they leave.

A server does not tell an application that its caller has gone unless the application listens; so `watch` listens
beside the work and cancels it. Whoever catches that cancellation finds `gone` set, and may await as usual again.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from modelport.errors import BadRequest, Timeout, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, MutableMapping

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
        self.gone = False
        """Whether the caller has left."""
        self.started = False
        """Whether the status has been sent."""
        self.finished = False

    def header(self, name: bytes) -> str | None:
        """A request header by its lower-case name."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def body(self, limit: int, seconds: float) -> bytes:
        """The whole request body.

        Raises `TooLarge`, `Timeout`, `BadRequest` for one that was cut short, or `CallerGone`.
        """
        announced = self._headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(seconds):
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
        except TimeoutError as error:
            raise Timeout(f"The request body did not arrive within {seconds:g} seconds.") from error
        if announced.isdigit() and size != int(announced):
            raise BadRequest(f"The request body was cut short: {size} of {int(announced)} bytes arrived.")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @contextlib.contextmanager
    def watch(self) -> Generator[None]:
        """Cancels the present task as soon as the caller leaves. To be used once the body is read."""
        task = asyncio.current_task()
        assert task is not None

        async def listen() -> None:
            while (await self._receive())["type"] != "http.disconnect":
                pass
            if not self.finished:
                self.gone = True
                task.cancel()

        listener = asyncio.create_task(listen())
        try:
            yield
        finally:
            listener.cancel()

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Sends the status and the headers."""
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, data: bytes) -> None:
        """Sends a piece of a streamed body; waits while the caller reads slowly."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        """Sends the last piece."""
        self.finished = True
        await self._send({"type": "http.response.body", "body": data})

    async def answer(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Sends a whole answer."""
        self.finished = True
        await self.start(status, [*headers, (b"content-length", str(len(body)).encode())])
        await self.end(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request body is larger than {limit} bytes.")

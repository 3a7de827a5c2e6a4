"""A provider that does what it is told: OpenAI's chat API on a real socket, every answer and fault scripted.

It ships with the package, so that development, tests and load runs need no key and use the same thing.
`fake_script.py` says what can be scripted; `fake_http.py` is the wire, `fake_request.py` the reading,
`fake_answer.py` the words, `fake_exchange.py` the sending. Any model name will do; `locked` wants
`Authorization: Bearer fake-key`. The log of chat requests is at `/_fake/log`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING

import msgspec

from modelport.providers.fake_answer import error_body
from modelport.providers.fake_exchange import Record, exchange
from modelport.providers.fake_http import Connection, Request, head
from modelport.providers.fake_request import KEY
from modelport.providers.fake_script import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEY", "FakeProvider", "Record", "serve"]

_LOG_LENGTH = 20_000


class FakeProvider:
    """The server. `start` it on any event loop; `records` and `counts` are also there for tests in process."""

    def __init__(self) -> None:
        self.records: deque[Record] = deque(maxlen=_LOG_LENGTH)
        """The last 20,000 requests that have ended, in the order of their ends."""
        self.counts: Counter[str] = Counter()
        """How many requests ended with each outcome."""
        self._number = 0
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, and return the port (another than `port` only if that was 0). Raises OSError if it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self._handle, self._connections), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            await connection.cancel()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def clear(self) -> None:
        """Forget every request; numbers start at 1 again."""
        self.records.clear()
        self.counts.clear()
        self._number = 0

    async def _handle(self, request: Request, connection: Connection) -> None:
        status, body = 200, b"{}"
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                self._number += 1
                record = await exchange(self._number, request, connection)
                self.records.append(record)
                self.counts[record.outcome] += 1
                return
            case "GET", "/v1/models":
                models = [{"id": name, "object": "model", "owned_by": "fake"} for name in (*KINDS, "locked")]
                body = msgspec.json.encode({"object": "list", "data": models})
            case "GET", "/_fake/log":
                body = msgspec.json.encode({"counts": self.counts, "requests": list(self.records)})
            case "DELETE", "/_fake/log":
                self.clear()
            case _:
                status, body = 404, error_body(f"No such path: {request.path}", "invalid_request_error")
        connection.write(head(status, "application/json", len(body)) + body)


async def serve(host: str, port: int, *, ready: Callable[[int], None] | None = None) -> None:
    """Run the scripted provider until cancelled; `ready` is told the port once it listens."""
    provider = FakeProvider()
    bound = await provider.start(host, port)
    try:
        if ready is not None:
            ready(bound)
        await asyncio.Event().wait()
    finally:
        await provider.stop()

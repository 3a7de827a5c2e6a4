"""Keep-alive HTTP clients for the load generator: one asyncio protocol each, no allocation worth naming."""

import asyncio
import time
from collections.abc import Callable
from typing import cast

import httptools

from .wire import STAMP

_EVENT = b"data: {"
_SAMPLE_EVERY = 16  # of so many reads one is looked into for the time stamp


class Faults:
    """What went wrong, counted by kind; `total` of zero means a clean run."""

    def __init__(self) -> None:
        self.by_kind: dict[str, int] = {}

    def add(self, kind: str) -> None:
        """Count one fault."""
        self.by_kind[kind] = self.by_kind.get(kind, 0) + 1

    @property
    def total(self) -> int:
        """How many in all."""
        return sum(self.by_kind.values())


class Connection(asyncio.Protocol):
    """What plain and streamed clients share: a socket, a response parser, a way to tell faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.transport: asyncio.Transport | None = None
        self.busy = False
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        # uvloop's transports do not derive from asyncio's, hence no isinstance.
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """A loss between answers is the server's right; within one it is a fault."""
        self.transport = None
        if self.busy:
            self.busy = False
            self._faults.add(f"lost: {exc!r}" if exc else "lost: closed in mid-answer")
            self.on_answer()

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._faults.add(f"malformed: {type(error).__name__}")
            self.close()

    def close(self) -> None:
        """Leave, whatever is under way."""
        if self.transport is not None:
            self.transport.close()

    def send(self, request: bytes) -> None:
        """Write one request; the answer to the one before has come."""
        assert self.transport is not None
        self.busy = True
        self.transport.write(request)

    def check(self, body: bytes = b"") -> bool:
        """Whether the answer that just ended was a 200; a fault is counted if not."""
        status = self._parser.get_status_code()
        if status != 200:
            self._faults.add(f"status {status}: {body[:160].decode(errors='replace')}")
        return status == 200

    def on_answer(self) -> None:
        """Called when an answer has ended, well or ill; subclasses say what follows."""


class PlainClient(Connection):
    """Sends whole requests and times the answers; calls `done(client, seconds)` after each."""

    def __init__(self, faults: Faults, done: Callable[["PlainClient", float | None], None]) -> None:
        super().__init__(faults)
        self._done = done
        self._sent = 0
        self._body = b""

    def send(self, request: bytes) -> None:
        """Write one request and start the clock."""
        self._body = b""
        self._sent = time.perf_counter_ns()
        super().send(request)

    def on_body(self, body: bytes) -> None:
        """A part of the answer's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        seconds = (time.perf_counter_ns() - self._sent) / 1e9
        self.busy = False
        good = self.check(self._body)
        if not self._parser.should_keep_alive():
            self.close()
            self.transport = None
        self._done(self, seconds if good else None)

    def on_answer(self) -> None:
        """The connection broke in mid-answer."""
        self._done(self, None)


class StreamTotals:
    """What all streams of a run have brought so far."""

    def __init__(self, expected: int) -> None:
        self.left = expected  # have not ended yet
        self.over = asyncio.Event()
        self.started = 0
        self.reads = 0
        self.completed = 0
        self.events = 0
        self.lags: list[float] = []  # seconds from the mock's write to our read, of the sampled events

    def end(self) -> None:
        """One stream has ended, well or ill."""
        self.left -= 1
        if not self.left:
            self.over.set()


class StreamClient(Connection):
    """One streamed request on a connection of its own; counts its events into the shared totals."""

    def __init__(self, faults: Faults, totals: StreamTotals) -> None:
        super().__init__(faults)
        self._totals = totals
        self._events = 0
        self._tail = b""

    def on_body(self, body: bytes) -> None:
        """Count events, also one that was cut between two reads, and look at a time stamp now and then."""
        text = self._tail + body
        # A tail shorter than the mark can hold no whole mark, so nothing counts twice.
        found = text.count(_EVENT)
        self._tail = text[-(len(_EVENT) - 1) :] if not text.endswith(b"[DONE]\n\n") else text[-32:]
        if found:
            if not self._events:
                self._totals.started += 1
            self._events += found
            self._totals.events += found
        self._totals.reads += 1
        if self._totals.reads % _SAMPLE_EVERY == 0 and (stamp := STAMP.search(text)):
            self._totals.lags.append((time.monotonic_ns() - int(stamp[1])) / 1e9)

    def on_message_complete(self) -> None:
        """The stream has ended."""
        self.busy = False
        if self.check(self._tail):
            if b"[DONE]" in self._tail:
                self._totals.completed += 1
            else:
                self._faults.add("stream ended without [DONE]")
        self._totals.end()
        self.close()

    def on_answer(self) -> None:
        """The connection broke in mid-stream."""
        self._totals.end()

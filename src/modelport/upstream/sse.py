"""Server-sent events out of bytes, cut anywhere.

Follows the WHATWG rules for `event` and `data`; `id`, `retry` and unknown fields are dropped, and so are
events without a `data` line. Each byte is looked at a fixed number of times, however the stream is cut.
Blocks that are one `data` line, or an `event` line and a `data` line, are not taken apart line by line: a
typical event costs about a microsecond.
"""

from __future__ import annotations

from typing import Final

import msgspec

from modelport.upstream.errors import FaultKind, UpstreamFault

__all__ = ["Event", "Reader"]

_BOM: Final = b"\xef\xbb\xbf"
_LF: Final = 10


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event as it stood on the wire, still undecoded."""

    event: bytes
    """The name; `b""` when none was given."""
    data: bytes
    """The `data` lines, joined with line feeds."""


class Reader:
    r"""Takes chunks, gives the events they complete.

    `max_event_bytes` bounds one event with all its lines; beyond it `feed` and `finish` raise
    `UpstreamFault(TOO_LARGE)`, and the reader is of no further use. Memory stays near that bound.

    Line ends are made `\n` first. An event then ends at the next `\n\n`, taken greedily from the left, which
    makes the cuts of the chunks invisible.
    """

    __slots__ = ("_after_cr", "_max", "_name", "_pending", "_start")

    def __init__(self, max_event_bytes: int, name: str = "The provider") -> None:
        self._max = max_event_bytes
        self._name = name
        """Who sends, for messages."""
        self._pending = bytearray()
        """The unfinished event. A bytearray, as its growth is amortised: a list of parts would cost
        a pointer for each byte of a stream cut into single bytes."""
        self._after_cr = False
        """The last chunk ended in `\r`: a `\n` that follows belongs to it."""
        self._start: bytes | None = b""
        """What has been seen of a possible byte order mark; None once that is settled."""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events completed by `chunk`, in order; most often none or a few."""
        if self._start is not None:
            chunk = self._without_bom(chunk)
        if self._after_cr or b"\r" in chunk:
            chunk = self._with_line_feeds(chunk)
        events: list[Event] = []
        if self._pending:
            chunk = self._complete(chunk, events)
        blocks = chunk.split(b"\n\n")
        rest = blocks.pop()
        if len(chunk) > self._max:
            for block in blocks:
                self._check(block)
        for block in blocks:
            if block[:6] == b"data: " and b"\n" not in block:
                events.append(Event(b"", block[6:]))
            else:
                events += _read_block(block)
        if rest:
            self._keep(rest)
        return events

    def finish(self) -> list[Event]:
        """The event that stands unterminated at the end of the stream, if it has data.

        The standard drops it; real providers end without the blank line, so we do not.
        """
        if self._start:
            self._pending += self._start
        self._start = None
        block = bytes(self._pending.removesuffix(b"\n"))
        self._pending.clear()
        self._check(block)
        return _read_block(block)

    def _complete(self, chunk: bytes, events: list[Event]) -> bytes:
        """Ends the pending event with the head of `chunk` if it can; what is left to read of `chunk`."""
        pending = self._pending
        if pending[-1] == _LF and chunk[:1] == b"\n":  # The pair of line feeds lies across the cut.
            del pending[-1]
            rest = chunk[1:]
        elif (at := chunk.find(b"\n\n")) >= 0:
            pending += chunk[:at]
            rest = chunk[at + 2 :]
        else:
            self._keep(chunk)
            return b""
        block = bytes(pending)
        pending.clear()
        self._check(block)
        events += _read_block(block)
        return rest

    def _keep(self, part: bytes) -> None:
        self._pending += part
        # One byte more may stand here than in a block: the first of the two line feeds that end it.
        if len(self._pending) > self._max + 1:
            self._pending.clear()
            raise self._too_large()

    def _check(self, block: bytes) -> None:
        if len(block) > self._max:
            raise self._too_large()

    def _too_large(self) -> UpstreamFault:
        return UpstreamFault(
            FaultKind.TOO_LARGE,
            f"{self._name} sent an event larger than the {self._max} bytes we accept.",
            sent=True,
        )

    def _without_bom(self, chunk: bytes) -> bytes:
        seen = (self._start or b"") + chunk
        if len(seen) < len(_BOM) and _BOM.startswith(seen):
            self._start = seen
            return b""
        self._start = None
        return seen.removeprefix(_BOM)

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        if not chunk:
            return chunk
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _read_block(block: bytes) -> list[Event]:
    """The event in the lines between two blank lines; nothing where no line is a `data` line.

    Some servers leave blank lines out: a second name after data begins another event, and lines of which each is an
    object by itself are events of their own.
    """
    if block[:7] == b"event: ":
        end = block.find(b"\n")
        if block[end + 1 : end + 7] == b"data: " and block.find(b"\n", end + 1) < 0:
            return [Event(block[7:end], block[end + 7 :])]
    events: list[Event] = []
    name = b""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            if data and name:
                events += _joined(name, data)
                data = []
            name = value.removeprefix(b" ")
    return events + _joined(name, data)


def _joined(name: bytes, data: list[bytes]) -> list[Event]:
    if len(data) > 1 and all(line.startswith(b"{") and line.endswith(b"}") for line in data):
        return [Event(name, line) for line in data]
    return [Event(name, b"\n".join(data))] if data else []

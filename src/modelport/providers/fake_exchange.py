"""One chat request at the scripted provider: the answer, or the scripted failure, and its line in the log."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib

import msgspec

from modelport.kit import clock
from modelport.providers.fake_answer import Envelope, Event, error_body, events, make_answer, message_body
from modelport.providers.fake_http import Connection, Request, head
from modelport.providers.fake_request import Orders, Refused, read_chat
from modelport.providers.fake_script import Script, draws_failure

__all__ = ["Record", "exchange"]

_BATCH = 64
"""Events joined to one write where they are not paced."""
_JSON = "application/json"
_PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
_BREAKS = frozenset({"reset", "stall", "truncate", "badchunk"})
"""The failures that leave the answer unfinished."""
_SPOILT = frozenset({"garbage", "error_event", "empty200"}) | _BREAKS
"""The failures after which a body that is not streamed holds no whole answer."""


class Record(msgspec.Struct):
    """One request as the log shows it."""

    n: int
    """Counts from 1 since the last `DELETE /_fake/log`."""
    model: str
    """Without the script."""
    marker: str
    outcome: str
    """`complete`, `refused` (400 or 401), `client_gone`, or the failure that was scripted."""
    completion_tokens_sent: int
    """Handed to the socket by the end, or by the time the client went."""
    client_gone: bool
    t_disconnect_ms: float | None
    """From the receipt of the request until the client was seen to be gone."""
    received_at_ms: int
    """Wall time of the receipt, milliseconds since 1970."""
    stream: bool


async def exchange(number: int, request: Request, connection: Connection) -> Record:
    """Answer, or fail as told. Cancelled by the connection when the client goes, and returns all the same."""
    record = Record(
        n=number,
        model="",
        marker="",
        outcome="complete",
        completion_tokens_sent=0,
        client_gone=False,
        t_disconnect_ms=None,
        received_at_ms=clock.now_ms(),
        stream=False,
    )
    try:
        orders = read_chat(request.body, request.headers.get(b"authorization", b""))
        record.model, record.marker, record.stream = orders.model, orders.script.marker, orders.stream
        fail = orders.script.fail if draws_failure(orders.script, request.body) else "none"
        if fail != "none":
            record.outcome = fail
        await _Reply(connection, orders, fail, record).send()
    except Refused as refused:
        record.outcome = "refused"
        connection.write(head(refused.status, _JSON, len(refused.body)) + refused.body)
    except asyncio.CancelledError:
        # Also raised when the server stops, and then the client is not gone.
        if connection.gone_at is not None:
            record.outcome, record.client_gone = "client_gone", True
            record.t_disconnect_ms = round(1000 * (connection.gone_at - request.received), 3)
    return record


class _Reply:
    """The sending of one answer."""

    def __init__(self, connection: Connection, orders: Orders, fail: str, record: Record) -> None:
        self._connection = connection
        self._orders = orders
        self._script = orders.script
        self._fail = fail
        self._record = record

    async def send(self) -> None:
        """Send the answer, or what the script wants in its place."""
        script, orders = self._script, self._orders
        if script.first_ms:
            await asyncio.sleep(script.first_ms / 1000)
        if self._fail in {"reset", "stall"} and script.at == 0:
            await self._break_off()
        elif self._fail in {"status", "html"}:
            self._connection.write(_error_page(script, self._fail))
        else:
            answer = make_answer(script, orders.limit, orders.tool)
            envelope = Envelope(self._record.n, int(time.time()), orders.model, orders.prompt_tokens)
            if orders.stream:
                await self._stream(events(envelope, answer, script, self._fail, asked=orders.include_usage))
                return
            with_usage = self._fail != "no_usage" and script.usage != "none"
            await self._whole(message_body(envelope, answer, script, with_usage=with_usage))
            if self._fail not in _SPOILT:
                self._record.completion_tokens_sent = answer.completion_tokens

    async def _whole(self, body: bytes) -> None:
        """Send `body` as an answer that is not streamed."""
        fail, extra = self._fail, ()
        if fail == "error_event":
            body = error_body("The scripted provider fails here.", "server_error", code="scripted")
        elif fail == "garbage":
            body = body[: len(body) // 2]
        elif fail == "empty200":
            body = b""
        if self._script.gzip:
            body, extra = gzip.compress(body, 1), ("Content-Encoding: gzip",)
        if fail not in _BREAKS:
            self._connection.write(head(200, _JSON, len(body), *extra) + body)
            await self._connection.drain()
            return
        self._connection.write(head(200, _JSON, None if fail == "badchunk" else len(body), *extra))
        await self._break_off(body)

    async def _stream(self, todo: list[Event]) -> None:
        """Send events, each a chunk of its own, paced if the script says so."""
        script, connection = self._script, self._connection
        frame = _Framer(script)
        extra = ("Content-Encoding: gzip",) if script.gzip else ()
        connection.write(head(200, "text/event-stream; charset=utf-8", None, *extra))
        following: Event | None = None
        if self._fail == "empty200":
            todo = []
        elif self._fail in _BREAKS:
            following = todo[script.at] if script.at < len(todo) else None
            todo = todo[: script.at]
        if script.interval_ms:
            await self._paced(todo, frame)
        else:
            for start in range(0, len(todo), _BATCH):
                batch = todo[start : start + _BATCH]
                connection.write(b"".join([frame.event(data) for data, _ in batch]))
                self._record.completion_tokens_sent += sum(tokens for _, tokens in batch)
                await connection.drain()
        if self._fail in _BREAKS:
            await self._break_off(frame.event(following[0]) if following else b"")
        else:
            connection.write(frame.end())

    async def _paced(self, todo: list[Event], frame: _Framer) -> None:
        """Send with the script's interval before each token, by the clock, so that delays do not add up."""
        connection, record = self._connection, self._record
        interval = self._script.interval_ms / 1000
        loop = asyncio.get_running_loop()
        due = loop.time()
        for data, tokens in todo:
            if tokens:
                due += interval
                await asyncio.sleep(max(0.0, due - loop.time()))
                await connection.drain()
            connection.write(frame.event(data))
            record.completion_tokens_sent += tokens

    async def _break_off(self, rest: bytes = b"") -> None:
        """Leave the answer unfinished in the scripted way; `rest` is what would come next."""
        connection = self._connection
        match self._fail:
            case "stall":
                if not self._orders.stream:
                    connection.write(rest[: len(rest) // 2])
                await asyncio.Event().wait()  # until the client goes
            case "reset":
                if not self._orders.stream:
                    connection.write(rest[: len(rest) // 2])
                await connection.reset()
            case "badchunk":
                connection.write(b"zz\r\n" + rest)
                connection.close()
            case _:
                connection.write(rest[: len(rest) // 2])
                connection.close()


class _Framer:
    """Dresses events: SSE lines, compression, HTTP chunks."""

    def __init__(self, script: Script) -> None:
        self._end = b"\r\n\r\n" if script.crlf else b"\n\n"
        self._zip = zlib.compressobj(1, wbits=31) if script.gzip else None  # 31: with gzip's own header

    def event(self, data: bytes) -> bytes:
        """One event, ready for the socket."""
        line = b"data: %b%b" % (data, self._end)
        if self._zip is not None:
            line = self._zip.compress(line) + self._zip.flush(zlib.Z_SYNC_FLUSH)
        return b"%x\r\n%b\r\n" % (len(line), line)

    def end(self) -> bytes:
        """What ends the body."""
        rest = self._zip.flush() if self._zip is not None else b""
        return (b"%x\r\n%b\r\n" % (len(rest), rest) if rest else b"") + b"0\r\n\r\n"


def _error_page(script: Script, fail: str) -> bytes:
    """The whole response of fail=status or fail=html."""
    if fail == "html":
        return head(script.status or 200, "text/html; charset=utf-8", len(_PAGE)) + _PAGE
    status = script.status or 500
    kind = "server_error" if status >= 500 else "invalid_request_error"
    if status == 429:
        kind = "rate_limit_error"
    body = error_body(f"The scripted provider answers {status}.", kind, code="scripted")
    extra = () if script.retry_after is None else (f"Retry-After: {script.retry_after:g}",)
    return head(status, _JSON, len(body), *extra) + body

"""Bodies and event streams against real sockets: every way they can end."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from test_client import SHORT, fault_of
from upstream_peers import SSE_HEAD, Line, Script, answer, chunk, serve

from modelport.upstream.client import Timeouts, UpstreamClient
from modelport.upstream.errors import FaultKind
from modelport.upstream.sse import Event

if TYPE_CHECKING:
    from modelport.upstream.client import Reply

A = Event(b"", b"a")
FIRST = SSE_HEAD + chunk(b"data: a\n\n")
BIG = b"data: " + b"x" * 20_000_000


def sends(*parts: bytes, then: str = "close") -> Script:
    """Each part in a packet of its own, then: close, wait until the client has gone, or reset."""

    async def script(line: Line) -> None:
        await line.request()
        for part in parts:
            await line.send(part)
            await asyncio.sleep(0.02)
        if then == "wait":
            await line.gone()
        elif then == "reset":
            line.reset()

    return script


async def collect(reply: Reply, max_event_bytes: int = 1 << 20) -> list[Event]:
    return [event async for events in reply.events(max_event_bytes) for event in events]


class TestEvents:
    """Streams."""

    async def test_gives_the_events_of_one_read_together(self, client: UpstreamClient) -> None:
        parts = [SSE_HEAD + chunk(b"data: a\n\ndata: b\n\nda"), chunk(b"ta: c\n\n"), chunk(b"")]
        async with serve(sends(*parts, then="wait")) as peer:
            reply = await client.send(peer.target(limit=1), b"{}")
            assert reply.content_type == "text/event-stream"
            lists = [[event.data for event in events] async for events in reply.events()]
            assert lists == [[b"a", b"b"], [b"c"]]
            assert client.in_flight("acme") == 0

    async def test_a_stream_read_to_its_end_leaves_the_connection_to_the_pool(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            while True:
                await line.request()
                await line.send(FIRST)
                await line.send(chunk(b""))

        async with serve(script) as peer:
            for _ in range(3):
                reply = await client.send(peer.target(), b"{}")
                assert await collect(reply) == [A]
                reply.close()
            assert peer.connections == 1

    async def test_close_after_the_end_spares_the_next_user_of_the_connection(self, client: UpstreamClient) -> None:
        """Aiohttp gives the connection back as the last byte arrives, before we have read it."""

        async def script(line: Line) -> None:
            await line.request()
            await line.send(FIRST + chunk(b""))
            await line.request()
            await line.send(FIRST)
            await asyncio.sleep(0.05)
            await line.send(chunk(b""))

        async with serve(script) as peer:
            first = await client.send(peer.target(), b"{}")
            await asyncio.sleep(0.05)
            second = await client.send(peer.target(), b"{}")
            first.close()
            assert await collect(second) == [A]
            assert peer.connections == 1

    async def test_gives_an_unterminated_last_event(self, client: UpstreamClient) -> None:
        async with serve(sends(FIRST + chunk(b"data: b") + chunk(b""))) as peer:
            reply = await client.send(peer.target(), b"{}")
            assert [event.data for event in await collect(reply)] == [b"a", b"b"]
            assert [events async for events in reply.events()] == []

    async def test_reads_a_stream_without_length_to_the_close(self, client: UpstreamClient) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        async with serve(sends(head, b"data: a\n\n")) as peer:
            assert await collect(await client.send(peer.target(), b"{}")) == [A]

    @pytest.mark.parametrize(
        ("parts", "then", "kind"),
        [
            ([FIRST], "close", FaultKind.TRUNCATED),
            ([FIRST, b"5\r\nda"], "close", FaultKind.TRUNCATED),
            ([FIRST], "reset", FaultKind.RESET),
            ([FIRST, b"zz\r\noops\r\n"], "wait", FaultKind.MALFORMED),
            ([FIRST + b"zz\r\noops\r\n"], "wait", FaultKind.MALFORMED),
            ([FIRST], "wait", FaultKind.IDLE_TIMEOUT),
            ([SSE_HEAD], "wait", FaultKind.FIRST_BYTE_TIMEOUT),
            ([SSE_HEAD], "close", FaultKind.TRUNCATED),
            ([FIRST, chunk(BIG)], "wait", FaultKind.TOO_LARGE),
            ([FIRST, *[chunk(b"x" * 400_000)] * 10], "wait", FaultKind.TOO_LARGE),
        ],
    )
    async def test_every_fault_in_mid_stream(
        self, client: UpstreamClient, parts: list[bytes], then: str, kind: FaultKind
    ) -> None:
        async with serve(sends(*parts, then=then)) as peer:

            async def call() -> list[Event]:
                return await collect(await client.send(peer.target(SHORT, limit=1), b"{}"))

            fault = await fault_of(call())
            assert (fault.kind, fault.sent) == (kind, True)
            assert client.in_flight("acme") == 0
            if then == "wait":
                await peer.closed()

    async def test_a_stream_without_length_that_falls_silent_did_not_end(self, client: UpstreamClient) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        async with serve(sends(head + b"data: a\n\n", then="wait")) as peer:
            fault = await fault_of(collect(await client.send(peer.target(SHORT), b"{}")))
            assert fault.kind is FaultKind.IDLE_TIMEOUT

    async def test_bytes_of_any_kind_keep_a_stream_alive(self, client: UpstreamClient) -> None:
        parts = [SSE_HEAD, *[chunk(b": still here\n\n")] * 12, chunk(b"data: a\n\n"), chunk(b"")]
        async with serve(sends(*parts)) as peer:
            assert await collect(await client.send(peer.target(SHORT), b"{}")) == [A]

    async def test_total_time_bounds_a_lively_stream(self, client: UpstreamClient) -> None:
        parts = [SSE_HEAD, *[chunk(b"data: a\n\n")] * 100]
        async with serve(sends(*parts)) as peer:
            fault = await fault_of(collect(await client.send(peer.target(Timeouts(total=0.2)), b"{}")))
            assert fault.kind is FaultKind.TOTAL_TIMEOUT

    async def test_total_time_frees_what_was_forgotten(self, client: UpstreamClient) -> None:
        async with serve(sends(FIRST, then="wait")) as peer:
            await client.send(peer.target(Timeouts(total=0.1), limit=1), b"{}")
            await peer.closed()
            assert client.in_flight("acme") == 0

    async def test_a_slow_reader_of_ours_is_not_the_providers_fault(self, client: UpstreamClient) -> None:
        parts = [FIRST, chunk(b"data: b\n\n") + chunk(b"")]
        async with serve(sends(*parts, then="wait")) as peer:
            events = (await client.send(peer.target(SHORT), b"{}")).events()
            await asyncio.sleep(0.3)
            assert [event.data for event in await anext(events)] == [b"a", b"b"]

        async with serve(sends(FIRST, then="wait")) as peer:
            events = (await client.send(peer.target(SHORT), b"{}")).events()
            assert await anext(events) == [A]
            await asyncio.sleep(0.3)
            assert (await fault_of(anext(events))).kind is FaultKind.IDLE_TIMEOUT

    @pytest.mark.parametrize(
        ("then", "kind"), [("close", FaultKind.TRUNCATED), ("reset", FaultKind.RESET), ("bad", FaultKind.MALFORMED)]
    )
    async def test_what_came_before_a_broken_end_is_not_lost(
        self, client: UpstreamClient, then: str, kind: FaultKind
    ) -> None:
        """Also to a reader who comes only after the connection broke."""
        bad = [b"zz\r\n"] if then == "bad" else []
        async with serve(sends(FIRST, chunk(b"data: b\n\n"), *bad, then=then)) as peer:
            events = (await client.send(peer.target(limit=1), b"{}")).events()
            await asyncio.sleep(0.15)
            assert [event.data for event in await anext(events)] == [b"a", b"b"]
            assert (await fault_of(anext(events))).kind is kind
            assert client.in_flight("acme") == 0

    async def test_a_stalled_reader_stops_the_flow(self, client: UpstreamClient) -> None:
        sent = 0

        async def script(line: Line) -> None:
            nonlocal sent
            await line.request()
            await line.send(FIRST)
            event = chunk(b"data: " + b"x" * 16_000 + b"\n\n")
            while True:
                await line.send(event)
                sent += len(event)

        async with serve(script) as peer:
            reply = await client.send(peer.target(), b"{}")
            await anext(reply.events())
            before = -1
            while before != sent:
                before = sent
                await asyncio.sleep(0.1)
            # Socket buffers of the kernel on both sides may take some megabytes; ours may not.
            assert reply._content._size < 600_000
            reply.close()


class TestClose:
    """Leaving before the end."""

    async def test_drops_the_connection_at_once(self, client: UpstreamClient) -> None:
        async with serve(sends(FIRST, then="wait")) as peer:
            reply = await client.send(peer.target(limit=1), b"{}")
            await anext(reply.events())
            reply.close()
            reply.close()
            assert reply._exchange._timer is None
            assert client.in_flight("acme") == 0
            await peer.closed()

    async def test_cancelling_the_reader_drops_the_connection(self, client: UpstreamClient) -> None:
        async with serve(sends(FIRST, then="wait")) as peer:
            reply = await client.send(peer.target(limit=1), b"{}")
            task = asyncio.create_task(collect(reply))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert client.in_flight("acme") == 0
            await peer.closed()

    async def test_wakes_a_reader_in_another_task(self, client: UpstreamClient) -> None:
        async with serve(sends(FIRST, then="wait")) as peer:
            reply = await client.send(peer.target(), b"{}")
            task = asyncio.create_task(collect(reply))
            await asyncio.sleep(0.05)
            reply.close()
            assert (await fault_of(task)).kind is FaultKind.RESET


class TestRead:
    """Whole bodies."""

    @pytest.mark.parametrize("announced", [True, False])
    async def test_refuses_more_than_the_limit(self, client: UpstreamClient, *, announced: bool) -> None:
        body = b"x" * 300_000
        parts = [answer(body)] if announced else [SSE_HEAD, *[chunk(body)] * 10]
        async with serve(sends(*parts, then="wait")) as peer:
            reply = await client.send(peer.target(limit=1), b"{}")
            assert (await fault_of(reply.read(299_999))).kind is FaultKind.TOO_LARGE
            assert client.in_flight("acme") == 0

    async def test_reads_up_to_the_limit(self, client: UpstreamClient) -> None:
        body = b"x" * 300_000
        async with serve(sends(answer(body))) as peer:
            assert await (await client.send(peer.target(), b"{}")).read(300_000) == body

    @pytest.mark.parametrize(
        ("then", "kind"),
        [
            ("close", FaultKind.TRUNCATED),
            ("reset", FaultKind.RESET),
            ("wait", FaultKind.IDLE_TIMEOUT),
        ],
    )
    async def test_an_incomplete_body_is_a_fault(self, client: UpstreamClient, then: str, kind: FaultKind) -> None:
        async with serve(sends(answer(b"x" * 100)[:-1], then=then)) as peer:
            reply = await client.send(peer.target(SHORT, limit=1), b"{}")
            assert (await fault_of(reply.read(100))).kind is kind
            assert client.in_flight("acme") == 0


def raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


class TestCompressed:
    """What some providers send although we did not ask for it."""

    @pytest.mark.parametrize(
        ("encoding", "body"),
        [
            (b"gzip", gzip.compress(b"hello", mtime=0)),
            (b"x-gzip", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0) + b"\0\0"),
            (b"deflate", zlib.compress(b"hello")),
            (b"deflate", raw_deflate(b"hello")),
            (b"identity", b"hello"),
        ],
    )
    async def test_is_undone(self, client: UpstreamClient, encoding: bytes, body: bytes) -> None:
        async with serve(sends(answer(body, b"Content-Encoding: " + encoding))) as peer:
            assert await (await client.send(peer.target(), b"{}")).read(100) == b"hello"

    async def test_an_empty_body_is_complete(self, client: UpstreamClient) -> None:
        async with serve(sends(answer(b"", b"Content-Encoding: gzip"))) as peer:
            assert await (await client.send(peer.target(), b"{}")).read(100) == b""

    async def test_stream_flows_event_by_event(self, client: UpstreamClient) -> None:
        squeeze = zlib.compressobj(wbits=31)
        head = SSE_HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
        first = squeeze.compress(b"data: a\n\n") + squeeze.flush(zlib.Z_SYNC_FLUSH)
        go = asyncio.Event()

        async def script(line: Line) -> None:
            await line.request()
            await line.send(head + chunk(first))
            await go.wait()
            await line.send(chunk(squeeze.compress(b"data: b\n\n") + squeeze.flush()) + chunk(b""))

        async with serve(script) as peer:
            events = (await client.send(peer.target(), b"{}")).events()
            assert await anext(events) == [A]
            go.set()
            assert [batch async for batch in events] == [[Event(b"", b"b")]]

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (gzip.compress(b"hello", mtime=0)[:-3], FaultKind.TRUNCATED),
            (b"not gzip at all", FaultKind.MALFORMED),
            (gzip.compress(b"x" * 50_000_000, mtime=0), FaultKind.TOO_LARGE),
        ],
    )
    async def test_faults(self, client: UpstreamClient, body: bytes, kind: FaultKind) -> None:
        async with serve(sends(answer(body, b"Content-Encoding: gzip"))) as peer:
            for stream in (False, True):
                reply = await client.send(peer.target(limit=1), b"{}")
                fault = await fault_of(collect(reply) if stream else reply.read(1 << 20))
                assert fault.kind is kind
                assert client.in_flight("acme") == 0

    async def test_a_bomb_of_small_events_unfolds_piece_by_piece(self, client: UpstreamClient) -> None:
        body = gzip.compress(b"data: a\n\n" * 2_000_000, mtime=0)
        async with serve(sends(answer(body, b"Content-Encoding: gzip"), then="wait")) as peer:
            reply = await client.send(peer.target(), b"{}")
            async for events in reply.events():
                assert len(events) < 20_000
                break
            reply.close()

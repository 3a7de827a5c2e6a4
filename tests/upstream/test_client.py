"""The client against real sockets: connections, head of the answer, time limits, places."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import TYPE_CHECKING

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from upstream_peers import PATIENT, SSE_HEAD, Line, answer, chunk, serve
from yarl import URL

from modelport.upstream.client import Target, Timeouts, UpstreamClient
from modelport.upstream.errors import FaultKind, UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Awaitable

SHORT = Timeouts(connect=3.0, first_byte=0.15, idle=0.15, total=5.0)


async def fault_of(call: Awaitable[object]) -> UpstreamFault:
    """The fault `call` ends in, within a generous time; its message shows neither address nor key."""
    async with asyncio.timeout(4):
        with pytest.raises(UpstreamFault) as caught:
            await call
    fault = caught.value
    assert "acme" in fault.message
    assert "127.0.0.1" not in fault.message
    assert "secret" not in fault.message + fault.detail
    return fault


async def echo(line: Line) -> None:
    while True:
        await line.request()
        await line.send(answer(b'{"ok":true}', b"Content-Type: Application/JSON; charset=utf-8"))


class TestSend:
    """A request and the head of its answer."""

    async def test_sends_body_and_headers_and_reads_the_answer(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            reply = await client.send(peer.target(), b'{"q":1}', {"X-Title": "app", "authorization": "Bearer b"})
            assert (reply.status, reply.content_type) == (200, "application/json")
            assert reply.headers["content-length"] == "11"
            assert await reply.read(100) == b'{"ok":true}'
        head, _, body = peer.requests[0].partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"POST /v1/chat?x=1 HTTP/1.1"
        assert body == b'{"q":1}'
        assert {b"X-Title: app", b"authorization: Bearer b", b"Accept-Encoding: identity"} <= set(lines)
        assert b"secret" not in head

    async def test_gets(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            reply = await client.get(peer.target())
            assert await reply.read(100) == b'{"ok":true}'
        assert peer.requests[0].startswith(b"GET /v1/chat?x=1 HTTP/1.1\r\n")

    async def test_keeps_the_connection(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            for _ in range(3):
                await (await client.send(peer.target(), b"{}")).read(100)
            assert peer.connections == 1
        assert len(peer.requests) == 3

    async def test_sends_a_large_body(self, client: UpstreamClient) -> None:
        body = b"x" * 3_000_000
        async with serve(echo) as peer:
            await (await client.send(peer.target(), body)).read(100)
        assert peer.requests[0].endswith(b"\r\n\r\n" + body)

    async def test_follows_no_redirect_and_keeps_no_cookie(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(b"HTTP/1.1 307 Go\r\nLocation: /x\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
            await echo(line)

        async with serve(script) as peer:
            reply = await client.send(peer.target(), b"{}")
            assert (reply.status, await reply.read(10)) == (307, b"")
            await (await client.send(peer.target(), b"{}")).read(100)
        assert peer.connections == 1
        assert not any(b"cookie" in request.lower() for request in peer.requests)

    async def test_asks_before_connecting(self) -> None:
        asked: list[str] = []
        client = UpstreamClient(allow_address=lambda address: bool(asked.append(address)))
        await client.start()
        async with serve(echo) as peer:
            fault = await fault_of(client.send(peer.target(), b"{}"))
            behind = await fault_of(client.send(peer.target(proxy="http://127.0.0.1:9"), b"{}"))
        await client.close()
        assert (fault.kind, fault.sent, peer.connections) == (FaultKind.CONNECT, False, 0)
        assert (behind.kind, behind.sent) == (FaultKind.CONNECT, False)
        assert asked == ["127.0.0.1", "127.0.0.1"]

    async def test_needs_a_started_client(self) -> None:
        async with serve(echo) as peer:
            with pytest.raises(RuntimeError, match="start"):
                await UpstreamClient().get(peer.target())


class TestStaleConnection:
    """A kept connection that the server closed while nobody looked."""

    @pytest.mark.parametrize("reset", [False, True])
    async def test_is_tried_once_more_on_a_new_one(self, client: UpstreamClient, *, reset: bool) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(answer(b"one"))
            if line.peer.connections == 1:
                # Closing as the second request arrives is the race a client can't win by looking first.
                await line.reader.read(1)
                if reset:
                    line.reset()
                return
            await line.gone()

        async with serve(script) as peer:
            for _ in range(2):
                assert await (await client.send(peer.target(), b"{}")).read(10) == b"one"
            assert peer.connections == 2

    async def test_is_tried_only_once_more(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()
            if line.peer.connections == 1:
                await line.send(answer(b"one"))
                await line.reader.read(1)

        async with serve(script) as peer:
            await (await client.send(peer.target(), b"{}")).read(10)
            fault = await fault_of(client.send(peer.target(), b"{}"))
            assert (fault.kind, fault.sent, peer.connections) == (FaultKind.RESET, True, 2)

    async def test_second_try_takes_no_other_kept_connection(self, client: UpstreamClient) -> None:
        go = asyncio.Event()

        async def script(line: Line) -> None:
            number = line.peer.connections
            await line.request()
            if number == 2:
                go.set()
            await go.wait()
            await line.send(answer(b"one"))
            if number <= 2:
                await line.reader.read(1)

        async with serve(script) as peer:
            replies = await asyncio.gather(*[client.send(peer.target(), b"{}") for _ in range(2)])
            for reply in replies:
                await reply.read(10)
            assert await (await client.send(peer.target(), b"{}")).read(10) == b"one"
            assert peer.connections == 3

    @pytest.mark.parametrize("part", [b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
    async def test_is_not_tried_again_after_a_byte_of_the_answer(self, client: UpstreamClient, part: bytes) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(answer(b"one"))
            await line.request()
            await line.send(part)

        async with serve(script) as peer:
            await (await client.send(peer.target(), b"{}")).read(10)
            fault = await fault_of(client.send(peer.target(), b"{}"))
            assert fault.kind in {FaultKind.RESET, FaultKind.MALFORMED}
            assert peer.connections == 1

    async def test_a_new_connection_is_not_tried_again(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()

        async with serve(script) as peer:
            fault = await fault_of(client.send(peer.target(), b"{}"))
            assert (fault.kind, fault.sent, peer.connections) == (FaultKind.RESET, True, 1)

    async def test_reset_in_the_pool_is_nobodys_fault(self, client: UpstreamClient) -> None:
        """Neither an error of the next request, nor a complaint of asyncio about a future nobody read."""
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

        async def script(line: Line) -> None:
            await line.request()
            await line.send(answer(b"one"))
            await asyncio.sleep(0.02)
            line.reset()

        async with serve(script) as peer:
            for _ in range(2):
                await (await client.send(peer.target(), b"{}")).read(10)
                await asyncio.sleep(0.05)
            assert peer.connections == 2
        gc.collect()
        assert complaints == []


class TestNoConnection:
    """Faults before the request leaves: sure not to be billed."""

    async def test_refused(self, client: UpstreamClient) -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            url = URL(f"http://127.0.0.1:{reserved.getsockname()[1]}/")
            fault = await fault_of(client.send(Target("acme", url, CIMultiDict(), PATIENT), b"{}"))
        assert (fault.kind, fault.sent) == (FaultKind.CONNECT, False)

    @pytest.mark.parametrize("silent", [False, True])
    async def test_unknown_name(self, *, silent: bool) -> None:
        class Resolver(AbstractResolver):
            async def resolve(
                self,
                host: str,  # noqa: ARG002
                port: int = 0,  # noqa: ARG002
                family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
            ) -> list[ResolveResult]:
                if silent:
                    await asyncio.sleep(5)
                raise socket.gaierror(socket.EAI_NONAME, "unknown")

            async def close(self) -> None: ...

        client = UpstreamClient(resolver=Resolver())
        await client.start()
        timeouts = Timeouts(connect=0.1)
        target = Target("acme", URL("http://no.such.host/?key=secret"), CIMultiDict(), timeouts)
        fault = await fault_of(client.send(target, b"{}"))
        await client.close()
        assert fault.kind is (FaultKind.CONNECT_TIMEOUT if silent else FaultKind.DNS)
        assert not fault.sent


class TestHead:
    """Answers that are none."""

    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 70_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n"
            + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 9000) for i in range(10))
            + b"Content-Length: 0\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        ],
    )
    async def test_malformed(self, client: UpstreamClient, head: bytes) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(head)
            await line.gone()

        async with serve(script) as peer:
            fault = await fault_of(client.send(peer.target(limit=1), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.MALFORMED, True)
            assert client.in_flight("acme") == 0

    async def test_reads_header_lines_beyond_8_kb(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(answer(b"", b"X-Big: " + b"x" * 30_000))

        async with serve(script) as peer:
            reply = await client.send(peer.target(), b"{}")
            assert len(reply.headers["x-big"]) == 30_000
            reply.close()

    async def test_silence(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.gone()

        async with serve(script) as peer:
            fault = await fault_of(client.send(peer.target(SHORT), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.FIRST_BYTE_TIMEOUT, True)
            await peer.closed()

    async def test_total_time_bounds_the_wait_for_headers(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.gone()

        async with serve(script) as peer:
            fault = await fault_of(client.send(peer.target(Timeouts(total=0.1)), b"{}"))
            assert fault.kind is FaultKind.TOTAL_TIMEOUT
            await peer.closed()

    @pytest.mark.parametrize("size", [2, 20_000_000])
    async def test_cancelling_closes_the_connection(self, client: UpstreamClient, size: int) -> None:
        """Also while a large body is stuck on its way: closing in good order would wait for it."""
        seen = asyncio.Event()

        async def script(line: Line) -> None:
            await line.reader.read(1)
            seen.set()
            if size > 2:
                await asyncio.sleep(0.1)
            await line.gone()

        async with serve(script) as peer:
            task = asyncio.create_task(client.send(peer.target(limit=1), b"x" * size))
            await seen.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await peer.closed()
        assert client.in_flight("acme") == 0


class TestPlaces:
    """`max_concurrency`."""

    async def test_waits_for_a_place(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            target = peer.target(limit=1)
            first = await client.send(target, b"{}")
            second = asyncio.create_task(client.send(target, b"{}"))
            await asyncio.sleep(0.05)
            assert (len(peer.requests), client.in_flight("acme")) == (1, 1)
            await first.read(100)
            await (await second).read(100)
            assert client.in_flight("acme") == 0

    async def test_gives_up_in_time(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            first = await client.send(peer.target(limit=1), b"{}")
            fault = await fault_of(client.send(peer.target(Timeouts(connect=0.05), limit=1), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.BUSY, False)
            first.close()
            assert client.in_flight("acme") == 0

    async def test_a_cancelled_waiter_leaves_the_queue(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            target = peer.target(limit=1)
            first = await client.send(target, b"{}")
            waiters = [asyncio.create_task(client.send(target, b"{}")) for _ in range(3)]
            await asyncio.sleep(0)
            waiters[0].cancel()
            first.close()
            waiters[1].cancel()  # Handed the place in this very moment, perhaps.
            await (await waiters[2]).read(100)
            await asyncio.gather(*waiters[:2], return_exceptions=True)
            assert client.in_flight("acme") == 0

    async def test_more_places_let_waiters_in(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            first = await client.send(peer.target(limit=1), b"{}")
            second = asyncio.create_task(client.send(peer.target(limit=1), b"{}"))
            await asyncio.sleep(0)
            third = await client.send(peer.target(limit=3), b"{}")
            for reply in (first, await second, third):
                reply.close()
            assert client.in_flight("acme") == 0

    async def test_closing_the_client_ends_running_replies(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(SSE_HEAD + chunk(b"data: a\n\n"))
            await line.gone()

        async with serve(script) as peer:
            events = (await client.send(peer.target(limit=1), b"{}")).events()
            await anext(events)
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            await client.close()
            assert (await fault_of(waiting)).kind in {FaultKind.RESET, FaultKind.TRUNCATED}
            await peer.closed()
        assert client.in_flight("acme") == 0

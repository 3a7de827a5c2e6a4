"""What is fetched for a request, and that nothing of our own network ever is."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import BaseTestServer, TestServer

from modelport.upstream.client import UpstreamClient
from modelport.upstream.fetching import Fetcher, NotFetched
from modelport.upstream.guard import is_public

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2001:0:1::1", "", "localhost", "1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


class Names(AbstractResolver):
    """Resolves every name to one address."""

    def __init__(self, address: str) -> None:
        self.address, self.asked = address, 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        self.asked += 1
        kind = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        return [ResolveResult(hostname=host, host=self.address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every socket that is opened."""
    opened: list[Any] = []
    real = socket.socket

    def opening(*args: Any, **kwargs: Any) -> socket.socket:
        opened.append((args, kwargs))
        return real(*args, **kwargs)

    # The one place where connections of the fetcher open theirs.
    monkeypatch.setattr("modelport.upstream.connectors.socket", SimpleNamespace(socket=opening))
    return opened


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "localhost", "2130706433", "0x7f.1",
        "named.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "10.0.0.7"])
async def test_no_socket_is_opened_to_our_own_network(host: str, address: str, sockets: list[Any]) -> None:
    client = UpstreamClient(allow_address=is_public, resolver=Names(address))
    await client.start()
    try:
        with pytest.raises(NotFetched, match="can't be reached"):
            await Fetcher(client).fetch(f"http://{host}/latest/meta-data", limit=100, seconds=5)
    finally:
        await client.close()
    assert not sockets


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example", "https://", "http://me:pw@a.example/",
            "http://a.example:22/", "http://a.example:8080/", "data:text/plain,x", "http://[::1", ""],
)  # fmt: skip
async def test_addresses_that_are_no_web_address(url: str, sockets: list[Any]) -> None:
    client = UpstreamClient(allow_address=is_public)
    await client.start()
    with pytest.raises(NotFetched):
        await Fetcher(client).fetch(url, limit=100, seconds=5)
    await client.close()
    assert not sockets


@pytest.fixture
async def site() -> AsyncIterator[BaseTestServer]:
    """A site on this machine."""
    app = web.Application()

    async def picture(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 50, content_type="image/png")

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"location": request.query["to"]})

    app.router.add_get("/a.png", picture)
    app.router.add_get("/away", away)
    async with TestServer(app) as server:
        yield server


class TestOnThisMachine:
    """With the setting for tests."""

    @pytest.fixture
    async def fetcher(self) -> AsyncIterator[Fetcher]:
        client = UpstreamClient()
        await client.start()
        yield Fetcher(client, private=True)
        await client.close()

    async def test_a_file(self, fetcher: Fetcher, site: BaseTestServer) -> None:
        assert await fetcher.fetch(str(site.make_url("/a.png")), limit=50, seconds=5) == (b"x" * 50, "image/png")

    async def test_one_that_is_too_large(self, fetcher: Fetcher, site: BaseTestServer) -> None:
        with pytest.raises(NotFetched, match="within 49 bytes"):
            await fetcher.fetch(str(site.make_url("/a.png")), limit=49, seconds=5)

    async def test_one_that_is_not_there(self, fetcher: Fetcher, site: BaseTestServer) -> None:
        with pytest.raises(NotFetched, match="status 404"):
            await fetcher.fetch(str(site.make_url("/b.png")), limit=50, seconds=5)

    async def test_redirects(self, fetcher: Fetcher, site: BaseTestServer) -> None:
        to = site.make_url("/away").with_query(to="/a.png")
        assert (await fetcher.fetch(str(to), limit=50, seconds=5)).data == b"x" * 50
        round_and_round = site.make_url("/away").with_query(to=str(site.make_url("/away").with_query(to="/away?to=/")))
        with pytest.raises(NotFetched):
            await fetcher.fetch(str(round_and_round), limit=50, seconds=5)
        with pytest.raises(NotFetched, match="plain"):
            await fetcher.fetch(str(site.make_url("/away").with_query(to="file:///etc/passwd")), limit=50, seconds=5)


def _anywhere(_address: str) -> bool:
    return True


async def test_the_sockets_that_are_counted_are_those_that_would_be_opened(sockets: list[Any]) -> None:
    client = UpstreamClient(allow_address=_anywhere)
    await client.start()
    with pytest.raises(NotFetched):
        await Fetcher(client).fetch("http://127.0.0.1:443/x", limit=100, seconds=5)
    await client.close()
    assert sockets

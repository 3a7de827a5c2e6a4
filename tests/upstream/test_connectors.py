"""Ways to a provider: TLS, HTTP proxies, SOCKS."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import ipaddress
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from test_client import echo, fault_of
from upstream_peers import PATIENT, SSE_HEAD, Line, Script, answer, chunk, serve

from modelport.upstream.client import Timeouts, UpstreamClient
from modelport.upstream.errors import FaultKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
async def trusting(certificate: Path) -> AsyncIterator[UpstreamClient]:
    """A client that trusts the certificate."""
    client = UpstreamClient(tls=ssl.create_default_context(cafile=certificate))
    await client.start()
    yield client
    await client.close()


async def splice(line: Line, port: int) -> None:
    """Pass bytes between the client and a local port until either side ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()

    try:
        await asyncio.wait(
            [
                asyncio.create_task(pump(line.reader, writer)),
                asyncio.create_task(pump(reader, line.writer)),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        writer.close()


async def http_proxy(line: Line) -> None:
    """CONNECT tunnels, and requests in absolute form, for those who know the password."""
    head = await line.request()
    if b"Proxy-Authorization: Basic " + base64.b64encode(b"joe:pass") not in head:
        await line.send(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        return
    verb, where = head.split(b" ", 2)[:2]
    if verb == b"CONNECT":
        await line.send(b"HTTP/1.1 200 OK\r\n\r\n")
        await splice(line, int(where.rpartition(b":")[2]))
    else:
        await line.send(answer(b"via " + where))


def socks_proxy(seen: list[tuple[int, bytes]]) -> Script:
    """SOCKS5 with a password; notes kind and text of each address asked for."""

    async def script(line: Line) -> None:
        read = line.reader.readexactly
        methods = await read((await read(2))[1])
        assert 2 in methods
        await line.send(b"\x05\x02")
        user = await read((await read(2))[1])
        password = await read((await read(1))[0])
        ok = (user, password) == (b"joe", b"pass")
        await line.send(b"\x01\x00" if ok else b"\x01\x01")
        if not ok:
            return
        kind = (await read(4))[3]
        host = await read(4 if kind == 1 else (await read(1))[0])
        port = int.from_bytes(await read(2))
        seen.append((kind, host))
        await line.send(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        await splice(line, port)

    return script


class TestTls:
    """Encrypted, directly."""

    async def test_an_untrusted_certificate_is_refused(
        self, client: UpstreamClient, server_tls: ssl.SSLContext
    ) -> None:
        async with serve(echo, server_tls) as peer:
            fault = await fault_of(client.send(peer.target(), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.TLS, False)

    async def test_no_tls_on_the_other_side(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with serve(script) as peer:
            peer.scheme = "https"
            fault = await fault_of(client.send(peer.target(), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.TLS, False)

    async def test_a_silent_handshake_ends(self, client: UpstreamClient) -> None:
        async with serve(Line.gone) as peer:
            peer.scheme = "https"
            fault = await fault_of(client.send(peer.target(Timeouts(connect=0.1)), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.CONNECT_TIMEOUT, False)
            await peer.closed()

    async def test_a_trusted_one_is_used_again_and_dropped_at_once(
        self, trusting: UpstreamClient, server_tls: ssl.SSLContext
    ) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(answer(b"one"))
            await line.request()
            await line.send(SSE_HEAD + chunk(b"data: a\n\n"))
            await line.gone()

        async with serve(script, server_tls) as peer:
            assert await (await trusting.send(peer.target(), b"{}")).read(10) == b"one"
            reply = await trusting.send(peer.target(), b"{}")
            await anext(reply.events())
            reply.close()
            await peer.closed()
            assert peer.connections == 1

    async def test_bad_chunking_is_noticed(self, trusting: UpstreamClient, server_tls: ssl.SSLContext) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(SSE_HEAD + chunk(b"data: a\n\n"))
            await asyncio.sleep(0.02)
            await line.send(b"zz\r\n")
            await asyncio.sleep(5)

        async with serve(script, server_tls) as peer:
            timeouts = Timeouts(idle=0.3)
            events = (await trusting.send(peer.target(timeouts), b"{}")).events()
            await anext(events)
            assert (await fault_of(anext(events))).kind is FaultKind.MALFORMED


class TestHttpProxy:
    """CONNECT for https, the absolute form for http."""

    async def test_plain(self, client: UpstreamClient) -> None:
        async with serve(http_proxy) as proxy:
            async with serve(echo) as peer:
                target = peer.target(proxy=f"http://joe:pass@127.0.0.1:{proxy.port}")
            assert await (await client.send(target, b"{}")).read(100) == b"via " + str(target.url).encode()

    async def test_tunnel(self, trusting: UpstreamClient, server_tls: ssl.SSLContext) -> None:
        async with serve(http_proxy) as proxy, serve(echo, server_tls) as peer:
            target = peer.target(proxy=f"http://joe:pass@127.0.0.1:{proxy.port}")
            for _ in range(2):
                assert await (await trusting.send(target, b"{}")).read(100) == b'{"ok":true}'
            assert (proxy.connections, peer.connections) == (1, 1)
            assert b"secret" not in b"".join(proxy.requests)

    @pytest.mark.parametrize("encrypted", [False, True])
    async def test_wrong_password(self, client: UpstreamClient, server_tls: ssl.SSLContext, *, encrypted: bool) -> None:
        async with serve(http_proxy) as proxy, serve(echo, server_tls if encrypted else None) as peer:
            target = peer.target(proxy=f"http://joe:secret@127.0.0.1:{proxy.port}", limit=1)
            fault = await fault_of(client.send(target, b"{}"))
            assert (fault.kind, fault.sent, peer.connections) == (FaultKind.PROXY, False, 0)
            assert client.in_flight("acme") == 0

    async def test_nobody_there(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            fault = await fault_of(client.send(peer.target(proxy="http://127.0.0.1:1"), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.PROXY, False)


class TestSocks:
    """SOCKS5 with a password."""

    @pytest.mark.parametrize("encrypted", [False, True])
    async def test_passes_and_keeps_the_connection(
        self, trusting: UpstreamClient, server_tls: ssl.SSLContext, *, encrypted: bool
    ) -> None:
        seen: list[tuple[int, bytes]] = []
        async with (
            serve(socks_proxy(seen)) as proxy,
            serve(echo, server_tls if encrypted else None) as peer,
        ):
            target = peer.target(proxy=f"socks5://joe:pass@127.0.0.1:{proxy.port}")
            for _ in range(2):
                assert await (await trusting.send(target, b"{}")).read(100) == b'{"ok":true}'
            assert (proxy.connections, seen) == (1, [(1, b"\x7f\x00\x00\x01")])

    async def test_socks5h_lets_the_proxy_resolve(self, client: UpstreamClient) -> None:
        seen: list[tuple[int, bytes]] = []
        async with serve(socks_proxy(seen)) as proxy, serve(echo) as peer:
            target = peer.target(proxy=f"socks5h://joe:pass@127.0.0.1:{proxy.port}")
            url = target.url.with_host("models.acme.test")
            named = type(target)(target.name, url, target.headers, PATIENT, target.proxy)
            assert await (await client.send(named, b"{}")).read(100) == b'{"ok":true}'
            assert seen == [(3, b"models.acme.test")]

    async def test_streams_and_drops(self, client: UpstreamClient) -> None:
        async def script(line: Line) -> None:
            await line.request()
            await line.send(SSE_HEAD + chunk(b"data: a\n\n"))
            await line.gone()

        async with serve(socks_proxy([])) as proxy, serve(script) as peer:
            target = peer.target(proxy=f"socks5://joe:pass@127.0.0.1:{proxy.port}")
            reply = await client.send(target, b"{}")
            await anext(reply.events())
            reply.close()
            await peer.closed()

    async def test_wrong_password(self, client: UpstreamClient) -> None:
        async with serve(socks_proxy([])) as proxy, serve(echo) as peer:
            target = peer.target(proxy=f"socks5://joe:secret@127.0.0.1:{proxy.port}", limit=1)
            fault = await fault_of(client.send(target, b"{}"))
            assert (fault.kind, fault.sent, peer.connections) == (FaultKind.PROXY, False, 0)
            assert client.in_flight("acme") == 0

    async def test_untrusted_certificate_behind_it(self, client: UpstreamClient, server_tls: ssl.SSLContext) -> None:
        async with serve(socks_proxy([])) as proxy, serve(echo, server_tls) as peer:
            target = peer.target(proxy=f"socks5://joe:pass@127.0.0.1:{proxy.port}")
            fault = await fault_of(client.send(target, b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.TLS, False)

    async def test_silent_proxy(self, client: UpstreamClient) -> None:
        async with serve(Line.gone) as proxy, serve(echo) as peer:
            target = peer.target(Timeouts(connect=0.1), proxy=f"socks5://joe:pass@127.0.0.1:{proxy.port}")
            fault = await fault_of(client.send(target, b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.CONNECT_TIMEOUT, False)

    async def test_nobody_there(self, client: UpstreamClient) -> None:
        async with serve(echo) as peer:
            fault = await fault_of(client.send(peer.target(proxy="socks5://127.0.0.1:1"), b"{}"))
            assert (fault.kind, fault.sent) == (FaultKind.PROXY, False)

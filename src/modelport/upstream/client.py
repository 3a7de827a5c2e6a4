"""Calls providers: one request in, one `Reply` or one `UpstreamFault` out.

The only place that knows the HTTP library (aiohttp). `exchange.py` holds the time limits, `reply.py` the
body, `connectors.py` the connections.
"""

from __future__ import annotations

import asyncio
import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from modelport.upstream.connectors import AllowAddress, allows_host, direct_connector, socks_connector
from modelport.upstream.errors import FOREIGN, FaultKind, UpstreamFault
from modelport.upstream.exchange import Exchange, current_exchange
from modelport.upstream.gate import Gate
from modelport.upstream.reply import Reply
from modelport.upstream.target import Target, Timeouts
from modelport.upstream.tokens import Tokens

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from aiohttp.abc import AbstractResolver

__all__ = ["AllowAddress", "Reply", "Target", "Timeouts", "UpstreamClient"]

_HEADER_BYTES: Final = 64 * 1024
"""Bound of the response headers, one and all together."""
_READ_BUFFER: Final = 64 * 1024
"""Bytes of a body that may wait for a slow reader before we stop reading from the socket; twice that and
one read of the socket in the worst case."""
_LARGE_BODY: Final = 1024 * 1024
"""aiohttp warns of `bytes` from this size on, and writes a file object in slices instead."""


class UpstreamClient:
    """The connections of one process to all providers. `start` before use, `close` at the end.

    `allow_address` is asked before each direct connection (a guard against server-side request forgery);
    behind a proxy it is asked only for targets that are literal addresses. `resolver` and `tls` replace
    the system's names and trusted certificates.
    """

    def __init__(
        self,
        *,
        allow_address: AllowAddress | None = None,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_address = allow_address
        self._resolver = resolver
        self._tls = tls
        self._direct: aiohttp.ClientSession | None = None
        self._proxied: dict[str, aiohttp.ClientSession] = {}
        """One session for all HTTP proxies, and one for each SOCKS proxy, made when first needed."""
        self._gates: dict[str, Gate] = {}
        self.tokens = Tokens()
        """What some providers want instead of a key, fetched through this client."""

    async def start(self) -> None:
        """Open the client in the running loop; it belongs to that loop."""
        self._direct = _session(direct_connector(self._allow_address, self._resolver, self._tls))

    async def close(self) -> None:
        """Drop all connections, those in use too."""
        await self.tokens.close()
        sessions = [*self._proxied.values()]
        if self._direct is not None:
            sessions.append(self._direct)
        self._direct = None
        self._proxied.clear()
        for session in sessions:
            await session.close()

    async def send(self, target: Target, body: bytes, extra_headers: Mapping[str, str] | None = None) -> Reply:
        """POST `body`, and wait for the response headers.

        `extra_headers` replace those of the target, and `target.sign` is asked for more. Raises `UpstreamFault`. A
        cancellation drops the connection at once. Sent once; a second time only where a kept connection proved to
        be closed.
        """
        return await self._call("POST", target, body, extra_headers)

    async def put(self, target: Target, body: bytes) -> Reply:
        """PUT `body`; as `send` in all else."""
        return await self._call("PUT", target, body, None)

    async def get(self, target: Target) -> Reply:
        """GET, for health checks; as `send` in all else."""
        return await self._call("GET", target, None, None)

    def in_flight(self, name: str) -> int:
        """Requests that hold a place with the provider `name`; 0 where no limit is set."""
        gate = self._gates.get(name)
        return 0 if gate is None else gate.inside

    async def _call(self, method: str, target: Target, body: bytes | None, extra: Mapping[str, str] | None) -> Reply:
        if target.max_concurrency is None:
            return await self._attempt(method, target, body, extra)
        gate = self._gates.get(target.name)
        if gate is None:
            gate = self._gates[target.name] = Gate(target.name)
        await gate.enter(target.max_concurrency, target.timeouts.connect)
        try:
            reply = await self._attempt(method, target, body, extra)
        except BaseException:
            gate.leave()
            raise
        reply.at_end(gate.leave)
        return reply

    async def _attempt(self, method: str, target: Target, body: bytes | None, extra: Mapping[str, str] | None) -> Reply:
        """Ask, and once more on a new connection if a kept one was closed before it could answer."""
        ends = asyncio.get_running_loop().time() + target.timeouts.total
        exchange = Exchange(target.name, target.timeouts, ends)
        try:
            response = await self._request(exchange, method, target, body, extra)
        except FOREIGN as error:
            if not exchange.stale(error):
                raise exchange.explain(error) from None
            exchange = Exchange(target.name, target.timeouts, ends, fresh_only=True)
            try:
                response = await self._request(exchange, method, target, body, extra)
            except FOREIGN as again:
                raise exchange.explain(again) from None
        reply = Reply(response, exchange)
        reply.check(_HEADER_BYTES, proxied=target.proxy is not None)
        return reply

    async def _request(
        self,
        exchange: Exchange,
        method: str,
        target: Target,
        body: bytes | None,
        extra: Mapping[str, str] | None,
    ) -> aiohttp.ClientResponse:
        """One request on one connection; whatever it raises, the connection is gone."""
        session, proxy = self._way_to(target)
        headers = target.headers
        if extra:
            headers = headers.copy()
            headers.update(extra)
        if target.sign is not None and body is not None:
            headers = headers.copy()
            headers.update(target.sign(body))
        token = current_exchange.set(exchange)
        try:
            return await session.request(
                method,
                target.url,
                data=io.BytesIO(body) if body is not None and len(body) > _LARGE_BODY else body,
                headers=headers,
                proxy=proxy,
                allow_redirects=False,
                timeout=_timeouts_of(target.timeouts),
            )
        except BaseException:
            exchange.drop()
            exchange.finish()
            raise
        finally:
            current_exchange.reset(token)

    def _way_to(self, target: Target) -> tuple[aiohttp.ClientSession, URL | None]:
        if self._direct is None:
            raise RuntimeError("the client is not running: call `start` first")
        if target.proxy is None:
            return self._direct, None
        if not allows_host(self._allow_address, target.url.host):
            raise UpstreamFault.of(target.name, FaultKind.CONNECT, detail="address not allowed")
        proxy = _parsed(target.proxy)
        http = proxy.scheme in {"http", "https"}
        # Apart from the direct one: `allow_address` is not meant for the operator's own proxy.
        key = "http" if http else target.proxy
        session = self._proxied.get(key)
        if session is None:
            connector = (
                direct_connector(None, self._resolver, self._tls) if http else socks_connector(target.proxy, self._tls)
            )
            session = self._proxied[key] = _session(connector)
        return session, proxy if http else None


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        # Undone by us, in bounded pieces; and rather not at all: on streams it costs and delays.
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "modelport"},
        read_bufsize=_READ_BUFFER,
        max_field_size=_HEADER_BYTES,
    )


@lru_cache(maxsize=256)
def _timeouts_of(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """What of our limits aiohttp can keep: the connection. `sock_read` of 0 sets no timer (`connectors.py`)."""
    connect = min(timeouts.connect, timeouts.total)
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=0)


@lru_cache(maxsize=256)
def _parsed(proxy: str) -> URL:
    return URL(proxy)

"""Where connections come from: directly, or through SOCKS; both report each connection to its exchange."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp_socks import ProxyConnector

from modelport.upstream.exchange import current_exchange

if TYPE_CHECKING:
    import ssl

    from aiohttp import ClientRequest, ClientTimeout
    from aiohttp.abc import AbstractResolver
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

__all__ = ["AllowAddress", "allows_host", "direct_connector", "socks_connector"]

AllowAddress = Callable[[str], bool]
"""Whether we may connect to this IP address, given as text."""

_AddrInfo = tuple[int, int, int, str, tuple[object, ...]]

_KEEPALIVE: Final = 50.0
"""Seconds an idle connection is kept; most load balancers close theirs after 60."""
_DNS_TTL: Final = 60
"""Seconds an address is remembered."""


class _Reporting(aiohttp.TCPConnector):
    """Tells the running exchange which connection it got, and whether out of the pool."""

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109  the signature is aiohttp's
    ) -> Connection:
        """As aiohttp's; never out of the pool if the exchange wants a new connection."""
        exchange = current_exchange.get()
        while True:
            connection = await super().connect(req, traces, timeout)
            assert connection.protocol is not None
            # The cheapest reliable sign of a used connection (0.1 us; TraceConfig costs 14 us a request):
            # a new protocol has no read time-out, and each request leaves one there. Ours is 0, which
            # starts no timer (see `_timeouts_of`).
            reused = connection.protocol.read_timeout is not None
            if not (reused and exchange.fresh_only):
                break
            connection.close()  # Its neighbours in the pool are as old; the next round takes a new one.
        exchange.connected(connection, reused=reused)
        return connection


class _Socks(_Reporting, ProxyConnector):
    """The same through a SOCKS proxy."""


def direct_connector(
    allow: AllowAddress | None, resolver: AbstractResolver | None, tls: ssl.SSLContext | None
) -> aiohttp.TCPConnector:
    """Connections to the address itself, or to an HTTP proxy; `allow` sees what is really connected to."""

    def guarded(addr_info: _AddrInfo) -> socket.socket:
        # A resolver would not be asked about literal addresses, and a name may resolve to another address
        # on the second look: only the address of the socket is sure.
        family, kind, protocol, _, address = addr_info
        if allow is not None and not allow(str(address[0])):
            raise OSError(errno.EACCES, "address not allowed")
        return socket.socket(family=family, type=kind, proto=protocol)

    return _Reporting(
        limit=0,
        keepalive_timeout=_KEEPALIVE,
        ttl_dns_cache=_DNS_TTL,
        resolver=resolver,
        ssl=tls or True,
        socket_factory=None if allow is None else guarded,
    )


def socks_connector(proxy: str, tls: ssl.SSLContext | None) -> aiohttp.TCPConnector:
    """Connections through one SOCKS5 proxy, with a pool of its own."""
    # aiohttp-socks does not know the common spelling of "let the proxy resolve names".
    remote = proxy.startswith("socks5h://")
    url = "socks5://" + proxy.partition("://")[2]
    options: dict[str, Any] = {"limit": 0, "keepalive_timeout": _KEEPALIVE, "ssl": tls or True}
    return _Socks.from_url(url, rdns=remote, **options)


def allows_host(allow: AllowAddress | None, host: str | None) -> bool:
    """Whether `allow` lets pass a target behind a proxy: only literal addresses can be told from here."""
    if allow is None:
        return True
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return True
    return allow(host or "")

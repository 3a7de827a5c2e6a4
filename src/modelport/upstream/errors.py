"""What can go wrong between us and a provider, under one name each.

Every exception of aiohttp, of the proxies, of TLS and of the operating system leaves this package as an
`UpstreamFault`; `fault_from` is the one place that reads them.
"""

from __future__ import annotations

import re
import ssl
from enum import StrEnum
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

__all__ = ["FOREIGN", "FaultKind", "UpstreamFault", "fault_from"]

FOREIGN: Final = (
    aiohttp.ClientError,
    OSError,  # with TimeoutError and ssl.SSLError
    HttpProcessingError,
    ProxyError,
    ProxyConnectionError,
    ProxyTimeoutError,
)
"""What the libraries below raise on a fault that is not ours; `fault_from` reads it."""

_DETAIL_LIMIT: Final = 500
"""Characters of a foreign message kept for the log: parsers quote whole chunks of the body."""


_SECRETS: Final = re.compile(r"(?<=\?)\S+|(?<=//)[^\s/@]+(?=@)")
"""The query (some providers want their key there) and the user of a URL (of a proxy)."""


class FaultKind(StrEnum):
    """What happened, coarse enough to count and to decide on a retry."""

    CONNECT = "connect"
    """No connection: refused, unreachable, an address we may not use."""
    DNS = "dns"
    """The name has no address."""
    TLS = "tls"
    """The handshake failed, or the certificate isn't to be trusted."""
    PROXY = "proxy"
    """The proxy in between can't be reached, refused us, or can't reach the provider."""
    CONNECT_TIMEOUT = "connect_timeout"
    FIRST_BYTE_TIMEOUT = "first_byte_timeout"
    """No response headers, or no first byte of an event stream, in time."""
    IDLE_TIMEOUT = "idle_timeout"
    """The body stopped flowing."""
    TOTAL_TIMEOUT = "total_timeout"
    RESET = "reset"
    """The connection broke: reset, or closed before a response."""
    TRUNCATED = "truncated"
    """The connection was closed in good order before the body was complete."""
    MALFORMED = "malformed"
    """Not HTTP: bad chunking, header lines too long, an encoding we did not ask for."""
    TOO_LARGE = "too_large"
    """The body or one event is larger than the reader allows."""
    KEY = "key"
    """We have no key that it could take: not of the form it wants, or no token was given for it."""
    BUSY = "busy"
    """Too many requests of ours are already with this provider, and none ended in time."""


_WHAT_HAPPENED: Final[dict[FaultKind, str]] = {
    FaultKind.CONNECT: "could not be reached",
    FaultKind.DNS: "could not be found: its name has no address",
    FaultKind.TLS: "could not prove who it is: the TLS handshake failed",
    FaultKind.PROXY: "could not be reached through the configured proxy",
    FaultKind.CONNECT_TIMEOUT: "did not accept a connection in time",
    FaultKind.FIRST_BYTE_TIMEOUT: "did not begin to answer in time",
    FaultKind.IDLE_TIMEOUT: "stopped sending in the middle of its answer",
    FaultKind.TOTAL_TIMEOUT: "did not finish its answer in time",
    FaultKind.RESET: "broke the connection",
    FaultKind.TRUNCATED: "ended its answer before it was complete",
    FaultKind.MALFORMED: "sent an answer that is not valid HTTP",
    FaultKind.TOO_LARGE: "sent more than we accept",
    FaultKind.KEY: "could not be asked: the key for it can't be used",
    FaultKind.BUSY: "has as many of our requests as it may have; none ended in time",
}


class UpstreamFault(Exception):
    """A provider did not give us an answer we can use.

    `message` names the provider's label and what happened, and is safe to show. `detail` may hold addresses
    and is for our log only; it never holds keys. `sent` tells whether the request may have reached the
    provider: where it is false, another attempt can't be billed twice.
    """

    def __init__(self, kind: FaultKind, message: str, *, detail: str = "", sent: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail[:_DETAIL_LIMIT]
        self.sent = sent

    @classmethod
    def of(cls, name: str, kind: FaultKind, *, detail: str = "", sent: bool = False) -> UpstreamFault:
        """The fault `kind` of the provider labelled `name`, in our words."""
        return cls(kind, f"{name} {_WHAT_HAPPENED[kind]}.", detail=detail, sent=sent)


def fault_from(error: BaseException, *, name: str, sent: bool) -> UpstreamFault:
    """What `error`, raised by a library while talking to `name`, means."""
    return UpstreamFault.of(name, _kind_of(error), detail=_detail_of(error), sent=sent)


def _kind_of(error: BaseException) -> FaultKind:  # noqa: PLR0911  a table, most special first
    cause = error.__cause__
    match error:
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return FaultKind.TLS
        case aiohttp.ClientConnectorDNSError():
            return FaultKind.DNS
        case aiohttp.ClientHttpProxyError() | aiohttp.ClientProxyConnectionError():
            return FaultKind.PROXY
        case ProxyConnectionError() | ProxyError():
            return FaultKind.PROXY
        case ProxyTimeoutError() | TimeoutError():
            return FaultKind.CONNECT_TIMEOUT
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return FaultKind.MALFORMED
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            return FaultKind.CONNECT
        case aiohttp.ClientPayloadError():
            return FaultKind.TRUNCATED
        case aiohttp.ClientOSError() if isinstance(cause, ssl.SSLError):
            # aiohttp-socks does its own handshake, and aiohttp wraps what comes out of it as any OSError.
            return FaultKind.TLS
        case _:
            return FaultKind.RESET


def _detail_of(error: BaseException) -> str:
    """The foreign message, without what may be a secret in the addresses that aiohttp puts into many."""
    text = str(error)
    if isinstance(error, aiohttp.ClientResponseError):
        text = f"{error.status} {error.message}"
    return f"{type(error).__name__}: {_SECRETS.sub('...', text)}"

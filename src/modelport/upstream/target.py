"""Whom to ask, and how long that may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from multidict import CIMultiDict
    from yarl import URL

__all__ = ["Target", "Timeouts"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one call, in seconds."""

    connect: float = 10.0
    """Waiting for a place (`max_concurrency`), and again for the connection with its proxy and TLS."""
    first_byte: float = 120.0
    """From the sending of the request to the response headers, and to the first byte of an event stream."""
    idle: float = 60.0
    """Between two reads of a body, while somebody waits for it."""
    total: float = 600.0
    """The whole, from the moment a place is free to the last byte."""


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint of one provider, made ready once and used for many requests."""

    name: str
    """The provider's label: counts against `max_concurrency`, and stands in messages and logs."""
    url: URL
    headers: CIMultiDict[str]
    """Sent as they are, never changed; they hold the key."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    proxy: str | None = None
    """`http://[user:password@]host:port`, `socks5://` (names resolved here) or `socks5h://` (by the proxy)."""
    max_concurrency: int | None = None
    """Requests of this process with this provider at once; None for no limit."""
    sign: Callable[[bytes], Mapping[str, str]] | None = None
    """Given the body of a request, the headers that only it can have (a signature); asked anew for every sending.
    A GET is not signed."""

"""Whose address a request is from, when reverse proxies may stand before us."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["caller_address", "network_of"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def caller_address(peer: str, forwarded_for: str | None, trusted: Sequence[str]) -> str:
    """The nearest address that no trusted proxy has.

    Each proxy appends whom it was called by, so the list is read from its end, and what stands before the first
    stranger is the stranger's own claim.
    """
    address = peer
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and _is_trusted(address, tuple(trusted)):
        hop = _bare(hops.pop())
        if _parse(hop) is None:
            break
        address = hop
    return address


def network_of(address: str) -> str:
    """What counts as one place when requests are counted: an IPv4 address, or the /64 that an IPv6 one is from."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return address


def _bare(hop: str) -> str:
    """Without a port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)

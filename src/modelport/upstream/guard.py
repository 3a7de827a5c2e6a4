"""Keeps us from calling, on a user's word, what only we can reach: loopback, private networks, cloud metadata.

For addresses that users give (webhooks, their own providers). The client asks at the socket, after names were
resolved, so neither a name that resolves to a private address nor one that changes its mind gets through.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

__all__ = ["is_public", "may_reach"]

_EMBEDDING: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that a translator turns into the IPv4 address in their last four bytes."""


def is_public(address: str) -> bool:
    """Whether the IP address is one of the open internet."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if any(parsed in network for network in _EMBEDDING):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def may_reach(url: str) -> bool:
    """Whether an address may lead to the open internet, as far as can be told before its name is resolved.

    To refuse early what will be refused; what decides is `is_public`, asked at the socket.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    host = host.rstrip(".").lower()
    if not host or host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return is_public(host)

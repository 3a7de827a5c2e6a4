"""Which addresses a provider may be asked at, so that nobody is made to ask machines that were never meant."""

from __future__ import annotations

import ipaddress

__all__ = ["may_ask"]


def may_ask(address: str, *, private: bool) -> bool:
    """Whether `address` may be connected to; one of this machine or of a private network only if `private`.

    An address that is good for one link only is never allowed: clouds keep their credentials there.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return ip.is_global or private

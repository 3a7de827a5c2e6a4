"""Which app sent a request: its identity and what it says of itself, as the reference reads them."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from modelport.upstream.guard import is_public

__all__ = ["CATEGORIES", "GROUPS", "app_of", "categories_of", "is_published", "link_of"]

GROUPS: Final = {
    "coding": ("cli-agent", "ide-extension", "cloud-agent", "programming-app", "native-app-builder"),
    "creative": ("creative-writing", "video-gen", "image-gen", "audio-gen"),
    "productivity": ("writing-assistant", "general-chat", "personal-agent", "legal"),
    "entertainment": ("roleplay", "game"),
}
"""The reference's categories in its order, by its groups."""

CATEGORIES = frozenset(each for group in GROUPS.values() for each in group)
_MOST = 2
_PRIVATE: Final = ("local", "internal", "lan", "intranet", "corp", "home", "private", "localdomain", "arpa", "onion")
"""Last labels of names that no public resolver answers, or that are not for the public."""
_HOME = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 (compared with, not bound to)


def app_of(referer: str | None, title: str | None) -> str | None:
    """The app's identity: its origin and, on one's own machine, its title too; None when it does not say."""
    if not referer:
        return None
    try:
        parts = urlsplit(referer if "://" in referer else f"https://{referer}")
        host = (parts.hostname or "").removeprefix("www.")
        port = parts.port
    except ValueError:
        return None
    if not host or len(host) > 253:
        return None
    if host in _HOME:
        return f"http://localhost#{title.strip()[:80]}" if title and title.strip() else None
    standard = port is None or (parts.scheme, port) in {("https", 443), ("http", 80)}
    return f"https://{host}" if standard else f"https://{host}:{port}"


def categories_of(header: str | None) -> str | None:
    """The known ones of a header's, at most two; the others are dropped."""
    if not header:
        return None
    found = [each for each in dict.fromkeys(word.strip().lower() for word in header.split(",")) if each in CATEGORIES]
    return ",".join(found[:_MOST]) or None


def is_published(app: str) -> bool:
    """Whether an app may be shown to everybody: not what is in somebody's own network, whose name tells of it.

    What runs on one's own machine said its title so that it be counted, as with the reference; that is shown.
    """
    host = (urlsplit(app).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        return len(labels) > 1 and labels[-1] not in _PRIVATE
    return is_public(host)


def link_of(app: str) -> str | None:
    """Where people find the app; None for what runs on one's own machine. The server itself never calls it."""
    return None if urlsplit(app).hostname == "localhost" else app

"""Which app sent a request: its identity and what it says of itself, as the reference reads them."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["CATEGORIES", "app_of", "categories_of"]

CATEGORIES = frozenset({
    "cli-agent", "ide-extension", "cloud-agent", "programming-app", "native-app-builder", "creative-writing",
    "video-gen", "image-gen", "audio-gen", "writing-assistant", "general-chat", "personal-agent", "legal", "roleplay",
    "game",
})  # fmt: skip
_MOST = 2
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

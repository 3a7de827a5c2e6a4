"""The model list as a feed for readers of news (RSS 2.0)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.catalog.snapshot import Shown

__all__ = ["rss"]

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>New models</title>
<link>{origin}/models</link>
<atom:link href="{self}" rel="self" type="application/rss+xml"/>
<description>Models that can be called on this server, the newest first.</description>
"""


def rss(models: Iterable[Shown], origin: str, address: str, *, chats: bool = False) -> bytes:
    """A feed of these models; `origin` is where people reach the server, `address` where they got the feed. Items lead
    to the models' pages, or with `chats` to a chat with them.
    """
    parts = [_HEAD.format(origin=escape(origin), self=escape(address))]
    for shown in models:
        model = shown.model
        link = f"{origin}/chat?model={quote(model.id, safe='/')}" if chats else f"{origin}/{model.id}"
        at = format_datetime(datetime.fromtimestamp(model.created, UTC))
        parts.append(
            f"<item>\n<title>{_text(model.name)}</title>\n<link>{_text(link)}</link>\n"
            f'<guid isPermaLink="false">{_text(model.canonical_slug)}</guid>\n<pubDate>{at}</pubDate>\n'
            f"<description>{_text(model.description)}</description>\n</item>\n"
        )
    parts.append("</channel>\n</rss>\n")
    return "".join(parts).encode()


def _text(words: str) -> str:
    """Escaped, without the characters that XML can't carry at all."""
    return escape("".join(letter for letter in words if letter >= " " or letter in "\n\t"))

"""Pictures among the inputs: addresses and data URLs in some shapes, base64 beside its media type in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.dialects.canonical import Image

__all__ = ["address_of", "inline_of"]


def address_of(image: Image) -> str:
    """The picture as an address or a data URL."""
    if image.url is not None:
        return image.url
    return f"data:{image.media_type or 'image/png'};base64,{image.data or ''}"


def inline_of(image: Image) -> tuple[str, str] | None:
    """The picture's media type and base64; None when it is known by address only."""
    if image.data is not None:
        return image.media_type or "image/png", image.data
    head, comma, data = (image.url or "").partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    return head[5:-7].partition(";")[0] or "image/png", data

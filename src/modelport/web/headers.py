"""What every page is sent with: nothing is loaded from another host, and no script stands in the markup."""

from __future__ import annotations

from typing import Final

__all__ = ["IMMUTABLE", "PAGE", "REVALIDATED"]

_RULES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    # Style attributes carry measured sizes (virtual lists, charts); a style can't run anything.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self' data: blob:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)

_GUARDS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)

PAGE: Final = (
    *_GUARDS,
    (b"content-security-policy", "; ".join(_RULES).encode()),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-cache"),
)
"""For the one HTML document."""

IMMUTABLE: Final = (*_GUARDS, (b"cache-control", b"public, max-age=31536000, immutable"))
"""For files whose names change with their content."""

REVALIDATED: Final = (*_GUARDS, (b"cache-control", b"no-cache"))
"""For the few files that keep their name."""

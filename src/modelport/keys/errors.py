"""What can be refused about API keys."""

from __future__ import annotations

from modelport.errors import Forbidden, NotFound, Unauthenticated

__all__ = ["KeyLimitExceeded", "KeyRefused", "NoSuchKey"]


class KeyRefused(Unauthenticated):
    """The key is missing, malformed, unknown, revoked, disabled or expired."""


class KeyLimitExceeded(Forbidden):
    """The key has spent what it may."""


class NoSuchKey(NotFound):
    """No key has this hash or name."""

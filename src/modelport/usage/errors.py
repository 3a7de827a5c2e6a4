"""What can be refused about generations."""

from __future__ import annotations

from modelport.errors import NotFound

__all__ = ["NoSuchApp", "NoSuchGeneration"]


class NoSuchGeneration(NotFound):
    """The caller's account has no generation with this id."""


class NoSuchApp(NotFound):
    """No app has this number."""

"""What can be refused about generations."""

from __future__ import annotations

from modelport.errors import NotFound

__all__ = ["NoSuchGeneration"]


class NoSuchGeneration(NotFound):
    """The caller's account has no generation with this id."""

"""What can be refused by a limit."""

from __future__ import annotations

from modelport.errors import TooManyRequests

__all__ = ["FreeTierExhausted"]


class FreeTierExhausted(TooManyRequests):
    """The account has used up its free requests of this minute or this UTC day."""

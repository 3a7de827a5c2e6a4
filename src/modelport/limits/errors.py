"""What can be refused by a limit."""

from __future__ import annotations

from modelport.errors import TooManyRequests

__all__ = ["FreeTierExhausted", "KeyTooFast"]


class FreeTierExhausted(TooManyRequests):
    """The account has used up its free requests of this minute or this UTC day."""


class KeyTooFast(TooManyRequests):
    """The key has used up its requests or tokens of this minute, or has too many requests under way."""

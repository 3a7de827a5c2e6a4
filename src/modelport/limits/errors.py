"""What can be refused by a limit."""

from __future__ import annotations

from modelport.errors import TooManyRequests

__all__ = ["FreeTierExhausted", "GuestsExhausted", "KeyTooFast"]


class FreeTierExhausted(TooManyRequests):
    """The account has used up its free requests of this minute or this UTC day."""


class GuestsExhausted(TooManyRequests):
    """The guests, or those of one network address, have used up their requests of this minute or this UTC day."""


class KeyTooFast(TooManyRequests):
    """The key has used up its requests or tokens of this minute, or has too many requests under way."""

"""What can be refused about own keys."""

from __future__ import annotations

from modelport.errors import BadRequest, NotFound

__all__ = ["BadOwnKey", "NoSuchOwnKey"]


class NoSuchOwnKey(NotFound):
    """The account has no own key with this id."""


class BadOwnKey(BadRequest):
    """What was given can't be an own key; says why, never the key."""

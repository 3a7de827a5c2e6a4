"""What can be refused about observability destinations."""

from __future__ import annotations

from modelport.errors import BadRequest, Conflict, NotFound

__all__ = ["BadDestination", "NoSuchDestination", "TooManyDestinations"]


class NoSuchDestination(NotFound):
    """The account has no destination with this id."""


class BadDestination(BadRequest):
    """What was given can't be a destination; says why, without secrets."""


class TooManyDestinations(Conflict):
    """The workspace has as many of this type as it may."""

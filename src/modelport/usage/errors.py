"""What can be refused about generations."""

from __future__ import annotations

from modelport.errors import Conflict, NotFound, Timeout

__all__ = [
    "ExternalUserKnown",
    "FeedbackGiven",
    "NoSuchApp",
    "NoSuchContent",
    "NoSuchExternalUser",
    "NoSuchGeneration",
    "TooManyExternalUsers",
    "TookTooLong",
]


class NoSuchGeneration(NotFound):
    """The caller's account has no generation with this id."""


class NoSuchApp(NotFound):
    """No app has this number."""


class NoSuchContent(NotFound):
    """Nothing is stored of this generation."""


class FeedbackGiven(Conflict):
    """The person has said something of this generation already."""


class NoSuchExternalUser(NotFound):
    """The account has registered no such id."""


class ExternalUserKnown(Conflict):
    """The account has registered this id already."""


class TooManyExternalUsers(Conflict):
    """The account has as many as it may."""


class TookTooLong(Timeout):
    """A question that a database would have needed too long for."""

"""What can be refused about generations."""

from __future__ import annotations

from modelport.errors import Conflict, NotFound, Timeout

__all__ = ["FeedbackGiven", "NoSuchApp", "NoSuchContent", "NoSuchGeneration", "TookTooLong"]


class NoSuchGeneration(NotFound):
    """The caller's account has no generation with this id."""


class NoSuchApp(NotFound):
    """No app has this number."""


class NoSuchContent(NotFound):
    """Nothing is stored of this generation."""


class FeedbackGiven(Conflict):
    """The person has said something of this generation already."""


class TookTooLong(Timeout):
    """A question that a database would have needed too long for."""

"""What can be refused about API keys."""

from __future__ import annotations

from modelport.errors import BadRequest, Forbidden, NotFound, PaymentRequired, Unauthenticated

__all__ = [
    "BadBounds",
    "BadCallback",
    "BadChallengeMethod",
    "CodeExpired",
    "CodeRefused",
    "KeyLimitExceeded",
    "KeyLimitInFlight",
    "KeyLimitTight",
    "KeyRefused",
    "NoSuchKey",
    "NotAllowed",
    "SentFromElsewhere",
    "WrongAddress",
    "WrongKind",
]


class BadBounds(BadRequest):
    """What a key is to be bound to can't be read."""


class KeyRefused(Unauthenticated):
    """The key is missing, malformed, unknown, revoked, disabled or expired."""


class KeyLimitExceeded(Forbidden):
    """The key has spent what it may."""


class KeyLimitInFlight(PaymentRequired):
    """The key's limit would do, were it not for requests under way; trying again soon can help."""


class KeyLimitTight(PaymentRequired):
    """What is left of the key's limit can't pay for the largest answer the request allows."""


class NoSuchKey(NotFound):
    """No key has this hash or name."""


class NotAllowed(Forbidden):
    """The caller's role does not allow this."""


class WrongKind(Forbidden):
    """A key of this kind, or a session, can't be used for this."""


class SentFromElsewhere(Forbidden):
    """A browser sent this with a session's cookie, but not from a page of ours."""


class WrongAddress(Forbidden):
    """The key is bound to other addresses than the caller's."""


class BadCallback(BadRequest):
    """An app's callback address can't be used."""


class BadChallengeMethod(BadRequest):
    """There is no such way to make a challenge."""


class CodeRefused(Forbidden):
    """The authorization code is unknown, was used, or its verifier is wrong."""


class CodeExpired(Forbidden):
    """The authorization code is too old."""

"""What can be refused about people and accounts."""

from __future__ import annotations

from modelport.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthenticated

__all__ = [
    "AccountSuspended",
    "BadEmail",
    "EmailTaken",
    "NoSuchAccount",
    "NoSuchSession",
    "NoSuchUser",
    "NotSignedIn",
    "SetupLinkSpent",
    "WeakPassword",
]


class NotSignedIn(Unauthenticated):
    """No session, or one that has ended."""


class AccountSuspended(Forbidden):
    """The person or the account is suspended."""


class NoSuchAccount(NotFound):
    """No account has this id, or the caller is no member of it."""


class NoSuchSession(NotFound):
    """The person has no session with this id."""


class BadEmail(BadRequest):
    """The text is no e-mail address."""


class WeakPassword(BadRequest):
    """The password is too short to protect an administrator."""


class EmailTaken(Conflict):
    """Another user has this e-mail address."""


class NoSuchUser(NotFound):
    """No user has this e-mail address."""


class SetupLinkSpent(Forbidden):
    """The first administrator's link was used already, or never was one."""

"""What can be refused about people and accounts."""

from __future__ import annotations

from modelport.errors import BadRequest, Conflict, Forbidden, NotFound

__all__ = ["BadEmail", "EmailTaken", "NoSuchUser", "SetupLinkSpent", "WeakPassword"]


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

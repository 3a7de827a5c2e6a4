"""What can go wrong for operators only."""

from __future__ import annotations

from modelport.errors import Conflict, UpstreamFailed

__all__ = ["MailNotSent", "Yourself"]


class MailNotSent(UpstreamFailed):
    """The mail server could not be reached, or did not take a mail."""


class Yourself(Conflict):
    """What an operator can't do to their own person or account."""

"""What can go wrong for operators only."""

from __future__ import annotations

from modelport.errors import UpstreamFailed

__all__ = ["MailNotSent"]


class MailNotSent(UpstreamFailed):
    """The mail server could not be reached, or did not take a mail."""

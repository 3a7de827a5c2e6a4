"""A mail as we write it, and its form on the wire."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING, NamedTuple

from modelport.kit import clock

if TYPE_CHECKING:
    from modelport.mail.transport import Sender

__all__ = ["Letter", "address", "message"]


class Letter(NamedTuple):
    """One mail to one person, as text and as HTML."""

    to: str
    subject: str
    text: str
    html: str


def address(email: str, name: str = "") -> Address:
    """The address as a header may carry it: whatever stands in it, it stays one address."""
    local, _, domain = email.rpartition("@")
    return Address(name, local, domain)


def message(letter: Letter, sender: Sender) -> EmailMessage:
    """The letter with its headers."""
    # UTF-8 in headers only where the address itself needs it; a server without that extension refuses it.
    policy = SMTP if letter.to.isascii() else SMTP.clone(utf8=True)
    mail = EmailMessage(policy)
    mail["From"] = address(sender.email, sender.name)
    mail["To"] = address(letter.to)
    mail["Subject"] = " ".join(letter.subject.split())  # what stands in it may be somebody's own words
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = make_msgid(domain=sender.email.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail

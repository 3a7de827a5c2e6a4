"""Why a mail did not leave: a word for programs, the mail server's number, and what it said."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Literal, Self

import msgspec

if TYPE_CHECKING:
    import aiosmtplib

__all__ = ["Kept", "Refused", "Rule", "TransportFailed", "why"]

Rule = Literal[
    "address", "answer", "authentication", "broken_off", "name", "sealed", "sender", "timeout", "tls", "unreachable"
]
_MOST = 300
"""Letters of a mail server's answer that are quoted."""


class TransportFailed(Exception):
    """The mail did not leave; trying later may help."""

    def __init__(self, rule: Rule, text: str, *, code: int | None = None, said: str = "") -> None:
        """`said` are the mail server's own words. They may repeat what it was sent, so no log and no table has them."""
        super().__init__(text)
        self.rule: Rule = rule
        self.code = code
        self.said = " ".join(said.split())[:_MOST]

    @property
    def facts(self) -> dict[str, object]:
        """For who words it anew."""
        given: dict[str, object] = {"rule": self.rule, "code": self.code, "said": self.said}
        return {name: value for name, value in given.items() if value not in {None, ""}}


class Refused(TransportFailed):
    """The mail server will never take this mail: trying again does not help."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fault as the queue remembers it."""

    text: str
    rule: Rule | None = None
    code: int | None = None

    @classmethod
    def of(cls, fault: Exception) -> Self:
        """Without what the server said."""
        if isinstance(fault, TransportFailed):
            return cls(str(fault), fault.rule, fault.code)
        return cls(str(fault), "sealed")

    @classmethod
    def read(cls, stored: str) -> Self:
        """From the table, where also plain texts stand that were written by older versions."""
        try:
            return msgspec.json.decode(stored, type=cls)
        except msgspec.DecodeError:
            return cls(stored)

    def __str__(self) -> str:
        """As the table has it."""
        return msgspec.json.encode(self).decode()


def why(fault: aiosmtplib.SMTPException | OSError, password: str | None) -> TransportFailed:
    """What the sending library met, as one of ours; a server that repeats the password is not quoted with it."""
    told = _told(fault)
    if password:
        told.said = told.said.replace(password, "***")
    return told


def _told(fault: aiosmtplib.SMTPException | OSError) -> TransportFailed:
    import aiosmtplib  # noqa: PLC0415 (a server without mail does not pay for it)

    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        codes = sorted({each.code for each in fault.recipients})
        kind = Refused if codes[0] >= 500 else TransportFailed
        told = ", ".join(map(str, codes))
        said = fault.recipients[0].message
        return kind("address", f"the mail server refuses the address ({told})", code=codes[0], said=said)
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        rule: Rule = "answer"
        if isinstance(fault, aiosmtplib.SMTPAuthenticationError):
            rule = "authentication"
        elif isinstance(fault, aiosmtplib.SMTPSenderRefused):
            rule = "sender"
        return TransportFailed(rule, f"the mail server answered {fault.code}", code=fault.code, said=fault.message)
    return _unreached(fault, isinstance(fault, aiosmtplib.SMTPServerDisconnected))


def _unreached(fault: Exception, broken_off: bool) -> TransportFailed:  # noqa: FBT001 (private)
    """Why there was no connection, or no longer; the library wraps what that met."""
    met = [each for each in (fault, fault.__cause__, fault.__context__) if each is not None]
    name = type(fault).__name__
    if any(isinstance(each, ssl.SSLError) for each in met) or "TLS" in str(fault):
        return TransportFailed("tls", f"no encrypted connection with the mail server ({name})")
    if any(isinstance(each, socket.gaierror) for each in met):
        return TransportFailed("name", f"the mail server's name leads nowhere ({name})")
    if any(isinstance(each, TimeoutError) for each in met):
        return TransportFailed("timeout", f"the mail server does not answer in time ({name})")
    if broken_off:
        return TransportFailed("broken_off", f"the mail server broke the connection off ({name})")
    return TransportFailed("unreachable", f"the mail server can't be reached ({name})")

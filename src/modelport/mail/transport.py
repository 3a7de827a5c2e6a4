"""How a mail leaves: by SMTP where the operator set it up, to the console where not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from modelport.mail.failing import why
from modelport.mail.letter import Letter, message

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["Console", "Sender", "Smtp", "Transport", "transport_of"]


class Sender(NamedTuple):
    """Whom mails are from."""

    email: str
    name: str


class Transport(Protocol):
    """Sends one letter."""

    kind: str
    """`smtp` or `console`."""

    async def send(self, letter: Letter) -> None:
        """Raises `TransportFailed` or `Refused`."""
        ...


class Console:
    """Prints mails, for a server without a mail server: who reads its console can sign people in."""

    kind = "console"

    async def send(self, letter: Letter) -> None:
        """Prints the text form. Not through the log, which is kept and sent elsewhere."""
        lines = (f"To: {letter.to}", f"Subject: {letter.subject}", "", letter.text.rstrip())
        body = "\n".join(f"| {line}" for line in "\n".join(lines).splitlines())
        sys.stderr.write(f"\n+-- mail (set MODELPORT_SMTP_URL to send such)\n{body}\n+--\n")


class Smtp:
    """Sends by SMTP: `smtp://` (STARTTLS, required once a password goes over it), `smtps://` (TLS from the start)."""

    kind = "smtp"

    def __init__(self, url: str, sender: Sender, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("the SMTP URL must be `smtp://[user:password@]host[:port]` or `smtps://...`")
        self._sender = sender
        self._timeout = timeout
        self._host = parts.hostname
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    @property
    def _start_tls(self) -> bool | None:
        """Whether STARTTLS is a must; None takes it if it is offered."""
        if self._tls:
            return False
        return True if self._password and self._host not in {"127.0.0.1", "::1", "localhost"} else None

    async def send(self, letter: Letter) -> None:
        """Raises `TransportFailed` or `Refused`."""
        import aiosmtplib  # noqa: PLC0415 (a server without mail does not pay for it)

        try:
            await aiosmtplib.send(
                message(letter, self._sender),
                sender=self._sender.email,
                recipients=[letter.to],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=self._start_tls,
                timeout=self._timeout,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise why(error, self._password) from error


def transport_of(settings: Settings) -> Transport:
    """What the operator set up."""
    if settings.smtp_url is None:
        return Console()
    return Smtp(settings.smtp_url.get_secret_value(), Sender(settings.mail_from, settings.mail_name))

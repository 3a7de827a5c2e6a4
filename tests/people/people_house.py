"""A running server with a mail server behind it, and browsers in front of it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import itertools
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
from aiosmtpd.smtp import SMTP

from api.api_harness import Harness
from modelport.keys.access import APP_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import Envelope

__all__ = ["PASSWORD", "Browser", "House", "Mailbox"]

PASSWORD = "tidal-Marble-39"
_numbers = itertools.count(1)


class Mailbox:
    """A mail server on loopback that keeps what it gets; refuses recipients at `refused.test`."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.fail_next = 0
        """How many deliveries are answered with a fault for the moment."""
        self.port = 0
        self._begun = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)
        self._thread.start()
        assert self._begun.wait(10), "the mail server did not start"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        self.port = server.sockets[0].getsockname()[1]
        self._begun.set()
        async with server:
            await self._ended.wait()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if address.endswith("@refused.test"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 (the library's names)
        if self.fail_next:
            self.fail_next -= 1
            return "451 try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.mails.extend((to, message) for to in envelope.rcpt_tos)  # type: ignore[misc]
        return "250 OK"

    def to(self, address: str, about: str = "") -> list[EmailMessage]:
        """Every mail to this address with this in its subject; those that tell of a sign-in only if asked for."""
        quiet = ("new sign-in", "新的登录", "How you sign in", "登录方式")
        found = [message for to, message in list(self.mails) if to == address]
        if about:
            return [message for message in found if about in message["subject"]]
        return [message for message in found if not any(each in message["subject"] for each in quiet)]

    def wait(self, address: str, count: int = 1, about: str = "") -> EmailMessage:
        """The `count`-th such mail to this address, once it is there."""
        ends = time.monotonic() + 10
        while len(self.to(address, about)) < count:
            assert time.monotonic() < ends, f"no mail came to {address}"
            time.sleep(0.01)
        return self.to(address, about)[count - 1]

    def stop(self) -> None:
        """Ends the mail server."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._loop.close()


def text_of(message: EmailMessage) -> str:
    """The mail's text."""
    part = message.get_body(("plain",))
    assert part is not None
    return part.get_content()


def code_of(message: EmailMessage) -> str:
    """The code in a mail."""
    found = re.search(r"^ {4}(\d{4}) (\d{4})\s*$", text_of(message), re.MULTILINE)
    assert found, text_of(message)
    return found[1] + found[2]


def link_of(message: EmailMessage) -> str:
    """The token behind the `#` of the link in a mail."""
    found = re.search(r"https?://\S+#(\S+)", text_of(message))
    assert found, text_of(message)
    return found[1]


class Browser:
    """Somebody's browser: keeps cookies, and sends what our pages send."""

    def __init__(self, url: str, **headers: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, headers={APP_HEADER: "1", **headers})

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """A POST of the web app's API."""
        return self.http.post(f"/api/app{path}", json=body or {}, headers=headers)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A GET of the web app's API."""
        return self.http.get(f"/api/app{path}", headers=headers)

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Any request of the web app's API."""
        return self.http.request(method, f"/api/app{path}", json=body)

    @property
    def me(self) -> dict[str, Any]:
        """Who is signed in."""
        answer = self.get("/me")
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def token(self) -> str | None:
        """The session's cookie."""
        return self.http.cookies.get("modelport")


class House:
    """Server, mailbox, and people who sign up."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.mailbox = Mailbox()
        self.harness = Harness(
            folder,
            smtp_url=f"smtp://127.0.0.1:{self.mailbox.port}",
            **{"registration": "open", "log_level": "warning", **settings},
        )
        self.url = self.harness.url
        self.services = self.harness.services
        self.call = self.harness.call
        self._browsers: list[Browser] = []

    def browser(self, **headers: str) -> Browser:
        """Another browser, from a place of its own where proxies are trusted."""
        made = Browser(self.url, **{"x-forwarded-for": f"198.51.100.{next(_numbers) % 250}", **headers})
        self._browsers.append(made)
        return made

    def address(self, name: str = "person") -> str:
        """An address that nobody has yet."""
        return f"{name}{next(_numbers)}@people.test"

    def person(self, email: str | None = None, *, password: str = PASSWORD, **headers: str) -> tuple[Browser, str]:
        """Somebody who has signed up and is signed in, and their address."""
        email = email or self.address()
        browser = self.browser(**headers)
        asked = browser.post("/auth/sign-up", {"email": email, "password": password})
        assert asked.status_code == 202, asked.text
        code = code_of(self.mailbox.wait(email))
        entered = browser.post("/auth/verify", {"ticket": asked.json()["ticket"], "code": code})
        assert entered.status_code == 200, entered.text
        assert entered.json()["status"] == "signed_in"
        return browser, email

    def statements(self, work: Callable[[], Any]) -> list[str]:
        """The database statements that `work` causes, without their values."""
        from sqlalchemy import event

        database = self.services.database
        engines = [engine for engine in (database._writer, database._reader) if engine is not None]
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            # Without those of what runs beside requests.
            if any(f" {table}" in statement for table in ("users", "proofs")) or statement.startswith("INSERT"):
                seen.append(statement)

        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            work()
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)
        return seen

    def stop(self) -> None:
        """Ends everything."""
        for browser in self._browsers:
            browser.http.close()
        self.harness.stop(within=1)
        self.mailbox.stop()

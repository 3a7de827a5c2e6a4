"""A whole server with something to look at, and a real browser: for the end-to-end tests and for screenshots."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from e2e_catalogue import shop_window
from playwright.sync_api import sync_playwright

from api.api_harness import Harness
from modelport.accounts.sessions import start_session
from modelport.catalog.document import Document
from modelport.kit.money import parse_usd
from people.people_house import Mailbox

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["Open", "Person", "Stage", "browser_open", "find_chromium", "watch"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing but the page: without these a browser calls home, and the tests' machine has no way there."""


def find_chromium() -> str | None:
    """The system's Chromium, whatever it is called here."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextlib.contextmanager
def browser_open() -> Generator[Browser]:
    """The system's Chromium, headless."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Open(Protocol):
    """Opens an address as a reader of some language, perhaps signed in."""

    def __call__(
        self,
        address: str,
        *,
        language: str = "en",
        scheme: str = "light",
        width: int = 1280,
        height: int = 860,
        person: Person | None = None,
    ) -> Page: ...


class Person:
    """Somebody signed in, without having gone through the sign-in page."""

    def __init__(self, email: str, user_id: str, account_id: str, token: str) -> None:
        self.email = email
        self.user_id = user_id
        self.account_id = account_id
        self.token = token


class Stage:
    """A running server with a shop window of models."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.mailbox = Mailbox()
        self.harness = Harness(
            folder,
            smtp_url=f"smtp://127.0.0.1:{self.mailbox.port}",
            private_addresses=True,
            sign_up_bonus="0.5",
            **settings,
        )
        self.url = self.harness.url
        window = Document.model_validate(shop_window(self.harness.fake_port))
        self.harness.call(self.harness.services.catalog.apply(window))

    def stop(self) -> None:
        """Stops the server."""
        self.harness.stop(within=1)
        self.mailbox.stop()

    def person(self, email: str, *, operator: bool = False, usd: str = "25") -> Person:
        """A user with credits and a session."""
        services = self.harness.services

        async def make() -> Person:
            user = await services.accounts.create_user(email, is_admin=operator)
            if parse_usd(usd):
                await services.credits.grant(
                    user.account_id, parse_usd(usd), reference="stage", idempotency_key=user.id
                )
            token, _ = await services.database.write(
                lambda connection: start_session(
                    connection,
                    services.keys._vault,
                    user_id=user.id,
                    account_id=user.account_id,
                    method="password",
                    lifetime_ms=86_400_000,
                    address="127.0.0.1",
                    user_agent="Stage",
                )
            )
            return Person(email, user.id, user.account_id, token)

        return self.harness.call(make())

    def context(
        self,
        browser: Browser,
        *,
        language: str = "en",
        scheme: str = "light",
        width: int = 1280,
        height: int = 860,
        person: Person | None = None,
    ) -> BrowserContext:
        """A browser of its own, as a reader of this language has it set up."""
        context = browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        if person is not None:
            context.add_cookies([{"name": "modelport", "value": person.token, "url": self.url, "httpOnly": True}])
        return context


def watch(page: Page, url: str) -> list[str]:
    """Collects what must never happen on a page: a script's fault, a refused load, a request to another host."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda message: _note(faults, message.type, message.text))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((url, "data:", "blob:")) else faults.append(f"elsewhere: {request.url}")
        ),
    )
    return faults


def _note(faults: list[str], kind: str, text: str) -> None:
    # A browser writes an error line for every refused request; those are the pages' business.
    if kind in {"error", "warning"} and "Failed to load resource" not in text:
        faults.append(f"{kind}: {text}")

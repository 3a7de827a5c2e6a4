"""A whole server with something to look at, and a real browser: for the end-to-end tests and for screenshots."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import socket
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from e2e_catalogue import shop_window
from e2e_sales import sell
from playwright.sync_api import sync_playwright
from sqlalchemy import Connection, select

from api.api_harness import Harness
from modelport.accounts.sessions import start_session
from modelport.catalog.document import Document
from modelport.kit.money import parse_usd
from modelport.usage.rollup import TABLES
from modelport.usage.upkeep import Upkeep
from people.people_house import Mailbox

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Browser, BrowserContext, Page, Request

    from people.identity_servers import OpenId

__all__ = ["Open", "Person", "Stage", "browser_open", "find_chromium", "watch"]

_numbers = itertools.count(1)

_KEYS = {"day", "bucket"}
"""Numbers of a roll-up that are no sums."""

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
        elsewhere: str | None = None,
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

    def __init__(self, folder: Path, *, openid: OpenId | None = None, **settings: Any) -> None:
        self.mailbox = Mailbox()
        self.openid = openid
        if openid is not None:
            company = {"slug": "company", "name": "Company", "issuer": openid.url}
            # That server sends browsers back to an address which must be known before this one listens.
            with socket.create_server(("127.0.0.1", 0)) as free:
                settings["port"] = free.getsockname()[1]
            settings["oidc_providers"] = [{**company, "client_id": "modelport", "client_secret": "a-secret"}]
        settings.setdefault("bank_transfer_instructions", "Bank of Examples\nIBAN XX00 1234 5678")
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

    def setup_link(self) -> str:
        """The path `make run` prints for the first administrator."""
        services = self.harness.services

        async def make() -> str:
            user = await services.accounts.create_user(f"setup-{next(_numbers)}@example.test", is_admin=True)
            return f"/setup/{await services.accounts.open_setup(user.id)}"

        return self.harness.call(make())

    def key(self, person: Person, name: str = "Stage") -> str:
        """An API key of theirs."""
        made, _ = self.harness.call(self.harness.services.keys.create(person.account_id, person.user_id, name))
        return made

    def ask(self, key: str, model: str = "acme/echo:free", prompt: str = "Hello", **headers: str) -> httpx.Response:
        """A call of the public API."""
        body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
        headers["Authorization"] = f"Bearer {key}"
        return self.harness.http.post("/api/v1/chat/completions", json=body, headers=headers)

    def history(self, person: Person) -> str:
        """Some use to look at: of today, and as if it had been so for a month; returns one generation's id."""
        key = self.key(person, "Laptop")
        apps = {"HTTP-Referer": "https://notes.example", "X-Title": "Notes", "X-OpenRouter-Categories": "cli-agent"}
        answers = [
            self.ask(key, model, "fake: tokens=40", **(apps if place % 2 else {}))
            for place, model in enumerate(("qwen/sample-max", "deepseek/sample-pro", "acme/writer", "qwen/sample-max"))
        ]
        self.harness.call(Upkeep(self.harness.settings, self.harness.services.database).fold())
        self.harness.call(self.harness.services.database.write(_spread_over_a_month))
        return str(answers[0].json()["id"])

    def furnish(self, person: Person) -> dict[str, str]:
        """Things of theirs, and of operators, that have pages of their own or rows; the ids of those with a page."""
        sell(self, person)
        services = self.harness.services
        rules = {
            "allowed_providers": ["deepinfra", "together"],
            "enforce_zdr_openai": True,
            "content_filter_builtins": [{"slug": "email", "action": "redact"}, {"slug": "secrets", "action": "block"}],
            "content_filters": [{"pattern": "PRJ-[0-9]{4}", "action": "flag"}],
        }
        question = {"field": "total_cost", "operator": "gte", "value": "0.01"}
        sent = {
            "name": "Collector",
            "enabled": True,
            "privacy_mode": True,
            "sampling": 2_500,
            "regions": ["global"],
            "api_key_hashes": None,
            "filter_rules": {"enabled": True, "groups": [{"logic": "and", "rules": [question]}]},
            "config": {"endpoint": "http://127.0.0.1:9", "headers": {"X-Team": "research"}},
            **dict.fromkeys(("tells_cost", "tells_allocation", "tells_identity", "tells_context"), False),
        }

        async def make() -> dict[str, str]:
            workspace = (await services.workspaces.default(person.account_id)).id
            guardrail = await services.guardrails.create(person.account_id, None, {"name": "Interns", **rules})
            destination, _ = await services.destinations.create(
                person.account_id, person.user_id, workspace, "otel-collector", sent
            )
            for name in ("Team", "Spare"):
                values = {"name": name, "key": f"sk-own-{name}-0123456789abcdef"}
                await services.own_keys.create(person.account_id, person.user_id, workspace, "groq", values)
            body = {
                "model": "acme/writer",
                "temperature": 0.2,
                "messages": [{"role": "system", "content": "Be brief."}],
            }
            await services.presets.capture(person.account_id, person.user_id, "brief", body, "openai_chat")
            return {
                "user": person.user_id,
                "account": person.account_id,
                "guardrail": guardrail.id,
                "destination": destination.id,
                "preset": "brief",
            }

        return self.harness.call(make())

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


def _spread_over_a_month(connection: Connection) -> None:
    """Today's sums once more for each of the 29 days before, some days more and some less."""
    for table in (table for table in TABLES if "day" in table.c):
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        last = max((row["day"] for row in rows), default=0)
        for back in range(1, 30):
            factor = 1 + (back * 7) % 5
            for row in rows:
                if row["day"] == last:
                    grown = {
                        name: value * factor
                        for name, value in row.items()
                        if isinstance(value, int) and name not in _KEYS
                    }
                    connection.execute(table.insert().values({**row, **grown, "day": last - back}))


def watch(page: Page, url: str, elsewhere: str | None = None) -> list[str]:
    """Collects what must never happen on a page: a script's fault, a refused load, a request to another host."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda message: _note(faults, message.type, message.text))

    def look(request: Request) -> None:
        # What another server's page loads is not ours to judge.
        foreign = elsewhere is not None and page.url.startswith(elsewhere)
        if not foreign and not request.url.startswith((url, elsewhere or url, "data:", "blob:")):
            faults.append(f"elsewhere: {request.url}")

    page.on("request", look)
    return faults


def _note(faults: list[str], kind: str, text: str) -> None:
    # A browser writes an error line for every refused request; those are the pages' business.
    if kind in {"error", "warning"} and "Failed to load resource" not in text:
        faults.append(f"{kind}: {text}")

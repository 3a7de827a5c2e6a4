"""An app gets a key of its own in a real browser: sign in, see who asks and for how much, agree; or refuse."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import expect
from test_e2e_account import fill, press

from modelport.people.consent import TEXTS
from people.people_house import PASSWORD, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e_stage import Stage
    from playwright.sync_api import Browser, Page


class App:
    """Somebody's app on a loopback port: it has a page that people are sent back to."""

    def __init__(self) -> None:
        self.verifier = secrets.token_urlsafe(40)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>App</title><link rel=icon href=data:,>Back")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has there)
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://localhost:{self.server.server_port}/back?state=s1"

    def address(self, stage: Stage) -> str:
        """Where it sends people."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        asked = {"callback_url": self.url, "code_challenge": challenge, "code_challenge_method": "S256"}
        limits = {"key_label": "Notes app", "limit": "3", "usage_limit_type": "weekly"}
        return f"{stage.url}/auth?{urlencode({**asked, **limits})}"

    def exchange(self, stage: Stage, code: str, verifier: str | None = None) -> httpx.Response:
        """Comes for its key."""
        body = {"code": code, "code_verifier": verifier or self.verifier, "code_challenge_method": "S256"}
        return httpx.post(f"{stage.url}/api/v1/auth/keys", json=body)


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    yield made
    made.server.shutdown()
    made.server.server_close()


def back(page: Page) -> dict[str, list[str]]:
    """What the app is told when somebody comes back."""
    expect(page.get_by_text("Back")).to_be_visible()
    return parse_qs(urlsplit(page.url).query)


@pytest.fixture
def signed_up(stage: Stage, language: str) -> str:
    """The address of somebody who has a password here."""
    address = f"apps-{language.lower()}-{secrets.token_hex(4)}@example.test"
    with httpx.Client(base_url=stage.url, headers={"x-modelport-app": "1"}) as http:
        asked = http.post("/api/app/auth/sign-up", json={"email": address, "password": PASSWORD})
        code = code_of(stage.mailbox.wait(address))
        done = http.post("/api/app/auth/verify", json={"ticket": asked.json()["ticket"], "code": code})
        assert done.json()["status"] == "signed_in"
    return address


def test_agreed(browser: Browser, stage: Stage, app: App, language: str, signed_up: str) -> None:
    say = TEXTS["zh" if language == "zh-CN" else "en"]
    # Not by `open_page`: it lets no page leave this server, and this one must.
    page = stage.context(browser, language=language).new_page()
    page.goto(app.address(stage))
    expect(page).to_have_url(re.compile("/sign-in"))
    fill(page, language, email=signed_up, password=PASSWORD)
    press(page, language, "signIn.in")
    expect(page.get_by_role("heading", name=say["title"])).to_be_visible()
    expect(page.get_by_text(say["lead"].format(app=f"localhost:{app.server.server_port}"))).to_be_visible()
    expect(page.get_by_text(signed_up)).to_be_visible()
    expect(page.get_by_label(say["label"])).to_have_value("Notes app")
    expect(page.get_by_label(say["limit"], exact=True)).to_have_value("3")
    expect(page.get_by_label(say["reset"])).to_have_value("weekly")
    page.get_by_label(say["limit"], exact=True).fill("1.5")
    page.get_by_role("button", name=say["agree"], exact=True).click()
    told = back(page)
    assert told["state"] == ["s1"]
    (code,) = told["code"]
    given = app.exchange(stage, code)
    assert given.status_code == 200, given.text
    key = given.json()["key"]
    shown = httpx.get(f"{stage.url}/api/v1/key", headers={"authorization": f"Bearer {key}"}).json()["data"]
    assert (shown["name"], shown["limit"], shown["limit_reset"]) == ("Notes app", 1.5, "weekly")
    assert stage.ask(key).status_code == 200
    assert app.exchange(stage, code).status_code == 403, "a code works once"
    page.context.close()


def test_refused(browser: Browser, stage: Stage, app: App, language: str) -> None:
    say = TEXTS["zh" if language == "zh-CN" else "en"]
    person = stage.person(f"refuser-{language.lower()}-{secrets.token_hex(4)}@example.test")
    page = stage.context(browser, language=language, person=person).new_page()
    page.goto(app.address(stage))
    page.get_by_role("link", name=say["refuse"]).click()
    told = back(page)
    assert "code" not in told
    assert told["error"] == ["access_denied"]
    keys = stage.harness.call(stage.harness.services.keys.of_account(person.account_id))
    assert keys == []
    page.context.close()

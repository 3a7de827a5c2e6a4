"""A real database with accounts on it, and its pages behind an HTTP client."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI

from modelport.accounts.second_factor import SecondFactor
from modelport.accounts.service import Accounts
from modelport.accounts.sign_in import SignIn
from modelport.accounts.throttle import Throttle
from modelport.db.base import metadata
from modelport.db.database import Database
from modelport.kit.vault import Vault
from modelport.mail.service import Mailer
from modelport.mail.transport import Console
from modelport.people import pages
from modelport.people.setup_routes import router
from modelport.people.words import TEXTS
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

__all__ = ["ORIGIN", "PASSWORD", "Place", "check_page", "place", "says"]

ORIGIN = "http://port.test"
PASSWORD = "correct horse & 电池 = 100%"


@dataclass(frozen=True, slots=True)
class Place:
    """Everything a test needs at hand."""

    accounts: Accounts
    database: Database
    client: httpx.AsyncClient
    file: Path

    async def link(self, email: str = "admin@localhost") -> str:
        """The path of a fresh administrator's link."""
        user = await self.accounts.first_admin() or await self.accounts.create_user(email, is_admin=True)
        return f"/setup/{await self.accounts.open_setup(user.id)}"

    async def send(
        self,
        path: str,
        email: str = "owner@example.com",
        password: str = PASSWORD,
        *,
        again: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Sends the form as a browser does."""
        fields = {"email": email, "password": password, "again": password if again is None else again}
        return await self.client.post(
            path,
            content=urlencode(fields),
            headers={"content-type": "application/x-www-form-urlencoded", "origin": "null", **(headers or {})},
        )

    def bytes_on_disk(self) -> bytes:
        """All that the database has written."""
        return b"".join(path.read_bytes() for path in self.file.parent.glob(f"{self.file.name}*"))


@asynccontextmanager
async def place(folder: Path, *, public_url: str | None = None) -> AsyncGenerator[Place]:
    """An empty server."""
    file = folder / "accounts.db"
    database = Database(None, file)
    try:
        await database.write(metadata.create_all)
        vault = Vault(b"a master secret for tests, not short")
        accounts = Accounts(database, vault)
        settings = Settings(public_url=public_url)
        sign_in = SignIn(
            database,
            vault,
            mailer=Mailer(database, vault, Console()),
            throttle=Throttle(),
            factor=SecondFactor(database, vault),
            settings=settings,
        )
        app = FastAPI()
        app.state.services = SimpleNamespace(accounts=accounts, settings=settings, sign_in=sign_in)
        app.include_router(router)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
            yield Place(accounts, database, client, file)
    finally:
        await database.close()


def says(answer: httpx.Response, key: str, language: str = "en") -> bool:
    """Whether the page has this text."""
    return pages._prose(TEXTS["zh" if language == "zh" else "en"][key]) in answer.text


def check_page(answer: httpx.Response, *, private: bool) -> None:
    """What every page must be: well guarded, with nothing to run and nothing to fetch."""
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    [style] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["vary"] == "accept-language"
    assert answer.headers["cache-control"] == ("no-store" if private else "no-cache")
    assert not re.search(r"<script|<img|<link|\son\w+=|\sstyle=|javascript:|url\(|@import", answer.text, re.IGNORECASE)
    labels = set(re.findall(r'<label for="(\w+)"', answer.text))
    assert labels == set(re.findall(r'<input id="(\w+)"', answer.text))

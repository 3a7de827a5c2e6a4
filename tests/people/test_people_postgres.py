"""The same house on PostgreSQL: what works once works once there too, and a dump of it holds no secret."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from people_house import PASSWORD, Browser, House
from test_people_canaries import every_get, hunted, planted, provoked
from test_people_consent import TestCodes as Codes
from test_people_organizations import TestInvitations as Invitations
from test_people_security import TestSecondFactor as SecondFactor
from test_people_sign_in import TestSignIn as SignIn
from test_people_sign_in import TestSignUp as SignUp
from test_people_sign_in import at_once

from api.api_harness import Harness, catalogue, until
from db.database_places import cluster, migrated_server
from db.postgres_cluster import binaries
from modelport import background
from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from db.postgres_cluster import Cluster

__all__ = ["cluster", "migrated_server"]


@pytest.fixture(scope="module")
def there(migrated_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    migrated_server.empty("modelport")
    made = House(
        tmp_path_factory.mktemp("postgres"),
        database_url=migrated_server.url("modelport"),
        trusted_proxies=["127.0.0.1/32"],
        sign_up_bonus="0.5",
        private_addresses=True,
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def operator(there: House) -> Browser:
    """Somebody who runs the server, signed in."""
    browser, email = there.person()
    there.call(there.services.administration.set_operator(browser.me["user"]["id"], is_operator=True))
    browser.post("/auth/sign-in", {"email": email, "password": PASSWORD})
    return browser


class TestOnce:
    """Of many who try at the same moment one succeeds."""

    def test_first_administrator(self, there: House) -> None:
        services = there.services

        async def link() -> str:
            user = await services.accounts.create_user(there.address("setup"), is_admin=True)
            return f"/setup/{await services.accounts.open_setup(user.id)}"

        path = there.call(link())
        browsers = [there.browser(origin="null") for _ in range(6)]

        def send(number: int) -> httpx.Response:
            fields = {"email": there.address("racer"), "password": PASSWORD, "again": PASSWORD}
            headers = {"content-type": "application/x-www-form-urlencoded"}
            return browsers[number].http.post(path, content=urlencode(fields), headers=headers)

        statuses = sorted(answer.status_code for answer in at_once(6, send))
        assert (statuses[0] in {200, 303}, statuses[1:]) == (True, [403] * 5)

    @pytest.mark.parametrize("by", ["code", "link"])
    def test_sign_up(self, there: House, by: str) -> None:
        SignUp().test_of_many_at_once_one_gets_the_account(there, by)

    def test_one_time_code(self, there: House) -> None:
        SignIn().test_of_many_at_once_one_code_signs_in_once(there)

    def test_invitation(self, there: House) -> None:
        Invitations().test_of_many_at_once_one_is_taken(there)

    def test_recovery_code(self, there: House) -> None:
        SecondFactor().test_of_many_at_once_one_recovery_code_works_once(there)

    def test_code_of_an_app(self, there: House) -> None:
        Codes().test_of_many_at_once_one_gets_a_key(there)


def test_a_dump_holds_no_secret(
    there: House, operator: Browser, migrated_server: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    browser, secrets = planted(there)
    errors = provoked(there, browser, secrets)
    answers = every_get(there, [browser, operator])
    secrets["session"] = browser.token or ""
    # What is written beside requests is written by then.
    there.call(asyncio.sleep(0))
    folder = binaries()
    assert folder is not None
    command = [folder / "pg_dump", "-h", "127.0.0.1", "-p", str(migrated_server.port), "-U", "postgres", "modelport"]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "COPY public.own_keys" in dump
    assert "COPY public.destinations" in dump
    printed = capfd.readouterr()
    places = {"the dump": dump, "an error": errors, "an answer": answers, "what is printed": printed.out + printed.err}
    assert "canary" in dump  # the key's name: the dump is the right one
    assert hunted(secrets, places) == []


@pytest.fixture
def second(there: House, migrated_server: Cluster, tmp_path: Path) -> Iterator[Harness]:
    """Another server on the same database."""
    shutil.copy(there.harness.settings.data_dir / "secret.key", tmp_path)
    made = Harness(tmp_path, database_url=migrated_server.url("modelport"), registration="open")
    yield made
    made.stop(within=1)
    # Its own scripted provider is gone with it.
    mine = Document.model_validate(catalogue(there.harness.fake_port))
    there.call(there.services.catalog.apply(mine))


def test_a_changed_setting_is_in_force_on_every_server(there: House, operator: Browser, second: Harness) -> None:
    """Changed on either, by an operator; obeyed by the other's pages, sign-up and chat path, and taken back."""
    assert background._CHANGES_SECONDS <= 0.5, "the promise is a second"
    elsewhere = Browser(second.url)
    elsewhere.http.cookies.update(operator.http.cookies)
    names = ("registration", "request_body_limit")

    def shown(browser: Browser) -> tuple[str, int]:
        answer = browser.http.get("/api/admin/settings")
        values = {each["name"]: each["value"] for each in answer.json()["data"]}
        return values["registration"], values["request_body_limit"]

    def change(browser: Browser, **values: object) -> None:
        answer = browser.http.patch("/api/admin/settings", json={"values": values})
        assert answer.status_code == 200, answer.text

    try:
        change(operator, registration="closed", request_body_limit=2000)
        until(lambda: shown(elsewhere) == ("closed", 2000))
        assert elsewhere.get("/features").json()["registration"] == "closed"
        asked = elsewhere.post("/auth/sign-up", {"email": there.address(), "password": PASSWORD})
        assert asked.status_code == 403, asked.text
        caller = second.caller()
        assert caller.chat("x" * 3000).status == 413
        change(elsewhere, request_body_limit=1_000_000)
        until(lambda: shown(operator) == ("closed", 1_000_000))
        assert caller.chat("x" * 3000).status == 200
    finally:
        change(elsewhere, **dict.fromkeys(names))
    until(lambda: shown(operator)[0] == "open")
    elsewhere.http.close()

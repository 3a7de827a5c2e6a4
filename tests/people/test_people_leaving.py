"""Taking one's data along, leaving for good; and no secret of these areas anywhere it does not belong."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import structlog
from people_house import PASSWORD, code_of, link_of
from test_people_organizations import joined, organization
from test_people_security import age, with_factor

from api.api_harness import until

if TYPE_CHECKING:
    import pytest
    from people_house import House


def bytes_on_disk(house: House) -> bytes:
    """All that the database has written."""
    path = house.harness.settings.sqlite_path
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


class TestExport:
    """Everything a person has, in one file."""

    def test_it_has_everything_and_no_secret(self, house: House) -> None:
        browser, email = house.person()
        me = browser.me
        text, _ = house.call(house.services.keys.create(me["account_id"], me["user"]["id"], "my key"))
        app, codes = with_factor(browser)
        answer = browser.get("/me/export")
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        assert files["person.json"]["email"] == email
        assert [each["name"] for each in files["keys.json"]] == ["my key"]
        assert files["credits.json"]["granted_usd"] == "0.5"
        assert len(files["sessions.json"]) == 1
        whole = json.dumps(files)
        for secret in (text, PASSWORD, app.secret, codes[0], str(browser.token)):
            assert secret not in whole


class TestLeaving:
    """The end of an account."""

    def test_nothing_that_names_the_person_stays(self, house: House) -> None:
        browser, email = house.person()
        me = browser.me
        text, _ = house.call(house.services.keys.create(me["account_id"], me["user"]["id"], "k"))
        assert browser.post("/me/delete", {"email": "other@people.test"}).status_code == 400
        age(house, browser)
        assert browser.post("/me/delete", {"email": email}).status_code == 403
        browser.post("/me/prove", {"password": PASSWORD})
        assert browser.post("/me/delete", {"email": email}).status_code == 204
        assert browser.get("/me").status_code == 401
        http = house.browser().http
        bearer = {"authorization": f"Bearer {text}"}
        until(lambda: http.get("/api/v1/key", headers=bearer).status_code == 401 or None, 1.0)
        other = house.browser()
        assert other.post("/auth/sign-in", {"email": email, "password": PASSWORD}).status_code == 401
        # The address is free again, but its bonus was had.
        ticket = other.post("/auth/sign-up", {"email": email, "password": PASSWORD}).json()["ticket"]
        code = code_of(house.mailbox.wait(email, 2, about="Confirm"))
        assert other.post("/auth/verify", {"ticket": ticket, "code": code}).json()["is_new"] is True
        assert other.http.get("/api/v1/credits").json()["data"]["total_credits"] == 0
        assert house.call(house.services.credits.check()).fault is None

    def test_an_organization_is_not_left_without_an_owner(self, house: House) -> None:
        owner, email = house.person()
        account = organization(owner)
        _, member_id = joined(house, owner, account)
        assert owner.post("/me/delete", {"email": email}).status_code == 409
        assert owner.send("DELETE", f"/members/{member_id}").status_code == 204
        assert owner.post("/me/delete", {"email": email}).status_code == 204

    def test_the_last_operator_stays(self, house: House) -> None:
        accounts = house.services.accounts
        operators = house.call(accounts.count_operators())
        made = house.call(accounts.create_user(house.address("operator"), is_admin=True))
        assert house.call(accounts.count_operators()) == operators + 1
        house.call(accounts.erase(made.id))
        assert house.call(accounts.count_operators()) == operators


def test_no_secret_is_where_it_does_not_belong(
    house: House, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Canaries in every secret field of these areas: not in the database's files, logs, errors or answers."""
    password = "canary-Marble-4711"
    with structlog.testing.capture_logs() as logs:
        browser, email = house.person(password=password)
        app, codes = with_factor(browser)
        hook = browser.send("PUT", "/notices/webhook", {"url": "https://hook.example/"}).json()["secret"]
        organization(browser)
        invited = house.address()
        browser.post("/invitations", {"email": invited})
        invitation = link_of(house.mailbox.wait(invited, about="invited"))
        house.browser().post("/auth/reset", {"email": email})
        reset = link_of(house.mailbox.wait(email, about="new password"))
        ticket = house.browser().post("/auth/code", {"email": email}).json()["ticket"]
        mailed = code_of(house.mailbox.wait(email, about="sign-in code"))
        code = browser.http.post("/api/v1/auth/keys/code", json={"callback_url": "https://app.example/"}).json()[
            "data"
        ]["id"]
        key = house.browser().http.post("/api/v1/auth/keys", json={"code": code}).json()["key"]
        house.browser().post("/auth/sign-in", {"email": email, "password": password + "x"})
        shown = [
            browser.get(path).text
            for path in ("/me", "/sessions", "/notices/webhook", "/invitations", "/me/passkeys", "/me/identities")
        ]
    token = browser.token
    assert token is not None
    secrets = [password, app.secret, codes[0], hook, invitation, reset, ticket, code, key, token, "acme-secret-canary"]
    secrets += ["github-secret"]
    until(lambda: mailed.encode() not in bytes_on_disk(house) or None)
    disk = bytes_on_disk(house)
    out, err = capfd.readouterr()
    for secret in secrets:
        assert secret.encode() not in disk, secret
        for text in (out, err, caplog.text, str(logs), *shown):
            assert secret not in text, secret

"""An app gets a key of its own: the consent page, the code, the exchange; by browser and by the official client."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from test_people_organizations import joined, organization
from test_people_sign_in import at_once

from modelport.audit.service import Search
from modelport.people.consent import TEXTS

if TYPE_CHECKING:
    import httpx
    from people_house import Browser, House

VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CALLBACK = "https://app.example/back?x=1"


def page(browser: Browser, **asked: str) -> httpx.Response:
    """The consent page."""
    return browser.http.get("/auth", params=asked)


def agree(browser: Browser, shown: httpx.Response, **form: str) -> httpx.Response:
    """Sends the form as the browser does, with the fields as they stand unless given."""
    action = re.search(r'action="([^"]+)"', shown.text)
    token = re.search(r'name="token" value="([^"]+)"', shown.text)
    assert action, shown.text
    assert token
    fields = {"token": token[1], "key_label": "App", "limit": "", "limit_reset": "", **form}
    return browser.http.post(
        html.unescape(action[1]),
        content=urlencode(fields),
        headers={"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"},
    )


def exchange(house: House, **body: str) -> httpx.Response:
    """The app comes for its key."""
    return house.browser().http.post("/api/v1/auth/keys", json=body)


class TestConsent:
    """`/auth`."""

    def test_both_languages_say_the_same(self) -> None:
        assert TEXTS["zh"].keys() == TEXTS["en"].keys()

    def test_who_is_not_signed_in_does_that_first(self, house: House) -> None:
        answer = page(house.browser(), callback_url=CALLBACK, code_challenge=CHALLENGE)
        assert answer.status_code == 302
        location = urlsplit(answer.headers["location"])
        assert location.path == "/sign-in"
        assert parse_qs(location.query)["next"][0].startswith("/auth?callback_url=https")

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_an_app_gets_a_key_with_the_limit_that_was_agreed(self, house: House, language: str) -> None:
        browser, email = house.person()
        shown = page(
            browser,
            callback_url=CALLBACK,
            code_challenge=CHALLENGE,
            code_challenge_method="S256",
            key_label='"><b>x',
            limit="5",
            usage_limit_type="monthly",
            lang=language,
        )
        assert shown.status_code == 200
        assert TEXTS["zh" if language == "zh" else "en"]["agree"] in shown.text
        assert email in shown.text
        assert "<b>x" not in shown.text
        policy = shown.headers["content-security-policy"]
        assert "form-action 'self' https://app.example;" in policy
        assert "default-src 'none'" in policy
        assert "script" not in shown.text
        assert 'value="5"' in shown.text
        sent = agree(browser, shown, limit="2.5", limit_reset="monthly", key_label="My app")
        assert sent.status_code == 303, sent.text
        back = urlsplit(sent.headers["location"])
        assert (back.netloc, back.path) == ("app.example", "/back")
        code = parse_qs(back.query)["code"][0]
        assert parse_qs(back.query)["x"] == ["1"]
        agreed = Search(user_id=browser.me["user"]["id"], action="POST /auth")
        (entry,) = house.call(house.services.audit.page(agreed))
        assert (entry.credential.partition(":")[0], "auth_codes" in entry.after) == ("session", True)
        wrong = exchange(house, code="auth_code_x", code_verifier=VERIFIER)
        assert (wrong.status_code, wrong.json()["error"]["message"]) == (403, "Invalid code or code_verifier")
        given = exchange(house, code=code, code_verifier=VERIFIER, code_challenge_method="S256")
        assert given.status_code == 200, given.text
        assert given.json()["user_id"] == browser.me["user"]["id"]
        bearer = {"authorization": f"Bearer {given.json()['key']}"}
        key = house.browser().http.get("/api/v1/key", headers=bearer).json()["data"]
        assert (key["limit"], key["limit_reset"], key["name"]) == (2.5, "monthly", "My app")
        assert exchange(house, code=code, code_verifier=VERIFIER).status_code == 403

    @pytest.mark.parametrize(
        "body",
        [
            {"code_verifier": "w" * 50},
            {},
            {"code_verifier": CHALLENGE, "code_challenge_method": "plain"},
            {"code_verifier": "short"},
        ],
    )
    def test_a_stolen_code_is_worth_nothing(self, house: House, body: dict[str, str]) -> None:
        browser, _ = house.person()
        asked = {"callback_url": CALLBACK, "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        sent = agree(browser, page(browser, **asked))
        code = parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]
        assert exchange(house, code=code, **body).status_code == 403

    def test_a_method_that_is_none_is_refused(self, house: House) -> None:
        answer = exchange(house, code="x", code_verifier=VERIFIER, code_challenge_method="S512")
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid code_challenge_method")

    def test_a_program_without_a_callback_is_shown_the_code(self, house: House) -> None:
        browser, _ = house.person()
        assert page(browser).status_code == 400
        shown = page(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
        sent = agree(browser, shown)
        assert sent.status_code == 200
        found = re.search(r"auth_code_\w+", sent.text)
        assert found
        given = exchange(house, code=found[0], code_verifier=VERIFIER)
        assert given.status_code == 200

    @pytest.mark.parametrize(
        "url",
        [
            *("http://app.example/", "ftp://app.example/", "javascript:alert(1)", "//app.example", "https://", "x"),
            *("https://user:pw@app.example/", "https://app.example:99999/", "http://localhost.evil.example/"),
            *("https://app.example/\r\nset-cookie: a=b", "https://app.example;script-src *"),
        ],
    )
    def test_a_callback_that_is_none_is_refused(self, house: House, url: str) -> None:
        browser, _ = house.person()
        answer = page(browser, callback_url=url, code_challenge=CHALLENGE)
        if answer.status_code == 200:  # an odd host: then it must not have opened the policy
            assert "script-src" not in answer.headers["content-security-policy"]
        else:
            assert answer.status_code == 400

    @pytest.mark.parametrize("url", ["http://localhost:3000/cb", "http://127.0.0.1:9/", "https://a.example:8443/x?y=z"])
    def test_ones_own_machine_may_be_called_back(self, house: House, url: str) -> None:
        browser, _ = house.person()
        assert page(browser, callback_url=url).status_code == 200

    def test_the_form_is_of_this_session_and_this_wish(self, house: House) -> None:
        browser, _ = house.person()
        other, _ = house.person()
        shown = page(browser, callback_url=CALLBACK, code_challenge=CHALLENGE)
        assert agree(other, shown).status_code == 403
        assert agree(browser, shown, token="x").status_code == 403
        changed = page(browser, callback_url="https://other.example/", code_challenge=CHALLENGE)
        token = re.search(r'name="token" value="([^"]+)"', changed.text)
        assert token
        assert agree(browser, shown, token=token[1]).status_code == 403
        assert agree(browser, shown, limit="-1").status_code == 400
        assert agree(browser, shown, limit_reset="hourly").status_code == 400

    def test_read_only_members_give_nothing_away(self, house: House) -> None:
        owner, _ = house.person()
        account = organization(owner)
        browser, _ = joined(house, owner, account, "read-only")
        assert agree(browser, page(browser, callback_url=CALLBACK)).status_code == 403


class TestCodes:
    """`/auth/keys/code` and `/auth/keys` by the official client."""

    def test_the_official_client_drives_both(self, house: House) -> None:
        from openrouter import OpenRouter, errors

        browser, _ = house.person()
        me = browser.me
        text, _ = house.call(house.services.keys.create(me["account_id"], me["user"]["id"], "k"))
        with OpenRouter(api_key=text, server_url=f"{house.url}/api/v1") as client:
            made = client.o_auth.create_auth_code(
                callback_url=CALLBACK,
                code_challenge=CHALLENGE,
                code_challenge_method="S256",
                key_label="By code",
                limit=3,
                usage_limit_type="weekly",
            ).data
            assert made.app_id > 0
            with pytest.raises(errors.ForbiddenResponseError):
                client.o_auth.exchange_auth_code_for_api_key(code="auth_code_x", code_verifier=VERIFIER)
            given = client.o_auth.exchange_auth_code_for_api_key(code=made.id, code_verifier=VERIFIER)
            assert given.key.startswith("sk-mp-v1-")
            assert given.user_id == me["user"]["id"]
            with pytest.raises(errors.BadRequestResponseError):
                client.o_auth.create_auth_code(callback_url="http://app.example/")

    def test_the_key_is_in_the_workspace_that_was_named(self, house: House) -> None:
        browser, _ = house.person()
        me = browser.me
        text, _ = house.call(house.services.keys.create(me["account_id"], me["user"]["id"], "k"))
        lab = browser.http.post("/api/v1/workspaces", json={"name": "Lab", "slug": "lab"}).json()["data"]
        http, bearer = house.browser().http, {"authorization": f"Bearer {text}"}
        wish = {"callback_url": CALLBACK, "workspace_id": "lab"}
        code = http.post("/api/v1/auth/keys/code", headers=bearer, json=wish).json()["data"]["id"]
        given = http.post("/api/v1/auth/keys", json={"code": code}).json()["key"]
        live = house.call(house.services.keys.authenticate(given))
        assert live.record.workspace_id == lab["id"]
        wish["workspace_id"] = "nowhere"
        assert http.post("/api/v1/auth/keys/code", headers=bearer, json=wish).status_code == 404

    def test_of_many_at_once_one_gets_a_key(self, house: House) -> None:
        browser, _ = house.person()
        made = browser.http.post("/api/v1/auth/keys/code", json={"callback_url": CALLBACK}).json()["data"]["id"]
        browsers = [house.browser() for _ in range(4)]

        def take(number: int) -> httpx.Response:
            return browsers[number].http.post("/api/v1/auth/keys", json={"code": made})

        assert sorted(answer.status_code for answer in at_once(4, take)) == [200, 403, 403, 403]

    @pytest.mark.parametrize("bounds", [{"limit": 10**9}, {"expires_at": 4_000_000_000_000}])
    def test_a_bounded_key_makes_no_other(self, house: House, bounds: dict[str, Any]) -> None:
        browser, _ = house.person()
        me = browser.me
        text, _ = house.call(house.services.keys.create(me["account_id"], me["user"]["id"], "k", **bounds))
        answer = house.browser().http.post(
            "/api/v1/auth/keys/code",
            json={"callback_url": CALLBACK},
            headers={"authorization": f"Bearer {text}"},
        )
        assert answer.status_code == 403

    def test_a_code_runs_out(self, house: House) -> None:
        from sqlalchemy import text

        browser, _ = house.person()
        made = browser.http.post("/api/v1/auth/keys/code", json={"callback_url": CALLBACK}).json()["data"]["id"]
        user_id = browser.me["user"]["id"]
        house.call(
            house.services.database.write(
                lambda connection: connection.execute(
                    text("UPDATE auth_codes SET expires_at = 1 WHERE user_id = :user"), {"user": user_id}
                )
            )
        )
        answer = exchange(house, code=made)
        assert (answer.status_code, answer.json()["error"]["message"]) == (403, "Authorization code expired")

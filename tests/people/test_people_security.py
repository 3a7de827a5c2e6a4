"""Second factors, passkeys, and what else guards an account."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from people_house import PASSWORD, code_of
from pyotp.totp import TOTP
from software_authenticator import Authenticator
from test_people_sign_in import at_once

if TYPE_CHECKING:
    import httpx
    from people_house import Browser, House


def with_factor(browser: Browser) -> tuple[TOTP, list[str]]:
    """Sets up a second factor."""
    made = browser.post("/me/second-factor").json()
    assert made["qr_svg"].startswith("<svg")
    assert made["uri"].startswith("otpauth://totp/Modelport:")
    app = TOTP(made["secret"])
    answer = browser.post("/me/second-factor/enable", {"code": app.now()})
    assert answer.status_code == 200, answer.text
    return app, answer.json()["codes"]


def later(app: TOTP) -> str:
    """The code of the next time step: the present one was taken already."""
    return app.at(int(time.time()) + 30)


def age(house: House, browser: Browser) -> None:
    """Makes the browser's last proof an old one."""
    from sqlalchemy import text

    user_id = browser.me["user"]["id"]
    house.call(
        house.services.database.write(
            lambda connection: connection.execute(
                text("UPDATE sessions SET proved_at = 0 WHERE user_id = :user"), {"user": user_id}
            )
        )
    )


class TestSecondFactor:
    """Codes of an authenticator app, and recovery codes."""

    def test_it_is_asked_for_and_each_code_works_once(self, house: House) -> None:
        browser, email = house.person()
        before = browser.token
        app, codes = with_factor(browser)
        assert browser.token != before
        assert len(set(codes)) == 10
        assert browser.me["user"] | {"has_second_factor": True, "recovery_codes_left": 10} == browser.me["user"]
        other = house.browser()
        asked = other.post("/auth/sign-in", {"email": email, "password": PASSWORD}).json()
        assert asked["status"] == "second_factor"
        assert other.token is None
        assert other.get("/me").status_code == 401
        code = later(app)
        wrong = other.post("/auth/second-factor", {"ticket": asked["ticket"], "code": "000000"})
        assert wrong.status_code == 401
        entered = other.post("/auth/second-factor", {"ticket": asked["ticket"], "code": code})
        assert entered.json()["status"] == "signed_in"
        listed = other.get("/sessions").json()["data"]
        assert "password+totp" in {each["method"] for each in listed}
        third = house.browser()
        ticket = third.post("/auth/sign-in", {"email": email, "password": PASSWORD}).json()["ticket"]
        assert third.post("/auth/second-factor", {"ticket": ticket, "code": code}).status_code == 401

    def test_of_many_at_once_one_recovery_code_works_once(self, house: House) -> None:
        browser, email = house.person()
        _, codes = with_factor(browser)
        browsers = [house.browser() for _ in range(4)]
        tickets = [
            each.post("/auth/sign-in", {"email": email, "password": PASSWORD}).json()["ticket"] for each in browsers
        ]

        def enter(number: int) -> httpx.Response:
            body = {"ticket": tickets[number], "code": codes[0].upper()}
            return browsers[number].post("/auth/second-factor", body)

        answers = at_once(4, enter)
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
        assert browser.me["user"]["recovery_codes_left"] == 9

    def test_a_mailed_code_is_not_enough_either(self, house: House) -> None:
        browser, email = house.person()
        app, _ = with_factor(browser)
        other = house.browser()
        ticket = other.post("/auth/code", {"email": email}).json()["ticket"]
        asked = other.post(
            "/auth/code/verify", {"ticket": ticket, "code": code_of(house.mailbox.wait(email, 2))}
        ).json()
        assert asked["status"] == "second_factor"
        tries = [
            other.post("/auth/second-factor", {"ticket": asked["ticket"], "code": "000000"}).status_code
            for _ in range(6)
        ]
        assert tries == [401] * 5 + [403]
        right = other.post("/auth/second-factor", {"ticket": asked["ticket"], "code": later(app)})
        assert right.status_code == 403

    def test_it_can_be_switched_off(self, house: House) -> None:
        browser, email = house.person()
        _, codes = with_factor(browser)
        assert browser.post("/me/second-factor").status_code == 403  # one is in use
        before = browser.token
        fresh = browser.post("/me/recovery-codes").json()["codes"]
        assert not set(fresh) & set(codes)
        assert browser.token != before
        assert browser.send("DELETE", "/me/second-factor").status_code == 204
        other = house.browser()
        entered = other.post("/auth/sign-in", {"email": email, "password": PASSWORD})
        assert entered.json()["status"] == "signed_in"

    def test_a_wrong_code_does_not_switch_it_on(self, house: House) -> None:
        browser, _ = house.person()
        assert browser.post("/me/second-factor/enable", {"code": "123456"}).status_code == 403
        browser.post("/me/second-factor")
        assert browser.post("/me/second-factor/enable", {"code": "000000"}).status_code == 401
        assert browser.me["user"]["has_second_factor"] is False


class TestFreshProof:
    """Nothing that guards an account is changed from a session that lies open."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/me/password", {"password": "coral-Basket-71"}),
            ("POST", "/me/email", {"email": "new@people.test"}),
            ("POST", "/me/second-factor", None),
            ("POST", "/me/second-factor/enable", {"code": "000000"}),
            ("DELETE", "/me/second-factor", None),
            ("POST", "/me/recovery-codes", None),
            ("POST", "/me/passkeys/begin", None),
            ("POST", "/me/passkeys", {"ticket": "x" * 32, "credential": {}}),
            ("DELETE", "/me/passkeys/some", None),
        ],
    )
    def test_an_old_proof_does_not_do(self, house: House, method: str, path: str, body: Any) -> None:
        browser, _ = house.person()
        age(house, browser)
        answer = browser.send(method, path, body)
        assert answer.status_code == 403, answer.text
        assert answer.json()["error"]["metadata"]["reason"] == "prove_again"

    def test_a_fresh_one_does(self, house: House) -> None:
        browser, email = house.person()
        age(house, browser)
        assert browser.post("/me/prove", {"password": "wrong-Marble-39"}).status_code == 401
        before = browser.token
        assert browser.post("/me/prove", {"password": PASSWORD}).status_code == 204
        assert browser.token != before
        other = house.browser()
        other.post("/auth/sign-in", {"email": email, "password": PASSWORD})
        assert browser.post("/me/password", {"password": "coral-Basket-71"}).status_code == 204
        assert other.get("/me").status_code == 401
        assert browser.get("/me").status_code == 200

    def test_a_mailed_code_does_for_who_has_no_password(self, house: House) -> None:
        browser, email = house.person()
        age(house, browser)
        ticket = browser.post("/me/prove/code").json()["ticket"]
        code = code_of(house.mailbox.wait(email, 2))
        stranger, _ = house.person()
        assert stranger.post("/me/prove", {"ticket": ticket, "code": code}).status_code == 403
        assert browser.post("/me/prove", {"ticket": ticket, "code": code}).status_code == 403  # spent by the stranger
        ticket = browser.post("/me/prove/code").json()["ticket"]
        code = code_of(house.mailbox.wait(email, 3))
        assert browser.post("/me/prove", {"ticket": ticket, "code": code}).status_code == 204

    def test_another_address_is_proved_first(self, house: House) -> None:
        browser, email = house.person()
        fresh = house.address("moved")
        ticket = browser.post("/me/email", {"email": fresh}).json()["ticket"]
        code = code_of(house.mailbox.wait(fresh))
        assert browser.me["user"]["email"] == email
        assert browser.post("/me/email/verify", {"ticket": ticket, "code": code}).status_code == 204
        assert browser.me["user"]["email"] == fresh
        assert house.mailbox.wait(email, 2)["subject"] == "Your e-mail address was changed"


class TestPasskeys:
    """Made in the settings, then enough to sign in with."""

    def _origin(self, house: House) -> str:
        return f"http://localhost:{house.harness.port}"

    def _add(self, browser: Browser, key: Authenticator) -> Any:
        begun = browser.post("/me/passkeys/begin").json()
        assert begun["options"]["rp"]["id"] == "localhost"
        body = {"ticket": begun["ticket"], "credential": key.create(begun["options"]), "name": "Laptop"}
        return browser.post("/me/passkeys", body)

    def test_one_signs_in(self, house: House) -> None:
        browser, email = house.person()
        key = Authenticator(self._origin(house))
        assert self._add(browser, key).status_code == 201
        [shown] = browser.get("/me/passkeys").json()["data"]
        assert shown["name"] == "Laptop"
        other = house.browser()
        begun = other.post("/auth/passkey/begin").json()
        answer = {"ticket": begun["ticket"], "credential": key.get(begun["options"])}
        assert other.post("/auth/passkey", answer).json()["status"] == "signed_in"
        assert other.me["user"]["email"] == email
        assert house.browser().post("/auth/passkey", answer).status_code == 403  # a challenge is taken once
        stranger, _ = house.person()
        assert stranger.send("DELETE", f"/me/passkeys/{shown['id']}").status_code == 404
        assert browser.send("DELETE", f"/me/passkeys/{shown['id']}").status_code == 204
        begun = other.post("/auth/passkey/begin").json()
        gone = {"ticket": begun["ticket"], "credential": key.get(begun["options"])}
        assert house.browser().post("/auth/passkey", gone).status_code == 401

    def test_it_is_not_asked_for_a_second_factor(self, house: House) -> None:
        browser, _ = house.person()
        key = Authenticator(self._origin(house))
        self._add(browser, key)
        with_factor(browser)
        other = house.browser()
        begun = other.post("/auth/passkey/begin").json()
        answer = {"ticket": begun["ticket"], "credential": key.get(begun["options"])}
        assert other.post("/auth/passkey", answer).json()["status"] == "signed_in"

    @pytest.mark.parametrize("wrong", ["origin", "unverified", "counter", "nonsense", "person"])
    def test_what_is_wrong_is_refused(self, house: House, wrong: str) -> None:
        browser, _ = house.person()
        key = Authenticator(self._origin(house))
        assert self._add(browser, key).status_code == 201
        other = house.browser()
        begun = other.post("/auth/passkey/begin").json()
        if wrong == "origin":
            key.origin = "https://evil.example"
        elif wrong == "unverified":
            key.verifies = False
        elif wrong == "counter":
            used = key.get(begun["options"])
            assert other.post("/auth/passkey", {"ticket": begun["ticket"], "credential": used}).status_code == 200
            begun = other.post("/auth/passkey/begin").json()
            key.count = 0  # a copy of it that was used less
        credential = {"id": 5, "response": []} if wrong == "nonsense" else key.get(begun["options"])
        if wrong == "person":
            credential = Authenticator(self._origin(house)).get(begun["options"])
        answer = house.browser().post("/auth/passkey", {"ticket": begun["ticket"], "credential": credential})
        assert answer.status_code == 401, answer.text

    def test_an_unverified_one_is_not_kept(self, house: House) -> None:
        browser, _ = house.person()
        assert self._add(browser, Authenticator(self._origin(house), verifies=False)).status_code == 401
        assert self._add(browser, Authenticator("https://evil.example")).status_code == 401


class TestBrowserKey:
    """A signed-in page asks models with no key to see."""

    def test_a_page_chats_with_its_session(self, house: House) -> None:
        browser, _ = house.person()
        body = {"model": "fake/text", "messages": [{"role": "user", "content": "hello"}]}
        answer = browser.http.post("/api/v1/chat/completions", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["usage"]["cost"] > 0
        generation = browser.http.get("/api/v1/generation", params={"id": answer.headers["x-generation-id"]})
        assert generation.status_code == 200
        foreign = browser.http.post("/api/v1/chat/completions", json=body, headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403
        me = browser.me
        for guess in (f"browser/{me['account_id']}/{me['user']['id']}", "browser:"):
            forged = house.browser().http.post(
                "/api/v1/chat/completions", json=body, headers={"authorization": f"Bearer {guess}"}
            )
            assert forged.status_code == 401
        browser.post("/auth/sign-out")
        assert browser.http.post("/api/v1/chat/completions", json=body).status_code == 401

"""Signing up, in and out as a browser does it, with the mails really sent and read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from people_house import PASSWORD, code_of, link_of, text_of

if TYPE_CHECKING:
    import httpx
    from people_house import House


def at_once(count: int, work: object) -> list[httpx.Response]:
    """What `count` threads get that do the same at once."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))  # type: ignore[call-overload]


class TestSignUp:
    """From an address to an account."""

    def test_an_account_is_made_when_the_code_comes_back(self, house: House) -> None:
        browser, email = house.person()
        me = browser.me
        assert me["user"]["email"] == email
        assert me["user"]["is_verified"] is True
        assert me["user"]["is_operator"] is False
        assert me["role"] == "owner"
        assert "operate" not in me["permissions"]
        assert [account["kind"] for account in me["accounts"]] == ["personal"]
        credits = browser.http.get("/api/v1/credits").json()["data"]
        assert credits["total_credits"] == 0.5  # the operator's bonus

    def test_the_link_works_in_another_browser(self, house: House) -> None:
        email = house.address()
        house.browser().post("/auth/sign-up", {"email": email, "password": PASSWORD, "language": "zh", "name": "小明"})
        mail = house.mailbox.wait(email)
        assert mail["subject"] == "请确认您的邮箱"
        other = house.browser()
        assert other.post("/auth/verify/link", {"token": link_of(mail)}).json()["status"] == "signed_in"
        assert other.me["user"] | {"name": "小明", "language": "zh"} == other.me["user"]
        again = house.browser().post("/auth/verify/link", {"token": link_of(mail)})
        assert again.status_code == 403

    @pytest.mark.parametrize("by", ["code", "link"])
    def test_of_many_at_once_one_gets_the_account(self, house: House, by: str) -> None:
        email = house.address()
        ticket = house.browser().post("/auth/sign-up", {"email": email, "password": PASSWORD}).json()["ticket"]
        mail = house.mailbox.wait(email)
        browsers = [house.browser() for _ in range(5)]

        def finish(number: int) -> httpx.Response:
            if by == "link":
                return browsers[number].post("/auth/verify/link", {"token": link_of(mail)})
            return browsers[number].post("/auth/verify", {"ticket": ticket, "code": code_of(mail)})

        statuses = sorted(answer.status_code for answer in at_once(5, finish))
        assert statuses == [200, 403, 403, 403, 403]

    def test_the_bonus_comes_once_for_each_mailbox(self, house: House) -> None:
        email = house.address("tagged")
        local, _, domain = email.partition("@")
        first, _ = house.person(email)
        second, _ = house.person(f"{local}+again@{domain}")
        amounts = [each.http.get("/api/v1/credits").json()["data"]["total_credits"] for each in (first, second)]
        assert amounts == [0.5, 0]

    def test_a_known_address_gets_the_same_answer_and_a_mail_that_helps(self, house: House) -> None:
        _, known = house.person()
        unknown = house.address()
        answers = {
            email: house.browser().post("/auth/sign-up", {"email": email, "password": PASSWORD})
            for email in (known, unknown)
        }
        assert {answer.status_code for answer in answers.values()} == {202}
        assert {tuple(answer.json()) for answer in answers.values()} == {("ticket", "expires_in")}
        mail = house.mailbox.wait(known, 2)
        assert mail["subject"] == "You have an account already"
        assert "#" not in text_of(mail)
        # What was asked for can't be finished: neither by guessing nor at all.
        ticket = answers[known].json()["ticket"]
        assert house.browser().post("/auth/verify", {"ticket": ticket, "code": "00000000"}).status_code == 403

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"email": "no address", "password": PASSWORD}, 400),
            ({"email": "a@x.test", "password": "Tiny-39"}, 400),
            ({"email": "a@x.test", "password": "Password123!"}, 400),
            ({"email": "somebody@x.test", "password": "somebody1"}, 400),
            ({"email": "evil,victim@x.test", "password": PASSWORD}, 400),
            ({"email": "a@x.test"}, 400),
            ({}, 400),
        ],
    )
    def test_what_can_not_be_is_refused(self, house: House, body: dict[str, str], status: int) -> None:
        answer = house.browser().post("/auth/sign-up", body)
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == status
        assert body.get("password", "x") not in answer.text

    def test_five_wrong_codes_and_the_right_one_comes_too_late(self, house: House) -> None:
        email = house.address()
        browser = house.browser()
        ticket = browser.post("/auth/sign-up", {"email": email, "password": PASSWORD}).json()["ticket"]
        right = code_of(house.mailbox.wait(email))
        wrong = f"{(int(right) + 1) % 10**8:08}"
        for _ in range(5):
            assert browser.post("/auth/verify", {"ticket": ticket, "code": wrong}).status_code == 403
        assert browser.post("/auth/verify", {"ticket": ticket, "code": right}).status_code == 403


class TestSignIn:
    """With a password, or a code by mail."""

    def test_the_right_password_and_no_other(self, house: House) -> None:
        _, email = house.person()
        browser = house.browser()
        refused = browser.post("/auth/sign-in", {"email": email, "password": "wrong-Marble-39"})
        assert refused.status_code == 401
        assert browser.token is None
        entered = browser.post("/auth/sign-in", {"email": email.upper(), "password": PASSWORD})
        assert entered.json() == {"status": "signed_in", "is_new": False, "ticket": None}
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie

    def test_known_or_not_the_same_is_said_and_done(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        _, known = house.person()
        wrong = {"password": "wrong-Marble-39"}
        verify, checked = PasswordHasher.verify, list[str]()

        def counted(hasher: PasswordHasher, hashed: str, password: str) -> bool:
            checked.append(hashed.rsplit("$", 2)[0])  # what it costs: algorithm, memory, time
            return verify(hasher, hashed, password)

        monkeypatch.setattr(PasswordHasher, "verify", counted)
        asked = {
            email: house.browser().post("/auth/sign-in", {"email": email, **wrong})
            for email in (known, house.address())
        }
        assert len({(each.status_code, each.text) for each in asked.values()}) == 1
        assert (len(checked), len(set(checked))) == (2, 1), "and takes as long: a hash of the same cost is checked"
        for path in ("/auth/code", "/auth/reset"):
            texts: list[list[str]] = []
            for email in (known, house.address()):
                browser = house.browser()
                texts.append(house.statements(lambda: browser.post(path, {"email": email})))  # noqa: B023 (called at once)
            assert texts[0] == texts[1], path

    def test_a_code_by_mail_signs_in(self, house: House) -> None:
        _, email = house.person()
        browser = house.browser()
        ticket = browser.post("/auth/code", {"email": email}).json()["ticket"]
        code = code_of(house.mailbox.wait(email, 2))
        stranger = house.browser()
        assert stranger.post("/auth/code/verify", {"ticket": "x" * 32, "code": code}).status_code == 403
        spaced = f"{code[:4]} {code[4:]}"
        assert browser.post("/auth/code/verify", {"ticket": ticket, "code": spaced}).status_code == 200
        assert browser.me["user"]["email"] == email

    def test_of_many_at_once_one_code_signs_in_once(self, house: House) -> None:
        _, email = house.person()
        ticket = house.browser().post("/auth/code", {"email": email}).json()["ticket"]
        code = code_of(house.mailbox.wait(email, 2))
        browsers = [house.browser() for _ in range(5)]
        answers = at_once(5, lambda n: browsers[n].post("/auth/code/verify", {"ticket": ticket, "code": code}))  # type: ignore[no-any-return]
        assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403, 403]

    def test_a_code_signs_up_without_a_password(self, house: House) -> None:
        email = house.address()
        browser = house.browser()
        ticket = browser.post("/auth/code", {"email": email}).json()["ticket"]
        entered = browser.post("/auth/code/verify", {"ticket": ticket, "code": code_of(house.mailbox.wait(email))})
        assert entered.json()["is_new"] is True
        assert browser.me["user"]["has_password"] is False

    def test_trying_often_is_slowed_down(self, house: House) -> None:
        _, email = house.person()
        browser = house.browser()
        answers = [browser.post("/auth/sign-in", {"email": email, "password": "x"}) for _ in range(12)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) > 0
        # From elsewhere the person still gets in.
        assert house.browser().post("/auth/sign-in", {"email": email, "password": PASSWORD}).status_code == 200

    def test_another_site_can_sign_nobody_in(self, house: House) -> None:
        _, email = house.person()
        foreign = house.browser(origin="https://evil.example")
        assert foreign.post("/auth/sign-in", {"email": email, "password": PASSWORD}).status_code == 403
        bare = foreign.http.post(
            "/api/app/auth/sign-in",
            json={"email": email, "password": PASSWORD},
            headers={"sec-fetch-site": "cross-site"},
        )
        assert bare.status_code == 403


class TestReset:
    """A new password by a mailed link."""

    def test_it_ends_every_session(self, house: House) -> None:
        browser, email = house.person()
        assert house.browser().post("/auth/reset", {"email": email}).json() == {"status": "sent"}
        token = link_of(house.mailbox.wait(email, 2))
        other = house.browser()
        answer = other.post("/auth/reset/finish", {"token": token, "password": "coral-Basket-71"})
        assert answer.json()["status"] == "signed_in"
        assert browser.get("/me").status_code == 401
        fresh = house.browser()
        assert fresh.post("/auth/sign-in", {"email": email, "password": PASSWORD}).status_code == 401
        assert fresh.post("/auth/sign-in", {"email": email, "password": "coral-Basket-71"}).status_code == 200
        used = other.post("/auth/reset/finish", {"token": token, "password": "coral-Basket-72"})
        assert used.status_code == 403

    def test_a_newer_link_replaces_an_older(self, house: House) -> None:
        _, email = house.person()
        browser = house.browser()
        for _ in range(2):
            browser.post("/auth/reset", {"email": email})
        older, newer = (link_of(house.mailbox.wait(email, number)) for number in (2, 3))
        assert browser.post("/auth/reset/finish", {"token": older, "password": PASSWORD}).status_code == 403
        assert browser.post("/auth/reset/finish", {"token": newer, "password": PASSWORD}).status_code == 200


class TestSessions:
    """Listed, ended, rotated."""

    def test_they_are_listed_and_ended(self, house: House) -> None:
        first, email = house.person()
        second = house.browser(**{"user-agent": "Second/1"})
        second.post("/auth/sign-in", {"email": email, "password": PASSWORD})
        listed = first.get("/sessions").json()["data"]
        assert [each["is_this"] for each in listed].count(True) == 1
        [other] = [each for each in listed if not each["is_this"]]
        assert other["user_agent"] == "Second/1"
        assert other["method"] == "password"
        assert other["address"].startswith("198.51.100.")
        assert first.send("DELETE", f"/sessions/{other['id']}").status_code == 204
        assert second.get("/me").status_code == 401
        assert first.send("DELETE", f"/sessions/{other['id']}").status_code == 404

    def test_nobody_ends_another_persons(self, house: House) -> None:
        first, _ = house.person()
        stranger, _ = house.person()
        [mine] = first.get("/sessions").json()["data"]
        assert stranger.send("DELETE", f"/sessions/{mine['id']}").status_code == 404
        assert first.get("/me").status_code == 200

    def test_signing_in_again_ends_what_the_browser_had(self, house: House) -> None:
        browser, email = house.person()
        before = browser.token
        browser.post("/auth/sign-in", {"email": email, "password": PASSWORD})
        assert browser.token != before
        assert len(browser.get("/sessions").json()["data"]) == 1
        stale = house.browser()
        assert stale.get("/me", cookie=f"modelport={before}").status_code == 401

    def test_signing_out_ends_it(self, house: House) -> None:
        browser, _ = house.person()
        token = browser.token
        assert browser.post("/auth/sign-out").status_code == 204
        assert browser.token is None
        assert house.browser().get("/me", cookie=f"modelport={token}").status_code == 401

    def test_a_suspended_person_is_out_at_once_with_all_keys(self, house: House) -> None:
        browser, _ = house.person()
        me = browser.me
        user_id, account_id = me["user"]["id"], me["account_id"]
        text, _ = house.call(house.services.keys.create(account_id, user_id, "k"))
        bearer = {"authorization": f"Bearer {text}"}
        assert house.browser().http.get("/api/v1/key", headers=bearer).status_code == 200
        house.call(house.services.accounts.suspend_user(user_id, suspended=True))
        assert browser.get("/me").status_code == 403
        from api.api_harness import until

        key = house.browser().http
        until(lambda: key.get("/api/v1/key", headers=bearer).status_code == 401 or None, 1.0)
        house.call(house.services.accounts.suspend_user(user_id, suspended=False))
        assert browser.get("/me").status_code == 200
        until(lambda: key.get("/api/v1/key", headers=bearer).status_code == 200 or None, 1.0)


class TestRegistration:
    """Who may sign up."""

    @pytest.mark.parametrize(
        ("settings", "email", "welcome"),
        [
            ({"registration": "closed"}, "a@in.test", False),
            ({"registration": "invite"}, "a@in.test", False),
            ({"registration": "domains", "registration_domains": ["in.test"]}, "a@in.test", True),
            ({"registration": "domains", "registration_domains": ["in.test"]}, "a@out.test", False),
            ({"registration": "domains", "registration_domains": ["in.test"]}, "a@evil-in.test", False),
            ({"registration": "open"}, "a@out.test", True),
        ],
    )
    def test_modes(
        self, house: House, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], email: str, *, welcome: bool
    ) -> None:
        changed = house.services.settings.model_copy(update=settings)
        monkeypatch.setattr(house.services.sign_in, "_settings", changed)
        answer = house.browser().post("/auth/sign-up", {"email": email, "password": PASSWORD})
        assert answer.status_code == (202 if welcome else 403), answer.text

    def test_what_is_not_said_follows_from_where_it_listens(self) -> None:
        from modelport.settings import Settings

        assert Settings().registration_mode == "open"
        assert Settings(host="0.0.0.0").registration_mode == "invite"  # noqa: S104 (not bound)
        assert Settings(public_url="https://x.test").registration_mode == "invite"


class TestFeatures:
    """What a page may know before anybody is signed in."""

    def test_they_are_public(self, house: House) -> None:
        answer = house.browser().get("/features").json()
        assert answer["registration"] == "open"
        assert answer["mail"] == "smtp"
        assert answer["currency"] == "USD"

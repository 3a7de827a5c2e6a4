"""Signing in with identity providers: a real OpenID Connect server and GitHub's addresses, both on loopback."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from test_people_security import age

from modelport.audit.service import Search

if TYPE_CHECKING:
    import httpx
    from identity_servers import GitHub, OpenId
    from people_house import Browser, House

    from modelport.audit.service import Entry

pytestmark = [
    # The test's own OpenID Connect server uses its library in an older way.
    pytest.mark.filterwarnings("ignore:get_jwt_config"),
    pytest.mark.filterwarnings("ignore:authlib.jose"),
]
_numbers = itertools.count(1)


def back(browser: Browser, location: str) -> httpx.Response:
    """The browser follows the provider's redirect to our callback."""
    parts = urlsplit(location)
    return browser.http.get(f"{parts.path}?{parts.query}")


def through(
    browser: Browser, openid: OpenId, subject: str, start: str = "/auth/oidc/acme?next=/keys"
) -> httpx.Response:
    """There and back."""
    begun = browser.get(start)
    assert begun.status_code == 302, begun.text
    return back(browser, openid.approve(begun.headers["location"], subject))


def audited(house: House, **search: Any) -> list[Entry]:
    """What the audit log has of it."""
    return house.call(house.services.audit.page(Search(**search)))


class TestOpenId:
    """Any OpenID Connect provider."""

    def test_a_new_person_signs_up_and_in_again(self, house: House, openid: OpenId) -> None:
        subject, email = f"s{next(_numbers)}", house.address()
        openid.person(subject, email=email, email_verified=True, name="Li Lei")
        browser = house.browser()
        begun = browser.get("/auth/oidc/acme?next=/keys")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["response_type"] == ["code"]
        assert len(asked["nonce"][0]) >= 32
        assert asked["scope"] == ["openid email profile"]
        answer = back(browser, openid.approve(begun.headers["location"], subject))
        assert (answer.status_code, answer.headers["location"]) == (302, "/keys")
        me = browser.me
        assert (me["user"]["email"], me["user"]["name"], me["user"]["is_verified"]) == (email, "Li Lei", True)
        assert [each["provider"] for each in browser.get("/me/identities").json()["data"]] == ["acme"]
        (entry,) = [each for each in audited(house, account_id=me["account_id"]) if "identities" in each.after]
        assert entry.action == "GET /app/auth/oidc/{slug}/callback"
        assert entry.after["users"][0]["id"] == me["user"]["id"]
        assert email not in str(entry)
        # The provider may call them something else by now: it is the same person.
        openid.person(subject, email=house.address(), email_verified=True)
        other = house.browser()
        through(other, openid, subject)
        assert other.me["user"]["id"] == me["user"]["id"]

    def test_a_known_address_is_linked_only_where_the_provider_has_verified_it(
        self, house: House, openid: OpenId
    ) -> None:
        person, email = house.person()
        subject = f"s{next(_numbers)}"
        for claims in ({"email": email, "email_verified": False}, {"email": email}, {}):
            openid.person(subject, **claims)
            answer = through(house.browser(), openid, subject)
            assert answer.headers["location"] == "/sign-in?error=refused", claims
        openid.person(subject, email=email.upper(), email_verified=True)
        browser = house.browser()
        through(browser, openid, subject)
        assert browser.me["user"]["id"] == person.me["user"]["id"]

    def test_an_address_that_was_never_confirmed_here_is_not_taken_over(self, house: House, openid: OpenId) -> None:
        email, subject = house.address(), f"s{next(_numbers)}"
        house.call(house.services.accounts.create_user(email))
        openid.person(subject, email=email, email_verified=True)
        answer = through(house.browser(), openid, subject)
        assert answer.headers["location"] == "/sign-in?error=refused"

    def test_the_state_belongs_to_one_browser_and_works_once(self, house: House, openid: OpenId) -> None:
        subject = f"s{next(_numbers)}"
        openid.person(subject, email=house.address(), email_verified=True)
        mine, stranger = house.browser(), house.browser()
        location = openid.approve(mine.get("/auth/oidc/acme").headers["location"], subject)
        assert "error=" in back(stranger, location).headers["location"]
        assert back(mine, location).headers["location"] == "/"
        assert "error=" in back(mine, location).headers["location"]
        stranger.get("/auth/oidc/acme")
        assert "error=" in back(stranger, location).headers["location"]
        assert (
            mine.get("/auth/oidc/acme/callback?error=access_denied").headers["location"] == "/sign-in?error=elsewhere"
        )

    @pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb"])
    def test_nobody_is_sent_elsewhere(self, house: House, openid: OpenId, next_: str) -> None:
        subject = f"s{next(_numbers)}"
        openid.person(subject, email=house.address(), email_verified=True)
        browser = house.browser()
        begun = browser.http.get("/api/app/auth/oidc/acme", params={"next": next_})
        answer = back(browser, openid.approve(begun.headers["location"], subject))
        assert answer.headers["location"] == "/"

    def test_one_is_linked_and_unlinked_in_the_settings(self, house: House, openid: OpenId) -> None:
        browser, email = house.person()
        subject = f"s{next(_numbers)}"
        openid.person(subject, email="elsewhere@acme.test", email_verified=True)
        begun = browser.post("/me/identities/acme")
        stranger, _ = house.person()
        location = openid.approve(begun.json()["url"], subject)
        assert "error=" in back(stranger, location).headers["location"]
        location = openid.approve(browser.post("/me/identities/acme").json()["url"], subject)
        before = browser.token
        assert back(browser, location).headers["location"] == "/settings"
        assert browser.token != before, "one more way to sign in: another token, and a mail"
        house.mailbox.wait(email, about="How you sign in")
        mine = browser.me["user"]["id"]
        (entry,) = [each for each in audited(house, user_id=mine) if each.action.startswith("GET /app/auth/oidc")]
        assert (entry.credential.partition(":")[0], entry.after["identities"][0]["user_id"]) == ("session", mine)
        other = house.browser()
        through(other, openid, subject)
        assert other.me["user"]["id"] == browser.me["user"]["id"]
        taken = openid.approve(stranger.post("/me/identities/acme").json()["url"], subject)
        assert "error=" in back(stranger, taken).headers["location"]
        assert browser.send("DELETE", "/me/identities/acme").status_code == 204
        assert browser.send("DELETE", "/me/identities/acme").status_code == 404
        age(house, browser)
        assert browser.post("/me/identities/acme").status_code == 403

    def test_closed_registration_lets_nobody_new_in(
        self, house: House, openid: OpenId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed = house.services.settings.model_copy(update={"registration": "closed"})
        monkeypatch.setattr(house.services.sign_in, "_settings", changed)
        subject = f"s{next(_numbers)}"
        openid.person(subject, email=house.address(), email_verified=True)
        assert through(house.browser(), openid, subject).headers["location"] == "/sign-in?error=closed"

    def test_features_name_them(self, house: House) -> None:
        shown = house.browser().get("/features").json()["providers"]
        assert shown == [{"slug": "github", "name": "GitHub"}, {"slug": "acme", "name": "Acme"}]
        assert house.browser().get("/auth/oidc/nobody").status_code == 404


class TestIdTokens:
    """What is not signed, not for us, or not for now is not believed."""

    @pytest.mark.parametrize(
        ("change", "good"),
        [
            ({}, True),
            ({"aud": ["modelport", "other"], "azp": "modelport"}, True),
            ({"iss": "https://evil.example"}, False),
            ({"aud": "other"}, False),
            ({"aud": ["modelport", "other"], "azp": "other"}, False),
            ({"exp": 1}, False),
            ({"nonce": "another"}, False),
            ({"nonce": None}, False),
            ({"sub": None}, False),
            ({"sub": ""}, False),
        ],
    )
    def test_claims(self, change: dict[str, Any], *, good: bool) -> None:
        import time

        from modelport.accounts.errors import ProviderFailed
        from modelport.accounts.oidc import _checked
        from modelport.accounts.providers_known import IdentityProvider

        provider = IdentityProvider("acme", "Acme", "oidc", "https://acme.test", "modelport", "secret", "openid")
        now = int(time.time())
        claims = {"iss": "https://acme.test", "aud": "modelport", "sub": "1", "exp": now + 60, "iat": now, "nonce": "n"}
        claims = {name: value for name, value in {**claims, **change}.items() if value is not None}
        if good:
            assert _checked(provider, {"issuer": "https://acme.test"}, claims, "n")["sub"] == "1"
        else:
            with pytest.raises(ProviderFailed):
                _checked(provider, {"issuer": "https://acme.test"}, claims, "n")
        assert "secret" not in repr(provider)


class TestGitHub:
    """OAuth 2 with a look at the verified primary address."""

    def _through(self, house: House, github: GitHub, code: str) -> tuple[Browser, httpx.Response]:
        browser = house.browser()
        begun = browser.get("/auth/oidc/github?next=/chat")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert begun.headers["location"].startswith(f"{github.url}/login/oauth/authorize?")
        assert asked["scope"] == ["read:user user:email"]
        state = asked["state"][0]
        return browser, browser.get(f"/auth/oidc/github/callback?code={code}&state={state}")

    def test_the_verified_primary_address_counts(self, house: House, github: GitHub) -> None:
        email = house.address()
        github.people["c1"] = (
            {"id": 7, "login": "lilei", "name": None},
            [
                {"email": "first@x.test", "primary": False, "verified": True},
                {"email": email, "primary": True, "verified": True},
            ],
        )
        browser, answer = self._through(house, github, "c1")
        assert answer.headers["location"] == "/chat"
        assert browser.me["user"]["email"] == email
        assert browser.me["user"]["name"] == "lilei"
        assert len(github.asked[-1]["code_verifier"]) >= 43

    def test_an_unverified_one_does_not(self, house: House, github: GitHub) -> None:
        _, email = house.person()
        github.people["c2"] = (
            {"id": 8, "login": "han"},
            [
                {"email": email, "primary": True, "verified": False},
                {"email": house.address(), "primary": False, "verified": True},
            ],
        )
        _, answer = self._through(house, github, "c2")
        assert answer.headers["location"].startswith("/sign-in?error=")

    def test_a_code_it_does_not_know_signs_nobody_in(self, house: House, github: GitHub) -> None:
        browser, answer = self._through(house, github, "unknown")
        assert answer.headers["location"].startswith("/sign-in?error=")
        assert browser.get("/me").status_code == 401

"""`/api/admin`: what operators do with people and accounts, and what is on record of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from people.test_people_consent import agree, page
from people.test_people_keys import chatted, made, used
from people.test_people_organizations import joined, organization

if TYPE_CHECKING:
    from people_house import Browser, House


@pytest.fixture(scope="module")
def operator(house: House) -> Browser:
    """Somebody who runs the server, signed in."""
    browser, email = house.person()
    user = browser.me["user"]["id"]
    house.call(house.services.administration.set_operator(user, is_operator=True))
    signed = browser.post("/auth/sign-in", {"email": email, "password": "tidal-Marble-39"})
    assert signed.status_code == 200, signed.text
    assert browser.me["user"]["is_operator"] is True
    return browser


def admin(browser: Browser, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """What the admin API answers."""
    answer = browser.http.request(method, f"/api/admin{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_nobody_else_gets_in(house: House) -> None:
    browser, _ = house.person()
    management = made(browser, management=True)["key"]
    for path in ("/users", "/accounts", "/audit", "/overview"):
        assert browser.http.get(f"/api/admin{path}").status_code == 403
        assert used(house, management, f"/api/admin{path}").status_code == 403
        assert house.browser().http.get(f"/api/admin{path}").status_code == 401


class TestUsers:
    """People."""

    def test_they_are_found_by_pages(self, house: House, operator: Browser) -> None:
        for _ in range(3):
            house.person(house.address("findable"))
        first = admin(operator, "GET", "/users?q=FINDABLE&limit=2")
        rest = admin(operator, "GET", f"/users?q=findable&limit=2&after={first['next']}")
        found = [each["email"] for each in first["data"] + rest["data"]]
        assert len(found) == len(set(found)) == 3
        assert rest["next"] is None
        assert admin(operator, "GET", "/users?q=%25")["data"] == []
        admin(operator, "GET", "/users?after=x", status=400)

    def test_suspended_means_out_within_a_second(self, house: House, operator: Browser) -> None:
        browser, _ = house.person()
        user, key = browser.me["user"]["id"], made(browser)["key"]
        assert used(house, key).status_code == 200
        shown = admin(operator, "PATCH", f"/users/{user}", {"suspended": True})
        assert shown["data"]["suspended"] is True
        from api.api_harness import until

        until(lambda: used(house, key).status_code == 401 or None, 1.0)
        assert browser.get("/me").status_code == 403
        admin(operator, "PATCH", f"/users/{user}", {"suspended": False})
        assert browser.get("/me").status_code == 200
        (entry, _) = admin(operator, "GET", f"/audit?subject={user}")["data"]
        assert (entry["action"], entry["credential"][:8]) == ("PATCH /admin/users/{user_id}", "session:")
        assert (entry["before"]["suspended"], entry["after"]["suspended"]) == (True, False)

    def test_operators_are_made_and_unmade_by_others(self, house: House, operator: Browser) -> None:
        browser, email = house.person()
        user = browser.me["user"]["id"]
        admin(operator, "PATCH", f"/users/{user}", {"is_operator": True})
        assert browser.get("/me").status_code == 401  # what they may do has changed: sign in again
        browser.post("/auth/sign-in", {"email": email, "password": "tidal-Marble-39"})
        admin(browser, "GET", "/overview")
        admin(browser, "PATCH", f"/users/{user}", {"is_operator": False}, status=409)
        admin(operator, "PATCH", f"/users/{user}", {"is_operator": False})
        assert browser.http.get("/api/admin/overview").status_code == 401

    def test_erased_is_erased(self, house: House, operator: Browser) -> None:
        browser, email = house.person()
        user, key = browser.me["user"]["id"], made(browser)["key"]
        account = organization(browser)
        admin(operator, "DELETE", f"/users/{user}", status=409)
        heir, heir_id = joined(house, browser, account, "admin")
        house.call(house.services.organizations.transfer(account, user, heir_id))
        admin(operator, "DELETE", f"/users/{user}", status=204)
        assert browser.get("/me").status_code == 401
        assert used(house, key).status_code == 401
        assert admin(operator, "GET", f"/users?q={email}")["data"] == []
        assert heir.http.get("/api/v1/organization/members").status_code == 200
        again = house.call(house.services.accounts.create_user(email))  # the address is free
        assert again.id != user
        admin(operator, "DELETE", "/users/user_nobody", status=404)


class TestVisit:
    """An operator looks in as somebody."""

    def test_it_sees_and_changes_nothing_and_is_told(self, house: House, operator: Browser) -> None:
        browser, email = house.person()
        user, key = browser.me["user"]["id"], made(browser)["data"]["hash"]
        visitor = house.browser()
        visitor.http.cookies.update(operator.http.cookies)
        visit = admin(visitor, "POST", f"/users/{user}/visit", status=201)
        assert visit["user_id"] == user == visitor.me["user"]["id"]
        assert visitor.http.get(f"/api/v1/keys/{key}").status_code == 200
        assert visitor.http.get("/api/v1/credits").status_code == 200
        for method, path, body in (
            ("POST", "/api/v1/keys", {"name": "x"}),
            ("DELETE", f"/api/v1/keys/{key}", None),
            ("PATCH", "/api/app/me", {"name": "x", "language": "en"}),
            ("GET", "/api/admin/users", None),
        ):
            answer = visitor.http.request(method, path, json=body)
            assert answer.status_code == 403, (path, answer.text)
        assert agree(visitor, page(visitor, callback_url="https://app.example/back")).status_code == 403
        chat = {"model": "fake/free:free", "messages": [{"role": "user", "content": "x"}]}
        assert visitor.http.post("/api/v1/chat/completions", json=chat).status_code == 403
        assert "operator" in str(house.mailbox.wait(email, about="operator"))
        sessions = browser.get("/sessions").json()["data"]
        assert any(each["method"].startswith("operator:") for each in sessions)
        (entry,) = admin(operator, "GET", f"/audit?subject={user}&action=POST%20/admin")["data"]
        assert entry["user_id"] == operator.me["user"]["id"]

    def test_it_ends_where_it_began(self, house: House, operator: Browser) -> None:
        browser, _ = house.person()
        visitor = house.browser()
        visitor.http.cookies.update(operator.http.cookies)
        assert visitor.me.get("visit") is None
        admin(visitor, "POST", f"/users/{browser.me['user']['id']}/visit", status=201)
        guest = visitor.http.cookies["modelport"]
        assert visitor.me["visit"]["operator_id"] == operator.me["user"]["id"]
        for _ in range(2):  # pressed twice: the second one finds nothing to end
            assert visitor.post("/auth/visit/end").status_code == 204
            assert visitor.me["user"]["id"] == operator.me["user"]["id"]
        assert "modelport-own" not in visitor.http.cookies
        stale = house.browser()
        stale.http.cookies.set("modelport", guest)
        assert stale.get("/me").status_code == 401
        ended = stale.post("/auth/visit/end")
        assert ended.status_code == 204
        assert 'modelport=""' in ended.headers["set-cookie"]  # nothing was put aside: nobody is signed in
        stale.http.cookies.clear()
        assert stale.post("/auth/visit/end").status_code == 204
        # What is no visit is left alone.
        assert browser.post("/auth/visit/end").status_code == 204
        assert browser.get("/me").status_code == 200


class TestAccounts:
    """Accounts, credits, roles."""

    def test_suspension_grants_and_roles(self, house: House, operator: Browser) -> None:
        owner, _ = house.person()
        account = organization(owner, "Visible Ltd")
        _, member_id = joined(house, owner, account)
        (found,) = admin(operator, "GET", "/accounts?q=visible")["data"]
        assert (found["id"], found["kind"], found["member_count"]) == (account, "organization", 2)

        grant = {"amount": "2.5", "reason": "sorry", "idempotency_key": "g1"}
        for _ in range(2):
            assert admin(operator, "POST", f"/accounts/{account}/grants", grant, 201)["total_credits"] == "2.5"
        for amount in ("0", "-1", "x", "0.0000000001"):
            admin(operator, "POST", f"/accounts/{account}/grants", grant | {"amount": amount}, 400)
        admin(operator, "POST", "/accounts/acct_none/grants", grant, 404)
        assert owner.http.get("/api/v1/credits").json()["data"]["total_credits"] == 2.5

        admin(operator, "PUT", f"/accounts/{account}/members/{member_id}", {"role": "billing"}, 204)
        assert admin(operator, "GET", f"/accounts/{account}")["members"][member_id] == "billing"

        key = made(owner)["key"]
        assert chatted(house, key) == 200
        admin(operator, "PATCH", f"/accounts/{account}", {"suspended": True})
        from api.api_harness import until

        until(lambda: chatted(house, key) == 401 or None, 1.0)
        admin(operator, "PATCH", f"/accounts/{account}", {"suspended": False})
        until(lambda: chatted(house, key) == 200 or None, 1.0)
        actions = [each["action"] for each in admin(operator, "GET", f"/audit?account_id={account}&limit=100")["data"]]
        assert actions.count("POST /admin/accounts/{account_id}/grants") == 2
        assert "PUT /admin/accounts/{account_id}/members/{user_id}" in actions

    def test_the_overview_adds_up(self, operator: Browser) -> None:
        overview = admin(operator, "GET", "/overview?days=7")
        assert overview["users"] >= overview["new_users"] > 0
        assert overview["organizations"] >= 0
        assert {"revenue", "cost", "margin"} <= overview.keys()


def test_a_change_of_the_catalogue_is_on_record_with_its_rows(house: House, operator: Browser) -> None:
    told = {"name": "Recorded", "base_url": "http://127.0.0.1:9/v1"}
    for name in ("Recorded", "Renamed"):
        answer = operator.http.put("/api/admin/catalog/providers/recorded", json={**told, "name": name})
        assert answer.status_code == 200, answer.text
    changed, made_ = admin(operator, "GET", "/audit?action=PUT%20/admin/catalog&subject=recorded")["data"]
    assert made_["before"] is None
    assert made_["after"]["providers"][0]["name"] == "Recorded"
    assert (changed["before"]["providers"][0]["name"], changed["after"]["providers"][0]["name"]) == (
        "Recorded",
        "Renamed",
    )
    key = {"key": "sk-upstream-canary-0123456789"}
    assert operator.http.post("/api/admin/catalog/providers/recorded/key", json=key).status_code < 500
    assert "canary" not in str(admin(operator, "GET", "/audit?limit=20"))

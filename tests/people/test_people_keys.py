"""`/keys` as people and programs use it: the official client with a management key, a browser with its session."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from openrouter import OpenRouter, errors

from api.api_harness import until
from modelport.keys.store import Spend
from modelport.keys.watch import is_sudden
from modelport.kit import clock
from people.test_people_organizations import joined, organization

if TYPE_CHECKING:
    import httpx
    from people_house import Browser, House

pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")


def made(browser: Browser, **fields: Any) -> dict[str, Any]:
    """A key that was made in a browser."""
    answer = browser.http.post("/api/v1/keys", json={"name": "mine", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def used(house: House, text: str, path: str = "/api/v1/key") -> httpx.Response:
    """What a key is answered."""
    return house.browser().http.get(path, headers={"authorization": f"Bearer {text}"})


def chatted(house: House, text: str, model: str = "fake/free:free") -> int:
    """The status of a chat request."""
    body = {"model": model, "messages": [{"role": "user", "content": "x"}]}
    headers = {"authorization": f"Bearer {text}"}
    return house.browser().http.post("/api/v1/chat/completions", json=body, headers=headers).status_code


class TestOfficialClient:
    """`openrouter` with a management key."""

    def test_every_operation(self, house: House) -> None:
        browser, _ = house.person()
        management = made(browser, name="manager", management=True)["key"]
        assert management.startswith("sk-mp-mgmt-v1-")
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
        with OpenRouter(server_url=f"{house.url}/api/v1", api_key=management) as client:
            fresh = client.api_keys.create(
                name="robot", limit=12.5, limit_reset="monthly", expires_at=ends, external={"user": "u-1"}
            )
            assert fresh.key.startswith("sk-mp-v1-")
            data = fresh.data
            assert (data.name, data.limit, data.limit_remaining, data.limit_reset) == ("robot", 12.5, 12.5, "monthly")
            assert (data.expires_at, data.external_user, data.usage) == (ends, "u-1", 0)
            assert data.label == f"{fresh.key[:12]}...{fresh.key[-3:]}"
            assert used(house, fresh.key).json()["data"]["limit"] == 12.5

            listed = client.api_keys.list()
            assert {each.name for each in listed.data} == {"robot", "manager"}
            assert client.api_keys.list(offset=1).data[0].name == "manager"
            assert client.api_keys.get(hash=data.hash).data.label == data.label
            spaces = client.workspaces.list()
            assert spaces is not None
            assert spaces.result.data[0].id == data.workspace_id

            changed = client.api_keys.update(hash=data.hash, name="robot 2", disabled=True, limit=None).data
            assert (changed.name, changed.disabled, changed.limit) == ("robot 2", True, None)
            assert changed.updated_at is not None
            assert used(house, fresh.key).status_code == 401
            assert {each.name for each in client.api_keys.list().data} == {"manager"}
            assert len(client.api_keys.list(include_disabled=True).data) == 2
            assert client.api_keys.update(hash=data.hash, disabled=False).data.disabled is False
            assert used(house, fresh.key).status_code == 200

            assert client.api_keys.delete(hash=data.hash) is not None
            assert used(house, fresh.key).status_code == 401
            with pytest.raises(errors.NotFoundResponseError):
                client.api_keys.get(hash=data.hash)
            with pytest.raises(errors.NotFoundResponseError):
                client.api_keys.delete(hash=data.hash)
            with pytest.raises(errors.BadRequestResponseError):
                client.api_keys.create(name="x", limit=-1)
            with pytest.raises(errors.BadRequestResponseError, match="No update fields provided"):
                client.api_keys.update(hash=client.api_keys.list().data[0].hash)

    def test_an_inference_key_manages_nothing(self, house: House) -> None:
        browser, _ = house.person()
        with (
            OpenRouter(server_url=f"{house.url}/api/v1", api_key=made(browser)["key"]) as client,
            pytest.raises(errors.ForbiddenResponseError, match="Only management keys can perform this operation"),
        ):
            client.api_keys.create(name="x")
        with (
            OpenRouter(server_url=f"{house.url}/api/v1", api_key="sk-mp-v1-x") as client,
            pytest.raises(errors.UnauthorizedResponseError),
        ):
            client.api_keys.list()


class TestBrowser:
    """The same operations with a session, and what only a person may."""

    def test_a_key_begets_no_management_key(self, house: House) -> None:
        browser, _ = house.person()
        management = made(browser, management=True)["key"]
        headers = {"authorization": f"Bearer {management}"}
        answer = house.browser().http.post("/api/v1/keys", json={"name": "x", "management": True}, headers=headers)
        assert answer.status_code == 403
        assert chatted(house, management) == 403

    def test_bounds_are_kept_and_shown(self, house: House) -> None:
        browser, _ = house.person()
        bounds = {"requests_per_minute": 3, "allowed_models": ["fake/*:free"], "allowed_addresses": ["203.0.113.0/24"]}
        key = made(browser, **bounds)
        assert {name: key["data"][name] for name in bounds} == bounds
        assert used(house, key["key"]).status_code == 403
        address = f"/api/v1/keys/{key['data']['hash']}"
        changed = browser.http.patch(address, json={"allowed_addresses": None, "max_concurrency": 2}).json()["data"]
        assert (changed["requests_per_minute"], changed["max_concurrency"]) == (3, 2)
        assert (changed["allowed_models"], changed["allowed_addresses"]) == (["fake/*:free"], [])
        assert chatted(house, key["key"]) == 200
        assert chatted(house, key["key"], "fake/text") == 404
        wrong = browser.http.patch(address, json={"allowed_addresses": ["nowhere"]})
        assert wrong.status_code == 400
        assert "nowhere" in wrong.json()["error"]["message"]

    def test_members_change_their_own_only(self, house: House) -> None:
        owner, _ = house.person()
        account = organization(owner)
        member, member_id = joined(house, owner, account)
        reader, _ = joined(house, owner, account, "read-only")
        theirs, his = made(owner), made(member)
        address = f"/api/v1/keys/{theirs['data']['hash']}"
        assert member.http.get(address).status_code == 200
        for answer in (
            member.http.patch(address, json={"name": "x"}),
            member.http.delete(address),
            member.http.post(f"{address}/rotate"),
            member.http.post("/api/v1/keys", json={"name": "x", "management": True}),
            reader.http.post("/api/v1/keys", json={"name": "x"}),
        ):
            assert answer.status_code == 403, answer.text
        assert owner.http.patch(f"/api/v1/keys/{his['data']['hash']}", json={"name": "y"}).status_code == 200
        for_member = made(owner, creator_user_id=member_id)["data"]
        assert for_member["creator_user_id"] == member_id
        stranger, _ = house.person()
        assert stranger.http.get(address).status_code == 404
        assert stranger.http.post(f"{address}/rotate").status_code == 404
        foreign = owner.http.post("/api/v1/keys", json={"name": "x", "creator_user_id": stranger.me["user"]["id"]})
        assert foreign.status_code == 400

    def test_workspaces(self, house: House) -> None:
        browser, _ = house.person()
        workspace = browser.http.post("/api/v1/workspaces", json={"name": "Lab", "slug": "lab"}).json()["data"]["id"]
        inside, outside = made(browser, workspace_id="lab")["data"], made(browser)["data"]
        assert inside["workspace_id"] == workspace != outside["workspace_id"]

        def listed(ref: str) -> list[str]:
            return [each["hash"] for each in browser.http.get(f"/api/v1/keys?workspace_id={ref}").json()["data"]]

        assert listed("lab") == [inside["hash"]]
        assert listed("default") == [outside["hash"]]
        assert browser.http.get("/api/v1/keys?workspace_id=none").status_code == 404
        assert browser.http.delete(f"/api/v1/workspaces/{workspace}").status_code in {400, 409}
        moved = browser.http.patch(f"/api/v1/keys/{inside['hash']}", json={"workspace_id": "default"})
        assert moved.json()["data"]["workspace_id"] == outside["workspace_id"]
        assert browser.http.delete(f"/api/v1/workspaces/{workspace}").status_code == 200


class TestRotation:
    """Another text for the same key."""

    def test_both_work_for_a_while_and_spend_from_one_limit(self, house: House) -> None:
        browser, _ = house.person()
        key = made(browser, limit=0.000006)
        old = key["key"]
        assert chatted(house, old, "fake/text") == 402  # more than the limit: nothing was spent
        address = f"/api/v1/keys/{key['data']['hash']}"
        rotated = browser.http.post(f"{address}/rotate", json={"overlap_seconds": 3600}).json()
        fresh = rotated["key"]
        assert fresh != old
        assert browser.http.get(address).status_code == 404
        assert rotated["data"]["limit"] == key["data"]["limit"]
        live = [house.call(house.services.keys.authenticate(text)) for text in (fresh, old)]
        assert live[0] is live[1]
        assert used(house, old).status_code == used(house, fresh).status_code == 200
        # Once more: the first text still leads to the key, and its own end comes at its own time.
        again = browser.http.post(f"/api/v1/keys/{rotated['data']['hash']}/rotate", json={"overlap_seconds": 0}).json()
        assert used(house, old).status_code == used(house, again["key"]).status_code == 200
        ended = used(house, fresh)
        assert (ended.status_code, "replaced" in ended.json()["error"]["message"]) == (401, True)
        assert browser.http.delete(f"/api/v1/keys/{again['data']['hash']}").status_code == 200
        assert used(house, old).status_code == used(house, again["key"]).status_code == 401

    def test_one_of_two_at_once_wins(self, house: House) -> None:
        browser, _ = house.person()
        found = house.call(house.services.keys.authenticate(made(browser)["key"])).record

        async def race() -> list[Any]:
            work = (house.services.keys.rotate(found, 60) for _ in range(2))
            return await asyncio.gather(*work, return_exceptions=True)

        outcomes = house.call(race())
        assert sorted(isinstance(each, tuple) for each in outcomes) == [False, True]


class TestLeaks:
    """Anybody may report a key that was found."""

    def test_a_reported_key_is_off_and_its_people_are_told(self, house: House) -> None:
        browser, email = house.person()
        key = made(browser, name="leaky")
        assert used(house, key["key"]).status_code == 200
        report = {"keys": [{"key": key["key"], "url": "https://paste.test/1"}, {"key": "sk-mp-v1-nothing"}]}
        found = house.browser().http.post("/api/v1/leaked-keys", json=report)
        assert found.status_code == 200, found.text
        assert [(each["is_key"], each["disabled"]) for each in found.json()["data"]] == [(True, True), (False, False)]
        assert key["key"] not in found.text
        assert used(house, key["key"]).status_code == 401
        mail = house.mailbox.wait(email, about="found in public")
        assert "leaky" in str(mail)
        again = house.browser().http.post("/api/v1/leaked-keys", json=report).json()["data"]
        assert [(each["is_key"], each["disabled"]) for each in again] == [(True, False), (False, False)]

    def test_a_former_text_ends_alone(self, house: House) -> None:
        browser, _ = house.person()
        key = made(browser)
        fresh = browser.http.post(f"/api/v1/keys/{key['data']['hash']}/rotate").json()["key"]
        assert used(house, key["key"]).status_code == 200
        report = {"keys": [{"key": key["key"]}]}
        assert house.browser().http.post("/api/v1/leaked-keys", json=report).json()["data"][0]["disabled"] is True
        assert used(house, key["key"]).status_code == 401
        assert used(house, fresh).status_code == 200

    def test_reports_are_throttled(self, house: House) -> None:
        scanner = house.browser(**{"x-forwarded-for": "192.0.2.77"})
        statuses = [
            scanner.http.post("/api/v1/leaked-keys", json={"keys": [{"key": "x"}]}).status_code for _ in range(61)
        ]
        assert statuses == [200] * 60 + [429]


class TestWatch:
    """When and where keys are used."""

    def test_last_used_is_shown_at_once_and_kept(self, house: House) -> None:
        browser, _ = house.person()
        key = made(browser)
        address = f"/api/v1/keys/{key['data']['hash']}"
        assert key["data"]["last_used_at"] is None
        assert chatted(house, key["key"]) == 200
        shown = browser.http.get(address).json()["data"]["last_used_at"]
        assert shown is not None
        house.call(house.services.watch.look())
        assert browser.http.get(address).json()["data"]["last_used_at"] == shown

    def test_another_network_after_a_settled_time_is_told_once(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser, email = house.person()
        key = made(browser, name="homely")["key"]
        assert chatted(house, key) == 200
        house.call(house.services.watch.look())
        assert chatted(house, key) == 200
        house.call(house.services.watch.look())  # from elsewhere, but the key is young
        later = clock.now_ms() + 8 * 86_400_000
        monkeypatch.setattr(clock, "now_ms", lambda: later)
        for _ in range(2):
            live = house.call(house.services.keys.authenticate(key))
            live.place = "203.0.113.9"
            house.call(house.services.watch.look())
        monkeypatch.undo()
        mail = house.mailbox.wait(email, about="unusual")
        assert "homely" in str(mail)
        assert "203.0.113.9" in str(mail)
        assert len(house.mailbox.to(email, about="unusual")) == 1

    def test_sudden_spending(self, house: House) -> None:
        browser, email = house.person()
        key = made(browser, name="spender")["key"]
        live = house.call(house.services.keys.authenticate(key))
        today = clock.day(clock.now_ms())
        for day in range(1, 6):
            live.spend(10**9, today - day)
        assert not is_sudden(live.days, today)
        live.spend(30 * 10**9, today)
        house.call(house.services.watch.look())
        assert "$30" in str(house.mailbox.wait(email, about="unusual"))

    @pytest.mark.parametrize(
        ("days", "sudden"),
        [
            ({100: 6 * 10**9}, False),  # no past
            ({100: 4 * 10**9, 99: 1, 98: 1, 97: 1}, False),  # too little
            ({100: 6 * 10**9, 99: 10**9, 98: 1, 97: 1}, False),  # not ten times
            ({100: 6 * 10**9, 99: 10**8, 98: 1, 97: 1}, True),
        ],
    )
    def test_what_is_sudden(self, days: dict[int, int], *, sudden: bool) -> None:
        assert is_sudden(days, 100) is sudden


class TestBudgets:
    """A workspace's budget bounds the keys in it."""

    def test_of_the_default_workspace_also_for_keys_that_name_none(self, house: House) -> None:
        browser, email = house.person()
        services = house.services

        async def make() -> str:
            user = await services.accounts.user(email)
            text, _ = await services.keys.create(user.account_id, user.id, "old")
            return text

        text = house.call(make())
        assert chatted(house, text, "fake/text") == 200
        budget = browser.http.put("/api/v1/workspaces/default/budgets/daily", json={"limit_usd": 0.0001})
        assert budget.status_code == 200, budget.text
        assert until(lambda: chatted(house, text, "fake/text") == 403 or None)
        (shown,) = browser.http.get("/api/v1/workspaces/default/budgets").json()["data"]
        assert shown["spent_usd"] > 0


def test_spending_is_shown_by_window(house: House) -> None:
    browser, _ = house.person()
    key = made(browser, limit=1, limit_reset="daily")
    live = house.call(house.services.keys.authenticate(key["key"]))
    today = clock.day(clock.now_ms())
    from modelport.keys.service import add_spend

    spends = [Spend(live.record.id, today, 3 * 10**8, 1), Spend(live.record.id, today - 70, 10**9, 1)]
    house.call(house.services.database.write(lambda connection: add_spend(connection, spends)))
    data = browser.http.get(f"/api/v1/keys/{key['data']['hash']}").json()["data"]
    assert (data["usage"], data["usage_daily"], data["usage_monthly"], data["limit_remaining"]) == (1.3, 0.3, 0.3, 0.7)


class TestAudit:
    """Every change is on record, noted by its route or not."""

    def test_a_key_s_life(self, house: House) -> None:
        from modelport.audit.service import Search

        browser, _ = house.person()
        account = browser.me["account_id"]
        key = made(browser, name="first")
        address = f"/api/v1/keys/{key['data']['hash']}"
        browser.http.patch(address, json={"name": "second"})
        assert browser.http.patch(address, json={}).status_code == 400  # changes nothing
        browser.http.get(address)
        browser.http.delete(address)
        assert browser.send("PATCH", "/me", {"name": "Somebody", "language": "en"}).status_code < 300
        entries = house.call(house.services.audit.page(Search(account_id=account)))
        assert [(each.action, each.subject) for each in entries[:4]] == [
            ("PATCH /app/me", browser.me["user"]["id"]),
            ("DELETE /v1/keys/{hash}", key["data"]["hash"]),
            ("PATCH /v1/keys/{hash}", key["data"]["hash"]),
            ("POST /v1/keys", key["data"]["hash"]),
        ]
        patch = entries[2]
        assert (patch.before["name"], patch.after["name"]) == ("first", "second")
        assert patch.credential.startswith("session:")
        assert patch.address == browser.http.headers["x-forwarded-for"]
        assert key["key"] not in str(entries)

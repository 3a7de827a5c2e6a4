"""Rules of the operator, defaults of accounts and workspaces: in plans, in answers, in lists, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import Harness, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from api_harness import Caller

RULES = "/api/admin/routing/rules"
PIN = {"pattern": "fake/mul*", "action": "pin", "providers": ["gamma"], "note": "a contract"}


@pytest.fixture(scope="module")
def own_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server of this file's own: rules are everybody's."""
    made = Harness(tmp_path_factory.mktemp("routing"))
    yield made
    made.stop(within=1)


@pytest.fixture(scope="module")
def operator(own_harness: Harness) -> Iterator[httpx.Client]:
    with own_harness.browser("op@routing.test", is_operator=True) as client:
        yield client


@pytest.fixture
def own(own_harness: Harness, operator: httpx.Client) -> Iterator[Caller]:
    """A caller of that server; no rule outlives a test."""
    yield own_harness.caller()
    operator.put(RULES, json={"rules": []})
    own_harness.check()


def planned(caller: Caller, **body: Any) -> dict[str, Any]:
    """What-if."""
    answer = caller.post(json.dumps({**caller.body(), **body}).encode(), path="/api/v1/route")
    assert answer.status == 200, answer.json
    return answer.json["data"]


def settle(caller: Caller, defaults: dict[str, Any]) -> None:
    """Sets the account's defaults."""
    harness = caller.harness
    harness.call(harness.services.routing.set_defaults(caller.account_id, defaults))


class TestRules:
    """What the operator says by model pattern."""

    def test_pin_exclude_and_weight(self, own: Caller, operator: httpx.Client) -> None:
        made = operator.post(RULES, json=PIN)
        assert made.status_code == 201, made.text
        assert all(own.chat(model="fake/multi").headers["x-provider"] == "gamma" for _ in range(5))
        plan = planned(own, model="fake/multi")
        assert plan["rules"] == {"fake/multi": ["pin gamma for fake/mul*"]}
        assert "pinned by the operator" in plan["endpoints"][0]["reason"]["en"]
        assert "由服务器管理员指定优先" in plan["endpoints"][0]["reason"]["zh"]
        exclude = {"pattern": "*", "action": "exclude", "providers": ["alpha"]}
        heavy = {"pattern": "fake/multi", "action": "weight", "providers": ["beta"], "weight": 1e5}
        told = operator.put(RULES, json={"rules": [exclude, heavy]}).json()["data"]
        assert [each["action"] for each in told] == ["exclude", "weight"]
        plan = planned(own, model="fake/multi")
        words = {each["endpoint"]: each for each in plan["endpoints"]}
        assert words["alpha"]["removed"] == "rule"
        assert "exclude alpha for *" in words["alpha"]["reason"]["en"]
        assert words["beta"]["notes"] == ["weighted"]
        assert words["beta"]["chance"] > 0.99
        answer = own.chat(model="fake/multi")
        assert answer.headers["x-provider"] == "beta"
        trace = own.get(f"/generation?id={answer.id}").json()["data"]["trace"]
        assert trace["rules"]["fake/multi"] == ["exclude alpha for *", "weight 100000 beta for fake/multi"]
        assert operator.delete(f"{RULES}/{told[0]['id']}").status_code == 204
        assert "alpha" in {each["endpoint"] for each in planned(own, model="fake/multi")["attempts"]}

    def test_refusals_and_the_audit_log(self, own: Caller, operator: httpx.Client) -> None:
        for wrong in ({**PIN, "action": "love"}, {**PIN, "providers": []}, {**PIN, "weight": 0}, {**PIN, "more": 1}):
            assert operator.post(RULES, json=wrong).status_code == 400
        assert operator.delete(f"{RULES}/route_none").status_code == 404
        assert own.harness.http.get(RULES, headers=own.headers).status_code == 403
        operator.post(RULES, json=PIN)
        entry = operator.get("/api/admin/audit?limit=1").json()["data"][0]
        assert (entry["action"], entry["after"]["pattern"]) == ("POST /admin/routing/rules", "fake/mul*")

    def test_every_endpoint_excluded(self, own: Caller, operator: httpx.Client) -> None:
        operator.post(RULES, json={"pattern": "fake/text", "action": "exclude", "providers": ["fake"]})
        refused = own.chat()
        assert (refused.status, refused.error["availability"]["code"]) == (404, "constraint_filtered")
        assert "fake/text" not in {each["id"] for each in own.get("/models/user").json()["data"]}

    def test_another_process_s_rule_is_followed(self, own: Caller) -> None:
        """As the command line's: it writes to the database only."""
        from modelport.routing.policy import Rule
        from modelport.routing.service import Routing

        routing = Routing(own.harness.services.database)
        own.harness.call(routing.add_rule(Rule("fake/multi", "pin", ("beta",))))
        until(lambda: own.harness.services.routing.book.rules or None)
        assert own.chat(model="fake/multi").headers["x-provider"] == "beta"


class TestDefaults:
    """What an account wants wherever a request says nothing."""

    def test_through_the_web_app_s_own_api(self, own_harness: Harness) -> None:
        with own_harness.browser("owner@routing.test") as browser:
            assert not any(browser.get("/api/app/routing").json()["data"].values())
            told = {"default_model": "fake/multi", "provider": {"only": ["beta"], "max_price": {"prompt": 5}}}
            done = browser.put("/api/app/routing", json=told)
            assert done.status_code == 200, done.text
            shown = browser.get("/api/app/routing").json()["data"]
            assert (shown["default_model"], shown["provider"]["only"]) == ("fake/multi", ["beta"])
            assert shown["provider"]["max_price"]["prompt"] == 5
            for wrong in ({"provider": {"sort": "beauty"}}, {"provider": {"ony": []}}, {"default_model": "@preset/x"}):
                assert browser.put("/api/app/routing", json=wrong).status_code == 400
            assert browser.put("/api/app/routing", json={}).json()["data"]["default_model"] is None

    def test_a_default_model(self, own: Caller) -> None:
        body = own.body()
        del body["model"]
        missing = own.post(json.dumps(body).encode())
        assert (missing.status, "No models provided" in missing.error["message"]) == (400, True)
        settle(own, {"default_model": "fake/multi"})
        answer = own.post(json.dumps(body).encode())
        assert answer.json["model"] == "fake/multi"
        assert planned(own, model=None)["defaults"] == ["model"]
        said = own.harness.http.post("/api/v1/responses", json={"input": "hello"}, headers=own.headers)
        assert said.json()["model"] == "fake/multi"
        assert own.chat().json["model"] == "fake/text", "a request's own word goes first"

    def test_preferences_never_loosen(self, own: Caller) -> None:
        settle(own, {"provider": {"only": ["alpha", "beta"], "ignore": ["alpha"], "sort": "price"}})
        plan = planned(own, model="fake/multi", provider={"only": ["beta", "gamma"]})
        assert [each["provider"] for each in plan["attempts"]] == ["beta"]
        assert plan["sort"] == "price"
        assert plan["defaults"] == ["only", "ignore", "sort"]
        words = {each["endpoint"]: each["reason"]["en"] for each in plan["endpoints"]}
        assert "(a default of the account)" in words["gamma"]
        none = own.chat(model="fake/multi", provider={"only": ["gamma"]})
        assert none.status == 404
        assert own.chat(model="fake/multi").headers["x-provider"] == "beta"

    def test_what_may_be_used_is_what_is_listed(self, own: Caller) -> None:
        settle(own, {"provider": {"ignore": ["fake"]}})
        listed = {each["id"] for each in own.get("/models/user").json()["data"]}
        assert "fake/multi" in listed
        assert "fake/text" not in listed
        assert "fake/text" in {each["id"] for each in own.get("/models").json()["data"]}
        bound = own.harness.caller(models=("fake/multi",), providers=("alpha",))
        assert [each["id"] for each in bound.get("/models/user").json()["data"]] == ["fake/multi"]

    def test_a_workspace_s_default_goes_before(self, own: Caller) -> None:
        services = own.harness.services
        settle(own, {"default_model": "fake/text"})
        values = {"default_text_model": "fake/multi", "default_provider_sort": "price"}
        own.harness.call(services.workspaces.change(own.account_id, "default", values))
        until(lambda: planned(own, model=None)["requested"] == "fake/multi" or None)
        assert planned(own, model=None)["sort"] == "price"

    def test_who_keeps_nothing_has_nothing_kept_here(self, own: Caller) -> None:
        on = {"x-openrouter-cache": "true"}
        assert own.chat("one", headers=on).headers["x-openrouter-cache-status"] == "MISS"
        settle(own, {"provider": {"zdr": True}})
        assert own.chat("one", headers=on).status == 404, "the scripted provider promises nothing"
        settle(own, {"provider": {"data_collection": "allow"}})
        assert own.chat("one", headers=on).headers["x-openrouter-cache-status"] == "HIT"


def test_a_conversation_keeps_the_model_that_a_router_picked(own: Caller) -> None:
    first = {"role": "user", "content": "which one are you?"}
    said: list[dict[str, str]] = [first]
    found: set[str] = set()
    for _ in range(7):
        answer = own.post(json.dumps({"model": "openrouter/free", "messages": said}).encode())
        found.add(answer.json["model"])
        said += [{"role": "assistant", "content": answer.text}, {"role": "user", "content": "and now?"}]
    assert len(found) == 1

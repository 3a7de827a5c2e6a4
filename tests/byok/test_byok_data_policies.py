"""Data policies in routing: what is kept to watch for abuse, whose word goes, and own contracts under guardrails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from byok_samples import CHAT, give, manager

from api.api_upstream import played, serve_models

if TYPE_CHECKING:
    from api.api_harness import Caller, Harness
    from api.api_upstream import Upstream

WATCHED = {"training": False, "retains_prompts": True, "safety_retention": True}
ZDR = {"zdr": True}
ONLY_ZDR: dict[str, Any] = {"provider": {"zdr": True}}


@pytest.fixture(scope="module", autouse=True)
def models(served: Harness, upstream: Upstream) -> None:
    """A model of each group at a provider that keeps prompts to watch for abuse; one at one that keeps nothing."""
    url = {"base_url": f"{upstream.url}/v1"}
    for maker in ("google", "anthropic", "acme"):
        serve_models(served, maker, [("watched", {**url, "data_policy": WATCHED}, {})])
    serve_models(served, "kept", [("nothing", {**url, "data_policy": ZDR}, {}), ("unknown", url, {})])


@pytest.fixture(autouse=True)
def _answers(upstream: Upstream) -> None:  # pyright: ignore[reportUnusedFunction] (pytest finds it)
    upstream.expect(played(CHAT))


def account(caller: Caller, **said: Any) -> None:
    """What the account wants wherever a request says nothing."""
    answer = caller.harness.http.put("/api/app/routing", json=said, headers=manager(caller))
    assert answer.status_code == 200, answer.text
    told = answer.json()["data"]
    assert all(told[name] == value for name, value in said.items() if name != "provider")


def guardrail(caller: Caller, **said: Any) -> Any:
    """The default workspace's."""
    http, headers = caller.harness.http, manager(caller)
    workspace = http.get("/api/v1/workspaces/default", headers=headers).json()["data"]
    return http.patch(f"/api/v1/guardrails/{workspace['default_guardrail_id']}", json=said, headers=headers)


class TestSafetyRetention:
    """Zero data retention, but for what is kept to watch for abuse."""

    def test_counts_as_kept_until_the_account_allows_it(self, caller: Caller) -> None:
        assert caller.chat(model="google/watched").status == 200
        refused = caller.chat(model="google/watched", **ONLY_ZDR)
        assert (refused.status, refused.error["availability"]["excluded_by"]) == (404, ["data_policy:zdr"])
        account(caller, allow_safety_retention_google=True)
        assert caller.chat(model="google/watched", **ONLY_ZDR).status == 200
        # Each group by itself, and makers that are told apart never.
        assert caller.chat(model="acme/watched", **ONLY_ZDR).status == 404
        account(caller, allow_safety_retention_google=False, allow_safety_retention_other=True)
        allowed = [maker for maker in ("google", "anthropic", "acme") if self._passes(caller, maker)]
        assert allowed == ["acme"]
        assert caller.chat(model="acme/watched", provider={"data_collection": "deny"}).status == 404

    def test_a_guardrail_only_takes_away(self, caller: Caller) -> None:
        assert guardrail(caller, enforce_zdr=True, allow_safety_retention_google=True).status_code == 200
        assert caller.chat(model="google/watched").status == 404, "the account has not allowed it"
        account(caller, allow_safety_retention_google=True, provider={"zdr": True})
        assert caller.chat(model="google/watched").status == 200
        shown = {each["id"] for each in caller.get("/models/user").json()["data"]}
        assert {"google/watched", "kept/nothing"} <= shown
        assert not {"anthropic/watched", "acme/watched", "kept/unknown"} & shown
        assert guardrail(caller, allow_safety_retention_google=False).status_code == 200
        assert caller.chat(model="google/watched").status == 404
        assert "google/watched" not in {each["id"] for each in caller.get("/models/user").json()["data"]}
        # It is about requests of which nothing may be kept, and these only.
        assert guardrail(caller, enforce_zdr=False).status_code == 200
        assert caller.chat(model="google/watched").status == 404, "the account wants it of every request"
        account(caller, provider=None)
        assert caller.chat(model="google/watched").status == 200

    @staticmethod
    def _passes(caller: Caller, maker: str) -> bool:
        return caller.chat(model=f"{maker}/watched", **ONLY_ZDR).status == 200


class TestOwnContracts:
    """What the owner of a key declares counts under guardrails as it does under requests' own words."""

    def test_a_declared_contract_opens_what_a_guardrail_closes(self, caller: Caller) -> None:
        guardrail(caller, enforce_zdr=True, enable_paid_model_training=False)
        assert caller.chat(model="kept/unknown").status == 404
        give(caller, "kept-unknown", declared_zdr=True)
        assert caller.chat(model="kept/unknown").usage["is_byok"]
        guardrail(caller, ignored_models=["kept/unknown"])
        assert caller.chat(model="kept/unknown").status == 404, "another rule is not a matter of contracts"

    def test_a_contract_that_keeps_is_not_used_where_nothing_may_be_kept(self, caller: Caller) -> None:
        give(caller, "kept-nothing", declared_zdr=False)
        assert caller.chat(model="kept/nothing").usage["is_byok"]
        guardrail(caller, enforce_zdr=True)
        answer = caller.chat(model="kept/nothing")
        assert (answer.status, answer.usage["is_byok"]) == (200, False)

    def test_a_paid_model_by_an_own_key_is_no_free_one(self, caller: Caller) -> None:
        give(caller, "kept-unknown")
        guardrail(caller, enable_free_model_training=False)
        assert caller.chat(model="kept/unknown").usage["is_byok"]


class TestRegions:
    """This server has one address."""

    def test_others_are_refused_when_they_are_written(self, caller: Caller) -> None:
        answer = guardrail(caller, allowed_data_regions=["europe", "us"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)
        assert "`global`" in answer.json()["error"]["message"]
        assert guardrail(caller, allowed_data_regions=["us", "global"]).status_code == 200
        assert caller.chat(model="kept/nothing").status == 200
        assert caller.get("/key").json()["data"]["allowed_data_regions"] == ["global"]

    def test_one_that_was_stored_before_refuses_everything(self, caller: Caller) -> None:
        services = caller.harness.services
        made = guardrail(caller, allowed_data_regions=["global"]).json()["data"]
        stored = services.guardrails.change(caller.account_id, made["id"], {"allowed_data_regions": ["europe"]})
        caller.harness.call(stored)
        assert caller.chat(model="kept/nothing").status == 403
        assert caller.get("/key").json()["data"]["allowed_data_regions"] == []

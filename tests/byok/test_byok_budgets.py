"""Limits that count own provider keys: budgets and keys hold the usual price before the call, and never give more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from byok_samples import CHAT, PRICE, give, manager

from api.api_upstream import played, serve_models

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from api.api_harness import Answer, Caller, Harness
    from api.api_upstream import Upstream

GOOD = played(CHAT)


@pytest.fixture(scope="module", autouse=True)
def models(served: Harness, upstream: Upstream) -> None:
    """One model at the one upstream."""
    serve_models(served, "counted", [("plain", {"base_url": f"{upstream.url}/v1"}, {})])


def ask(caller: Caller, **fields: Any) -> Answer:
    return caller.chat(model="counted/plain", max_tokens=5, **fields)


def _set(caller: Caller, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
    response = caller.harness.http.request(method, f"/api/v1{path}", json=body, headers=manager(caller))
    assert response.status_code == 200, response.text
    return response


def guardrail(caller: Caller, usd: float, *, include: bool) -> dict[str, Any]:
    """A budget of the default workspace's guardrail."""
    workspace = caller.harness.http.get("/api/v1/workspaces/default", headers=manager(caller)).json()["data"]
    body = {"limit_usd": usd, "reset_interval": "daily", "include_byok_in_budgets": include}
    return _set(caller, "PATCH", f"/guardrails/{workspace['default_guardrail_id']}", body).json()["data"]


def workspace_budget(caller: Caller, usd: float, *, include: bool | None = None, interval: str = "daily") -> Any:
    body = {"limit_usd": usd, **({} if include is None else {"include_byok_in_budgets": include})}
    return _set(caller, "PUT", f"/workspaces/default/budgets/{interval}", body).json()


def key_limit(caller: Caller, usd: float, *, include: bool) -> None:
    _set(caller, "PATCH", f"/keys/{caller.key_hash}", {"limit": usd, "include_byok_in_limit": include})


@pytest.fixture
def owner(caller: Caller, upstream: Upstream) -> Caller:
    """An account with credits, a fallback to the operator's capacity, and an own key that goes first."""
    give(caller, "counted-plain")
    upstream.expect(GOOD)
    return caller


@pytest.mark.parametrize(
    ("bind", "source"),
    [
        (guardrail, "openrouter_guardrail_budget"),
        (workspace_budget, "openrouter_workspace_budget"),
        (key_limit, "openrouter_key_limit"),
    ],
)
def test_one_that_counts_refuses_and_one_that_does_not_lets_through(
    owner: Caller, upstream: Upstream, bind: Callable[..., object], source: str
) -> None:
    """A limit that is far too small for any answer, and only own keys within what it leaves."""
    bind(owner, 0.000001, include=True)
    refused = ask(owner)
    assert (refused.status, refused.error["metadata"]["limit_source"]) == (403 if "key" not in source else 402, source)
    assert not upstream.asked
    bind(owner, 0.000001, include=False)
    assert ask(owner).usage["is_byok"]
    assert len(upstream.asked) == 1


def test_what_came_before_counts_from_the_moment_it_is_asked_for(owner: Caller, upstream: Upstream) -> None:
    told = workspace_budget(owner, 1, include=False)
    assert ask(owner).usage["is_byok"]
    assert ask(owner, stream=True).usage["is_byok"]
    assert (told["data"]["spent_usd"], told["include_byok_in_budgets"]) == (0, False)
    assert workspace_budget(owner, 1)["data"]["spent_usd"] == 0
    # One word is for every interval of the workspace.
    told = workspace_budget(owner, 2, include=True, interval="monthly")
    assert told["include_byok_in_budgets"] is True
    budgets = owner.harness.http.get("/api/v1/workspaces/default/budgets", headers=manager(owner)).json()
    assert (budgets["include_byok_in_budgets"], len(budgets["data"])) == (True, 2)
    shown = owner.get("/key").json()["data"]["budgets"]
    assert all(each["include_byok"] for each in shown)
    # One that was not there yet has seen nothing.
    spent = {each["reset_interval"]: each["spend_usd"] for each in shown}
    assert spent == {"daily": 2 * PRICE / 1e9, "monthly": 0}
    assert ask(owner).usage["is_byok"]
    assert [each["spent_usd"] for each in _budgets(owner)] == [3 * PRICE / 1e9, PRICE / 1e9]
    # Exactly what was used: there is nothing left for a fourth.
    workspace_budget(owner, 3 * PRICE / 1e9)
    refused = ask(owner)
    assert (refused.status, refused.error["metadata"]["spend_usd"]) == (403, 3 * PRICE / 1e9)
    shown = owner.get("/key").json()["data"]
    assert shown["effective_budget"]["remaining_usd"] == 0
    assert len(upstream.asked) == 3
    assert owner.used == 0, "nothing was charged"


def _budgets(caller: Caller) -> list[dict[str, Any]]:
    return caller.harness.http.get("/api/v1/workspaces/default/budgets", headers=manager(caller)).json()["data"]


@pytest.mark.parametrize("bind", [guardrail, workspace_budget, key_limit])
def test_of_many_at_once_exactly_those_pass_that_it_reaches_for(
    owner: Caller, upstream: Upstream, bind: Callable[..., object]
) -> None:
    bind(owner, 0.000001, include=True)
    most = round(ask(owner).error["metadata"]["estimated_cost"] * 1e9)
    # As dear as was set aside for it, so that nothing comes back for others.
    dear = {"prompt_tokens": most // 1000, "completion_tokens": 0, "total_tokens": most // 1000}
    upstream.expect(played({**CHAT, "usage": dear}))
    bind(owner, 3 * most / 1e9, include=True)
    with ThreadPoolExecutor(12) as pool:
        statuses = [each.result().status for each in [pool.submit(ask, owner) for _ in range(24)]]
    assert statuses.count(200) == 3
    assert set(statuses) <= {200, 402, 403}
    assert len(upstream.asked) == 3
    assert ask(owner).status == 403
    assert owner.used == 0
    assert owner.get("/key").json()["data"]["byok_usage"] == pytest.approx(3 * most / 1e9)


def test_the_operators_capacity_counts_beside_it(owner: Caller, upstream: Upstream) -> None:
    workspace_budget(owner, 1, include=True)
    upstream.expect(played({"error": {"message": "Incorrect API key provided."}}, status=401), GOOD)
    assert not ask(owner).usage["is_byok"]
    assert [each["spent_usd"] for each in _budgets(owner)] == [PRICE / 1e9]
    assert owner.used == PRICE

"""Limits that count own provider keys, held by two servers on one PostgreSQL: together they never give more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from byok_samples import CHAT, give, manager

from api.api_harness import Caller, Harness, until
from api.api_upstream import played, serve_models
from db.database_places import cluster, migrated_server
from db.postgres_cluster import binaries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.api_upstream import Upstream
    from db.postgres_cluster import Cluster

__all__ = ["cluster", "migrated_server"]

pytestmark = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")
PAID = 5
"""Answers that a limit reaches for."""


@pytest.fixture(scope="module")
def pair(
    upstream: Upstream, migrated_server: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Harness, Harness]]:
    """Two servers on one database, with one model that an own key may answer."""
    migrated_server.empty("modelport")
    settings: dict[str, Any] = {
        "database_url": migrated_server.url("modelport"),
        "secret": "0123456789abcdefghijklmnopqrstuv",
        "private_addresses": True,
        "byok_free_usd": "1000",
    }
    first = Harness(tmp_path_factory.mktemp("first"), **settings)
    second = Harness(tmp_path_factory.mktemp("second"), **settings)
    serve_models(first, "shared", [("plain", {"base_url": f"{upstream.url}/v1"}, {})])
    until(lambda: "shared/plain" in second.services.catalog.snapshot.models or None)
    yield first, second
    for each in (second, first):
        each.check()
        each.stop(within=1)


@pytest.fixture
def places(pair: tuple[Harness, Harness]) -> tuple[Caller, Caller]:
    """One account with an own key, at both servers."""
    here, there = pair
    caller = here.caller()
    give(caller, "shared-plain")
    return caller, Caller(there, caller.email, caller.account_id, caller.key, caller.key_hash)


def _ask(caller: Caller, number: int = 0) -> Any:
    return caller.chat(model="shared/plain", max_tokens=5, stream=number % 3 == 1)


def _set(caller: Caller, method: str, path: str, body: dict[str, Any]) -> Any:
    response = caller.harness.http.request(method, f"/api/v1{path}", json=body, headers=manager(caller))
    assert response.status_code == 200, response.text
    return response.json()["data"]


def guardrail(caller: Caller, usd: float) -> None:
    workspace = caller.harness.http.get("/api/v1/workspaces/default", headers=manager(caller)).json()["data"]
    body = {"limit_usd": usd, "reset_interval": "daily", "include_byok_in_budgets": True}
    _set(caller, "PATCH", f"/guardrails/{workspace['default_guardrail_id']}", body)


def workspace_budget(caller: Caller, usd: float) -> None:
    _set(caller, "PUT", "/workspaces/default/budgets/daily", {"limit_usd": usd, "include_byok_in_budgets": True})


def key_limit(caller: Caller, usd: float) -> None:
    _set(caller, "PATCH", f"/keys/{caller.key_hash}", {"limit": usd, "include_byok_in_limit": True})


@pytest.mark.parametrize("bind", [guardrail, workspace_budget, key_limit])
def test_what_it_reaches_for_is_given_once(
    places: tuple[Caller, Caller], upstream: Upstream, bind: Callable[[Caller, float], None]
) -> None:
    """Many at once at both servers, until it is used up: exactly as many answers as it pays for."""
    here, _ = places
    bind(here, 0.000001)
    most = round(_ask(here).error["metadata"]["estimated_cost"] * 1e9)
    # As dear as was set aside for it, so that nothing comes back for others.
    dear = {"prompt_tokens": most // 1000, "completion_tokens": 0, "total_tokens": most // 1000}
    upstream.expect(played({**CHAT, "usage": dear}))
    bind(here, PAID * most / 1e9)
    given = 0
    with ThreadPoolExecutor(16) as pool:
        for _ in range(10):
            asked = [pool.submit(_ask, places[number % 2], number) for number in range(16)]
            statuses = [each.result().status for each in asked]
            assert set(statuses) <= {200, 402, 403}
            given += statuses.count(200)
            if given >= PAID:
                break
    assert (given, len(upstream.asked)) == (PAID, PAID)
    assert [_ask(each).status for each in places] == [403, 403], "what is spent is spent, at both"
    assert here.used == 0, "own keys are free so far"
    for each in places:
        assert each.get("/key").json()["data"]["byok_usage"] == pytest.approx(PAID * most / 1e9)

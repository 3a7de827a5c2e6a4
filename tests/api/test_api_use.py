"""Activity, analytics, rankings and the log, at their addresses, from requests that were really made."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import Caller, Harness
from openrouter import OpenRouter

from modelport.kit import clock
from modelport.usage import data_routes
from modelport.usage.session_cost import Cell
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = {"http-referer": "https://use.example/page", "x-title": "Use", "x-openrouter-categories": "game,cli-agent,xyz"}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Harness, Caller, str]]:
    """A server that somebody used; and a management key of theirs."""
    made = Harness(tmp_path_factory.mktemp("use"))
    caller = made.caller()
    for number in range(4):
        assert caller.chat(f"fake: tokens={number + 1}", headers=APP).status == 200
    assert caller.chat(model="fake/multi").status == 200
    assert caller.chat("fake: fail=status status=500").status == 502

    async def manage() -> str:
        services = made.services
        record = (await services.keys.authenticate(caller.key)).record
        text, _ = await services.keys.create(record.account_id, record.user_id, "manage", management=True)
        for _ in range(3):
            await Upkeep(made.settings, services.database).fold()
        return text

    yield made, caller, made.call(manage())
    made.stop(within=1)


def _get(used: tuple[Harness, Caller, str], path: str, **query: Any) -> Any:
    harness, _, key = used
    answer = harness.http.get(path, params=query, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


PATHS = ("v1/activity", "v1/analytics/meta", "v1/datasets/rankings-daily", "v1/datasets/app-rankings",
         "app/generations", "app/usage/series")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key(used: tuple[Harness, Caller, str], path: str) -> None:
    assert used[0].http.get(f"/api/{path}").status_code == 401


def test_inference_keys_do_not_manage(used: tuple[Harness, Caller, str]) -> None:
    answer = used[1].get("/activity")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "Only management keys can perform this operation"


def test_activity_is_of_whole_days(used: tuple[Harness, Caller, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert _get(used, "/api/v1/activity")["data"] == [], "today is not over"
    real = clock.now_ms
    monkeypatch.setattr(data_routes.clock, "now_ms", lambda: real() + 86_400_000)
    data = _get(used, "/api/v1/activity")["data"]
    assert {row["model"]: row["requests"] for row in data} == {"fake/text": 4, "fake/multi": 1}
    (row,) = [row for row in data if row["model"] == "fake/text"]
    assert row["provider_name"] == "Fake"
    assert row["completion_tokens"] == 1 + 2 + 3 + 4
    assert _get(used, "/api/v1/activity", date=row["date"])["data"] == data
    assert _get(used, "/api/v1/activity", api_key_hash="0" * 64)["data"] == []
    harness, _, key = used
    wrong = harness.http.get("/api/v1/activity?date=2020-01-01", headers={"authorization": f"Bearer {key}"})
    assert wrong.status_code == 400


def test_rankings(used: tuple[Harness, Caller, str]) -> None:
    harness, caller, _ = used
    daily = caller.get("/datasets/rankings-daily").json()
    assert [row["model_permaslug"] for row in daily["data"]] == ["fake/text", "fake/multi"]
    assert all(isinstance(row["total_tokens"], str) for row in daily["data"])
    assert daily["meta"]["version"] == "v1"
    apps = caller.get("/datasets/app-rankings?category=entertainment").json()["data"]
    assert [(row["app_name"], row["rank"], row["total_requests"]) for row in apps] == [("Use", 1, 4)]
    assert caller.get("/datasets/app-rankings?subcategory=legal").json()["data"] == []
    shown = harness.http.get("/api/app/rankings?span=day").json()
    assert shown["models"][0]["model"] == "fake/text"
    assert shown["apps"][0]["categories"] == ["game", "cli-agent"]
    assert harness.call(harness.services.insight.popularity())["fake/text"] > 0


def test_the_log_and_its_export(used: tuple[Harness, Caller, str]) -> None:
    first = _get(used, "/api/app/generations", limit=4)
    assert len(first["data"]) == 4
    rest = _get(used, "/api/app/generations", limit=4, cursor=first["cursor"])
    assert (len(rest["data"]), rest["cursor"]) == (2, None)
    assert {row["status"] for row in _get(used, "/api/app/generations", status="error")["data"]} == {"error"}
    assert len(_get(used, "/api/app/generations", app="https://use.example", model="fake/text")["data"]) == 4
    assert len(_get(used, "/api/app/generations", key=used[1].key_hash)["data"]) == 6
    harness, _, key = used
    exported = harness.http.get("/api/app/generations.csv", headers={"authorization": f"Bearer {key}"})
    lines = list(csv.DictReader(io.StringIO(exported.text)))
    assert [line["id"] for line in lines] == [row["id"] for row in first["data"] + rest["data"]]
    assert {line["key_name"] for line in lines} == {"test"}
    times = [datetime.fromisoformat(line["created_at"]).timestamp() * 1000 for line in lines]
    assert times == pytest.approx([row["created_at"] for row in first["data"] + rest["data"]])
    bad = harness.http.get("/api/app/generations?cursor=x", headers={"authorization": f"Bearer {key}"})
    assert bad.status_code == 400


def test_series(used: tuple[Harness, Caller, str]) -> None:
    data = _get(used, "/api/app/usage/series", unit="hour", by="model")["data"]
    assert sum(row["requests"] for row in data) == 5
    by_key = _get(used, "/api/app/usage/series", by="key")["data"]
    assert {row["group"] for row in by_key} == {"test"}


class TestAnalytics:
    """Questions put together by the caller."""

    def ask(self, used: tuple[Harness, Caller, str], **query: Any) -> Any:
        harness, _, key = used
        return harness.http.post("/api/v1/analytics/query", json=query, headers={"authorization": f"Bearer {key}"})

    def test_what_can_be_asked_is_answered(self, used: tuple[Harness, Caller, str]) -> None:
        meta = _get(used, "/api/v1/analytics/meta")["data"]
        names = [metric["name"] for metric in meta["metrics"]]
        for granularity in [None, *(each["name"] for each in meta["granularities"])]:
            for dimension in meta["dimensions"]:
                answer = self.ask(used, metrics=names, dimensions=[dimension["name"]], granularity=granularity)
                assert answer.status_code == 200, answer.text
                assert sum(int(row["request_count"]) for row in answer.json()["data"]["data"]) == 5

    def test_filters_order_and_limit(self, used: tuple[Harness, Caller, str]) -> None:
        answer = self.ask(
            used, metrics=["request_count", "total_usage"], dimensions=["model"], limit=1,
            order_by={"field": "request_count", "direction": "desc"},
        ).json()["data"]  # fmt: skip
        assert [(row["model"], row["request_count"]) for row in answer["data"]] == [("fake/text", 4)]
        assert (answer["metadata"]["truncated"], answer["metadata"]["row_count"]) == (True, 1)
        for operator, value, count in (("neq", "fake/text", 1), ("in", ["fake/text"], 4), ("not_in", ["x"], 5)):
            filters = [{"field": "model", "operator": operator, "value": value}]
            answer = self.ask(used, metrics=["request_count"], filters=filters)
            assert answer.json()["data"]["data"] == [{"request_count": count}]

    @pytest.mark.parametrize("query", [
        {"metrics": []}, {"metrics": ["no_such"]}, {"metrics": ["request_count"], "dimensions": ["a", "b", "c"]},
        {"metrics": ["request_count"], "granularity": "second"},
        {
            "metrics": ["p50_latency"],
            "time_range": {"start": "2026-01-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"},
        },
        {"metrics": ["request_count"], "order_by": {"field": "x", "direction": "asc"}},
        {"metrics": ["request_count"], "filters": [{"field": "model", "operator": "in", "value": "x"}]},
        {"metrics": ["request_count"], "time_range": {"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}},
    ])  # fmt: skip
    def test_what_can_t_be_asked_is_refused(self, used: tuple[Harness, Caller, str], query: dict[str, Any]) -> None:
        assert self.ask(used, **query).status_code == 400


def test_session_costs_by_the_official_client(used: tuple[Harness, Caller, str]) -> None:
    """Worked out once a day, of whole days: today's sessions are not in it."""
    harness, caller, _ = used
    insight = harness.services.insight
    harness.call(insight.session_costs())
    found = insight._session_costs
    assert found is not None
    cell = Cell("https://use.example", "Use", "fake/text", "2-9-turns", 12_345_000, 9)
    insight._session_costs = found._replace(cells=[cell, cell._replace(turns="1-turn")])
    with OpenRouter(api_key=caller.key, server_url=f"{harness.url}/api/v1") as client:
        answered = client.datasets.get_session_cost(turn_range="2-9-turns", app_slug="use-example", limit=5)
    assert answered is not None
    answer = answered.result
    [row] = answer.data
    assert (row.app_slug, row.app_name, row.turn_range) == ("use-example", "Use", "2-9-turns")
    assert (row.model_permaslug, row.median_session_cost_usd) == ("fake/text", 0.012345)
    assert (answer.meta.window_days, answer.meta.version) == (7, "v1")
    insight._session_costs = None

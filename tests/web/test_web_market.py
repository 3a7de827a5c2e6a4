"""How models do, as the marketplace's pages ask for it: from requests that were really made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.api_harness import Harness
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server that somebody used."""
    made = Harness(tmp_path_factory.mktemp("market"))
    caller = made.caller()
    for number in range(3):
        headers = {"http-referer": "https://market.example", "x-title": "Market"}
        assert caller.chat(f"fake: tokens={number + 4}", headers=headers).status == 200
    assert caller.chat("fake: fail=status status=500").status == 502

    async def fold() -> None:
        for _ in range(3):
            await Upkeep(made.settings, made.services.database).fold()

    made.call(fold())
    yield made
    made.stop(within=1)


def _get(used: Harness, path: str) -> Any:
    answer = used.http.get(f"/api/app/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_model_says_who_serves_it(used: Harness) -> None:
    found = _get(used, "market")
    listed = {each["id"] for each in used.http.get("/api/v1/models?output_modalities=all").json()["data"]}
    assert {each["model"] for each in found["models"]} == listed
    text = next(each for each in found["models"] if each["model"] == "fake/text")
    assert text["providers"]
    assert set(text["providers"]) <= found["providers"].keys()
    assert (text["zdr"], text["no_training"]) == (False, False)


def test_how_quick_endpoints_are_is_for_callers_that_are_known(used: Harness) -> None:
    def speeds(path: str, **headers: str) -> list[Any]:
        answer = used.http.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        (one,) = answer.json()["data"]["endpoints"]
        kinds = ("latency", "throughput")
        found = [one[f"{kind}_last_{span}"] for kind in kinds for span in ("5m", "30m", "1d")]
        assert ("perf_last_30m_by_workload" in one) is (found[0] is not None)
        return [each and each["p50"] > 0 for each in found]

    # Not the model whose days are counted below.
    path = "/api/v1/models/fake/plain/endpoints"
    caller = used.caller()
    assert caller.chat("fake: tokens=60", "fake/plain", stream=True).status == 200
    known = {"authorization": f"Bearer {caller.key}"}
    assert speeds(path, **known) == [True] * 6
    assert speeds("/api/app/models/fake/plain/endpoints") == [True] * 6, (
        "the pages tell everybody, as the reference's do"
    )
    for stranger in ({}, {"authorization": "Bearer sk-or-v1-nobody"}):
        assert speeds(path, **stranger) == [None] * 6
    zdr = "/api/v1/endpoints/zdr"
    caches = [used.http.get(zdr, headers=each).headers["cache-control"] for each in ({}, known)]
    assert caches == ["public, no-cache", "private, no-store"]


def test_a_models_days_add_up_to_what_was_asked(used: Harness) -> None:
    found = _get(used, "models/fake/text/market?span=week")
    assert len(found["days"]) == 7
    assert sum(day["requests"] for day in found["days"]) == 3
    assert sum(day["completion_tokens"] for day in found["days"]) == 4 + 5 + 6
    assert found["days"][-1]["latency"] > 0
    assert found["weekly_tokens"] == sum(day["prompt_tokens"] + day["completion_tokens"] for day in found["days"])
    assert sum(day["failed"] for day in found["days"]) == 1
    provider = found["providers"][0]
    assert [day["requests"] for day in provider["days"]] == [0, 0, 0, 0, 0, 0, 3]
    assert [each["title"] for each in found["apps"]] == ["Market"]
    assert [each["tag"] for each in found["policies"]]


def test_nobody_is_told_of_a_model_that_is_not_there(used: Harness) -> None:
    assert used.http.get("/api/app/models/no/such/market").status_code == 404

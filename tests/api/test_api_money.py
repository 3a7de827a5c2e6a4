"""Holds, limits and refusals: nothing is served that can't be paid, and nothing free is charged."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from api_harness import COMPLETION_NANOS, PROMPT_NANOS, Caller, Harness, marker, nanos
from openrouter import OpenRouter

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = "/api/v1/chat/completions"
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def stingy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server with small free limits."""
    made = Harness(
        tmp_path_factory.mktemp("stingy"),
        free_requests_per_minute=0,
        free_requests_per_day=3,
        free_requests_per_day_paid=5,
    )
    yield made
    made.stop(within=1)


PICTURES = [
    {"type": "text", "text": "fake: tokens=3"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    {"type": "image_url", "image_url": {"url": "https://example.test/cat.png"}},
]


class TestPictures:
    """A price by the piece, which no provider counts."""

    @BOTH
    def test_each_is_charged(self, harness: Harness, *, stream: bool) -> None:
        caller = harness.caller("1")
        messages = [{"role": "user", "content": PICTURES}]
        answer = caller.chat(model="fake/pictures", stream=stream, messages=messages)
        assert answer.status == 200
        assert caller.used == nanos(answer.usage) + 2 * 10_000_000
        assert caller.generation(answer.id).prompt_images == 2

    def test_each_is_set_aside_for(self, harness: Harness) -> None:
        caller, mark = harness.caller("0.015"), marker()
        parts = [*PICTURES, {"type": "text", "text": f"fake: marker={mark}"}]
        answer = caller.chat(model="fake/pictures", max_tokens=1, messages=[{"role": "user", "content": parts}])
        assert answer.status == 402
        assert harness.records(mark) == []

    def test_at_another_door_as_well(self, harness: Harness) -> None:
        caller = harness.caller("1")
        source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
        content = [{"type": "text", "text": "fake: tokens=3"}, {"type": "image", "source": source}]
        body = {"model": "fake/pictures", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}
        answer = caller.post(json.dumps(body).encode(), path="/api/v1/messages")
        assert answer.status == 200
        assert caller.used >= 10_000_000


class TestCredits:
    """Credits are set aside before a provider is called."""

    @BOTH
    def test_without_credits_it_is_402_and_no_provider_is_called(self, harness: Harness, *, stream: bool) -> None:
        caller, mark = harness.caller("0"), marker()
        answer = caller.chat(f"fake: marker={mark}", stream=stream)
        assert answer.status == 402
        assert answer.headers["content-type"] == "application/json"
        error = answer.error
        assert error["message"].startswith("Insufficient credits.")
        assert error["metadata"]["error_type"] == "payment_required"
        assert error["metadata"]["limit_source"] == "openrouter_credits"
        assert "retry-after" not in answer.headers
        assert harness.records(mark) == []
        assert caller.chat(model="fake/free:free").status == 200

    def test_too_long_an_answer_says_what_could_be_paid(self, harness: Harness) -> None:
        caller, mark = harness.caller("0.001"), marker()
        answer = caller.chat(f"fake: marker={mark}", max_tokens=1000)
        assert answer.status == 402
        message = answer.error["message"]
        assert message.startswith(
            "This request requires more credits, or fewer max_tokens. "
            "You requested up to 1000 tokens, but can only afford "
        )
        most = answer.error["metadata"]["suggested_max_tokens"]
        assert 400 < most < 500
        assert harness.records(mark) == []
        assert caller.chat(f"fake: marker={mark}", max_tokens=most).status == 200, "the advice holds"

    @BOTH
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_an_open_length_is_capped_to_what_can_be_paid(self, harness: Harness, model: str, *, stream: bool) -> None:
        caller = harness.caller("0.001")
        answer = caller.chat("fake: tokens=4000", model, stream=stream)
        assert answer.status == 200
        assert 300 < answer.usage["completion_tokens"] < 500
        granted, used = caller.totals()
        assert used == nanos(answer.usage) <= granted == 1_000_000

    def test_a_provider_that_ignores_the_cap_leaves_no_debt(self, harness: Harness) -> None:
        caller = harness.caller("0.001")
        script = f'fake: prompt_tokens=5000 text="{"x " * 20}"'
        answer = caller.chat(script, max_tokens=100)
        assert answer.status == 200
        cost = nanos(answer.usage)
        granted, used = caller.totals()
        assert cost > granted
        row = caller.generation(answer.id)
        assert row.cost == used <= granted
        assert row.cost + row.shortfall == cost
        assert round(answer.usage["cost"] * 10**9) == used
        assert caller.chat().status == 402

    def test_a_longer_answer_than_held_is_paid_from_what_is_left(self, harness: Harness) -> None:
        caller = harness.caller("1")
        answer = caller.chat("fake: prompt_tokens=5000", max_tokens=100)
        assert caller.used == nanos(answer.usage)
        assert caller.generation(answer.id).shortfall == 0

    async def test_a_balance_for_ten_serves_exactly_ten_at_once(self, harness: Harness) -> None:
        mark = marker()
        body = poor_body(mark)
        # What one request is held for is seen from the refusal of a caller who can't pay for it.
        poor = await asyncio.to_thread(harness.caller, "0.000001")
        refused = await asyncio.to_thread(poor.post, json.dumps(body).encode())
        estimate = round(refused.error["metadata"]["estimated_cost"] * 10**9)
        assert estimate > 16 * COMPLETION_NANOS
        rich = await asyncio.to_thread(harness.caller, f"{estimate * 10 / 10**9:.9f}")
        async with httpx.AsyncClient(base_url=harness.url, headers=rich.headers, timeout=30) as http:
            answers = await asyncio.gather(*(http.post(CHAT, json={**body, "stream": n % 2 == 0}) for n in range(60)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] * 10 + [402] * 50
        assert len(harness.records(mark)) == 10
        refusals = [answer for answer in answers if answer.status_code == 402]
        for answer in refusals:
            assert answer.headers["retry-after"]
            metadata = answer.json()["error"]["metadata"]
            assert metadata["limit_source"] == "openrouter_in_flight_budget"
            assert metadata["reason"] == "in_flight_budget_exhausted"
        granted, used = await asyncio.to_thread(rich.totals)
        assert 0 < used <= granted

    def test_prices_differ_by_the_one_that_answers(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/multi", provider={"only": ["gamma"]})
        usage = answer.usage
        assert caller.used == 3 * (
            usage["prompt_tokens"] * PROMPT_NANOS + usage["completion_tokens"] * COMPLETION_NANOS
        )

    def test_grants_arrive_at_once_in_the_same_process(self, harness: Harness) -> None:
        caller = harness.caller("0")
        assert caller.chat().status == 402
        grant = harness.services.credits.grant(caller.account_id, 10**9, reference="r", idempotency_key=caller.key_hash)
        harness.call(grant)
        assert caller.chat().status == 200


def poor_body(mark: str) -> dict[str, Any]:
    """A request that is under way for a while, of as many tokens as come: each costs nearly what is held for it."""
    messages = [{"role": "user", "content": f"fake: first_ms=700 marker={mark}"}]
    return {"model": "fake/text", "messages": messages, "max_tokens": 16}


class TestKeyLimit:
    """A key spends no more than its limit."""

    @BOTH
    def test_spent_it_is_403_and_no_provider_is_called(self, harness: Harness, *, stream: bool) -> None:
        caller, mark = harness.caller("5", limit="0"), marker()
        answer = caller.chat(f"fake: marker={mark}", max_tokens=500, stream=stream)
        assert answer.status == 403
        error = answer.error
        assert error["message"].startswith("Key limit exceeded (total limit)")
        assert error["metadata"]["error_type"] == "permission_denied"
        assert error["metadata"]["limit_source"] == "openrouter_key_limit"
        assert "retry-after" not in answer.headers
        assert harness.records(mark) == []

    @BOTH
    def test_more_than_is_left_is_402_that_says_what_would_do(self, harness: Harness, *, stream: bool) -> None:
        caller, mark = harness.caller("5", limit="0.0005"), marker()
        answer = caller.chat(f"fake: marker={mark}", max_tokens=5000, stream=stream)
        assert answer.status == 402
        metadata = answer.error["metadata"]
        assert metadata["limit_source"] == "openrouter_key_limit"
        assert metadata["reason"] == "weight_exceeds_budget"
        assert "retry-after" not in answer.headers
        assert harness.records(mark) == []
        assert caller.chat(f"fake: marker={mark}", max_tokens=metadata["suggested_max_tokens"]).status == 200

    def test_it_is_never_passed_by_many_calls(self, harness: Harness) -> None:
        caller = harness.caller("5", limit="0.0005")
        statuses = [caller.chat("fake: tokens=60", max_tokens=60).status for _ in range(8)]
        assert statuses == sorted(statuses)
        assert set(statuses) == {200, 402}
        data = caller.get("/key").json()["data"]
        assert data["usage"] <= data["limit"]
        assert data["limit_remaining"] == pytest.approx(data["limit"] - data["usage"])

    def test_an_open_length_is_capped_to_it(self, harness: Harness) -> None:
        caller = harness.caller("5", limit="0.0005")
        answer = caller.chat("fake: tokens=4000")
        assert answer.status == 200
        assert caller.used <= 500_000

    def test_a_limit_of_nothing_allows_free_models_only(self, harness: Harness) -> None:
        caller = harness.caller("5", limit="0")
        assert caller.chat().status == 403
        assert caller.chat(model="fake/free:free").status == 200


class TestFree:
    """Free models cost nothing and have limits of their own."""

    @BOTH
    def test_they_are_never_charged(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat("fake: tokens=300", "fake/free:free", stream=stream)
        assert answer.usage["cost"] == 0
        assert answer.usage["completion_tokens"] == 300
        assert caller.used == 0
        row = caller.generation(answer.id)
        assert (row.is_free, row.cost, row.status) == (True, 0, "ok")

    @pytest.mark.parametrize(("usd", "limit"), [("0", 3), ("1", 5)])
    def test_the_daily_limit_is_429_with_headers(self, stingy: Harness, usd: str, limit: int) -> None:
        caller = stingy.caller(usd)
        assert [caller.chat(model="fake/free:free").status for _ in range(limit)] == [200] * limit
        mark = marker()
        answer = caller.chat(f"fake: marker={mark}", "fake/free:free", stream=True)
        assert answer.status == 429
        name = "free-models-per-day" if usd == "0" else "free-models-per-day-high-balance"
        assert answer.error["message"].startswith(f"Rate limit exceeded: {name}.")
        metadata = answer.error["metadata"]
        assert metadata["error_type"] == "rate_limit_exceeded"
        assert metadata["limit_source"] == "openrouter_free_tier_daily"
        assert answer.headers["x-ratelimit-limit"] == metadata["headers"]["X-RateLimit-Limit"] == str(limit)
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert int(answer.headers["x-ratelimit-reset"]) > 10**12, "milliseconds since 1970"
        assert 0 < int(answer.headers["retry-after"]) <= 86_400
        assert stingy.records(mark) == []
        quota = caller.get("/key").json()["data"]["free_model_daily_requests"]
        assert quota == {"limit": limit, "used": limit, "remaining": 0}
        if usd != "0":
            assert caller.chat().status == 200, "paid models have no such limit"
        stingy.check()

    @BOTH
    @pytest.mark.parametrize("script", ["fail=status status=500", "fail=reset", "fail=html"])
    def test_failures_do_not_count(self, stingy: Harness, script: str, *, stream: bool) -> None:
        caller = stingy.caller("0")
        for _ in range(4):
            assert caller.chat(f"fake: {script}", "fake/free:free", stream=stream).status == 502
        quota = caller.get("/key").json()["data"]["free_model_daily_requests"]
        assert quota["used"] == 0
        assert caller.chat(model="fake/free:free").status == 200

    def test_a_stream_that_breaks_does_not_count(self, stingy: Harness) -> None:
        caller = stingy.caller("0")
        for _ in range(4):
            assert "error" in caller.chat("fake: fail=truncate at=4", "fake/free:free", stream=True).events[-1]
        assert caller.get("/key").json()["data"]["free_model_daily_requests"]["used"] == 0

    def test_a_refused_request_does_not_count(self, stingy: Harness) -> None:
        caller = stingy.caller("0")
        body: dict[str, Any] = {
            "models": ["fake/free:free", "fake/text"],
            "messages": [{"role": "user", "content": ""}],
        }
        assert caller.post(json.dumps(body).encode()).status == 402, "a paid fallback must be payable"
        assert caller.get("/key").json()["data"]["free_model_daily_requests"]["used"] == 0

    def test_the_limit_by_the_minute(self, harness: Harness) -> None:
        caller = harness.caller("0")
        answers = [caller.chat(model="fake/free:free") for _ in range(42)]
        refused = [answer for answer in answers if answer.status == 429]
        # Twenty a minute; the minute may change once while this runs.
        assert 2 <= len(refused) <= 22
        assert refused[0].error["message"].startswith("Rate limit exceeded: free-models-per-min.")
        assert refused[0].headers["x-ratelimit-limit"] == "20"
        assert 0 < int(refused[0].headers["retry-after"]) <= 60


class TestWhatAKeyIsLimitedBy:
    """`GET /key` tells every limit in the order of checking, with what was spent to the last answer."""

    @pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")
    def test_budgets_in_order(self, harness: Harness) -> None:
        caller = harness.caller("5", limit="0.5")
        services = harness.services
        live = harness.call(services.keys.authenticate(caller.key))
        record, account = live.record, caller.account_id
        budgets = services.budgets
        harness.call(budgets.put(account, "account", account, 4 * 10**9, None))
        harness.call(budgets.put(account, "workspace", live.workspace_id, 3 * 10**9, "monthly"))
        harness.call(budgets.put(account, "member", record.user_id, 10**9, "weekly"))
        harness.call(budgets.put(account, "api_key", record.id, 10**8, "daily"))
        assert caller.chat().status == 200
        spent = caller.used / 10**9
        with OpenRouter(api_key=caller.key, server_url=f"{harness.url}/api/v1") as client:
            data = client.api_keys.get_current_key_metadata().data
        assert [(each.scope, each.limit_usd, each.reset_interval) for each in data.budgets] == [
            ("member", 1, "weekly"),
            ("api_key", 0.1, "daily"),
            ("workspace", 3, "monthly"),
            ("workspace", 4, None),
            ("key_limit", 0.5, None),
        ]
        for each in data.budgets:
            assert (each.spend_usd, each.remaining_usd) == pytest.approx((spent, each.limit_usd - spent))
            assert (each.resets_at is None) == (each.reset_interval is None)
        assert data.effective_budget is not None
        assert data.effective_budget.scope == "api_key"

    def test_nothing_is_budgeted(self, caller: Caller) -> None:
        data = caller.get("/key").json()["data"]
        assert (data["budgets"], data["effective_budget"]) == ([], None)

    def test_what_is_spent_comes_first(self, harness: Harness) -> None:
        caller = harness.caller("5", limit="0")
        data = caller.get("/key").json()["data"]
        assert data["effective_budget"]["scope"] == "key_limit"
        assert data["effective_budget"]["remaining_usd"] == 0

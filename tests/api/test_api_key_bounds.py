"""Bounds of a key at the public doors: pace, slots, models, providers, addresses; told in every door's dialect."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import Caller, Harness, marker, until

from modelport.gateway.shared_cache import SharedCache
from modelport.keys.service import Bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES = [{"role": "user", "content": "fake: tokens=3"}]
DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/api/v1/chat/completions", {"model": "fake/text", "messages": MESSAGES}),
    "messages": ("/api/v1/messages", {"model": "fake/text", "max_tokens": 50, "messages": MESSAGES}),
    "responses": ("/api/v1/responses", {"model": "fake/text", "input": "fake: tokens=3"}),
    "completions": ("/api/v1/completions", {"model": "fake/text", "prompt": "fake: tokens=3"}),
}


def _sent(caller: Caller, door: str, **more: Any) -> Any:
    path, body = DOORS[door]
    return caller.post(json.dumps({**body, **more}).encode(), path=path)


@pytest.mark.parametrize("door", DOORS)
def test_a_key_that_is_too_fast(harness: Harness, door: str) -> None:
    caller = harness.caller(requests_per_minute=1)
    answers = [_sent(caller, door) for _ in range(3)]  # the minute may change once while this runs
    first, refused = answers[0], next(each for each in answers if each.status != 200)
    assert first.status == 200, first.content
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("1", "0")
    assert int(first.headers["x-ratelimit-reset"]) > 10**12
    assert refused.status == 429
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "key-requests-per-min" in refused.content.decode()
    assert "rate_limit" in refused.content.decode()


def test_tokens_by_the_minute(harness: Harness) -> None:
    caller = harness.caller(tokens_per_minute=200)
    answers = [caller.chat("fake: tokens=150", stream=True) for _ in range(3)]
    assert answers[0].status == 200
    assert answers[0].headers["x-ratelimit-limit-tokens"] == "200"
    assert 429 in {answer.status for answer in answers[1:]} | {caller.chat("x" * 900).status}


@pytest.mark.parametrize("ending", ["complete", "failed", "left", "refused"])
def test_a_slot_is_given_back_whatever_the_ending(harness: Harness, ending: str) -> None:
    caller = harness.caller("0.001" if ending == "refused" else "1", max_concurrency=1)
    if ending == "complete":
        assert caller.chat(stream=True).status == 200
    elif ending == "failed":
        assert caller.chat("fake: fail=status status=500").status == 502
        assert "error" in caller.chat("fake: fail=truncate at=4", stream=True).events[-1]
    elif ending == "refused":
        assert caller.chat(max_tokens=8000).status == 402
    else:
        body = {
            "model": "fake/text",
            "stream": True,
            "messages": [{"role": "user", "content": "fake: tokens=5000 interval_ms=20"}],
        }
        with harness.http.stream("POST", "/api/v1/chat/completions", json=body, headers=caller.headers) as response:
            pieces = response.iter_bytes()  # kept: without it the response would be closed
            next(pieces)
            assert caller.chat().status == 429
    assert until(lambda: caller.chat().status == 200)


def test_more_at_once_than_there_are_slots(harness: Harness) -> None:
    caller = harness.caller(max_concurrency=2)
    mark = marker()
    statuses: list[int] = []

    def send() -> None:
        statuses.append(caller.chat(f"fake: marker={mark} first_ms=300").status)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 200 in statuses
    assert len(harness.records(mark)) == statuses.count(200)


class TestWhatAKeyMayUse:
    """Models, providers, addresses."""

    def test_models(self, harness: Harness) -> None:
        caller = harness.caller(models=("fake/te*",))
        assert caller.chat().status == 200
        refused = caller.chat(model="fake/multi")
        assert refused.status == 404
        assert refused.error["message"].startswith("No endpoints available matching your guardrail restrictions")
        assert refused.error["availability"]["excluded_by"] == ["allowed_models"]

    def test_providers(self, harness: Harness) -> None:
        caller = harness.caller(providers=("gamma",))
        for _ in range(3):
            assert caller.chat(model="fake/multi").text == "three"
        assert caller.chat().status == 404

    def test_a_model_that_is_not_allowed_is_no_fallback(self, harness: Harness) -> None:
        caller = harness.caller(models=("fake/text",))
        body = {"models": ["fake/multi", "fake/text"], "messages": MESSAGES}
        answer = caller.post(json.dumps(body).encode())
        assert (answer.status, answer.json["model"]) == (200, "fake/text")

    def test_addresses(self, harness: Harness) -> None:
        assert harness.caller(addresses=("127.0.0.0/8",)).chat().status == 200
        caller = harness.caller(addresses=("192.0.2.0/24",))
        refused = caller.chat()
        assert (refused.status, refused.error["metadata"]["error_type"]) == (403, "permission_denied")
        assert caller.post(b"{}", {"x-forwarded-for": "192.0.2.1"}).status == 403, "no proxy of ours says so"
        assert caller.get("/key").status_code == 403

    def test_a_change_holds_at_once(self, harness: Harness) -> None:
        caller = harness.caller()
        assert caller.chat().status == 200
        harness.call(harness.services.keys.update(caller.key_hash, bounds=Bounds(models=("other/*",))))
        assert caller.chat().status == 404
        harness.call(harness.services.keys.update(caller.key_hash, bounds=Bounds(), disabled=True))
        assert caller.chat().status == 401
        harness.call(harness.services.keys.update(caller.key_hash, disabled=False))
        assert caller.chat().status == 200
        harness.call(harness.services.keys.update(caller.key_hash, expires_at=1))
        assert caller.chat().status == 401


def test_behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = Harness(tmp_path_factory.mktemp("proxied"), trusted_proxies=["127.0.0.1"])
    try:
        caller = made.caller(addresses=("192.0.2.0/24",))
        body = json.dumps(DOORS["chat"][1]).encode()
        assert caller.post(body, {"x-forwarded-for": "192.0.2.1"}).status == 200
        assert caller.post(body, {"x-forwarded-for": "192.0.2.1, 198.51.100.1"}).status == 403
        assert caller.post(body).status == 403
    finally:
        made.stop(within=1)


def test_the_quota_of_a_key_is_told(harness: Harness) -> None:
    answer = harness.caller(limit="0.5").chat(stream=True)
    assert (answer.headers["x-modelport-quota-limit"], answer.headers["x-modelport-quota-remaining"]) == ("0.5", "0.5")
    plain = harness.caller().chat()
    assert not [name for name in plain.headers if name.startswith(("x-ratelimit", "x-modelport-quota"))]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server whose limits are in a Redis of its own."""
    from db.redis_server import RedisServer

    redis = RedisServer()
    redis.start()
    made = Harness(tmp_path_factory.mktemp("redis"), redis_url=redis.url, redis_timeout=5, free_requests_per_day=2)
    yield made
    made.stop(within=1)
    redis.remove()


def test_cached_answers_in_redis(pair: Harness) -> None:
    """With one server; two on one database are `make proof`'s (`test_api_shared_cache.py`)."""
    caller, headers = pair.caller(), {"x-openrouter-cache": "true"}
    first = caller.chat("once", headers=headers)
    cache = pair.services.cache
    assert isinstance(cache, SharedCache)
    until(lambda: not cache._tasks or None)
    again = caller.chat("once", headers=headers)
    assert [each.headers["x-openrouter-cache-status"] for each in (first, again)] == ["MISS", "HIT"]
    assert again.headers["x-openrouter-cache-source-id"] == first.id
    assert pair.caller().chat("once", headers=headers).headers["x-openrouter-cache-status"] == "MISS"


def test_limits_in_redis(pair: Harness) -> None:
    caller = pair.caller("0", max_concurrency=1)
    assert [caller.chat(model="fake/free:free").status for _ in range(2)] == [200, 200]
    assert until(lambda: caller.chat("fake: fail=status status=500", "fake/free:free").status == 429 or None)
    assert caller.get("/key").json()["data"]["free_model_daily_requests"] == {"limit": 2, "used": 2, "remaining": 0}

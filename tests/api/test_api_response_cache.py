"""The response cache: the same words again give the same answer, at once and for nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import marker

from modelport.gateway.cache import Cached, ResponseCache, Wanted

if TYPE_CHECKING:
    from api_harness import Answer, Caller

ON = {"x-openrouter-cache": "true"}
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def ask(caller: Caller, said: str, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    return caller.chat(said, headers=ON if headers is None else headers, **fields)


def status(answer: Answer) -> str | None:
    return answer.headers.get("x-openrouter-cache-status")


@BOTH
def test_the_same_words_again(caller: Caller, *, stream: bool) -> None:
    mark = marker()
    said = f"fake: tokens=5 marker={mark}"
    first = ask(caller, said, stream=stream)
    used = caller.used
    again = ask(caller, said, {**ON, "x-openrouter-cache-ttl": "60abc"}, stream=stream)
    assert (status(first), status(again)) == ("MISS", "HIT")
    assert (again.text, again.done) == (first.text, first.done)
    assert again.headers["x-openrouter-cache-source-id"] == first.id
    assert 290 <= int(again.headers["x-openrouter-cache-ttl"]) <= 300
    assert int(again.headers["x-openrouter-cache-age"]) < 10
    told = [again.headers[name] for name in ("x-provider", "x-model", "x-attempt", "x-cost")]
    assert told == ["fake", "fake/text", "0", "0"]
    assert "read;dur=" in again.headers["server-timing"]
    assert again.id != first.id
    assert again.id in again.content.decode()
    assert first.id not in again.content.decode()
    assert (again.usage["prompt_tokens"], again.usage["completion_tokens"], again.usage["cost"]) == (0, 0, 0)
    assert caller.used == used > 0
    assert len(caller.harness.records(mark)) == 1
    shown = caller.get(f"/generation?id={again.id}").json()["data"]
    assert (shown["total_cost"], shown["trace"]["cache"]["source_id"]) == (0, first.id)


def test_what_is_another_request(caller: Caller) -> None:
    said = f"fake: tokens=5 marker={marker()}"
    assert status(ask(caller, said)) == "MISS"
    assert status(ask(caller, said, temperature=1)) == "MISS"
    assert status(ask(caller, said, stream=True)) == "MISS"
    assert status(ask(caller.harness.caller(), said)) == "MISS", "another key"
    assert status(ask(caller, said, {})) is None
    assert status(ask(caller, said, {"x-openrouter-cache": "false"})) is None
    spaced = json.dumps(caller.body(said), indent=3).encode()
    assert status(caller.post(spaced, ON)) == "HIT", "only the spaces differ"
    cleared = ask(caller, said, {**ON, "x-openrouter-cache-clear": "true"})
    assert status(cleared) == "MISS"
    assert ask(caller, said).headers["x-openrouter-cache-source-id"] == cleared.id


@BOTH
def test_faults_are_never_kept(caller: Caller, *, stream: bool) -> None:
    for script in ("fail=status", "tokens=9 interval_ms=9 fail=reset at=4"):
        said = f"fake: {script} marker={marker()}"
        assert status(ask(caller, said, stream=stream)) == "MISS"
        assert status(ask(caller, said, stream=stream)) == "MISS"


def test_a_preset_may_want_it(caller: Caller) -> None:
    def preset(slug: str, *, enabled: bool) -> None:
        body = {"model": "fake/text", "cache_enabled": enabled, "cache_ttl_seconds": 77}
        path = f"/api/v1/presets/{slug}/chat/completions"
        assert caller.harness.http.post(path, json=body, headers=caller.headers).status_code == 200

    preset("keeps", enabled=True)
    preset("never", enabled=False)
    said = f"marker={marker()}"
    assert status(ask(caller, said, {}, preset="keeps")) == "MISS"
    again = ask(caller, said, {}, preset="keeps")
    assert (status(again), int(again.headers["x-openrouter-cache-ttl"]) <= 77) == ("HIT", True)
    assert status(ask(caller, said, {"x-openrouter-cache": "false"}, preset="keeps")) is None
    assert status(ask(caller, said, ON, preset="never")) is None


@pytest.mark.parametrize("path", ["messages", "responses"])
@BOTH
def test_other_dialects(caller: Caller, path: str, *, stream: bool) -> None:
    says = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 9} if path == "messages" else {"input": "x"}
    body = json.dumps({"model": "fake/text", "stream": stream, **says}).encode()
    first, again = (caller.harness.http.post(f"/api/v1/{path}", content=body, headers={**caller.headers, **ON})
                    for _ in range(2))  # fmt: skip
    assert first.headers["x-openrouter-cache-status"] == "MISS"
    assert again.headers["x-openrouter-cache-status"] == "HIT"
    assert again.content.count(b"\n") == first.content.count(b"\n")


async def test_it_keeps_within_its_room_and_time() -> None:
    now = 0.0
    cache = ResponseCache(1000, lambda: now)

    def asked(number: int) -> Wanted:
        return Wanted("acc_1", bytes([number]), 10, clear=False)

    answer = Cached("gen-1", b"application/json", b"x" * 100, "m", "p", "P")
    for number in range(15):
        cache.keep(asked(number), answer)
    assert cache.size == 1000
    assert await cache.find(asked(0)) is None
    assert await cache.find(asked(14)) is not None
    cache.keep(asked(99), Cached("gen-1", b"application/json", b"x" * 500, "m", "p", "P"))
    assert await cache.find(asked(99)) is None, "one answer must not push out all others"
    now = 10.0
    assert await cache.find(asked(14)) is None

"""What is refused for money or pace at every door that can reach a provider: status, words, headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import Harness, marker

from modelport.db.database import DatabaseDown

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from api_harness import Caller

SCRIPT = "fake: tokens=3"


@dataclass(frozen=True)
class Spoken:
    """How a door is spoken to, and how it says no."""

    path: str
    """With `MODEL` for the model's id."""
    body: Callable[[str, str], dict[str, Any]]
    """From the model's id and what the user says."""
    words: Callable[[Any], str]
    kind: Callable[[Any, httpx.Headers], object]
    """What it says of the fault's kind."""
    kinds: tuple[object, object, object, object]
    """Of 402, 403, 429 and 503."""
    facts: Callable[[Any], dict[str, Any]]
    """The figures that go with it."""


def _messages(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


_OURS = ("payment_required", "permission_denied", "rate_limit_exceeded", "server")


def _plain(path: str, body: Callable[[str, str], dict[str, Any]]) -> Spoken:
    """A door whose errors are the reference's."""
    return Spoken(
        path,
        body,
        lambda answer: answer["error"]["message"],
        lambda answer, _: (answer["error"]["code"], answer["error"]["metadata"]["error_type"]),
        tuple(zip((402, 403, 429, 503), _OURS, strict=True)),  # type: ignore[arg-type]
        lambda answer: answer["error"]["metadata"],
    )


DOORS: dict[str, Spoken] = {
    "chat": _plain(
        "/api/v1/chat/completions", lambda model, text: {"model": model, "messages": _messages(text), "max_tokens": 50}
    ),
    "completions": _plain(
        "/api/v1/completions", lambda model, text: {"model": model, "prompt": text, "max_tokens": 50}
    ),
    "embeddings": _plain("/api/v1/embeddings", lambda model, text: {"model": model, "input": text}),
    "rerank": _plain("/api/v1/rerank", lambda model, text: {"model": model, "query": text, "documents": ["a", "b"]}),
    "responses": Spoken(
        "/api/v1/responses",
        lambda model, text: {"model": model, "input": text, "max_output_tokens": 50},
        lambda answer: answer["error"]["message"],
        lambda answer, _: answer["error_type"],
        _OURS,
        lambda answer: answer["metadata"],
    ),
    "messages": Spoken(
        "/api/v1/messages",
        lambda model, text: {"model": model, "max_tokens": 50, "messages": _messages(text)},
        lambda answer: answer["error"]["message"],
        lambda answer, _: answer["error"]["type"],
        ("billing_error", "permission_error", "rate_limit_error", "api_error"),
        lambda answer: answer["error"]["metadata"],
    ),
    "gemini": Spoken(
        "/v1beta/models/MODEL:generateContent",
        lambda _, text: {"contents": [{"parts": [{"text": text}]}], "generationConfig": {"maxOutputTokens": 50}},
        lambda answer: answer["error"]["message"],
        lambda answer, _: answer["error"]["status"],
        ("FAILED_PRECONDITION", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"),
        lambda answer: answer["error"]["details"][0]["metadata"],
    ),
    "converse": Spoken(
        "/model/MODEL/converse",
        lambda _, text: {
            "messages": [{"role": "user", "content": [{"text": text}]}],
            "inferenceConfig": {"maxTokens": 50},
        },
        lambda answer: answer["message"],
        lambda _, headers: headers["x-amzn-errortype"],
        (
            "ServiceQuotaExceededException",
            "AccessDeniedException",
            "ThrottlingException",
            "InternalServerException",
        ),
        lambda answer: answer["metadata"],
    ),
    "cohere": Spoken(
        "/v2/chat",
        lambda model, text: {"model": model, "messages": _messages(text), "max_tokens": 50},
        lambda answer: answer["message"],
        lambda answer, _: answer["error_type"],
        _OURS,
        lambda answer: answer["metadata"],
    ),
}
MODELS = {"embeddings": "fake/vectors", "rerank": "fake/ranks"}
"""Doors of their own kinds of model."""


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    return request.param


def ask(caller: Caller, door: str, text: str = SCRIPT) -> httpx.Response:
    spoken, model = DOORS[door], MODELS.get(door, "fake/text")
    address = spoken.path.replace("MODEL", model)
    return caller.harness.http.post(address, json=spoken.body(model, text), headers=caller.headers)


def refused(answer: httpx.Response, door: str, status: int) -> dict[str, Any]:
    """Checks what every refusal has in common; the figures that it told."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-generation-id"].startswith("gen-")
    assert "dur=-" not in answer.headers["server-timing"]
    spoken, body = DOORS[door], answer.json()
    assert spoken.words(body)
    at = (402, 403, 429, 503).index(status)
    assert spoken.kind(body, answer.headers) == spoken.kinds[at]
    return {} if status == 503 else spoken.facts(body)


def told(facts: dict[str, Any], *names: str) -> None:
    """Every figure is there, and none is below zero."""
    assert {name: float(facts[name]) >= 0 for name in names} == dict.fromkeys(names, True), facts


def test_without_credits(harness: Harness, door: str) -> None:
    mark = marker()
    answer = ask(harness.caller("0"), door, f"fake: marker={mark}")
    facts = refused(answer, door, 402)
    told(facts, "estimated_cost", "available", "in_flight", "suggested_max_tokens")
    assert (facts["limit_source"], facts["reason"]) == ("openrouter_credits", "weight_exceeds_budget")
    assert "retry-after" not in answer.headers
    assert harness.records(mark) == []


def test_a_key_that_has_spent_its_limit(harness: Harness, door: str) -> None:
    answer = ask(harness.caller("5", limit="0"), door)
    facts = refused(answer, door, 403)
    told(facts, "estimated_cost", "available", "in_flight", "limit_usd", "spend_usd")
    assert facts["limit_source"] == "openrouter_key_limit"
    assert DOORS[door].words(answer.json()).startswith("Key limit exceeded (total limit)")
    assert (answer.headers["x-modelport-quota-limit"], answer.headers["x-modelport-quota-remaining"]) == ("0", "0")
    assert "retry-after" not in answer.headers


def test_too_little_left_of_a_key_s_limit(harness: Harness, door: str) -> None:
    answer = ask(harness.caller("5", limit="0.000001"), door)
    facts = refused(answer, door, 402)
    assert (facts["limit_source"], facts["reason"]) == ("openrouter_key_limit", "weight_exceeds_budget")
    assert answer.headers["x-modelport-quota-remaining"] == "0.000001"
    assert "retry-after" not in answer.headers


def test_requests_under_way_hold_the_rest(harness: Harness, door: str) -> None:
    """What is left suffices for one, and one is under way: it is worth waiting."""
    poor = ask(harness.caller("0"), door)
    estimate = float(DOORS[door].facts(poor.json())["estimated_cost"])
    caller = harness.caller(f"{estimate * 1.5:.9f}")
    purse = harness.call(harness.services.credits.purse(caller.account_id))
    taken = harness.call(_held(purse, round(estimate * 10**9)))
    try:
        answer = ask(caller, door)
    finally:
        purse.release(taken)
    facts = refused(answer, door, 402)
    told(facts, "estimated_cost", "available", "in_flight", "suggested_max_tokens")
    assert facts["limit_source"] == "openrouter_in_flight_budget"
    assert facts["reason"] == "in_flight_budget_exhausted"
    assert int(answer.headers["retry-after"]) >= 1


async def _held(purse: Any, amount: int) -> int:
    purse.hold(amount, max_tokens=0, affordable_tokens=0)
    return amount


def test_a_budget_that_is_spent(harness: Harness, door: str) -> None:
    caller = harness.caller("5")
    harness.call(harness.services.budgets.put(caller.account_id, "account", caller.account_id, 1, "monthly"))
    answer = ask(caller, door)
    facts = refused(answer, door, 403)
    told(facts, "limit_usd", "spend_usd", "estimated_cost", "available", "in_flight")
    assert facts["limit_source"] == "openrouter_guardrail_budget"
    assert "budget" in DOORS[door].words(answer.json())


def test_too_many_a_minute(harness: Harness, door: str) -> None:
    caller = harness.caller(requests_per_minute=1, limit="0")
    answers = [ask(caller, door) for _ in range(3)]  # the minute may change once while this runs
    # What was refused for money tells its pace as well.
    first, answer = answers[0], next(each for each in answers if each.status_code == 429)
    assert (first.status_code, first.headers["x-ratelimit-limit"]) == (403, "1")
    facts = refused(answer, door, 429)
    assert facts["limit_source"] == "openrouter_key_rate_limit"
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("1", "0")
    assert int(answer.headers["x-ratelimit-reset"]) % 60_000 == 0
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-modelport-quota-limit"] == "0"


def test_too_many_at_once(harness: Harness, door: str) -> None:
    caller = harness.caller(max_concurrency=1)
    live = harness.call(harness.services.keys.authenticate(caller.key))
    other = harness.services.limits.take(live.record, "another", free=False, paid=True, prompt_tokens=0)
    ticket = harness.call(other)
    answer = ask(caller, door)
    harness.loop.call_soon_threadsafe(ticket.failed)
    assert refused(answer, door, 429)["limit_source"] == "openrouter_key_concurrency"
    assert answer.headers["retry-after"] == "1"


def test_while_nothing_can_be_recorded(harness: Harness, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider is called for an answer that would have to be withheld."""
    journal, mark = harness.services.journal, marker()
    monkeypatch.setattr(journal, "_failing_since", 1.0)
    with pytest.raises(DatabaseDown):
        journal.refuse_if_down()
    answer = ask(harness.caller(), door, f"fake: marker={mark}")
    refused(answer, door, 503)
    assert answer.headers["retry-after"] == "2"
    assert harness.records(mark) == []

"""How a request was routed is told: headers, metadata, the stored trace, and a plan without a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from api_harness import Caller

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
ENABLED = {"x-openrouter-metadata": "Enabled"}


class TestHeaders:
    """Every answer says who gave it, at which attempt, for how much and how long each step took."""

    @BOTH
    def test_of_an_answer_after_a_fallback(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat(model="fake/shaky", provider={"order": ["alpha", "gamma"]}, stream=stream)
        headers = answer.headers
        assert (headers["x-provider"], headers["x-model"], headers["x-attempt"]) == ("gamma", "fake/shaky", "2")
        spans = [each.partition(";")[0] for each in headers["server-timing"].split(", ")]
        assert spans == ["read", "plan", "hold", "upstream"]
        if not stream:
            assert float(headers["x-cost"]) == answer.usage["cost"] > 0

    def test_of_refusals(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/doomed")
        assert (answer.status, answer.headers["x-attempt"], answer.headers["x-cost"]) == (answer.status, "2", "0")
        assert answer.error["metadata"]["attempts"] == 2
        assert answer.error["metadata"]["remedy_hint"]
        unknown = caller.chat(model="fake/none")
        assert (unknown.headers["x-attempt"], unknown.headers["x-cost"]) == ("0", "0")


class TestMetadata:
    """`openrouter_metadata`, for those who ask."""

    @BOTH
    def test_of_an_answer(self, caller: Caller, *, stream: bool) -> None:
        order = {"order": ["alpha", "gamma"]}
        answer = caller.chat(model="fake/shaky", provider=order, stream=stream, headers=ENABLED)
        told = answer.events[-1]["openrouter_metadata"] if stream else answer.json["openrouter_metadata"]
        assert (told["requested"], told["strategy"], told["attempt"]) == ("fake/shaky", "direct", 2)
        assert told["endpoints"]["total"] == 3
        assert [each["model"] for each in told["endpoints"]["available"] if each["selected"]] == ["fake/shaky"]
        assert [(each["provider"], each["status"]) for each in told["attempts"]] == [("Alpha", 500), ("Gamma", 200)]
        plain = caller.chat(model="fake/text", stream=stream)
        assert b"openrouter_metadata" not in plain.content

    def test_of_a_model_that_stood_in(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/fallen", models=["fake/text"], headers=ENABLED)
        assert answer.json["openrouter_metadata"]["strategy"] == "fallback"

    def test_of_refusals(self, caller: Caller) -> None:
        failed = caller.chat(model="fake/doomed", headers=ENABLED).json["openrouter_metadata"]
        assert (failed["attempt"], len(failed["attempts"])) == (2, 2)
        refused = caller.chat(model="fake/none", headers=ENABLED).json["openrouter_metadata"]
        assert (refused["attempt"], refused["endpoints"]["total"]) == (0, 0)

    @pytest.mark.parametrize("path", ["/api/v1/messages", "/api/v1/responses"])
    @BOTH
    def test_in_other_dialects(self, caller: Caller, path: str, *, stream: bool) -> None:
        says = (
            {"max_tokens": 50, "messages": [{"role": "user", "content": "x"}]} if "messages" in path else {"input": "x"}
        )
        body = {"model": "fake/text", "stream": stream, **says}
        headers = {**caller.headers, **ENABLED}
        content = caller.harness.http.post(path, json=body, headers=headers).content.decode()
        last = "{" + content.rsplit("data: {", 1)[-1] if stream else content
        assert json.JSONDecoder().raw_decode(last)[0]["openrouter_metadata"]["requested"] == "fake/text"


class TestTrace:
    """What decided is kept with the generation."""

    def test_on_generation(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/multi", provider={"ignore": ["beta"], "order": ["gamma"]})
        trace: dict[str, Any] = caller.get(f"/generation?id={answer.id}").json()["data"]["trace"]
        steps = {step["endpoint"]: step for step in trace["plan"]}
        assert steps["beta"]["removed"] == "ignore"
        assert steps["gamma"]["notes"] == ["order"]
        assert steps["alpha"]["weight"] > steps["gamma"]["weight"]
        assert [each["endpoint"] for each in trace["attempts"]] == ["gamma"]
        assert set(trace["milliseconds"]) == {"read", "plan", "hold", "upstream"}

    def test_every_attempt_is_a_row(self, caller: Caller) -> None:
        order = {"order": ["alpha", "gamma"]}
        answer = caller.chat(model="fake/shaky", provider=order)
        generation = caller.generation(answer.id)
        assert [(each.endpoint, each.status, each.fault) for each in generation.attempts] == [
            ("alpha", 500, "provider_unavailable"),
            ("gamma", 200, None),
        ]
        shown = caller.get(f"/generation?id={answer.id}").json()["data"]
        responses = shown["provider_responses"]
        assert [(each["provider_name"], each["status"]) for each in responses] == [("Alpha", 500), ("Gamma", 200)]
        assert [each["id"] for each in responses] == [None, shown["upstream_id"]]
        assert all(each["endpoint_id"] and each["model_permaslug"] == "fake/shaky" for each in responses)

    def test_what_generation_tells_of_its_request(self, caller: Caller) -> None:
        caller.harness.http.post(
            "/api/v1/presets/told/chat/completions", json=caller.body(), headers=caller.headers
        ).raise_for_status()
        preset = caller.get("/presets/told").json()["data"]["id"]
        by_preset = caller.chat(model="@preset/told")
        shown = caller.get(f"/generation?id={by_preset.id}").json()["data"]
        assert (shown["preset_id"], shown["router"], shown["api_type"]) == (preset, None, "completions")
        routed = caller.chat(model="openrouter/auto")
        assert caller.get(f"/generation?id={routed.id}").json()["data"]["router"] == "openrouter/auto"
        on = {"x-openrouter-cache": "true"}
        first, again = caller.chat("twice", headers=on), caller.chat("twice", headers=on)
        shown = caller.get(f"/generation?id={again.id}").json()["data"]
        assert (shown["response_cache_source_id"], shown["provider_responses"]) == (first.id, [])

    def test_the_discount_of_a_cache(self, caller: Caller) -> None:
        answer = caller.chat(
            "fake: prompt_tokens=1000 cached_tokens=400", model="fake/cached", provider={"only": ["beta"]}
        )
        used = answer.usage
        shown = caller.get(f"/generation?id={answer.id}").json()["data"]
        cached = used["prompt_tokens_details"]["cached_tokens"]
        assert cached > 0
        assert shown["cache_discount"] == pytest.approx(cached * (0.0000012 - 0.0000001))
        assert caller.get(f"/generation?id={caller.chat().id}").json()["data"]["cache_discount"] is None

    def test_a_plan_without_a_request(self, caller: Caller) -> None:
        body = caller.body(model="fake/multi:floor", provider={"ignore": ["beta"]})
        answer = caller.post(json.dumps(body).encode(), path="/api/v1/route")
        assert answer.status == 200
        plan = answer.json["data"]
        assert (plan["sort"], [each["provider"] for each in plan["attempts"]]) == ("price", ["alpha", "gamma"])
        reasons = {each["endpoint"]: each["reason"] for each in plan["endpoints"]}
        assert "provider.ignore" in reasons["beta"]["en"]
        assert "provider.ignore" in reasons["beta"]["zh"]
        assert reasons["alpha"]["en"].startswith("Place 1")
        assert caller.used == 0
        drawn = caller.post(json.dumps(caller.body(model="fake/multi")).encode(), path="/api/v1/route").json["data"]
        assert sum(each["chance"] for each in drawn["endpoints"]) == pytest.approx(1, abs=0.01)

    def test_it_needs_a_key_and_a_model(self, caller: Caller) -> None:
        assert caller.harness.http.post("/api/v1/route", json=caller.body()).status_code == 401
        missing = caller.post(json.dumps(caller.body(model="fake/none")).encode(), path="/api/v1/route")
        assert (missing.status, missing.error["availability"]["code"]) == (400, "model_not_found")


@BOTH
def test_a_conversation_stays_where_its_prompt_is_cached(caller: Caller, *, stream: bool) -> None:
    """The dearer endpoint first by order, then by its cache alone."""
    said = f"fake: prompt_tokens=100 cached_tokens=90 text=hello{stream}"
    first = caller.chat(said, "fake/cached", provider={"order": ["beta"]}, stream=stream)
    assert first.headers["x-provider"] == "beta"
    assert {caller.chat(said, "fake/cached", stream=stream).headers["x-provider"] for _ in range(8)} == {"beta"}
    others = {caller.chat(f"{said}{n}", "fake/cached").headers["x-provider"] for n in range(12)}
    assert "alpha" in others

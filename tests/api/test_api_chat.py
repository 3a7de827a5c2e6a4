"""`POST /chat/completions`: what a caller gets for an answer, whole and streamed, and what is recorded of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import COMPLETION_NANOS, PROMPT_NANOS, marker, nanos

if TYPE_CHECKING:
    from api_harness import Caller, Harness

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
ALIASES = ["/api/v1/chat/completions", "/v1/chat/completions"]


class TestAnswer:
    """An answer's shape, its bill, and its record."""

    @pytest.mark.parametrize("path", ALIASES)
    def test_without_a_key_it_is_401(self, harness: Harness, path: str) -> None:
        response = harness.http.post(path, json={})
        assert response.status_code == 401
        error = response.json()["error"]
        assert error == {
            "code": 401,
            "message": "Missing Authentication header",
            "metadata": {"error_type": "authentication"},
        }
        assert response.headers["x-generation-id"].startswith("gen-")

    def test_a_whole_answer_has_the_references_shape(self, caller: Caller) -> None:
        before = int(time.time())
        answer = caller.chat("fake: tokens=7 seed=3\nhello there")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        body = answer.json
        assert body["id"] == answer.id
        assert body["id"].startswith("gen-")
        assert body["object"] == "chat.completion"
        assert type(body["created"]) is int
        assert before <= body["created"] <= time.time()
        assert (body["model"], body["provider"]) == ("fake/text", "Fake")
        assert body["system_fingerprint"] == "fp_fake"
        assert "error" not in body
        (choice,) = body["choices"]
        assert (choice["index"], choice["finish_reason"], choice["native_finish_reason"]) == (0, "stop", "stop")
        assert choice["message"]["role"] == "assistant"
        assert len(choice["message"]["content"].split()) == 7

    def test_a_streamed_answer_has_the_references_shape(self, caller: Caller) -> None:
        answer = caller.chat("fake: tokens=7 seed=3\nhello there", stream=True)
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "no-cache" in answer.headers["cache-control"]
        assert answer.done
        assert answer.comments == []
        for event in answer.events:
            assert event["id"] == answer.id
            assert event["object"] == "chat.completion.chunk"
            assert type(event["created"]) is int
            assert (event["model"], event["provider"]) == ("fake/text", "Fake")
            assert event["choices"][0]["index"] == 0
            assert "error" not in event
        assert len(answer.text.split()) == 7
        finishes = [event["choices"][0]["finish_reason"] for event in answer.events]
        assert finishes == [None] * (len(finishes) - 2) + ["stop", "stop"]

    def test_usage_with_its_cost_comes_once_and_last(self, caller: Caller) -> None:
        answer = caller.chat("fake: tokens=5\nhi", stream=True)
        assert ["usage" in event for event in answer.events] == [False] * (len(answer.events) - 1) + [True]
        assert answer.events[-1]["choices"][0]["delta"]["content"] == ""
        assert answer.done

    @pytest.mark.parametrize("asked", [{}, {"stream_options": {"include_usage": False}}, {"usage": {"include": True}}])
    def test_asking_for_usage_or_not_changes_nothing(self, caller: Caller, asked: dict[str, Any]) -> None:
        answer = caller.chat("fake: tokens=5\nhi", stream=True, **asked)
        assert answer.usage["completion_tokens"] == 5

    @BOTH
    def test_the_bill_is_the_price_of_the_tokens(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat("fake: tokens=9 prompt_tokens=120 cached_tokens=20\nhi", stream=stream)
        usage = answer.usage
        assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (120, 9, 129)
        assert usage["prompt_tokens_details"]["cached_tokens"] == 20
        expected = 120 * PROMPT_NANOS + 9 * COMPLETION_NANOS
        assert round(usage["cost"] * 10**9) == expected
        assert usage["is_byok"] is False
        assert caller.used == expected
        row = caller.generation(answer.id)
        assert (row.cost, row.status, row.streamed, row.shortfall) == (expected, "ok", stream, 0)
        assert (row.prompt_tokens, row.completion_tokens, row.cached_tokens) == (120, 9, 20)
        assert not row.estimated
        assert row.upstream_id is not None
        assert row.upstream_id.startswith("chatcmpl-fake-")

    @pytest.mark.parametrize("path", ALIASES)
    def test_both_addresses_serve_it(self, caller: Caller, path: str) -> None:
        answer = caller.post(json.dumps(caller.body("fake: text=hello")).encode(), path=path)
        assert (answer.status, answer.text) == (200, "hello")

    def test_an_alias_leads_to_its_model(self, caller: Caller) -> None:
        assert caller.chat(model="fake/alias").json["model"] == "fake/text"

    def test_the_key_may_come_as_x_api_key(self, harness: Harness, caller: Caller) -> None:
        response = harness.http.post("/api/v1/chat/completions", json=caller.body(), headers={"x-api-key": caller.key})
        assert response.status_code == 200

    def test_prompt_may_stand_for_messages(self, caller: Caller) -> None:
        answer = caller.post(json.dumps({"model": "fake/text", "prompt": "fake: text=@last"}).encode())
        assert answer.text == "fake: text=@last"

    @BOTH
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_tool_calls_come_through(self, caller: Caller, model: str, *, stream: bool) -> None:
        tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
        answer = caller.chat("fake: kind=tools seed=4", model, stream=stream, tools=tools)
        calls: dict[int, str] = {}
        if stream:
            for event in answer.events:
                for piece in event["choices"][0]["delta"].get("tool_calls", []):
                    calls[piece["index"]] = calls.get(piece["index"], "") + piece["function"].get("arguments", "")
        else:
            message = answer.json["choices"][0]["message"]
            calls = {index: call["function"]["arguments"] for index, call in enumerate(message["tool_calls"])}
            assert [call["function"]["name"] for call in message["tool_calls"]] == ["look", "look"]
            assert [call["id"] for call in message["tool_calls"]] == ["call_fake_4_0", "call_fake_4_1"]
        assert [json.loads(text)["days"] for text in calls.values()] == [1, 2]
        row = caller.generation(answer.id)
        assert (row.finish_reason, row.native_finish_reason) == ("tool_calls", "tool_calls")

    @BOTH
    @pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_reasoning_has_the_references_name(self, caller: Caller, model: str, name: str, *, stream: bool) -> None:
        answer = caller.chat(f"fake: kind=reasoning tokens=8 reasoning_field={name}", model, stream=stream)
        parts = (
            [event["choices"][0]["delta"] for event in answer.events]
            if stream
            else [answer.json["choices"][0]["message"]]
        )
        assert len("".join(part.get("reasoning") or "" for part in parts).split()) == 4
        assert answer.usage["completion_tokens_details"]["reasoning_tokens"] == 4

    @BOTH
    @pytest.mark.parametrize("asked", [{"reasoning": {"exclude": True}}, {"include_reasoning": False}])
    def test_reasoning_can_be_left_out(self, caller: Caller, asked: dict[str, Any], *, stream: bool) -> None:
        answer = caller.chat("fake: kind=reasoning tokens=8", stream=stream, **asked)
        assert b'"reasoning"' not in answer.content
        assert b"reasoning_content" not in answer.content
        assert answer.usage["completion_tokens"] == 8, "it is paid for all the same"

    @BOTH
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    @pytest.mark.parametrize("script", ["gzip=true", "crlf=true", "usage=with_finish", "fail=no_done"])
    def test_providers_may_differ_in_form(self, caller: Caller, model: str, script: str, *, stream: bool) -> None:
        answer = caller.chat(f'fake: text="one two" {script}', model, stream=stream)
        assert (answer.status, answer.text) == (200, "one two")
        assert answer.usage["completion_tokens"] == 2
        assert answer.done is stream

    @BOTH
    def test_usage_that_is_not_told_is_counted(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat('fake: text="one two three four" fail=no_usage', stream=stream)
        assert answer.usage["completion_tokens"] == 4
        assert answer.usage["prompt_tokens"] > 0
        row = caller.generation(answer.id)
        assert row.estimated
        assert row.cost == nanos(answer.usage) == caller.used

    @BOTH
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_usage_that_cannot_be_true_is_counted(self, caller: Caller, model: str, *, stream: bool) -> None:
        answer = caller.chat('fake: text="one two three four" prompt_tokens=5000000', model, stream=stream)
        assert answer.usage["completion_tokens"] == 4
        assert 0 < answer.usage["prompt_tokens"] < 100
        row = caller.generation(answer.id)
        assert row.estimated
        assert row.cost == nanos(answer.usage) == caller.used

    def test_an_event_of_megabytes_comes_through(self, caller: Caller) -> None:
        answer = caller.chat("fake: tokens=2 fail=bigline at=1", stream=True)
        assert answer.done
        assert len(answer.text) > 2**20

    @BOTH
    def test_an_empty_answer_that_ends_well_is_an_answer(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat("fake: kind=empty", stream=stream)
        assert answer.status == 200
        assert answer.usage["completion_tokens"] == 0

    @BOTH
    def test_max_tokens_cut_the_answer(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat("fake: tokens=50", stream=stream, max_tokens=3)
        assert answer.usage["completion_tokens"] == 3
        assert caller.generation(answer.id).finish_reason == "length"

    def test_what_the_caller_says_of_itself_is_recorded(self, caller: Caller) -> None:
        headers = {"http-referer": "https://app.test", "x-title": "App", "user-agent": "probe/1"}
        answer = caller.chat(headers=headers, user="someone", session_id="s-1")
        row = caller.generation(answer.id)
        assert (row.http_referer, row.app_title, row.user_agent) == ("https://app.test", "App", "probe/1")
        assert (row.external_user, row.session_id) == ("someone", "s-1")


class TestForwarded:
    """What the provider is sent."""

    def sent(self, caller: Caller, model: str = "fake/text", **fields: Any) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(caller.chat("fake: text=@body", model, **fields).text)
        return body

    def test_openrouters_own_fields_never_reach_it(self, caller: Caller) -> None:
        own: dict[str, Any] = {
            "models": ["fake/text"],
            "route": "fallback",
            "provider": {"order": ["fake"]},
            "plugins": [{"id": "file-parser"}],
            "transforms": ["middle-out"],
            "usage": {"include": True},
            "session_id": "s",
            "trace": {"a": 1},
            "reasoning": {"effort": "low"},
            "include_reasoning": True,
            "stream_options": {"include_usage": True},
            "debug": {"echo_upstream_body": True},
            "cache_control": {"type": "ephemeral"},
        }
        sent = self.sent(caller, **own)
        assert set(sent) == {"model", "messages", "reasoning_effort"}
        assert (sent["model"], sent["reasoning_effort"]) == ("text", "low")

    def test_unknown_fields_come_through_to_the_letter(self, caller: Caller) -> None:
        raw = (
            b'{"model":"fake/text","temperature":1.10,"x_big":123456789012345678901234567890,"x_small":1e-7,'
            b'"x_deep":{"a":[1.0,2.50,-0]},"x_text":"\\u00e9\\ud83d\\ude00","safe_prompt":true,"x_null":null,'
            b'"messages":[{"role":"user","content":"fake: text=@body","x_more":1.50}]}'
        )
        text = caller.post(raw).text
        for piece in (
            '"temperature":1.10',
            '"x_big":123456789012345678901234567890',
            '"x_small":1e-7',
            '"x_deep":{"a":[1.0,2.50,-0]}',
            '"x_text":"\\u00e9\\ud83d\\ude00"',
            '"safe_prompt":true',
            '"x_null":null',
            '"x_more":1.50',
        ):
            assert piece in text

    def test_a_stream_always_asks_for_usage(self, caller: Caller) -> None:
        answer = caller.chat("fake: text=@body", stream=True, stream_options={"include_usage": False})
        sent = json.loads(answer.text)
        assert sent["stream"] is True
        assert sent["stream_options"] == {"include_usage": True}

    def test_a_whole_answer_asks_for_no_stream(self, caller: Caller) -> None:
        assert "stream" not in self.sent(caller, stream=False)

    def test_no_default_is_filled_in(self, caller: Caller) -> None:
        assert set(self.sent(caller)) == {"model", "messages"}

    def test_renames_and_drops_of_the_provider_apply(self, caller: Caller) -> None:
        sent = self.sent(caller, "fake/renamer", max_completion_tokens=100, logit_bias={"1": 1})
        assert sent["max_tokens"] == 100
        assert "max_completion_tokens" not in sent
        assert "logit_bias" not in sent

    def test_the_providers_key_is_sent_and_never_the_callers(self, caller: Caller) -> None:
        assert caller.chat(model="fake/keyed").status == 200


class TestReadYourWrites:
    """What was charged can be read as soon as the caller has seen the end."""

    def test_a_generation_is_there_the_moment_done_arrives(self, harness: Harness, caller: Caller) -> None:
        for _ in range(10):
            with harness.http.stream(
                "POST", "/api/v1/chat/completions", json=caller.body(stream=True), headers=caller.headers
            ) as response:
                for line in response.iter_lines():
                    if line == "data: [DONE]":
                        found = caller.get(f"/generation?id={response.headers['x-generation-id']}")
                        assert found.status_code == 200
                        assert found.json()["data"]["native_tokens_completion"] == 16

    def test_generation_tells_what_it_took(self, caller: Caller) -> None:
        answer = caller.chat("fake: tokens=7 prompt_tokens=30", stream=True)
        data = caller.get(f"/generation?id={answer.id}").json()["data"]
        assert data["total_cost"] == data["usage"] == answer.usage["cost"]
        assert (data["model"], data["provider_name"], data["streamed"]) == ("fake/text", "Fake", True)
        assert (data["tokens_prompt"], data["tokens_completion"]) == (30, 7)
        assert (data["finish_reason"], data["cancelled"]) == ("stop", False)
        assert [each["status"] for each in data["provider_responses"]] == [200]

    def test_another_accounts_generation_is_not_found(self, harness: Harness, caller: Caller) -> None:
        answer = caller.chat()
        assert harness.caller().get(f"/generation?id={answer.id}").status_code == 404

    @BOTH
    def test_key_and_credits_tell_it_at_once(self, harness: Harness, *, stream: bool) -> None:
        caller = harness.caller("5", limit="2")
        before = caller.get("/key").json()["data"]
        assert (before["limit"], before["limit_remaining"], before["usage"]) == (2, 2, 0)
        cost = caller.chat("fake: tokens=400", stream=stream).usage["cost"]
        assert cost > 0
        key = caller.get("/key").json()["data"]
        assert key["usage"] == key["usage_daily"] == key["usage_weekly"] == key["usage_monthly"] == cost
        assert key["limit_remaining"] == pytest.approx(2 - cost)
        assert caller.get("/credits").json()["data"] == {"total_credits": 5, "total_usage": cost}


class TestRouting:
    """Which provider serves it: preferences, fallbacks, reasons for none."""

    @pytest.mark.parametrize(
        ("preferences", "texts"),
        [
            ({"order": ["beta"]}, {"two"}),
            ({"order": ["gamma", "alpha"]}, {"three"}),
            ({"order": ["Beta"], "allow_fallbacks": False}, {"two"}),
            ({"only": ["gamma"]}, {"three"}),
            ({"ignore": ["alpha", "beta"]}, {"three"}),
            ({"sort": "price"}, {"one"}),
            ({"max_price": {"prompt": 1.5}}, {"one"}),
            ({"max_price": {"prompt": "2", "completion": 3}}, {"one"}),
            ({"ignore": ["alpha"]}, {"two", "three"}),
        ],
    )
    def test_preferences_choose(self, caller: Caller, preferences: dict[str, Any], texts: set[str]) -> None:
        answer = caller.chat(model="fake/multi", provider=preferences)
        assert answer.text in texts

    def test_nothing_left_by_the_preferences_is_404(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/multi", provider={"only": ["nobody"]})
        assert answer.status == 404
        assert answer.error["message"].startswith("No allowed providers are available for the selected model.")
        assert answer.error["availability"]["code"] == "constraint_filtered"

    def test_a_model_without_providers_is_404(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/nowhere")
        assert (answer.status, answer.error["message"]) == (404, "No endpoints found for fake/nowhere.")
        assert answer.error["metadata"]["error_type"] == "not_found"

    def test_an_unknown_model_is_400(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/none")
        assert (answer.status, answer.error["message"]) == (400, "fake/none is not a valid model ID")
        assert answer.error["availability"]["requested_models"] == ["fake/none"]

    def test_tools_need_an_endpoint_that_has_them(self, caller: Caller) -> None:
        tools = [{"type": "function", "function": {"name": "f"}}]
        answer = caller.chat(model="fake/plain", tools=tools)
        assert answer.status == 404
        assert "support tool use" in answer.error["message"]
        assert caller.chat(model="fake/plain", tools=[]).status != 404

    def test_a_longer_answer_than_any_endpoint_gives_is_404(self, caller: Caller) -> None:
        assert caller.chat(model="fake/short", max_tokens=51).status == 404
        assert caller.chat(model="fake/short", max_tokens=50).status == 200

    @BOTH
    def test_failures_move_on_to_the_next(self, caller: Caller, *, stream: bool) -> None:
        mark = marker()
        answer = caller.chat(
            f"fake: marker={mark}", "fake/shaky", provider={"order": ["alpha", "beta", "gamma"]}, stream=stream
        )
        assert (answer.status, answer.text) == (200, "saved")
        assert answer.done is stream
        outcomes = [record.outcome for record in caller.harness.records(mark)]
        # A reset on a kept connection may mean that it had been closed before: that is tried once more on a new one.
        assert list(dict.fromkeys(outcomes)) == ["status", "reset", "complete"]
        row = caller.generation(answer.id)
        assert (row.provider, row.status) == ("gamma", "ok")
        assert caller.used == row.cost == nanos(answer.usage)
        trace = json.loads(row.trace)
        assert [attempt["provider"] for attempt in trace["attempts"]] == ["Alpha", "Beta", "Gamma"]
        data = caller.get(f"/generation?id={answer.id}").json()["data"]
        assert [each["status"] for each in data["provider_responses"]] == [500, None, 200]

    @BOTH
    def test_no_fallback_where_none_is_allowed(self, caller: Caller, *, stream: bool) -> None:
        for order, asked in (([], 1), (["alpha", "beta"], 2)):
            preferences = {"order": order, "allow_fallbacks": False, "ignore": [] if order else ["gamma"]}
            answer = caller.chat(model="fake/shaky", provider=preferences, stream=stream)
            assert (answer.status, answer.error["message"]) == (502, "Provider returned error")
            assert len(json.loads(caller.generation(answer.id).trace)["attempts"]) == asked
        assert caller.used == 0

    @BOTH
    def test_models_are_tried_in_order(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat(model="fake/fallen", models=["fake/doomed", "fake/multi"], stream=stream)
        # Three attempts at the most, and one for each model.
        assert answer.status == 200
        assert [each["model"] for each in json.loads(caller.generation(answer.id).trace)["attempts"]] == [
            "fake/fallen",
            "fake/doomed",
            "fake/multi",
        ]
        answer = caller.chat(model="fake/fallen", models=["fake/text"], stream=stream)
        assert answer.status == 200
        body = answer.events[0] if stream else answer.json
        assert body["model"] == "fake/text"
        assert caller.generation(answer.id).model == "fake/text"

    def test_models_alone_will_do(self, caller: Caller) -> None:
        body = {"models": ["fake/fallen", "fake/text"], "messages": [{"role": "user", "content": "x"}]}
        assert caller.post(json.dumps(body).encode()).json["model"] == "fake/text"

    def test_a_callers_own_fault_is_told_without_trying_others(self, caller: Caller) -> None:
        mark = marker()
        answer = caller.chat(f"fake: fail=status status=400 marker={mark}", "fake/multi")
        assert (answer.status, answer.error["metadata"]["error_type"]) == (400, "invalid_request")
        assert answer.error["metadata"]["raw"] == "The scripted provider answers 400."
        assert len(caller.harness.records(mark)) == 1

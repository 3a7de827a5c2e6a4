"""A stream that breaks goes on at another endpoint, where its caller wants that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from api_harness import COMPLETION_NANOS, PROMPT_NANOS, nanos

if TYPE_CHECKING:
    from api_harness import Answer, Caller

WANTED = {"x-modelport-recover": "true"}
ORDER = {"order": ["alpha", "beta"]}


def torn(caller: Caller, said: str = "hello", **fields: object) -> Answer:
    return caller.chat(said, model="fake/torn", headers=WANTED, stream=True, **({"provider": ORDER} | fields))


def test_it_goes_on_and_says_so(caller: Caller) -> None:
    answer = torn(caller)
    assert answer.status == 200
    assert answer.done
    told = [event["modelport"]["continued"] for event in answer.events if "modelport" in event]
    assert told == [{"from": "Alpha", "to": "Beta", "fault": "provider_unavailable"}]
    assert _text(answer).startswith("one two")
    assert [event["choices"][0]["finish_reason"] for event in answer.events if event["choices"]][-1] == "stop"
    (usage,) = [event["usage"] for event in answer.events if event.get("usage")]
    assert caller.used == nanos(usage)
    generation = caller.generation(answer.id)
    assert [(each.endpoint, each.fault) for each in generation.attempts] == [
        ("alpha", "provider_unavailable"),
        ("beta", None),
    ]
    assert (generation.provider, generation.status) == ("beta", "ok")


def test_what_is_charged_is_the_prompt_once_and_what_both_wrote(caller: Caller) -> None:
    alone = caller.chat("hello", model="fake/torn", provider={"only": ["beta"]}, stream=True).usage
    (usage,) = [event["usage"] for event in torn(caller).events if event.get("usage")]
    assert abs(usage["prompt_tokens"] - alone["prompt_tokens"]) <= 2, "not the part that was there already"
    assert usage["completion_tokens"] > alone["completion_tokens"]
    assert usage["cost"] * 1e9 == pytest.approx(
        usage["prompt_tokens"] * PROMPT_NANOS + usage["completion_tokens"] * COMPLETION_NANOS
    )


def test_the_next_endpoint_gets_what_was_delivered(caller: Caller) -> None:
    text = _text(torn(caller, max_tokens=100))
    delivered, _, body = text.partition("{")
    sent = json.loads("{" + body)
    assert sent["messages"] == [{"role": "user", "content": "hello"}, {"role": "assistant", "content": delivered}]
    assert sent["max_tokens"] < 100, "what was written counts"


def _text(answer: Answer) -> str:
    return "".join(each["delta"].get("content") or "" for event in answer.events for each in event["choices"][:1])


def test_only_who_asks_for_it(caller: Caller) -> None:
    answer = caller.chat(model="fake/torn", stream=True, provider=ORDER)
    assert (answer.done, answer.error["code"], caller.used) == (True, 502, 0)


def test_nobody_left_is_a_failure_like_another(caller: Caller) -> None:
    answer = torn(caller, provider={"only": ["alpha"]})
    assert (answer.error["code"], caller.used) == (502, 0)
    no_room = torn(caller, max_tokens=2)
    assert (no_room.error["code"], caller.used) == (502, 0), "what was written is all that was asked for"


def test_half_a_tool_call_is_not_continued(caller: Caller) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    answer = torn(caller, "fake: kind=tools fail=reset at=3", tools=tools)
    assert not [event for event in answer.events if "modelport" in event]
    assert json.dumps(answer.error)
    assert caller.used == 0

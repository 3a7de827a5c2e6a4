"""What somebody tries who wants more than they pay for: hidden lengths, hidden prompts, fields behind the plan's back.

The `harness` fixture checks after each test that nothing is held any more and that the ledger is green.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import marker
from api_upstream import serve_models

from modelport.db.database import DatabaseDown
from modelport.gateway.door import Address
from modelport.gateway.vector_door import RERANK

if TYPE_CHECKING:
    from api_harness import Caller, Harness

POOR = "0.002"
"""Two thousand prompt tokens of `fake/text`, or one thousand of an answer."""
LONG = "word " * 4_000


def _assistant(**fields: Any) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": "x", **fields}]


def _user(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [part]}]


PROMPTS: dict[str, list[dict[str, Any]]] = {
    "reasoning": _assistant(reasoning=LONG),
    "reasoning_content": _assistant(reasoning_content=LONG),
    "reasoning_details": _assistant(reasoning_details=[{"type": "reasoning.text", "text": LONG}]),
    "function_call": _assistant(function_call={"name": "f", "arguments": LONG}),
    "refusal": _assistant(refusal=LONG),
    "name": [{"role": "user", "content": "x", "name": LONG}],
    "a part of another type": _user({"type": "thinking", "text": LONG}),
    "a text as a file": _user(
        {"type": "file", "file": {"file_data": "data:text/plain;base64," + b64encode(LONG.encode()).decode()}}
    ),
}


@pytest.mark.parametrize("messages", PROMPTS.values(), ids=PROMPTS.keys())
def test_a_prompt_in_other_places_is_held_for(harness: Harness, messages: list[dict[str, Any]]) -> None:
    poor, mark = harness.caller(POOR), marker()
    asked = [*messages, {"role": "user", "content": f"fake: marker={mark}"}]
    answer = poor.chat(messages=asked, max_tokens=1)
    assert (answer.status, harness.records(mark), poor.used) == (402, [], 0), answer.content


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 8_000, "max_completion_tokens": 1},
        {"max_tokens": 1, "max_completion_tokens": 8_000},
        {"max_tokens": 100, "best_of": 20},
        {"max_tokens": 1, "prediction": {"type": "content", "content": LONG}},
    ],
    ids=["two limits", "two limits turned round", "best_of", "prediction"],
)
def test_a_longer_answer_than_is_said_is_held_for(harness: Harness, fields: dict[str, Any]) -> None:
    poor, mark = harness.caller(POOR), marker()
    answer = poor.chat(f"fake: marker={mark}", **fields)
    assert (answer.status, harness.records(mark), poor.used) == (402, [], 0), answer.content


def test_a_text_as_a_document_of_another_dialect_is_held_for(harness: Harness) -> None:
    poor = harness.caller(POOR)
    block = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": LONG}}
    body = {"model": "fake/text", "max_tokens": 1, "messages": [{"role": "user", "content": [block]}]}
    answer = poor.post(json.dumps(body).encode(), path="/api/v1/messages")
    assert (answer.status, poor.used) == (402, 0), answer.content


@pytest.mark.parametrize("name", ["model", "messages", "max_tokens", "service_tier", "tools"])
def test_options_of_a_provider_change_nothing_that_was_held_for(caller: Caller, name: str) -> None:
    mark = marker()
    answer = caller.chat(f"fake: marker={mark}", provider={"options": {"fake": {name: "x", "safe_prompt": True}}})
    assert (answer.status, f"`{name}`" in answer.error["message"]) == (400, True)
    assert caller.harness.records(mark) == []
    assert caller.used == 0


def test_a_service_tier_is_that_of_the_endpoint_that_is_charged(harness: Harness, caller: Caller) -> None:
    url = {"base_url": f"http://127.0.0.1:{harness.fake_port}/v1"}
    serve_models(
        harness,
        "tiers",
        [("plain", url, {}), ("fast", url, {"endpoint": {"service_tier": "priority"}})],
    )

    def sent(model: str, **fields: Any) -> object:
        return json.loads(caller.chat("fake: text=@body", model, **fields).text).get("service_tier")

    assert sent("tiers/plain", service_tier="priority") is None
    assert sent("tiers/plain", service_tier="default") == "default"
    assert sent("tiers/fast", service_tier="priority") == "priority"
    assert sent("tiers/fast:nitro") == "priority", "what is charged as such is served as such"


def test_a_fault_after_the_hold_leaves_nothing_held(
    caller: Caller, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_key: object) -> int:
        raise DatabaseDown("The test refuses to read.", retry_after=2)

    monkeypatch.setattr(harness.services.contents, "days", down)
    assert caller.chat().status == 503


def test_a_long_query_for_very_many_documents_is_written_out_once() -> None:
    body = json.dumps({"model": "m", "query": "word " * 20_000, "documents": ["x"] * 20_000}).encode()
    asked = RERANK.read(body, Address())
    text, other = asked.prompt_text()
    assert len(text) < 200_000
    assert asked.prompt_bytes > other >= 20_000 * 20_000

"""Whether endpoints call tools well is measured, and is what a filter of the list and the sort by quality go by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from modelport.dialects.canonical import ToolCall
from modelport.gateway.asked import ChatAsked
from modelport.gateway.calls import well_formed

if TYPE_CHECKING:
    from api_harness import Caller

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
MESSAGES_TOOLS = [{"name": "weather", "input_schema": SCHEMA}]


def asked(tools: Any) -> ChatAsked:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": tools}
    return ChatAsked(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("name", "arguments", "well"),
    [
        ("weather", '{"city": "Jena"}', True),
        ("weather", '{"town": "Jena"}', False),
        ("weather", '{"city": ', False),
        ("weather", "[1]", False),
        ("weather", "", False),
        ("wether", '{"city": "Jena"}', False),
    ],
)
def test_what_a_well_formed_call_is(name: str, arguments: str, *, well: bool) -> None:
    assert well_formed([ToolCall("1", name, arguments)], asked(TOOLS)) is well


def test_what_nothing_can_be_said_of() -> None:
    call = ToolCall("1", "now", "")
    assert well_formed([call], asked([{"type": "function", "function": {"name": "now"}}])) is True
    assert well_formed([], asked(TOOLS)) is None
    assert well_formed([call], asked([{"type": "web_search"}])) is None
    assert well_formed([call], asked([])) is None


def test_it_is_measured_at_every_door_and_filters_the_list(caller: Caller) -> None:
    def listed(**query: float) -> bool:
        cards = caller.harness.http.get("/api/v1/models", params=query).json()["data"]
        return "fake/text" in {each["id"] for each in cards}

    def call(script: str, *, stream: bool) -> None:
        words = f"fake: kind=tools {script}"
        assert caller.chat(words, tools=TOOLS, stream=stream).status == 200
        says = [{"role": "user", "content": words}]
        body = {"model": "fake/text", "max_tokens": 99, "messages": says, "tools": MESSAGES_TOOLS, "stream": stream}
        answer = caller.harness.http.post("/api/v1/messages", json=body, headers=caller.headers)
        assert answer.status_code == 200

    assert not listed(min_tool_success_rate=0)
    for stream in (False, True):
        for _ in range(4):
            call("", stream=stream)
        call("text='{\"town\": 1}'", stream=stream)
    assert listed(min_tool_success_rate=0.8)
    assert listed(max_tool_success_rate=0.8)
    assert not listed(min_tool_success_rate=0.81)
    assert not listed(max_tool_success_rate=0.79)

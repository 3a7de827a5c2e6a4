"""Which fields of a request are read: texts of all dialects, and nothing that has to stay as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelport.guardrails.errors import RefusedByGuardrail
from modelport.guardrails.rules import Builtin, Custom
from modelport.guardrails.screening import Given, Screen

MAIL = "ada@example.test"


def screened(body: dict[str, Any], *rules: Builtin | Custom) -> dict[str, Any]:
    screen = Screen.of(Given("api_key", "g", rule) for rule in rules or (Builtin("email", "redact"),))
    assert screen is not None
    return json.loads(screen.apply(json.dumps(body).encode()).body)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"content": [{"type": "document", "source": {"type": "text", "data": MAIL}}]}]},
        {"messages": [{"content": [{"document": {"format": "txt", "source": {"text": MAIL}}}]}]},
        {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {"id": MAIL}}}]}]},
        {"promptVariables": {"who": {"text": MAIL}}},
        {"content": {"parts": [{"text": "x"}]}, "title": MAIL},
        {"tools": [{"name": "f", "input_schema": {"properties": {"x": {"description": MAIL}}}}]},
        {"toolConfig": {"tools": [{"toolSpec": {"description": MAIL}}]}},
        {"response_format": {"json_schema": {"description": MAIL}}},
        {"documents": [{"data": {"url": MAIL}}]},
    ],
)
def test_read(body: dict[str, Any]) -> None:
    assert json.dumps(screened(body)) == json.dumps(body).replace(MAIL, "[EMAIL]")


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"content": [{"type": "image", "source": {"type": "base64", "data": MAIL}}]}]},
        {"messages": [{"tool_call_id": MAIL, "content": "x"}]},
        {"tools": [{"name": MAIL, "input_schema": {"required": [MAIL], "properties": {"x": {"enum": [MAIL]}}}}]},
        {"model": MAIL, "user": MAIL, "metadata": {"who": MAIL}},
    ],
)
def test_left_as_it_is(body: dict[str, Any]) -> None:
    assert screened(body) == body


def test_what_blocks_is_named_first_of_more_than_are_named() -> None:
    rules = [Custom(f"word{number}", "redact", f"[{number}]") for number in range(10, 60)]
    first = " ".join(f"word{number}" for number in range(10, 60))
    with pytest.raises(RefusedByGuardrail) as told:
        screened({"messages": [{"content": first}, {"content": MAIL}]}, *rules, Builtin("email", "block"))
    assert told.value.events[0].filter == "email"
    assert len(told.value.events) == 20

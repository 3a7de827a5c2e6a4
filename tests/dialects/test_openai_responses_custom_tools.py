"""Custom tools of Responses onto other dialects: a function there, free text here."""

from __future__ import annotations

import itertools
import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport.dialects.canonical import Event, Finish, FinishReason, TextDelta, ToolCall, ToolCallDelta
from modelport.dialects.openai_responses.custom_tools import TextCalls, with_functions
from modelport.dialects.openai_responses.request import read_request

NAMES = frozenset({"patch"})
BODY = {
    "model": "m",
    "tools": [
        {
            "type": "custom",
            "name": "patch",
            "description": "Changes files.",
            "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
        },
        {"type": "function", "name": "look", "parameters": {"type": "object"}},
    ],
    "tool_choice": {"type": "custom", "name": "patch"},
    "input": [
        {"role": "user", "content": "go"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": 'a "b"\n'},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"},
    ],
}


def _told(calls: TextCalls, pieces: list[str], name: str = "patch") -> str:
    events: list[Event] = [ToolCallDelta(0, id="c1", name=name)]
    events += [ToolCallDelta(0, piece) for piece in pieces]
    told: list[Event] = []
    for event in (*events, Finish(FinishReason.TOOL_CALLS)):
        told += calls.feed([event])
    return "".join(event.arguments for event in told if isinstance(event, ToolCallDelta))


def test_the_request_has_a_function_with_one_text() -> None:
    request = with_functions(read_request(json.dumps(BODY).encode()))
    patch, look = request.tools
    assert (patch.raw, patch.name, look.name) == (None, "patch", "look")
    assert patch.parameters is not None
    assert json.loads(bytes(patch.parameters))["required"] == ["input"]
    assert patch.description is not None
    assert patch.description.startswith("Changes files.")
    assert "start: /.+/" in patch.description
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.name) == ("tool", "patch")
    (call,) = [part for message in request.messages for part in message.parts if isinstance(part, ToolCall)]
    assert json.loads(call.arguments) == {"input": 'a "b"\n'}


def test_a_request_without_any_is_the_same() -> None:
    request = read_request(json.dumps(BODY | {"tools": [], "tool_choice": None}).encode())
    assert with_functions(request) is request


@settings(max_examples=80, deadline=None)
@given(
    text=st.text(st.characters(codec="utf-8"), max_size=30),
    cuts=st.lists(st.integers(0, 200), max_size=6),
    escapes=st.booleans(),
)
def test_the_text_comes_back_however_the_arguments_are_cut(text: str, cuts: list[int], *, escapes: bool) -> None:
    arguments = json.dumps({"input": text}, ensure_ascii=escapes)
    edges = sorted({0, len(arguments), *(cut for cut in cuts if cut < len(arguments))})
    pieces = [arguments[a:b] for a, b in itertools.pairwise(edges)]
    assert _told(TextCalls(NAMES), pieces) == text


def test_what_has_another_shape_or_name_comes_as_it_is() -> None:
    assert _told(TextCalls(NAMES), ['{"cmd":', ' "x"}']) == '{"cmd": "x"}'
    assert _told(TextCalls(NAMES), ['{"input": "x"}'], name="look") == '{"input": "x"}'
    assert TextCalls(NAMES).feed([TextDelta("hi")]) == [TextDelta("hi")]
    assert msgspec.json.encode(ToolCallDelta(0))

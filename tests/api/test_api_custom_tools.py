"""Tools of free text, asked for by Responses, with providers that know functions only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from api_upstream import SSE, Upstream, played, serve_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller, Harness

PATCH = '*** Begin "Patch"\n+é\n'
ARGUMENTS = json.dumps({"input": PATCH})
TOOL: Any = {"type": "custom", "name": "patch", "description": "Changes files."}


@pytest.fixture(scope="module")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    with Upstream().serving() as found:
        base = {"base_url": f"{found.url}/v1"}
        claude = {**base, "dialect": "anthropic_messages"}
        serve_models(shared_harness, "custom", [("chat", base, {}), ("claude", claude, {})])
        yield found


def _whole(model: str) -> dict[str, Any]:
    if model == "custom/claude":
        block = {"type": "tool_use", "id": "c1", "name": "patch", "input": {"input": PATCH}}
        usage = {"input_tokens": 5, "output_tokens": 3}
        head = {"id": "m", "type": "message", "role": "assistant", "model": "up", "stop_reason": "tool_use"}
        return {**head, "content": [block], "usage": usage}
    call = {"id": "c1", "type": "function", "function": {"name": "patch", "arguments": ARGUMENTS}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    return {"id": "u", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": usage}


def _stream() -> bytes:
    pieces = [ARGUMENTS[n : n + 5] for n in range(0, len(ARGUMENTS), 5)]
    calls: list[dict[str, Any]] = [{"index": 0, "id": "c1", "type": "function", "function": {"name": "patch"}}]
    calls += [{"index": 0, "function": {"arguments": piece}} for piece in pieces]
    chunks: list[Any] = [{"id": "u", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]} for call in calls]
    chunks.append({"id": "u", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


@pytest.mark.parametrize("model", ["custom/chat", "custom/claude"])
def test_two_turns_with_a_tool_of_free_text(caller: Caller, upstream: Upstream, model: str) -> None:
    client = openai.OpenAI(base_url=f"{caller.harness.url}/api/v1", api_key=caller.key, max_retries=0)
    upstream.expect(played(_whole(model)))
    answer = client.responses.create(model=model, input="go", tools=[TOOL])
    (call,) = answer.output
    assert call.type == "custom_tool_call"
    assert (call.call_id, call.name, call.input) == ("c1", "patch", PATCH)
    tool = upstream.asked[-1].json["tools"][0]
    schema = tool["input_schema"] if model == "custom/claude" else tool["function"]["parameters"]
    assert schema["required"] == ["input"]
    turn: Any = [
        {"role": "user", "content": "go"},
        call.model_dump(exclude_none=True),
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"},
    ]
    client.responses.create(model=model, input=turn, tools=[TOOL])
    said = upstream.asked[-1].json["messages"][1]
    block = said["content"][0]["input"] if model == "custom/claude" else said["tool_calls"][0]["function"]["arguments"]
    assert (block if isinstance(block, dict) else json.loads(block)) == {"input": PATCH}
    client.close()


def test_streamed_the_text_comes_as_it_is_written(caller: Caller, upstream: Upstream) -> None:
    client = openai.OpenAI(base_url=f"{caller.harness.url}/api/v1", api_key=caller.key, max_retries=0)
    upstream.expect(played(_stream(), SSE))
    events = list(client.responses.create(model="custom/chat", input="go", tools=[TOOL], stream=True))
    deltas = [event.delta for event in events if event.type == "response.custom_tool_call_input.delta"]
    assert len([delta for delta in deltas if delta]) > 2
    assert "".join(deltas) == PATCH
    (done,) = [event for event in events if event.type == "response.custom_tool_call_input.done"]
    assert done.input == PATCH
    client.close()

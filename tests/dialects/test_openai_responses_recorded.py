"""Everything that was recorded of OpenAI Responses goes through, and nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from openai_responses_samples import (
    CHARGED,
    IDENTITY,
    Recorded,
    events_of,
    providers,
    recorded,
    said_by,
    said_in,
)

from modelport.dialects import canonical
from modelport.dialects.openai_responses.errors import Malformed, StreamError, read_error
from modelport.dialects.openai_responses.request import Target, patch_request, read_request, write_request
from modelport.dialects.openai_responses.response import read_response, write_response
from modelport.dialects.openai_responses.stream import Reader, Writer
from modelport.dialects.openai_responses.wire import GATEWAY_FIELDS
from modelport.errors import BadRequest

_PROVIDERS = [name for name in providers() if next(recorded(name), None) is not None]
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")

_STATE = ("store", "background", "previous_response_id", "conversation", "prompt")
"""Exception 1: requests that need something stored, which the reference refuses."""
_NO_WORDS = frozenset({"additional_tools", "configuration_update", "mcp_approval_response", "tool_search_output"})
"""Exception 2: a caller's items that the canonical vocabulary has no words for. They survive between two sides of this
dialect."""

_ABRIDGED = frozenset({"openai/src/responses/__fixtures__/openai-shell-container.1.chunks.txt"})
"""Exception 3: streams out of whose middle somebody took events."""


def of(request: dict[str, Any]) -> Target:
    return Target(request["model"], bool(request.get("stream")))


# Requests.


def expected(request: dict[str, Any]) -> dict[str, Any]:
    """What a provider of this dialect should see of a recorded request."""
    fields = {name: value for name, value in request.items() if value is not None and name not in GATEWAY_FIELDS}
    if not fields.get("stream"):
        fields.pop("stream", None)
    return {**fields, "store": False}


def meaning(request: dict[str, Any]) -> dict[str, Any]:
    """A request as far as the canonical vocabulary has words for it, however it was spelled."""
    given = request.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    said: list[Any] = [("system", ("text", request["instructions"]))] if request.get("instructions") else []
    for item in items or ():
        said.extend(item_meaning(item))
    reasoning = {name: (request.get("reasoning") or {}).get(name) for name in ("effort", "summary")}
    choice = request.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] == "allowed_tools":
        allowed = {one.get("name") or one["type"] for one in choice["tools"]}
        tools = [tool for tool in request["tools"] if (tool.get("name") or tool["type"]) in allowed]
        choice = choice["mode"]
    else:
        tools = request.get("tools") or []
    text = request.get("text") or {}
    form = {name: value for name, value in (text.get("format") or {}).items() if value is not None}
    plain = ("model", "stream", "temperature", "top_p", "max_output_tokens", "parallel_tool_calls", "top_logprobs")
    fields = {name: request.get(name) for name in plain}
    fields |= {"input": said, "reasoning": reasoning, "tools": [tool_meaning(tool) for tool in tools]}
    fields |= {"choice": choice, "format": form or None, "verbosity": text.get("verbosity")}
    return fields | {"stream": bool(request.get("stream"))}


def tool_meaning(tool: dict[str, Any]) -> dict[str, Any]:
    if tool["type"] != "function":
        return tool
    names = ("type", "name", "description", "parameters")
    return {name: tool.get(name) for name in names} | {"strict": bool(tool.get("strict"))}


def item_meaning(item: dict[str, Any]) -> list[Any]:
    match item.get("type", "message"):
        case "message":
            return [(item["role"], part) for part in content_meaning(item["content"])]
        case "reasoning":
            texts = [part["text"] for name in ("summary", "content") for part in item.get(name) or ()]
            if not texts and not item.get("encrypted_content") and not item.get("id"):
                return []  # an empty shell
            return [("reasoning", item.get("id"), texts, item.get("encrypted_content"))]
        case "function_call" | "custom_tool_call":
            return [("call", item["call_id"], item["name"], item.get("arguments", item.get("input")))]
        case "function_call_output" | "custom_tool_call_output":
            return [("result", item["call_id"], content_meaning(item["output"]))]
        case kind:
            return [] if kind in _NO_WORDS else [item]


def content_meaning(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [("text", content)] if content else []
    kept = [{name: value for name, value in part.items() if name not in _UNSAID} for part in content]
    kept = [{**one, "detail": None} if "file_id" in one else one for one in kept]  # no words for how closely to look
    said = [("text", part["text"]) if "text" in part else part for part in kept]
    return [part for part in said if part != ("text", "")]


_UNSAID = frozenset({"logprobs", "prompt_cache_breakpoint"})


def replayed_requests(provider: str) -> Counter[str]:
    """Each goes out as it came; and what the vocabulary has words for, out of those words alone."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        request = one.request
        if request is None:
            continue
        body = json.dumps(request).encode()
        if any(request.get(name) for name in _STATE):
            with pytest.raises(BadRequest, match=r"nothing is stored|must be false"):
                read_request(body)
            seen["refused"] += 1
            continue
        read = read_request(body)
        assert json.loads(write_request(read, of(request))) == expected(request), one.id
        assert json.loads(patch_request(body, of(request))) == expected(request), one.id
        shared = {name: raw for name, raw in read.extra.items() if name == "prompt_cache_options"}
        read.extra = shared
        assert meaning(json.loads(write_request(read, of(request)))) == meaning(request), one.id
        seen["passed"] += 1
    return seen


# Answers.


def check_usage(usage: canonical.Usage | None, told: dict[str, Any] | None) -> None:
    if not told:
        assert usage is None
        return
    assert usage is not None
    assert usage.prompt_tokens == told["input_tokens"]
    assert usage.completion_tokens == told["output_tokens"]
    inside, outside = told.get("input_tokens_details") or {}, told.get("output_tokens_details") or {}
    assert usage.cached_tokens == inside.get("cached_tokens", 0)
    assert usage.cache_write_tokens == inside.get("cache_write_tokens", 0)
    assert usage.reasoning_tokens == outside.get("reasoning_tokens", 0)


def check_finish(output: canonical.Output, answer: dict[str, Any], *, calls: bool) -> None:
    finish = output.choices[0].finish
    assert finish is not None
    native = (answer.get("incomplete_details") or {}).get("reason") or answer["status"]
    assert finish.native == native
    known = {"completed": "tool_calls" if calls else "stop", "complete": "stop"}
    known |= {"incomplete": "length", "max_output_tokens": "length"}
    assert finish.reason == known[native]


def check_written(output: canonical.Output, events: list[canonical.Event], one: Recorded) -> None:
    """A caller of this dialect is told the same, whole or as events."""
    body = write_response(output, IDENTITY, CHARGED)
    again = canonical.fold(read_response(body))
    assert told(again) == told(output), one.id
    writer = Writer(IDENTITY)
    out = b"".join(writer.feed([event]) for event in events) + writer.end(CHARGED)
    reader = Reader()
    read: list[canonical.Event] = []
    for name, data in events_of(out.decode()):
        read += reader.feed(name, data)
    assert reader.done
    assert told(canonical.fold(read)) == told(output), one.id


def told(output: canonical.Output) -> Any:
    """What a caller is told.

    A citation without a place is given one; an id that came twice (xAI) or changed on the way (Copilot) is made unique.
    """
    said = said_by(output)
    citations = [{**one, "start_index": one.get("start_index") or -1, "end_index": 0} for one in said.annotations]
    citations = [one if one.get("title") else {**one, "title": None, "start_index": -1} for one in citations]
    reasoning = [(kind, text, None) for kind, text, _ in said.reasoning]
    others = [{**one, "id": None} for one in said.others]
    return said._replace(annotations=citations, reasoning=reasoning, others=others)


def loaded(one: Recorded) -> Any:
    try:
        return json.loads(one.body)
    except ValueError:
        return None


def replayed_whole_answers(provider: str) -> Counter[str]:
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.stream:
            continue
        answer = loaded(one)
        if one.status != 200:
            told = read_error(one.status, one.body.encode())
            fault: Any = (answer or {}).get("error") or (answer or {}).get("detail")
            assert told == (fault if isinstance(fault, str) else fault["message"])
            seen["errors"] += 1
            continue
        if not answer or answer.get("object") != "response" or answer["status"] in {"queued", "failed"}:
            with pytest.raises(Malformed):
                read_response(one.body.encode())
            seen["no answer"] += 1
            continue
        events = read_response(one.body.encode())
        output = canonical.fold(events)
        said = said_in(answer["output"])
        assert plain(said_by(output)) == plain(said), one.id
        check_usage(output.usage, answer.get("usage"))
        check_finish(output, answer, calls=bool(said.calls))
        assert output.upstream_id == answer["id"]
        check_written(output, events, one)
        seen["passed"] += 1
    return seen


def plain(said: Any) -> Any:
    """Without what only the shape of a provider's citations differs in."""
    citations = [{k: v for k, v in one.items() if v is not None} for one in said.annotations]
    return said._replace(annotations=citations, others=sorted(said.others, key=str))


def first_answer(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One recording holds four answers in a row."""
    ends = [n for n, one in enumerate(events) if one.get("type") in {"response.completed", "response.incomplete"}]
    return events[: ends[0] + 1] if ends else events


def replayed_streams(provider: str) -> Counter[str]:
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        events = events_of(one.body)
        reader = Reader()
        read: list[canonical.Event] = []
        try:
            for name, data in events:
                read += reader.feed(name, data)
        except StreamError:
            seen["errors" if "response.failed" in one.body else "no answer"] += 1
            continue
        output = canonical.fold(read + reader.finish())
        told = first_answer([json.loads(data) for _, data in events if data != b"[DONE]"])
        done = [event for event in told if event["type"] == "response.output_item.done"]
        items = {event.get("output_index", number): event["item"] for number, event in enumerate(done)}
        deltas = "".join(event["delta"] for event in told if event["type"] == "response.output_text.delta")
        last = told[-1]
        if last["type"] not in {"response.completed", "response.incomplete"}:
            assert not reader.done  # a recording that was cut
            assert said_by(output).text == deltas
            seen["cut"] += 1
            continue
        assert reader.done
        whole = [item for _, item in sorted(items.items())]
        if len(final := last["response"]["output"]) > len(whole):
            whole = final  # some were never told to be done
        if said_in(whole).text.replace(" ", "") != deltas.replace(" ", "") and one.id in _ABRIDGED:
            assert said_by(output).text == deltas
            seen["abridged"] += 1
            continue
        assert plain(said_by(output)) == plain(said_in(whole)), one.id
        check_usage(output.usage, last["response"].get("usage"))
        check_finish(output, last["response"], calls=bool(said_in(whole).calls))
        check_written(output, read, one)
        seen["passed"] += 1
    return seen


# The three replays return what they saw, so that figures can be made of it.


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_requests(provider: str) -> None:
    seen = replayed_requests(provider)
    assert seen["passed"] or not seen


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str) -> None:
    seen = replayed_whole_answers(provider)
    assert seen["no answer"] <= 3, "two were put in a queue, one is a chat completion, one is empty"


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str) -> None:
    seen = replayed_streams(provider)
    assert seen["no answer"] <= 1, "one is a stream of chat completions"
    assert seen["cut"] + seen["abridged"] <= 3

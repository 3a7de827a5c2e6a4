"""Everything Cohere was ever recorded to be asked and to answer goes through, and nothing of it is lost.

Left out, for a reason: the four exchanges with version 1 of the endpoint, which is another dialect. One stream was cut
when it was recorded: it has no end, and is read as far as it goes. Seven are fixtures, which have no request.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from cohere_chat_samples import CHARGED, ID, Recorded, events_of, has_recordings, recorded
from msgspec import Raw

from modelport.dialects.canonical import Annotation, Event, Output, Reasoning, Text, ToolCall, Usage, fold
from modelport.dialects.cohere_chat.errors import read_error
from modelport.dialects.cohere_chat.request import Target, patch_request, read_request, write_request
from modelport.dialects.cohere_chat.response import patch_response, read_response, write_response
from modelport.dialects.cohere_chat.stream import Patcher, Reader, Writer
from modelport.dialects.cohere_chat.wire import FORMAT, PLAN_FORMAT

pytestmark = pytest.mark.skipif(not has_recordings(), reason="no recorded traffic beside the repository")


# Requests.


def normal_request(body: dict[str, Any]) -> dict[str, Any]:
    """A request with one spelling for what can be spelled in several ways: no nulls, no empty lists, a lone text as a
    text, no empty texts, no `stream: false`.
    """
    body = {name: value for name, value in body.items() if value is not None and value is not False and value != []}
    body["model"] = "m"
    body["messages"] = [normal_message(message) for message in body["messages"]]
    return body


def normal_message(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, list):
        content = [block for block in content if block != {"type": "text", "text": ""}]
        alone = len(content) == 1 and content[0]["type"] == "text"
        message = {**message, "content": content[0]["text"] if alone else content}
    return {name: value for name, value in message.items() if value is not None and value != []}


def test_requests(record_property: Any) -> None:
    """Every request comes out as it went in, through the shared vocabulary and patched alike."""
    seen: Counter[str] = Counter()
    for one in recorded():
        if one.request is None:
            seen["fixture without a request"] += 1
            continue
        before = normal_request(json.loads(one.request))
        request = read_request(one.request)
        target = Target("m", stream=request.stream)
        assert normal_request(json.loads(write_request(request, target))) == before, one.id
        assert normal_request(json.loads(patch_request(one.request, target))) == before, one.id
        seen["passed"] += 1
    record_property("requests", dict(seen))
    assert seen["passed"] >= 88


# Answers.


def expected_usage(told: dict[str, Any]) -> Usage:
    """What `usage` means, worked out apart from the code: what is billed, and what of it must have been cached."""
    billed, tokens = told["billed_units"], told["tokens"]
    pictures = tokens.get("image_tokens", 0)
    unbilled = tokens["input_tokens"] + pictures - billed["input_tokens"]
    assert unbilled >= 0
    return Usage(
        prompt_tokens=billed["input_tokens"],
        completion_tokens=billed["output_tokens"],
        cached_tokens=max(told.get("cached_tokens", 0) - unbilled, 0),
        reasoning_tokens=min(tokens.get("reasoning_tokens", 0), billed["output_tokens"]),
        prompt_image_tokens=pictures,
    )


def expected_parts(message: dict[str, Any]) -> list[Any]:
    """The parts of an answer as comparable values."""
    parts: list[Any] = []
    for index, block in enumerate(message.get("content") or []):
        if block["type"] == "thinking":
            parts.append(["thinking", block["thinking"]])
        elif block["text"]:
            cited = [each for each in message.get("citations") or [] if each.get("content_index", 0) == index]
            parts.append(["text", block["text"], cited])
    if message.get("tool_plan"):
        parts.append(["plan", message["tool_plan"]])
    for call in message.get("tool_calls") or []:
        arguments = call["function"]["arguments"]
        parts.append(["call", call["id"], call["function"]["name"], "{}" if arguments == "null" else arguments])
    return parts


def raw_of(annotation: Annotation) -> Any:
    assert isinstance(annotation.raw, Raw)
    return json.loads(bytes(annotation.raw))


def parts_of(output: Output) -> list[Any]:
    parts: list[Any] = []
    for part in output.choices[0].parts:
        match part:
            case Text():
                for each in part.annotations:
                    assert part.text[each.start or 0 : each.end] == raw_of(each)["text"]
                parts.append(["text", part.text, [raw_of(each) for each in part.annotations]])
            case Reasoning():
                parts.append([{FORMAT: "thinking", PLAN_FORMAT: "plan"}[part.format or ""], part.text])
            case ToolCall():
                parts.append(["call", part.id, part.name, part.arguments])
            case _:
                raise AssertionError(part)
    return parts


def check(one: Recorded, output: Output, message: dict[str, Any], told: dict[str, Any]) -> None:
    """What was read says what the raw JSON says, and so does what is written of it for a caller, whole."""
    assert parts_of(output) == expected_parts(message), one.id
    finish = output.choices[0].finish
    assert (finish.native if finish is not None else None) == told.get("finish_reason")
    assert output.usage == (expected_usage(told["usage"]) if "usage" in told else None)
    whole = write_response(output, ID, CHARGED)
    written = json.loads(whole)
    assert expected_parts(written["message"]) == expected_parts(message), one.id
    assert written["finish_reason"] == told.get("finish_reason", written["finish_reason"])
    again = fold(read_response(whole))
    assert again.choices[0].parts == output.choices[0].parts
    assert again.usage == CHARGED.usage


def test_whole_answers(record_property: Any) -> None:
    """Text, citations, reasoning, plans, calls, the reason and usage of every whole answer survive."""
    seen: Counter[str] = Counter()
    for one in recorded():
        if one.stream or one.status != 200:
            continue
        before = json.loads(one.body)
        output = fold(read_response(one.body.encode()))
        assert output.upstream_id == before["id"]
        check(one, output, before["message"], before)
        patched = json.loads(patch_response(one.body.encode(), ID, CHARGED, without_reasoning=False))
        assert patched["usage"].pop("cost") == 5 / 10**9
        assert patched["message"] == before["message"]
        hidden = fold(read_response(patch_response(one.body.encode(), ID, CHARGED, without_reasoning=True)))
        shown = [part for part in output.choices[0].parts if not isinstance(part, Reasoning)]
        assert [str(part)[:40] for part in hidden.choices[0].parts] == [str(part)[:40] for part in shown]
        seen["passed"] += 1
    record_property("whole answers", dict(seen))
    assert seen["passed"] >= 67


def message_of(events: list[tuple[bytes, bytes]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A stream added up the simple way: its message and its last event's delta."""
    content: dict[int, dict[str, Any]] = {}
    calls: dict[int, dict[str, Any]] = {}
    plan: list[str] = []
    citations: list[Any] = []
    end: dict[str, Any] = {}
    for name, data in events:
        event: dict[str, Any] = {"type": ""} if data == b"[DONE]" else json.loads(data)
        assert name.decode() == event["type"]
        index, part = event.get("index", 0), event.get("delta", {}).get("message", {})
        match event["type"]:
            case "content-start":
                content[index] = part["content"]
            case "content-delta":
                [(key, value)] = part["content"].items()
                content[index][key] += value
            case "tool-plan-delta":
                plan.append(part["tool_plan"])
            case "tool-call-start":
                calls[index] = part["tool_calls"]
            case "tool-call-delta":
                calls[index]["function"]["arguments"] += part["tool_calls"]["function"]["arguments"]
            case "citation-start":
                citations.append(part["citations"])
            case _:
                end = event["delta"] if event["type"] == "message-end" else end
    message = {"content": [*content.values()], "tool_plan": "".join(plan), "citations": citations}
    return {**message, "tool_calls": [*calls.values()]}, end


def read_stream(events: list[tuple[bytes, bytes]]) -> tuple[list[Event], Reader]:
    reader = Reader()
    read = [event for name, data in events for event in reader.feed(name, data)]
    return [*read, *reader.finish()], reader


def test_streams(record_property: Any) -> None:
    """So do those of every stream, however its bytes are cut; and a caller's stream reads the same again."""
    seen: Counter[str] = Counter()
    for one in recorded():
        if not one.stream or one.status != 200:
            continue
        recorded_events = events_of(one.body)
        for cut in (1, 7, 1_000):
            assert events_of(one.body, cut) == recorded_events
        message, end = message_of(recorded_events)
        events, reader = read_stream(recorded_events)
        assert reader.done == bool(end), one.id
        check(one, fold(events), message, end)
        writer = Writer(ID)
        written = b"".join(writer.feed([event]) for event in events) + writer.end(CHARGED)
        again, told = message_of(events_of(written))
        assert expected_parts(again) == expected_parts(message), one.id
        assert told["finish_reason"] == end.get("finish_reason", "COMPLETE")
        assert fold(read_stream(events_of(written))[0]).choices[0].parts == fold(events).choices[0].parts
        check_patched(recorded_events, events)
        seen["passed" if end else "passed, cut"] += 1
    record_property("streams", dict(seen))
    assert seen["passed"] >= 24
    assert seen["passed, cut"] <= 1


def check_patched(recorded_events: list[tuple[bytes, bytes]], events: list[Event]) -> None:
    """A caller of the same dialect gets the same events, but for who signs them and what they cost."""
    for without_reasoning in (False, True):
        patcher = Patcher(ID, without_reasoning=without_reasoning)
        body = b"".join(patcher.feed(name, data) for name, data in recorded_events)
        assert b"message-end" not in body
        patched = events_of(body + patcher.end(CHARGED))
        if not without_reasoning:
            inside = [data for name, data in recorded_events if name not in {b"message-start", b"message-end", b""}]
            assert [data for _, data in patched[1:-2]] == inside
        output = fold(read_stream(patched)[0])
        shown = [
            each for each in fold(events).choices[0].parts if not (without_reasoning and isinstance(each, Reasoning))
        ]
        assert [str(part)[:40] for part in output.choices[0].parts] == [str(part)[:40] for part in shown]
        assert output.usage == CHARGED.usage
        assert output.upstream_id == "gen-1"


def test_errors() -> None:
    """The provider's own words come out of every error."""
    seen = 0
    for one in recorded():
        if one.status != 200:
            assert read_error(one.status, one.body.encode()) == json.loads(one.body)["message"], one.id
            seen += 1
    assert seen >= 3

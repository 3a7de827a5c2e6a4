"""Everything Anthropic was ever recorded to be asked and to answer goes through, and nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from anthropic_messages_samples import CHARGED, ID, Recorded, events_of, providers, recorded
from msgspec import Raw

from modelport.dialects.anthropic_messages.errors import read_error
from modelport.dialects.anthropic_messages.request import (
    Target,
    patch_request,
    read_count_tokens,
    read_request,
    write_request,
)
from modelport.dialects.anthropic_messages.response import read_response, write_response
from modelport.dialects.anthropic_messages.stream import Reader, Writer
from modelport.dialects.anthropic_messages.wire import BLOCK_FORMAT
from modelport.dialects.canonical import Annotation, Event, Output, Reasoning, Text, ToolCall, Usage, fold
from modelport.errors import BadRequest

_PROVIDERS = providers()
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")


def blocks_of(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def normal_block(block: dict[str, Any]) -> dict[str, Any]:
    """A block without what says nothing: nulls, empty citations, one spelling for texts."""
    block = {name: value for name, value in block.items() if value is not None and (name, value) != ("citations", [])}
    if block["type"] == "tool_result":
        block["content"] = [normal_block(each) for each in blocks_of(block.get("content"))]
        if not block["content"]:
            del block["content"]
    return block


def normal_request(body: dict[str, Any]) -> dict[str, Any]:
    """A request with one spelling for what can be spelled in several ways."""
    body = {name: value for name, value in body.items() if value is not None and (name, value) != ("stream", False)}
    body["model"] = "m"
    if layout := body.pop("output_format", None):
        body.setdefault("output_config", {})["format"] = layout
    if "system" in body:
        body["system"] = [normal_block(each) for each in blocks_of(body["system"]) if not blank(each)]
        if not body["system"]:
            del body["system"]
    turns: list[dict[str, Any]] = []
    for message in body["messages"]:
        content = [normal_block(each) for each in blocks_of(message["content"]) if not blank(each)]
        if turns and turns[-1]["role"] == message["role"] != "system":
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": message["role"], "content": content})
    body["messages"] = turns
    return body


def blank(block: dict[str, Any]) -> bool:
    return block["type"] == "text" and not block["text"].strip()


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_requests(provider: str, record_property: Any) -> None:
    """Every request comes out as it went in, through the shared vocabulary and patched alike."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.request is None:
            continue
        before = normal_request(json.loads(one.request))
        try:
            request = (read_count_tokens if one.counting else read_request)(one.request)
        except BadRequest:
            seen["refused, as the provider did" if one.status == 400 else "refused"] += 1
            continue
        target = Target("m", stream=request.stream)
        if not before["messages"]:
            seen["empty"] += 1
            continue
        after = json.loads(write_request(request, target))
        patched = json.loads(patch_request(one.request, target))
        if "max_tokens" not in before:
            del after["max_tokens"], patched["max_tokens"]
        assert normal_request(after) == before, one.id
        assert normal_request(patched) == before, one.id
        seen["passed"] += 1
    record_property("requests", dict(seen))
    assert seen["empty"] <= 1  # nothing remains of a lone empty message; its recorded answer is a 400 too
    assert not seen["refused"]


def expected_usage(told: dict[str, Any]) -> Usage:
    """What `usage` means, worked out apart from the code: a compaction counts, an advisor does not."""
    parts = [told, *(each for each in told.get("iterations") or [] if each["type"] == "compaction")]

    def total(name: str) -> int:
        return sum(part.get(name) or 0 for part in parts)

    read, written = total("cache_read_input_tokens"), total("cache_creation_input_tokens")
    return Usage(
        prompt_tokens=total("input_tokens") + read + written,
        completion_tokens=total("output_tokens"),
        cached_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=(told.get("cache_creation") or {}).get("ephemeral_1h_input_tokens") or 0,
        reasoning_tokens=(told.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
        web_searches=(told.get("server_tool_use") or {}).get("web_search_requests") or 0,
    )


def loads(arguments: str) -> Any:
    """A call's input; one that was cut by `max_tokens` as whole answers of this dialect hold it."""
    try:
        return json.loads(arguments)
    except ValueError:
        return {"INVALID_JSON": arguments}


def expected_parts(content: list[dict[str, Any]]) -> list[Any]:
    """The blocks of an answer as comparable values, neighbouring texts as one."""
    parts: list[Any] = []
    for block in content:
        match block["type"]:
            case "text":
                if not block["text"] and not block.get("citations"):
                    continue
                if not parts or parts[-1][0] != "text":
                    parts.append(["text", "", []])
                parts[-1][1] += block["text"]
                parts[-1][2] += block.get("citations") or []
            case "thinking":
                parts.append(["thinking", block["thinking"], block.get("signature") or None])
            case "redacted_thinking":
                parts.append(["redacted", block["data"]])
            case "tool_use":
                parts.append(["call", block["id"], block["name"], block["input"]])
            case _:
                parts.append(["block", block])
    return parts


def raw_of(annotation: Annotation) -> Any:
    assert isinstance(annotation.raw, Raw)
    return json.loads(bytes(annotation.raw))


def parts_of(output: Output) -> list[Any]:
    parts: list[Any] = []
    for part in output.choices[0].parts if output.choices else []:
        match part:
            case Text():
                parts.append(["text", part.text, [raw_of(each) for each in part.annotations]])
            case Reasoning() if part.format == BLOCK_FORMAT:
                parts.append(["block", json.loads(part.data or "")])
            case Reasoning(kind="encrypted"):
                parts.append(["redacted", part.data])
            case Reasoning():
                parts.append(["thinking", part.text, part.signature])
            case ToolCall():
                parts.append(["call", part.id, part.name, loads(part.arguments)])
            case _:
                parts.append(part)
    return parts


def check_written(one: Recorded, output: Output, content: list[dict[str, Any]]) -> None:
    """What a caller of this dialect gets says the same, whole and streamed, and its blocks are in order."""
    whole = json.loads(write_response(output, ID, CHARGED))
    refused = [part for part in parts_of(output) if not isinstance(part, list)]
    if not refused:
        assert expected_parts(whole["content"]) == expected_parts(content), one.id


def arguments_of(events: list[tuple[bytes, bytes]]) -> list[str]:
    """The pieces of every call's arguments put together, byte for byte."""
    calls: list[list[str]] = []
    whole: list[str] = []
    inside = False
    for _, data in events:
        event = json.loads(data)
        if event["type"] == "content_block_start":
            inside = event["content_block"]["type"] == "tool_use"
            if inside:
                whole.append(json.dumps(event["content_block"]["input"], separators=(",", ":")))
                calls.append([])
        elif event["type"] == "content_block_delta" and inside:
            calls[-1].append(event["delta"]["partial_json"])
    return ["".join(pieces) or given for pieces, given in zip(calls, whole, strict=True)]


def grow(block: dict[str, Any], change: dict[str, Any]) -> str:
    """Adds a delta to its block; a piece of JSON is handed back."""
    match change["type"]:
        case "text_delta":
            block["text"] += change["text"]
        case "thinking_delta":
            block["thinking"] += change["thinking"]
        case "signature_delta":
            block["signature"] = change["signature"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), change["citation"]]
        case "compaction_delta":
            block["content"] = change["content"]
        case _:
            return change["partial_json"]
    return ""


def content_of(events: list[tuple[bytes, bytes]]) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """A stream added up the simple way: its blocks, its last `message_delta`, its usage.

    Recorded blocks never overlap; one recording holds several answers, so their numbers come again.
    """
    blocks: list[dict[str, Any]] = []
    pieces: dict[int, str] = {}
    usage: dict[str, Any] = {}
    delta: dict[str, Any] = {}
    for _, data in events:
        event = json.loads(data)
        match event["type"]:
            case "message_start":
                usage.update(event["message"]["usage"])
            case "content_block_start":
                blocks.append(event["content_block"])
            case "content_block_delta":
                pieces[len(blocks) - 1] = pieces.get(len(blocks) - 1, "") + grow(blocks[-1], event["delta"])
            case "message_delta":
                delta = event["delta"]
                usage.update({name: value for name, value in event["usage"].items() if value is not None})
            case _:
                pass
    for index, text in pieces.items():
        if text:
            blocks[index]["input"] = loads(text)
    return blocks, delta, usage


def read_stream(events: list[tuple[bytes, bytes]]) -> tuple[list[Event], Reader]:
    reader = Reader()
    read: list[Event] = []
    for name, data in events:
        read += reader.feed(name, data)
    return [*read, *reader.finish()], reader


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str, record_property: Any) -> None:
    """Text, citations, reasoning, calls, opaque blocks, the reason and usage of every whole answer survive."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.stream or one.counting or one.status != 200:
            continue
        before = json.loads(one.body)
        output = fold(read_response(one.body.encode()))
        parts = [part for part in parts_of(output) if isinstance(part, list)]
        assert parts == expected_parts(before["content"]), one.id
        finish = output.choices[0].finish
        assert finish is not None
        assert (finish.native, finish.stop_sequence) == (before["stop_reason"], before.get("stop_sequence"))
        assert output.usage == expected_usage(before["usage"]), one.id
        assert output.upstream_id == before["id"]
        check_written(one, output, before["content"])
        seen["passed"] += 1
    record_property("whole answers", dict(seen))


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str, record_property: Any) -> None:
    """So do those of every stream; arguments byte for byte; and a caller's stream reads the same again."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        recorded_events = events_of(one.body)
        content, delta, usage = content_of(recorded_events)
        events, reader = read_stream(recorded_events)
        output = fold(events)
        ended = b"message_stop" in {name for name, _ in recorded_events}  # one recording was cut before its end
        assert reader.done == ended, one.id
        parts = [part for part in parts_of(output) if isinstance(part, list)]
        assert parts == expected_parts(content), one.id
        calls = [part.arguments for part in output.choices[0].parts if isinstance(part, ToolCall)]
        assert calls == arguments_of(recorded_events), one.id
        finish = output.choices[0].finish
        assert (finish is not None) == ended
        if finish is not None:
            assert (finish.native, finish.stop_sequence) == (delta["stop_reason"], delta["stop_sequence"])
        assert output.usage == expected_usage(usage), one.id
        check_written(one, output, content)
        writer = Writer(ID)
        written = b"".join(writer.feed([event]) for event in events) + writer.end(CHARGED)
        again = events_of(written.decode())
        assert expected_parts(content_of(again)[0]) == expected_parts(content), one.id
        assert arguments_of(again) == calls
        check_order(again)
        seen["passed" if ended else "passed, cut"] += 1
    record_property("streams", dict(seen))
    assert seen["passed, cut"] <= 1


def check_order(events: list[tuple[bytes, bytes]]) -> None:
    """Blocks are numbered from 0, begin and end one after the other, and every event is named."""
    opened, last = None, -1
    kinds: list[str] = []
    for name, data in events:
        event = json.loads(data)
        assert name.decode() == event["type"]
        kinds.append(event["type"])
        match event["type"]:
            case "content_block_start":
                assert opened is None
                assert event["index"] == last + 1
                opened = last = event["index"]
            case "content_block_delta":
                assert event["index"] == opened
            case "content_block_stop":
                assert event["index"] == opened
                opened = None
            case _:
                assert opened is None
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_errors(provider: str) -> None:
    """The provider's own words come out of every error."""
    for one in recorded(provider):
        if one.status != 200:
            assert read_error(one.status, one.body.encode()) == json.loads(one.body)["error"]["message"], one.id

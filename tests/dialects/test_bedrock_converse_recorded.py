"""Everything Bedrock's Converse was ever recorded to be asked and to answer goes through, and nothing of it is lost."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from bedrock_converse_samples import CHARGED, ID, Recorded, events_of, providers, recorded
from known_models import aimed
from msgspec import Raw

from modelport.dialects.bedrock_converse.errors import read_error
from modelport.dialects.bedrock_converse.request import patch_request, path, read_request, write_request
from modelport.dialects.bedrock_converse.response import patch_response, read_response, write_response
from modelport.dialects.bedrock_converse.stream import Patcher, Reader, Writer
from modelport.dialects.bedrock_converse.wire import BLOCK_FORMAT
from modelport.dialects.canonical import Annotation, Event, Output, Reasoning, Text, ToolCall, Usage, fold

_PROVIDERS = providers()
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")


def blank(block: dict[str, Any]) -> bool:
    return block.keys() == {"text"} and not block["text"].strip()


def normal_request(body: dict[str, Any]) -> dict[str, Any]:
    """A request without what says nothing: empty objects, blank texts, a first of two turns of one role."""
    body = {name: value for name, value in body.items() if value not in (None, {}, [])}
    turns: list[dict[str, Any]] = []
    for message in body["messages"]:
        content = [each for each in message["content"] if not blank(each)]
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1]["content"] += content
        else:
            turns.append({"role": message["role"], "content": content})
    body["messages"] = turns
    return body


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_requests(provider: str, record_property: Any) -> None:
    """Every request comes out as it went in, through the shared vocabulary and patched alike."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.request is None:
            continue
        before = normal_request(json.loads(one.request))
        request = read_request(one.request, model=one.model, stream=one.stream)
        target = aimed("bedrock_converse", one.model, stream=request.stream)
        after = json.loads(write_request(request, target))
        assert normal_request(after) == before, one.id
        assert json.loads(patch_request(one.request, target)) == json.loads(one.request), one.id
        seen["stream" if one.stream else "whole"] += 1
    record_property("requests", dict(seen))
    assert seen


def expected_usage(told: dict[str, Any]) -> Usage:
    """What `usage` means, worked out apart from the code; its total is the sum of all four."""
    read, written = told.get("cacheReadInputTokens", 0), told.get("cacheWriteInputTokens", 0)
    lasting = sum(each["inputTokens"] for each in told.get("cacheDetails", []) if each["ttl"] == "1h")
    usage = Usage(
        prompt_tokens=told["inputTokens"] + read + written,
        completion_tokens=told["outputTokens"],
        cached_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=lasting,
    )
    assert usage.total_tokens == told["totalTokens"]
    return usage


def loads(arguments: str) -> Any:
    """A call's input; one that was cut as whole answers of this dialect hold it."""
    try:
        return json.loads(arguments)
    except ValueError:
        return {"INVALID_JSON": arguments}


def expected_parts(content: list[dict[str, Any]]) -> list[Any]:
    """The blocks of an answer as comparable values, neighbouring texts as one."""
    parts: list[Any] = []
    for block in content:
        if "text" in block or "citationsContent" in block:
            cited = block.get("citationsContent", {"content": [block], "citations": []})
            text = "".join(each.get("text", "") for each in cited.get("content", []))
            if not text and not cited["citations"]:
                continue
            if not parts or parts[-1][0] != "text":
                parts.append(["text", "", []])
            parts[-1][1] += text
            parts[-1][2] += cited["citations"]
        elif "reasoningText" in block.get("reasoningContent", {}):
            inner = block["reasoningContent"]["reasoningText"]
            parts.append(["reasoning", inner["text"], inner.get("signature")])
        elif "toolUse" in block and block["toolUse"].get("type") in {None, "tool_use"}:
            call = block["toolUse"]
            parts.append(["call", call["toolUseId"], call["name"], call["input"]])
        else:
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
            case Reasoning():
                parts.append(["reasoning", part.text, part.signature])
            case ToolCall():
                parts.append(["call", part.id, part.name, loads(part.arguments)])
            case _:
                parts.append(part)
    return parts


def content_of(
    events: list[tuple[bytes, bytes]],
) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any], list[str]]:
    """A stream added up the simple way: its blocks, `messageStop`, `metadata`, and every call's input as text."""
    blocks: dict[int, dict[str, Any]] = {}
    inputs: dict[int, str] = {}
    stop: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for name, data in events:
        event = json.loads(data)
        index = event.get("contentBlockIndex", -1)
        if name == b"contentBlockStart":
            blocks[index] = event["start"]
            if "toolUse" in event["start"]:
                inputs[index] = ""
        elif name == b"contentBlockDelta":
            grow(blocks.setdefault(index, {}), event["delta"], inputs, index)
        elif name == b"messageStop":
            stop = event
        elif name == b"metadata":
            metadata = event
    for index, text in inputs.items():
        blocks[index]["toolUse"]["input"] = loads(text or "{}")
    own = [index for index in inputs if blocks[index]["toolUse"].get("type") in {None, "tool_use"}]
    return [each for each in blocks.values() if each], stop, metadata, [inputs[index] or "{}" for index in own]


def grow(block: dict[str, Any], delta: dict[str, Any], inputs: dict[int, str], index: int) -> None:
    if "text" in delta:
        if "citationsContent" in block:
            block["citationsContent"]["content"][0]["text"] += delta["text"]
        else:
            block["text"] = block.get("text", "") + delta["text"]
    elif "citation" in delta:
        if "citationsContent" not in block:
            text = block.pop("text", "")
            block["citationsContent"] = {"content": [{"text": text}], "citations": []}
        block["citationsContent"]["citations"].append(delta["citation"])
    elif "toolUse" in delta:
        inputs[index] += delta["toolUse"]["input"]
    elif "toolResult" in delta:
        block["toolResult"].setdefault("content", []).extend(delta["toolResult"])
    else:
        inner = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {"text": ""})
        inner["text"] += delta["reasoningContent"].get("text", "")
        if "signature" in delta["reasoningContent"]:
            inner["signature"] = delta["reasoningContent"]["signature"]


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
        if one.stream or one.status != 200:
            continue
        before = json.loads(one.body)
        content = before["output"]["message"]["content"]
        output = fold(read_response(one.body))
        assert parts_of(output) == expected_parts(content), one.id
        finish = output.choices[0].finish
        assert finish is not None
        assert finish.native == before["stopReason"]
        assert output.usage == expected_usage(before["usage"]), one.id
        whole = json.loads(write_response(output, ID, CHARGED))
        assert expected_parts(whole["output"]["message"]["content"]) == expected_parts(content), one.id
        assert whole["stopReason"] == before["stopReason"]
        patched = json.loads(patch_response(one.body, ID, CHARGED, without_reasoning=False))
        assert {**patched, "usage": None} == {**before, "usage": None}, one.id
        assert patched["usage"].items() >= whole["usage"].items()
        seen["passed"] += 1
    record_property("whole answers", dict(seen))


def check_written(one: Recorded, events: list[Event], content: list[dict[str, Any]], inputs: list[str]) -> None:
    """What a caller of this dialect gets says the same, and its blocks are in order."""
    writer = Writer(ID)
    written = b"".join(writer.feed([event]) for event in events) + writer.end(CHARGED)
    again = events_of(written)
    blocks, _, metadata, inputs_again = content_of(again)
    assert expected_parts(blocks) == expected_parts(content), one.id
    assert inputs_again == inputs, one.id
    assert expected_usage(metadata["usage"]) == CHARGED.usage
    assert parts_of(fold(read_stream(again)[0])) == parts_of(fold(events)), one.id
    check_order(again)


def check_order(events: list[tuple[bytes, bytes]]) -> None:
    """Blocks are numbered from 0, and each ends before the next begins."""
    last, is_open = -1, False
    for name, data in events[1:-2]:
        index = json.loads(data)["contentBlockIndex"]
        assert index == last + (not is_open)
        last, is_open = index, name != b"contentBlockStop"
    assert not is_open
    assert [events[0][0], *(name for name, _ in events[-2:])] == [b"messageStart", b"messageStop", b"metadata"]


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str, record_property: Any) -> None:
    """So do those of every stream, wherever its bytes are cut; inputs of calls byte for byte."""
    seen: Counter[str] = Counter()
    dice = random.Random(7)  # noqa: S311
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        sent = events_of(one.body)
        for _ in range(3):
            cuts = sorted(dice.sample(range(len(one.body)), 9))
            assert events_of(one.body, *cuts) == sent
        content, stop, metadata, inputs = content_of(sent)
        events, reader = read_stream(sent)
        output = fold(events)
        assert reader.done == bool(metadata), one.id
        assert parts_of(output) == expected_parts(content), one.id
        calls = [part.arguments for part in output.choices[0].parts if isinstance(part, ToolCall)]
        assert calls == inputs, one.id
        finish = output.choices[0].finish
        assert finish is not None
        assert finish.native == stop["stopReason"]
        assert output.usage == expected_usage(metadata["usage"]) if metadata else output.usage is None
        check_written(one, events, content, inputs)
        check_patched(one, sent)
        seen["passed, framed here" if one.framed_here else "passed"] += 1
    record_property("streams", dict(seen))


def check_patched(one: Recorded, sent: list[tuple[bytes, bytes]]) -> None:
    """Patched, every event is as it was sent but for the figures of usage."""
    patcher = Patcher(ID, without_reasoning=False)
    patched = events_of(b"".join(patcher.feed(*event) for event in sent) + patcher.end(CHARGED))
    assert [event for event in patched if event[0] != b"metadata"] == [
        event for event in sent if event[0] != b"metadata"
    ], one.id
    before = json.loads(next((data for name, data in sent if name == b"metadata"), b"{}"))
    after = json.loads(patched[-1][1])
    assert expected_usage(after.pop("usage")) == CHARGED.usage
    before.pop("usage", None)
    assert before.items() <= after.items()


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_errors(provider: str) -> None:
    """The provider's own words come out of every error."""
    for one in recorded(provider):
        if one.status != 200:
            assert read_error(one.status, one.body) == json.loads(one.body)["message"], one.id


def test_path() -> None:
    """The address is what was recorded: ids with their colons and slashes encoded."""
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x"
    assert path("us.amazon.nova-lite-v1:0", stream=True) == "/model/us.amazon.nova-lite-v1%3A0/converse-stream"
    assert (
        path(arn, stream=False)
        == "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fx/converse"
    )

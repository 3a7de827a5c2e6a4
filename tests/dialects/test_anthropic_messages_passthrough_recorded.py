"""Every recorded answer passed on to a caller of the same dialect differs in the named patches only."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from anthropic_messages_samples import CHARGED, ID, events_of, providers, recorded

from modelport.dialects.anthropic_messages.response import patch_response, read_response, write_usage
from modelport.dialects.anthropic_messages.stream import Patcher, Reader
from modelport.dialects.anthropic_messages.wire import FORMAT
from modelport.dialects.canonical import Event, ReasoningDelta, Start, ToolCallDelta, UsageEvent, fold

_PROVIDERS = providers()
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")

_DESCRIBED = ("inference_geo", "service_tier")
_SPLICED = frozenset({"anthropic/src/__fixtures__/spliced-message-start.chunks.txt"})
"""A second answer begins in the middle of the first, so numbers come again."""
_HIDDEN = ("thinking", "redacted_thinking")


def check_usage(usage: dict[str, Any], before: dict[str, Any]) -> None:
    """Ours, with all that the provider alone knows beside it."""
    ours: dict[str, Any] = json.loads(json.dumps(write_usage(CHARGED)))
    if before.get("server_tool_use"):
        ours["server_tool_use"] = {"web_search_requests": 0}
    for name, value in ours.items():
        if name in _DESCRIBED and name in before:
            assert usage[name] == before[name]
        elif isinstance(value, dict):
            assert usage[name] == {**(before.get(name) or {}), **value}
        else:
            assert usage[name] == value
    beside = {name: value for name, value in before.items() if name not in ours}
    if any(each["type"] == "compaction" for each in beside.get("iterations") or ()):
        del beside["iterations"]  # inside our figures
    assert {name: value for name, value in usage.items() if name not in ours} == beside


def one_answer(events: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """One recording holds several answers in a row."""
    names = [name for name, _ in events]
    return events[: names.index(b"message_stop") + 1] if b"message_stop" in names else events


def passed_on(events: list[tuple[bytes, bytes]], *, without_reasoning: bool = False) -> list[tuple[bytes, bytes]]:
    patcher = Patcher(ID, without_reasoning=without_reasoning)
    before = b"".join(patcher.feed(name, data) for name, data in events)
    assert b"event: message_delta" not in before
    assert b"event: message_stop" not in before
    return events_of((before + patcher.end(CHARGED)).decode())


def read(events: list[tuple[bytes, bytes]]) -> list[Event]:
    reader = Reader()
    return [event for name, data in events for event in reader.feed(name, data)]


def said(events: list[Event]) -> list[Event]:
    """Without what is patched."""
    return [event for event in events if not isinstance(event, Start | UsageEvent)]


def shown(events: list[Event]) -> list[Event]:
    """Without reasoning; opaque blocks of other kinds are no reasoning, and are counted anew."""
    kept = [event for event in said(events) if not (isinstance(event, ReasoningDelta) and event.format == FORMAT)]
    numbers: dict[int, int] = {}
    for event in kept:
        if isinstance(event, ReasoningDelta):
            event.block = numbers.setdefault(event.block, len(numbers))
    return kept


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str, record_property: Any) -> None:
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        before = one_answer(events_of(one.body))
        after = passed_on(before)
        if before[-1][0] != b"message_stop":  # cut before its end: one is made up
            assert [name for name, _ in after[-2:]] == [b"message_delta", b"message_stop"]
            seen["cut"] += 1
            continue
        assert [name for name, _ in after] == [name for name, _ in before], one.id
        for (name, data), (_, other) in zip(before, after, strict=True):
            told, patched = json.loads(data), json.loads(other)
            if name == b"message_start":
                assert (patched["message"]["id"], patched["message"]["model"]) == (ID.id, ID.model)
                usage = patched["message"].pop("usage")
                given = told["message"].pop("usage")
                assert {**given, **usage} == usage | {n: v for n, v in given.items() if not isinstance(v, dict)}
                assert not {"cost", "cost_details", "is_byok"} & set(usage)
                told["message"] |= {"id": ID.id, "model": ID.model}
            elif name == b"message_delta":
                check_usage(patched.pop("usage"), told.pop("usage"))
            else:
                assert other == data, one.id
            assert patched == told, one.id
        events = read(after)
        assert said(events) == said(read(before)), one.id
        assert fold(events).usage == CHARGED.usage, one.id
        seen["passed"] += 1
    record_property("streams", dict(seen))
    assert seen["cut"] <= 1


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams_without_reasoning(provider: str) -> None:
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        before = one_answer(events_of(one.body))
        after = passed_on(before, without_reasoning=True)
        begun = [json.loads(data) for name, data in after if name == b"content_block_start"]
        if one.id not in _SPLICED:
            assert [event["index"] for event in begun] == list(range(len(begun))), one.id
        assert not [event for event in begun if event["content_block"]["type"] in _HIDDEN]
        if before[-1][0] == b"message_stop":
            assert shown(read(after)) == shown(read(before)), one.id


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str, record_property: Any) -> None:
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.stream or one.counting or one.status != 200:
            continue
        body = one.body.encode()
        before = json.loads(body)
        patched = patch_response(body, ID, CHARGED, without_reasoning=False)
        after = json.loads(patched)
        check_usage(after.pop("usage"), before.pop("usage"))
        assert after == {**before, "id": ID.id, "model": ID.model}, one.id
        events = read_response(patched)
        assert said(events) == said(read_response(body)), one.id
        assert fold(events).usage == CHARGED.usage, one.id
        hidden = patch_response(body, ID, CHARGED, without_reasoning=True)
        content = [block for block in before["content"] if block["type"] not in _HIDDEN]
        assert json.loads(hidden)["content"] == content, one.id
        calls = [event for event in read_response(hidden) if isinstance(event, ToolCallDelta)]
        assert calls == [event for event in events if isinstance(event, ToolCallDelta)]
        seen["passed"] += 1
    record_property("whole answers", dict(seen))

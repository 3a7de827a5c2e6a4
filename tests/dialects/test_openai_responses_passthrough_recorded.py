"""Every recorded answer passed on to a caller of the same dialect differs in the named patches only."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from openai_responses_samples import CHARGED, IDENTITY, events_of, providers, recorded

from modelport.dialects.canonical import Event, ReasoningDelta, Start, UsageEvent, fold
from modelport.dialects.openai_responses.errors import Malformed, StreamError
from modelport.dialects.openai_responses.request import Target, patch_request, read_request
from modelport.dialects.openai_responses.response import patch_response, read_response, write_usage
from modelport.dialects.openai_responses.stream import Patcher, Reader
from modelport.dialects.openai_responses.wire import ITEM_FORMAT

_PROVIDERS = [name for name in providers() if next(recorded(name), None) is not None]
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")

_ABRIDGED = frozenset({"openai/src/responses/__fixtures__/openai-phase.1.chunks.txt"})
"""Somebody took an item out of its middle, so its places have a gap."""
_LAST = ("response.completed", "response.incomplete")


def check_usage(usage: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Ours, with all that the provider alone knows beside it, but for what it asks of us."""
    ours: dict[str, Any] = json.loads(json.dumps(write_usage(CHARGED)))
    before = {name: value for name, value in (before or {}).items() if not name.startswith("cost")}
    expected = {**before, **ours}
    for name in ("input_tokens_details", "output_tokens_details"):
        expected[name] = {**(before.get(name) or {}), **ours[name]}
    assert usage == expected


def one_answer(events: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Some recordings hold several answers in a row; `[DONE]` is left out."""
    events = [(name, data) for name, data in events if data != b"[DONE]"]
    ends = [number for number, (_, data) in enumerate(events) if json.loads(data).get("type") in _LAST]
    return events[: ends[0] + 1] if ends else events


def passed_on(events: list[tuple[bytes, bytes]], *, without_reasoning: bool = False) -> list[tuple[bytes, bytes]]:
    patcher = Patcher(IDENTITY, without_reasoning=without_reasoning)
    before = b"".join(patcher.feed(name, data) for name, data in events)
    assert not [name for name, _ in events_of(before.decode()) if name.decode() in _LAST]
    after = events_of((before + patcher.end(CHARGED)).decode())
    assert after.pop() == (b"", b"[DONE]")
    return after


def read(events: list[tuple[bytes, bytes]]) -> list[Event]:
    reader = Reader()
    return [event for name, data in events for event in reader.feed(name, data)]


def said(events: list[Event]) -> list[Event]:
    """Without what is patched."""
    return [event for event in events if not isinstance(event, Start | UsageEvent)]


def shown(events: list[Event]) -> list[Event]:
    """Without reasoning; whole items of other kinds are no reasoning, and are counted anew."""
    kept = [event for event in said(events) if not isinstance(event, ReasoningDelta) or event.format == ITEM_FORMAT]
    numbers: dict[int, int] = {}
    for event in kept:
        if isinstance(event, ReasoningDelta):
            event.block = numbers.setdefault(event.block, len(numbers))
    return kept


def check_event(told: dict[str, Any], patched: dict[str, Any]) -> None:
    if "response" in told:
        response, other = told["response"], patched["response"]
        usage, given = other.pop("usage", None), response.pop("usage", None)
        if told["type"] in _LAST:
            check_usage(usage, given)
        response |= {"id": IDENTITY.id, "model": IDENTITY.model}
    assert patched == told


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str, record_property: Any) -> None:
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        before = one_answer(events_of(one.body))
        last = json.loads(before[-1][1])
        if last.get("type") in {"error", "response.failed"}:
            with pytest.raises(StreamError):
                passed_on(before)
            seen["errors"] += 1
            continue
        if "type" not in last:
            seen["no answer"] += 1
            continue
        after = passed_on(before)
        if last["type"] not in _LAST:
            assert after[-1][0] == b"response.completed"
            seen["cut"] += 1
            continue
        for (name, data), (other_name, other) in zip(before, after, strict=True):
            told = json.loads(data)
            assert other_name.decode() == name.decode() or told["type"]
            if "response" not in told:
                assert other == data, one.id
            check_event(told, json.loads(other))
        events = read(after)
        assert said(events) == said(read(before)), one.id
        usage = fold(events).usage
        assert usage is not None
        assert usage.total_tokens == CHARGED.usage.total_tokens, one.id
        seen["passed"] += 1
    record_property("streams", dict(seen))
    assert seen["cut"] <= 2
    assert seen["no answer"] <= 1, "one is a stream of chat completions"


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams_without_reasoning(provider: str) -> None:
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        before = one_answer(events_of(one.body))
        if json.loads(before[-1][1]).get("type") not in _LAST:
            continue
        after = passed_on(before, without_reasoning=True)
        told = [json.loads(data) for _, data in after]
        kinds = [event["type"] for event in told]
        assert not [kind for kind in kinds if kind.startswith("response.reasoning")], one.id
        begun = [event for event in told if event["type"] == "response.output_item.added"]
        if one.id not in _ABRIDGED:
            assert [event["output_index"] for event in begun] == list(range(len(begun))), one.id
        output = told[-1]["response"]["output"]
        assert not [item for item in output if item["type"] == "reasoning"]
        assert shown(read(after)) == shown(read(before)), one.id


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str, record_property: Any) -> None:
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.stream or one.status != 200:
            continue
        body = one.body.encode()
        try:
            events = read_response(body)
        except Malformed:
            seen["no answer"] += 1
            continue
        before = json.loads(body)
        patched = patch_response(body, IDENTITY, CHARGED, without_reasoning=False)
        after = json.loads(patched)
        check_usage(after.pop("usage"), before.pop("usage", None))
        assert after == {**before, "id": IDENTITY.id, "model": IDENTITY.model}, one.id
        assert said(read_response(patched)) == said(events), one.id
        hidden = patch_response(body, IDENTITY, CHARGED, without_reasoning=True)
        output = [item for item in before["output"] if item["type"] != "reasoning"]
        assert json.loads(hidden)["output"] == output, one.id
        seen["passed"] += 1
    record_property("whole answers", dict(seen))
    assert seen["no answer"] <= 3


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_output_can_be_sent_back(provider: str) -> None:
    """Items of an answer that was passed on go to the provider again as they came, secrets and ids included."""
    for one in recorded(provider):
        if one.stream or one.status != 200:
            continue
        try:
            read_response(one.body.encode())
        except Malformed:
            continue
        answer = json.loads(patch_response(one.body.encode(), IDENTITY, CHARGED, without_reasoning=False))
        items = [{"role": "user", "content": "hi"}, *answer["output"], {"role": "user", "content": "on"}]
        body = json.dumps({"model": "m", "input": items}).encode()
        read_request(body)
        target = Target("m", stream=False)
        if any("format" in item for item in items):  # the reference marks whose reasoning it is
            target = target._replace(reasoning_format=next(item["format"] for item in items if "format" in item))
            items = [sent_back(item) for item in items]
        assert json.loads(patch_request(body, target))["input"] == items, one.id


def sent_back(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("type") != "reasoning":
        return item
    names = ("id", "type", "summary", "content", "encrypted_content")
    return {name: item[name] for name in names if item.get(name) is not None and "_tmp_" not in str(item[name])}

"""Every text completion that was ever recorded goes through, and nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from openai_completions_samples import CHARGED, ID, TRAFFIC, events_of, recorded

from modelport.dialects.canonical import Event, Output, Target, Text, Usage, fold
from modelport.dialects.openai_completions.request import patch_request, read_request, write_request
from modelport.dialects.openai_completions.response import patch_response, read_response, write_response
from modelport.dialects.openai_completions.stream import DONE, Patcher, Reader, Writer

PROVIDERS = ["openai", "writer"]
pytestmark = pytest.mark.skipif(
    not all((TRAFFIC / f"{name}.jsonl.gz").exists() for name in PROVIDERS),
    reason="no recorded traffic beside the repository",
)

FOREIGN = b'data: {"value":'
"""How the one recording begins whose stream is of another kind: an older API's, at the same address. It reads empty."""


def normal_request(body: dict[str, Any]) -> dict[str, Any]:
    """A request with one spelling for what can be spelled in several ways."""
    body = {name: value for name, value in body.items() if (name, value) != ("stream", False)}
    body.pop("stream_options", None)
    if isinstance(body["prompt"], list):
        body["prompt"] = body["prompt"][0]
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]
    return body | {"model": "m"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_requests(provider: str, record_property: Any) -> None:
    """Every request comes out as it went in, through the shared vocabulary and patched alike."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.request is None:
            continue
        before = json.loads(one.request)
        request = read_request(one.request)
        assert request.stream == one.stream
        target = Target("m", request.stream)
        assert normal_request(json.loads(write_request(request, target))) == normal_request(before), one.id
        assert normal_request(json.loads(patch_request(one.request, target))) == normal_request(before), one.id
        seen["passed"] += 1
    record_property("requests", dict(seen))
    assert seen["passed"]


def expected_usage(told: dict[str, Any] | None) -> Usage | None:
    """What `usage` means, worked out apart from the code."""
    return None if told is None else Usage(told["prompt_tokens"], told["completion_tokens"])


def choices_of(output: Output) -> list[tuple[str, str | None]]:
    return [
        (
            "".join(part.text for part in choice.parts if isinstance(part, Text)),
            choice.finish.native if choice.finish is not None else None,
        )
        for choice in output.choices
    ]


def expected_choices(bodies: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    texts: dict[int, str] = {}
    reasons: dict[int, str | None] = {}
    for body in bodies:
        for choice in body.get("choices") or []:
            index = choice["index"]
            texts[index] = texts.get(index, "") + choice["text"]
            reasons[index] = choice["finish_reason"] or reasons.get(index)
    return [(texts[index], reasons[index]) for index in sorted(texts)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whole_answers(provider: str, record_property: Any) -> None:
    """Texts, reasons and usage of every whole answer survive, written anew and patched."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if one.stream or one.status != 200:
            continue
        before = json.loads(one.body)
        output = fold(read_response(one.body))
        assert choices_of(output) == expected_choices([before]), one.id
        assert output.usage == expected_usage(before["usage"])
        assert output.upstream_id == before["id"]
        assert choices_of(fold(read_response(write_response(output, ID, CHARGED)))) == choices_of(output)
        patched = json.loads(patch_response(one.body, ID, CHARGED, without_reasoning=False))
        assert (patched["id"], patched["model"], patched["provider"]) == (ID.id, ID.model, ID.provider)
        for choice, given in zip(patched["choices"], before["choices"], strict=True):
            assert {name: choice[name] for name in given} == given
        seen["passed"] += 1
    record_property("whole answers", dict(seen))
    assert seen["passed"] or provider == "writer"


def read_stream(events: list[tuple[bytes, bytes]]) -> tuple[list[Event], Reader]:
    reader = Reader()
    read = [each for name, data in events for each in reader.feed(name, data)]
    return [*read, *reader.finish()], reader


@pytest.mark.parametrize("provider", PROVIDERS)
def test_streams(provider: str, record_property: Any) -> None:
    """So do those of every stream, however it is cut; and a caller's stream reads the same again."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if not one.stream or one.status != 200:
            continue
        events = events_of(one.body)
        read, reader = read_stream(events)
        if one.body.startswith(FOREIGN):
            assert choices_of(fold(read)) == []
            seen["of another kind"] += 1
            continue
        bodies = [json.loads(data) for _, data in events if data != b"[DONE]"]
        usages = [body["usage"] for body in bodies if body.get("usage")]
        output = fold(read)
        assert reader.done == ((b"", b"[DONE]") in events), one.id  # one fixture keeps the chunks only
        assert choices_of(output) == expected_choices(bodies), one.id
        assert output.usage == expected_usage(usages[-1] if usages else None), one.id
        for cut in (1, 7, 1000):
            assert read_stream(events_of(one.body, cut))[0] == read
        writer, patcher = Writer(ID), Patcher(ID, without_reasoning=False)
        written = b"".join(writer.feed([event]) for event in read) + writer.end(CHARGED)
        passed = b"".join(patcher.feed(name, data) for name, data in events) + patcher.end(CHARGED)
        for again in (written, passed):
            assert again.endswith(DONE)
            assert choices_of(fold(read_stream(events_of(again))[0])) == choices_of(output), one.id
        seen["passed"] += 1
    record_property("streams", dict(seen))
    assert seen["passed"] or provider == "writer"
    assert seen["of another kind"] == (provider == "writer")

"""Everything providers were ever recorded to answer goes through, and nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from openai_chat_samples import ID, data_of, providers, recorded

from modelport.dialects.canonical import Usage
from modelport.dialects.openai_chat import response as response_
from modelport.dialects.openai_chat.response import Bill
from modelport.dialects.openai_chat.stream import Assembler, Patcher, StreamError

_PROVIDERS = providers()
pytestmark = pytest.mark.skipif(not _PROVIDERS, reason="no recorded traffic beside the repository")
_REASONS = {None, "stop", "length", "tool_calls", "content_filter", "error"}


def words(message: dict[str, Any]) -> tuple[str, str, list[tuple[str | None, str]]]:
    """Text, reasoning and tool calls of a message."""
    text = text_of(message.get("content"))
    reasoning = message.get("reasoning") or message.get("reasoning_content") or ""
    calls = [
        (call.get("function", {}).get("name"), call.get("function", {}).get("arguments") or "")
        for call in message.get("tool_calls") or ()
    ]
    return text, reasoning, calls


def text_of(content: Any) -> str:
    """All text in a content, be it in parts (as Mistral's reasoning models send it) or parts of parts."""
    if isinstance(content, list):
        return "".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return "".join(text_of(content.get(name)) for name in ("thinking", "text"))
    return content or ""


def check_safe_for_clients(fields: dict[str, Any], *, stream: bool) -> None:
    """What is known to break official clients is not there (`strictness.json`)."""
    assert (fields["id"], fields["model"], fields["provider"]) == ("gen-1", "maker/model", "Maker")
    assert type(fields["created"]) is int
    assert "error" not in fields
    assert stream or "system_fingerprint" in fields
    assert not stream or fields.get("system_fingerprint", "") is not None
    for choice in fields["choices"]:
        assert choice["finish_reason"] in _REASONS
        assert type(choice["index"]) is int
        part = choice["delta" if stream else "message"]
        assert stream or part["role"]
        for name in ("tool_calls", "reasoning_details", "images", "audio"):
            assert part.get(name, 0) is not None, name


def check_usage(usage: Usage | None, told: dict[str, Any] | None) -> None:
    if not told or told.get("prompt_tokens") is None:
        return
    assert usage is not None
    assert usage.prompt_tokens == told["prompt_tokens"]
    assert usage.completion_tokens >= told["completion_tokens"]
    assert usage.cached_tokens <= usage.prompt_tokens
    assert usage.reasoning_tokens <= usage.completion_tokens
    if told.get("total_tokens") == told["prompt_tokens"] + told["completion_tokens"]:
        assert usage.total_tokens == told["total_tokens"]


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_whole_answers(provider: str) -> None:
    """Text, reasoning, tool calls and usage of every whole answer survive; its nulls that break clients don't."""
    for one in recorded(provider):
        if one.stream:
            continue
        before = json.loads(one.body)
        if not before.get("choices"):
            continue
        answer = response_.read(one.body.encode(), ID, without_reasoning=False)
        after = json.loads(response_.write(answer, Bill(answer.usage or Usage(), 0, 0, 0)))
        check_safe_for_clients(after, stream=False)
        for left, right in zip(before["choices"], after["choices"], strict=True):
            assert words(left["message"]) == words(right["message"]), one.id
            assert right["native_finish_reason"] == (left.get("native_finish_reason") or left["finish_reason"]), one.id
        check_usage(answer.usage, before.get("usage"))
        assert after["usage"]["cost"] == 0
        assert answer.has_output == any(any(words(each["message"])) for each in before["choices"]) or answer.has_output


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_streams(provider: str) -> None:
    """So do those of every stream, passed on event by event or added up to a whole answer."""
    seen: Counter[str] = Counter()
    for one in recorded(provider):
        if not one.stream:
            continue
        events = data_of(one.body)
        try:
            chunks = [json.loads(event) for event in events if not event.startswith(b"[DONE]")]
        except ValueError:  # a recording that was cut or blacked out in the middle of an event
            chunks = [{"error": "unreadable"}]
        if any(chunk.get("error") for chunk in chunks):
            with pytest.raises(StreamError):
                feed_all(Patcher(ID), events)
            seen["broken"] += 1
            continue
        patcher, assembler = Patcher(ID), Assembler(ID)
        patched: list[dict[str, Any]] = []
        for event in events:
            if out := patcher.feed(event):
                assert out.startswith(b"data: ")
                assert out.endswith(b"\n\n")
                assembler.feed(out)
                patched.append(json.loads(out[6:]))
        for chunk in patched:
            assert "usage" not in chunk
            check_safe_for_clients(chunk, stream=True)
        assert joined(chunks) == joined(patched), one.id
        answer = assembler.answer(patcher)
        message = json.loads(bytes(answer.fields["choices"]))[0]["message"] if joined(chunks) else {}
        assert {0: words(message)} == {0: joined(chunks).get(0, ("", "", []))} or not message, one.id
        told: list[Any] = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
        check_usage(patcher.usage, told[-1] if told else None)
        seen["whole"] += 1
    assert seen["broken"] * 10 <= seen["whole"] + 10, "most recordings can be read"


def feed_all(patcher: Patcher, events: list[bytes]) -> None:
    for event in events:
        patcher.feed(event)


def joined(chunks: list[dict[str, Any]]) -> dict[int, tuple[str, str, list[tuple[str | None, str]]]]:
    """What a stream says in all, choice by choice."""
    texts: dict[int, list[str]] = {}
    reasonings: dict[int, list[str]] = {}
    calls: dict[int, dict[int, list[str]]] = {}
    for chunk in chunks:
        for choice in chunk.get("choices") or ():
            index = choice.get("index", 0)
            delta = choice.get("delta") or {}
            text, reasoning, _ = words({**delta, "tool_calls": None})
            texts.setdefault(index, []).append(text)
            reasonings.setdefault(index, []).append(reasoning)
            for piece in delta.get("tool_calls") or ():
                known = calls.setdefault(index, {})
                last = next(reversed(known.values()), None)
                place = piece.get("index", 0)
                if last is not None and piece.get("id") and last[2] and piece["id"] != last[2] and place in known:
                    place = max(known) + 1  # some give every call the same index
                call = known.setdefault(place, ["", "", ""])
                call[2] = call[2] or piece.get("id") or ""
                call[0] = call[0] or (piece.get("function") or {}).get("name") or ""
                call[1] += (piece.get("function") or {}).get("arguments") or ""
    return {
        index: (
            "".join(texts[index]),
            "".join(reasonings[index]),
            [(name, arguments) for _, (name, arguments, _) in sorted(calls.get(index, {}).items())],
        )
        for index in texts
    }

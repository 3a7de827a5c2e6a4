"""What holds for any request, any stream and any bytes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from anthropic_messages_samples import CHARGED, ID, events_of
from hypothesis import given
from hypothesis import strategies as st

from modelport.dialects.anthropic_messages.errors import Malformed, StreamError, read_error
from modelport.dialects.anthropic_messages.request import Target, patch_request, read_request, write_request
from modelport.dialects.anthropic_messages.response import read_response, write_response
from modelport.dialects.anthropic_messages.stream import Reader, Writer
from modelport.dialects.canonical import (
    Choice,
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    Start,
    Text,
    TextDelta,
    ToolCallDelta,
    fold,
)
from modelport.errors import BadRequest

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
SAID = WORDS.filter(lambda text: bool(text.strip())).map(str.rstrip)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
MARK = st.fixed_dictionaries({"type": st.just("ephemeral")}, optional={"ttl": st.sampled_from(["5m", "1h"])})
TEXTS = st.fixed_dictionaries({"type": st.just("text"), "text": SAID}, optional={"cache_control": MARK})
IMAGES = st.fixed_dictionaries({
    "type": st.just("image"),
    "source": st.one_of(
        st.fixed_dictionaries({"type": st.just("url"), "url": st.just("https://a.example/c.png")}),
        st.fixed_dictionaries({
            "type": st.just("base64"),
            "media_type": st.just("image/png"),
            "data": st.just("iVBORw0KGgo="),
        }),
    ),
})  # fmt: skip
RESULTS = st.fixed_dictionaries(
    {"type": st.just("tool_result"), "tool_use_id": IDS, "content": st.lists(TEXTS | IMAGES, min_size=2, max_size=3)},
    optional={"is_error": st.booleans(), "cache_control": MARK},
)
OPAQUE = st.fixed_dictionaries({"type": st.just("server_tool_use"), "id": IDS, "name": IDS, "input": OBJECTS})
THOUGHTS = st.fixed_dictionaries({"type": st.just("thinking"), "thinking": WORDS, "signature": IDS})
CALLS = st.fixed_dictionaries({"type": st.just("tool_use"), "id": IDS, "name": IDS, "input": OBJECTS})
TURNS = st.lists(
    st.tuples(
        st.lists(RESULTS | TEXTS | IMAGES, min_size=1, max_size=3),
        st.lists(THOUGHTS | TEXTS | CALLS | OPAQUE, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=2,
).map(
    lambda pairs: [
        {"role": role, "content": content}
        for pair in pairs
        for role, content in zip(("user", "assistant"), pair, strict=True)
    ]
)
TOOLS = st.lists(
    st.fixed_dictionaries(
        {"name": IDS, "input_schema": OBJECTS},
        optional={
            "description": WORDS,
            "strict": st.booleans(),
            "cache_control": MARK,
            "defer_loading": st.booleans(),
            "input_examples": st.lists(OBJECTS, max_size=2),
        },
    ),
    min_size=1,
    max_size=3,
)
REQUESTS = st.fixed_dictionaries(
    {"model": st.just("m"), "max_tokens": st.integers(1, 10**6), "messages": TURNS},
    optional={
        "system": st.lists(TEXTS, min_size=1, max_size=2),
        "tools": TOOLS,
        "tool_choice": st.sampled_from(
            [
                {"type": "any"},
                {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
            ]
        ),
        "temperature": st.floats(0, 1),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(0, 500),
        "stop_sequences": st.lists(SAID, min_size=1, max_size=3),
        "thinking": st.sampled_from(
            [
                {"type": "enabled", "budget_tokens": 2_000},
                {"type": "adaptive", "display": "summarized"},
                {"type": "disabled"},
            ]
        ),
        "output_config": st.fixed_dictionaries(
            {"effort": st.sampled_from(["low", "max"])},
            optional={
                "format": st.fixed_dictionaries({"type": st.just("json_schema"), "schema": OBJECTS}),
                "task_budget": OBJECTS,
            },
        ),
        "metadata": st.fixed_dictionaries({"user_id": IDS}),
        "cache_control": MARK,
        "service_tier": st.sampled_from(["auto", "standard_only"]),
        "stream": st.just(value=True),
        "container": IDS,
        "context_management": OBJECTS,
        "speed": st.just("fast"),
    },
)


@given(REQUESTS)
def test_round_trip(body: dict[str, Any]) -> None:
    """A request is written as it was read, and a patched one differs in nothing but what was asked."""
    raw = json.dumps(body).encode()
    request = read_request(raw)
    target = Target("m", stream=request.stream)
    assert json.loads(write_request(request, target)) == body
    assert json.loads(patch_request(raw, target)) == body


FIELD = st.sampled_from([
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "metadata", "stream",
    "max_tokens", "temperature", "stop_sequences", "cache_control", "service_tier", "user", "output_format",
])  # fmt: skip


@given(
    st.dictionaries(FIELD, JSON), st.sampled_from([{}, {"model": "m", "messages": [{"role": "user", "content": "x"}]}])
)
def test_any_request_is_read_or_refused(body: dict[str, Any], base: dict[str, Any]) -> None:
    with contextlib.suppress(BadRequest):
        read_request(json.dumps({**base, **body}).encode())


BLOCK = st.dictionaries(
    st.sampled_from(["type", "text", "source", "content", "id", "input", "tool_use_id", "data", "citations", "title"]),
    JSON | st.sampled_from(["text", "image", "document", "tool_use", "tool_result", "thinking", "search_result"]),
)


@given(st.lists(BLOCK, max_size=3), st.sampled_from(["user", "assistant", "system"]))
def test_any_block_is_read_or_refused(blocks: list[Any], role: str) -> None:
    body = {"model": "m", "messages": [{"role": role, "content": blocks}]}
    with contextlib.suppress(BadRequest):
        request = read_request(json.dumps(body).encode())
        write_request(request, Target("m", stream=False))


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"model":' * 5_000, b'{"a":"\xff"}', b"null", b""]))
def test_any_bytes(raw: bytes) -> None:
    """Nothing but the announced errors comes out, whatever goes in."""
    with pytest.raises(BadRequest):
        read_request(raw)
    with pytest.raises(Malformed):
        read_response(raw)
    assert read_error(500, raw) or not raw
    with contextlib.suppress(StreamError):
        Reader().feed(b"message_delta", raw)


EVENT = st.dictionaries(
    st.sampled_from(["type", "index", "message", "content_block", "delta", "usage", "error"]),
    JSON
    | st.dictionaries(
        st.sampled_from(["type", "text", "thinking", "partial_json", "citation", "content", "input", "stop_reason"]),
        JSON | st.sampled_from(["text_delta", "input_json_delta", "text", "tool_use", "x", "compaction_delta"]),
    )
    | st.sampled_from(["content_block_start", "content_block_delta", "content_block_stop", "message_start", "error"]),
)


@given(st.lists(EVENT, max_size=5))
def test_any_event(events: list[Any]) -> None:
    reader = Reader()
    for event in events:
        with contextlib.suppress(StreamError):
            fold(reader.feed(b"", json.dumps(event).encode()))
    reader.finish()


def _answer(blocks: list[tuple[str, list[str]]]) -> list[Event]:
    """An answer of this dialect's own kinds, as events."""
    events: list[Event] = [Start("gen-1", "maker/model")]
    calls = thoughts = 0
    for kind, pieces in blocks:
        if kind == "text":
            events += [TextDelta(piece) for piece in pieces]
        elif kind == "call":
            events.append(ToolCallDelta(calls, "", f"id{calls}", "f"))
            text = json.dumps({"a": "".join(pieces)})
            events += [ToolCallDelta(calls, text[:3]), ToolCallDelta(calls, text[3:])]
            calls += 1
        else:
            own = "anthropic-claude-v1"
            if kind == "hidden":
                events.append(ReasoningDelta(thoughts, "encrypted", data="".join(pieces), format=own))
            else:
                events += [ReasoningDelta(thoughts, "text", piece, format=own) for piece in pieces]
                events.append(ReasoningDelta(thoughts, "text", signature="sig", format=own))
            thoughts += 1
    return [*events, Finish(FinishReason.STOP, "end_turn")]


ANSWERS = st.lists(
    st.tuples(st.sampled_from(["text", "call", "thinking", "hidden"]), st.lists(WORDS, min_size=1, max_size=3)),
    max_size=5,
).map(_answer)


def _plain(choice: Choice) -> Choice:
    """Neighbouring texts as one, which blocks keep apart."""
    choice.parts = [part for part in choice.parts if not isinstance(part, Text) or part.text]
    return choice


@given(ANSWERS, st.randoms(use_true_random=False))
def test_what_is_written_reads_the_same(events: list[Event], random: Any) -> None:
    """Writer to reader, however the events are cut up; and whole answers alike."""
    writer = Writer(ID)
    cuts = sorted(random.sample(range(len(events) + 1), k=min(2, len(events))))
    pieces = [events[: cuts[0]], events[cuts[0] : cuts[-1]], events[cuts[-1] :]]
    body = b"".join(writer.feed(piece) for piece in pieces) + writer.end(CHARGED)
    reader = Reader()
    read = [event for name, data in events_of(body.decode()) for event in reader.feed(name, data)]
    assert reader.done
    expected = fold(events)
    assert [_plain(choice) for choice in fold(read).choices] == [_plain(choice) for choice in expected.choices]
    assert fold(read).usage == CHARGED.usage
    again = fold(read_response(write_response(expected, ID, CHARGED)))
    assert again.usage == CHARGED.usage
    assert [_plain(choice) for choice in again.choices] == [_plain(choice) for choice in expected.choices]

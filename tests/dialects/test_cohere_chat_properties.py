"""What holds for any request, any stream and any bytes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from cohere_chat_samples import CHARGED, ID, events_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Choice,
    Event,
    Finish,
    FinishReason,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    Start,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    fold,
)
from modelport.dialects.cohere_chat.errors import Malformed, StreamError, read_error
from modelport.dialects.cohere_chat.request import Target, patch_request, read_request, write_request
from modelport.dialects.cohere_chat.response import patch_response, read_response, write_response
from modelport.dialects.cohere_chat.stream import Patcher, Reader, Writer
from modelport.errors import BadRequest

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
NEW = {"x_new": OBJECTS}
TEXTS = st.fixed_dictionaries({"type": st.just("text"), "text": WORDS}, optional=NEW)
IMAGES = st.fixed_dictionaries(
    {
        "type": st.just("image_url"),
        "image_url": st.fixed_dictionaries(
            {"url": st.just("https://a.example/c.png")}, optional={"detail": st.sampled_from(["low", "high"])}
        ),
    },
    optional=NEW,
)
DOCUMENTS = st.fixed_dictionaries({
    "type": st.just("document"),
    "document": st.fixed_dictionaries({"data": OBJECTS}, optional={"id": IDS}),
})  # fmt: skip
OPAQUE = st.fixed_dictionaries({"type": st.just("chart"), "points": JSON})
THOUGHTS = st.fixed_dictionaries({"type": st.just("thinking"), "thinking": WORDS})
CALLS = st.fixed_dictionaries(
    {
        "id": IDS,
        "type": st.just("function"),
        "function": st.fixed_dictionaries({"name": IDS, "arguments": OBJECTS.map(json.dumps)}, optional=NEW),
    },
    optional=NEW,
)


def message(role: str, content: st.SearchStrategy[Any], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"role": st.just(role), "content": content, **more}, optional=NEW)


def blocks(*kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return WORDS | st.lists(st.one_of(*kinds), min_size=2, max_size=3)


MESSAGES = st.one_of(
    message("system", WORDS),
    message("user", blocks(TEXTS, IMAGES, OPAQUE)),
    message("assistant", blocks(TEXTS, THOUGHTS, OPAQUE)),
    message("assistant", WORDS, tool_plan=WORDS, tool_calls=st.lists(CALLS, min_size=1, max_size=2)),
    message("tool", blocks(TEXTS, DOCUMENTS, OPAQUE), tool_call_id=IDS),
)
TOOL = st.fixed_dictionaries({
    "type": st.just("function"),
    "function": st.fixed_dictionaries({"name": IDS, "parameters": OBJECTS}, optional={"description": WORDS, **NEW}),
})  # fmt: skip
THINKING = [{"type": "enabled", "token_budget": 9}, {"type": "disabled"}, {"type": "enabled", "x_new": 1}]
LAYOUTS = [{"type": "text"}, {"type": "json_object"}, {"type": "json_object", "json_schema": {"type": "object"}}]
REQUESTS = st.fixed_dictionaries(
    {"model": st.just("m"), "messages": st.lists(MESSAGES, min_size=1, max_size=4)},
    optional={
        "tools": st.lists(TOOL | st.just({"type": "browser", "at": 1}), min_size=1, max_size=3),
        "strict_tools": st.booleans(),
        "tool_choice": st.sampled_from(["REQUIRED", "NONE"]),
        "max_tokens": st.integers(1, 10**6),
        "temperature": st.floats(0, 1),
        "p": st.floats(0.01, 0.99),
        "k": st.integers(0, 500),
        "seed": st.integers(0, 2**53),
        "frequency_penalty": st.floats(0, 1),
        "presence_penalty": st.floats(0, 1),
        "stop_sequences": st.lists(WORDS, min_size=1, max_size=3),
        "logprobs": st.booleans(),
        "thinking": st.sampled_from(THINKING),
        "response_format": st.sampled_from(LAYOUTS),
        "documents": st.lists(WORDS, min_size=1, max_size=2),
        "citation_options": st.fixed_dictionaries({"mode": st.just("FAST")}),
        "safety_mode": st.just("OFF"),
        "priority": st.integers(0, 9),
        "stream": st.just(value=True),
        "x_new": OBJECTS,
    },
)


@given(REQUESTS)
def test_round_trip(body: dict[str, Any]) -> None:
    """A request is written as it was read, and a patched one differs in nothing but what was asked."""
    if "tools" not in body:
        body.pop("strict_tools", None)
    raw = json.dumps(body).encode()
    request = read_request(raw)
    target = Target("m", stream=request.stream)
    assert json.loads(write_request(request, target)) == body
    assert json.loads(patch_request(raw, target)) == body


FIELD = st.sampled_from([
    "model", "messages", "tools", "strict_tools", "tool_choice", "thinking", "response_format", "stream", "max_tokens",
    "temperature", "p", "k", "stop_sequences", "logprobs", "user", "seed",
])  # fmt: skip


@given(
    st.dictionaries(FIELD, JSON), st.sampled_from([{}, {"model": "m", "messages": [{"role": "user", "content": "x"}]}])
)
def test_any_request_is_read_or_refused(body: dict[str, Any], base: dict[str, Any]) -> None:
    with contextlib.suppress(BadRequest):
        read_request(json.dumps({**base, **body}).encode())


BLOCK = st.dictionaries(
    st.sampled_from(["type", "text", "image_url", "thinking", "document", "reasoning_detail", "url", "data"]),
    JSON | st.sampled_from(["text", "image_url", "document", "thinking"]),
)


@given(
    st.lists(BLOCK, max_size=3),
    st.sampled_from(["user", "assistant", "system", "tool"]),
    st.dictionaries(st.sampled_from(["citations", "tool_calls", "tool_plan", "tool_call_id", "id"]), JSON),
)
def test_any_message_is_read_or_refused(content: list[Any], role: str, more: dict[str, Any]) -> None:
    raw = json.dumps({"model": "m", "messages": [{"role": role, "content": content, **more}]}).encode()
    patch_request(raw, Target("m", stream=False))
    with contextlib.suppress(BadRequest):
        write_request(read_request(raw), Target("m", stream=False))


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"model":' * 5_000, b'{"a":"\xff"}', b"null", b""]))
def test_any_bytes(raw: bytes) -> None:
    """Nothing but the announced errors comes out, whatever goes in."""
    with pytest.raises(BadRequest):
        read_request(raw)
    with pytest.raises(Malformed):
        read_response(raw)
    assert read_error(500, raw)
    for feed in (Reader().feed, Patcher(ID, without_reasoning=True).feed):
        with contextlib.suppress(StreamError):
            feed(b"message-end", raw)


EVENT = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([
            "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start",
            "tool-call-delta", "tool-call-end", "citation-start", "citation-end", "message-end", "debug", "error",
        ]),
        "index": st.integers(-1, 2) | JSON,
        "delta": st.dictionaries(
            st.sampled_from(["message", "finish_reason", "usage", "error"]),
            JSON
            | st.dictionaries(
                st.sampled_from(["content", "tool_plan", "tool_calls", "citations"]),
                JSON | st.dictionaries(st.sampled_from(["type", "text", "thinking", "function", "sources"]), JSON),
            ),
        ),
        "logprobs": JSON,
        "message": JSON,
    },
)  # fmt: skip


@given(st.lists(EVENT, max_size=5))
def test_any_event(events: list[Any]) -> None:
    reader, patcher = Reader(), Patcher(ID, without_reasoning=True)
    read: list[Event] = []
    for event in events:
        with contextlib.suppress(StreamError):
            read += reader.feed(b"", json.dumps(event).encode())
        with contextlib.suppress(StreamError):
            patcher.feed(b"", json.dumps(event).encode())
    fold([*read, *reader.finish()])
    assert patcher.end(CHARGED).endswith(b"data: [DONE]\n\n")


def _citation(start: int, end: int, text: str) -> Annotation:
    source = {"type": "document", "id": "d", "document": {"id": "d", "title": "T"}}
    raw = json.dumps({"start": start, "end": end, "text": text, "sources": [source], "type": "TEXT_CONTENT"})
    return Annotation(None, "T", None, start, end, Raw(raw.encode()))


def _foreign(number: int, pieces: list[str]) -> list[Event]:
    """Reasoning as OpenAI gives it."""
    openai = "openai-responses-v1"
    summary = [ReasoningDelta(number, "summary", piece, id="rs", format=openai) for piece in pieces]
    return [*summary, ReasoningDelta(number + 1, "encrypted", data="gAAA", id="rs", format=openai)]


def _thought(number: int, pieces: list[str], signature: str | None, form: str | None) -> list[Event]:
    words: list[Event] = [ReasoningDelta(number, "text", piece, format=form) for piece in pieces]
    return [*words, *([ReasoningDelta(number, "text", signature=signature, format=form)] if signature else [])]


def _answer(kinds: list[tuple[str, list[str]]]) -> list[Event]:
    """An answer as events: each block's kind and its words."""
    events: list[Event] = [Start("gen-1")]
    calls = number = length = 0
    for kind, pieces in kinds:
        words = "".join(pieces)
        match kind:
            case "text":
                events += [TextDelta(piece) for piece in pieces]
                length += len(words)
            case "cited":
                events += [TextDelta(words), AnnotationEvent(_citation(length, length + len(words), words))]
                length += len(words)
            case "call":
                text = json.dumps({"a": words})
                signature = words if calls else None
                events.append(ToolCallDelta(calls, "", f"id{calls}", "f", signature))
                events += [ToolCallDelta(calls, text[:3]), ToolCallDelta(calls, text[3:])]
                calls += 1
            case "block":
                data = json.dumps({"type": "chart", "at": words}, separators=(",", ":"), ensure_ascii=False)
                events.append(ReasoningDelta(number, "encrypted", data=data, format="cohere-block-v1"))
            case "foreign":
                events += _foreign(number, pieces)
                number += 1
            case _:
                signature, form = THOUGHTS_OF[kind]
                events += _thought(number, pieces, signature, form)
        number += kind not in {"text", "cited", "call"}
    return [*events, Finish(FinishReason.STOP, "COMPLETE")]


THOUGHTS_OF = {
    "own": (None, "cohere-chat-v1"),
    "bare": (None, None),
    "signed": ("sig", "anthropic-claude-v1"),
    "plan": (None, "cohere-plan-v1"),
}
KINDS = ["text", "cited", "call", "block", "foreign", "own", "bare", "signed"]


def _one_plan(kinds: list[tuple[str, list[str]]], plan: str | None, last: bool) -> list[tuple[str, list[str]]]:  # noqa: FBT001 (drawn)
    """At most one plan, as there is one field for it: before the calls when `last`, else first of all."""
    if plan is None:
        return kinds
    if not last:
        return [("plan", [plan]), *kinds]
    calls = [each for each in kinds if each[0] == "call"]
    return [*(each for each in kinds if each[0] != "call"), ("plan", [plan]), *calls]


BLOCKS = st.lists(st.tuples(st.sampled_from(KINDS), st.lists(WORDS, min_size=1, max_size=3)), max_size=5)
ANSWERS = st.builds(_one_plan, BLOCKS, st.none() | WORDS, st.booleans()).map(_answer)


def _in_order(choice: Choice) -> list[Any]:
    """The parts in the one order that whole answers have: content, the plan, calls; neighbouring texts as one."""
    ranks = [
        2 if isinstance(part, ToolCall) else int(isinstance(part, Reasoning) and part.format == "cohere-plan-v1")
        for part in choice.parts
    ]
    parts: list[Any] = []
    for _, part in sorted(zip(ranks, choice.parts, strict=True), key=lambda pair: pair[0]):
        if isinstance(part, Reasoning):
            part.index = None
        if isinstance(part, Text):
            if not parts or not isinstance(parts[-1], Text):
                parts.append(Text(""))
            parts[-1].text += part.text
            parts[-1].annotations = [*parts[-1].annotations, *map(_bare, part.annotations)]
        else:
            parts.append(part)
    return parts


def _bare(annotation: Annotation) -> Annotation:
    """Where in the whole text, and of what: the raw form counts from its own block."""
    return Annotation(annotation.url, annotation.title, annotation.content, annotation.start, annotation.end)


@given(ANSWERS, st.randoms(use_true_random=False))
def test_what_is_written_reads_the_same(events: list[Event], random: Any) -> None:
    """Writer to reader, however the events are cut up; and whole answers alike."""
    writer = Writer(ID)
    cuts = sorted(random.sample(range(len(events) + 1), k=min(2, len(events))))
    pieces = [events[: cuts[0]], events[cuts[0] : cuts[-1]], events[cuts[-1] :]]
    body = b"".join(writer.feed(piece) for piece in pieces)
    assert b"message-end" not in body
    assert b"COMPLETE" not in body
    body += writer.end(CHARGED)
    reader = Reader()
    read = [event for name, data in events_of(body) for event in reader.feed(name, data)]
    assert reader.done
    whole = fold(read_response(write_response(fold(events), ID, CHARGED)))
    assert fold(read).usage == whole.usage == CHARGED.usage
    kinds = [[type(part) for part in fold(each).choices[0].parts] for each in (read, events)]
    assert kinds[0] == kinds[1]
    expected = _in_order(fold(events).choices[0])
    assert _in_order(fold(read).choices[0]) == expected
    assert _in_order(whole.choices[0]) == expected
    assert fold(read).choices[0].finish == whole.choices[0].finish == fold(events).choices[0].finish


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_interleaved_calls(order: list[int]) -> None:
    """Pieces of several calls at once come out one call after the other, and each whole."""
    texts = ['{"a": [1, 2]}', '{"b": "two"}', '{"c": null}']
    events: list[Event] = [ToolCallDelta(number, "", f"id{number}", "f") for number in dict.fromkeys(order)]
    sent = [0, 0, 0]
    for number in order:
        events.append(ToolCallDelta(number, texts[number][sent[number] : sent[number] + 4]))
        sent[number] += 4
    events += [ToolCallDelta(number, texts[number][sent[number] :]) for number in dict.fromkeys(order)]
    writer = Writer(ID)
    named = events_of(b"".join(writer.feed([event]) for event in events) + writer.end(CHARGED))
    reader = Reader()
    parts = fold([event for name, data in named for event in reader.feed(name, data)]).choices[0].parts
    assert {part.id: part.arguments for part in parts if isinstance(part, ToolCall)} == {
        f"id{number}": texts[number] for number in order
    }
    opened: list[int] = []
    for name, data in named:
        if name.startswith(b"tool-call-"):
            index = json.loads(data)["index"]
            assert opened == ([] if name.endswith(b"start") else [index])
            opened = [] if name.endswith(b"end") else [index]


def test_probabilities() -> None:
    """A chunk of several tokens goes through the shared words and back."""
    item = {"text": "né", "token_ids": [7, 8], "logprobs": [-0.5, -0.25]}
    body = {"message": {"content": [{"type": "text", "text": "né"}]}, "finish_reason": "COMPLETE", "logprobs": [item]}
    events = read_response(json.dumps(body).encode())
    [entry] = [event for event in events if isinstance(event, LogprobsDelta)]
    told = json.loads(bytes((entry.content or [])[0]))
    assert (told["token"], told["logprob"], told["bytes"]) == ("né", -0.75, [110, 195, 169])
    assert json.loads(write_response(fold(events), ID, CHARGED))["logprobs"] == [item]
    writer = Writer(ID)
    data = [json.loads(data) for _, data in events_of(writer.feed(events))]
    assert [event["logprobs"] for event in data if "logprobs" in event] == [item]


@given(st.dictionaries(IDS, JSON, max_size=3), st.booleans())
def test_patching_keeps_what_nobody_knows(new: dict[str, Any], without_reasoning: bool) -> None:  # noqa: FBT001 (drawn)
    """Fields and events that are not known here reach the caller."""
    new = {f"x_{name}": value for name, value in new.items()}
    usage = {"billed_units": {"input_tokens": 1, "search_units": 2}, **new}
    block = {"type": "text", "text": "a", **new}
    body = {"id": "up", "message": {"role": "assistant", "content": [block], **new}, "usage": usage, **new}
    patched = json.loads(
        patch_response(json.dumps(body, indent=1).encode(), ID, CHARGED, without_reasoning=without_reasoning)
    )
    assert patched["id"] == "gen-1"
    assert patched["message"] == body["message"]
    assert patched["usage"]["billed_units"] == {"input_tokens": 100, "output_tokens": 20, "search_units": 2}
    for holder in (patched, patched["usage"]):
        assert {name: holder[name] for name in new} == new
    start = {"type": "message-start", "id": "up", "delta": {"message": {"role": "assistant", **new}}, **new}
    other = {"type": "weather-report", "index": 3, **new}
    end = {"type": "message-end", "delta": {"finish_reason": "STOP_SEQUENCE", "usage": usage, **new}, **new}
    patcher = Patcher(ID, without_reasoning=without_reasoning)
    sent = b"".join(patcher.feed(b"", json.dumps(each, indent=1).encode()) for each in (start, other, end))
    read = [json.loads(data) for _, data in events_of(sent + patcher.end(CHARGED))[:-1]]
    assert read[0] == {**start, "id": "gen-1", "model": "maker/model", "provider": "Maker"}
    assert read[1] == other
    told = read[2]["delta"].pop("usage")
    assert told["billed_units"]["search_units"] == 2
    assert {name: told[name] for name in new} == new
    assert read[2] == {**end, "id": "gen-1", "delta": {"finish_reason": "STOP_SEQUENCE", **new}}

"""Whatever is said in this dialect reads back the same: requests, whole answers, streams, patched events."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from openai_completions_samples import CHARGED, ID, events_of

from modelport.dialects.canonical import (
    AudioDelta,
    Choice,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    LogprobsDelta,
    Message,
    Output,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Role,
    Start,
    Target,
    Text,
    TextDelta,
    ToolCallDelta,
    Usage,
    fold,
)
from modelport.dialects.openai_completions.errors import Malformed, StreamError, read_error, write_error
from modelport.dialects.openai_completions.request import patch_request, read_request, write_request
from modelport.dialects.openai_completions.response import (
    finish_reason,
    patch_response,
    read_response,
    read_usage,
    write_response,
)
from modelport.dialects.openai_completions.stream import DONE, Patcher, Reader, Writer
from modelport.errors import BadRequest, Forbidden

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORDS = TEXTS.filter(bool)
NUMBERS = st.floats(-9, 0).map(lambda number: Raw(json.dumps(number).encode()))


def entry(text: str, number: Raw, others: dict[str, Raw]) -> Raw:
    """A token in the shared vocabulary, with everything in it that this dialect can say."""
    tops = [
        {"token": token, "logprob": Raw(logprob), "bytes": list(token.encode())} for token, logprob in others.items()
    ]
    fields = {"token": text, "logprob": Raw(number), "bytes": list(text.encode()), "top_logprobs": tops}
    return Raw(json.dumps(fields, default=lambda raw: json.loads(bytes(raw)), separators=(",", ":")).encode())


ENTRIES = st.builds(entry, WORDS, NUMBERS, st.dictionaries(WORDS, NUMBERS, max_size=2))
REQUESTS = st.builds(
    Request,
    model=st.just("m"),
    messages=TEXTS.map(lambda text: [Message(Role.USER, [Text(text)])]),
    stream=st.booleans(),
    max_tokens=st.none() | st.integers(1, 99),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    n=st.none() | st.integers(1, 16),
    seed=st.none() | st.integers(0, 99),
    stop=st.none() | st.lists(TEXTS, max_size=3),
    user=st.none() | WORDS,
    extra=st.dictionaries(st.sampled_from(["suffix", "new"]), TEXTS.map(lambda text: Raw(json.dumps(text).encode()))),
)


@given(REQUESTS)
def test_requests(request: Request) -> None:
    """A request written and read is the same request."""
    assert read_request(write_request(request, Target("m", request.stream))) == request


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    """The events of an answer with up to two choices, their pieces mixed."""
    events: list[Event] = [Start("gen-1", "maker/model")]
    numbers = st.integers(0, 1)
    pieces = st.one_of(
        st.builds(TextDelta, WORDS, numbers),
        st.builds(ReasoningDelta, st.just(0), st.just("text"), WORDS, choice=numbers),
        st.builds(LogprobsDelta, st.lists(ENTRIES, min_size=1, max_size=3), choice=numbers),
    )
    events += draw(st.lists(pieces, max_size=8))
    reasons = st.sampled_from(
        [("stop", FinishReason.STOP), ("eos", FinishReason.STOP), ("length", FinishReason.LENGTH)]
    )
    for choice in range(2):
        native, reason = draw(reasons)
        events.append(Finish(reason, native, choice))
    return events


def simple(output: Output) -> list[Any]:
    """An answer as comparable values; all reasoning of a choice together, for it has one place here."""
    return [
        (
            "".join(part.text for part in choice.parts if isinstance(part, Text)),
            "".join(part.text for part in choice.parts if isinstance(part, Reasoning)),
            [json.loads(bytes(raw)) for raw in (choice.logprobs.content if choice.logprobs else None) or []],
            choice.finish,
        )
        for choice in output.choices
    ]


def read_all(stream: bytes, cut: int = 0) -> list[Event]:
    reader = Reader()
    events = [each for name, data in events_of(stream, cut) for each in reader.feed(name, data)]
    assert reader.done
    return events


@given(answers(), st.integers(1, 50))
def test_streams(events: list[Event], cut: int) -> None:
    """A stream that was written reads back the same, whole or cut, and as the whole answer does."""
    writer = Writer(ID)
    begun = writer.feed(events)
    assert b'"finish_reason":"' not in begun
    assert b'"usage":' not in begun
    stream = begun + writer.end(CHARGED)
    read = read_all(stream)
    assert simple(fold(read)) == simple(fold(events))
    assert read_all(stream, cut) == read
    assert fold(read).usage == CHARGED.usage
    whole = fold(read_response(write_response(fold(events), ID, CHARGED)))
    assert simple(whole) == simple(fold(events))
    assert whole.usage == CHARGED.usage


@given(answers())
def test_patched_streams(events: list[Event]) -> None:
    """What was patched says the same as what was not."""
    writer, patcher = Writer(ID), Patcher(ID, without_reasoning=False)
    stream = writer.feed(events) + writer.end(CHARGED)
    begun = b"".join(patcher.feed(name, data) for name, data in events_of(stream))
    assert b'"finish_reason":"' not in begun
    assert simple(fold(read_all(begun + patcher.end(CHARGED)))) == simple(fold(events))


class TestPatcher:
    """The provider's own events."""

    def test_unknown_fields_survive(self) -> None:
        patcher = Patcher(ID, without_reasoning=False)
        first = patcher.feed(b"", b'{"id":"a","x":[1.0e0],"choices":[{"text":"a","y":"\\u00e9"}],"usage":null}')
        assert b'"x":[1.0e0]' in first
        assert b'"y":"\\u00e9"' in first
        assert json.loads(first[6:])["choices"][0]["index"] == 0
        assert patcher.feed(b"", b'{"choices":[{"text":"","index":0,"finish_reason":"stop","z":1}],"w":2}') == b""
        assert patcher.feed(b"", b'{"choices":[],"usage":{"prompt_tokens":9,"seconds":4},"timings":{"ms":3}}') == b""
        end = [json.loads(data) for _, data in events_of(patcher.end(CHARGED)) if data != b"[DONE]"]
        assert end[-1]["usage"]["seconds"] == 4
        assert [chunk["choices"][0]["z"] for chunk in end] == [1, 1]
        assert (end[-1]["timings"], end[-1]["w"], end[-1]["usage"]["prompt_tokens"]) == ({"ms": 3}, 2, 100)

    @pytest.mark.parametrize("without", [False, True])
    def test_reasoning(self, *, without: bool) -> None:
        data = b'{"choices":[{"text":"","index":0,"reasoning_content":"hm"}]}'
        patched = Patcher(ID, without_reasoning=without).feed(b"", data)
        choice = json.loads(patched[6:])["choices"][0]
        assert choice.get("reasoning") == (None if without else "hm")
        assert ("reasoning_content" in choice) != without

    def test_line_ends_between_values(self) -> None:
        patched = Patcher(ID, without_reasoning=False).feed(b"", b'{"x":{\n"y":1},"choices":[{"text":"a\\n"}]}')
        assert patched.count(b"\n") == 2
        assert json.loads(patched[6:])["x"] == {"y": 1}

    def test_a_failure(self) -> None:
        failed = Patcher(ID, without_reasoning=False).fail(Forbidden("No."))
        assert failed.endswith(DONE)
        chunk = json.loads(failed.split(b"\n\n")[0][6:])
        assert (chunk["error"]["code"], chunk["choices"][0]["finish_reason"]) == (403, "error")


NAMES = st.sampled_from([
    "model", "models", "prompt", "max_tokens", "stop", "logprobs", "echo", "reasoning", "effort", "choices", "text",
    "index", "finish_reason", "usage", "error", "id", "tokens", "token_logprobs", "top_logprobs", "stop_reason",
    "prompt_tokens", "prompt_tokens_details", "message", "code",
])  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-1, 2), st.floats(-1, 1), st.sampled_from(["", "a", "stop"]))
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4))


@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_anything(body: dict[str, Any]) -> None:
    """Whatever stands in a body, there is a request or an answer in it, or the one error that says there is not."""
    data = json.dumps(body).encode()
    target = Target("m", stream=True)
    with contextlib.suppress(BadRequest):
        write_request(read_request(data), target)
    with contextlib.suppress(BadRequest):
        patch_request(data, target)
    with contextlib.suppress(Malformed):
        write_response(fold(read_response(data)), ID, CHARGED)
    with contextlib.suppress(Malformed):
        patch_response(data, ID, CHARGED, without_reasoning=True)
    with contextlib.suppress(StreamError):
        Writer(ID).feed(Reader().feed(b"", data))
    with contextlib.suppress(StreamError):
        patcher = Patcher(ID, without_reasoning=True)
        patcher.feed(b"", data)
        patcher.end(CHARGED)


class TestFaults:
    """Bytes that are no answer."""

    @pytest.mark.parametrize(
        "body",
        [
            b"<html>", b"", b"[]", b'{"choices":[]}', b'{"choices":[{"text":"a"', b'{"error":{"message":"no"}}',
            b'{"choices":[{"text":"a","error":{"message":"no"}}]}', b'{"error":"no","choices":[{"text":"a"}]}', b"\xff",
        ],
    )  # fmt: skip
    def test_whole(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            read_response(body)
        with pytest.raises(Malformed):
            patch_response(body, ID, CHARGED, without_reasoning=False)

    @pytest.mark.parametrize(
        ("name", "data", "words"),
        [
            (b"", b"<html>", "no text completion event"),
            (b"", b'{"error":{"message":"no","code":429}}', "no"),
            (b"", b'{"error":"why"}', "why"),
            (b"", b'{"error":[]}', "reported an error"),
            (b"", b'{"choices":[{"text":"a","error":{"message":"no"}}]}', "no"),
            (b"error", b'{"message":"gone"}', "gone"),
        ],
    )
    def test_events(self, name: bytes, data: bytes, words: str) -> None:
        with pytest.raises(StreamError, match=words):
            Reader().feed(name, data)
        with pytest.raises(StreamError, match=words):
            Patcher(ID, without_reasoning=False).feed(name, data)

    def test_nothing(self) -> None:
        assert Reader().feed(b"", b" ") == []
        assert Reader().finish() == []
        assert Patcher(ID, without_reasoning=False).feed(b"", b"") == b""

    def test_error_bodies(self) -> None:
        assert read_error(500, b'{"error":{"message":"a"}}') == "a"
        assert read_error(500, b'{"error":"b"}') == "b"
        assert read_error(500, b'{"message":"c"}') == "c"
        assert read_error(500, b"<d>") == "<d>"
        assert read_error(500, b"") == "HTTP 500"
        assert json.loads(write_error(ValueError("secret")))["error"]["message"] == "Internal Server Error"


def test_usage() -> None:
    """Details count where they are told; nonsense is no usage."""
    told = Raw(
        b'{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},'
        b'"completion_tokens_details":{"reasoning_tokens":3}}'
    )
    assert read_usage(told) == Usage(9, 5, cached_tokens=4, reasoning_tokens=3)
    for nothing in (b"", b"null", b"{}", b'{"prompt_tokens":"x"}'):
        assert read_usage(Raw(nothing)) is None


def test_an_answer_without_choices_is_an_empty_one() -> None:
    """A caller always gets a choice, and everything in it that can be read."""
    assert json.loads(write_response(Output([]), ID, CHARGED))["choices"][0]["text"] == ""
    pictured = Output([Choice([Text("a")], images=["https://a.example/b.png"])])
    assert json.loads(write_response(pictured, ID, CHARGED))["choices"][0]["text"].startswith("a![image](")


def test_what_a_chat_can_say_and_a_text_can_not() -> None:
    """Words of every kind are text; calls, citations and sealed reasoning are left out, streamed as whole."""
    events: list[Event] = [
        ReasoningDelta(0, "encrypted", data="abc"),
        RefusalDelta("No. "),
        ImageEvent("https://a.example/b.png"),
        ToolCallDelta(0, "{}", "call_1", "look"),
        AudioDelta("a", "AAAA"),
        AudioDelta(transcript=" Spoken."),
    ]
    expected = "No. ![image](https://a.example/b.png) Spoken."
    assert json.loads(write_response(fold(events), ID, CHARGED))["choices"][0]["text"] == expected
    stream = Writer(ID).feed([*events, LogprobsDelta()])
    assert "".join(json.loads(data)["choices"][0]["text"] for _, data in events_of(stream)) == expected
    assert stream.count(b"data: ") == 3


def test_a_patched_answer() -> None:
    """Null text becomes none, reasoning is left out if asked for, unknown fields survive in their own digits."""
    body = b'{"id":"x","choices":[{"text":null,"reasoning":"r","new":1.0e0,"logprobs":null}],"usage":{"seconds":2.50}}'
    patched = patch_response(body, ID, CHARGED, without_reasoning=True)
    assert b'"new":1.0e0' in patched
    assert b'"seconds":2.50' in patched
    choice = json.loads(patched)["choices"][0]
    assert (choice["text"], choice["index"], choice["finish_reason"], "reasoning" in choice) == ("", 0, None, False)


def test_a_stop_sequence_and_a_strange_reason() -> None:
    """Some servers tell what stopped them; words nobody knows count as a plain stop."""
    events = read_response(b'{"choices":[{"text":"a","finish_reason":"stop","stop_reason":"END"}]}')
    assert events[-1] == Finish(FinishReason.STOP, "stop", stop_sequence="END")
    assert finish_reason("whatever") == FinishReason.STOP

"""Answers of the chat dialect into canonical events, and back, whole and streamed; and official clients read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai_chat_samples import data_of
from openrouter.components import ChatResult, ChatStreamChunk

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Charged,
    Event,
    Finish,
    FinishReason,
    Identity,
    ImageEvent,
    LogprobsDelta,
    Output,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Start,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.dialects.openai_chat import errors, response, stream
from modelport.dialects.openai_chat.canonical_response import Malformed, read_response, write_response
from modelport.dialects.openai_chat.canonical_stream import COMMENT, Reader, StreamError, Writer
from modelport.errors import UpstreamFailed

_ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
_USAGE = Usage(20, 10, cached_tokens=4, cache_write_tokens=5, reasoning_tokens=3, completion_audio_tokens=1)
_CHARGED = Charged(_USAGE, 1_500, 1_000, 500)
_PROBABILITY = Raw(b'{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}')
_ENDED = Finish(FinishReason.STOP, "end_turn")


def chunk(delta: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """A provider's event with one choice."""
    choice = {"index": 0, "delta": delta or {}, **fields}
    return json.dumps({"id": "up-1", "model": "up", "choices": [choice]}).encode()


def whole(message: dict[str, Any], **fields: Any) -> bytes:
    """A provider's whole answer with one choice."""
    return json.dumps({"id": "up-1", "choices": [{"index": 0, "message": message, **fields}]}).encode()


def folded(*deltas: dict[str, Any]) -> list[Any]:
    """The parts that deltas add up to."""
    reader = Reader()
    events = [event for delta in deltas for event in reader.feed(b"", chunk(delta))]
    return list(fold([*events, *reader.finish()]).choices[0].parts)


def written(events: list[Event], *, one_by_one: bool = True) -> bytes:
    writer = Writer(_ME)
    pieces = [[event] for event in events] if one_by_one else [events]
    return b"".join(writer.feed(piece) for piece in pieces) + writer.end(_CHARGED)


def reread(body: bytes) -> Output:
    reader = Reader()
    events = [event for data in data_of(body.decode()) for event in reader.feed(b"", data)]
    assert reader.done
    return fold([*events, *reader.finish()])


_EVERYTHING: list[Event] = [
    Start("up-1", "up"),
    ReasoningDelta(0, text="Let me ", format="anthropic-claude-v1"),
    ReasoningDelta(0, text="see.", format="anthropic-claude-v1"),
    ReasoningDelta(0, signature="c2ln", format="anthropic-claude-v1"),
    ReasoningDelta(1, "summary", "In short", format="openai-responses-v1", id="rs_1"),
    ReasoningDelta(2, "encrypted", data="gAAA", format="openai-responses-v1", id="rs_1"),
    TextDelta("Hel"),
    TextDelta("lo"),
    LogprobsDelta([_PROBABILITY]),
    RefusalDelta("but no"),
    ToolCallDelta(0, id="call_a", name="f"),
    ToolCallDelta(0, '{"a": '),
    ToolCallDelta(0, "1}"),
    ToolCallDelta(1, "{}", "call_b", "g", "thought"),
    ImageEvent("data:image/png;base64,QQ=="),
    AudioDelta("audio_1", "QQ==", "hi", 1_750_000_100),
    Finish(FinishReason.TOOL_CALLS, "tool_use"),
    UsageEvent(_USAGE),
]


class TestReading:
    """What providers send, in the many ways they do."""

    def test_a_whole_answer(self) -> None:
        body = whole(
            {"role": "assistant", "content": "hi", "reasoning_content": "hm", "refusal": None, "tool_calls": None},
            finish_reason="max_tokens",
            logprobs={"content": [{"token": "a"}], "refusal": None},
        )
        choice = fold(read_response(body)).choices[0]
        assert choice.parts == [Reasoning("text", "hm", index=0), Text("hi")]
        assert choice.finish == Finish(FinishReason.LENGTH, "max_tokens")
        assert choice.logprobs is not None

    def test_the_native_reason_wins(self) -> None:
        events = read_response(whole({"content": "x"}, finish_reason="stop", native_finish_reason="end_turn"))
        assert Finish(FinishReason.STOP, "end_turn") in events

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"<html>", "not a chat completion"),
            (b"\xff", "not a chat completion"),
            (b"[" * 100_000, "not a chat completion"),
            (b"{}", "no choices"),
            (b'{"choices":[]}', "no choices"),
            (b'{"error":{"message":"quota","code":429,"param":"x"}}', "quota"),
            (b'{"error":"quota"}', "quota"),
            (b'{"choices":[{"message":{},"error":{"message":"boom"}}]}', "boom"),
        ],
    )
    def test_no_answer(self, body: bytes, words: str) -> None:
        with pytest.raises(Malformed, match=words):
            read_response(body)

    def test_details_say_what_the_plain_text_repeats(self) -> None:
        detail = {"type": "reasoning.text", "text": "hm", "format": "unknown", "index": 0}
        assert folded({"reasoning": "hm", "reasoning_details": [detail]}) == [Reasoning("text", "hm", index=0)]

    def test_encrypted_details_beside_plain_text(self) -> None:
        detail = {"type": "reasoning.encrypted", "data": "e", "id": "rs", "format": "xai-responses-v1", "index": 0}
        assert folded({"reasoning": "hm"}, {"reasoning_details": [detail]}) == [
            Reasoning("text", "hm", index=0),
            Reasoning("encrypted", "", None, "e", "rs", "xai-responses-v1", 1),
        ]

    def test_blocks_of_one_index_and_several_kinds(self) -> None:
        summary = {"type": "reasoning.summary", "summary": "a", "index": 0}
        parts = folded(
            {"reasoning_details": [summary]},
            {
                "reasoning_details": [
                    {**summary, "summary": "b"},
                    {"type": "reasoning.encrypted", "data": "e", "index": 0},
                ]
            },
            {"reasoning_details": [{"type": "reasoning.text", "index": 1, "text": "c"}, {"type": "new.kind"}, 5]},
            {"reasoning_details": [{"type": "reasoning.text", "index": 1, "signature": "s"}]},
        )
        assert parts == [
            Reasoning("summary", "ab", index=0),
            Reasoning("encrypted", data="e", index=1),
            Reasoning("text", "c", "s", index=2),
        ]

    def test_whole_details_are_each_a_block(self) -> None:
        detail = {"type": "reasoning.summary", "index": 0}
        body = whole({"reasoning_details": [{**detail, "summary": "a"}, {**detail, "summary": "b"}]})
        assert [part.text for part in fold(read_response(body)).choices[0].parts if isinstance(part, Reasoning)] == [
            "a",
            "b",
        ]

    def test_reasoning_between_texts_keeps_its_place(self) -> None:
        parts = folded({"reasoning": "a"}, {"content": "b"}, {"reasoning": "c"}, {"content": ""})
        assert parts == [Reasoning("text", "a", index=0), Text("b"), Reasoning("text", "c", index=1)]

    def test_content_in_parts(self) -> None:
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}
        parts = folded(
            {"content": [thinking]},
            {"content": [{**thinking, "closed": True}]},
            {"content": [thinking, {"type": "text", "text": "b"}, {"type": "reference", "reference_ids": [1]}]},
            {"content": [{"type": "refusal", "refusal": "no"}]},
        )
        assert [getattr(part, "text", None) for part in parts] == ["aa", "a", "b", "no"]

    def test_calls_numbered_0_with_ids_of_their_own(self) -> None:
        pieces = [
            {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}},
            {"index": 0, "function": {"arguments": "}"}},
            {"index": 0, "id": "b", "function": {"name": "f", "arguments": "[]"}},
        ]
        assert folded(*({"tool_calls": [piece]} for piece in pieces)) == [
            ToolCall("a", "f", "{}"),
            ToolCall("b", "f", "[]"),
        ]

    def test_calls_without_numbers(self) -> None:
        pieces = [
            {"id": "a", "function": {"name": "f", "arguments": "{"}},
            {"function": {"arguments": "}"}},
            {"id": "b", "function": {"name": "g", "arguments": {"x": 1}}},
        ]
        assert folded(*({"tool_calls": [piece]} for piece in pieces)) == [
            ToolCall("a", "f", "{}"),
            ToolCall("b", "g", '{"x": 1}'),
        ]

    def test_a_name_that_comes_late_or_again(self) -> None:
        pieces = [
            {"index": 0, "id": "a", "function": {"arguments": "{"}},
            {"index": 0, "function": {"name": "f", "arguments": "}"}},
            {"index": 0, "id": "a", "function": {"name": "f", "arguments": None}},
            {"index": 1, "id": "b", "function": {"arguments": "1"}},
        ]
        assert folded(*({"tool_calls": [piece]} for piece in pieces)) == [
            ToolCall("a", "f", "{}"),
            ToolCall("b", "", "1"),
        ]

    def test_a_call_without_an_id_is_given_one(self) -> None:
        call, other = folded({"tool_calls": [{"index": i, "function": {"name": "f"}} for i in (0, 1)]})
        assert call.id.startswith("call_")
        assert call.id != other.id
        assert len(call.id) <= 40

    def test_the_legacy_call_and_the_custom_one(self) -> None:
        assert (
            folded({"function_call": {"name": "f", "arguments": "{"}}, {"function_call": {"arguments": "}"}})[
                0
            ].arguments
            == "{}"
        )
        custom = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "c", "input": "free"}}
        assert folded({"tool_calls": [custom]}) == [ToolCall("a", "c", "free")]

    def test_empty_pieces_are_nothing(self) -> None:
        """As one provider fills every field of its deltas."""
        empty = {"name": "", "arguments": ""}
        audio = {"id": "", "data": "", "transcript": "", "expires_at": 0}
        parts = folded(
            {"content": "x", "refusal": "", "function_call": empty, "audio": audio, "tool_calls": [{"function": empty}]}
        )
        assert parts == [Text("x")]

    def test_sources_beside_the_choices(self) -> None:
        """They are given once, at the end, and not at all where annotations have told them."""
        body = {
            "citations": ["https://x"],
            "search_results": [{"url": "https://x", "title": "X"}],
            "choices": [{"delta": {"content": "a"}}],
        }
        reader = Reader()
        events = [*reader.feed(b"", json.dumps(body).encode()), *reader.feed(b"", json.dumps(body).encode())]
        events += reader.finish()
        assert [event for event in events if isinstance(event, AnnotationEvent)] == [
            AnnotationEvent(Annotation("https://x", "X"))
        ]
        body = {"citations": ["https://y"], "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}
        events = read_response(json.dumps(body).encode())
        assert isinstance(events[2], AnnotationEvent)
        assert isinstance(events[3], Finish)

    def test_signatures_of_calls(self) -> None:
        extra = {"google": {"thought_signature": "s"}}
        call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
        detail = {"type": "reasoning.encrypted", "data": "s", "id": "a", "format": "google-gemini-v1", "index": 0}
        expected = [ToolCall("a", "f", "{}", "s")]
        assert folded({"tool_calls": [{**call, "extra_content": extra}]}) == expected
        assert folded({"tool_calls": [call], "extra_content": extra}) == expected
        assert folded({"tool_calls": [call], "reasoning_details": [detail]}) == expected
        assert folded({"tool_calls": [call]}, {"reasoning_details": [detail]}) == expected
        assert folded({"content": "x", "extra_content": extra})[0].data == "s"

    def test_strange_things_beside_the_words_are_passed_over(self) -> None:
        delta = {"content": "x", "audio": 5, "images": "y", "annotations": {}, "reasoning": {}, "refusal": 1}
        reader = Reader()
        events = reader.feed(b"", chunk(delta, logprobs=[], stop_reason=5, finish_reason="stop"))
        assert fold(events).choices[0].parts == [Text("x")]

    def test_a_picture_among_the_parts_and_a_block_of_another_id(self) -> None:
        picture = {"type": "image_url", "image_url": {"url": "https://x"}}
        assert ImageEvent("https://x") in Reader().feed(b"", chunk({"content": [picture]}))
        detail = {"type": "reasoning.encrypted", "data": "e", "index": 0}
        parts = folded({"reasoning_details": [{**detail, "id": "a"}]}, {"reasoning_details": [{**detail, "id": "b"}]})
        assert [part.id for part in parts] == ["a", "b"]
        assert folded({"reasoning_details": [{"type": "reasoning.text", "text": "a"}]})[0].text == "a"
        assert Reader().feed(b"", b'{"choices":[{"finish_reason":"stop"}]}')[1:] == [Finish(FinishReason.STOP, "stop")]

    def test_a_stop_sequence(self) -> None:
        events = Reader().feed(b"", chunk({}, finish_reason="stop", stop_reason="END"))
        assert events[-1] == Finish(FinishReason.STOP, "stop", 0, "END")

    @pytest.mark.parametrize(
        "data",
        [
            b"<html>",
            b"5",
            b"\xff",
            b"[" * 100_000,
            b'{"error":{}}',
            b'{"error":5}',
        ],
    )
    def test_a_stream_that_is_none(self, data: bytes) -> None:
        with pytest.raises(StreamError):
            Reader().feed(b"", data)

    def test_an_error_inside(self) -> None:
        with pytest.raises(StreamError, match="busy") as raised:
            Reader().feed(b"", b'{"error":{"message":"busy","code":503,"param":"x"},"choices":[]}')
        assert raised.value.code == 503
        with pytest.raises(StreamError, match="busy"):
            Reader().feed(b"error", b'{"message":"busy"}')

    def test_the_end(self) -> None:
        reader = Reader()
        assert reader.feed(b"", b"") == reader.feed(b"", b"[DONE] ") == []
        assert reader.done

    @given(st.binary() | st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
            st.sampled_from(["choices", "delta", "message", "content", "tool_calls", "function", "index", "error",
                             "reasoning_details", "usage", "id", "type", "audio", "logprobs", "finish_reason"]),
            inner, max_size=4,
        ),
        max_leaves=15,
    ).map(lambda value: json.dumps(value).encode()))  # fmt: skip
    def test_any_event(self, data: bytes) -> None:
        """Read, or refused with the one error; never anything else."""
        reader = Reader()
        try:
            reader.feed(b"", data)
        except StreamError:
            return
        reader.finish()


class TestWriting:
    """What callers get."""

    def test_a_stream_keeps_everything(self) -> None:
        before, after = fold(_EVERYTHING), reread(written(_EVERYTHING))
        assert after.choices == before.choices
        assert after.usage == _USAGE
        assert reread(written(_EVERYTHING, one_by_one=False)).choices == before.choices

    def test_a_whole_answer_keeps_everything(self) -> None:
        before = fold(_EVERYTHING)
        after = fold(read_response(write_response(before, _ME, _CHARGED)))
        assert after.choices == before.choices
        assert after.usage == _USAGE

    def test_several_choices(self) -> None:
        events: list[Event] = [TextDelta("a"), TextDelta("b", 1), _ENDED, Finish(FinishReason.LENGTH, "length", 1)]
        before = fold(events)
        assert reread(written(events)).choices == before.choices
        assert fold(read_response(write_response(before, _ME, _CHARGED))).choices == before.choices

    def test_citations(self) -> None:
        file = Raw(b'{"type":"file","file":{"hash":"h","name":"a.pdf","content":[]}}')
        events: list[Event] = [
            TextDelta("see"),
            AnnotationEvent(Annotation("https://x", "X", "words", 0, 3)),
            AnnotationEvent(Annotation("https://y")),
            AnnotationEvent(Annotation(raw=file)),
            _ENDED,
        ]
        assert reread(written(events)).choices == fold(events).choices
        body = json.loads(write_response(fold(events), _ME, _CHARGED))
        cited = body["choices"][0]["message"]["annotations"]
        assert cited[1]["url_citation"] == {"url": "https://y", "title": "", "start_index": 0, "end_index": 0}
        for foreign in (
            Annotation(raw=Raw(b'{"type":"char_location"}')),
            Annotation(raw=Raw(b'["char_location"]')),
            Annotation(title="char_location"),
        ):
            assert b"char_location" not in written([AnnotationEvent(foreign)])
        events = Reader().feed(b"", chunk({"annotations": [5]}))
        assert events[-1] == AnnotationEvent(Annotation(raw=Raw(b"5")))

    def test_nothing_null_that_breaks_clients(self) -> None:
        body = json.loads(write_response(fold([TextDelta("x"), _ENDED]), _ME, _CHARGED))
        assert set(body["choices"][0]["message"]) == {"role", "content"}
        assert body["system_fingerprint"] is None
        assert type(body["created"]) is int
        assert body["usage"]["cost"] == 1_500 / 10**9
        empty = json.loads(write_response(Output([]), _ME, _CHARGED))
        assert empty["choices"][0]["message"] == {"role": "assistant", "content": None}

    def test_chunks(self) -> None:
        chunks = [json.loads(data) for data in data_of(written(_EVERYTHING).decode()) if data != b"[DONE]"]
        for one in chunks:
            assert (one["id"], one["object"], one["created"]) == ("gen-1", "chat.completion.chunk", 1_750_000_000)
            assert len(one["choices"]) == 1
            assert "finish_reason" in one["choices"][0]
            assert "usage" not in one or one is chunks[-1]
            assert "system_fingerprint" not in one
            assert None not in one["choices"][0]["delta"].values()
        assert chunks[-1]["usage"]["total_tokens"] == 30
        assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
        assert [("role" in one["choices"][0]["delta"]) for one in chunks[:3]] == [True, False, False]

    def test_logprobs_stand_with_their_text(self) -> None:
        together = Writer(_ME).feed([TextDelta("a"), LogprobsDelta([_PROBABILITY])])
        assert together.count(b"data: ") == 1
        assert Writer(_ME).feed([LogprobsDelta([_PROBABILITY])]).count(b"data: ") == 1

    def test_a_stream_that_fails(self) -> None:
        writer = Writer(_ME)
        body = writer.feed([TextDelta("a")]) + writer.fail(UpstreamFailed("The provider went away."))
        *_, last, done = data_of(body.decode())
        assert done == b"[DONE]"
        event = json.loads(last)
        assert (event["error"]["code"], event["error"]["message"]) == (502, "The provider went away.")
        assert event["choices"][0]["finish_reason"] == "error"
        reader = Reader()
        with pytest.raises(StreamError, match="went away"):
            reader.feed(b"", last)

    def test_comments_are_skipped(self) -> None:
        assert data_of(COMMENT.decode()) == []

    def test_one_set_of_errors(self) -> None:
        assert errors.Malformed is response.Malformed is Malformed
        assert errors.StreamError is stream.StreamError is StreamError


class TestClients:
    """Official types take what is written, strictly where they are strict."""

    def test_whole(self) -> None:
        body = write_response(fold(_EVERYTHING), _ME, _CHARGED)
        strict = ChatResult.model_validate_json(body)
        assert strict.choices[0].message.reasoning == "Let me see.In short"
        assert len(strict.choices[0].message.reasoning_details or ()) == 4
        theirs = ChatCompletion.model_validate_json(body, strict=True)
        assert [call.id for call in theirs.choices[0].message.tool_calls or ()] == ["call_a", "call_b"]

    def test_streamed(self) -> None:
        for data in data_of(written(_EVERYTHING).decode()):
            if data != b"[DONE]":
                ChatStreamChunk.model_validate_json(data)
                ChatCompletionChunk.model_validate_json(data, strict=True)
        failed = Writer(_ME).fail(UpstreamFailed("x"))
        ChatStreamChunk.model_validate_json(data_of(failed.decode())[0])


# Streams of any events.

_TEXTS = st.text(min_size=1, max_size=5)
_BLOCKS = st.sampled_from([(0, "text"), (1, "summary"), (2, "encrypted")])


@st.composite
def _streams(draw: st.DrawFn) -> list[Event]:
    """Events as a reader of another dialect gives them: blocks and calls numbered in the order of their beginning."""
    events: list[Event] = []
    blocks = calls = 0
    for kind in draw(
        st.lists(st.sampled_from(["text", "refusal", "think", "more", "call", "image", "cite"]), max_size=12)
    ):
        match kind:
            case "text":
                events.append(TextDelta(draw(_TEXTS)))
            case "refusal":
                events.append(RefusalDelta(draw(_TEXTS)))
            case "think":
                form = draw(st.sampled_from([None, "anthropic-claude-v1", "openai-responses-v1"]))
                known = draw(st.sampled_from([None, f"rs_{blocks}"]))
                text = draw(_TEXTS)
                events += draw(st.sampled_from([
                    [ReasoningDelta(blocks, "text", text, id=known, format=form),
                     ReasoningDelta(blocks, "text", text, "sig", format=form)],
                    [ReasoningDelta(blocks, "summary", text, id=known, format=form)],
                    [ReasoningDelta(blocks, "encrypted", data=text, id=known, format=form)],
                ]))  # fmt: skip
                blocks += 1
            case "more" if blocks:
                events.append(ReasoningDelta(blocks - 1, draw(st.sampled_from(["text"])), signature="later"))
            case "call":
                events.append(ToolCallDelta(calls, draw(st.sampled_from(["", "{"])), f"call_{calls}", draw(_TEXTS)))
                events += [ToolCallDelta(calls, piece) for piece in draw(st.lists(_TEXTS, max_size=2))]
                calls += 1
            case "image":
                events.append(ImageEvent("https://x"))
            case "cite":
                events.append(AnnotationEvent(Annotation("https://x", draw(_TEXTS), None, 0, 1)))
            case _:
                pass
    return [*events, _ENDED]


@given(_streams(), st.booleans())
def test_streams_of_any_events(events: list[Event], one_by_one: bool) -> None:  # noqa: FBT001
    assert reread(written(events, one_by_one=one_by_one)).choices == fold(events).choices

"""Answers of kinds that no recording has: faults, other makers' answers, thoughts that the caller does not want."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cohere_chat_samples import CHARGED, ID, events_of
from msgspec import Raw

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Charged,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Start,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    fold,
)
from modelport.dialects.cohere_chat.errors import Malformed, StreamError, read_error, write_error
from modelport.dialects.cohere_chat.response import patch_response, read_response, read_usage, write_response
from modelport.dialects.cohere_chat.stream import Reader, Writer
from modelport.errors import NotFound


def event(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


def delta(**message: Any) -> dict[str, Any]:
    return {"message": message}


def answer(message: Any, **fields: Any) -> bytes:
    return json.dumps({"id": "up", "message": message, **fields}).encode()


def read_all(reader: Reader, *events: bytes) -> list[Event]:
    return [each for data in events for each in reader.feed(b"", data)]


def written(*events: Event) -> tuple[dict[str, Any], list[Any]]:
    """The whole answer, and the data of the streamed one."""
    writer = Writer(ID)
    body = b"".join(writer.feed([each]) for each in events) + writer.end(CHARGED)
    data = [json.loads(data) for _, data in events_of(body)[:-1]]
    return json.loads(write_response(fold([*events]), ID, CHARGED)), data


class TestFaults:
    """What is no answer."""

    @pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b'{"message":{"content":[{"typ', b'{"message":[]}', b"[]"])
    def test_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            read_response(body)

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"message":1}'])
    def test_unpatchable(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            patch_response(body, ID, CHARGED, without_reasoning=True)

    def test_an_error_inside_a_success(self) -> None:
        with pytest.raises(StreamError, match="too many"):
            read_response(answer("too many tokens"))

    @pytest.mark.parametrize(
        ("name", "data", "words"),
        [
            (b"", event("message-end", delta={"finish_reason": "TIMEOUT", "error": "took too long"}), "took too long"),
            (b"error", b'{"message":"broken"}', "broken"),
            (b"", b'{"message":"broken"}', "broken"),
            (b"", event("error"), "reported an error"),
            (b"", b"<html>", "no event"),
        ],
    )
    def test_in_a_stream(self, name: bytes, data: bytes, words: str) -> None:
        with pytest.raises(StreamError, match=words):
            Reader().feed(name, data)

    def test_the_provider_names_it(self) -> None:
        with pytest.raises(StreamError) as caught:
            Reader().feed(b"", event("message-end", delta={"finish_reason": "TIMEOUT", "error": "x"}))
        assert caught.value.code == "TIMEOUT"

    def test_words_of_errors(self) -> None:
        """Cohere's are flat; what stands in front of it may speak otherwise."""
        assert read_error(401, b'{"id":"1","message":"no key"}') == "no key"
        assert read_error(502, b'{"error":{"message":"bad gateway"}}') == "bad gateway"
        assert read_error(502, b'{"error":"bad gateway"}') == "bad gateway"
        assert read_error(502, b" <html> ") == "<html>"
        assert read_error(502, b"") == "HTTP 502"

    def test_availability_is_told(self) -> None:
        body = json.loads(write_error(NotFound("none", metadata={"availability": {"reason": "x"}})))
        assert body == {"message": "none", "error_type": "not_found", "availability": {"reason": "x"}}


class TestReading:
    """Shapes that are allowed, and rare."""

    @pytest.mark.parametrize(
        ("native", "reason"),
        [
            ("COMPLETE", FinishReason.STOP),
            ("STOP_SEQUENCE", FinishReason.STOP),
            ("MAX_TOKENS", FinishReason.LENGTH),
            ("TOOL_CALL", FinishReason.TOOL_CALLS),
            ("ERROR_TOXIC", FinishReason.CONTENT_FILTER),
            ("ERROR", FinishReason.ERROR),
            ("TIMEOUT", FinishReason.ERROR),
            ("NEW_WORD", FinishReason.STOP),
        ],
    )
    def test_reasons(self, native: str, reason: FinishReason) -> None:
        output = fold(read_response(answer({"content": "x"}, finish_reason=native)))
        assert output.choices[0].finish == Finish(reason, native)
        again = json.loads(write_response(output, ID, CHARGED))
        assert again["finish_reason"] == (native if native != "NEW_WORD" else "COMPLETE")

    def test_content(self) -> None:
        """Content as a mere text, opaque blocks, and sources of blocks that are none."""
        assert fold(read_response(answer({"content": "x"}))).choices[0].parts == [Text("x")]
        chart = {"type": "chart", "at": [1]}
        cited = {"start": 0, "end": 1, "sources": [{"id": "a"}], "content_index": 7}
        content = [{"type": "text", "text": "ab"}, chart]
        text, block = fold(read_response(answer({"content": content, "citations": [cited]}))).choices[0].parts
        assert isinstance(text, Text)
        assert [each.title for each in text.annotations] == ["a"]
        assert isinstance(block, Reasoning)
        assert (json.loads(block.data or ""), block.format) == (chart, "cohere-block-v1")

    def test_sources_that_cannot_be_read(self) -> None:
        """They are handed on as they are."""
        content = [{"type": "text", "text": "ab"}]
        [part] = fold(read_response(answer({"content": content, "citations": [{"start": "x"}]}))).choices[0].parts
        assert isinstance(part, Text)
        assert part.annotations == [Annotation(raw=Raw(b'{"start": "x"}'))]

    def test_sources_of_thoughts(self) -> None:
        """What a thought cites has no place in the text."""
        cited = {"start": 0, "end": 1, "sources": [], "type": "THINKING_CONTENT"}
        content = [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "ab"}]
        _, part = fold(read_response(answer({"content": content, "citations": [cited]}))).choices[0].parts
        assert isinstance(part, Text)
        assert [(each.start, each.end) for each in part.annotations] == [(None, None)]

    def test_a_stream(self) -> None:
        """Blocks of unknown kinds come whole, unknown events are passed over, and later texts count on."""
        reader = Reader()
        cited = {"start": 0, "end": 1, "text": "b", "sources": [], "content_index": 2}
        events = read_all(
            reader,
            event("message-start", id="up"),
            event("debug", prompt="x"),
            event("content-start", index=0, delta=delta(content={"type": "text", "text": "aa"})),
            event("content-end", index=0),
            event("content-start", index=1, delta=delta(content={"type": "chart", "at": 1})),
            event("content-delta", index=1, delta=delta(content={"more": 2})),
            event("content-end", index=1),
            event("content-start", index=2, delta=delta(content={"type": "text", "text": ""})),
            event("content-delta", index=2, delta=delta(content={"text": "b"})),
            event("citation-start", index=0, delta=delta(citations=cited)),
            event("tool-plan-delta", delta={"tool_plan": "P"}),
            event("tool-plan-delta", delta=delta(tool_plan="")),
        )
        assert reader.feed(b"", b"[DONE] ") == []
        assert reader.done
        first, block, second, plan = fold(events).choices[0].parts
        assert isinstance(block, Reasoning)
        assert json.loads(block.data or "") == {"type": "chart", "at": 1}
        assert first == Text("aa")
        assert isinstance(second, Text)
        assert [(each.start, each.end) for each in second.annotations] == [(2, 3)]
        assert plan == Reasoning("text", "P", format="cohere-plan-v1", index=1)

    def test_an_index_that_comes_again(self) -> None:
        """It is another block, and nothing that was said of the first holds for it."""
        foreign = {
            "type": "thinking",
            "thinking": "a",
            "reasoning_detail": {"type": "reasoning.text", "format": "m-v1"},
        }
        events = read_all(
            Reader(),
            event("content-start", index=0, delta=delta(content=foreign)),
            event("content-end", index=0),
            event("content-start", index=0, delta=delta(content={"type": "thinking", "thinking": "b"})),
        )
        assert fold(events).choices[0].parts == [
            Reasoning("text", "a", format="m-v1", index=0),
            Reasoning("text", "b", format="cohere-chat-v1", index=1),
        ]

    def test_probabilities(self) -> None:
        """They stand beside the words of an event."""
        chosen = {"text": "a", "token_ids": [1], "logprobs": [-1.0]}
        text, chances = Reader().feed(
            b"", event("content-delta", index=0, delta=delta(content={"text": "a"}), logprobs=chosen)
        )  # fmt: skip
        assert text == TextDelta("a")
        assert isinstance(chances, LogprobsDelta)
        assert json.loads(bytes((chances.content or [])[0]))["logprob"] == -1.0

    def test_usage(self) -> None:
        """What is billed counts; where that is not said, what was seen; nonsense is none."""
        billed = {"billed_units": {"input_tokens": 98.0, "output_tokens": 35}, "cached_tokens": 1472}
        tokens = {"input_tokens": 1508, "output_tokens": 67, "reasoning_tokens": 99}
        assert read_usage(json.dumps({**billed, "tokens": tokens}).encode()) == Usage(98, 35, 62, reasoning_tokens=35)
        assert read_usage(json.dumps(billed).encode()) == Usage(98, 35, 98)
        only = {"tokens": {**tokens, "image_tokens": 10}, "cached_tokens": 5}
        assert read_usage(json.dumps(only).encode()) == Usage(
            1518, 67, 5, reasoning_tokens=67, prompt_image_tokens=10
        )  # fmt: skip
        for raw in (b"null", b"{}", b"3", b'{"cached_tokens":1}', b'{"tokens":[]}', b"{"):
            assert read_usage(raw) is None


class TestWriting:
    """What other makers' answers become."""

    def test_words_of_other_kinds(self) -> None:
        """Refusals, pictures and spoken words are text."""
        whole, stream = written(
            RefusalDelta("No. "),
            LogprobsDelta(),
            AudioDelta(transcript="Heard."),
            AudioDelta(data="UklG"),
            ImageEvent("https://a.example/b.png"),
            LogprobsDelta([Raw(b'{"token":"a","logprob":-1}'), Raw(b"3")]),
            Finish(FinishReason.CONTENT_FILTER, "refusal"),
        )
        texts = [block["text"] for block in whole["message"]["content"]]
        assert texts == ["No. ", "![image](https://a.example/b.png)", "Heard."]
        told = "".join(
            each["delta"]["message"]["content"]["text"] for each in stream if each["type"] == "content-delta"
        )
        assert told == "No. Heard.![image](https://a.example/b.png)"
        assert whole["finish_reason"] == stream[-1]["delta"]["finish_reason"] == "ERROR_TOXIC"
        assert whole["logprobs"] == [{"text": "a", "token_ids": [], "logprobs": [-1]}]

    @pytest.mark.parametrize(
        ("finish", "word"),
        [
            (None, "COMPLETE"),
            (Finish(FinishReason.STOP, "end_turn"), "COMPLETE"),
            (Finish(FinishReason.STOP, "stop", stop_sequence="x"), "STOP_SEQUENCE"),
            (Finish(FinishReason.LENGTH, "length"), "MAX_TOKENS"),
            (Finish(FinishReason.ERROR, "error"), "ERROR"),
            (Finish(FinishReason.LENGTH, "COMPLETE"), "MAX_TOKENS"),
        ],
    )
    def test_reasons(self, finish: Finish | None, word: str) -> None:
        whole, stream = written(TextDelta("a"), *([finish] if finish is not None else []))
        assert whole["finish_reason"] == stream[-1]["delta"]["finish_reason"] == word

    def test_an_unfinished_call(self) -> None:
        """It is a call still, and the next waits until the end."""
        whole, stream = written(ToolCallDelta(0, '{"a', "x", "f"), ToolCallDelta(1, "{}", "y", "g"))
        assert whole["finish_reason"] == stream[-1]["delta"]["finish_reason"] == "TOOL_CALL"
        kinds = [each["type"].removeprefix("tool-call-") for each in stream[1:-1]]
        assert kinds == ["start", "delta", "end", "start", "delta", "end"]

    def test_blanks_after_a_call(self) -> None:
        """A call that has ended does not begin again for them."""
        _, stream = written(
            ToolCallDelta(0, "{}", "x", "f"), ToolCallDelta(1, "{}", "y", "g"), ToolCallDelta(0, " \n")
        )  # fmt: skip
        assert [each["index"] for each in stream if each["type"].startswith("tool-call")] == [0, 0, 0, 1, 1, 1]

    def test_calls_without_a_name_for_themselves(self) -> None:
        _, stream = written(ToolCallDelta(0, "{}", None, "f"))
        assert stream[1]["delta"]["message"]["tool_calls"]["id"] == "call_gen-1_0"

    def test_marks_of_another_maker(self) -> None:
        """They stand at the beginning of its thoughts, and at the end if there are more by then."""
        named = ReasoningDelta(0, "summary", "a", id="rs", format="openai-responses-v1")
        signed = [
            ReasoningDelta(1, "text", text, format="m-v1", signature=mark) for text, mark in (("b", None), ("", "s"))
        ]
        _, stream = written(named, *signed)
        items = [
            (each["type"], each["delta"]["message"]["content"]) for each in stream if each["type"][:9] == "content-s"
        ]
        assert [item["reasoning_detail"] for _, item in items] == [
            {"type": "reasoning.summary", "id": "rs", "format": "openai-responses-v1"},
            {"type": "reasoning.text", "format": "m-v1"},
        ]
        pieces = [each["delta"]["message"]["content"] for each in stream if each["type"] == "content-delta"]
        assert pieces[:2] == [{"thinking": "a"}, {"thinking": "b"}]
        assert [piece["reasoning_detail"]["signature"] for piece in pieces[2:]] == ["s"]

    def test_sources(self) -> None:
        """Another dialect's become this one's; what is no source stays out of the way."""
        whole, stream = written(
            TextDelta("ab"),
            AnnotationEvent(Annotation("https://a.example", "A", "c", 1, 2)),
            AnnotationEvent(Annotation(raw=Raw(b"[1]"))),
        )
        document = {"id": "https://a.example", "url": "https://a.example", "title": "A", "text": "c"}
        source = {"type": "document", "id": "https://a.example", "document": document}
        first, second = whole["message"]["citations"]
        assert first == {"start": 1, "end": 2, "text": "b", "sources": [source], "type": "TEXT_CONTENT"}
        assert (second["start"], second["end"], second["sources"][0]["id"]) == (0, 2, "source")
        told = [each["delta"]["message"]["citations"] for each in stream if each["type"] == "citation-start"]
        assert told == [first, second]

    def test_what_is_no_block(self) -> None:
        """An opaque block that was meddled with is left out."""
        bad = ReasoningDelta(0, "encrypted", data='{"type":"x"}]', format="cohere-block-v1")
        whole, stream = written(bad, TextDelta("a"))
        assert whole["message"]["content"] == [{"type": "text", "text": "a"}]
        assert [each["type"] for each in stream].count("content-start") == 1

    def test_one_line(self) -> None:
        """Line ends between the tokens of others' JSON do not end the event."""
        raw = Raw(b'{"start":0,\n"end":1,\r\n"sources":[]}')
        _, stream = written(TextDelta("ab"), AnnotationEvent(Annotation(raw=raw)))
        assert {"start": 0, "end": 1, "sources": []} in [
            each["delta"]["message"]["citations"] for each in stream if each["type"] == "citation-start"
        ]

    def test_other_choices(self) -> None:
        """Only the first has a place here."""
        whole, stream = written(Start("up"), TextDelta("a"), TextDelta("b", choice=1))
        assert [block["text"] for block in whole["message"]["content"]] == ["a"]
        assert [each["type"] for each in stream].count("content-delta") == 1

    def test_an_empty_refusal(self) -> None:
        """It is no block, and without pictures there are no tokens of any."""
        whole = json.loads(write_response(fold([RefusalDelta("")]), ID, Charged(Usage(3, 2), 1, 1, 0)))
        assert whole["message"]["content"] == [{"type": "text", "text": ""}]
        assert whole["usage"]["tokens"] == {"input_tokens": 3, "output_tokens": 2, "reasoning_tokens": 0}

    def test_nothing(self) -> None:
        """An answer without any event is begun and ended all the same."""
        whole, stream = written()
        assert whole["message"] == {"role": "assistant"}
        assert [each["type"] for each in stream] == ["message-start", "message-end"]


def test_null_arguments() -> None:
    """A call with null for its arguments has none; one that only begins like it is let be."""
    for pieces, expected in ((["nu", "ll"], "{}"), (["n", "o"], "no"), (["nu"], "nu"), ([" {}"], " {}"), ([""], "")):
        reader = Reader()
        events: list[Event] = []
        for piece in pieces:
            call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": piece}}
            kind = "tool-call-delta" if events else "tool-call-start"
            data = {"type": kind, "index": 0, "delta": {"message": {"tool_calls": call}}}
            events += reader.feed(b"", json.dumps(data).encode())
        [part] = fold([*events, *reader.finish()]).choices[0].parts
        assert isinstance(part, ToolCall)
        assert part.arguments == expected


def test_null_arguments_of_a_whole_answer() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "null"}}
    assert fold(read_response(answer({"tool_calls": [call]}))).choices[0].parts == [ToolCall("c", "f", "{}")]

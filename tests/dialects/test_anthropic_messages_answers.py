"""Answers at their edges: what this dialect has no place for, and what providers send that is none of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from anthropic_messages_samples import CHARGED, ID, events_of
from msgspec import Raw

from modelport.dialects.anthropic_messages.errors import Malformed, read_error, write_error
from modelport.dialects.anthropic_messages.request import Target, read_request, write_request
from modelport.dialects.anthropic_messages.response import read_response, read_usage, write_response
from modelport.dialects.anthropic_messages.stream import Reader, Writer
from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Choice,
    Event,
    File,
    Finish,
    FinishReason,
    Image,
    ImageEvent,
    LogprobsDelta,
    Message,
    Output,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Request,
    Role,
    Text,
    TextDelta,
    ToolCallDelta,
    Video,
    fold,
)
from modelport.errors import BadRequest, NotFound


def streamed(events: list[Event]) -> list[Any]:
    writer = Writer(ID)
    return [json.loads(data) for _, data in events_of((writer.feed(events) + writer.end(CHARGED)).decode())]


def content(choice: Choice) -> list[Any]:
    return json.loads(write_response(Output([choice]), ID, CHARGED))["content"]


class TestWriting:
    """For a caller."""

    def test_pictures_and_sound_become_words(self) -> None:
        events: list[Event] = [
            ImageEvent("https://a.example/c.png"),
            AudioDelta(transcript="Hello"),
            LogprobsDelta([]),
            Finish(FinishReason.LENGTH, "length"),
        ]
        told = streamed(events)
        texts = [one["delta"]["text"] for one in told if one["type"] == "content_block_delta"]
        assert texts == ["![image](https://a.example/c.png)", "Hello"]
        assert told[-2]["delta"]["stop_reason"] == "max_tokens"
        whole = [block["text"] for block in content(fold(events).choices[0])]
        assert whole == texts

    @pytest.mark.parametrize(
        ("reason", "told"),
        [
            (FinishReason.STOP, "end_turn"),
            (FinishReason.LENGTH, "max_tokens"),
            (FinishReason.TOOL_CALLS, "tool_use"),
            (FinishReason.CONTENT_FILTER, "refusal"),
            (FinishReason.ERROR, "end_turn"),
        ],
    )
    def test_reasons(self, reason: FinishReason, told: str) -> None:
        assert streamed([TextDelta("a"), Finish(reason, "foreign")])[-2]["delta"]["stop_reason"] == told

    def test_parts_without_a_place(self) -> None:
        """A film can't be shown; a refusal without words says nothing."""
        assert content(Choice([Video("u"), Refusal(""), Refusal("No.")])) == [
            {"type": "text", "text": "No.", "citations": None}
        ]

    def test_overlapping_citations(self) -> None:
        """Where places make no sense the words stay one block."""
        cited = [Annotation("https://a.example", start=start, end=9) for start in (0, 3)]
        blocks = content(Choice([Text("a b c d e", annotations=cited)]))
        assert [(block["text"], len(block["citations"])) for block in blocks] == [("a b c d e", 2)]

    def test_citations_of_others(self) -> None:
        """One that is kept as it came, but not of this dialect, is told in this dialect's words."""
        for raw in (Raw(b'{"type":"file_citation"}'), Raw(b"[1]")):
            told = streamed([TextDelta("a"), AnnotationEvent(Annotation("https://a.example", raw=raw))])
            cited = [one["delta"]["citation"] for one in told if "citations_delta" in str(one)]
            assert [(one["type"], one["url"]) for one in cited] == [("web_search_result_location", "https://a.example")]

    def test_calls_take_turns(self) -> None:
        """A second call begins when the first is whole; one that never is waits for the end."""
        calls: list[Event] = [
            ToolCallDelta(0, '{"a":1}', "c0", "f"),
            ToolCallDelta(1, '{"b":', "c1", "g"),
            ToolCallDelta(2, "{}", "c2", "h"),
            TextDelta("x"),
        ]
        begun = [one["content_block"] for one in streamed(calls) if one["type"] == "content_block_start"]
        assert [block.get("id") for block in begun] == ["c0", "c1", "c2", None]

    def test_blocks_that_are_none(self) -> None:
        """An opaque block that was lost on the way is left out; reasoning nobody signed has no signature to tell."""
        events: list[Event] = [
            ReasoningDelta(0, "encrypted", data="[]", format="anthropic-block-v1"),
            ReasoningDelta(1, "text", "Hm."),
            TextDelta(""),
            TextDelta("a"),
        ]
        told = streamed(events)
        assert [one["content_block"]["type"] for one in told if "content_block" in one] == ["thinking", "text"]
        assert "signature_delta" not in str(told)

    def test_errors_say_what_is_available(self) -> None:
        error = NotFound("none", metadata={"availability": {"a": 1}})
        assert json.loads(write_error(error))["error"]["availability"] == {"a": 1}


class TestReading:
    """From a provider."""

    def test_error_in_a_good_answer(self) -> None:
        with pytest.raises(Malformed):
            read_response(b'{"type":"error","content":[]}')

    def test_bare_answer(self) -> None:
        """Neither a reason nor usage: nothing is made up."""
        output = fold(read_response(b'{"content":[{"type":"text","text":"a"}]}'))
        assert (output.choices[0].finish, output.usage) == (None, None)

    @pytest.mark.parametrize("raw", [b"null", b"{}", b"[]", b'{"input_tokens":"a"}', b"<"])
    def test_no_usage(self, raw: bytes) -> None:
        assert read_usage(raw) is None

    def test_unknown_events(self) -> None:
        """Kinds that are yet to come, ends of no open block and deltas of no known kind are passed over."""
        reader = Reader()
        start = b'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}'
        assert reader.feed(b"", start) == []
        for data in (
            b'{"type":"weather"}',
            b'{"type":"content_block_delta","index":0,"delta":{"type":"odd"}}',
            b'{"type":"content_block_stop","index":7}',
            b'{"type":"message_delta","delta":{}}',
            b'{"type":"message_delta","usage":{}}',
        ):
            assert reader.feed(b"", data) == []

    def test_errors_as_texts(self) -> None:
        assert read_error(500, b'{"error":"Overloaded"}') == "Overloaded"


def asked(**fields: Any) -> Any:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **fields}
    return read_request(json.dumps(body).encode())


def asked_with(block: dict[str, Any]) -> Any:
    return asked(messages=[{"role": "user", "content": [block]}]).messages[0].parts


class TestRequests:
    """From a caller."""

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"messages": []}, "messages"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
            ({"tool_choice": {"type": "all"}}, "tool_choice.type"),
            ({"thinking": {"type": "much"}}, "thinking.type"),
            ({"output_config": {"format": {"type": "xml", "schema": {}}}}, "output_config.format.type"),
            ({"tools": [{"name": "f", "input_schema": 7}]}, "tools.0.input_schema"),
            ({"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "x"}}]}]}, "source"),
        ],
    )
    def test_refusals(self, fields: dict[str, Any], named: str) -> None:
        with pytest.raises(BadRequest, match=named):
            asked(**fields)

    def test_fields_beside_what_is_known(self) -> None:
        """They ride along, also beside a cache mark with more to it."""
        mark = {"type": "ephemeral", "scope": "x"}
        (text,) = asked_with({"type": "text", "text": "a", "cache_control": mark, "citations": [7]})
        assert text.rest == {"cache_control": Raw(json.dumps(mark).encode())}
        assert text.annotations == [Annotation(raw=Raw(b"7"))]

    def test_document_of_blocks(self) -> None:
        """Its words are read as well as they can be."""
        words = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
        for source, read in ((words, "a\nb"), ("c", "c"), ([7], "")):
            (file,) = asked_with({"type": "document", "source": {"type": "content", "content": source}})
            assert isinstance(file, File)
            assert base64.b64decode(file.data or "").decode() == read

    def test_results(self) -> None:
        for given, parts in ((None, []), ("a", [Text("a")])):
            (result,) = asked_with({"type": "tool_result", "tool_use_id": "t", "content": given})
            assert result.parts == parts

    def test_result_with_more_to_it(self) -> None:
        (result,) = asked_with({"type": "tool_result", "tool_use_id": "t", "content": "a", "new": 1})
        assert result.rest == {"new": Raw(b"1")}

    def test_for_a_provider(self) -> None:
        """A refusal goes back as words, citations that are none of this dialect's don't; a name needs words."""
        cited = [Annotation("https://a.example"), Annotation(raw=Raw(b"7"))]
        request = Request(
            model="m",
            messages=[
                Message(Role.USER, [Image("https://a.example/c.png")], name="Ann"),
                Message(Role.ASSISTANT, [Refusal("No."), Refusal(" "), Text("a", annotations=cited)]),
            ],
        )
        sent = json.loads(write_request(request, Target("up", stream=False)))["messages"]
        assert sent == [
            {
                "role": "user",
                "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/c.png"}}],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "No."}, {"type": "text", "text": "a"}]},
        ]

    def test_a_broken_seal(self) -> None:
        """Is no seal: the block stays this dialect's own."""
        (block,) = (
            asked(
                messages=[
                    {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "openrouter.reasoning:?"}]}
                ]
            )
            .messages[0]
            .parts
        )
        assert block == Reasoning("encrypted", data="openrouter.reasoning:?", format="anthropic-claude-v1")

"""Answers by hand: what each thing becomes, and what callers get of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gemini_samples import CHARGED, ID, events_of

from modelport.dialects.canonical import (
    AudioDelta,
    Charged,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.dialects.gemini.response import finish_reason, patch_response, read_response, read_usage, write_response
from modelport.dialects.gemini.stream import ArrayPatcher, ArrayWriter, Patcher, Reader, Writer
from modelport.errors import UpstreamFailed


def answer(*parts: dict[str, Any], **candidate: Any) -> bytes:
    content = {"parts": list(parts), "role": "model"}
    return json.dumps({"candidates": [{"content": content} | candidate], "responseId": "r"}, indent=1).encode()


def fed(*chunks: bytes) -> list[Event]:
    reader = Reader()
    return [event for chunk in chunks for event in reader.feed(b"", chunk)]


class TestReasons:
    """Why an answer ended."""

    @pytest.mark.parametrize(
        ("native", "reason"),
        [
            ("STOP", FinishReason.STOP),
            ("MAX_TOKENS", FinishReason.LENGTH),
            ("SAFETY", FinishReason.CONTENT_FILTER),
            ("RECITATION", FinishReason.CONTENT_FILTER),
            ("SPII", FinishReason.CONTENT_FILTER),
            ("IMAGE_SAFETY", FinishReason.CONTENT_FILTER),
            ("MALFORMED_FUNCTION_CALL", FinishReason.ERROR),
            ("SOMETHING_NEW", FinishReason.STOP),
        ],
    )
    def test_words(self, native: str, reason: FinishReason) -> None:
        assert finish_reason(native) is reason
        assert Finish(reason, native) in read_response(answer({"text": "a"}, finishReason=native))

    def test_calls(self) -> None:
        """A stop after a call is one for the caller to make it; written again it is a stop."""
        events = read_response(answer({"functionCall": {"name": "f"}}, finishReason="STOP"))
        assert Finish(FinishReason.TOOL_CALLS, "STOP") in events
        written = json.loads(write_response(fold(events), ID, CHARGED))
        assert written["candidates"][0]["finishReason"] == "STOP"

    def test_blocked(self) -> None:
        """A refused prompt has no candidate, and a word why; so has an answer that a filter took away."""
        blocked = b'{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","blockReasonMessage":"No."}}'
        assert read_response(blocked)[1:] == [
            RefusalDelta("No."),
            Finish(FinishReason.CONTENT_FILTER, "PROHIBITED_CONTENT"),
        ]
        filtered = read_response(b'{"candidates":[{"finishReason":"MODEL_ARMOR","finishMessage":"No."}]}')
        assert filtered[1:] == [RefusalDelta("No."), Finish(FinishReason.CONTENT_FILTER, "MODEL_ARMOR")]

    def test_others_reasons(self) -> None:
        """Other providers' words are no words of this dialect."""
        for reason, word in ((FinishReason.LENGTH, "MAX_TOKENS"), (FinishReason.CONTENT_FILTER, "SAFETY")):
            written = json.loads(write_response(fold([TextDelta("a"), Finish(reason, "other")]), ID, CHARGED))
            assert written["candidates"][0]["finishReason"] == word


class TestCalls:
    """Calls, whole and in pieces."""

    def test_ids_are_the_same_every_time(self) -> None:
        body = answer({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f"}})
        ids = [part.id for part in fold(read_response(body)).choices[0].parts if isinstance(part, ToolCall)]
        assert len(set(ids)) == 2
        assert ids == [part.id for part in fold(fed(body)).choices[0].parts if isinstance(part, ToolCall)]

    def test_arguments_stay_as_they_came(self) -> None:
        body = (
            b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a": 1.50,"b":"\\u00e9"}}}]}}]}'
        )
        call = next(event for event in read_response(body) if isinstance(event, ToolCallDelta))
        assert call.arguments == '{"a": 1.50,"b":"\\u00e9"}'

    def test_pieces(self) -> None:
        """Values at places, texts that go on, lists; the next call and the end close a call."""

        def piece(**call: Any) -> bytes:
            return answer({"functionCall": call})

        def put(place: str, **value: Any) -> bytes:
            return piece(partialArgs=[{"jsonPath": place} | value], willContinue=True)

        events = fed(
            piece(name="f", willContinue=True),
            put("$.a.b[0].c", stringValue="x", willContinue=True),
            put("$.a.b[0].c", stringValue="y", willContinue=True),
            put("$.a.b[0].c", stringValue=""),
            put("$.a.b[1]", numberValue=2),
            put("$['odd.name']", boolValue=True),
            put("$.n", nullValue="NULL_VALUE"),
            put("$.f", numberValue=0.5),
            piece(),
            piece(name="g", willContinue=True),
            piece(name="h", args={"k": 1}),
            piece(name="i", willContinue=True),
            answer(finishReason="STOP"),
        )
        calls = [part for part in fold(events).choices[0].parts if isinstance(part, ToolCall)]
        assert [(call.name, json.loads(call.arguments)) for call in calls] == [
            ("f", {"a": {"b": [{"c": "xy"}, 2]}, "odd.name": True, "n": None, "f": 0.5}),
            ("g", {}),
            ("h", {"k": 1}),
            ("i", {}),
        ]

    def test_a_writer_sends_them_whole(self) -> None:
        """Not before the arguments are complete, and not after what followed them."""
        writer = Writer(ID)
        assert writer.feed([ToolCallDelta(0, '{"a":', "c", "f")]) == b""
        assert writer.feed([ToolCallDelta(0, "1}")]) == b""
        chunks = [json.loads(data) for _, data in events_of(writer.feed([TextDelta("b")]))]
        call = {"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}}
        assert chunks[0]["candidates"][0]["content"]["parts"] == [call, {"text": "b"}]


class TestContent:
    """Thoughts, files and opaque parts."""

    def test_thoughts(self) -> None:
        """Pieces of one thought are one; a signature ends it."""
        thought = {"text": "a", "thought": True}
        events = fed(answer(thought), answer(thought | {"thoughtSignature": "c2ln"}), answer(thought))
        blocks = [event.block for event in events if isinstance(event, ReasoningDelta)]
        assert blocks == [0, 0, 1]

    def test_files(self) -> None:
        """A picture is a picture, sound can be put together, a thought picture is nobody's answer."""
        events = fed(
            answer({"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thoughtSignature": "c2ln"}),
            answer({"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thought": True}),
            answer({"inlineData": {"mimeType": "audio/L16", "data": "aGk="}}),
            answer({"inlineData": {"mimeType": "audio/L16", "data": "aGlo"}}, finishReason="STOP"),
        )
        assert [event.url for event in events if isinstance(event, ImageEvent)] == ["data:image/png;base64,aGk="]
        formats = [event.format for event in events if isinstance(event, ReasoningDelta)]
        assert formats == ["google-gemini-v1", "gemini-block-v1"]
        assert "".join(event.data or "" for event in events if isinstance(event, AudioDelta)) == "aGloaWg="

    def test_candidates(self) -> None:
        """Several answers stay apart, in a stream too."""
        candidates = [
            {"index": index, "content": {"parts": [{"text": text}]}, "finishReason": "STOP"}
            for index, text in enumerate("ab")
        ]
        events = read_response(json.dumps({"candidates": candidates}).encode())
        writer = Writer(ID)
        chunks = [json.loads(data) for _, data in events_of(writer.feed(events) + writer.end(CHARGED))]
        assert [each["candidates"][0]["index"] for each in chunks[:2]] == [0, 1]
        assert [each["finishReason"] for each in chunks[2]["candidates"]] == ["STOP", "STOP"]

    def test_citations(self) -> None:
        """Places in bytes become places in characters; a source without a place is cited once."""
        grounding = {
            "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"web": {"uri": "https://b"}}, {}],
            "groundingSupports": [
                {"segment": {"startIndex": 5, "endIndex": 7, "text": "so"}, "groundingChunkIndices": [0, 7]},
                {"segment": {"startIndex": 99, "endIndex": 101, "text": "Ün"}, "groundingChunkIndices": [0]},
            ],
            "webSearchQueries": ["q", ""],
        }
        body = answer({"text": "Ünd so"}, groundingMetadata=grounding, finishReason="STOP")
        usage = json.dumps({"candidates": [], "usageMetadata": {"promptTokenCount": 1}}).encode()
        again = answer({"text": ""}, groundingMetadata=grounding)
        output = fold(fed(answer({"text": ""}), body, again, usage))
        text: Any = output.choices[0].parts[0]
        assert [(each.url, each.start, each.end) for each in text.annotations] == [
            ("https://a", 4, 6),
            ("https://a", 0, 2),
            ("https://b", None, None),
        ]
        assert output.usage == Usage(prompt_tokens=1, web_searches=1)
        recited = answer(
            {"text": "abc"}, citationMetadata={"citationSources": [{"uri": "u", "startIndex": 1, "endIndex": 3}]}
        )
        cited: Any = fold(read_response(recited)).choices[0].parts[0]
        assert [(each.url, each.start, each.end) for each in cited.annotations] == [("u", 1, 3)]


class TestUsage:
    """Figures."""

    def test_all_of_them(self) -> None:
        told = {
            "promptTokenCount": 85,
            "candidatesTokenCount": 28,
            "thoughtsTokenCount": 54,
            "toolUsePromptTokenCount": 132,
            "cachedContentTokenCount": 40,
            "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 7}, {"modality": 4, "tokenCount": 3}],
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}, {"modality": "TEXT"}],
            "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 38}, {"modality": "AUDIO", "tokenCount": 2}],
        }
        assert read_usage(json.dumps(told).encode()) == Usage(
            prompt_tokens=217,
            completion_tokens=82,
            cached_tokens=40,
            reasoning_tokens=54,
            prompt_audio_tokens=3,
            completion_audio_tokens=5,
            prompt_image_tokens=7,
            cached_audio_tokens=2,
        )
        assert read_usage(b'{"trafficType":"ON_DEMAND"}') is None
        assert read_usage(b"[]") is None

    def test_the_last_one_counts(self) -> None:
        chunks = [
            json.dumps(
                {"candidates": [], "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": count}}
            ).encode()
            for count in (1, 5)
        ]
        output = fold(fed(*chunks))
        assert output.usage is not None
        assert output.usage.completion_tokens == 5

    def test_written(self) -> None:
        usage = Usage(prompt_tokens=10, completion_tokens=9, reasoning_tokens=4, prompt_image_tokens=6)
        told = json.loads(write_response(fold([]), ID, Charged(usage, 2_000_000_000, 1, 1)))["usageMetadata"]
        assert (told["candidatesTokenCount"], told["thoughtsTokenCount"], told["totalTokenCount"]) == (5, 4, 19)
        assert told["cost"] == 2
        assert {each["modality"]: each["tokenCount"] for each in told["promptTokensDetails"]} == {"TEXT": 4, "IMAGE": 6}
        assert read_usage(json.dumps(told).encode()) == usage


class TestPatching:
    """A provider's own bytes."""

    THOUGHT = answer({"text": "hm", "thought": True})
    BOTH = answer({"text": "hm", "thought": True}, {"text": "a", "thoughtSignature": "c2ln"})
    LAST = b'{"candidates":[{"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"x":1}}'

    def test_without_thoughts(self) -> None:
        """A chunk of thoughts alone is not passed on; signatures of words are."""
        patcher = Patcher(ID, without_reasoning=True)
        assert patcher.feed(b"", self.THOUGHT) == b""
        chunk = json.loads(events_of(patcher.feed(b"", self.BOTH))[0][1])
        assert chunk["candidates"][0]["content"]["parts"] == [{"text": "a", "thoughtSignature": "c2ln"}]
        whole = json.loads(patch_response(self.BOTH, ID, CHARGED, without_reasoning=True))
        assert whole["candidates"][0]["content"]["parts"] == [{"text": "a", "thoughtSignature": "c2ln"}]

    def test_the_end_waits(self) -> None:
        """The reason and the figures come with the bill; the provider's own figures stay beside the cost."""
        patcher = Patcher(ID, without_reasoning=False)
        assert b"hm" in patcher.feed(b"", self.THOUGHT)
        assert patcher.feed(b"", self.LAST) == b""
        assert patcher.feed(b"", b"[DONE]") == b""
        end = json.loads(events_of(patcher.end(CHARGED))[0][1])
        assert end["candidates"] == [{"finishReason": "STOP", "index": 0}]
        assert (end["usageMetadata"]["promptTokenCount"], end["usageMetadata"]["x"]) == (3, 1)
        assert end["usageMetadata"]["cost"] == 5 / 10**9

    @pytest.mark.parametrize("begun", [True, False])
    def test_a_stream_that_was_cut(self, begun: bool) -> None:  # noqa: FBT001
        """It ends properly all the same, with our own figures."""
        patcher, array = Patcher(ID, without_reasoning=False), ArrayPatcher(ID, without_reasoning=False)
        sent = patcher.feed(b"", self.THOUGHT) if begun else b""
        listed = array.feed(b"", self.THOUGHT) if begun else b""
        end = json.loads(events_of(sent + patcher.end(CHARGED))[-1][1])
        assert end["candidates"][0]["finishReason"] == "STOP"
        assert end["usageMetadata"]["promptTokenCount"] == 100
        assert json.loads(listed + array.end(CHARGED))[-1] == end


@pytest.mark.parametrize("begun", [True, False])
def test_failures(begun: bool) -> None:  # noqa: FBT001
    """A failed stream ends with a typed error and a reason, as an event and in a list that is closed."""
    failure = UpstreamFailed("Provider returned error", code=503)
    ways: list[Any] = [
        (Writer(ID), ArrayWriter(ID), [[Start(), TextDelta("a"), UsageEvent(Usage())]]),
        (Patcher(ID, without_reasoning=False), ArrayPatcher(ID, without_reasoning=False), [b"", answer({"text": "a"})]),
    ]
    for way, listed, given in ways:
        sent = way.feed(*given) if begun else b""
        pieces = listed.feed(*given) if begun else b""
        last = json.loads(events_of(sent + way.fail(failure))[-1][1])
        assert json.loads(pieces + listed.fail(failure))[-1] == last
        assert next(iter(last)) == "error"  # the SDK for Python looks at how the bytes begin
        assert (last["error"]["code"], last["error"]["status"]) == (503, "UNAVAILABLE")
        assert last["candidates"][0]["finishReason"] == "OTHER"


def test_a_list_without_anything() -> None:
    """Nothing but an end is a list too."""
    assert len(json.loads(ArrayWriter(ID).end(CHARGED))) == 1

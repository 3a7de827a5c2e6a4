"""The official SDK reads what we write, and what it sends back next turn is understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2 as httpx
import pytest
from anthropic_messages_samples import CHARGED, ID, events_of

from modelport.dialects.anthropic_messages.errors import write_error
from modelport.dialects.anthropic_messages.request import read_request, write_count_tokens
from modelport.dialects.anthropic_messages.response import patch_response, write_response
from modelport.dialects.anthropic_messages.stream import COMMENT, Patcher, Writer
from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    Identity,
    Reasoning,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.errors import PaymentRequired, TooManyRequests, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from anthropic.types import Message

# Reasoning as OpenAI's Responses and Gemini give it, and two calls whose pieces are interleaved.
FOREIGN: list[Event] = [
    Start("resp_1", "up"),
    UsageEvent(Usage(prompt_tokens=40)),
    ReasoningDelta(0, "summary", "Let me ", id="rs_1", format="openai-responses-v1"),
    ReasoningDelta(0, "summary", "see.", id="rs_1", format="openai-responses-v1"),
    ReasoningDelta(1, "encrypted", data="gAAA==", id="rs_1", format="openai-responses-v1"),
    TextDelta("I will "),
    TextDelta("look."),
    ToolCallDelta(0, "", "call_1", "weather", signature="c2ln"),
    ToolCallDelta(0, '{"city": '),
    ToolCallDelta(1, '{"n"', "call_2", "count"),
    ToolCallDelta(0, '"Paris"}'),
    ToolCallDelta(1, ": 1}"),
    Finish(FinishReason.STOP, "completed"),
]

OWN: list[Event] = [
    Start("msg_1", "up"),
    ReasoningDelta(0, "text", "Hm.", format="anthropic-claude-v1"),
    ReasoningDelta(0, signature="EqQB", format="anthropic-claude-v1"),
    ReasoningDelta(1, "encrypted", data="abc", format="anthropic-claude-v1"),
    ReasoningDelta(
        2,
        "encrypted",
        data='{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}}',
        format="anthropic-block-v1",
    ),
    TextDelta("It is "),
    TextDelta("so."),
    AnnotationEvent(Annotation("https://a.example", "A", "so", 0, 9)),
    Finish(FinishReason.STOP, "stop", stop_sequence="END"),
]


def client(answer: bytes, *, status: int = 200, stream: bool = False) -> anthropic.Anthropic:
    kind = "text/event-stream" if stream else "application/json"

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=answer, headers={"content-type": kind}, request=request)

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return anthropic.Anthropic(api_key="k", base_url="http://gate/api", http_client=http, max_retries=0)


def streamed(events: list[Event]) -> Message:
    writer = Writer(ID)
    body = COMMENT + b"".join(writer.feed([event]) + COMMENT for event in events) + writer.end(CHARGED)
    with client(body, stream=True).messages.stream(
        model="m", max_tokens=99, messages=[{"role": "user", "content": "hi"}]
    ) as stream:
        return stream.get_final_message()


def whole(events: list[Event]) -> Message:
    body = write_response(fold(events), ID, CHARGED)
    return client(body).messages.create(model="m", max_tokens=99, messages=[{"role": "user", "content": "hi"}])


@pytest.mark.parametrize("way", [streamed, whole])
class TestAnswers:
    """The same answer, streamed and whole."""

    def test_foreign(self, way: Callable[[list[Event]], Message]) -> None:
        """Blocks are in order, calls whole, and the reason is the one agents wait for."""
        message = way(FOREIGN)
        assert message.id == "gen-1"
        assert message.stop_reason == "tool_use"
        kinds = [block.type for block in message.content]
        expected = ["thinking", "redacted_thinking", "text", "tool_use", "redacted_thinking", "tool_use"]
        assert kinds == expected
        calls = [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
        assert calls == [("call_1", "weather", {"city": "Paris"}), ("call_2", "count", {"n": 1})]
        thinking = message.content[0]
        assert thinking.type == "thinking"
        assert thinking.thinking == "Let me see."

    def test_foreign_reasoning_comes_back(self, way: Callable[[list[Event]], Message]) -> None:
        """Sent back unread, as clients do, it is the reasoning and the signature that were given."""
        content = [block.model_dump(mode="json", exclude_none=True) for block in way(FOREIGN).content]
        body = {
            "model": "m",
            "max_tokens": 99,
            "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": content}],
        }
        parts = read_request(json.dumps(body).encode()).messages[1].parts
        given = fold(FOREIGN).choices[0].parts
        assert [part for part in parts if isinstance(part, Reasoning)] == [
            part for part in given if isinstance(part, Reasoning)
        ]
        calls = [part for part in parts if isinstance(part, ToolCall)]
        assert [call.signature for call in calls] == ["c2ln", None]
        assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"n": 1}]

    def test_own(self, way: Callable[[list[Event]], Message]) -> None:
        """Signatures, hidden thinking, server tools and citations are there as the SDK knows them."""
        message = way(OWN)
        first, second, third, text = message.content
        assert first.type == "thinking"
        assert (first.thinking, first.signature) == ("Hm.", "EqQB")
        assert second.type == "redacted_thinking"
        assert second.data == "abc"
        assert third.type == "server_tool_use"
        assert third.input == {"query": "x"}
        assert text.type == "text"
        assert text.text == "It is so."
        assert [cited.type for cited in text.citations or []] == ["web_search_result_location"]
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "END")

    def test_usage(self, way: Callable[[list[Event]], Message]) -> None:
        """Tokens of the cache stand beside `input_tokens`, as this dialect has it."""
        usage = way(OWN).usage
        told = (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
        assert told == (60, 30, 10)
        assert usage.output_tokens == 20
        if way is whole:  # the SDK's helper takes only the fields it knows from a stream's end
            assert (usage.model_extra or {})["cost"] == 5 / 10**9


def passed_on(events: list[Event], *, without_reasoning: bool = False) -> bytes:
    """What a provider of this dialect streams, on its way through to a caller."""
    provider = Writer(Identity("msg_1", "up-1", "Up", 0))
    said = events_of((provider.feed(events) + provider.end(CHARGED)).decode())
    patcher = Patcher(ID, without_reasoning=without_reasoning)
    body = b"".join(patcher.feed(name, data) + COMMENT for name, data in said)
    return body + patcher.end(CHARGED)


class TestPassedOn:
    """Answers of a provider that speaks the same dialect."""

    def test_stream(self) -> None:
        """The SDK adds up what it would have had from the provider, in our name."""
        with client(passed_on(OWN), stream=True).messages.stream(
            model="m", max_tokens=99, messages=[{"role": "user", "content": "hi"}]
        ) as stream:
            message = stream.get_final_message()
        assert (message.id, message.model) == (ID.id, ID.model)
        assert message.content == streamed(OWN).content
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "END")
        assert (message.usage.input_tokens, message.usage.output_tokens) == (60, 20)

    def test_stream_without_reasoning(self) -> None:
        """Blocks that moved up are added up alike."""
        with client(passed_on(OWN, without_reasoning=True), stream=True).messages.stream(
            model="m", max_tokens=99, messages=[{"role": "user", "content": "hi"}]
        ) as stream:
            kinds = [block.type for block in stream.get_final_message().content]
        assert kinds == ["server_tool_use", "text"]

    def test_whole(self) -> None:
        body = write_response(fold(OWN), Identity("msg_1", "up-1", "Up", 0), CHARGED)
        out = patch_response(body, ID, CHARGED, without_reasoning=False)
        message = client(out).messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
        assert (message.id, message.model) == (ID.id, ID.model)
        assert message.content == whole(OWN).content
        assert (message.usage.model_extra or {})["cost"] == 5 / 10**9

    def test_failure(self) -> None:
        provider = Writer(ID)
        patcher = Patcher(ID, without_reasoning=False)
        body = b"".join(patcher.feed(name, data) for name, data in events_of(provider.feed(OWN).decode()))
        body += patcher.fail(UpstreamFailed("Provider returned error", code=529, kind="provider_overloaded"))
        with (
            pytest.raises(anthropic.APIStatusError, match="Provider returned error"),
            client(body, stream=True).messages.stream(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            ) as stream,
        ):
            stream.get_final_message()


def test_stream_events_are_typed() -> None:
    """Every event is one the SDK has a type for."""
    writer = Writer(ID)
    body = writer.feed(FOREIGN) + writer.end(CHARGED)
    raw = client(body, stream=True).messages.create(
        model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}], stream=True
    )
    names = {type(event).__name__ for event in raw}
    assert names == {
        "RawMessageStartEvent",
        "RawContentBlockStartEvent",
        "RawContentBlockDeltaEvent",
        "RawContentBlockStopEvent",
        "RawMessageDeltaEvent",
        "RawMessageStopEvent",
    }


def test_failure_in_the_stream() -> None:
    """The SDK raises our words, whether anything was sent before or not."""
    begun: list[Event] = [Start(), TextDelta("a")]
    for events in (list[Event](), begun):
        writer = Writer(ID)
        failure = UpstreamFailed("Provider returned error", code=529, kind="provider_overloaded")
        body = writer.feed(events) + writer.fail(failure)
        with (
            pytest.raises(anthropic.APIStatusError, match="Provider returned error") as caught,
            client(body, stream=True).messages.stream(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            ) as stream,
        ):
            stream.get_final_message()
        body_read: Any = caught.value.body
        assert body_read["error"]["type"] == "overloaded_error"
        assert body_read["request_id"] == "gen-1"


@pytest.mark.parametrize(
    ("error", "kind", "error_type"),
    [
        (PaymentRequired("no"), "billing_error", "payment_required"),
        (TooManyRequests("no"), "rate_limit_error", "rate_limit_exceeded"),
        (ValueError("secret"), "api_error", "server"),
    ],
)
def test_errors(error: Exception, kind: str, error_type: str) -> None:
    """The reference's words; what was not raised on purpose says nothing of itself."""
    body = json.loads(write_error(error))
    assert (body["type"], body["error"]["type"], body["error"]["error_type"]) == ("error", kind, error_type)
    assert "secret" not in body["error"]["message"]


def test_counting() -> None:
    """The SDK reads a count."""
    counted = client(write_count_tokens(12)).messages.count_tokens(
        model="m", messages=[{"role": "user", "content": "hi"}]
    )
    assert counted.input_tokens == 12

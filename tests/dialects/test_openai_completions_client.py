"""The official SDK reads what we write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest
from msgspec import Raw
from openai_completions_samples import CHARGED, ID, served

from modelport.dialects.canonical import (
    Event,
    Finish,
    FinishReason,
    LogprobsDelta,
    ReasoningDelta,
    Start,
    TextDelta,
    fold,
)
from modelport.dialects.openai_completions.errors import write_error
from modelport.dialects.openai_completions.request import read_request
from modelport.dialects.openai_completions.response import write_response
from modelport.dialects.openai_completions.stream import COMMENT, Patcher, Writer
from modelport.errors import PaymentRequired, TooManyRequests, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.canonical import Request


def token(text: str, logprob: str) -> Raw:
    return Raw(f'{{"token":"{text}","logprob":{logprob},"top_logprobs":[{{"token":"x","logprob":-2.50}}]}}'.encode())


EVENTS: list[Event] = [
    Start("up_1", "up"),
    ReasoningDelta(0, "text", "Let me see."),
    TextDelta("One"),
    LogprobsDelta([token("One", "-0.10")]),
    TextDelta(" two"),
    LogprobsDelta([token(" two", "-0.2")]),
    Finish(FinishReason.LENGTH, "max_tokens"),
    TextDelta("Other", 1),
    Finish(FinishReason.STOP, "stop", 1),
]
ANSWERS = {
    "whole": (200, write_response(fold(EVENTS), ID, CHARGED), "application/json"),
    "broke": (402, write_error(PaymentRequired("Insufficient credits.")), "application/json"),
    "limit": (429, write_error(TooManyRequests("Slow down.", retry_after=1)), "application/json"),
}


def stream_of(name: str) -> bytes:
    if name == "patched":
        patcher = Patcher(ID, without_reasoning=False)
        sent = patcher.feed(b"", b'{"id":"a","choices":[{"text":"One","index":0,"finish_reason":null}],"more":1}')
        sent += patcher.feed(b"", b'{"id":"a","choices":[{"text":" two","index":0,"finish_reason":"length"}]}')
        return sent + patcher.feed(b"", b"[DONE]") + patcher.end(CHARGED)
    writer = Writer(ID)
    sent = COMMENT + b"".join(writer.feed([event]) + COMMENT for event in EVENTS)
    if name == "failing":
        return sent + writer.fail(UpstreamFailed("Provider returned error"))
    return sent + writer.end(CHARGED)


class Gate:
    """Answers by the model's name, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def answer(self, path: str, body: bytes) -> tuple[int, bytes, str]:
        assert path == "/api/v1/completions"
        request = read_request(body)
        self.asked.append(request)
        if request.stream:
            return 200, stream_of(request.model), "text/event-stream"
        return ANSWERS[request.model]


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def client(gate: Gate) -> Iterator[openai.OpenAI]:
    with (
        served(gate.answer) as url,
        openai.OpenAI(api_key="k", base_url=f"{url}/api/v1", max_retries=0) as made,
    ):
        yield made


def test_a_whole_answer(client: openai.OpenAI, gate: Gate) -> None:
    """Texts, reasons, probabilities and usage with its cost are where the SDK looks for them."""
    answer = client.completions.create(model="whole", prompt="Count", logprobs=1, suffix="!", echo=True, best_of=2)
    assert [(choice.index, choice.text, choice.finish_reason) for choice in answer.choices] == [
        (0, "One two", "length"),
        (1, "Other", "stop"),
    ]
    assert (answer.id, answer.object, answer.model) == ("gen-1", "text_completion", "maker/model")
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert (logprobs.tokens, logprobs.token_logprobs) == (["One", " two"], [-0.1, -0.2])
    assert (logprobs.top_logprobs, logprobs.text_offset) == ([{"x": -2.5}, {"x": -2.5}], [0, 3])
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (100, 20, 120)
    extra: Any = answer.choices[0].model_extra
    assert extra["reasoning"] == "Let me see."
    cost: Any = answer.usage.model_extra
    assert cost["cost"] == 5e-06
    assert (gate.asked[0].top_logprobs, set(gate.asked[0].extra)) == (1, {"suffix", "echo", "best_of"})


def test_a_stream(client: openai.OpenAI) -> None:
    """Reasons come at the end, usage in the last chunk, which has a choice like every other."""
    chunks = list(client.completions.create(model="written", prompt="Count", stream=True))
    texts = ["".join(c.text for chunk in chunks for c in chunk.choices if c.index == index) for index in (0, 1)]
    assert texts == ["One two", "Other"]
    assert all(len(chunk.choices) == 1 for chunk in chunks)
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    reasons = [(choice.index, str(choice.finish_reason)) for chunk in chunks for choice in chunk.choices]
    assert reasons[-3:] == [(0, "length"), (1, "stop"), (0, "length")]
    assert {reason for _, reason in reasons[:-3]} == {"None"}
    offsets = [c.logprobs.text_offset for chunk in chunks for c in chunk.choices if c.logprobs]
    assert offsets == [[0], [3]]


def test_a_patched_stream(client: openai.OpenAI) -> None:
    """The provider's own events, signed by us, with the reason held back to the end."""
    chunks = list(client.completions.create(model="patched", prompt="Count", stream=True))
    assert [(chunk.choices[0].text, str(chunk.choices[0].finish_reason)) for chunk in chunks] == [
        ("One", "None"),
        (" two", "None"),
        ("", "length"),
        ("", "length"),
    ]
    assert {chunk.id for chunk in chunks} == {"gen-1"}
    extra: Any = chunks[0].model_extra
    assert extra["more"] == 1
    assert chunks[-1].usage is not None


def test_a_stream_that_fails(client: openai.OpenAI) -> None:
    """The SDK raises what the error event says."""
    stream = client.completions.create(model="failing", prompt="Count", stream=True)
    with pytest.raises(openai.APIError, match="Provider returned error"):
        list(stream)


def test_errors(client: openai.OpenAI) -> None:
    """Errors are the SDK's own classes."""
    with pytest.raises(openai.APIStatusError, match="Insufficient credits") as caught:
        client.completions.create(model="broke", prompt="Count")
    assert caught.value.status_code == 402
    with pytest.raises(openai.RateLimitError, match="Slow down"):
        client.completions.create(model="limit", prompt="Count")

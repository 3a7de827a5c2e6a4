"""The official SDK reads what we write, and what it sends is understood, over a real socket."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import cohere
import pytest
from cohere.core.api_error import ApiError
from cohere_chat_samples import CHARGED, ID

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    Role,
    Start,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    ToolResult,
    fold,
)
from modelport.dialects.cohere_chat.errors import write_error
from modelport.dialects.cohere_chat.request import read_request
from modelport.dialects.cohere_chat.response import write_response
from modelport.dialects.cohere_chat.stream import COMMENT, Writer
from modelport.errors import (
    BadRequest,
    ModelportError,
    NotFound,
    PaymentRequired,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UpstreamFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

HI: Any = [{"role": "user", "content": "hi"}]  # the SDK takes plain dicts as well as its types
ONCE: Any = {"max_retries": 0}
WORDS = {"text", "thinking"}

# Reasoning as OpenAI's Responses and Gemini give it, and two calls whose pieces are interleaved.
FOREIGN: list[Event] = [
    Start("resp_1", "up"),
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
    Start("up"),
    ReasoningDelta(0, "text", "Hm.", format="cohere-chat-v1"),
    TextDelta("It is "),
    TextDelta("so."),
    LogprobsDelta([]),
    AnnotationEvent(Annotation("https://a.example", "A", "so it is", 6, 8)),
    Finish(FinishReason.STOP, "stop", stop_sequence="END"),
]

PLANNED: list[Event] = [
    ReasoningDelta(0, "text", "I will ", format="cohere-plan-v1"),
    ReasoningDelta(0, "text", "look.", format="cohere-plan-v1"),
    ToolCallDelta(0, '{"city": "Paris"}', "weather_1", "weather"),
    Finish(FinishReason.TOOL_CALLS, "TOOL_CALL"),
]


@contextmanager
def served(answer: bytes, status: int = 200, kind: str = "application/json") -> Generator[tuple[Any, list[bytes]]]:
    """A client of a server that answers everything with `answer`, and the bodies it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v2/chat"
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield cohere.ClientV2(api_key="k", base_url=f"http://127.0.0.1:{server.server_port}"), bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def chunks(events: list[Event]) -> list[Any]:
    writer = Writer(ID)
    body = COMMENT + b"".join(writer.feed([event]) + COMMENT for event in events) + writer.end(CHARGED)
    return stream(body)


def stream(body: bytes) -> list[Any]:
    with served(body, kind="text/event-stream") as (client, _):
        return list(client.chat_stream(model="m", messages=HI, request_options=ONCE))


def streamed(events: list[Event]) -> dict[str, Any]:
    """The message of a stream, added up as the SDK's users do."""
    content: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    message: dict[str, Any] = {"role": "assistant", "tool_plan": ""}
    for chunk in chunks(events):
        match chunk.type:
            case "content-start":
                content.append(chunk.delta.message.content.model_dump(exclude_none=True))
            case "content-delta":
                more = chunk.delta.message.content.model_dump(exclude_none=True)
                known = content[chunk.index]
                known.update(
                    {name: known.get(name, "") + text if name in WORDS else text for name, text in more.items()}
                )
            case "tool-plan-delta":
                message["tool_plan"] += chunk.delta.message.tool_plan
            case "tool-call-start":
                calls.append(chunk.delta.message.tool_calls.model_dump(exclude_none=True))
            case "tool-call-delta":
                calls[chunk.index]["function"]["arguments"] += chunk.delta.message.tool_calls.function.arguments
            case "citation-start":
                message.setdefault("citations", []).append(chunk.delta.message.citations.model_dump(exclude_none=True))
            case kind:
                assert kind in {"message-start", "content-end", "citation-end", "tool-call-end", "message-end"}
                message["end"] = chunk.delta.model_dump(exclude_none=True) if kind == "message-end" else {}
    return {**message, "content": content, "tool_calls": calls}


def whole(events: list[Event]) -> dict[str, Any]:
    with served(write_response(fold(events), ID, CHARGED)) as (client, _):
        answer = client.chat(model="m", messages=HI, request_options=ONCE)
    assert answer.id == "gen-1"
    end = {"finish_reason": answer.finish_reason, "usage": answer.usage.model_dump(exclude_none=True)}
    return {**answer.message.model_dump(exclude_none=True), "end": end}


@pytest.mark.parametrize("way", [streamed, whole])
class TestAnswers:
    """The same answer, streamed and whole."""

    def test_foreign(self, way: Callable[[list[Event]], dict[str, Any]]) -> None:
        """Calls are whole, and the reason is the one agents wait for."""
        message = way(FOREIGN)
        assert message["end"]["finish_reason"] == "TOOL_CALL"
        assert [block["type"] for block in message["content"]] == ["thinking", "thinking", "text"]
        assert message["content"][2]["text"] == "I will look."
        calls = [
            (each["id"], each["function"]["name"], each["function"]["arguments"]) for each in message["tool_calls"]
        ]
        assert calls == [("call_1", "weather", '{"city": "Paris"}'), ("call_2", "count", '{"n": 1}')]

    def test_foreign_reasoning_comes_back(self, way: Callable[[list[Event]], dict[str, Any]]) -> None:
        """Sent back as it came, it is the reasoning and the signature that were given."""
        message = way(FOREIGN)
        del message["end"]
        with served(write_response(fold(OWN), ID, CHARGED)) as (client, bodies):
            client.chat(model="m", messages=[*HI, message], request_options=ONCE)
        parts = read_request(bodies[0]).messages[1].parts
        given = fold(FOREIGN).choices[0].parts
        for part in given:
            if isinstance(part, Reasoning):
                part.index = None
        assert parts == given

    def test_own(self, way: Callable[[list[Event]], dict[str, Any]]) -> None:
        """Thoughts, words, sources and the reason as the SDK knows them."""
        message = way(OWN)
        assert message["content"] == [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "It is so."}]
        [citation] = message["citations"]
        assert (citation["start"], citation["end"], citation["text"], citation["content_index"]) == (6, 8, "so", 1)
        assert citation["sources"][0]["document"]["url"] == "https://a.example"
        assert message["end"]["finish_reason"] == "STOP_SEQUENCE"

    def test_plan(self, way: Callable[[list[Event]], dict[str, Any]]) -> None:
        message = way(PLANNED)
        assert message["tool_plan"] == "I will look."
        assert not message.get("content")
        assert message["tool_calls"][0]["id"] == "weather_1"

    def test_usage(self, way: Callable[[list[Event]], dict[str, Any]]) -> None:
        """What is charged is what is billed, and its cost is handed on."""
        usage = way(OWN)["end"]["usage"]
        assert usage["billed_units"] == {"input_tokens": 100, "output_tokens": 20}
        assert usage["tokens"] == {"input_tokens": 60, "output_tokens": 20, "reasoning_tokens": 8, "image_tokens": 40}
        assert usage["cached_tokens"] == 30
        assert usage["cost"] == 5 / 10**9


def test_what_the_sdk_asks() -> None:
    """Its requests, with the types it offers, mean what they say."""
    with served(write_response(fold(PLANNED), ID, CHARGED)) as (client, bodies):
        tool = {"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"a": 1}}}
        answer = client.chat(
            model="maker/model", messages=HI, tools=[tool], strict_tools=True, tool_choice="REQUIRED", max_tokens=9,
            p=0.5, k=3, seed=1, stop_sequences=["END"], thinking=cohere.Thinking(type="enabled", token_budget=500),
            response_format={"type": "json_object", "json_schema": {"type": "object"}}, safety_mode="OFF",
            documents=[cohere.Document(data={"text": "x"}, id="d")], request_options=ONCE,
            citation_options=cohere.CitationOptions(mode="FAST"),
        )  # fmt: skip
        document = {"type": "document", "document": {"data": {"t": 1}}}
        result = {"role": "tool", "tool_call_id": "weather_1", "content": [document]}
        client.chat(model="m", messages=[*HI, answer.message, result], request_options=ONCE)
    first, second = read_request(bodies[0]), read_request(bodies[1])
    assert (first.model, first.max_tokens, first.top_p, first.top_k, first.seed) == ("maker/model", 9, 0.5, 3, 1)
    assert (first.tools[0].name, first.tools[0].strict) == ("weather", True)
    assert (first.tool_choice, first.stop) == (ToolChoice("required"), ["END"])
    assert first.reasoning is not None
    assert first.reasoning.max_tokens == 500
    assert first.response_format is not None
    assert json.loads(bytes(first.response_format.schema or b"")) == {"type": "object"}
    assert set(first.extra) == {"safety_mode", "documents", "citation_options"}
    assert second.messages[1].parts == [
        Reasoning("text", "I will look.", format="cohere-plan-v1"),
        ToolCall("weather_1", "weather", '{"city": "Paris"}'),
    ]
    assert second.messages[2].role == Role.TOOL
    [read] = second.messages[2].parts
    assert isinstance(read, ToolResult)
    assert isinstance(text := read.parts[0], Text)
    assert json.loads(text.text) == {"t": 1}


def test_structured_output() -> None:
    """JSON comes as the text it is."""
    body = write_response(fold([TextDelta('{"age": 3}'), Finish(FinishReason.STOP)]), ID, CHARGED)
    with served(body) as (client, _):
        answer = client.chat(
            model="m", messages=HI, response_format={"type": "json_object"}, request_options=ONCE
        )  # fmt: skip
    assert json.loads(answer.message.content[0].text) == {"age": 3}


def test_an_empty_answer() -> None:
    """Code that takes the first block without looking finds one."""
    body = write_response(fold([Finish(FinishReason.LENGTH)]), ID, CHARGED)
    with served(body) as (client, _):
        answer = client.chat(model="m", messages=HI, request_options=ONCE)
    assert (answer.message.content[0].text, answer.finish_reason) == ("", "MAX_TOKENS")


def test_failure_in_the_stream() -> None:
    """The last event says so, whether anything was sent before or not."""
    begun: list[Event] = [Start(), TextDelta("a")]
    for events in (list[Event](), begun):
        writer = Writer(ID)
        failure = UpstreamFailed("Provider returned error", code=529, kind="provider_overloaded")
        last = stream(writer.feed(events) + writer.fail(failure))[-1]
        assert (last.type, last.delta.finish_reason) == ("message-end", "ERROR")
        assert last.delta.error == "Provider returned error"
        assert last.delta.model_dump()["error_type"] == "provider_overloaded"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("no"), cohere.BadRequestError),
        (Unauthenticated("no"), cohere.UnauthorizedError),
        (PaymentRequired("no"), ApiError),
        (NotFound("no"), cohere.NotFoundError),
        (TooManyRequests("no"), cohere.TooManyRequestsError),
        (Unavailable("no"), cohere.ServiceUnavailableError),
        (UpstreamFailed("no", code=504), cohere.GatewayTimeoutError),
    ],
)
def test_errors(error: ModelportError, kind: type[ApiError]) -> None:
    """The SDK's exception for each status, with our words and the reference's name for the fault."""
    with served(write_error(error, "gen-1"), error.code) as (client, _), pytest.raises(kind) as caught:
        client.chat(model="m", messages=HI, request_options=ONCE)
    body: Any = caught.value.body
    assert (caught.value.status_code, body["message"], body["id"]) == (error.code, "no", "gen-1")
    expected = error.kind if isinstance(error, UpstreamFailed) else error.error_type
    assert body["error_type"] == expected


def test_faults_of_ours_say_nothing() -> None:
    body = json.loads(write_error(ValueError("secret")))
    assert body == {"message": "Internal Server Error", "error_type": "server"}

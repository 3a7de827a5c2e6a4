"""The official SDK reads what we write, over a real socket, and what it sends back next turn is understood."""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from gemini_samples import CHARGED, ID
from google import genai
from google.genai import errors, types
from msgspec import Raw

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    LogprobsDelta,
    Message,
    Reasoning,
    ReasoningDelta,
    Start,
    Target,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    Usage,
    UsageEvent,
    fold,
)
from modelport.dialects.gemini.errors import write_error
from modelport.dialects.gemini.request import (
    patch_request,
    read_count_tokens,
    read_request,
    write_count_tokens,
    write_request,
)
from modelport.dialects.gemini.response import patch_response, read_response, write_response
from modelport.dialects.gemini.stream import COMMENT, Patcher, Reader, Writer
from modelport.errors import PaymentRequired, TooManyRequests, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

GOOGLE, CLAUDE = "google-gemini-v1", "anthropic-claude-v1"

OWN: list[Event] = [
    Start("r1", "up"),
    ReasoningDelta(0, "text", "Let me ", format=GOOGLE),
    ReasoningDelta(0, "text", "see.", format=GOOGLE),
    TextDelta("I will "),
    TextDelta("look."),
    ReasoningDelta(1, "encrypted", data="c2lnMQ==", format=GOOGLE),
    ReasoningDelta(
        2,
        "encrypted",
        data='{"executableCode":{"code":"print(1)","language":"PYTHON"},"thoughtSignature":"c2lnMg=="}',
        format="gemini-block-v1",
    ),
    ToolCallDelta(0, "", "call_1", "weather", signature="c2ln+/8="),
    ToolCallDelta(0, '{"city": '),
    ToolCallDelta(1, '{"n"', "call_2", "count"),
    ToolCallDelta(0, '"Paris"}'),
    ToolCallDelta(1, ": 1}"),
    UsageEvent(Usage(prompt_tokens=40)),
    Finish(FinishReason.TOOL_CALLS, "STOP"),
]

# Reasoning as Claude and OpenAI's Responses give it.
FOREIGN: list[Event] = [
    ReasoningDelta(0, "text", "Hm", format=CLAUDE),
    ReasoningDelta(0, "text", ".", format=CLAUDE),
    ReasoningDelta(0, "text", signature="EqQB/+=", format=CLAUDE),
    ReasoningDelta(1, "encrypted", data="abc", format=CLAUDE),
    ReasoningDelta(2, "summary", "So", id="rs_1", format="openai-responses-v1"),
    TextDelta("Yes."),
    ToolCallDelta(0, "{}", "call_1", "go", signature="no base64!"),
    Finish(FinishReason.TOOL_CALLS, "tool_use"),
]


class Seen:
    """What the SDK sent."""

    path = ""
    body: bytes = b""
    key: str | None = None


@contextmanager
def serving(answer: bytes, *, status: int = 200, stream: bool = False) -> Generator[tuple[genai.Client, Seen]]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.path, seen.key = self.path, self.headers.get("x-goog-api-key")
            seen.body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self.send_response(status)
            self.send_header("content-type", "text/event-stream" if stream else "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        options = types.HttpOptions(base_url=address, retry_options=types.HttpRetryOptions(attempts=1))
        with genai.Client(api_key="k", vertexai=False, http_options=options) as client:
            yield client, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def written(events: list[Event]) -> bytes:
    writer = Writer(ID)
    body = COMMENT + b"".join(writer.feed([event]) + COMMENT * 2 for event in events)
    return body + writer.end(CHARGED)


def whole(events: list[Event]) -> list[types.GenerateContentResponse]:
    with serving(write_response(fold(events), ID, CHARGED)) as (client, _):
        return [client.models.generate_content(model="m", contents="hi")]


def streamed(events: list[Event]) -> list[types.GenerateContentResponse]:
    with serving(written(events), stream=True) as (client, _):
        return list(client.models.generate_content_stream(model="m", contents="hi"))


def parts_of(answers: list[types.GenerateContentResponse]) -> list[types.Part]:
    contents = [answer.candidates[0].content for answer in answers if answer.candidates]
    return [part for content in contents if content is not None for part in content.parts or ()]


def sent_back(answers: list[types.GenerateContentResponse]) -> Message:
    """The model's turn as the SDK sends it in the next request, read by us."""
    history = [
        types.Content(role="user", parts=[types.Part(text="hi")]),
        types.Content(role="model", parts=parts_of(answers)),
        types.Content(role="user", parts=[types.Part(text="and?")]),
    ]
    with serving(write_response(fold([TextDelta("x")]), ID, CHARGED)) as (client, seen):
        client.models.generate_content(model="m", contents=list(history))
    return read_request(seen.body, model="m", stream=False).messages[1]


@pytest.mark.parametrize("way", [streamed, whole])
class TestAnswers:
    """The same answer, streamed and whole."""

    def test_own(self, way: Callable[[list[Event]], list[types.GenerateContentResponse]]) -> None:
        """Thoughts, signatures, executed code and calls are there as the SDK knows them."""
        answers = way(OWN)
        parts = parts_of(answers)
        thoughts = "".join(part.text or "" for part in parts if part.thought)
        words = "".join(part.text or "" for part in parts if not part.thought)
        assert (thoughts, words) == ("Let me see.", "I will look.")
        assert b"sig1" in {part.thought_signature for part in parts}
        code = next(part for part in parts if part.executable_code is not None)
        assert (code.executable_code and code.executable_code.code, code.thought_signature) == ("print(1)", b"sig2")
        calls = [part.function_call for part in parts if part.function_call is not None]
        expected = [("call_1", "weather", {"city": "Paris"}), ("call_2", "count", {"n": 1})]
        assert [(call.id, call.name, call.args) for call in calls] == expected
        candidates = answers[-1].candidates
        assert candidates is not None
        assert candidates[0].finish_reason == types.FinishReason.STOP
        assert (answers[-1].model_version, answers[-1].response_id) == ("maker/model", "gen-1")

    def test_own_comes_back(self, way: Callable[[list[Event]], list[types.GenerateContentResponse]]) -> None:
        """Signatures are those that were given, but for the alphabet of their base64; the rest is the same."""
        message = sent_back(way(OWN))
        given = fold(OWN).choices[0].parts
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"n": 1}]
        assert [call.signature for call in calls] == ["c2ln-_8=", None]
        thought = next(part for part in message.parts if isinstance(part, Reasoning))
        assert (thought.kind, thought.text, thought.format) == ("text", "Let me see.", GOOGLE)
        kinds = [kind for kind, _ in itertools.groupby(type(part).__name__ for part in message.parts)]
        assert kinds == [kind for kind, _ in itertools.groupby(type(part).__name__ for part in given)]
        body = write_request(read_request_of(message), Target("gemini-3-flash", stream=False))
        parts: list[Any] = json.loads(body)["contents"][1]["parts"]
        assert "".join(part["text"] for part in parts if "text" in part and not part.get("thought")) == "I will look."
        code = next(index for index, part in enumerate(parts) if "executableCode" in part)
        assert parts[code - 1]["thoughtSignature"] == "c2lnMQ=="
        assert parts[code - 1]["text"].endswith("look.")
        assert [part.get("thoughtSignature") for part in parts[code + 1 :]] == ["c2ln-_8=", None]

    def test_foreign_comes_back(self, way: Callable[[list[Event]], list[types.GenerateContentResponse]]) -> None:
        """Sent back unread, foreign reasoning and signatures are what was given."""
        answers = way(FOREIGN)
        assert "".join(part.text or "" for part in parts_of(answers) if not part.thought) == "Yes."
        message = sent_back(answers)
        given = fold(FOREIGN).choices[0].parts
        assert [part for part in message.parts if isinstance(part, Reasoning)] == [
            part for part in given if isinstance(part, Reasoning)
        ]
        assert [part.signature for part in message.parts if isinstance(part, ToolCall)] == ["no base64!"]

    def test_usage(self, way: Callable[[list[Event]], list[types.GenerateContentResponse]]) -> None:
        """Thoughts stand beside the candidates' tokens, as this dialect has it, and the cost is in the bytes."""
        usage = way(OWN)[-1].usage_metadata
        assert usage is not None
        assert (usage.prompt_token_count, usage.cached_content_token_count) == (100, 30)
        assert (usage.candidates_token_count, usage.thoughts_token_count) == (12, 8)
        assert usage.total_token_count == 120

    def test_media_and_grounds(self, way: Callable[[list[Event]], list[types.GenerateContentResponse]]) -> None:
        """Pictures, sound, citations and probabilities are typed."""
        events: list[Event] = [
            TextDelta("Ünd so."),
            LogprobsDelta([Raw(b'{"token":"so","logprob":-0.5,"bytes":[115,111],"top_logprobs":[]}')]),
            AnnotationEvent(Annotation("https://a.example", "A", "so", 4, 6)),
            ImageEvent("data:image/png;base64,iVBORw0KGgo="),
            AudioDelta(data="AAAA"),
            Finish(FinishReason.LENGTH, "length"),
        ]
        answers = way(events)
        blobs = [part.inline_data for part in parts_of(answers) if part.inline_data is not None]
        assert [blob.mime_type for blob in blobs] == ["image/png", "audio/L16;codec=pcm;rate=24000"]
        assert answers[-1].candidates is not None
        end = answers[-1].candidates[0]
        assert end.finish_reason == types.FinishReason.MAX_TOKENS
        assert end.grounding_metadata is not None
        support = (end.grounding_metadata.grounding_supports or [])[0]
        assert support.segment is not None
        assert (support.segment.start_index, support.segment.end_index) == (5, 7)  # bytes
        assert end.logprobs_result is not None
        assert [each.token for each in end.logprobs_result.chosen_candidates or ()] == ["so"]


def read_request_of(message: Message) -> Any:
    request = read_request(b'{"contents":[{"parts":[{"text":"hi"}]}]}', model="m", stream=False)
    request.messages.append(message)
    return request


def test_structured_output() -> None:
    """The SDK parses an answer that was asked for by a schema, and we read what it asked."""
    schema = {
        "type": "object",
        "$defs": {"city": {"type": "string", "const": "Paris"}},
        "properties": {"city": {"$ref": "#/$defs/city"}, "n": {"type": ["integer", "null"]}},
        "additionalProperties": False,
    }
    answer = write_response(fold([TextDelta('{"city":"Paris","n":null}')]), ID, CHARGED)
    with serving(answer) as (client, seen):
        got = client.models.generate_content(
            model="m",
            contents="hi",
            config={"response_mime_type": "application/json", "response_json_schema": schema},
        )
    assert got.parsed == {"city": "Paris", "n": None}
    layout = read_request(seen.body, model="m", stream=False).response_format
    assert layout is not None
    assert layout.schema is not None
    assert (layout.kind, json.loads(bytes(layout.schema))) == ("json_schema", schema)


def test_what_the_sdk_asks() -> None:
    """The address, the key, tools, settings and thinking of a whole request."""

    def weather(city: str) -> str:
        """Tells the weather."""
        return city

    with serving(write_response(fold([TextDelta("x")]), ID, CHARGED)) as (client, seen):
        client.models.generate_content(
            model="maker/model",
            contents=[types.Part.from_bytes(data=b"\xfb\xff", mime_type="image/png"), "what?"],
            config=types.GenerateContentConfig(
                system_instruction="Be brief.",
                tools=[weather, types.Tool(google_search=types.GoogleSearch())],
                automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
                tool_config=types.ToolConfig(
                    function_calling_config=types.FunctionCallingConfig(
                        mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["weather"]
                    )
                ),
                thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW, include_thoughts=True),
                temperature=0.5,
                top_k=40,
                stop_sequences=["END"],
                safety_settings=[
                    types.SafetySetting(
                        category=types.HarmCategory.HARM_CATEGORY_HARASSMENT,
                        threshold=types.HarmBlockThreshold.BLOCK_NONE,
                    )
                ],
            ),
        )
    assert seen.path == "/v1/models/maker/model:generateContent"  # an older SDK, or one told so, says `v1beta`
    assert seen.key == "k"
    request = read_request(seen.body, model="m", stream=False)
    tools = {tool.name: tool for tool in request.tools}
    assert set(tools) == {"weather", "googleSearch"}
    parameters = tools["weather"].parameters
    assert parameters is not None
    assert json.loads(bytes(parameters))["type"] == "object"
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.name) == ("tool", "weather")
    assert (request.temperature, request.top_k, request.stop) == (0.5, 40, ["END"])
    assert request.reasoning is not None
    assert (request.reasoning.effort, request.reasoning.exclude) == ("low", False)
    assert set(request.extra) == {"safetySettings"}


def test_a_tool_loop() -> None:
    """The SDK runs a tool by itself and sends the result, which answers the call we wrote."""

    def weather(city: str) -> str:
        """Tells the weather."""
        return f"rain in {city}"

    events: list[Event] = [
        ToolCallDelta(0, '{"city":"Oslo"}', "call_9", "weather", signature="c2ln"),
        Finish(FinishReason.TOOL_CALLS, "STOP"),
    ]
    with serving(write_response(fold(events), ID, CHARGED)) as (client, seen):
        client.models.generate_content(
            model="m",
            contents="hi",
            config=types.GenerateContentConfig(
                tools=[weather],
                automatic_function_calling=types.AutomaticFunctionCallingConfig(maximum_remote_calls=2),
            ),
        )
    parts = [part for message in read_request(seen.body, model="m", stream=False).messages for part in message.parts]
    result = next(part for part in parts if isinstance(part, ToolResult))
    assert (result.call_id, result.name) == ("call_9", "weather")
    assert [getattr(each, "text", None) for each in result.parts] == ["rain in Oslo"]


def test_counting() -> None:
    """The SDK reads a count, and we what it wants counted."""
    with serving(write_count_tokens(12)) as (client, seen):
        counted = client.models.count_tokens(model="m", contents="hi there")
    assert counted.total_tokens == 12
    assert seen.path == "/v1/models/m:countTokens"
    assert len(read_count_tokens(seen.body, model="m").messages) == 1


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (PaymentRequired("no money"), 402, "FAILED_PRECONDITION"),
        (TooManyRequests("slower", retry_after=7), 429, "RESOURCE_EXHAUSTED"),
        (UpstreamFailed("Provider returned error", code=503, kind="provider_overloaded"), 503, "UNAVAILABLE"),
        (ValueError("secret"), 500, "INTERNAL"),
    ],
)
def test_errors(error: Exception, code: int, status: str) -> None:
    """Google's words; what was not raised on purpose says nothing of itself."""
    with serving(write_error(error), status=code) as (client, _), pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model="m", contents="hi")
    assert (caught.value.code, caught.value.status) == (code, status)
    assert "secret" not in str(caught.value)


def test_failure_in_the_stream() -> None:
    """The SDK raises our words, whether anything was sent before or not."""
    failure = UpstreamFailed("Provider returned error", code=503, kind="provider_overloaded")
    begun: list[Event] = [Start(), TextDelta("a")]
    for events in (list[Event](), begun):
        writer = Writer(ID)
        body = COMMENT + writer.feed(events) + COMMENT + writer.fail(failure)
        with (
            serving(body, stream=True) as (client, _),
            pytest.raises(errors.APIError, match="Provider returned error") as caught,
        ):
            list(client.models.generate_content_stream(model="m", contents="hi"))
        assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")


def test_a_comment_would_disturb() -> None:
    """Why the line is kept open with empty lines: the SDK fails on what other clients pass over."""
    body = b": waiting\n\n" + written([TextDelta("a")])
    with serving(body, stream=True) as (client, _), pytest.raises(errors.UnknownApiResponseError):
        list(client.models.generate_content_stream(model="m", contents="hi"))


def test_patched_stream() -> None:
    """A provider's own stream, patched, is one the SDK reads, with fields that we don't know."""
    first = b'{"candidates":[{"content":{"parts":[{"text":"a","newField":1}],"role":"model"}}],"responseId":"x"}'
    usage = b'{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4,"trafficType":"ON_DEMAND"}'
    last = b'{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":' + usage + b"}"
    patcher = Patcher(ID, without_reasoning=False)
    body = b"".join(patcher.feed(b"", chunk) + COMMENT for chunk in (first, last)) + patcher.end(CHARGED)
    with serving(body, stream=True) as (client, _):
        answers = list(client.models.generate_content_stream(model="m", contents="hi"))
    assert [answer.text for answer in answers] == ["a", "b"]
    assert answers[-1].usage_metadata is not None
    assert answers[-1].usage_metadata.prompt_token_count == 3
    assert b'"newField":1' in body
    assert b'"cost":' in body


def test_what_we_sealed_is_not_sent_to_google() -> None:
    """A caller of this dialect who changes from Claude to Gemini: the foreign thoughts stay at home."""
    parts = [json.loads(part.model_dump_json(by_alias=True, exclude_none=True)) for part in parts_of(streamed(FOREIGN))]
    contents = [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": parts}]
    body = json.dumps({"contents": contents}).encode()
    kept: list[Any] = json.loads(patch_request(body, Target("gemini-3-flash", stream=False)))["contents"][1]["parts"]
    assert [sorted(part) for part in kept if part != {"text": ""}] == [["text"], ["functionCall", "thoughtSignature"]]
    events = read_response(patch_response(write_response(fold(OWN), ID, CHARGED), ID, CHARGED, without_reasoning=True))
    assert not [event for event in events if isinstance(event, ReasoningDelta) and event.kind == "text"]
    assert not Reader().done

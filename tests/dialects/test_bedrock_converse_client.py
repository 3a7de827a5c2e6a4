"""The official SDK reads what we write, and what it sends is understood."""

from __future__ import annotations

import json
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import boto3
import pytest
from bedrock_converse_samples import CHARGED, ID
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from known_models import aimed

from modelport.dialects.bedrock_converse.errors import error_type, write_error
from modelport.dialects.bedrock_converse.request import path, read_request, write_request
from modelport.dialects.bedrock_converse.response import write_response
from modelport.dialects.bedrock_converse.stream import COMMENT, CONTENT_TYPE, Writer
from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    CacheMark,
    Event,
    File,
    Finish,
    FinishReason,
    Image,
    ImageEvent,
    Reasoning,
    ReasoningDelta,
    Start,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    Usage,
    UsageEvent,
    Video,
    fold,
)
from modelport.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    PaymentRequired,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UpstreamFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

MODEL = "us.acme.model-v1:0"

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

SERVER_CALL = {"toolUse": {"toolUseId": "t1", "name": "nova_grounding", "type": "server_tool_use", "input": {"q": "x"}}}
SERVER_RESULT = {"toolResult": {"toolUseId": "t1", "type": "nova_grounding_result", "content": [{"text": "[HIDDEN]"}]}}
OWN: list[Event] = [
    Start(),
    ReasoningDelta(0, "text", "Hm."),
    ReasoningDelta(0, signature="EqQB", format="anthropic-claude-v1"),
    ReasoningDelta(1, "encrypted", data="abc", format="anthropic-claude-v1"),
    ReasoningDelta(2, "encrypted", data=json.dumps(SERVER_CALL), format="bedrock-block-v1"),
    ReasoningDelta(3, "encrypted", data=json.dumps(SERVER_RESULT), format="bedrock-block-v1"),
    TextDelta("It is "),
    TextDelta("so."),
    AnnotationEvent(Annotation("https://a.example", "A", "so", 0, 9)),
    TextDelta(" Done."),
    ImageEvent("data:image/png;base64,iVBORw0KGgo="),
    Finish(FinishReason.STOP, "stop", stop_sequence="END"),
]


class Answer(NamedTuple):
    """What the server says next."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    error_type: str = ""


class Server(ThreadingHTTPServer):
    """A gateway of one answer, that remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    """One exchange."""

    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]  it is ours

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        answer = self.server.answer
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        self.send_header("content-length", str(len(answer.body)))
        self.send_header("x-amzn-requestid", "gen-1")
        if answer.error_type:
            self.send_header("x-amzn-errortype", answer.error_type)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def asking(answer: Answer) -> Generator[tuple[Any, Server]]:
    """The SDK's client, and the server that it asks."""
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client: Any = boto3.client(  # typed at run time, by the service model
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{server.server_address[1]}",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    try:
        with closing(client):
            yield client, server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


HI = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "hi"}]}]}


class Said(NamedTuple):
    """An answer as the SDK gave it."""

    content: list[dict[str, Any]]
    stop: dict[str, Any]
    usage: dict[str, Any]


def whole(events: list[Event]) -> Said:
    with asking(Answer(write_response(fold(events), ID, CHARGED))) as (client, _):
        answer = client.converse(**HI)
    assert answer["ResponseMetadata"]["RequestId"] == "gen-1"
    return Said(answer["output"]["message"]["content"], answer, answer["usage"])


def streamed(events: list[Event]) -> Said:
    """Added up as the SDK's users do."""
    writer = Writer(ID)
    body = COMMENT + b"".join(writer.feed([event]) + COMMENT for event in events) + writer.end(CHARGED)
    with asking(Answer(body, content_type=CONTENT_TYPE)) as (client, _):
        got = list(client.converse_stream(**HI)["stream"])
    assert got[0] == {"messageStart": {"role": "assistant"}}
    blocks: dict[int, dict[str, Any]] = {}
    for event in got[1:-2]:
        ((kind, inner),) = event.items()
        index = inner["contentBlockIndex"]
        if kind == "contentBlockStart":
            blocks[index] = dict(inner["start"])
        elif kind == "contentBlockDelta":
            add(blocks.setdefault(index, {}), inner["delta"])
        else:
            assert kind == "contentBlockStop"
    assert list(blocks) == list(range(len(blocks)))
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"].get("input") or "{}")
    return Said(list(blocks.values()), got[-2]["messageStop"], got[-1]["metadata"]["usage"])


def add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    ((kind, value),) = delta.items()
    match kind:
        case "text":
            block["text"] = block.get("text", "") + value
        case "citation":
            cited = block.setdefault(
                "citationsContent", {"content": [{"text": block.pop("text", "")}], "citations": []}
            )
            cited["citations"].append(value)
        case "toolUse":
            block["toolUse"]["input"] = block["toolUse"].get("input", "") + value["input"]
        case "toolResult":
            block["toolResult"]["content"] = value
        case "image":
            block["image"].update(value)
        case _ if "redactedContent" in value:
            block["reasoningContent"] = value
        case _:
            inner = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {"text": ""})
            inner["text"] += value.get("text", "")
            if "signature" in value:
                inner["signature"] = value["signature"]


@pytest.mark.parametrize("way", [whole, streamed])
class TestAnswers:
    """The same answer, streamed and whole."""

    def test_foreign(self, way: Callable[[list[Event]], Said]) -> None:
        """Blocks are in order, calls whole, and the reason is the one agents wait for."""
        said = way(FOREIGN)
        kinds = [next(iter(block)) for block in said.content]
        assert kinds == [
            "reasoningContent",
            "reasoningContent",
            "text",
            "toolUse",
            "reasoningContent",
            "toolUse",
        ]
        assert said.content[0]["reasoningContent"]["reasoningText"]["text"] == "Let me see."
        assert said.content[2]["text"] == "I will look."
        assert said.content[3]["toolUse"] == {"toolUseId": "call_1", "name": "weather", "input": {"city": "Paris"}}
        assert said.content[5]["toolUse"] == {"toolUseId": "call_2", "name": "count", "input": {"n": 1}}
        assert said.stop["stopReason"] == "tool_use"

    def test_foreign_reasoning_comes_back(self, way: Callable[[list[Event]], Said]) -> None:
        """Sent back unread, as clients do, it is the reasoning and the signature that were given."""
        parts = sent_back(way(FOREIGN).content)
        given = fold(FOREIGN).choices[0].parts
        assert [part for part in parts if isinstance(part, Reasoning)] == [
            part for part in given if isinstance(part, Reasoning)
        ]
        calls = [part for part in parts if isinstance(part, ToolCall)]
        assert [call.signature for call in calls] == ["c2ln", None]
        assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}, {"n": 1}]

    def test_own(self, way: Callable[[list[Event]], Said]) -> None:
        """Signatures, hidden reasoning, Amazon's tools, citations and pictures are there as the SDK knows them."""
        said = way(OWN)
        first, second, call, result, cited, text, picture = said.content
        assert first["reasoningContent"]["reasoningText"] == {"text": "Hm.", "signature": "EqQB"}
        assert second["reasoningContent"]["redactedContent"] == b"abc"
        assert [call, result] == [SERVER_CALL, SERVER_RESULT]
        assert cited["citationsContent"] == {
            "content": [{"text": "It is so."}],
            "citations": [
                {
                    "title": "A",
                    "sourceContent": [{"text": "so"}],
                    "location": {"web": {"url": "https://a.example"}},
                }
            ],
        }
        assert text == {"text": " Done."}
        assert picture == {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n\x1a\n"}}}
        assert said.stop["stopReason"] == "stop_sequence"
        assert said.stop["additionalModelResponseFields"] == {"stop_sequence": "END"}

    def test_own_comes_back(self, way: Callable[[list[Event]], Said]) -> None:
        """Reasoning, its signature, and Amazon's own blocks are sent to the provider as they were given."""
        content = way(OWN).content
        with asking(Answer(write_response(fold(OWN), ID, CHARGED))) as (client, server):
            client.converse(modelId=MODEL, messages=[*HI["messages"], {"role": "assistant", "content": content}])
        body = server.asked[0][2]
        request = read_request(body, model=MODEL, stream=False)
        written = json.loads(write_request(request, aimed("bedrock_converse", "anthropic.claude-sonnet-4-5")))
        assert written["messages"] == json.loads(body)["messages"]

    def test_usage(self, way: Callable[[list[Event]], Said]) -> None:
        """Tokens of the cache stand beside `inputTokens`, as this dialect has it."""
        assert way(OWN).usage == {
            "inputTokens": 60,
            "outputTokens": 20,
            "totalTokens": 120,
            "cacheReadInputTokens": 30,
            "cacheWriteInputTokens": 10,
            "cacheDetails": [{"ttl": "5m", "inputTokens": 6}, {"ttl": "1h", "inputTokens": 4}],
        }


def sent_back(content: list[dict[str, Any]]) -> list[Any]:
    """The parts of an assistant's turn that the SDK sends."""
    messages = [*HI["messages"], {"role": "assistant", "content": content}]
    with asking(Answer(write_response(fold(OWN), ID, CHARGED))) as (client, server):
        client.converse(modelId=MODEL, messages=messages)
    return read_request(server.asked[0][2], model=MODEL, stream=False).messages[1].parts


def test_what_the_sdk_sends() -> None:
    """Bytes as base64, a cache point after its block, tools, settings; and the address with the model in it."""
    with asking(Answer(write_response(fold(OWN), ID, CHARGED))) as (client, server):
        client.converse(
            modelId=MODEL,
            system=[{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"text": "see"},
                        {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}},
                        {"document": {"format": "pdf", "name": "Doc 1", "source": {"bytes": b"%PDF"}}},
                        {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/c.mp4"}}}},
                    ],
                },
                {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": [1]}}}]},
                {
                    "role": "user",
                    "content": [{"toolResult": {"toolUseId": "t", "content": [{"json": {"b": 2}}], "status": "error"}}],
                },
            ],
            inferenceConfig={"maxTokens": 9, "temperature": 0.5, "topP": 0.25, "stopSequences": ["x"]},
            toolConfig={
                "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}],
                "toolChoice": {"tool": {"name": "f"}},
            },
            additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 1024}, "top_k": 5},
            serviceTier={"type": "flex"},
            requestMetadata={"team": "a"},
        )
    address, headers, body = server.asked[0]
    assert address == path(MODEL, stream=False)
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    request = read_request(body, model=unquote(address.split("/")[2]), stream=False)
    assert request.model == MODEL
    system, user, assistant, tool = request.messages
    assert system.parts == [Text("Be brief.", CacheMark("1h"))]
    text, image, file, video = user.parts
    assert text == Text("see")
    assert isinstance(image, Image)
    assert (image.data, image.media_type) == ("iVBORw==", "image/png")
    assert isinstance(file, File)
    assert (file.filename, file.data, file.media_type) == ("Doc 1", "JVBERg==", "application/pdf")
    assert isinstance(video, Video)
    assert video.url == "s3://b/c.mp4"
    assert assistant.parts == [ToolCall("t", "f", '{"a": [1]}')]
    result = tool.parts[0]
    assert isinstance(result, ToolResult)
    assert result.is_error
    assert isinstance(words := result.parts[0], Text)
    assert json.loads(words.text) == {"b": 2}
    settings = (request.max_tokens, request.temperature, request.top_p, request.top_k, request.stop)
    assert settings == (9, 0.5, 0.25, 5, ["x"])
    assert request.reasoning is not None
    assert (request.reasoning.enabled, request.reasoning.max_tokens) == (True, 1024)
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.name) == ("tool", "f")
    assert (request.service_tier, request.extra.keys()) == ("flex", {"requestMetadata", "additionalModelRequestFields"})


class Body(BytesIO):
    """A body as the SDK's HTTP library would give it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def test_a_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bedrock's API keys come as they do in every other dialect; the SDK sends them by HTTPS only, so none leaves."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "sk-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # it would look for more keys in the network
    sent: list[Any] = []

    def instead(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        body = write_response(fold(OWN), ID, CHARGED)
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, Body(body))

    client: Any = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url="https://gate.example")
    client.meta.events.register("before-send.bedrock-runtime.Converse", instead)
    with closing(client):
        client.converse(**HI)
    assert sent[0].headers["Authorization"] in {"Bearer sk-1", b"Bearer sk-1"}
    assert sent[0].url == "https://gate.example" + path(MODEL, stream=False)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (BadRequest("no"), "ValidationException"),
        (Forbidden("no"), "AccessDeniedException"),
        (NotFound("no"), "ResourceNotFoundException"),
        (PaymentRequired("no"), "ServiceQuotaExceededException"),
        (TooManyRequests("no"), "ThrottlingException"),
        (Unavailable("no"), "InternalServerException"),
        (UpstreamFailed("no"), "ServiceUnavailableException"),
        (UpstreamFailed("no", code=503, kind="provider_overloaded"), "ServiceUnavailableException"),
        (UpstreamFailed("no", code=504, kind="timeout"), "ModelTimeoutException"),
        (UpstreamFailed("no", code=400, kind="invalid_request"), "ValidationException"),
    ],
)
def test_errors_are_typed(error: Exception, name: str) -> None:
    """The SDK raises its own class for each, with our words."""
    status = getattr(error, "code", 500)
    with (
        asking(Answer(write_error(error, "gen-1"), status, error_type=error_type(error))) as (client, _),
        pytest.raises(getattr(client.exceptions, name)) as caught,
    ):
        client.converse(**HI)
    assert caught.value.response["Error"] == {"Code": name, "Message": "no"}


@pytest.mark.parametrize(
    ("error", "name", "message"),
    [
        (Unauthenticated("no key"), "UnrecognizedClientException", "no key"),
        (ValueError("secret"), "InternalServerException", "Internal Server Error"),
    ],
)
def test_errors_of_no_class(error: Exception, name: str, message: str) -> None:
    """A wrong key is of no class of this service's, and what was not raised on purpose says nothing of itself."""
    with (
        asking(Answer(write_error(error), 401, error_type=error_type(error))) as (client, _),
        pytest.raises(ClientError) as caught,
    ):
        client.converse(**HI)
    assert caught.value.response["Error"] == {"Code": name, "Message": message}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (UpstreamFailed("Provider returned error", code=429, kind="rate_limit_exceeded"), "throttlingException"),
        (UpstreamFailed("Provider returned error"), "serviceUnavailableException"),
        (UpstreamFailed("Provider returned error", code=504, kind="timeout"), "modelStreamErrorException"),
        (Forbidden("Provider returned error"), "validationException"),
    ],
)
@pytest.mark.parametrize("begun", [[], [Start(), TextDelta("a")]])
def test_failure_in_the_stream(begun: list[Event], error: Exception, name: str) -> None:
    """The SDK raises our words, whether anything was sent before or not."""
    writer = Writer(ID)
    body = writer.feed(begun) + writer.fail(error)
    with asking(Answer(body, content_type=CONTENT_TYPE)) as (client, _):
        stream = client.converse_stream(**HI)["stream"]
        got: list[Any] = []
        with pytest.raises(EventStreamError, match="Provider returned error") as caught:
            got.extend(stream)
    assert len(got) == (2 if begun else 0)
    assert caught.value.response["Error"]["Code"] == name

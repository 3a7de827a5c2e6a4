"""The official clients read what we write, and what they send back next turn is understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2 as httpx
import msgspec
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from openai_responses_samples import CHARGED, IDENTITY, events_of, said_by
from openrouter.components import OpenResponsesResult, StreamEvents
from openrouter.utils import unmarshal_json
from pydantic import TypeAdapter

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    Identity,
    ImageEvent,
    LogprobsDelta,
    Message,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Role,
    Start,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
    fold,
)
from modelport.dialects.openai_responses.errors import write_error
from modelport.dialects.openai_responses.request import Target, read_request, write_request
from modelport.dialects.openai_responses.response import patch_response, write_response
from modelport.dialects.openai_responses.stream import COMMENT, Patcher, Reader, Writer
from modelport.errors import BadRequest, PaymentRequired, TooManyRequests, UpstreamFailed

if TYPE_CHECKING:
    from openai.types.responses.response_stream_event import ResponseStreamEvent as AnyEvent

OPENAI = "openai-responses-v1"

OWN: list[Event] = [
    Start("resp_1", "up"),
    ReasoningDelta(0, "summary", "Let me ", id="rs_1", format=OPENAI),
    ReasoningDelta(0, "summary", "see.", id="rs_1", format=OPENAI),
    ReasoningDelta(1, "summary", "And more.", id="rs_1", format=OPENAI),
    ReasoningDelta(2, "encrypted", data="gAAA==", id="rs_1", format=OPENAI),
    TextDelta("It is "),
    LogprobsDelta([msgspec.Raw(b'{"token":"It is ","logprob":-0.1,"bytes":[73],"top_logprobs":[]}')]),
    TextDelta("so."),
    AnnotationEvent(Annotation("https://a.example", "A", None, 0, 5)),
    RefusalDelta("No more."),
    ToolCallDelta(0, "", "call_1", "weather"),
    ToolCallDelta(0, '{"city": '),
    ToolCallDelta(1, '{"n"', "call_2", "count"),
    ToolCallDelta(0, '"Paris"}'),
    ToolCallDelta(1, ": 1}"),
    UsageEvent(Usage(40, 20)),
    Finish(FinishReason.TOOL_CALLS, "completed"),
]
"""With two calls whose pieces are interleaved."""

FOREIGN: list[Event] = [
    Start("msg_1", "up"),
    ReasoningDelta(0, "text", "Hm.", format="anthropic-claude-v1"),
    ReasoningDelta(0, "text", signature="EqQB", format="anthropic-claude-v1"),
    ReasoningDelta(1, "encrypted", data="redacted", format="anthropic-claude-v1"),
    ReasoningDelta(2, "text", "Nobody signed this."),
    ToolCallDelta(0, '{"city":"Paris"}', "call_1", "weather", signature="c2ln"),
    ImageEvent("data:image/webp;base64,AAAA"),
    Finish(FinishReason.STOP, "end_turn"),
]
"""With what other providers want back unchanged."""

ITEM = (
    '{"type":"local_shell_call","id":"lsh_1","call_id":"c","status":"completed",'
    '"action":{"type":"exec","command":["ls"],"env":{}}}'
)
OTHERS: list[Event] = [
    ReasoningDelta(0, "encrypted", data=ITEM, format="openai-responses-item-v1"),
    TextDelta("Cut"),
    Finish(FinishReason.LENGTH, "max_tokens"),
]


def client(answer: bytes, *, status: int = 200, stream: bool = False) -> openai.OpenAI:
    kind = "text/event-stream" if stream else "application/json"

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=answer, headers={"content-type": kind}, request=request)

    transport = httpx.MockTransport(handle)
    return openai.OpenAI(
        api_key="sk-1",
        base_url="https://gateway.example/api/v1",
        max_retries=0,
        http_client=httpx.Client(transport=transport),
    )


def streamed(events: list[Event], *, request: Any = None) -> bytes:
    writer = Writer(IDENTITY, request)
    return COMMENT + b"".join(writer.feed([event]) for event in events) + writer.end(CHARGED)


def strict_events(out: bytes) -> list[AnyEvent]:
    """Each event, as the client's types demand it in strict validation."""
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    data = [data for _, data in events_of(out.decode())]
    assert data.pop() == b"[DONE]"
    return [adapter.validate_json(one) for one in data]


@pytest.mark.parametrize("events", [OWN, FOREIGN, OTHERS], ids=["own", "foreign", "others"])
def test_whole_answer(events: list[Event]) -> None:
    body = write_response(fold(events), IDENTITY, CHARGED, completed_at=1_750_000_001)
    answer = client(body).responses.create(model="m", input="hi")
    Response.model_validate_json(body)
    unmarshal_json(body.decode(), OpenResponsesResult)
    whole = said_by(fold(events))
    assert answer.output_text == whole.text
    assert [one.arguments for one in answer.output if one.type == "function_call"] == [one[2] for one in whole.calls]
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (10, 5, 15)
    assert json.loads(body)["usage"]["cost"] == 0.0000015


@pytest.mark.parametrize("events", [OWN, FOREIGN], ids=["own", "foreign"])
def test_stream_adds_up(events: list[Event]) -> None:
    """The client's accumulator reaches the answer that the whole one is."""
    out = streamed(events)
    with client(out, stream=True).responses.stream(model="m", input="hi") as stream:
        seen = list(stream)
        final = stream.get_final_response()
    whole = json.loads(write_response(fold(events), IDENTITY, CHARGED))
    told = json.loads(final.model_dump_json(exclude_unset=True))

    def bare(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{k: v for k, v in one.items() if k not in {"id", "content"}} for one in items]

    images = [one for one in bare(told["output"]) if one["type"] == "image_generation_call"]
    rest = [one for one in bare(told["output"]) if one["type"] != "image_generation_call"]
    for one in rest:
        one.pop("parsed_arguments", None)
    assert rest + images == bare(whole["output"])
    assert final.output_text == said_by(fold(events)).text
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    for raw in events_of(out.decode())[:-1]:
        unmarshal_json(raw[1].decode(), StreamEvents)
    kinds = [event.type for event in strict_events(out)]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_item.added") == kinds.count("response.output_item.done")


UP = Identity("resp_1", "up-1", "Up", 1_750_000_000)


def passed_on(events: list[Event], *, without_reasoning: bool = False) -> bytes:
    """What a provider of this dialect streams, on its way through to a caller."""
    provider, patcher = Writer(UP), Patcher(IDENTITY, without_reasoning=without_reasoning)
    said = events_of((provider.feed(events) + provider.end(CHARGED)).decode())
    return b"".join(patcher.feed(name, data) + COMMENT for name, data in said) + patcher.end(CHARGED)


@pytest.mark.parametrize("events", [OWN, FOREIGN], ids=["own", "foreign"])
@pytest.mark.parametrize("without_reasoning", [False, True], ids=["all", "without reasoning"])
def test_passed_on(events: list[Event], without_reasoning: bool) -> None:  # noqa: FBT001
    """The client adds up what it would have had from the provider, in our name; items that moved up alike."""
    out = passed_on(events, without_reasoning=without_reasoning)
    with client(out, stream=True).responses.stream(model="m", input="hi") as stream:
        list(stream)
        final = stream.get_final_response()
    assert (final.id, final.model) == (IDENTITY.id, IDENTITY.model)
    assert final.usage is not None
    assert (final.usage.input_tokens, (final.usage.model_extra or {})["cost"]) == (10, 0.0000015)
    last = strict_events(out)[-1]
    assert last.type == "response.completed"
    kinds = [one.type for one in last.response.output]
    told = [one.type for one in strict_events(streamed(events))[-1].response.output]  # type: ignore[union-attr]
    assert kinds == [kind for kind in told if not (without_reasoning and kind == "reasoning")]
    body = patch_response(write_response(fold(events), UP, CHARGED), IDENTITY, CHARGED, without_reasoning=False)
    answer = client(body).responses.create(model="m", input="hi")
    assert (answer.id, answer.output_text) == (IDENTITY.id, said_by(fold(events)).text)
    Response.model_validate_json(body)


def test_passed_on_and_failed() -> None:
    provider, patcher = Writer(UP), Patcher(IDENTITY, without_reasoning=False)
    out = b"".join(patcher.feed(name, data) for name, data in events_of(provider.feed(OWN[:8]).decode()))
    out += patcher.fail(UpstreamFailed("Too many", code=429, kind="rate_limit_exceeded"))
    error, failed = strict_events(out)[-2:]
    assert (error.type, failed.type) == ("error", "response.failed")
    events = [event.type for event in client(out, stream=True).responses.create(model="m", input="hi", stream=True)]
    assert events[-1] == "response.failed"


def test_incomplete_answer() -> None:
    events = strict_events(streamed(OTHERS))
    last = events[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details is not None
    assert last.response.incomplete_details.reason == "max_output_tokens"
    shell, message = last.response.output
    assert shell.type == "local_shell_call"
    assert shell.id == "lsh_1"
    assert message.type == "message"
    assert message.status == "incomplete"


def test_custom_tool() -> None:
    """A tool whose input is plain text is called as such, when the caller asked for one."""
    asked = read_request(
        b'{"model":"m","input":"hi","tools":[{"type":"custom","name":"patch"},{"type":"function","name":"f",'
        b'"parameters":{}}]}'
    )
    events: list[Event] = [
        ToolCallDelta(0, "*** Begin", "c1", "patch"),
        ToolCallDelta(0, " Patch"),
        ToolCallDelta(1, "{}", "c2", "f"),
        Finish(FinishReason.TOOL_CALLS, "completed"),
    ]
    out = streamed(events, request=asked)
    with client(out, stream=True).responses.stream(model="m", input="hi") as stream:
        final = stream.get_final_response()
    first, second = final.output
    assert first.type == "custom_tool_call"
    assert first.input == "*** Begin Patch"
    assert second.type == "function_call"
    strict_events(out)
    again = json.loads(write_response(fold(events), IDENTITY, CHARGED, request=asked))
    assert [one["type"] for one in again["output"]] == ["custom_tool_call", "function_call"]
    assert again["tools"][0] == {"type": "custom", "name": "patch"}


def test_failed_stream() -> None:
    writer = Writer(IDENTITY)
    out = writer.feed(OWN[:8])
    out += writer.fail(UpstreamFailed("Too many", code=429, kind="rate_limit_exceeded"))
    error, failed = strict_events(out)[-2:]
    assert error.type == "error"
    assert (error.code, error.message) == ("rate_limit_exceeded", "Too many")
    assert failed.type == "response.failed"
    assert failed.response.error is not None
    assert failed.response.error.code == "rate_limit_exceeded"
    assert failed.response.output_text == "It is so."
    events = [event.type for event in client(out, stream=True).responses.create(model="m", input="hi", stream=True)]
    assert events[-1] == "response.failed"
    for _, data in events_of(out.decode())[:-1]:
        unmarshal_json(data.decode(), StreamEvents)
    assert b"Internal Server Error" in Writer(IDENTITY).fail(RuntimeError("secret"))


def test_too_long_is_an_incomplete_answer() -> None:
    """The reference tells callers of this dialect so (`behaviour.md` section 4.6)."""
    out = Writer(IDENTITY).fail(UpstreamFailed("Too long", code=400, kind="context_length_exceeded"))
    last = strict_events(out)[-1]
    assert last.type == "response.incomplete"


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (TooManyRequests("slow"), "rate_limit_exceeded", openai.RateLimitError),
        (BadRequest("bad"), "invalid_prompt", openai.BadRequestError),
        (PaymentRequired("pay"), "server_error", openai.APIStatusError),
        (RuntimeError("secret"), "server_error", openai.InternalServerError),
    ],
)
def test_errors(error: Exception, code: str, kind: type[openai.APIStatusError]) -> None:
    body = write_error(error)
    with pytest.raises(kind) as caught:
        client(body, status=getattr(error, "code", 500)).responses.create(model="m", input="hi")
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
    assert json.loads(body)["metadata"] is None
    assert json.loads(body)["error_type"]


def parts_sent_back(items: list[dict[str, Any]]) -> list[Any]:
    body = {"model": "m", "input": [{"role": "user", "content": "hi"}, *items]}
    messages = read_request(json.dumps(body).encode()).messages
    assert [message.role for message in messages] == [Role.USER, Role.ASSISTANT]
    return messages[1].parts


@pytest.mark.parametrize("how", ["python", "codex", "ai-sdk"])
def test_foreign_reasoning_comes_back(how: str) -> None:
    """Signatures come back whatever a client drops of an item: unknown fields, ids, texts."""
    body = json.loads(write_response(fold(FOREIGN[:-2]), IDENTITY, CHARGED))
    items: list[dict[str, Any]] = body["output"]
    if how == "codex":
        names = ("type", "summary", "encrypted_content", "call_id", "name", "arguments")
        items = [{name: one[name] for name in names if name in one} for one in items]
    elif how == "ai-sdk":
        names = ("id", "type", "encrypted_content", "call_id", "name", "arguments")
        items = [{name: one[name] for name in names if name in one} for one in items]
        items = [{**one, "summary": []} if one["type"] == "reasoning" else one for one in items]
    else:
        answer = Response.model_validate(body)
        items = [one.model_dump(exclude_unset=True) for one in answer.output]
    signed, redacted, *bare, call = parts_sent_back(items)
    claude = "anthropic-claude-v1"
    assert signed == Reasoning("text", "Hm.", "EqQB", format=claude)
    assert redacted == Reasoning("encrypted", data="redacted", format=claude)
    assert call == ToolCall("call_1", "weather", '{"city":"Paris"}', "c2ln")
    if how == "python":
        assert bare == [Reasoning("text", "Nobody signed this.")]


def test_own_reasoning_comes_back_to_the_provider() -> None:
    """Reasoning items with ids and secrets return unchanged and in order; those of other providers don't."""
    body = json.loads(write_response(fold(OWN), IDENTITY, CHARGED))
    items = [*body["output"], *json.loads(write_response(fold(FOREIGN[:-2]), IDENTITY, CHARGED))["output"]]
    items.append({"type": "function_call_output", "call_id": "call_1", "output": "ok"})
    asked = read_request(json.dumps({"model": "m", "input": items}).encode())
    sent = json.loads(write_request(asked, Target("up", stream=False)))["input"]
    assert [one["type"] for one in sent] == [
        *("reasoning", "message", "function_call", "function_call", "function_call", "function_call_output"),
    ]
    assert sent[0] == {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Let me see."}, {"type": "summary_text", "text": "And more."}],
        "encrypted_content": "gAAA==",
    }
    assert sent[2]["arguments"] == '{"city": "Paris"}'


def test_reader_and_writer_agree() -> None:
    for events in (OWN, FOREIGN, OTHERS):
        reader = Reader()
        read = [one for name, data in events_of(streamed(events).decode()) for one in reader.feed(name, data)]
        before, after = fold(events), fold(read)
        assert after.choices[0].parts == before.choices[0].parts
        assert after.choices[0].images == before.choices[0].images


def test_request_is_echoed() -> None:
    asked = read_request(
        b'{"model":"m","input":"hi","instructions":"be","temperature":0.5,"max_output_tokens":7,'
        b'"tool_choice":{"type":"function","name":"f"},"tools":[{"type":"function","name":"f","parameters":{}}],'
        b'"text":{"format":{"type":"json_object"}},"metadata":{"a":"b"},"reasoning":{"effort":"low"}}'
    )
    answer = Response.model_validate_json(write_response(fold(OWN), IDENTITY, CHARGED, request=asked))
    assert answer.instructions == "be"
    assert answer.temperature == 0.5
    assert answer.max_output_tokens == 7
    assert answer.metadata == {"a": "b"}
    asked.extra = {}
    asked.tools = [Tool("f", parameters=msgspec.Raw(b"{}"))]
    asked.messages = [Message(Role.USER, [])]
    again = Response.model_validate_json(write_response(fold(OWN), IDENTITY, CHARGED, request=asked))
    assert again.tools[0].type == "function"

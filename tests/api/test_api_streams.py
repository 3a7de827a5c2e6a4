"""Streams as they really come, from providers of every dialect, to callers of their own dialect and of another."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from api_upstream import SSE, Played, Upstream, played, serve_models
from test_api_faults_by_door import DOORS, ask

from modelport.kit.eventstream import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from api_harness import Caller, Harness

CHUNK: dict[str, Any] = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "up"}
EVENTS: dict[str, list[tuple[str, Any]]] = {
    "openai_chat": [
        ("", {**CHUNK, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "one "}}]}),
        ("", {**CHUNK, "choices": [{"index": 0, "delta": {"content": "two"}, "finish_reason": "stop"}]}),
        ("", {**CHUNK, "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}),
        ("", "[DONE]"),
    ],
    "openai_completions": [
        ("", {**CHUNK, "object": "text_completion", "choices": [{"index": 0, "text": "one ", "finish_reason": None}]}),
        ("", {**CHUNK, "object": "text_completion", "choices": [{"index": 0, "text": "two", "finish_reason": "stop"}]}),
        ("", {**CHUNK, "object": "text_completion", "choices": [],
              "usage": {"prompt_tokens": 5, "completion_tokens": 2}}),
        ("", "[DONE]"),
    ],
    "openai_responses": [
        ("response.output_text.delta", {"type": "response.output_text.delta", "output_index": 0, "content_index": 0,
                                        "item_id": "m", "delta": "one "}),
        ("response.output_text.delta", {"type": "response.output_text.delta", "output_index": 0, "content_index": 0,
                                        "item_id": "m", "delta": "two"}),
        ("response.completed", {"type": "response.completed", "response": {
            "id": "r", "status": "completed", "output": [], "usage": {"input_tokens": 5, "output_tokens": 2}}}),
    ],
    "anthropic_messages": [
        ("message_start", {"type": "message_start", "message": {"id": "x", "usage": {"input_tokens": 5}}}),
        ("content_block_start", {"type": "content_block_start", "index": 0,
                                 "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"type": "content_block_delta", "index": 0,
                                 "delta": {"type": "text_delta", "text": "one "}}),
        ("content_block_delta", {"type": "content_block_delta", "index": 0,
                                 "delta": {"type": "text_delta", "text": "two"}}),
        ("content_block_stop", {"type": "content_block_stop", "index": 0}),
        ("message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                           "usage": {"output_tokens": 2}}),
        ("message_stop", {"type": "message_stop"}),
    ],
    "gemini": [
        ("", {"candidates": [{"content": {"role": "model", "parts": [{"text": "one "}]}}]}),
        ("", {"candidates": [{"content": {"role": "model", "parts": [{"text": "two"}]}, "finishReason": "STOP"}],
              "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}}),
    ],
    "cohere_chat": [
        ("message-start", {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant"}}}),
        ("content-delta", {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "one "}}}}),
        ("content-delta", {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "two"}}}}),
        ("message-end", {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {
            "tokens": {"input_tokens": 5, "output_tokens": 2}}}}),
    ],
    "bedrock_converse": [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "one "}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "two"}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}, "metrics": {"latencyMs": 1}}),
    ],
}  # fmt: skip
"""One answer, `one two`, in the words of each dialect."""
OWN = {
    "openai_chat": "chat", "openai_completions": "completions", "openai_responses": "responses",
    "anthropic_messages": "messages", "gemini": "gemini", "cohere_chat": "cohere", "bedrock_converse": "converse",
}  # fmt: skip
"""Each dialect's own door."""
_SOURCES = [name for name in EVENTS if name != "bedrock_converse"]


def data_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def stream(dialect: str, *, end: str = "\n", comment: str = "", lines: bool = False, upto: int | None = None) -> bytes:
    """The bytes of the answer."""
    events = EVENTS[dialect][:upto]
    if dialect == "bedrock_converse":
        return b"".join(
            encode({":event-type": name, ":message-type": "event", ":content-type": "application/json"},
                   data_of(value).encode()) for name, value in events
        )  # fmt: skip
    out = comment
    for name, value in events:
        text = data_of(value)
        pieces = text.split(", ") if lines and not isinstance(value, str) else [text]
        shown = end.join(f"data: {piece}{', ' if at < len(pieces) - 1 else ''}" for at, piece in enumerate(pieces))
        out += (f"event: {name}{end}" if name else "") + shown + end + end + comment
    return out.encode()


def kind_of(dialect: str) -> str:
    return "application/vnd.amazon.eventstream" if dialect == "bedrock_converse" else SSE


@pytest.fixture(scope="session")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    hasty = {"connect": 5, "first_byte": 0.4, "idle": 0.4, "total": 30}
    with Upstream().serving() as made:
        rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        for name in EVENTS:
            rows.append((name, {"base_url": made.url, "dialect": name}, {}))
            rows.append((f"hasty-{name}", {"base_url": made.url, "dialect": name, "timeouts": hasty}, {}))
        serve_models(shared_harness, "wire", rows)
        yield made


@pytest.fixture(params=EVENTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["own", "chat", "messages"])
def door(request: pytest.FixtureRequest, dialect: str) -> str:
    name = OWN[dialect] if request.param == "own" else request.param
    if request.param != "own" and name == OWN[dialect]:
        pytest.skip("that is its own")
    return name


def hear(caller: Caller, door: str, dialect: str) -> httpx.Response:
    return ask(caller, DOORS[door], "hello", model=f"wire/{dialect}")


def assert_whole(caller: Caller, door: str, answer: httpx.Response, *, estimated: bool = False) -> None:
    assert answer.status_code == 200, answer.content
    assert b"one " in answer.content
    assert b"two" in answer.content
    assert not DOORS[door].ended_badly(answer.content), answer.content[-500:]
    row = caller.generation(answer.headers["x-generation-id"])
    assert row.status == "ok"
    assert row.estimated is estimated
    if not estimated:
        assert (row.prompt_tokens, row.completion_tokens) == (5, 2)


def assert_broken(caller: Caller, door: str, answer: httpx.Response) -> None:
    """What breaks in the same read as the first words can still be told as a status."""
    assert caller.used == 0
    if answer.status_code == 502:
        assert DOORS[door].error(answer.json())
        return
    assert answer.status_code == 200, answer.content
    assert DOORS[door].ended_badly(answer.content), answer.content[-500:]
    assert caller.generation(answer.headers["x-generation-id"]).status == "error"


class TestOddButWhole:
    """Every way in which a stream may be written."""

    @pytest.mark.parametrize("how", ["plain", "bytes", "crlf", "cr", "comments", "lines", "gzip", "no end"])
    def test_reads_the_same(self, caller: Caller, dialect: str, door: str, upstream: Upstream, how: str) -> None:
        if dialect == "bedrock_converse" and how not in {"plain", "bytes", "gzip"}:
            pytest.skip("its frames are binary")
        body, headers = stream(dialect), dict[str, str]()
        match how:
            case "crlf":
                body = stream(dialect, end="\r\n")
            case "cr":
                body = stream(dialect, end="\r")
            case "comments":
                body = stream(dialect, comment=": keep-alive\n\n")
            case "lines":
                body = stream(dialect, lines=True)
            case "gzip":
                body, headers = gzip.compress(body), {"content-encoding": "gzip"}
            case "no end":
                body = body.removesuffix(b"data: [DONE]\n\n").removesuffix(b"\n\n")
            case _:
                pass
        pieces = [body[at : at + 1] for at in range(len(body))] if how == "bytes" else [body, b""]
        upstream.expect(Played(pieces, kind_of(dialect), headers=headers))
        assert_whole(caller, door, hear(caller, door, dialect))

    def test_usage_that_never_comes(self, caller: Caller, dialect: str, door: str, upstream: Upstream) -> None:
        body = stream(dialect)
        for told in (b', "usage": {"prompt_tokens": 5, "completion_tokens": 2}', b'"input_tokens": 5',
                     b', "usage": {"input_tokens": 5, "output_tokens": 2}', b'"output_tokens": 2',
                     b', "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}',
                     ):  # fmt: skip
            body = body.replace(told, b"")
        body = body.replace(b'{, "', b'{"').replace(b"{, }", b"{}")
        if dialect == "bedrock_converse":
            body = stream(dialect, upto=-1)
        upstream.expect(Played([body, b""], kind_of(dialect)))
        assert_whole(caller, door, hear(caller, door, dialect), estimated=True)


class TestBroken:
    """A typed error event and a proper end, free of charge."""

    @pytest.mark.parametrize("how", ["reset", "short", "stall", "cut", "page", "huge"])
    def test_after_the_first_words(self, caller: Caller, dialect: str, door: str, upstream: Upstream, how: str) -> None:
        begun = stream(
            dialect, upto=1 if dialect in {"openai_chat", "openai_completions", "openai_responses", "gemini"} else 3
        )
        kind = kind_of(dialect)
        match how:
            case "cut":
                answer = Played([begun, b""], kind)
            case "page":
                answer = Played([begun, b"data: <html><body>Bad Gateway</body></html>\n\n"], kind)
            case "huge":
                answer = Played([begun, b"data: ", *[b"x" * (1 << 20)] * 20, b"\n\n"], kind)
            case _:
                answer = Played([begun], kind, ending=how)
        upstream.expect(answer)
        assert_broken(caller, door, hear(caller, door, f"hasty-{dialect}" if how == "stall" else dialect))

    @pytest.mark.parametrize("how", ["error", "page", "empty"])
    def test_inside_a_200(self, caller: Caller, dialect: str, door: str, upstream: Upstream, how: str) -> None:
        upstream.expect({
            "error": played({"error": {"message": "down", "code": 500, "type": "server_error"}}),
            "page": played(b"<html><body>Bad Gateway</body></html>", "text/html"),
            "empty": Played([b""], kind_of(dialect)),
        }[how])  # fmt: skip
        answer = hear(caller, door, dialect)
        assert answer.status_code == 502, answer.content
        assert DOORS[door].error(answer.json())
        assert caller.used == 0

"""Plugins act whatever the caller's dialect: files are read, prompts that are too long fitted, JSON is mended."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from api_upstream import Upstream, played, serve_models
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Answer, Caller, Harness

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
DOORS = ("messages", "responses", "gemini", "converse", "cohere")
FILES = ("messages", "responses", "gemini", "converse")
"""Doors whose requests can hold a file."""


@pytest.fixture(scope="module")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    with Upstream().serving() as found:
        chat = {"base_url": f"{found.url}/v1"}
        small = {"context_length": 2_000, "endpoint": {"context_length": 2_000}}
        rows = [("chat", chat, {}), ("small", chat, dict(small))]
        for dialect in ("anthropic_messages", "openai_responses", "gemini", "bedrock_converse", "cohere_chat"):
            same = {"base_url": f"{found.url}/v1", "dialect": dialect}
            rows += [(f"{dialect}", same, {}), (f"{dialect}-small", same, dict(small))]
        serve_models(shared_harness, "doors", rows)
        yield found


def _pdf(words: str) -> str:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.drawString(72, 700, words)
    canvas.save()
    return b64encode(file.getvalue()).decode()


def _completion(text: str) -> dict[str, Any]:
    choices = [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    return {"id": "up-1", "object": "chat.completion", "choices": choices, "usage": usage}


def asked(door: str, model: str, turns: list[str], pdf: str | None = None, **fields: Any) -> tuple[str, dict[str, Any]]:
    """Where a door's callers ask, and what: turns of both sides, a file with the last, JSON wanted."""
    messages: list[dict[str, Any]]
    roles = ["user" if at % 2 == 0 else "assistant" for at in range(len(turns))]
    said = list(zip(roles, turns, strict=True))
    match door:
        case "messages":
            source = {"type": "base64", "media_type": "application/pdf", "data": pdf}
            more: list[Any] = [] if pdf is None else [{"type": "document", "source": source}]
            messages = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in said]
            form = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
            body = {"model": model, "max_tokens": 50, "messages": messages, **form, **fields}
        case "responses":
            more = [] if pdf is None else [
                {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{pdf}"}
            ]  # fmt: skip
            kinds = {"user": "input_text", "assistant": "output_text"}
            messages = [{"role": role, "content": [{"type": kinds[role], "text": text}]} for role, text in said]
            form = {"text": {"format": {"type": "json_object"}}}
            body = {"model": model, "max_output_tokens": 50, "input": messages, **form, **fields}
        case "gemini":
            more = [] if pdf is None else [{"inlineData": {"mimeType": "application/pdf", "data": pdf}}]
            names = {"user": "user", "assistant": "model"}
            messages = [{"role": names[role], "parts": [{"text": text}]} for role, text in said]
            config = {"maxOutputTokens": 50, "responseMimeType": "application/json"}
            body = {"contents": messages, "generationConfig": config, **fields}
        case "converse":
            file = {"format": "pdf", "name": "report", "source": {"bytes": pdf}}
            more = [] if pdf is None else [{"document": file}]
            messages = [{"role": role, "content": [{"text": text}]} for role, text in said]
            text_format = {
                "type": "json_schema",
                "structure": {"jsonSchema": {"schema": json.dumps(SCHEMA), "name": "it"}},
            }
            body = {"messages": messages, "outputConfig": {"textFormat": text_format}, **fields}
        case "cohere":
            more = []
            messages = [{"role": role, "content": text} for role, text in said]
            body = {"model": model, "messages": messages, "response_format": {"type": "json_object"}, **fields}
        case _:
            raise AssertionError(door)
    if more:
        messages[-1]["parts" if door == "gemini" else "content"] += more
    paths = {
        "messages": "/api/v1/messages", "responses": "/api/v1/responses", "cohere": "/api/v2/chat",
        "gemini": f"/api/v1beta/models/{model}:generateContent", "converse": f"/api/model/{model}/converse",
    }  # fmt: skip
    return paths[door], body


def ask(caller: Caller, door: str, model: str, turns: list[str], pdf: str | None = None, **fields: Any) -> Answer:
    path, body = asked(door, model, turns, pdf, **fields)
    return caller.post(json.dumps(body).encode(), path=path)


SAME = {
    "messages": "anthropic_messages", "responses": "openai_responses", "gemini": "gemini",
    "converse": "bedrock_converse", "cohere": "cohere_chat",
}  # fmt: skip
"""Each door's own dialect."""


def own_answer(dialect: str, text: str) -> Any:
    """What a provider of the dialect answers."""
    return {
        "anthropic_messages": {
            "id": "m", "type": "message", "role": "assistant", "model": "up", "stop_reason": "end_turn",
            "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 3},
            "content": [{"type": "thinking", "thinking": "{a", "signature": "s"}, {"type": "text", "text": text}],
        },
        "openai_responses": {
            "id": "r", "object": "response", "status": "completed", "model": "up",
            "output": [
                {"type": "reasoning", "id": "rs", "summary": [], "content": [{"type": "reasoning_text", "text": "{a"}]},
                {"type": "message", "id": "msg", "role": "assistant", "status": "completed",
                 "content": [{"type": "output_text", "text": text, "annotations": []}]},
            ],
            "usage": {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8},
        },
        "gemini": {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "{a", "thought": True}, {"text": text}]},
                            "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 3},
        },
        "bedrock_converse": {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}}, "stopReason": "end_turn",
            "usage": {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8}, "metrics": {"latencyMs": 1},
        },
        "cohere_chat": {
            "id": "c", "finish_reason": "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
            "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 3}},
        },
    }[dialect]  # fmt: skip


def texts(value: Any) -> list[str]:
    """Every text in an answer."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("same", [False, True], ids=["translated", "same dialect"])
@pytest.mark.parametrize("door", DOORS)
def test_json_is_mended(caller: Caller, upstream: Upstream, door: str, *, same: bool) -> None:
    """Only what was said is; thoughts and all else stay."""
    broken, plugins = "Sure:\n```json\n{a: 1, 'b': [1, 2,],}\n```", [{"id": "response-healing"}]
    dialect = SAME[door]
    upstream.expect(played(own_answer(dialect, broken) if same else _completion(broken)))
    model = f"doors/{dialect}" if same else "doors/chat"
    answer = ask(caller, door, model, ["hi"], plugins=plugins)
    assert answer.status == 200, answer.content
    said = texts(answer.json)
    assert json.dumps({"a": 1, "b": [1, 2]}).replace(" ", "") in [text.replace(" ", "") for text in said]
    assert broken not in said
    assert ("{a" in said) == (same and door in {"messages", "responses", "gemini"})
    assert "plugins" not in upstream.asked[-1].json
    upstream.expect(played(own_answer(dialect, broken) if same else _completion(broken)))
    assert broken in texts(ask(caller, door, model, ["hi"]).json)


@pytest.mark.parametrize("same", [False, True], ids=["translated", "same dialect"])
@pytest.mark.parametrize("door", FILES)
def test_files_are_read(caller: Caller, upstream: Upstream, door: str, *, same: bool) -> None:
    """The text of a PDF stands in its place for models that take no files; who wants it sent gets it sent."""
    dialect, pdf = SAME[door], _pdf("Turnover was 42.")
    model = f"doors/{dialect}" if same else "doors/chat"
    answered = played(own_answer(dialect, "ok") if same else _completion("ok"))
    upstream.expect(answered)
    assert ask(caller, door, model, ["How much?"], pdf).status == 200
    sent = texts(upstream.asked[-1].json)
    assert "Turnover was 42." in "".join(sent)
    assert pdf not in "".join(sent)
    upstream.expect(answered)
    native = [{"id": "file-parser", "pdf": {"engine": "native"}}]
    assert ask(caller, door, model, ["How much?"], pdf, plugins=native).status == 200
    assert pdf in "".join(texts(upstream.asked[-1].json))


@pytest.mark.parametrize("same", [False, True], ids=["translated", "same dialect"])
@pytest.mark.parametrize("door", DOORS)
def test_the_middle_goes(caller: Caller, upstream: Upstream, door: str, *, same: bool) -> None:
    """A short context compresses by itself; the ends stay."""
    dialect = SAME[door]
    model = f"doors/{dialect}-small" if same else "doors/small"
    turns = [f"turn {n} " * 60 for n in range(41)]
    upstream.expect(played(own_answer(dialect, "ok") if same else _completion("ok")))
    answer = ask(caller, door, model, turns)
    assert answer.status == 200, answer.content
    sent = [text for text in texts(upstream.asked[-1].json) if text in turns]
    assert (sent[0], sent[-1]) == (turns[0], turns[-1])
    assert 5 < len(sent) < len(turns)
    upstream.expect(played(_completion("ok")))
    assert ask(caller, door, model, turns, transforms=[]).status in {400, 404}
    assert upstream.asked == []


def test_a_long_prompt_of_text_completions_is_cut(caller: Caller, upstream: Upstream) -> None:
    upstream.expect(played(_completion("ok")))
    prompt = "first " + "word " * 6_000 + "last"
    body = {"model": "doors/small", "prompt": prompt}
    assert caller.post(json.dumps(body).encode(), path="/api/v1/completions").status == 200
    (message,) = upstream.asked[-1].json["messages"]
    said = "".join(texts(message["content"]))
    assert said.startswith("first ")
    assert said.endswith("last")
    assert len(said) < 12_000


@pytest.mark.parametrize("door", DOORS)
def test_what_has_no_place_is_refused_by_name(caller: Caller, upstream: Upstream, door: str) -> None:
    upstream.expect(played(_completion("ok")))
    refused: list[tuple[dict[str, Any], str]] = [
        ({"debug": {"echo_upstream_body": True}}, "`debug.echo_upstream_body`"),
        ({"plugins": "all"}, "`plugins`"),
        ({"plugins": [{"id": "moderation"}]}, "`plugins.0.id`"),
    ]
    for fields, name in refused:
        answer = ask(caller, door, "doors/chat", ["hi"], **fields)
        assert answer.status == 400
        assert name in answer.content.decode()
    assert upstream.asked == []

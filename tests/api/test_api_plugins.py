"""Plugins and the reference's older fields: healed JSON, files read, long prompts compressed, echoes, refusals."""

from __future__ import annotations

import io
import itertools
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from api_upstream import SSE, Upstream, played, serve_models
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Answer, Caller, Harness

HEALING = [{"id": "response-healing"}]
JSON_WANTED = {"response_format": {"type": "json_object"}}


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "up-1", "object": "chat.completion", "choices": choices, "usage": usage}


def _messages_answer(text: str) -> dict[str, Any]:
    usage = {"input_tokens": 5, "output_tokens": 3}
    content = [{"type": "text", "text": text}]
    head = {"id": "m", "type": "message", "role": "assistant", "model": "up"}
    return {**head, "content": content, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}


def _events(*texts: str) -> bytes:
    chunks: list[Any] = [
        {"id": "up-1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": t}}]} for t in texts
    ]
    chunks.append({"id": "up-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


def _pdf(*pages: str) -> str:
    file = io.BytesIO()
    canvas = Canvas(file)
    for page in pages:
        canvas.drawString(72, 700, page)
        canvas.showPage()
    canvas.save()
    return "data:application/pdf;base64," + b64encode(file.getvalue()).decode()


def _file(data: str, name: str = "report.pdf") -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": data}}


@pytest.fixture(scope="module")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    with Upstream().serving() as found:
        chat = {"base_url": f"{found.url}/v1"}
        messages = {"base_url": f"{found.url}/v1", "dialect": "anthropic_messages"}
        reads = {"architecture": {"input_modalities": ["text", "file"]}}
        small = {"context_length": 2_000, "endpoint": {"context_length": 2_000}}
        large = {"context_length": 20_000}
        serve_models(
            shared_harness,
            "plug",
            [
                ("chat", chat, {}),
                ("claude", messages, {}),
                ("reads", chat, reads),
                ("small", chat, small),
                ("large", chat, large),
            ],
        )
        yield found


def _ask(caller: Caller, model: str = "plug/chat", **fields: Any) -> Answer:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **fields}
    return caller.post(json.dumps(body).encode())


def _sent(upstream: Upstream) -> dict[str, Any]:
    return upstream.asked[-1].json


class TestHealing:
    """`response-healing` mends whole answers of a wanted form, and nothing else."""

    @pytest.mark.parametrize("model", ["plug/chat", "plug/claude"])
    def test_broken_json_is_mended(self, caller: Caller, upstream: Upstream, model: str) -> None:
        broken = "Sure:\n```json\n{a: 1, 'b': [1, 2,],}\n```"
        upstream.expect(played(_messages_answer(broken) if model == "plug/claude" else _completion(broken)))
        answer = _ask(caller, model, plugins=HEALING, **JSON_WANTED)
        assert json.loads(answer.text) == {"a": 1, "b": [1, 2]}
        assert "plugins" not in _sent(upstream)
        assert answer.usage["completion_tokens"] == 3

    @pytest.mark.parametrize(
        "asked",
        [
            {"plugins": HEALING},
            JSON_WANTED,
            {"plugins": [{"id": "response-healing", "enabled": False}], **JSON_WANTED},
        ],
        ids=["no form", "no plugin", "off"],
    )
    def test_otherwise_the_answer_is_the_models(
        self, caller: Caller, upstream: Upstream, asked: dict[str, Any]
    ) -> None:
        upstream.expect(played(_completion("{a: 1}")))
        assert _ask(caller, **asked).text == "{a: 1}"

    def test_plugins_of_no_shape_are_refused_by_name(self, caller: Caller, upstream: Upstream) -> None:
        upstream.expect(played(_completion("x")))
        answer = _ask(caller, plugins="all")
        assert (answer.status, "`plugins`" in answer.error["message"]) == (400, True)
        assert upstream.asked == []


class TestFiles:
    """PDFs are read to text where the model takes no files."""

    def test_text_takes_the_files_place_and_comes_back_as_an_annotation(
        self, caller: Caller, upstream: Upstream
    ) -> None:
        upstream.expect(played(_completion("read it")))
        data = _pdf("Turnover was 42.", "Second page.")
        content = [{"type": "text", "text": "How much?"}, _file(data)]
        answer = _ask(caller, messages=[{"role": "user", "content": content}])
        parts = _sent(upstream)["messages"][0]["content"]
        texts = ["How much?", '<file name="report.pdf">', "Turnover was 42.", "Second page.", "</file>"]
        assert [part["text"] for part in parts] == texts
        (annotation,) = answer.json["choices"][0]["message"]["annotations"]
        assert (annotation["type"], annotation["file"]["name"]) == ("file", "report.pdf")
        assert [part["text"] for part in annotation["file"]["content"]] == texts[1:]

    def test_annotations_that_are_sent_again_spare_the_reading(self, caller: Caller, upstream: Upstream) -> None:
        from hashlib import sha256

        upstream.expect(played(_completion("again")))
        data = b64encode(b"%PDF-1.7 that nobody could read").decode()
        digest = sha256(b"%PDF-1.7 that nobody could read").hexdigest()
        known = {"hash": digest, "name": "a.pdf", "content": [{"type": "text", "text": "what it says"}]}
        messages = [
            {"role": "user", "content": [_file(data)]},
            {"role": "assistant", "content": "ok", "annotations": [{"type": "file", "file": known}]},
            {"role": "user", "content": "and?"},
        ]
        answer = _ask(caller, messages=messages)
        assert answer.status == 200
        sent = _sent(upstream)["messages"]
        assert sent[0]["content"] == [{"type": "text", "text": "what it says"}]
        assert "annotations" not in sent[1]
        assert answer.json["choices"][0]["message"]["annotations"][0]["file"] == known

    @pytest.mark.parametrize(
        ("model", "asked"),
        [("plug/reads", {}), ("plug/chat", {"plugins": [{"id": "file-parser", "pdf": {"engine": "native"}}]})],
    )
    def test_models_that_take_files_get_them(
        self, caller: Caller, upstream: Upstream, model: str, asked: dict[str, Any]
    ) -> None:
        upstream.expect(played(_completion("x")))
        part = _file(_pdf("words"))
        assert _ask(caller, model, messages=[{"role": "user", "content": [part]}], **asked).status == 200
        assert _sent(upstream)["messages"][0]["content"] == [part]

    def test_a_file_goes_through_a_stream_and_a_failure_as_well(self, caller: Caller, upstream: Upstream) -> None:
        messages = [{"role": "user", "content": [_file(_pdf("words"))]}]
        upstream.expect(played(_events("a", "b"), SSE))
        answer = _ask(caller, messages=messages, stream=True)
        assert answer.events[0]["choices"][0]["delta"]["annotations"][0]["type"] == "file"
        assert answer.text == "ab"
        upstream.expect(played({"error": {"message": "no"}}, status=400))
        assert _ask(caller, messages=messages).error["metadata"]["file_annotations"][0]["type"] == "file"

    @pytest.mark.parametrize(
        ("data", "engine", "named"),
        [
            (b64encode(b"%PDF-1.4 rubbish").decode(), "pdf-text", "messages.0.content.0"),
            ("data:application/pdf;base64,###", "pdf-text", "messages.0.content.0.file.file_data"),
            ("http://169.254.169.254/latest", "pdf-text", "can't be fetched"),
            (b64encode(b"%PDF-1.4").decode(), "mistral-ocr", "mistral-ocr"),
        ],
    )
    def test_what_cannot_be_read_is_refused_by_name(
        self, caller: Caller, upstream: Upstream, data: str, engine: str, named: str
    ) -> None:
        upstream.expect(played(_completion("x")))
        plugins = [{"id": "file-parser", "pdf": {"engine": engine}}]
        answer = _ask(caller, messages=[{"role": "user", "content": [_file(data)]}], plugins=plugins)
        assert (answer.status, named in answer.error["message"]) == (400, True)
        assert upstream.asked == []


def _long(turns: int) -> list[dict[str, Any]]:
    said = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"turn {n} " * 60} for n in range(turns)]
    return [{"role": "system", "content": "be brief"}, *said]


class TestCompression:
    """Prompts that are too long lose their middle where that is wanted."""

    @pytest.mark.parametrize(
        ("model", "asked", "turns"),
        [
            ("plug/small", {}, 41),
            ("plug/large", {"transforms": ["middle-out"]}, 201),
            ("plug/large", {"plugins": [{"id": "context-compression"}]}, 201),
        ],
        ids=["by default", "transforms", "plugin"],
    )
    def test_the_middle_goes(
        self, caller: Caller, upstream: Upstream, model: str, asked: dict[str, Any], turns: int
    ) -> None:
        upstream.expect(played(_completion("x")))
        messages = _long(turns)
        assert _ask(caller, model, messages=messages, max_tokens=50, **asked).status == 200
        sent = _sent(upstream)["messages"]
        assert (sent[0], sent[1], sent[-1]) == (messages[0], messages[1], messages[-1])
        assert 5 < len(sent) < len(messages)
        kept = [messages.index(message) for message in sent]
        gaps = [(a, b) for a, b in itertools.pairwise(kept) if b != a + 1]
        assert len(gaps) == 1  # one hole, and it is in the middle
        assert gaps[0][0] < len(messages) / 2 < gaps[0][1]

    def test_a_tools_call_goes_with_its_results(self, caller: Caller, upstream: Upstream) -> None:
        upstream.expect(played(_completion("x")))
        messages: list[Any] = [{"role": "user", "content": "start"}]
        for n in range(40):
            call = {"id": f"c{n}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": f"c{n}", "content": "result " * 60})
        assert _ask(caller, "plug/small", messages=messages).status == 200
        sent = _sent(upstream)["messages"]
        asked = [message["tool_calls"][0]["id"] for message in sent if "tool_calls" in message]
        given = [message["tool_call_id"] for message in sent if message["role"] == "tool"]
        assert asked == given
        assert 0 < len(asked) < 40

    def test_one_long_text_is_cut_in_its_middle(self, caller: Caller, upstream: Upstream) -> None:
        upstream.expect(played(_completion("x")))
        text = "first " + "word " * 6_000 + "last"
        assert _ask(caller, "plug/small", messages=[{"role": "user", "content": text}]).status == 200
        (message,) = _sent(upstream)["messages"]
        assert message["content"].startswith("first ")
        assert message["content"].endswith("last")
        assert 2_000 < len(message["content"]) < 12_000

    @pytest.mark.parametrize(
        "asked", [{"transforms": []}, {"plugins": [{"id": "context-compression", "enabled": False}]}]
    )
    def test_switched_off_it_is_an_error(self, caller: Caller, upstream: Upstream, asked: dict[str, Any]) -> None:
        upstream.expect(played(_completion("x")))
        answer = _ask(caller, "plug/small", messages=[{"role": "user", "content": "word " * 20_000}], **asked)
        assert answer.status in {400, 404}
        assert upstream.asked == []


class TestOlderFields:
    """What else the reference takes."""

    def test_the_body_that_a_provider_was_sent_is_echoed_without_secrets(
        self, caller: Caller, upstream: Upstream
    ) -> None:
        upstream.expect(played(_events("a"), SSE))
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 500}}
        messages = [{"role": "user", "content": [{"type": "text", "text": "look"}, image]}]
        answer = _ask(caller, messages=messages, stream=True, debug={"echo_upstream_body": True}, api_key="hidden")
        first = answer.events[0]
        assert first["choices"] == []
        echoed = first["debug"]["echo_upstream_body"]
        assert (echoed["model"], echoed["stream"], echoed["api_key"]) == ("up", True, "[redacted]")
        assert "AAAA" not in json.dumps(echoed)
        assert "debug" not in _sent(upstream)

    def test_names_stand_before_the_words_for_models_of_others(self, caller: Caller, upstream: Upstream) -> None:
        upstream.expect(played(_completion("x")))
        messages = [{"role": "user", "name": "Ann", "content": "hi"}]
        assert _ask(caller, messages=messages).status == 200
        assert _sent(upstream)["messages"] == [{"role": "user", "content": "Ann: hi"}]

    @pytest.mark.parametrize("model", ["plug/chat", "plug/claude"])
    @pytest.mark.parametrize(
        ("asked", "named"),
        [
            ({"tools": [{"type": "openrouter:web_search"}]}, "`tools.0.type`"),
            ({"plugins": [{"id": "web"}]}, "`plugins`"),
            ({"plugins": [{"id": "moderation"}]}, "`plugins.0.id`"),
            ({"web_search_options": {}}, "`web_search_options`"),
        ],
    )
    def test_what_nobody_runs_is_refused_by_name(
        self, caller: Caller, upstream: Upstream, model: str, asked: dict[str, Any], named: str
    ) -> None:
        upstream.expect(played(_completion("x")))
        answer = _ask(caller, model, **asked)
        assert (answer.status, named in answer.error["message"]) == (400, True), answer.content
        assert upstream.asked == []

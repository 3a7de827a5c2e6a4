"""Requests: what is read of them, what is sent on, and that everything else travels untouched."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.dialects.openai_chat import request as request_
from modelport.dialects.openai_chat.request import Target
from modelport.dialects.openai_chat.wire import GATEWAY_FIELDS
from modelport.errors import BadRequest

_TARGET = Target("up/model", stream=False, max_tokens=None, renames={}, drops=frozenset())
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_UNREAD = st.text(min_size=1).map(lambda name: f"x_{name}").filter(lambda name: name.isprintable())
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "a/b", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()


def sent(content: bytes, target: Target = _TARGET) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(request_.write(request_.read(content), target))
    return value


class TestWrite:
    """The body for a provider."""

    @given(st.dictionaries(_UNREAD, _JSON, max_size=4), _TEXT)
    def test_what_is_not_ours_travels_untouched(self, extra: dict[str, Any], text: str) -> None:
        content = body(**extra, messages=[{"role": "user", "content": text, "x": extra}])
        assert sent(content) == {**json.loads(content), "model": "up/model"}

    @pytest.mark.parametrize(
        "number", ["1.10", "1e3", "123456789012345678901234567890", "-0", "0.10000000000000000001"]
    )
    def test_numbers_keep_their_spelling(self, number: str) -> None:
        content = b'{"model":"a/b","x":%b,"messages":[{"role":"user","content":"","y":%b}]}' % ((number.encode(),) * 2)
        written = request_.write(request_.read(content), _TARGET)
        assert b'"x":' + number.encode() + b"," in written
        assert b'"y":' + number.encode() + b"}" in written

    def test_what_is_meant_for_the_gateway_stays_here(self) -> None:
        own = dict.fromkeys(GATEWAY_FIELDS)
        assert set(sent(body(**own))) == {"model", "messages"}

    def test_a_stream_asks_for_its_usage(self) -> None:
        target = Target("m", stream=True, max_tokens=None, renames={}, drops=frozenset())
        written = sent(body(stream_options={"include_usage": False}), target)
        assert (written["stream"], written["stream_options"]) == (True, {"include_usage": True})

    def test_a_cap_is_written_and_renamed(self) -> None:
        renames = {"max_tokens": "max_completion_tokens"}
        target = Target("m", stream=False, max_tokens=7, renames=renames, drops=frozenset({"seed"}))
        written = sent(body(seed=1), target)
        assert (written["max_completion_tokens"], "seed" in written, "max_tokens" in written) == (7, False, False)

    def test_the_effort_has_openais_name(self) -> None:
        assert sent(body(reasoning={"effort": "high"}))["reasoning_effort"] == "high"
        assert sent(body(reasoning={"effort": "high"}, reasoning_effort="low"))["reasoning_effort"] == "low"

    def test_a_prompt_becomes_a_message(self) -> None:
        written = sent(b'{"model":"a/b","prompt":"say \\u00e9"}')
        assert written == {"model": "up/model", "messages": [{"role": "user", "content": "say \u00e9"}]}


class TestRead:
    """A caller's bytes."""

    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_request_or_a_bad_one(self, content: bytes) -> None:
        with pytest.raises(BadRequest):
            request_.read(content)

    @given(_JSON)
    def test_any_messages_are_read_or_refused(self, messages: Any) -> None:
        with contextlib.suppress(BadRequest):
            request = request_.read(json.dumps({"model": "m", "messages": messages}).encode())
            assert request.prompt_bytes >= 0
            request.prompt_text()

    @given(_TEXT)
    def test_bytes_bound_the_prompt(self, text: str) -> None:
        request = request_.read(body(messages=[{"role": "user", "content": [{"type": "text", "text": text}]}]))
        assert request.prompt_bytes >= len(text.encode())
        assert request.prompt_text()[0] == text

    def test_images_and_tools_count(self) -> None:
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
        tools = [{"type": "function", "function": {"name": "f", "description": "d" * 500}}]
        request = request_.read(body(messages=[{"role": "user", "content": [image]}], tools=tools))
        assert 2000 < request.prompt_bytes < 10_000, "an image is a number of tokens, not its bytes"
        assert "d" * 500 in request.prompt_text()[0]
        assert request.wanted() == {"tools"}

    def test_the_newer_limit_wins(self) -> None:
        assert request_.read(body(max_tokens=5, max_completion_tokens=9)).max_tokens == 9


class TestSpelling:
    """A provider whose row names places inside the messages."""

    def test_fields_of_messages_and_parts(self) -> None:
        target = Target(
            "m",
            stream=False,
            renames={
                "messages.reasoning": "reasoning_content",
                "messages.role.developer": "system",
                "parts.cache_control": "mark",
            },
            drops=frozenset({"messages.name", "parts.strict"}),
        )
        turns = [
            {"role": "developer", "content": "be brief", "name": "boss"},
            {"role": "assistant", "content": "4", "reasoning": "2+2", "x": 1.50},
            {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]},
        ]
        tools = [{"type": "function", "function": {"name": "f"}, "strict": True}]
        assert sent(body(messages=turns, tools=tools), target) == {
            "model": "m",
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "assistant", "content": "4", "reasoning_content": "2+2", "x": 1.50},
                {"role": "user", "content": [{"type": "text", "text": "hi", "mark": {"type": "ephemeral"}}]},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
        }

    @pytest.mark.parametrize(
        ("content", "becomes"),
        [
            ("4", [{"type": "text", "text": "4"}]),
            ([{"type": "text", "text": "4"}], [{"type": "text", "text": "4"}]),
            (None, []),
            ("", []),
        ],
    )
    def test_reasoning_inside_the_content(self, content: object, becomes: list[object]) -> None:
        target = Target("m", stream=False, renames={"messages.reasoning": "content.thinking"})
        turn = {"role": "assistant", "content": content, "reasoning": "2+2"}
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}]}
        assert sent(body(messages=[turn]), target)["messages"][0]["content"] == [thinking, *becomes]
        silent = {**turn, "reasoning": None}
        assert sent(body(messages=[silent]), target)["messages"] == [{"role": "assistant", "content": content}]

    def test_a_gateway_behind_us_gets_what_it_keeps(self) -> None:
        target = Target("m", stream=False, keeps=frozenset({"reasoning", "plugins"}))
        asked = {"reasoning": {"effort": "high", "max_tokens": 9}, "plugins": [{"id": "web"}], "route": "fallback"}
        written = sent(body(**asked), target)
        assert written["reasoning"] == asked["reasoning"]
        assert written["plugins"] == asked["plugins"]
        assert "route" not in written
        assert "reasoning_effort" not in written

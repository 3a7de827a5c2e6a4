"""Same dialect on both sides: what is patched, what waits for the end, and what goes through untouched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic_messages_samples import CHARGED, ID, events_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from modelport.dialects.anthropic_messages.errors import Malformed, StreamError
from modelport.dialects.anthropic_messages.request import Target, patch_request
from modelport.dialects.anthropic_messages.response import patch_response, write_usage
from modelport.dialects.anthropic_messages.stream import Patcher, Reader, Writer
from modelport.dialects.anthropic_messages.wire import seal
from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    Reasoning,
    TextDelta,
    fold,
)
from modelport.errors import BadRequest, UpstreamFailed

Events = list[tuple[bytes, bytes]]


def event(kind: str, **fields: Any) -> tuple[bytes, bytes]:
    return kind.encode(), json.dumps({"type": kind, **fields}).encode()


START = event(
    "message_start",
    message={"id": "msg_1", "model": "up-1", "content": [], "region": "x", "usage": {"input_tokens": 7, "fast": True}},
)
THOUGHT: Events = [
    event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
    event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm."}),
    event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"}),
    event("content_block_stop", index=0),
]
WORDS: Events = [
    event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
    (b"ping", b'{"type": "ping"}'),
    (b"content_block_delta", b'{"type":"content_block_delta","index":1, "delta":{"type":"text_delta","text":"Yes"}}'),
    event("content_block_stop", index=1),
]
NEWS = event("weather_report", sunny=True)
DELTA = event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None, "mood": 1}, usage={"tides": 2})
STOP = event("message_stop", metrics={"ms": 5})


def fed(events: Events, *, without_reasoning: bool = False) -> tuple[bytes, Patcher]:
    patcher = Patcher(ID, without_reasoning=without_reasoning)
    return b"".join(patcher.feed(name, data) for name, data in events), patcher


def passed_on(events: Events, *, without_reasoning: bool = False) -> list[Any]:
    out, patcher = fed(events, without_reasoning=without_reasoning)
    return [json.loads(data) for _, data in events_of((out + patcher.end(CHARGED)).decode())]


class TestPatcher:
    """One stream."""

    def test_named_patches_only(self) -> None:
        """Identity and usage are ours; the rest, unknown fields and events too, is byte for byte the provider's."""
        out, patcher = fed([START, *THOUGHT, *WORDS, NEWS, DELTA, STOP])
        told = events_of((out + patcher.end(CHARGED)).decode())
        assert told[1:-2] == [*THOUGHT, *WORDS, NEWS]
        first, delta, last = (json.loads(told[place][1]) for place in (0, -2, -1))
        message = first["message"]
        assert (message["id"], message["model"], message["region"]) == (ID.id, ID.model, "x")
        assert (message["usage"]["input_tokens"], message["usage"]["fast"]) == (7, True)
        assert "cost" not in message["usage"]
        assert delta["delta"] == {"stop_reason": "end_turn", "stop_sequence": None, "mood": 1}
        assert delta["usage"] == {"tides": 2} | json.loads(json.dumps(write_usage(CHARGED)))
        assert last == {"type": "message_stop", "metrics": {"ms": 5}}

    def test_the_end_waits(self) -> None:
        """Nothing of the stop reason, the usage or the end goes out before the bill is settled."""
        out, _ = fed([START, *WORDS, DELTA, NEWS, STOP])
        names = [name for name, _ in events_of(out.decode())]
        assert (b"message_delta" in names, b"message_stop" in names, b"weather_report" in names) == (False, False, True)

    def test_nothing_follows_the_end(self) -> None:
        assert passed_on([START, DELTA, STOP, NEWS, (b"", b"[DONE]")]) == passed_on([START, DELTA, STOP])

    def test_without_reasoning(self) -> None:
        """Its blocks are gone, and those behind them move up."""
        told = passed_on([START, *THOUGHT, *WORDS, DELTA, STOP], without_reasoning=True)
        assert [one["index"] for one in told if "index" in one] == [0, 0, 0]
        assert not [one for one in told if "thinking" in str(one.get("content_block"))]
        assert "Hm." not in str(told)
        assert told[2] == {"type": "ping"}

    def test_several_deltas_become_one(self) -> None:
        """One bill in a stream; a later delta changes only what it tells."""
        early = event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": "X"}, usage={"a": 1})
        late = event("message_delta", delta={"stop_reason": None}, usage={"b": 2}, extra=3)
        told = [one for one in passed_on([START, early, late, STOP]) if one["type"] == "message_delta"]
        assert len(told) == 1
        assert told[0]["delta"] == {"stop_reason": "tool_use", "stop_sequence": "X"}
        assert (told[0]["usage"]["a"], told[0]["usage"]["b"], told[0]["extra"]) == (1, 2, 3)

    @pytest.mark.parametrize("cut", range(2, 8))
    def test_cut_streams_end_properly(self, cut: int) -> None:
        """Wherever a stream breaks off, open blocks end, a reason is given, and the bill is told."""
        told = passed_on([START, *WORDS, DELTA, STOP][:cut])
        kinds = [one["type"] for one in told]
        assert kinds[-2:] == ["message_delta", "message_stop"]
        assert kinds.count("content_block_start") == kinds.count("content_block_stop")
        assert told[-2]["delta"]["stop_reason"] == "end_turn"
        assert told[-2]["usage"]["cost"] == 5 / 10**9

    def test_cut_in_a_call(self) -> None:
        """The reason made up is the one that agents wait for."""
        call = event("content_block_start", index=0, content_block={"type": "tool_use", "id": "t", "name": "f"})
        assert passed_on([START, call])[-2]["delta"]["stop_reason"] == "tool_use"

    def test_nothing_at_all(self) -> None:
        """A stream that never began is a whole empty one."""
        kinds = [one["type"] for one in passed_on([])]
        assert kinds == ["message_start", "message_delta", "message_stop"]

    def test_failing(self) -> None:
        """This dialect's streams stop after `error`; what waited is not told."""
        out, patcher = fed([START, *WORDS, DELTA, STOP])
        error = UpstreamFailed("Overloaded", code=529, kind="provider_overloaded")
        assert patcher.fail(error) == Writer(ID).fail(error)
        assert events_of((out + patcher.fail(error)).decode())[-1][0] == b"error"

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            (b"error", b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'),
            (b"", b'{"error":"Overloaded"}'),
            (b"content_block_delta", b"<html>"),
            (b"message_start", b'{"type":"message_start","message":7}'),
            (b"message_start", b'{"type":"message_start",\n"message"'),
        ],
    )
    def test_faults(self, name: bytes, data: bytes) -> None:
        """The provider's errors and what is no event raise, as the reader does."""
        with pytest.raises(StreamError):
            Patcher(ID, without_reasoning=False).feed(name, data)

    def test_one_line(self) -> None:
        """Line ends between a provider's values don't cut our events; nameless events get their names."""
        spread = (
            b"",
            b'{"type": "content_block_delta",\r\n "index": 0,\n "delta": {"type": "text_delta",\n "text": "a\\nb"}}',
        )
        out, _ = fed([START, spread])
        name, data = events_of(out.decode())[-1]
        assert name == b"content_block_delta"
        assert b"\n" not in data
        assert json.loads(data) == json.loads(spread[1])

    def test_compactions_are_counted_once(self) -> None:
        """They are inside our figures, so the list they stood in goes; any other stays."""
        plain = [{"type": "message", "input_tokens": 3}]
        for told, kept in ((plain, plain), ([*plain, {"type": "compaction", "input_tokens": 9}], None)):
            delta = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"iterations": told})
            assert passed_on([START, delta, STOP])[-2]["usage"].get("iterations") == kept


class TestWriterLines:
    """The writer beside it."""

    def test_citations_of_several_lines(self) -> None:
        """Bytes of somebody else's spelling don't cut the event."""
        raw = Raw(b'{"type": "char_location",\r\n  "cited_text":\n "a\\nb"}')
        out = Writer(ID).feed([TextDelta("a"), AnnotationEvent(Annotation(raw=raw))])
        (_, data), *others = [one for one in events_of(out.decode()) if b"citations_delta" in one[1]]
        assert not others
        assert b"\n" not in data
        assert json.loads(data)["delta"]["citation"] == {"type": "char_location", "cited_text": "a\nb"}


class TestWholeAnswers:
    """One whole answer."""

    def test_named_patches_only(self) -> None:
        body = b'{"id":"m","model":"up", "content": [ {"type":"text","text":"\\u0041"} ],"new":{"a": 1.0},"usage":null}'
        out = patch_response(body, ID, CHARGED, without_reasoning=False)
        assert b'"content":[ {"type":"text","text":"\\u0041"} ]' in out
        assert b'"new":{"a": 1.0}' in out
        told = json.loads(out)
        assert (told["id"], told["model"]) == (ID.id, ID.model)
        assert told["usage"] == json.loads(json.dumps(write_usage(CHARGED)))

    def test_without_reasoning(self) -> None:
        content = [{"type": "thinking", "thinking": "x"}, {"type": "redacted_thinking"}, {"type": "server_tool_use"}]
        body = json.dumps({"content": content}).encode()
        told = json.loads(patch_response(body, ID, CHARGED, without_reasoning=True))
        assert told["content"] == [{"type": "server_tool_use"}]

    @pytest.mark.parametrize(
        "body", [b"<html>", b"[]", b"{}", b'{"type":"error","error":{}}', b'{"content":{}}', b'{"co']
    )
    def test_no_answers(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            patch_response(body, ID, CHARGED, without_reasoning=False)


def patched(target: Target, **fields: Any) -> dict[str, Any]:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **fields}
    return json.loads(patch_request(json.dumps(body).encode(), target))


class TestRequests:
    """A caller's own request."""

    def test_fields_of_the_gateway(self) -> None:
        """None of them reaches a provider, but one that is a gateway itself and keeps them."""
        names = (
            "models",
            "provider",
            "session_id",
            "route",
            "transforms",
            "plugins",
            "trace",
            "preset",
            "user",
            "debug",
        )
        fields = dict.fromkeys(names, "x")
        assert set(patched(Target("up", stream=False), **fields)) == {"model", "max_tokens", "messages"}
        keeps = Target("up", stream=False, keeps=frozenset({"provider"}))
        assert patched(keeps, **fields)["provider"] == "x"

    def test_unknown_bytes_survive(self) -> None:
        body = (
            b'{"model":"m","new": {"b":1.50,"a":[ 1 ]},"messages":[{"role": "user","content":"\\u00e9"}],"stream":true}'
        )
        out = patch_request(body, Target("up", stream=True, max_tokens=5))
        assert out == (
            b'{"model":"up","new":{"b":1.50,"a":[ 1 ]},"messages":[{"role": "user","content":"\\u00e9"}],'
            b'"stream":true,"max_tokens":5}'
        )

    def test_spelling_inside_messages(self) -> None:
        """Rows may name fields of messages, of blocks (however deep) and of tools, and roles."""
        target = Target(
            "up",
            stream=False,
            renames={"parts.cache_control": "cache", "messages.role.system": "user", "messages.name": "who"},
            drops=frozenset({"parts.citations", "messages.weight", "parts.strict"}),
        )
        mark = {"type": "ephemeral"}
        inner = {"type": "text", "text": "a", "cache_control": mark, "citations": []}
        messages = [
            {"role": "system", "content": "be", "name": "n", "weight": 1},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [inner]}]},
        ]
        told = patched(target, messages=messages, system=[inner], tools=[{"name": "f", "strict": True}])
        block = {"type": "text", "text": "a", "cache": mark}
        assert told["messages"] == [
            {"role": "user", "content": "be", "who": "n"},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [block]}]},
        ]
        assert (told["system"], told["tools"]) == ([block], [{"name": "f"}])

    def test_what_was_written_for_the_caller_stays_here(self) -> None:
        """Reasoning of other makers and citations that we made up would be refused; own ones go back as they came."""
        foreign = seal(Reasoning("encrypted", data="gAAA", format="openai-responses-v1"))
        own = [
            {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": "abc"},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        ]
        theirs = [
            {"type": "thinking", "thinking": "Hm.", "signature": foreign},
            {"type": "thinking", "thinking": "Hm.", "signature": ""},
            {"type": "redacted_thinking", "data": foreign},
        ]
        made_up = {"type": "web_search_result_location", "url": "u", "cited_text": "", "encrypted_index": ""}
        real = {**made_up, "encrypted_index": "Eo8B"}
        texts = [
            {"type": "text", "text": "a", "citations": [made_up, real]},
            {"type": "text", "text": "b", "citations": [made_up]},
        ]
        messages = [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [*own, *theirs, *texts]},
            {"role": "assistant", "content": theirs},
        ]
        told = patched(Target("up", stream=False), messages=messages)["messages"]
        kept = [{"type": "text", "text": "a", "citations": [real]}, {"type": "text", "text": "b"}]
        assert told == [messages[0], {"role": "assistant", "content": [*own, *kept]}]

    def test_lengths(self) -> None:
        assert patched(Target("up", stream=False, default_max_tokens=3))["max_tokens"] == 9
        assert patched(Target("up", stream=False, default_max_tokens=3), max_tokens=None)["max_tokens"] == 3
        assert patched(Target("up", stream=False, max_tokens=4), max_tokens=8)["max_tokens"] == 4

    def test_messages_are_not_judged(self) -> None:
        """Whether they are messages at all is for `read_request` to say, and for the provider."""
        for messages in ("thinking", [7, "thinking"], [{"role": "assistant", "content": [{"type": 7}, "thinking"]}]):
            assert patched(Target("up", stream=False), messages=messages)["messages"] == messages
        assert json.loads(patch_request(b"{}", Target("up", stream=False, max_tokens=1))) == {
            "model": "up",
            "max_tokens": 1,
        }

    @pytest.mark.parametrize("body", [b"[]", b"", b"\xff", b'{"a"'])
    def test_no_requests(self, body: bytes) -> None:
        with pytest.raises(BadRequest):
            patch_request(body, Target("up", stream=False))


NAMES = st.text("abcdefgh", min_size=4, max_size=8).map("x_{}".format)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
EXTRA = st.dictionaries(NAMES, VALUES, max_size=3)


@given(st.lists(EXTRA, min_size=7, max_size=7), st.integers(0, 2), st.booleans())
def test_unknown_fields_survive(extras: list[dict[str, Any]], spread: int, without_reasoning: bool) -> None:  # noqa: FBT001
    """In every event of a stream and in a whole answer, however they are laid out."""
    given_events = [START, *THOUGHT, *WORDS, DELTA, STOP]
    kinds = ("message_start", "ping", "message_delta", "message_stop", "content_block_start", "content_block_stop")
    indent = None if spread == 0 else spread
    before: list[dict[str, Any]] = []
    events: Events = []
    for name, data in given_events:
        told = json.loads(data)
        extra = extras[kinds.index(told["type"])] if told["type"] in kinds else extras[-1]
        before.append({**told, **extra})
        events.append((name, json.dumps({**told, **extra}, indent=indent).encode()))
    after = passed_on(events, without_reasoning=without_reasoning)
    left = [one for one in before if not (without_reasoning and one.get("index") == 0)]
    assert len(after) == len(left)
    for told, one in zip(left, after, strict=True):
        known = set(told) - {"message", "usage", "index"}
        assert {name: one[name] for name in known} == {name: told[name] for name in known}
    body = json.dumps({"content": [extras[1]], **extras[0]}, indent=indent).encode()
    whole = json.loads(patch_response(body, ID, CHARGED, without_reasoning=without_reasoning))
    assert {name: whole[name] for name in extras[0]} == extras[0]
    assert whole["content"] == [extras[1]]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9), max_size=4), st.integers(0, 6)
)
def test_what_our_writer_writes_passes_through(texts: list[str], left_out: int) -> None:
    """A gateway behind a gateway: reading what was passed on gives what was written, the end missing or not."""
    events: list[Event] = [TextDelta(text) for text in texts]
    writer = Writer(ID)
    written = events_of((writer.feed([*events, Finish(FinishReason.STOP, "end_turn")]) + writer.end(CHARGED)).decode())
    out, patcher = fed(written[: len(written) - min(left_out, 2)])
    told = events_of((out + patcher.end(CHARGED)).decode())
    reader = Reader()
    read = [one for name, data in told for one in reader.feed(name, data)]
    assert reader.done
    assert "".join(one.text for one in read if isinstance(one, TextDelta)) == "".join(texts)
    assert fold(read).usage == CHARGED.usage

"""Same dialect on both sides: what is patched, what waits for the end, and what goes through untouched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai_responses_samples import CHARGED, IDENTITY, events_of

from modelport.dialects.canonical import (
    Event,
    Finish,
    FinishReason,
    Reasoning,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    fold,
)
from modelport.dialects.openai_responses.errors import Malformed, StreamError
from modelport.dialects.openai_responses.request import Target, patch_request
from modelport.dialects.openai_responses.response import patch_response, read_response, write_response, write_usage
from modelport.dialects.openai_responses.stream import Patcher, Reader, Writer
from modelport.errors import BadRequest, UpstreamFailed

Events = list[tuple[bytes, bytes]]
USAGE = json.loads(json.dumps(write_usage(CHARGED)))


def event(kind: str, number: int, **fields: Any) -> tuple[bytes, bytes]:
    return kind.encode(), json.dumps({"type": kind, "sequence_number": number, **fields}).encode()


RESPONSE = {"id": "resp_1", "model": "up-1", "status": "in_progress", "output": [], "usage": None, "region": "x"}
REASONED = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA==", "new": 1}
WROTE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": []}
CREATED = event("response.created", 4, response=RESPONSE)
THOUGHT: Events = [
    event("response.output_item.added", 5, output_index=0, item={**REASONED, "encrypted_content": ""}),
    event("response.reasoning_summary_part.added", 6, output_index=0, part={"type": "summary_text", "text": ""}),
    event("response.reasoning_summary_text.delta", 7, output_index=0, delta="Hm."),
    event("response.output_item.done", 8, output_index=0, item=REASONED),
]
WORDS: Events = [
    event("response.output_item.added", 9, output_index=1, item=WROTE),
    event("response.output_text.delta", 10, output_index=1, item_id="msg_1", delta="Yes", new={"a": 1}),
    event("response.weather", 11, output_index=1, sunny=True),
    event("response.output_item.done", 12, output_index=1, item=WROTE),
]
FINAL = {
    **RESPONSE,
    "status": "completed",
    "output": [REASONED, WROTE],
    "usage": {"input_tokens": 1, "input_tokens_details": {"tides": 2}, "cost_in_usd_ticks": 9, "sources": 3},
}
COMPLETED = event("response.completed", 13, response=FINAL, metrics={"ms": 5})


def fed(events: Events, *, without_reasoning: bool = False) -> tuple[bytes, Patcher]:
    patcher = Patcher(IDENTITY, without_reasoning=without_reasoning)
    return b"".join(patcher.feed(name, data) for name, data in events), patcher


def loaded(out: bytes) -> list[Any]:
    events = events_of(out.decode())
    assert events.pop() == (b"", b"[DONE]")
    return [json.loads(data) for _, data in events]


def passed_on(events: Events, *, without_reasoning: bool = False) -> list[Any]:
    out, patcher = fed(events, without_reasoning=without_reasoning)
    return loaded(out + patcher.end(CHARGED))


class TestPatcher:
    """One stream."""

    def test_named_patches_only(self) -> None:
        """Identity and usage are ours; items, their ids and secrets, numbers and unknown things are the provider's."""
        out, patcher = fed([CREATED, *THOUGHT, *WORDS, COMPLETED, (b"", b"[DONE]")])
        told = events_of((out + patcher.end(CHARGED)).decode())
        assert told[1:-2] == [*THOUGHT, *WORDS]
        first, last = json.loads(told[0][1]), json.loads(told[-2][1])
        signed = {"id": IDENTITY.id, "model": IDENTITY.model}
        assert first == {"type": "response.created", "sequence_number": 4, "response": RESPONSE | signed}
        usage = {**USAGE, "input_tokens_details": {"tides": 2, **USAGE["input_tokens_details"]}, "sources": 3}
        assert last == {
            "type": "response.completed",
            "sequence_number": 13,
            "response": FINAL | signed | {"usage": usage},
            "metrics": {"ms": 5},
        }

    def test_the_end_waits(self) -> None:
        out, patcher = fed([CREATED, *WORDS, COMPLETED])
        assert b"response.completed" not in out
        assert b"usage" not in out.replace(b'"usage":null', b"")
        assert patcher.feed(*WORDS[0]) == b""

    def test_incomplete(self) -> None:
        """An answer that was cut short keeps its name and its reason."""
        body = {**FINAL, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        told = passed_on([CREATED, event("response.incomplete", 5, response=body)])[-1]
        assert (told["type"], told["response"]["incomplete_details"]) == (
            "response.incomplete",
            {"reason": "max_output_tokens"},
        )

    def test_without_reasoning(self) -> None:
        """Its items are gone, in the last event too, and those behind them move up; numbers stay the provider's."""
        told = passed_on([CREATED, *THOUGHT, *WORDS, COMPLETED], without_reasoning=True)
        assert [one["sequence_number"] for one in told] == [4, 9, 10, 11, 12, 13]
        assert [one["output_index"] for one in told if "output_index" in one] == [0, 0, 0, 0]
        assert told[-1]["response"]["output"] == [WROTE]
        assert "gAAA" not in str(told)

    def test_without_reasoning_of_a_new_kind(self) -> None:
        """What belongs to an item that is left out goes with it, whatever it is called."""
        strange = event("response.thought.delta", 7, output_index=0, delta="Hm.")
        told = passed_on([CREATED, THOUGHT[0], strange, *WORDS, COMPLETED], without_reasoning=True)
        assert "response.thought.delta" not in [one["type"] for one in told]

    def test_usage_is_told_once(self) -> None:
        """A server that counts from the beginning: the caller sees figures with their cost, at the end."""
        counting = event("response.created", 0, response={**RESPONSE, "usage": {"input_tokens": 9, "cost": 1}})
        told = passed_on([counting, *WORDS])
        assert told[0]["response"]["usage"] is None
        assert told[-1]["response"]["usage"] == USAGE

    def test_without_reasoning_and_places(self) -> None:
        """A server that tells no places: parts of reasoning are known by what they are."""
        part = event("response.content_part.added", 6, part={"type": "reasoning_text", "text": ""})
        plain = event("response.content_part.added", 7, part={"type": "output_text", "text": ""})
        told = passed_on([CREATED, part, plain, COMPLETED], without_reasoning=True)
        assert [one["sequence_number"] for one in told] == [4, 7, 13]

    def test_cut_streams_end_properly(self) -> None:
        """What a stream left out is made up: the response as it was told, with the items that were done."""
        told = passed_on([CREATED, *THOUGHT, *WORDS])
        last = told[-1]
        assert (last["type"], last["sequence_number"]) == ("response.completed", 13)
        signed = {"id": IDENTITY.id, "model": IDENTITY.model}
        done = {"status": "completed", "output": [REASONED, WROTE], "usage": USAGE}
        assert last["response"] == RESPONSE | signed | done
        hidden = passed_on([CREATED, *THOUGHT, *WORDS], without_reasoning=True)
        assert hidden[-1]["response"]["output"] == [WROTE]
        kinds = [one["type"] for one in passed_on([])]
        assert kinds == ["response.created", "response.in_progress", "response.completed"]

    def test_failing(self) -> None:
        """Both of the events that clients wait for, numbered on, with what was done."""
        out, patcher = fed([CREATED, *THOUGHT, *WORDS, COMPLETED])
        told = loaded(out + patcher.fail(UpstreamFailed("Too many", code=429, kind="rate_limit_exceeded")))
        error, failed = told[-2:]
        assert (error["type"], error["code"], error["message"]) == ("error", "rate_limit_exceeded", "Too many")
        assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
        assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Too many"}
        assert failed["response"]["output"] == [REASONED, WROTE]
        assert failed["response"]["usage"] is None
        assert [one["sequence_number"] for one in told[-2:]] == [14, 15]
        assert b"secret" not in patcher.fail(RuntimeError("secret"))

    def test_failing_before_anything(self) -> None:
        error = UpstreamFailed("Too many", code=429, kind="rate_limit_exceeded")
        assert Patcher(IDENTITY, without_reasoning=False).fail(error) == Writer(IDENTITY).fail(error)

    def test_too_long(self) -> None:
        """Is told as an incomplete answer (`behaviour.md` section 4.6)."""
        out, patcher = fed([CREATED, *WORDS])
        last = loaded(out + patcher.fail(UpstreamFailed("Long", code=400, kind="context_length_exceeded")))[-1]
        assert last["type"] == "response.incomplete"
        assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}

    def test_unnumbered(self) -> None:
        """A provider that numbers nothing: our own events are counted on."""
        bare = [(name, json.dumps({**json.loads(data), "sequence_number": None}).encode()) for name, data in WORDS]
        out, patcher = fed(
            [(CREATED[0], json.dumps({"type": "response.created", "response": RESPONSE}).encode()), *bare]
        )
        assert loaded(out + patcher.end(CHARGED))[-1]["sequence_number"] == 5

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            (b"error", b'{"type":"error","message":"Overloaded"}'),
            (b"response.failed", b'{"type":"response.failed","response":{"error":{"message":"x"}}}'),
            (b"", b'{"error":{"message":"Overloaded"}}'),
            (b"response.created", b"<html>"),
            (b"response.created", b'{"type":"response.created","response":7}'),
            (b"response.created", b'{"type":"response.created",\n"response"'),
        ],
    )
    def test_faults(self, name: bytes, data: bytes) -> None:
        with pytest.raises(StreamError):
            Patcher(IDENTITY, without_reasoning=False).feed(name, data)

    def test_one_line(self) -> None:
        """Line ends between a provider's values don't cut our events; nameless events get their names."""
        spread = b'{"type": "response.output_text.delta",\r\n "output_index": 0,\n "delta":\n "a\\nb"}'
        out, _ = fed([CREATED, (b"", spread)])
        name, data = events_of(out.decode())[-1]
        assert name == b"response.output_text.delta"
        assert b"\n" not in data
        assert json.loads(data) == json.loads(spread)


class TestWholeAnswers:
    """One whole answer."""

    def test_named_patches_only(self) -> None:
        body = b'{"id":"r","model":"up","output": [ {"id":"rs_1","type":"reasoning","x":"\\u0041"} ],"new":{"a": 1.0}}'
        out = patch_response(body, IDENTITY, CHARGED, without_reasoning=False)
        assert b'"output":[ {"id":"rs_1","type":"reasoning","x":"\\u0041"} ]' in out
        assert b'"new":{"a": 1.0}' in out
        told = json.loads(out)
        assert (told["id"], told["model"], told["usage"]) == (IDENTITY.id, IDENTITY.model, USAGE)

    def test_without_reasoning(self) -> None:
        told = patch_response(json.dumps(FINAL).encode(), IDENTITY, CHARGED, without_reasoning=True)
        assert json.loads(told)["output"] == [WROTE]

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"error":{}}', b'{"output":{}}', b'{"ou'])
    def test_no_answers(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            patch_response(body, IDENTITY, CHARGED, without_reasoning=False)


TARGET = Target("up", stream=False)


def patched(target: Target = TARGET, **fields: Any) -> dict[str, Any]:
    """What the provider gets of a request with these fields."""
    return json.loads(patch_request(json.dumps({"model": "m", "input": "hi", **fields}).encode(), target))


class TestRequests:
    """A caller's own request."""

    def test_fields_of_the_gateway(self) -> None:
        """None of them reaches a provider, but one that is a gateway itself and keeps them."""
        names = ("models", "provider", "session_id", "route", "transforms", "plugins", "trace", "preset", "debug")
        fields: dict[str, Any] = {**dict.fromkeys(names, "x"), "top_k": 3, "seed": 1, "modalities": ["text"]}
        assert patched(**fields) == {"model": "up", "input": "hi", "store": False}
        assert patched(TARGET._replace(keeps=frozenset({"provider"})), **fields)["provider"] == "x"

    def test_unknown_bytes_survive(self) -> None:
        """Nulls too, but for fields that are known, where they say nothing."""
        body = (
            b'{"model":"m","new": {"b":1.50,"a":[ 1 ]},"input":[ {"role":"user","content":"\\u00e9"}],"x":null,'
            b'"user":null}'
        )
        assert patch_request(body, Target("up", stream=True, max_tokens=5)) == (
            b'{"model":"up","new":{"b":1.50,"a":[ 1 ]},"input":[ {"role":"user","content":"\\u00e9"}],"x":null,'
            b'"store":false,"stream":true,"max_output_tokens":5}'
        )

    def test_spelling_inside_items(self) -> None:
        """Rows may name fields of items, of their parts and of tools, and roles."""
        target = TARGET._replace(
            renames={"messages.role.developer": "system", "parts.image_url": "url"},
            drops=frozenset({"messages.status", "parts.strict", "parts.annotations"}),
        )
        items = [
            {"role": "developer", "content": [{"type": "output_text", "text": "a", "annotations": []}]},
            {
                "type": "function_call_output",
                "output": [{"type": "input_image", "image_url": "u"}],
                "status": "completed",
            },
        ]
        told = patched(target=target, input=items, tools=[{"type": "function", "name": "f", "strict": True}])
        assert told["input"] == [
            {"role": "system", "content": [{"type": "output_text", "text": "a"}]},
            {"type": "function_call_output", "output": [{"type": "input_image", "url": "u"}]},
        ]
        assert told["tools"] == [{"type": "function", "name": "f"}]

    @pytest.mark.parametrize(
        ("asked", "sent"),
        [
            ({"effort": "low", "new": 1}, {"effort": "low", "new": 1}),
            ({"effort": "low", "exclude": True}, {"effort": "low"}),
            ({"enabled": True, "summary": "auto", "new": 1}, {"summary": "auto", "new": 1, "effort": "medium"}),
            ({"enabled": False}, {"effort": "none"}),
            ({"max_tokens": 80}, {"effort": "high"}),
            ({"exclude": True}, {}),
        ],
    )
    def test_reasoning(self, asked: dict[str, Any], sent: dict[str, Any]) -> None:
        """The reference's options become an effort; OpenAI would refuse them."""
        assert patched(reasoning=asked, max_output_tokens=100)["reasoning"] == sent

    def test_items_of_ours(self) -> None:
        """What was put into an earlier answer for the caller alone is taken out; the rest goes back as it came."""
        marked = {"type": "input_text", "text": "a", "cache_control": {"type": "ephemeral"}}
        unknown = {"type": "future_call", "x": [1], "content": [{"type": "odd"}]}
        items = [{"role": "user", "content": [marked]}, REASONED, unknown, WROTE]
        told = patched(input=items)["input"]
        assert told == [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}, REASONED, unknown, WROTE]
        kept = patched(TARGET._replace(keeps=frozenset({"cache_control"})), input=items)["input"]
        assert kept == items

    def test_ids_made_here(self) -> None:
        """Mean nothing to a provider, which would look for the item and not find it."""
        summary = [{"type": "summary_text", "text": "Hm."}]
        item = {"type": "reasoning", "summary": summary, "encrypted_content": "gAAA=="}
        assert patched(input=[{"id": "rs_tmp_1_0", **item}])["input"] == [item]

    def test_reasoning_of_others(self) -> None:
        """Sealed reasoning goes to the provider whose it is, and to no other."""
        claude = Reasoning("text", "Hm.", "EqQB", format="anthropic-claude-v1")
        xai = Reasoning("encrypted", data="sec", id="rs_x", format="xai-responses-v1")
        parts = [claude, xai, ToolCall("c1", "f", "{}", "c2ln")]
        events: list[Event] = [
            ReasoningDelta(0, "text", claude.text, claude.signature, format=claude.format),
            ReasoningDelta(1, "encrypted", data=xai.data, id=xai.id, format=xai.format),
            ToolCallDelta(0, "{}", "c1", "f", "c2ln"),
        ]
        assert fold(events).choices[0].parts == [
            Reasoning("text", "Hm.", "EqQB", format="anthropic-claude-v1", index=0),
            Reasoning("encrypted", data="sec", id="rs_x", format="xai-responses-v1", index=1),
            parts[2],
        ]
        output = json.loads(write_response(fold(events), IDENTITY, CHARGED))["output"]
        assert [one["type"] for one in output] == ["reasoning", "reasoning", "reasoning", "function_call"]
        assert patched(input=output)["input"] == output[3:]
        told = patched(TARGET._replace(reasoning_format="xai-responses-v1"), input=output)["input"]
        assert told == [{"id": "rs_x", "type": "reasoning", "summary": [], "encrypted_content": "sec"}, output[3]]

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"tools": [{"type": "openrouter:datetime"}]}, "openrouter:datetime"),
            ({"input": [{"role": "user", "content": [{"type": "input_video", "video_url": "u"}]}]}, r"input\[0\]"),
        ],
    )
    def test_refusals(self, fields: dict[str, Any], named: str) -> None:
        with pytest.raises(BadRequest, match=named):
            patched(**fields)

    def test_bare(self) -> None:
        """Whether it asks for anything is for `read_request` to say."""
        assert json.loads(patch_request(b"{}", TARGET)) == {"model": "up", "store": False}

    @pytest.mark.parametrize("body", [b"[]", b"", b'{"a"', b'{"input":[1,"reasoning"]}'])
    def test_no_requests(self, body: bytes) -> None:
        with pytest.raises(BadRequest):
            patch_request(body, TARGET)


NAMES = st.text("abcdefgh", min_size=4, max_size=8).map("x_{}".format)
WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
EXTRA = st.dictionaries(NAMES, VALUES, max_size=3)


@given(st.lists(EXTRA, min_size=10, max_size=10), st.sampled_from([None, 1, 2]), st.booleans())
def test_unknown_fields_survive(extras: list[dict[str, Any]], indent: int | None, without_reasoning: bool) -> None:  # noqa: FBT001
    """In every event of a stream, in the response inside, and in a whole answer, however they are laid out."""
    before = [
        {**json.loads(data), **extra}
        for (_, data), extra in zip([CREATED, *THOUGHT, *WORDS, COMPLETED], extras, strict=True)
    ]
    before[-1]["response"] = {**before[-1]["response"], **extras[0]}
    events = [(b"", json.dumps(one, indent=indent).encode()) for one in before]
    after = passed_on(events, without_reasoning=without_reasoning)
    left = [one for one in before if not (without_reasoning and one.get("output_index") == 0)]
    for told, one in zip(left, after, strict=True):
        known = set(told) - {"response", "output_index"}
        assert {name: one[name] for name in known} == {name: told[name] for name in known}
    assert {name: after[-1]["response"][name] for name in extras[0]} == extras[0]
    body = json.dumps({"output": [{"type": "odd", **extras[1]}], **extras[0]}, indent=indent).encode()
    whole = json.loads(patch_response(body, IDENTITY, CHARGED, without_reasoning=without_reasoning))
    assert {name: whole[name] for name in extras[0]} == extras[0]
    assert whole["output"] == [{"type": "odd", **extras[1]}]


@given(st.lists(WORD, max_size=4), st.booleans(), st.booleans())
def test_what_our_writer_writes_passes_through(texts: list[str], cut: bool, without_reasoning: bool) -> None:  # noqa: FBT001
    """A gateway behind a gateway: reading what was passed on gives what was written, the end missing or not."""
    thought: list[Event] = [ReasoningDelta(0, "summary", "Hm.", id="rs_1", format="openai-responses-v1")]
    events: list[Event] = [*thought, *(TextDelta(text) for text in texts), Finish(FinishReason.STOP, "completed")]
    writer = Writer(IDENTITY)
    written = events_of((writer.feed(events) + writer.end(CHARGED)).decode())
    out, patcher = fed(written[: -2 if cut else None], without_reasoning=without_reasoning)
    told = events_of((out + patcher.end(CHARGED)).decode())
    reader = Reader()
    read = [one for name, data in told for one in reader.feed(name, data)]
    assert reader.done
    parts = fold(events).choices[0].parts[1 if without_reasoning else 0 :]
    assert fold(read).choices[0].parts == parts
    usage = fold(read).usage
    assert usage is not None
    assert usage.total_tokens == CHARGED.usage.total_tokens
    body = write_response(fold(events), IDENTITY, CHARGED)
    again = read_response(patch_response(body, IDENTITY, CHARGED, without_reasoning=without_reasoning))
    assert fold(again).choices[0].parts == parts

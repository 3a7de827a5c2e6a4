"""Events and whole answers: what is mended, what is remembered for the bill, and that both ways agree."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai_chat_samples import ID

from modelport.dialects.canonical import FinishReason, Usage
from modelport.dialects.openai_chat import response as response_
from modelport.dialects.openai_chat.response import Bill, Malformed, read_usage
from modelport.dialects.openai_chat.stream import Assembler, Patcher, StreamError
from modelport.errors import UpstreamFailed

_NOTHING = Bill(Usage(), 0, 0, 0)
_PIECES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6)


def event(delta: dict[str, Any] | None, reason: str | None = None, **more: Any) -> bytes:
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return json.dumps({"id": "up-1", "object": "x", "choices": choices, **more}).encode()


def fed(patcher: Patcher, data: bytes) -> dict[str, Any]:
    out = patcher.feed(data)
    value: dict[str, Any] = json.loads(out.removeprefix(b"data: ")) if out else {}
    return value


def read(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole answer's way through."""
    choice = {"message": message, "finish_reason": "stop", **more.pop("choice", {})}
    answer = response_.read(json.dumps({"choices": [choice], **more}).encode(), ID, without_reasoning=False)
    value: dict[str, Any] = json.loads(response_.write(answer, _NOTHING))
    return value


class TestStrictness:
    """Variants that were seen to break official clients never go out (`strictness.json`)."""

    @pytest.mark.parametrize("name", ["tool_calls", "reasoning_details", "images", "audio", "annotations"])
    def test_null_lists_are_left_out(self, name: str) -> None:
        assert name not in fed(Patcher(ID), event({"content": "x", name: None}))["choices"][0]["delta"]
        assert name not in read({"role": "assistant", "content": "x", name: None})["choices"][0]["message"]

    def test_null_usage_error_and_fingerprint_are_left_out_of_events(self) -> None:
        out = fed(Patcher(ID), event({"content": "x"}, usage=None, error=None, system_fingerprint=None))
        assert not {"usage", "error", "system_fingerprint"} & set(out)

    def test_a_fingerprint_that_is_a_text_stays(self) -> None:
        assert fed(Patcher(ID), event({"content": "x"}, system_fingerprint="fp"))["system_fingerprint"] == "fp"

    def test_whole_answers_have_what_clients_require(self) -> None:
        out = read({"content": "x"}, error=None)
        assert out["system_fingerprint"] is None
        assert "error" not in out
        assert out["choices"][0]["message"]["role"] == "assistant"
        assert read({})["choices"][0]["message"]["content"] is None

    def test_details_are_full_of_numbers(self) -> None:
        usage = read({"content": "x"})["usage"]
        for name in ("prompt_tokens_details", "completion_tokens_details"):
            assert usage[name]
            assert all(type(value) is int for value in usage[name].values())
        assert isinstance(usage["cost"], (int, float))

    @pytest.mark.parametrize(
        ("native", "reason"),
        [
            ("stop", "stop"), ("eos", "stop"), ("end_turn", "stop"), ("STOP", "stop"), ("length", "length"),
            ("max_tokens", "length"), ("tool_calls", "tool_calls"), ("function_call", "tool_calls"),
            ("content_filter", "content_filter"), ("error", "error"), ("never-heard-of", "stop"), ("", None),
            (None, None),
        ],
    )  # fmt: skip
    def test_finish_reasons_are_the_references_five(self, native: str | None, reason: str | None) -> None:
        choice = fed(Patcher(ID), event({}, native))["choices"][0]
        assert choice["finish_reason"] == reason
        if native:
            assert choice["native_finish_reason"] == native

    @pytest.mark.parametrize("delta", [None, {}])
    def test_a_missing_delta_is_an_empty_one(self, delta: dict[str, Any] | None) -> None:
        assert fed(Patcher(ID), event(delta))["choices"][0]["delta"] == {}

    def test_the_identity_is_ours(self) -> None:
        out = fed(Patcher(ID), event({"content": "x"}, model="other", created=1.5, provider=None))
        assert (out["id"], out["model"], out["provider"], out["created"]) == (
            "gen-1",
            "maker/model",
            "Maker",
            1_750_000_000,
        )

    def test_unknown_fields_stay(self) -> None:
        out = fed(Patcher(ID), event({"content": "x", "x_delta": 1}, x_top={"a": None}))
        assert out["x_top"] == {"a": None}
        assert out["choices"][0]["delta"]["x_delta"] == 1


class TestRole:
    """OpenAI's own client adds up the role of every delta it gets, and sends `assistantassistant` back."""

    def test_it_is_said_once_for_each_choice(self) -> None:
        patcher = Patcher(ID)
        said = {"role": "assistant", "content": "x"}
        assert fed(patcher, event(said))["choices"][0]["delta"] == said
        assert fed(patcher, event(said))["choices"][0]["delta"] == {"content": "x"}
        other = json.dumps({"choices": [{"index": 1, "delta": said}]}).encode()
        assert fed(patcher, other)["choices"][0]["delta"] == said
        last = json.loads(patcher.end(_NOTHING).split(b"\n")[0].removeprefix(b"data: "))
        assert last["choices"][0]["delta"] == {"content": ""}

    def test_an_end_without_a_beginning_says_it(self) -> None:
        last = json.loads(Patcher(ID).fail(ValueError()).split(b"\n")[0].removeprefix(b"data: "))
        assert last["choices"][0]["delta"]["role"] == "assistant"


class TestPatcher:
    """What is held back and remembered."""

    def test_usage_and_the_end_are_held_back(self) -> None:
        patcher = Patcher(ID)
        assert patcher.feed(b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}') == b""
        assert patcher.feed(b"[DONE]") == b""
        assert patcher.done
        assert patcher.usage == Usage(3, 4)
        end = patcher.end(Bill(Usage(3, 4), 5_000, 2_000, 3_000)).split(b"\n\n")
        assert end[1:] == [b"data: [DONE]", b""]
        assert json.loads(end[0][6:])["usage"]["cost"] == pytest.approx(5e-6)

    def test_the_last_usage_told_counts(self) -> None:
        patcher = Patcher(ID)
        for count in (1, 5):
            patcher.feed(event({"content": "x"}, usage={"prompt_tokens": 2, "completion_tokens": count}))
        patcher.feed(event({}, "stop", usage=None))
        assert patcher.usage == Usage(2, 5)

    @pytest.mark.parametrize(
        "data", [b"", b"x", b"[]", b"1", b'{"error":"down"}', b'{"error":{"message":"down","code":500}}',
                 b'{"error":{}}', b"\xff", b"{" * 5000]
    )  # fmt: skip
    def test_anything_else_breaks_the_stream(self, data: bytes) -> None:
        with pytest.raises(StreamError):
            Patcher(ID).feed(data)

    @given(st.binary(max_size=60))
    def test_any_bytes_are_an_event_or_break_it(self, data: bytes) -> None:
        with contextlib.suppress(StreamError):
            Patcher(ID).feed(data)

    def test_a_failure_is_a_whole_event(self) -> None:
        out = Patcher(ID).fail(UpstreamFailed("Provider returned error")).split(b"\n\n")
        chunk = json.loads(out[0][6:])
        assert out[1] == b"data: [DONE]"
        assert chunk["error"] == {
            "code": 502,
            "message": "Provider returned error",
            "metadata": {"error_type": "provider_unavailable"},
        }
        assert chunk["choices"][0]["finish_reason"] == "error"

    def test_our_own_fault_says_nothing(self) -> None:
        chunk = json.loads(Patcher(ID).fail(ValueError("secret")).split(b"\n\n")[0][6:])
        assert chunk["error"] == {"code": 500, "message": "Internal Server Error", "metadata": {"error_type": "server"}}

    def test_reasoning_is_left_out_but_counts_as_output(self) -> None:
        patcher = Patcher(ID, without_reasoning=True)
        out = fed(patcher, event({"reasoning_content": "hm", "reasoning_details": [{"type": "x"}]}))
        assert out["choices"][0]["delta"] == {}
        assert patcher.has_output
        assert "hm" in patcher.text


class TestBothWays:
    """A stream added up is the whole answer it stands for."""

    @given(_PIECES, _PIECES, st.lists(st.tuples(st.integers(0, 2), st.text("abc{}:", max_size=4)), max_size=6))
    def test_added_up(self, spoken: list[str], thought: list[str], called: list[tuple[int, str]]) -> None:
        patcher, assembler = Patcher(ID), Assembler(ID)
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": text} for text in thought] + [{"content": text} for text in spoken]
        for index, arguments in called:
            function = {"name": f"f{index}" if index not in [i for i, _ in called[:1]] else "", "arguments": arguments}
            deltas.append({"tool_calls": [{"index": index, "id": f"c{index}", "function": function}]})
        for delta in deltas:
            if out := patcher.feed(event(delta)):
                assembler.feed(out)
        out = patcher.feed(event({}, "stop"))
        assembler.feed(out)
        answer = assembler.answer(patcher)
        message = json.loads(response_.write(answer, _NOTHING))["choices"][0]["message"]
        assert message["content"] == "".join(spoken)
        assert message.get("reasoning", "") == "".join(thought)
        sums: dict[int, str] = {}
        for index, arguments in called:
            sums[index] = sums.get(index, "") + arguments
        assert [call["function"]["arguments"] for call in message.get("tool_calls", [])] == [
            text for _, text in sorted(sums.items())
        ]
        assert answer.finish_reason == FinishReason.STOP

    def test_content_in_parts(self) -> None:
        patcher, assembler = Patcher(ID), Assembler(ID)
        part = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
        for delta in ({"content": [part]}, {"content": "so"}):
            assembler.feed(patcher.feed(event(delta)))
        message = json.loads(bytes(assembler.answer(patcher).fields["choices"]))[0]["message"]
        assert "hm" in json.dumps(message)
        assert "so" in json.dumps(message)

    def test_a_whole_answer_can_stand_for_a_stream(self) -> None:
        body = {"id": "u", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
        answer = response_.read(json.dumps(body).encode(), ID, without_reasoning=False)
        patcher = Patcher(ID)
        chunk = json.loads(patcher.whole(answer)[6:])
        assert chunk["object"] == "chat.completion.chunk"
        assert chunk["choices"][0]["delta"]["content"] == "hi"
        assert "system_fingerprint" not in chunk
        assert (patcher.done, patcher.finish_reason, patcher.upstream_id) == (True, FinishReason.STOP, "u")


class TestUsage:
    """A provider's usage in the house's meaning."""

    @pytest.mark.parametrize(
        ("told", "usage"),
        [
            (None, None),
            ({}, None),
            ([], None),
            ({"prompt_tokens": None}, None),
            ({"prompt_tokens": 5}, Usage(5)),
            ({"prompt_tokens": 5, "prompt_cache_hit_tokens": 3}, Usage(5, cached_tokens=3)),
            ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}, Usage(5, cached_tokens=5)),
            ({"prompt_tokens": -5, "completion_tokens": -1}, Usage()),
            ({"prompt_tokens": "5"}, Usage(5)),
            # xAI counts reasoning apart from the completion.
            (
                {
                    "prompt_tokens": 5,
                    "completion_tokens": 1,
                    "total_tokens": 16,
                    "completion_tokens_details": {"reasoning_tokens": 10},
                },
                Usage(5, 11, reasoning_tokens=10),
            ),
        ],
    )
    def test_reading(self, told: Any, usage: Usage | None) -> None:
        import msgspec

        assert read_usage(msgspec.Raw(json.dumps(told).encode())) == usage


class TestWhole:
    """What is no answer is told apart."""

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[]", b"{}", b'{"choices":[]}', b'{"choices":null}', b'{"error":{"message":"x"}}',
                 b'{"choices":[{"message":{}}],"error":"x"}', b"\xff", b"[" * 50_000]
    )  # fmt: skip
    def test_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            response_.read(body, ID, without_reasoning=False)

"""How providers of chat completions are asked to reason: an effort, a switch, a budget."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelport.dialects.canonical import Target
from modelport.dialects.openai_chat import canonical_request, request
from modelport.dialects.openai_chat.efforts import Wanted, spelled

PLAIN: frozenset[str] = frozenset()
TYPE = frozenset({"thinking_type"})
BESIDE = frozenset({"thinking_type", "thinking_effort"})
ADAPTIVE = frozenset({"thinking_type", "thinking_adaptive"})
ENABLE = frozenset({"enable_thinking"})
HI = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("wanted", "quirks", "longest", "said"),
    [
        (Wanted(), ENABLE, 1000, {}),
        (Wanted("high"), PLAIN, None, {"reasoning_effort": "high"}),
        (Wanted(enabled=True), PLAIN, None, {"reasoning_effort": "medium"}),
        (Wanted(enabled=False), PLAIN, None, {"reasoning_effort": "none"}),
        (Wanted(max_tokens=800), PLAIN, 1000, {"reasoning_effort": "high"}),
        (Wanted(max_tokens=10), PLAIN, 1000, {"reasoning_effort": "minimal"}),
        (Wanted("high"), TYPE, None, {"thinking": {"type": "enabled"}}),
        (Wanted("high"), BESIDE, None, {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        (Wanted("none"), BESIDE, None, {"thinking": {"type": "disabled"}}),
        (Wanted(enabled=True), ADAPTIVE, None, {"thinking": {"type": "adaptive"}}),
        (Wanted(enabled=False), ADAPTIVE, None, {"thinking": {"type": "disabled"}}),
        (Wanted("low"), ENABLE, 10_000, {"enable_thinking": True, "thinking_budget": 2_000}),
        (Wanted("low"), ENABLE, None, {"enable_thinking": True}),
        (Wanted(max_tokens=50), ENABLE, None, {"enable_thinking": True, "thinking_budget": 128}),
        (Wanted(max_tokens=99_999), ENABLE, None, {"enable_thinking": True, "thinking_budget": 32_768}),
        (Wanted("none"), ENABLE, 1000, {"enable_thinking": False}),
    ],
)
def test_spellings(wanted: Wanted, quirks: frozenset[str], longest: int | None, said: dict[str, Any]) -> None:
    assert spelled(wanted, Target("m", stream=False, quirks=quirks), longest) == said


def both(quirks: frozenset[str], **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the same body becomes on the way without translation, and on the way with it."""
    body = json.dumps({"model": "a", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()
    target = Target("m", stream=False, quirks=quirks)
    kept = json.loads(request.write(request.read(body), target))
    made = json.loads(canonical_request.write_request(canonical_request.read_request(body), target))
    return kept, made


@pytest.mark.parametrize("quirks", [PLAIN, TYPE, BESIDE, ADAPTIVE, ENABLE])
@pytest.mark.parametrize("reasoning", [{"effort": "low"}, {"enabled": False}, {"enabled": True}, {"max_tokens": 900}])
def test_both_ways_ask_alike(quirks: frozenset[str], reasoning: dict[str, Any]) -> None:
    kept, made = both(quirks, reasoning=reasoning, max_tokens=1000)
    assert kept == made


def test_the_older_field_alone_asks_too_and_is_not_sent_where_it_is_unknown() -> None:
    for said in both(TYPE, reasoning_effort="high"):
        assert said["thinking"] == {"type": "enabled"}
        assert "reasoning_effort" not in said


def test_a_callers_own_words_stay() -> None:
    kept, _ = both(TYPE, reasoning={"effort": "high"}, thinking={"type": "disabled"})
    assert kept["thinking"] == {"type": "disabled"}


def test_the_cap_of_credits_is_never_renamed_over() -> None:
    body = b'{"model":"a","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":5000}'
    for renames in ({"max_completion_tokens": "max_tokens"}, {"max_tokens": "max_completion_tokens"}, {}):
        target = Target("m", stream=False, max_tokens=7, renames=renames)
        sent = json.loads(request.write(request.read(body), target))
        assert [value for name, value in sent.items() if name.startswith("max_")] == [7]


class TestPrefill:
    """An answer that the caller began, for providers that want to be told that it is to be continued."""

    @pytest.mark.parametrize(("quirk", "mark"), [("prefill_prefix", "prefix"), ("prefill_partial", "partial")])
    def test_marked(self, quirk: str, mark: str) -> None:
        begun = {"role": "assistant", "content": "It is"}
        for body in both(frozenset({quirk}), messages=[*HI, begun]):
            assert body["messages"] == [*HI, {**begun, mark: True}]

    def test_not_marked(self) -> None:
        """Answers of the user's turn, calls, and where no mark is wanted; what the caller said of it stays."""
        begun = {"role": "assistant", "content": "It is"}
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        called = {"role": "assistant", "content": "Now", "tool_calls": [call]}
        for turns, quirks in (
            ([*HI, begun, *HI], frozenset({"prefill_prefix"})),
            ([*HI, called], frozenset({"prefill_prefix"})),
            ([*HI, begun], frozenset[str]()),
        ):
            for body in both(quirks, messages=turns):
                assert "prefix" not in json.dumps(body)
        kept, _ = both(frozenset({"prefill_prefix"}), messages=[*HI, {**begun, "prefix": False}])
        assert kept["messages"][-1]["prefix"] is False

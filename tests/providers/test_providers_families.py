"""Lines of models by their names, and what a provider is then sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelport.dialects.canonical import Message, ReasoningOptions, Request, Role, Target, Text
from modelport.gateway.dialect_table import DIALECTS
from modelport.providers.families import family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-3-5-sonnet-20241022", "claude with a budget"),
        ("claude-2.1", "claude with a budget"),
        ("claude-instant-1.2", "claude with a budget"),
        ("claude-opus-4-20250514", "claude with a budget"),
        ("claude-opus-4@20250514", "claude with a budget"),
        ("claude-sonnet-4-5-20250929", "claude with a budget"),
        ("anthropic/claude-opus-4.1", "claude with a budget"),
        ("claude-opus-4-6", "claude 4.6"),
        ("anthropic/claude-sonnet-4.6", "claude 4.6"),
        ("claude-opus-4-7", "claude from 4.7 on"),
        ("claude-sonnet-5", "claude from 4.7 on"),
        ("o3-mini", "o-series"),
        ("openai/o4-mini-2025-04-16", "o-series"),
        ("gpt-5", "gpt-5"),
        ("gpt-5-mini-2025-08-07", "gpt-5"),
        ("gpt-5-chat-latest", "unknown"),
        ("gpt-5.1", "gpt-5.1"),
        ("gpt-5.2-codex", "gpt-5.2 and later"),
        ("openai/gpt-oss-120b", "gpt-oss"),
        ("gpt-4o", "unknown"),
        ("gemini-2.5-pro", "gemini with a budget"),
        ("models/gemini-3-pro-preview", "gemini from 3 on"),
        ("gemini-3-flash-preview", "gemini 3 flash"),
        ("deepseek-v4-pro", "deepseek"),
        ("qwen3-max", "unknown"),
    ],
)
def test_names(model: str, family: str) -> None:
    assert family_of(model).name == family


def sent(dialect: str, model: str, efforts: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """The body for a model, as the gateway has it written."""
    family = family_of(model)
    target = Target(
        model, stream=False, default_max_tokens=4_096, drops=family.drops_beside(frozenset(), dialect),
        quirks=family.quirks_beside(frozenset(), dialect), efforts=efforts or family.efforts,
    )  # fmt: skip
    request = Request(model="m", messages=[Message(Role.USER, [Text("hi")])], **fields)
    return json.loads(DIALECTS[dialect].write_request(request, target))


class TestClaude:
    """Three generations of one line."""

    def test_older_ones_are_given_a_budget(self) -> None:
        body = sent("anthropic_messages", "claude-opus-4-5", max_tokens=10_000, reasoning=ReasoningOptions("high"))
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 8_000}

    def test_one_takes_both(self) -> None:
        assert sent("anthropic_messages", "claude-opus-4-6", max_tokens=10_000, reasoning=ReasoningOptions("xhigh"))[
            "output_config"
        ] == {"effort": "high"}
        options = ReasoningOptions(max_tokens=2_000)
        body = sent("anthropic_messages", "claude-opus-4-6", max_tokens=10_000, reasoning=options)
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 2_000}

    def test_newer_ones_get_an_effort_and_no_sampling(self) -> None:
        options = ReasoningOptions(max_tokens=8_000)
        body = sent("anthropic_messages", "claude-opus-4-7", max_tokens=10_000, temperature=0.3, reasoning=options)
        assert body["thinking"] == {"type": "adaptive"}
        assert body["output_config"] == {"effort": "high"}
        assert "temperature" not in body
        assert "temperature" not in sent("anthropic_messages", "claude-sonnet-5", temperature=0.3, top_k=4)


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
class TestOpenAi:
    """Models that reason only."""

    def effort(self, dialect: str, body: dict[str, Any]) -> str:
        return body["reasoning_effort"] if dialect == "openai_chat" else body["reasoning"]["effort"]

    @pytest.mark.parametrize(
        ("model", "wanted", "told"),
        [
            ("o3", "max", "high"), ("o3", "minimal", "low"), ("o3", "none", "low"), ("gpt-5", "none", "minimal"),
            ("gpt-5", "xhigh", "high"), ("gpt-5.2", "xhigh", "xhigh"), ("gpt-5.2", "max", "xhigh"),
            ("gpt-5.2", "minimal", "low"), ("gpt-5.2", "none", "none"), ("gpt-4o", "max", "max"),
        ],
    )  # fmt: skip
    def test_the_nearest_effort(self, dialect: str, model: str, wanted: str, told: str) -> None:
        assert self.effort(dialect, sent(dialect, model, reasoning=ReasoningOptions(wanted))) == told

    def test_the_catalogue_knows_better(self, dialect: str) -> None:
        body = sent(dialect, "o3", ("low", "max"), reasoning=ReasoningOptions("xhigh"))
        assert self.effort(dialect, body) == "max"

    def test_sampling_is_left_out(self, dialect: str) -> None:
        assert "temperature" not in sent(dialect, "o3", temperature=0.2)
        assert sent(dialect, "gpt-5.2", temperature=0.2)["temperature"] == 0.2


def test_a_row_that_says_how_its_models_think_goes_first() -> None:
    family = family_of("gemini-3-pro")
    assert family.quirks_beside(frozenset({"thinking_budget"}), "gemini") == {"thinking_budget"}
    assert family.quirks_beside(frozenset({"other"}), "gemini") == {"other", "thinking_level"}
    assert family.quirks_beside(frozenset(), "openai_chat") == frozenset()

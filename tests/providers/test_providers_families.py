"""Lines of models by their names, and what a provider is then sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelport.dialects.canonical import Message, ReasoningOptions, Request, Role, Target, Text
from modelport.errors import BadRequest
from modelport.gateway.dialect_table import DIALECTS
from modelport.providers.families import family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-3-5-sonnet-20241022", "claude 3.5"),
        ("claude-2.1", "claude before 3"),
        ("claude-instant-1.2", "claude before 3"),
        ("claude-opus-4-20250514", "claude 4"),
        ("claude-opus-4@20250514", "claude 4"),
        ("claude-sonnet-4-5-20250929", "claude 4.5"),
        ("anthropic/claude-opus-4.1", "claude 4"),
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
        ("gpt-5.2-codex", "gpt-5.2 and later, codex"),
        ("openai/gpt-oss-120b", "gpt-oss"),
        ("gpt-4o", "unknown"),
        ("gemini-2.5-pro", "gemini 2.5 pro"),
        ("google/gemini-2.5-flash-lite", "gemini with a budget"),
        ("learnlm-2.0-flash", "gemini with a budget"),
        ("gemini-1.5-pro", "gemini with a budget"),
        ("models/gemini-3-pro-preview", "gemini 3 pro"),
        ("gemini-3.1-pro-preview", "gemini from 3 on"),
        ("gemini-3-flash-preview", "gemini flash from 3 on"),
        ("deepseek-v4-pro", "deepseek"),
        ("qwen3-max", "qwen"),
        ("Qwen/Qwen3-32B", "qwen"),
        ("qwen2.5-72b", "unknown"),
        ("zai-org/GLM-4.6", "glm"),
        ("moonshotai/Kimi-K2.5", "kimi"),
        ("moonshotai/Kimi-K2-Instruct", "unknown"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude 4.5"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", "claude 3"),
        ("anthropic.claude-v2:1", "claude before 3"),
        ("anthropic.claude-3-7-sonnet-20250219-v1:0", "claude 3.7"),
        ("claude-opus-5-5", "claude from 4.7 on, always thinking"),
        ("us.amazon.nova-2-lite-v1:0", "nova 2"),
        ("amazon.nova-pro-v1:0", "nova"),
        ("openai.gpt-oss-120b-1:0", "gpt-oss"),
        ("qwen.qwen3-32b-v1:0", "qwen at Amazon"),
        ("mistral.mistral-large-2407-v1:0", "mistral at Amazon"),
        ("gpt-5-codex", "gpt-5-codex"),
        ("gpt-5.1-codex-max", "gpt-5.1-codex-max"),
        ("gpt-5.10", "gpt-5.2 and later"),
    ],
)
def test_names(model: str, family: str) -> None:
    assert family_of(model).name == family


def aim(dialect: str, model: str, efforts: tuple[str, ...] = (), row: frozenset[str] = frozenset()) -> Target:
    """A provider's name of a model, with what the gateway knows of it."""
    family = family_of(model)
    return Target(
        model, stream=False, default_max_tokens=4_096, drops=family.drops_beside(frozenset(), dialect),
        quirks=family.quirks_beside(row, dialect), efforts=efforts or family.efforts,
    )  # fmt: skip


def sent(dialect: str, model: str, efforts: tuple[str, ...] = (), row: str = "", **fields: Any) -> dict[str, Any]:
    """The body for a model, as the gateway has it written; `row` names quirks of its provider's."""
    request = Request(model="m", messages=[Message(Role.USER, [Text("hi")])], **fields)
    return json.loads(DIALECTS[dialect].write_request(request, aim(dialect, model, efforts, frozenset(row.split()))))


class TestClaude:
    """Generations of one line."""

    @pytest.mark.parametrize("dialect", ["anthropic_messages", "bedrock_converse"])
    def test_the_first_ones_do_not_think(self, dialect: str) -> None:
        body = sent(dialect, "anthropic.claude-3-haiku-20240307-v1:0", reasoning=ReasoningOptions("high"))
        assert "thinking" not in json.dumps(body)

    @pytest.mark.parametrize("dialect", ["anthropic_messages", "bedrock_converse"])
    def test_some_can_not_be_silenced(self, dialect: str) -> None:
        off = ReasoningOptions("none")
        assert '"disabled"' in json.dumps(sent(dialect, "anthropic.claude-opus-4-7", reasoning=off))
        asked = json.dumps(sent(dialect, "anthropic.claude-opus-5-5", reasoning=off))
        assert "disabled" not in asked
        assert '"output_config": {"effort": "low"}' in asked

    @pytest.mark.parametrize("dialect", ["anthropic_messages", "bedrock_converse"])
    def test_newer_ones_continue_nothing(self, dialect: str) -> None:
        turns = [Message(Role.USER, [Text("hi")]), Message(Role.ASSISTANT, [Text("I")])]
        request = Request(model="m", messages=turns)
        for model, refused in (("anthropic.claude-opus-4-6", True), ("anthropic.claude-opus-4-5", False)):
            target = aim(dialect, model)
            if refused:
                with pytest.raises(BadRequest, match="prefill"):
                    DIALECTS[dialect].write_request(request, target)
            else:
                assert DIALECTS[dialect].write_request(request, target)

    def test_older_ones_are_given_a_budget(self) -> None:
        body = sent("anthropic_messages", "claude-opus-4-5", max_tokens=10_000, reasoning=ReasoningOptions("high"))
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 8_000}

    def test_one_takes_both(self) -> None:
        assert sent("anthropic_messages", "claude-opus-4-6", max_tokens=10_000, reasoning=ReasoningOptions("xhigh"))[
            "output_config"
        ] == {"effort": "max"}
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


class TestOpenModels:
    """Lines that many serve: their templates' switches."""

    @pytest.mark.parametrize(
        ("model", "switch"),
        [
            ("Qwen/Qwen3-32B", "enable_thinking"), ("zai-org/GLM-4.6", "enable_thinking"),
            ("deepseek-ai/deepseek-v3.1", "thinking"), ("moonshotai/Kimi-K2.5", "thinking"),
        ],
    )  # fmt: skip
    def test_on_engines_of_ones_own(self, model: str, switch: str) -> None:
        for effort, on in (("high", True), ("none", False)):
            body = sent("openai_chat", model, row="template_switch", reasoning=ReasoningOptions(effort))
            assert body["chat_template_kwargs"] == {switch: on}
            assert "reasoning_effort" not in body

    def test_without_a_switch(self) -> None:
        body = sent("openai_chat", "openai/gpt-oss-20b", row="template_switch", reasoning=ReasoningOptions("minimal"))
        assert body["reasoning_effort"] == "low"
        assert "chat_template_kwargs" not in sent("openai_chat", "qwen3-max", reasoning=ReasoningOptions("low"))

    def test_one_that_can_not_be_silenced(self) -> None:
        body = sent("openai_chat", "glm-5.3", row="thinking_type thinking_effort", reasoning=ReasoningOptions("none"))
        assert (body["thinking"], body["reasoning_effort"]) == ({"type": "enabled"}, "low")

    def test_two_efforts(self) -> None:
        """Groq's of Qwen."""
        asked = [
            sent("openai_chat", "qwen/qwen3-32b", row="effort_on_or_off", reasoning=ReasoningOptions(effort))
            for effort in ("high", "none")
        ]
        assert [body["reasoning_effort"] for body in asked] == ["default", "none"]


@pytest.mark.parametrize(
    ("dialect", "model", "path"),
    [
        ("anthropic_messages", "claude-opus-4-6", "output_config.effort"),
        ("bedrock_converse", "anthropic.claude-opus-4-6", "own.output_config.effort"),
        (
            "bedrock_converse",
            "amazon.nova-2-lite-v1:0",
            "own.reasoningConfig.maxReasoningEffort",
        ),
        ("bedrock_converse", "openai.gpt-oss-20b-1:0", "own.reasoning_effort"),
        ("bedrock_converse", "qwen.qwen3-32b-v1:0", "own.reasoning_config"),
        ("gemini", "gemini-3-flash", "generationConfig.thinkingConfig.thinkingLevel"),
        ("openai_chat", "o3", "reasoning_effort"),
        ("openai_responses", "o3", "reasoning.effort"),
    ],
)
def test_every_dialect_obeys_the_efforts_of_the_catalogue(dialect: str, model: str, path: str) -> None:
    """An operator who says which efforts a model knows is heard wherever it is served."""
    body: Any = sent(dialect, model, efforts=("low",), reasoning=ReasoningOptions("high"))
    for name in path.split("."):
        body = body["additionalModelRequestFields" if name == "own" else name]
    assert body == "low"

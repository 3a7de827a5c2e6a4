"""What each line of models takes, whoever serves it in whatever dialect: facts that no provider's row can know.

The one table of them, found by the provider's name of the model: a regional id of Amazon's, an ARN, a path. A row of
the catalogue goes before what stands here, and so does a provider's row that says itself how its models think. Which
kinds of input a model takes stands in the catalogue alone, for routing needs it there.

Sources, as seen in stored copies of the pages on 2026-11-26 unless another day stands there:

- Claude: platform.claude.com/docs/en/build-with-claude/effort (which models know `xhigh` and `max`); openrouter.ai's
  migration guides for 4.6, 4.7 and 5 (a budget or adaptive at 4.6, adaptive only and no sampling from 4.7 on);
  platform.claude.com (prefill is a 400 from 4.6 on); docs.apiyi.com/en/live/2026-11/claude-thinking-guide-refresh
  (Opus 5.5 and Fable 5.1 can't be silenced). That Claude 3 and 3.5 don't think, and which of them Bedrock caches for:
  recorded requests, and pydantic-ai's profiles (2026-11-25).
- Gemini: hexdocs.pm/gemini_ex (`Gemini.Validation.ThinkingConfig`, after ai.google.dev/gemini-api/docs/gemini-3):
  levels of 3 Pro and 3 Flash, budgets of 2.5, and that 2.5 Pro always thinks; docs.rs/adk-model `ThinkingLevel` (3.1
  Pro knows no `minimal`).
- OpenAI: github.com/openai/openai-agents-python/issues/2089 (5.1), docs.rs/crate/meerkat-core (5.2 to 5.5, and that
  Codex can't be silenced), learnku.com/articles/90544 (gpt-5 knows `minimal`, and no sampling).
- DeepSeek: api-docs.deepseek.com/guides/thinking_mode.md.
- GLM-5.3 (always thinking, three efforts): dev.to/aihubmix (a guide with live calls of August 2026).
- Qwen, GLM, DeepSeek, Kimi on engines of one's own: docs.vllm.ai/en/stable/features/reasoning_outputs and SGLang's
  "separate reasoning" (`enable_thinking` of Qwen3, GLM and Gemma; `thinking` of DeepSeek and Granite).
- Nova, gpt-oss and Qwen at Amazon: recorded requests; inspect_ai issue 3767 (Nova 2); LiteLLM pull request 34347
  (`disable_parallel_tool_use`), 2026-11-25. Cache points of an hour at Amazon: from memory of AWS's "Prompt caching".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Family", "family_of"]


@dataclass(frozen=True, slots=True)
class Family:
    """One line of models."""

    name: str
    quirks: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By dialect, names of its `QUIRKS`."""
    drops: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By dialect, fields that these models refuse, and which an answer does not depend on."""
    efforts: tuple[str, ...] = ()
    """Efforts of reasoning that they know, the least first; empty where all are taken or none is known."""

    def quirks_beside(self, row: frozenset[str], dialect: str) -> frozenset[str]:
        """The quirks of a row with the family's: a row that says itself how its models think knows better."""
        own = self.quirks.get(dialect, frozenset())
        return row | (own - _WAYS if row & _WAYS else own)

    def drops_beside(self, row: frozenset[str], dialect: str) -> frozenset[str]:
        """The fields that a row drops, with the family's."""
        return row | self.drops.get(dialect, frozenset())


_WAYS: Final = frozenset({
    "thinking_budget", "thinking_level", "adaptive_thinking", "adaptive_only", "always_thinking", "no_thinking",
})  # fmt: skip
"""Quirks that say how a model is asked to think."""

_SAMPLING: Final = frozenset({
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs",
})  # fmt: skip
_NO_SAMPLING: Final = {"openai_chat": _SAMPLING, "openai_responses": _SAMPLING}
_THREE: Final = ("low", "medium", "high")


def _claude(
    name: str, *quirks: str, at_amazon: str = "", efforts: tuple[str, ...] = (), samples: bool = True
) -> Family:
    """A line of Claude, spoken to in Anthropic's dialect or in Amazon's."""
    ways = frozenset(quirks)
    amazon = (ways - {"no_thinking"}) | {"claude", "top_k" if samples else "no_sampling", *at_amazon.split()}
    if not ways & _WAYS:
        amazon |= {"thinking_budget"}
    return Family(
        name,
        {"anthropic_messages": ways, "bedrock_converse": amazon},
        {} if samples else {"anthropic_messages": frozenset({"temperature", "top_p", "top_k"})},
        efforts,
    )


_ADAPTIVE: Final = ("adaptive_thinking", "no_prefill")
_NEW: Final = "cache_points hour_cache_points new_tools"
_FIVE: Final = ("low", "medium", "high", "xhigh", "max")
_CLAUDE_NOW: Final = _claude(
    "claude from 4.7 on", *_ADAPTIVE, "adaptive_only", at_amazon=_NEW, efforts=_FIVE, samples=False
)


def _silent(family: Family) -> Family:
    """The same line, which can't be silenced."""
    always = frozenset({"always_thinking"})
    return replace(
        family,
        name=f"{family.name}, always thinking",
        quirks={dialect: quirks | always for dialect, quirks in family.quirks.items()},
    )


def _gemini(name: str, *quirks: str, efforts: tuple[str, ...] = ()) -> Family:
    return Family(name, {"gemini": frozenset(quirks)}, efforts=efforts)


def _at_amazon(name: str, *quirks: str, efforts: tuple[str, ...] = ()) -> Family:
    return Family(name, {"bedrock_converse": frozenset(quirks)}, efforts=efforts)


def _switched(name: str, switch: str, *, efforts: tuple[str, ...] = ()) -> Family:
    """Open models whose template has a switch, for servers that hand one on."""
    return Family(name, {"openai_chat": frozenset({switch})}, efforts=efforts)


_NAME: Final = "(?:^|[/.:])"
"""Where the name of a model begins: behind a maker, a region, or at the start."""

_FAMILIES: Final = (
    ("claude-(?:v?[12](?!\\d)|instant)", _claude("claude before 3", "no_thinking")),
    ("claude-3-7|claude-3\\.7", _claude("claude 3.7", at_amazon="cache_points")),
    ("claude-3-5|claude-3\\.5", _claude("claude 3.5", "no_thinking", at_amazon="cache_points")),
    ("claude-3", _claude("claude 3", "no_thinking")),
    ("claude-(?:opus|sonnet|haiku)-4[-.]5(?!\\d)", _claude("claude 4.5", at_amazon=_NEW, efforts=())),
    ("claude-(?:opus|sonnet|haiku)-4[-.]6(?!\\d)",
     _claude("claude 4.6", *_ADAPTIVE, at_amazon=_NEW, efforts=("low", "medium", "high", "max"))),
    ("claude-(?:opus|sonnet|haiku)-4(?![-.][7-9](?!\\d))", _claude("claude 4", at_amazon="cache_points")),
    ("claude-(?:opus-5[-.]5|fable-5[-.][1-9])", _silent(_CLAUDE_NOW)),
    ("claude-", _CLAUDE_NOW),
    (f"{_NAME}gpt-oss",
     Family("gpt-oss", {"bedrock_converse": frozenset({"reasoning_effort"})}, efforts=_THREE)),
    (f"{_NAME}o[134](?:-|$)", Family("o-series", {}, _NO_SAMPLING, _THREE)),
    (f"{_NAME}gpt-5(?:-mini|-nano|-pro)?(?:-20\\d\\d|$)",
     Family("gpt-5", {}, _NO_SAMPLING, ("minimal", *_THREE))),
    (f"{_NAME}gpt-5-codex", Family("gpt-5-codex", {}, _NO_SAMPLING, _THREE)),
    (f"{_NAME}gpt-5\\.1-codex-max", Family("gpt-5.1-codex-max", efforts=(*_THREE, "xhigh"))),
    (f"{_NAME}gpt-5\\.1(?:-codex)", Family("gpt-5.1-codex", efforts=_THREE)),
    (f"{_NAME}gpt-5\\.1(?!\\d)", Family("gpt-5.1", efforts=("none", *_THREE))),
    (f"{_NAME}gpt-5\\.\\d+-codex", Family("gpt-5.2 and later, codex", efforts=(*_THREE, "xhigh"))),
    (f"{_NAME}gpt-5\\.\\d", Family("gpt-5.2 and later", efforts=("none", *_THREE, "xhigh"))),
    (f"{_NAME}gemini-2\\.5-pro", _gemini("gemini 2.5 pro", "thinking_budget", "always_thinking")),
    (f"{_NAME}(?:learnlm|gemini-(?:1|2|robotics-er-1)\\b)", _gemini("gemini with a budget", "thinking_budget")),
    (f"{_NAME}gemini-\\d.*flash", _gemini("gemini flash from 3 on", "thinking_level", efforts=("minimal", *_THREE))),
    (f"{_NAME}gemini-3-pro", _gemini("gemini 3 pro", "thinking_level", efforts=("low", "high"))),
    (f"{_NAME}gemini-", _gemini("gemini from 3 on", "thinking_level", efforts=_THREE)),
    (f"{_NAME}nova-2", _at_amazon("nova 2", "nova_reasoning", "nova_top_k", "cache_points", efforts=_THREE)),
    (f"{_NAME}nova-", _at_amazon("nova", "nova_top_k", "cache_points")),
    ("(?:^|\\.)qwen\\.", _at_amazon("qwen at Amazon", "reasoning_config", efforts=("low", "high"))),
    ("(?:^|\\.)mistral\\.", _at_amazon("mistral at Amazon", "top_k")),
    (f"{_NAME}deepseek-", _switched("deepseek", "template_thinking", efforts=("low", "high", "max"))),
    (f"{_NAME}qw(?:en3|en-?plus|en-?flash|en-?turbo|q-)", _switched("qwen", "template_enable_thinking")),
    (f"{_NAME}glm-5\\.[3-9]",
     Family("glm from 5.3 on", {"openai_chat": frozenset({"template_enable_thinking", "always_thinking"})},
            efforts=("low", "high", "max"))),
    (f"{_NAME}glm-(?:4\\.[5-9]|[5-9])", _switched("glm", "template_enable_thinking")),
    (f"{_NAME}kimi-k(?:2\\.[5-9]|[3-9])", _switched("kimi", "template_thinking")),
    (f"{_NAME}gemma-?4", _switched("gemma", "template_enable_thinking")),
    (f"{_NAME}granite-", _switched("granite", "template_thinking")),
    (f"{_NAME}grok-3-mini", Family("grok 3 mini", efforts=("low", "high"))),
)  # fmt: skip
"""The first that is found in the name."""

_COMPILED: Final = tuple((re.compile(pattern), family) for pattern, family in _FAMILIES)
_UNKNOWN: Final = Family("unknown")


@lru_cache(maxsize=4_096)
def family_of(model: str) -> Family:
    """The line that a provider's name of a model belongs to; one without facts where the name does not tell."""
    name = model.casefold()
    return next((family for pattern, family in _COMPILED if pattern.search(name)), _UNKNOWN)

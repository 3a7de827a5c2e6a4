"""What each line of models takes, whoever serves it: the facts that a provider's row can't know.

Found by the provider's name of the model. A row of the catalogue goes before what stands here. Bedrock's models, whose
fields are Amazon's own, have a table beside their dialect (`dialects/bedrock_converse/families.py`).

Sources: Anthropic's pages on adaptive thinking and pydantic-ai's profiles (Claude from 4.6 on thinks adaptively, from
4.7 on takes no budget and no sampling; verified 2026-11-25); Google's page on thinking (levels since Gemini 3;
verified 2026-11-25); OpenAI's reference of reasoning models (o-series and the first GPT-5 refuse sampling; efforts of
each), from memory; DeepSeek's page on its thinking mode (verified 2026-11-26).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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


_WAYS: Final = frozenset({"thinking_budget", "thinking_level", "adaptive_thinking", "adaptive_only"})
"""Quirks that say how a model is asked to think."""

_SAMPLING: Final = frozenset({
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs",
})  # fmt: skip
_NO_SAMPLING: Final = {"openai_chat": _SAMPLING, "openai_responses": _SAMPLING}
_CLAUDE_EFFORTS: Final = ("low", "medium", "high", "max")

_FAMILIES: Final = (
    ("claude-(?:v?[123](?!\\d)|instant|(?:opus|sonnet|haiku)-4(?![-.][6-9](?!\\d)))", Family("claude with a budget")),
    (
        "claude-(?:opus|sonnet|haiku)-4[-.]6(?!\\d)",
        Family(
            "claude 4.6", {"anthropic_messages": frozenset({"adaptive_thinking"})}, efforts=_CLAUDE_EFFORTS
        ),
    ),
    (
        "claude-",
        Family(
            "claude from 4.7 on",
            {"anthropic_messages": frozenset({"adaptive_thinking", "adaptive_only"})},
            {"anthropic_messages": frozenset({"temperature", "top_p", "top_k"})},
            ("low", "medium", "high", "xhigh", "max"),
        ),
    ),
    ("(?:^|/)gpt-oss", Family("gpt-oss", efforts=("low", "medium", "high"))),
    ("(?:^|/)o[134](?:-|$)", Family("o-series", {}, _NO_SAMPLING, ("low", "medium", "high"))),
    ("(?:^|/)gpt-5(?:-mini|-nano|-pro|-codex)?(?:-20\\d\\d|$)",
     Family("gpt-5", {}, _NO_SAMPLING, ("minimal", "low", "medium", "high"))),
    ("(?:^|/)gpt-5\\.1(?!\\d)", Family("gpt-5.1", efforts=("none", "low", "medium", "high"))),
    ("(?:^|/)gpt-5\\.\\d", Family("gpt-5.2 and later", efforts=("none", "low", "medium", "high", "xhigh"))),
    ("(?:^|/)(?:learnlm|gemini-(?:1|2|robotics-er-1)\\b)",
     Family("gemini with a budget", {"gemini": frozenset({"thinking_budget"})})),
    ("(?:^|/)gemini-3.*flash",
     Family("gemini 3 flash", {"gemini": frozenset({"thinking_level", "thinking_level_minimal"})})),
    ("(?:^|/)gemini-", Family("gemini from 3 on", {"gemini": frozenset({"thinking_level"})})),
    ("(?:^|/)deepseek-", Family("deepseek", efforts=("low", "high", "max"))),
    ("(?:^|/)grok-3-mini", Family("grok 3 mini", efforts=("low", "high"))),
)  # fmt: skip
"""The first that is found in the name."""

_COMPILED: Final = tuple((re.compile(pattern), family) for pattern, family in _FAMILIES)
_UNKNOWN: Final = Family("unknown")


@lru_cache(maxsize=4_096)
def family_of(model: str) -> Family:
    """The line that a provider's name of a model belongs to; one without facts where the name does not tell."""
    name = model.casefold()
    return next((family for pattern, family in _COMPILED if pattern.search(name)), _UNKNOWN)

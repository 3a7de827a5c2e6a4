"""How much a model should think: effort, level and budget, by the rules of `behaviour.md` section 11.

Models since Gemini 3 take a `thinkingLevel`, those before it a `thinkingBudget` in tokens; both at once are refused
(Google's documentation of thinking, November 2026). A budget that a caller names in tokens is passed on to either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.gemini.wire import Fields, Thinking

if TYPE_CHECKING:
    from modelport.dialects.canonical import ReasoningOptions, Target

__all__ = ["MINIMAL", "THINKING_BUDGET", "THINKING_LEVEL", "knows_levels", "read_thinking", "write_thinking"]

THINKING_BUDGET = "thinking_budget"
THINKING_LEVEL = "thinking_level"
MINIMAL = "thinking_level_minimal"
"""Quirks of a row; see `request.QUIRKS`."""

_BEFORE_LEVELS = re.compile(r"(^|/)(learnlm|gemini-(1|2|robotics-er-1))\b")
"""Models that count thinking in tokens, by their names at Google; any other is taken for a newer one."""

_RATIOS = {"max": 0.95, "xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
_BUDGETS = {"max": 24_576, "xhigh": 24_576, "high": 24_576, "medium": 8_192, "low": 1_024, "minimal": 512}
"""Without a length to take a share of: what Google's own chat completions make of an effort (its documentation)."""
_LEAST, _MOST = 512, 24_576
"""Budgets that every thinking model before Gemini 3 takes: 2.5 Flash-Lite wants no less, 2.5 Flash no more."""
_LEVELS = {"max": "high", "xhigh": "high", "high": "high", "medium": "medium", "low": "low"}

_INT = msgspec.json.Decoder(int)
_STR = msgspec.json.Decoder(str)
_BOOL = msgspec.json.Decoder(bool)


def knows_levels(target: Target) -> bool:
    """Whether the model is of Gemini 3 or newer, by its row and else by its name."""
    if target.quirks & {THINKING_BUDGET, THINKING_LEVEL}:
        return THINKING_LEVEL in target.quirks
    return _BEFORE_LEVELS.search(target.model) is None


def read_thinking(raw: Raw, place: str) -> Thinking:
    """A caller's `thinkingConfig`; thoughts are shown to those who ask for them.

    Raises `BadRequest`.
    """
    fields = Fields(raw, place)
    budget, level = fields.take("thinkingBudget", _INT), fields.take("thinkingLevel", _STR)
    effort = (level or "").lower()
    options = Thinking(exclude=not fields.take("includeThoughts", _BOOL), config=raw)
    if effort and effort != "thinking_level_unspecified":
        options.effort = effort
    if budget is not None and budget > 0:
        options.max_tokens = budget
    elif budget is not None:
        options.enabled = budget < 0  # -1 leaves it to the model, 0 turns it off
    return options


def write_thinking(options: ReasoningOptions | None, target: Target, longest: int | None) -> Raw | dict[str, object]:
    """`thinkingConfig`, empty when nothing is to be said; `longest` is the length of the answer, if anybody set one."""
    if options is None:
        return {}
    if isinstance(options, Thinking) and options.config is not None:
        return options.config
    config: dict[str, object] = {}
    if options.enabled is False or options.effort == "none":
        # A model that can't be silenced is asked for as little as it can.
        return {"thinkingLevel": _lowest(target)} if knows_levels(target) else {"thinkingBudget": 0}
    if options.max_tokens is not None:
        config["thinkingBudget"] = min(max(options.max_tokens, 1), 32_768)
    elif options.effort is not None or options.enabled:
        effort = options.effort or "medium"
        if knows_levels(target):
            config["thinkingLevel"] = _LEVELS.get(effort, _lowest(target) if effort == "minimal" else "medium")
        else:
            config["thinkingBudget"] = _budget(effort, longest)
    if not options.exclude and (config or options.exclude is not None or options.summary is not None):
        config["includeThoughts"] = True
    return config


def _lowest(target: Target) -> str:
    return "minimal" if MINIMAL in target.quirks else "low"


def _budget(effort: str, longest: int | None) -> int:
    if longest is None:
        return _BUDGETS.get(effort, _BUDGETS["medium"])
    return max(min(int(longest * _RATIOS.get(effort, 0.5)), _MOST), _LEAST)

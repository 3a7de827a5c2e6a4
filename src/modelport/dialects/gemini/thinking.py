"""How much a model should think: effort, level and budget, by the rules of `behaviour.md` section 11.

Models since Gemini 3 take a `thinkingLevel`, those before it a `thinkingBudget` in tokens; both at once are refused
(Google's documentation of thinking, November 2026). A budget that a caller names in tokens is passed on to either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import share_of
from modelport.dialects.gemini.wire import Fields, Thinking

if TYPE_CHECKING:
    from modelport.dialects.canonical import ReasoningOptions, Target

__all__ = ["ALWAYS", "THINKING_BUDGET", "THINKING_LEVEL", "knows_levels", "read_thinking", "write_thinking"]

THINKING_BUDGET = "thinking_budget"
THINKING_LEVEL = "thinking_level"
ALWAYS = "always_thinking"
"""Quirks; see `request.QUIRKS`."""

_BUDGETS = {"max": 24_576, "xhigh": 24_576, "high": 24_576, "medium": 8_192, "low": 1_024, "minimal": 512}
"""Without a length to take a share of: what Google's own chat completions make of an effort (its documentation)."""
_LEAST, _MOST = 512, 24_576
"""Budgets that every thinking model before Gemini 3 takes: 2.5 Flash-Lite wants no less, 2.5 Flash no more."""
_LEAST_OF_ALL = 128
"""For a model that can't be told to think not at all (2.5 Pro)."""
_LEVELS = {"max": "high", "xhigh": "high", "high": "high", "medium": "medium", "low": "low", "minimal": "minimal"}

_INT = msgspec.json.Decoder(int)
_STR = msgspec.json.Decoder(str)
_BOOL = msgspec.json.Decoder(bool)


def knows_levels(target: Target) -> bool:
    """Whether the model is of Gemini 3 or newer, as any is of which nothing is known."""
    return THINKING_LEVEL in target.quirks or THINKING_BUDGET not in target.quirks


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
        if knows_levels(target):
            return {"thinkingLevel": _level("none", target)}
        return {"thinkingBudget": _LEAST_OF_ALL if ALWAYS in target.quirks else 0}
    if options.max_tokens is not None:
        config["thinkingBudget"] = min(max(options.max_tokens, 1), 32_768)
    elif options.effort is not None or options.enabled:
        effort = options.effort or "medium"
        if knows_levels(target):
            config["thinkingLevel"] = _level(effort, target)
        else:
            config["thinkingBudget"] = _budget(target.effort(effort), longest)
    if not options.exclude and (config or options.exclude is not None or options.summary is not None):
        config["includeThoughts"] = True
    return config


def _level(effort: str, target: Target) -> str:
    """The model's nearest level; of a model of which nothing is known only that every one since Gemini 3 has `low`."""
    if effort in {"none", "minimal"} and not target.efforts:
        return "low"
    return _LEVELS.get(target.effort(effort), "medium")


def _budget(effort: str, longest: int | None) -> int:
    if longest is None:
        return _BUDGETS.get(effort, _BUDGETS["medium"])
    return max(min(int(longest * share_of(effort)), _MOST), _LEAST)

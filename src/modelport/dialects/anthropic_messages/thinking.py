"""How much a model should think: effort and budget, by the rules of `behaviour.md` section 11.

`max_tokens` must exceed a budget. What the provider refuses
together with a budget gives way (Anthropic's documentation of extended thinking, "feature compatibility").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelport.dialects.anthropic_messages.wire import ADAPTIVE, ADAPTIVE_ONLY, ALWAYS, NO_THINKING, Thinking
from modelport.dialects.canonical import nearest_share, thinking_budget
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from msgspec import Raw

    from modelport.dialects.canonical import ReasoningOptions, Target

__all__ = ["DEFAULT_MAX_TOKENS", "think"]

DEFAULT_MAX_TOKENS = 4_096
"""The longest answer where nobody said: every Claude since 3 can give as much."""

_EFFORTS = {"minimal": "low"}
"""The nearest effort this dialect knows."""


def think(body: dict[str, Any], options: ReasoningOptions | None, *, target: Target, said: bool) -> None:
    """Turns reasoning on or off in a request that is otherwise written.

    `said`: somebody chose the `max_tokens` in it. Raises `BadRequest` when that leaves no room beside the budget.
    """
    if options is None or NO_THINKING in target.quirks:
        return
    if isinstance(options, Thinking) and options.thinking is not None:
        body["thinking"] = options.thinking
        return
    if options.enabled is False or options.effort == "none":
        if ALWAYS in target.quirks:
            body["output_config"] = {"effort": target.effort("none")}  # as little as it can
        else:
            body["thinking"] = {"type": "disabled"}
        return
    if options.enabled is None and options.effort is None and options.max_tokens is None:
        return
    forced = body.get("tool_choice", {}).get("type") in {"any", "tool"}
    if forced or _reasoning_is_missing(body["messages"]):
        return  # refused together with thinking, and the call matters more
    effort = target.effort(options.effort or "medium")
    if ADAPTIVE in target.quirks and (options.max_tokens is None or ADAPTIVE_ONLY in target.quirks):
        if options.effort is None and options.max_tokens is not None:
            effort = nearest_share(options.max_tokens / body["max_tokens"])
        body["thinking"] = {"type": "adaptive"}
        body["output_config"] = {"effort": target.effort(_EFFORTS.get(effort, effort))}
    else:
        body["thinking"] = {"type": "enabled", "budget_tokens": _budget(body, options, effort, said=said)}
    body.pop("temperature", None)
    body.pop("top_k", None)
    if body.get("top_p", 1) < 0.95:
        del body["top_p"]


def _budget(body: dict[str, Any], options: ReasoningOptions, effort: str, *, said: bool) -> int:
    longest: int = body["max_tokens"]
    budget = thinking_budget(longest, effort, options.max_tokens)
    if options.max_tokens is not None and not said and longest <= budget:
        longest = body["max_tokens"] = budget + DEFAULT_MAX_TOKENS
    if longest <= budget:
        raise BadRequest(
            f"`max_tokens` ({longest}) must be larger than the reasoning budget of {budget} tokens: raise it, "
            "or lower `reasoning`."
        )
    return budget


def _reasoning_is_missing(turns: list[dict[str, Any]]) -> bool:
    """Whether a tool loop is under way whose calls came without their reasoning: refused with thinking on."""
    if (
        len(turns) < 2
        or turns[-1]["role"] != "user"
        or not any(_kind(each) == "tool_result" for each in turns[-1]["content"])
    ):
        return False
    return _kind(turns[-2]["content"][0]) not in {"thinking", "redacted_thinking"}


def _kind(block: dict[str, Any] | Raw) -> str:
    return block["type"] if isinstance(block, dict) else ""

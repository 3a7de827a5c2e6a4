"""What each line of models wants said in its own way: Amazon has no words of its own for it.

Which line a model is of is known to who asks (`Target.quirks`), never here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelport.dialects.canonical import thinking_budget
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from modelport.dialects.canonical import ReasoningOptions, Target

__all__ = ["DEFAULT_MAX_TOKENS", "QUIRKS", "Ways", "ask_to_reason", "ways_of", "write_top_k"]

DEFAULT_MAX_TOKENS = 4_096
"""Beside a budget of reasoning, where nobody said how long an answer may be."""

_REASONING = {
    "thinking_budget": "budget",
    "adaptive_thinking": "adaptive",
    "nova_reasoning": "nova",
    "reasoning_effort": "effort",
    "reasoning_config": "config",
}
_TOP_K = {"top_k": "top_k", "nova_top_k": "inferenceConfig"}
QUIRKS = {
    "thinking_budget": "reasoning is asked for by Claude's `thinking` with a budget",
    "adaptive_thinking": "reasoning is asked for by an adaptive `thinking` and `output_config.effort`",
    "adaptive_only": "with the one before, a budget is refused",
    "always_thinking": "reasoning can't be turned off",
    "nova_reasoning": "reasoning is asked for by Nova's `reasoningConfig`",
    "reasoning_effort": "reasoning is asked for by `reasoning_effort`, as gpt-oss knows it",
    "reasoning_config": "reasoning is asked for by `reasoning_config`, as Qwen knows it",
    "top_k": "`top_k` is a field of the model's own",
    "nova_top_k": "`top_k` stands in an `inferenceConfig` of the model's own",
    "no_sampling": "`temperature`, `topP` and `top_k` are refused",
    "claude": "takes Claude's reasoning back, and refuses blank stop sequences",
    "cache_points": "takes cache points; others refuse a request that has any",
    "hour_cache_points": "takes them for an hour",
    "new_tools": "takes `strict` tools, and can be told to make one call at a time",
    "no_prefill": "an answer that the caller began is not continued, but refused",
}
"""What `Target.quirks` may name: here models differ, and not providers."""

_LEVELS = {"none": "low", "minimal": "low", "xhigh": "high", "max": "high"}
"""The nearest effort for models that know three."""
_OFF: dict[str, dict[str, Any]] = {
    "budget": {"thinking": {"type": "disabled"}},
    "adaptive": {"thinking": {"type": "disabled"}},
    "nova": {"reasoningConfig": {"type": "disabled"}},
    "effort": {"reasoning_effort": "low"},
    "config": {},
}
"""How reasoning is turned off; gpt-oss and Qwen can't be told to."""


class Ways(NamedTuple):
    """How one line of models is asked."""

    reasoning: Literal["budget", "adaptive", "nova", "effort", "config"] | None = None
    """None: it can't be asked to, or always does."""
    budget: bool = False
    """Whether an adaptive one takes a budget too."""
    always: bool = False
    """Whether it can't be silenced."""
    top_k: Literal["top_k", "inferenceConfig"] | None = None
    samples: bool = True
    """Whether `temperature`, `topP` and `top_k` can be set."""
    claude: bool = False
    caches: bool = False
    long_caches: bool = False
    new_tools: bool = False
    prefill: bool = True


def ways_of(target: Target) -> Ways:
    """How the target's model is asked; nothing special where nothing is known of it."""
    return _ways(target.quirks)


@lru_cache(maxsize=256)
def _ways(quirks: frozenset[str]) -> Ways:
    reasoning: Any = next((way for name, way in _REASONING.items() if name in quirks), None)
    top_k: Any = next((way for name, way in _TOP_K.items() if name in quirks), None)
    return Ways(
        reasoning,
        budget="adaptive_only" not in quirks,
        always="always_thinking" in quirks,
        top_k=top_k,
        samples="no_sampling" not in quirks,
        claude="claude" in quirks,
        caches="cache_points" in quirks,
        long_caches="hour_cache_points" in quirks,
        new_tools="new_tools" in quirks,
        prefill="no_prefill" not in quirks,
    )


def write_top_k(more: dict[str, Any], ways: Ways, top_k: int) -> None:
    """Puts `top_k` among the model's own fields, where it knows one."""
    match ways.top_k:
        case "top_k" if ways.samples:
            more["top_k"] = top_k
        case "inferenceConfig":
            more["inferenceConfig"] = {"topK": top_k}
        case _:
            pass


def ask_to_reason(body: dict[str, Any], more: dict[str, Any], options: ReasoningOptions | None, target: Target) -> None:
    """Turns reasoning on or off: in `more`, the model's own fields, and in a body that is otherwise written.

    Raises `BadRequest` when the length leaves no room beside a budget.
    """
    ways = ways_of(target)
    if options is None or ways.reasoning is None:
        return
    if options.enabled is False or options.effort == "none":
        more.update({"output_config": {"effort": target.effort("none")}} if ways.always else _OFF[ways.reasoning])
        return
    if options.enabled is None and options.effort is None and options.max_tokens is None:
        return
    effort = target.effort(options.effort or "medium")
    level = _LEVELS.get(effort, effort)
    match ways.reasoning:
        case "effort":
            more["reasoning_effort"] = level
        case "config":
            more["reasoning_config"] = level
        case "nova":
            if level == "high" and "inferenceConfig" in body:
                level = "medium"  # the highest refuses every setting of length and sampling beside it
            more["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": level}
        case "budget" | "adaptive":
            if not _impossible(body):
                _think(body, more, options, target, effort)


def _think(body: dict[str, Any], more: dict[str, Any], options: ReasoningOptions, target: Target, effort: str) -> None:
    """Claude's ways; what it refuses beside them gives way."""
    ways = ways_of(target)
    inference: dict[str, Any] = body.setdefault("inferenceConfig", {})
    if ways.reasoning == "adaptive" and (options.max_tokens is None or not ways.budget):
        more["thinking"] = {"type": "adaptive"}
        more["output_config"] = {"effort": "low" if effort == "minimal" else effort}
    else:
        longest: int = inference.get("maxTokens") or target.default_max_tokens or DEFAULT_MAX_TOKENS
        budget = thinking_budget(longest, effort, options.max_tokens or None)
        if "maxTokens" not in inference and longest <= budget:
            longest = budget + DEFAULT_MAX_TOKENS
        if longest <= budget:
            raise BadRequest(
                f"`max_tokens` ({longest}) must be larger than the reasoning budget of {budget} tokens: raise it, "
                "or lower `reasoning`."
            )
        inference["maxTokens"] = longest
        more["thinking"] = {"type": "enabled", "budget_tokens": budget}
    inference.pop("temperature", None)
    more.pop("top_k", None)
    if inference.get("topP", 1) < 0.95:
        del inference["topP"]
    if not inference:
        del body["inferenceConfig"]


def _impossible(body: dict[str, Any]) -> bool:
    """Whether Claude refuses to think: with a forced call, and in a tool loop whose reasoning was not sent back."""
    if {"any", "tool"} & body.get("toolConfig", {}).get("toolChoice", {}).keys():
        return True
    turns = body["messages"]
    if len(turns) < 2 or turns[-1]["role"] != "user":
        return False
    results = any(isinstance(each, dict) and "toolResult" in each for each in turns[-1]["content"])
    first = turns[-2]["content"][0]
    return results and not (isinstance(first, dict) and "reasoningContent" in first)

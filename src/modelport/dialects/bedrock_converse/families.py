"""What each line of models wants said in its own way: the one table, by a piece of the model's id.

Sources, verified 2026-11-25: recorded requests (Claude's `thinking` with a budget, and adaptive with 4.6; `top_k`;
`reasoning_effort` of gpt-oss; `reasoning_config` of Qwen; Nova's `inferenceConfig.topK`; cache points, strict tools);
AWS on Nova 2's `maxReasoningEffort` (inspect_ai issue 3767: the highest wants `maxTokens` unset); LiteLLM pull request
34347, tried at Bedrock (`disable_parallel_tool_use`); pydantic-ai's profiles (Claude from Opus 4.7 on: no budget and no
sampling; Qwen knows two efforts). Lifetimes of an hour are after AWS's "Prompt caching", from memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelport.errors import BadRequest

if TYPE_CHECKING:
    from modelport.dialects.canonical import ReasoningOptions

__all__ = ["DEFAULT_MAX_TOKENS", "Family", "ask_to_reason", "family_of", "write_top_k"]

DEFAULT_MAX_TOKENS = 4_096
"""Beside a budget of reasoning, where nobody said how long an answer may be."""

_RATIOS = {"max": 0.95, "xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
_LEVELS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
"""The nearest effort for models that know three."""
_OFF: dict[str, dict[str, Any]] = {
    "budget": {"thinking": {"type": "disabled"}},
    "adaptive": {"thinking": {"type": "disabled"}},
    "nova": {"reasoningConfig": {"type": "disabled"}},
    "effort": {"reasoning_effort": "low"},
    "qwen": {},
}
"""How reasoning is turned off; gpt-oss and Qwen can't be told to."""


class Family(NamedTuple):
    """How one line of models is asked."""

    reasoning: Literal["budget", "adaptive", "nova", "effort", "qwen"] | None = None
    """None: it can't be asked to, or always does."""
    budget: bool = False
    """Whether an adaptive one takes a budget too."""
    top_k: Literal["top_k", "inferenceConfig"] | None = None
    samples: bool = True
    """Whether `temperature`, `topP` and `top_k` can be set."""
    claude: bool = False
    """Takes Claude's reasoning back, and refuses blank stop sequences."""
    caches: bool = False
    """Takes cache points; others refuse a request that has any."""
    long_caches: bool = False
    """Takes them for an hour."""
    new_tools: bool = False
    """Takes `strict` tools, and can be told to make one call at a time."""


_CLAUDE = Family(top_k="top_k", claude=True)
_CLAUDE_CACHED = _CLAUDE._replace(caches=True)
_CLAUDE_3_7 = _CLAUDE_CACHED._replace(reasoning="budget")
_CLAUDE_4_5 = _CLAUDE_3_7._replace(long_caches=True, new_tools=True)
_CLAUDE_4_6 = _CLAUDE_4_5._replace(reasoning="adaptive", budget=True)
_NOVA = Family(top_k="inferenceConfig", caches=True)

_FAMILIES = (
    ("anthropic.claude-v", _CLAUDE),
    ("anthropic.claude-instant", _CLAUDE),
    ("anthropic.claude-3-7", _CLAUDE_3_7),
    ("anthropic.claude-3-5", _CLAUDE_CACHED),
    ("anthropic.claude-3-", _CLAUDE),
    ("anthropic.claude-opus-4-2", _CLAUDE_3_7),  # 4 with its date
    ("anthropic.claude-sonnet-4-2", _CLAUDE_3_7),
    ("anthropic.claude-opus-4-1", _CLAUDE_3_7),
    ("anthropic.claude-opus-4-5", _CLAUDE_4_5),
    ("anthropic.claude-sonnet-4-5", _CLAUDE_4_5),
    ("anthropic.claude-haiku-4-5", _CLAUDE_4_5),
    ("anthropic.claude-opus-4-6", _CLAUDE_4_6),
    ("anthropic.claude-sonnet-4-6", _CLAUDE_4_6),
    ("anthropic.claude", _CLAUDE_4_6._replace(budget=False, samples=False)),
    ("amazon.nova-2", _NOVA._replace(reasoning="nova")),
    ("amazon.nova", _NOVA),
    ("openai.gpt-oss", Family("effort")),
    ("qwen.", Family("qwen")),
    ("mistral.", Family(top_k="top_k")),
)
"""The first whose piece stands in the id: regions (`us.`) and the words of an ARN come before it."""

_UNKNOWN = Family()


def family_of(model: str) -> Family:
    """The family of a model id, an inference profile or an ARN; nothing special where the id does not tell."""
    return next((family for piece, family in _FAMILIES if piece in model), _UNKNOWN)


def write_top_k(more: dict[str, Any], family: Family, top_k: int) -> None:
    """Puts `top_k` among the model's own fields, where it knows one."""
    match family.top_k:
        case "top_k" if family.samples:
            more["top_k"] = top_k
        case "inferenceConfig":
            more["inferenceConfig"] = {"topK": top_k}
        case _:
            pass


def ask_to_reason(
    body: dict[str, Any], more: dict[str, Any], family: Family, options: ReasoningOptions | None, default: int | None
) -> None:
    """Turns reasoning on or off: in `more`, the model's own fields, and in a body that is otherwise written.

    `default` is the length where the caller gave none. Raises `BadRequest` when the length leaves no room beside a
    budget.
    """
    if options is None or family.reasoning is None:
        return
    if options.enabled is False or options.effort == "none":
        more.update(_OFF[family.reasoning])
        return
    if options.enabled is None and options.effort is None and options.max_tokens is None:
        return
    level = _LEVELS.get(options.effort or "medium", "medium")
    match family.reasoning:
        case "effort":
            more["reasoning_effort"] = level
        case "qwen":
            more["reasoning_config"] = "low" if level == "low" else "high"  # it knows these two
        case "nova":
            if level == "high" and "inferenceConfig" in body:
                level = "medium"  # the highest refuses every setting of length and sampling beside it
            more["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": level}
        case "budget" | "adaptive":
            if not _impossible(body):
                _think(body, more, family, options, default)


def _think(
    body: dict[str, Any], more: dict[str, Any], family: Family, options: ReasoningOptions, default: int | None
) -> None:
    """Claude's ways; what it refuses beside them gives way."""
    effort = options.effort or "medium"
    inference: dict[str, Any] = body.setdefault("inferenceConfig", {})
    if family.reasoning == "adaptive" and (options.max_tokens is None or not family.budget):
        more["thinking"] = {"type": "adaptive"}
        more["output_config"] = {"effort": "low" if effort == "minimal" else effort}
    else:
        longest: int = inference.get("maxTokens") or default or DEFAULT_MAX_TOKENS
        wanted = options.max_tokens or int(longest * _RATIOS.get(effort, 0.5))
        budget = max(min(wanted, 128_000), 1_024)
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

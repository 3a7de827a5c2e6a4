"""The wire types of chat completions: only what this house looks at; everything else travels untouched.

Ranges are the reference's (`behaviour.md` section 2). A field that is present but null means "not set".
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

__all__ = [
    "GATEWAY_FIELDS",
    "MaxPrice",
    "Message",
    "Peek",
    "Percentiles",
    "ProviderPreferences",
    "ReasoningOptions",
    "SortBy",
    "UpstreamUsage",
]

_Unit = Annotated[float, Meta(ge=0, le=1)]
_Penalty = Annotated[float, Meta(ge=-2, le=2)]
_Count = Annotated[int, Meta(ge=1)]
_Names = Annotated[list[str], Meta(max_length=64)]


class MaxPrice(Struct):
    """The most a caller wants to pay: USD per million tokens, per request, per image."""

    prompt: float | str | None = None
    completion: float | str | None = None
    request: float | str | None = None
    image: float | str | None = None
    audio: float | str | None = None


class Percentiles(Struct):
    """A threshold for each percentile that is given."""

    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p99: float | None = None


class SortBy(Struct):
    """The `sort` object: by what, and whether models that stand in for one another are sorted as one."""

    by: str | None = None
    partition: Literal["model", "none"] | None = None


class ProviderPreferences(Struct):
    """The `provider` object: which providers may serve the request and in which order."""

    order: _Names | None = None
    only: _Names | None = None
    ignore: _Names | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    sort: str | SortBy | None = None
    max_price: MaxPrice | None = None
    quantizations: _Names | None = None
    preferred_min_throughput: float | Percentiles | None = None
    """Tokens a second."""
    preferred_max_latency: float | Percentiles | None = None
    """Seconds to the first token."""
    options: dict[str, dict[str, Raw]] | None = None
    """By provider's slug: fields for that provider only."""


class ReasoningOptions(Struct):
    """The `reasoning` object."""

    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    max_tokens: _Count | None = None
    exclude: bool | None = None
    enabled: bool | None = None


class Message(Struct):
    """One message, as far as it is checked here: who speaks, and that it says something of a known shape."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Raw] | None = None
    name: str | None = None
    # `Raw | None` would take null only. All of these may become part of the prompt.
    tool_calls: Raw | UnsetType = UNSET
    function_call: Raw | UnsetType = UNSET
    refusal: Raw | UnsetType = UNSET
    reasoning: Raw | UnsetType = UNSET
    reasoning_content: Raw | UnsetType = UNSET
    reasoning_details: Raw | UnsetType = UNSET


class Peek(Struct):
    """The small fields of a request that routing, limits and billing need, with their types checked."""

    model: str | None = None
    models: _Names | None = None
    stream: bool | None = None
    max_tokens: _Count | None = None
    max_completion_tokens: _Count | None = None
    n: Annotated[int, Meta(ge=1, le=16)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    min_p: _Unit | None = None
    top_a: _Unit | None = None
    frequency_penalty: _Penalty | None = None
    presence_penalty: _Penalty | None = None
    repetition_penalty: Annotated[float, Meta(ge=0, le=2)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    parallel_tool_calls: bool | None = None
    user: str | None = None
    session_id: Annotated[str, Meta(max_length=256)] | None = None
    provider: ProviderPreferences | None = None
    service_tier: str | None = None
    reasoning: ReasoningOptions | None = None
    include_reasoning: bool | None = None
    reasoning_effort: str | None = None


GATEWAY_FIELDS = frozenset({
    "cache_control", "debug", "deferred_tools", "image_config", "include_reasoning", "max_tool_calls", "models",
    "plugins", "preset", "prompt_cache_options", "provider", "reasoning", "route", "session_id",
    "stop_server_tools_when", "stream_options", "trace", "transforms", "usage", "web_search_options",
    "x_search_filter",
})  # fmt: skip
"""Request fields that are meant for the gateway, and that a provider must not see."""


class PromptDetails(Struct):
    """What `prompt_tokens` is made of."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class CompletionDetails(Struct):
    """What `completion_tokens` is made of."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class UpstreamUsage(Struct):
    """`usage` as providers of this dialect report it."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's name for cached tokens."""
    cached_tokens: int | None = None
    """Moonshot's place for cached tokens."""
    num_cached_tokens: int | None = None
    """Mistral's."""
    num_search_queries: int | None = None


class UpstreamError(Struct):
    """The `error` object as providers of this dialect write it."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None

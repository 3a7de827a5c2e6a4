"""The wire types of text completions: only what this house looks at; everything else travels untouched.

Ranges are the reference's (`behaviour.md` section 2). A field that is present but null means "not set".
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct

__all__ = [
    "GATEWAY_FIELDS",
    "REASONING_FIELDS",
    "Asked",
    "Body",
    "Choice",
    "UpstreamError",
    "UpstreamUsage",
]

_Unit = Annotated[float, Meta(ge=0, le=1)]
_Penalty = Annotated[float, Meta(ge=-2, le=2)]
_Count = Annotated[int, Meta(ge=1)]
_Alternatives = Annotated[int, Meta(ge=0, le=20)]

GATEWAY_FIELDS = frozenset({
    "cache_control", "debug", "fallbacks", "include_reasoning", "max_tool_calls", "models", "plugins", "preset",
    "provider", "reasoning", "route", "session_id", "stop_server_tools_when", "stream_options", "trace", "transforms",
    "usage",
})  # fmt: skip
"""Request fields that are meant for the gateway, and that a provider must not see."""

REASONING_FIELDS = ("reasoning", "reasoning_content", "reasoning_details")
"""Where providers put reasoning, beside the text of a choice."""


class Reasoning(Struct):
    """The `reasoning` object, which the reference takes at this door too."""

    effort: str | None = None
    max_tokens: _Count | None = None
    enabled: bool | None = None
    exclude: bool | None = None
    summary: str | None = None


class Asked(Struct):
    """The small fields of a request, with their types checked."""

    model: str | None = None
    models: list[str] | None = None
    stream: bool | None = None
    max_tokens: _Count | None = None
    max_completion_tokens: _Count | None = None
    n: Annotated[int, Meta(ge=1, le=16)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: _Unit | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    min_p: _Unit | None = None
    top_a: _Unit | None = None
    frequency_penalty: _Penalty | None = None
    presence_penalty: _Penalty | None = None
    repetition_penalty: Annotated[float, Meta(ge=0, le=2)] | None = None
    logprobs: bool | _Alternatives | None = None
    """How many alternatives to tell for each token; the reference's callers also write chat's `true`."""
    top_logprobs: _Alternatives | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    user: str | None = None
    reasoning: Reasoning | None = None
    reasoning_effort: str | None = None
    include_reasoning: bool | None = None
    echo: bool | None = None
    suffix: str | None = None
    best_of: _Count | None = None


class PromptDetails(Struct):
    """What `prompt_tokens` is made of."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionDetails(Struct):
    """What `completion_tokens` is made of."""

    reasoning_tokens: int | None = None


class UpstreamUsage(Struct):
    """`usage` as providers of this dialect report it."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    """A second name for cached tokens, at the top level."""


class UpstreamError(Struct):
    """The `error` object as providers of this dialect write it."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None


class Choice(Struct):
    """One choice, of a whole answer or of an event: the two have the same shape in this dialect."""

    text: str | None = None
    index: int | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    """As many providers call reasoning."""
    logprobs: Raw = Raw()
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    stop_reason: Raw = Raw()
    """The sequence that ended it, or a token's number, with some servers."""
    error: Raw = Raw()


class Body(Struct):
    """A whole answer, or one event of a stream."""

    choices: list[Choice] | None = None
    id: str | int | None = None
    model: str | None = None
    usage: Raw = Raw()
    error: Raw = Raw()

"""The one table of what becomes of a parameter on its way to a provider of another dialect than the caller's.

It says what the writers in `dialects/` do; a test sends every parameter through every writer and holds the outcome
against it. Where caller and provider speak the same dialect everything is carried, unknown fields too.
`make docs` makes a page of it. An endpoint whose dialect refuses what is asked is passed over (`attempt`).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["DIALECT_ORDER", "PARAMETERS", "How", "Parameter"]

How = Literal["carried", "translated", "dropped", "refused"]
"""Sent as chat completions spell it; said in other words; left out, as the reference does; refused before the call."""

DIALECT_ORDER: Final[tuple[str, ...]] = (
    "openai_chat", "openai_completions", "openai_responses", "anthropic_messages", "gemini", "bedrock_converse",
    "cohere_chat",
)  # fmt: skip
"""The columns."""

_WORDS: Final[dict[str, How]] = {"c": "carried", "t": "translated", "d": "dropped", "r": "refused"}


class Parameter(NamedTuple):
    """One row."""

    by_dialect: dict[str, How]
    note: str = ""


def _row(letters: str, note: str = "") -> Parameter:
    by_dialect: dict[str, How] = {}
    for dialect, letter in zip(DIALECT_ORDER, letters.split(), strict=True):
        by_dialect[dialect] = _WORDS[letter]
    return Parameter(by_dialect, note)


PARAMETERS: Final[dict[str, Parameter]] = {
    "max_tokens": _row("c c t c t t c", "never more than the credits reach for"),
    "temperature": _row("c c c c t t c", "Claude: at most 1, and left out while it thinks"),
    "top_p": _row("c c c c t t t"),
    "top_k": _row("c c d c t t t"),
    "min_p": _row("c c d d d d d"),
    "top_a": _row("c c d d d d d"),
    "frequency_penalty": _row("c c d d t d c"),
    "presence_penalty": _row("c c d d t d c"),
    "repetition_penalty": _row("c c d d d d d"),
    "seed": _row("c c d d t d c"),
    "stop": _row("c c d t t t t"),
    "n": _row("c c r r t r r", "more than 1"),
    "logit_bias": _row("c c d d d d d"),
    "logprobs": _row("c t t d t d c"),
    "top_logprobs": _row("c t c d t d d"),
    "response_format: json_object": _row("c r t t t t c", "a line of the system prompt where there is no such field"),
    "response_format: json_schema": _row("c r t t t t t"),
    "response_format: json_schema, strict": _row(
        "c r t d d d d", "where it is dropped the schema is always held to, as far as the model does"
    ),
    "tools": _row("c r t t t t c"),
    "tools, strict": _row("c r t t d t d"),
    "tools of another dialect's own": _row(
        "r r r r r r r", "web searches and the like that the provider itself runs; its own are carried"
    ),
    "tool_choice: auto": _row("c r c t t t d"),
    "tool_choice: none": _row("c r c t t t t"),
    "tool_choice: required": _row("c r c t t t t"),
    "tool_choice: a function": _row("c r t t t t t"),
    "parallel_tool_calls": _row("c r c t d t d"),
    "reasoning.effort": _row("t d t t t t t", "efforts that a model does not know become the nearest"),
    "reasoning.max_tokens": _row("t d t t t t t", "an effort, where only efforts are known"),
    "reasoning.enabled: false": _row("t d t t t t t"),
    "reasoning.summary": _row("d d t d d d d"),
    "verbosity": _row("c d t t d d d"),
    "modalities: image": _row("c r r r t d r", "Bedrock: pictures come where a model draws them"),
    "modalities: audio": _row("c r r r t r r"),
    "prediction": _row("c d d d d d d", "a hint for speed only"),
    "service_tier": _row("c d c d t t d"),
    "user": _row("c c c t d d d"),
    "metadata": _row("c d c d d d d"),
    "cache_control": _row("d d d c d t d", "of the whole prompt; OpenAI's dialects and Gemini cache by themselves"),
    "messages: role developer": _row("c t t t t t t"),
    "messages: role system": _row("c t t t t t c"),
    "messages: name": _row(
        "c d t t t t t", "written before the words where there is no field, and for models that are not OpenAI's"
    ),
    "messages: prefill": _row("c r t t t t c", "whether the model continues it is the model's matter"),
    "messages: cache_control": _row("c d d c d t d"),
    "messages: cache_control, ttl": _row("c d d c d t d"),
    "messages: image by address": _row("c r t t t r c", "where it is refused, it is fetched and sent as data"),
    "messages: image as data": _row("c r t t t t c"),
    "messages: image detail": _row("c r t d d d c"),
    "messages: file as data": _row("c r t t t t r"),
    "messages: file by address": _row("c r t t t r r", "Bedrock: fetched and sent as data"),
    "messages: file by id": _row("c r t t t r r", "an id means something to the provider only that gave it"),
    "messages: audio": _row("c r t r t t r"),
    "messages: video by address": _row("c r r r t r r"),
    "messages: refusal": _row("c r t t t t t"),
    "messages: reasoning with a signature": _row(
        "c r d t d t d", "Claude's, to each; a signature means something to its maker only"
    ),
    "messages: tool results": _row("c r t t t t t"),
    "messages: tool result, image": _row("c r t t t t r"),
    "messages: tool result, is_error": _row("d r d t t t d"),
}
"""By name; `messages: ...` is something inside a message."""

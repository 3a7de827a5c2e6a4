"""What can be told of a model from a few facts: the parameters it takes, the tokenizer of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["parameters", "tokenizer"]

_TOKENIZERS = (
    ("openai/gpt-oss", "GPT"),
    ("openai/", "GPT"),
    ("anthropic/", "Claude"),
    ("google/gemma", "Gemma"),
    ("google/", "Gemini"),
    ("x-ai/", "Grok"),
    ("cohere/", "Cohere"),
    ("amazon/", "Nova"),
    ("qwen/qwen3", "Qwen3"),
    ("qwen/", "Qwen"),
    ("deepseek/", "DeepSeek"),
    ("mistralai/", "Mistral"),
    ("meta-llama/llama-4", "Llama4"),
    ("meta-llama/llama-3", "Llama3"),
    ("meta-llama/", "Llama2"),
)
"""By the beginning of an id; the first that fits, in the reference's words."""


def parameters(
    outputs: Collection[str], *, tools: bool, reasoning: bool, structured: bool, temperature: bool
) -> tuple[str, ...]:
    """The request parameters of a model with these abilities."""
    if "text" not in outputs:
        return ()
    found = ["max_tokens", "stop"]
    if temperature:
        found += ["temperature", "top_p"]
    if tools:
        found += ["tools", "tool_choice"]
    if structured:
        found += ["response_format", "structured_outputs"]
    if reasoning:
        found += ["reasoning", "include_reasoning"]
    return tuple(sorted(found))


def tokenizer(model_id: str) -> str:
    """The family of its tokenizer."""
    return next((name for start, name in _TOKENIZERS if model_id.startswith(start)), "Other")

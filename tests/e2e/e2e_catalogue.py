"""Models for a shop window: made up, but of every kind a page has to show."""

from __future__ import annotations

from typing import Any

__all__ = ["KEYLESS", "shop_window"]

KEYLESS = {"novita": "NovitaAI", "nebius": "Nebius"}
"""Providers, by slug, that nobody has entered a key for."""

_WORDS = (
    "A general model for chat, code and long documents. It follows instructions closely, calls tools, "
    "and reads pictures and scanned pages.\n\nGood at: summaries, extraction, translation between Chinese and English."
)


def shop_window(port: int) -> dict[str, Any]:
    """Two dozen models of eight authors, served by three providers that are all the scripted one on `port`."""
    url = f"http://127.0.0.1:{port}/v1"
    providers = [
        {"slug": "deepinfra", "name": "DeepInfra", "base_url": url},
        {"slug": "together", "name": "Together", "base_url": url},
        {"slug": "fireworks", "name": "Fireworks", "base_url": url},
        *[
            {"slug": slug, "name": name, "base_url": url, "api_key": "env:NO_KEY_YET", "source": "synced"}
            for slug, name in KEYLESS.items()
        ],
    ]
    authors = ("qwen", "deepseek", "mistralai", "meta-llama", "google", "openai", "moonshotai", "acme")
    sizes = (("mini", 0.05, 32_768), ("pro", 0.6, 131_072), ("max", 3.0, 1_000_000))
    models = [
        _model(f"{author}/sample-{size}", author, size, price * (1 + place / 4), context, place * 3 + rank)
        for place, author in enumerate(authors)
        for rank, (size, price, context) in enumerate(sizes)
    ]
    talk = "text?tokens=120&interval_ms=8"
    models += [
        _one("acme/writer", "Acme: Writer", talk, description="Writes at a steady pace.", created=1_793_000_000),
        _one(
            "acme/thinker",
            "Acme: Thinker",
            "text?kind=reasoning&tokens=60&interval_ms=5",
            description="Thinks before it speaks.",
            created=1_792_900_000,
        ),
        _one(
            "acme/echo:free", "Acme: Echo (free)", "text?text=@last", prompt="0", completion="0", created=1_792_800_000
        ),
        _one(
            "acme/down",
            "Acme: Down",
            "text?fail=status&status=500",
            description="Its provider fails.",
            created=1_792_700_000,
        ),
    ]
    models += [_waiting(slug) for slug in KEYLESS]
    return {"providers": providers, "models": models}


def _waiting(provider: str) -> dict[str, Any]:
    """A model that only lacks its provider's key."""
    model = _one(f"acme/later-{provider}", f"Acme: Later ({provider})", "text", created=1_780_000_000)
    model["source"] = "synced"
    model["endpoints"][0] |= {"provider": provider, "source": "synced"}
    return model


def _one(
    name: str,
    title: str,
    upstream: str,
    *,
    description: str = "Says what you say.",
    prompt: str = "0.000001",
    completion: str = "0.000002",
    created: int,
) -> dict[str, Any]:
    endpoint = {
        "provider": "deepinfra",
        "upstream_model": upstream,
        "pricing": {"prompt": prompt, "completion": completion},
    }
    return {
        "id": name,
        "name": title,
        "description": description,
        "context_length": 131_072,
        "created": created,
        "supported_parameters": ["max_tokens", "temperature", "reasoning"],
        "endpoints": [endpoint],
    }


def _model(name: str, author: str, size: str, price: float, context: int, age: int) -> dict[str, Any]:
    # Dearer with each provider; the biggest ones also have prices for caches.
    def endpoint(provider: str, factor: float, **more: Any) -> dict[str, Any]:
        pricing = {"prompt": _text(price * factor), "completion": _text(price * factor * 4)}
        if size != "mini":
            pricing["input_cache_read"] = _text(price * factor / 10)
        return {"provider": provider, "upstream_model": "text?tokens=40", "pricing": pricing, **more}

    endpoints = [endpoint("deepinfra", 1.0, quantization="fp8")]
    if size != "mini":
        endpoints.append(endpoint("together", 1.2, quantization="bf16"))
    if size == "max":
        endpoints.append(endpoint("fireworks", 1.35, max_completion_tokens=32_768))
    inputs = {"mini": ["text"], "pro": ["text", "image"], "max": ["text", "image", "file"]}[size]
    return {
        "id": name,
        "name": f"{author.title()}: Sample {size.title()}",
        "description": _WORDS if size != "mini" else "Small, quick and cheap.",
        "context_length": context,
        "created": 1_790_000_000 - age * 800_000,
        "architecture": {"input_modalities": inputs, "output_modalities": ["text"]},
        "supported_parameters": ["max_tokens", "temperature", "top_p", "tools", "seed"]
        + ([] if size == "mini" else ["structured_outputs", "response_format", "reasoning"]),
        "endpoints": endpoints,
    }


def _text(dollars_a_million: float) -> str:
    return f"{dollars_a_million / 1_000_000:.9f}".rstrip("0")

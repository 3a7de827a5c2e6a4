"""A LiteLLM proxy's configuration file: `model_list`, the aliases of its router, prices, references to variables."""

from __future__ import annotations

from decimal import InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from modelport.catalog import marked
from modelport.catalog.imports.plan import Plan, Unreadable, id_of, slug_of
from modelport.catalog.offers.offer import Offer, per_unit
from modelport.catalog.offers.shape import parameters, tokenizer
from modelport.catalog.words import Written
from modelport.kit.told import Told
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from modelport.catalog.offers.naming import Names

    Item = dict[str, Any]

__all__ = ["read_litellm"]

_PROVIDERS = {
    "anthropic": "anthropic", "bedrock": "amazon-bedrock", "cerebras": "cerebras", "cohere": "cohere",
    "cohere_chat": "cohere", "dashscope": "alibaba", "deepinfra": "deepinfra", "deepseek": "deepseek",
    "fireworks_ai": "fireworks", "gemini": "google-ai-studio", "groq": "groq", "hosted_vllm": "vllm",
    "huggingface": "huggingface", "minimax": "minimax", "mistral": "mistral", "moonshot": "moonshotai",
    "nebius": "nebius", "novita": "novita", "nvidia_nim": "nvidia", "ollama": "ollama", "ollama_chat": "ollama",
    "openai": "openai", "openrouter": "openrouter", "perplexity": "perplexity", "sambanova": "sambanova",
    "together_ai": "together", "volcengine": "volcengine", "xai": "xai", "zai": "z-ai",
}  # fmt: skip
"""What stands before the slash of `litellm_params.model`."""
_PRICES = {
    "input_cost_per_token": "prompt",
    "output_cost_per_token": "completion",
    "cache_read_input_token_cost": "input_cache_read",
    "cache_creation_input_token_cost": "input_cache_write",
    "input_cost_per_request": "request",
}
_LEFT = {
    "general_settings": Told(
        "general_settings", "`general_settings` (master key, database) is of the other server alone"
    ),
    "litellm_settings": Told("litellm_settings", "`litellm_settings` has no counterpart: look through it by hand"),
}


def read_litellm(text: str, names: Names) -> Plan:
    """The plan of a configuration file. Raises `Unreadable`."""
    try:
        value, _, _ = marked.parse(text)
    except marked.Unreadable as error:
        raise Unreadable(f"line {error.position[0]}: {error.message}; {error.remedy}") from None
    root = _object(value)
    if not isinstance(root.get("model_list"), list):
        raise Unreadable("there is no `model_list` in it")
    plan = Plan("litellm")
    ids: dict[str, str] = {}
    for entry in cast("list[object]", root["model_list"]):
        _entry(plan, _object(entry), names, ids)
    router = _object(root.get("router_settings"))
    for alias, target in _object(router.get("model_group_alias")).items():
        name: object = _object(target).get("model") or target  # a word, or an object that holds it
        if "/" in alias and isinstance(name, str) and name in ids:
            plan.aliases.setdefault(ids[name], []).append(alias)
        else:
            plan.notes.append(Told("alias", f"alias {alias!r} is left out: an id here is `author/slug`", name=alias))
    if router.get("fallbacks") or _object(root.get("litellm_settings")).get("fallbacks"):
        plan.notes.append(
            Told("fallbacks", "fallbacks between models are left out: callers name them in `models`, or a preset does")
        )
    plan.notes += [words for key, words in _LEFT.items() if root.get(key)]
    return plan


def _entry(plan: Plan, entry: Item, names: Names, ids: dict[str, str]) -> None:
    params, info = _object(entry.get("litellm_params")), _object(entry.get("model_info"))
    public, model = entry.get("model_name"), params.get("model")
    if not isinstance(public, str) or not isinstance(model, str):
        plan.notes.append(Told("nameless", "an entry without `model_name` or `litellm_params.model` is left out"))
        return
    if "*" in public or "*" in model:
        plan.notes.append(
            Told(
                "many_models",
                f"{public!r} stands for many models and is left out: sync with the provider instead",
                name=public,
            )
        )
        return
    prefix, slash, upstream = model.partition("/")
    if not slash:
        prefix, upstream = "openai", model
    slug = _provider(plan, prefix, params)
    if slug is None:
        plan.notes.append(
            Told(
                "more_than_a_key",
                f"{public!r} is left out: {prefix!r} needs more than a key; set that provider up by hand",
                name=public,
                provider=prefix,
            )
        )
        return
    plan.add_key(slug, _reference(params.get("api_key")), weight=_whole(params.get("weight")) or 1)
    model_id = ids.setdefault(public, id_of(public, slug, names))
    offered = {(each.provider, each.model_id): each.upstream_model for each in plan.offers}
    if offered.get((slug, model_id), upstream) != upstream:
        plan.notes.append(
            Told(
                "second_name",
                f"{public!r}: {slug} serves it under a second name, {upstream!r}, which is left out",
                name=public,
                provider=slug,
                second=upstream,
            )
        )
        return
    if (slug, model_id) not in offered:
        plan.offers.append(_offer(slug, model_id, upstream, params, info))
    limits = [key for key in ("rpm", "tpm", "max_parallel_requests") if params.get(key) is not None]
    if limits:
        plan.notes.append(
            Told(
                "limits_left",
                f"{public!r}: {', '.join(limits)} are left out: `max_concurrency` limits a provider here",
                name=public,
                limits=", ".join(limits),
            )
        )


def _provider(plan: Plan, prefix: str, params: Item) -> str | None:
    known, address = _PROVIDERS.get(prefix), _reference(params.get("api_base") or params.get("base_url"))
    if known is None and not (prefix.startswith("custom_openai") and address):
        return None
    row = ROWS.get(known or "")
    if address and not address.startswith("env:") and (row is None or row.wires[row.dialect].base_url != address):
        slug = slug_of(address.partition("://")[2].partition("/")[0])
        plan.providers.setdefault(
            slug,
            {
                "slug": slug,
                "name": slug,
                "base_url": address.rstrip("/"),
                "dialect": row.dialect if row is not None else "openai_chat",
            },
        )
        return slug
    if row is None or any(option.default is None for option in row.options.values()):
        return None
    plan.providers.setdefault(row.slug, {"slug": row.slug})
    return row.slug


def _offer(slug: str, model_id: str, upstream: str, params: Item, info: Item) -> Offer:
    facts = {**info, **params}
    outputs = ("embeddings",) if facts.get("mode") == "embedding" else ("text",)
    told = any(key.startswith("supports_") for key in info)
    return Offer(
        provider=slug,
        upstream_model=upstream,
        model_id=model_id,
        context_length=_whole(facts.get("max_input_tokens")),
        max_completion_tokens=_whole(info.get("max_output_tokens")),
        input_modalities=("text", "image") if info.get("supports_vision") else (),
        output_modalities=outputs if facts.get("mode") else (),
        supported_parameters=parameters(
            outputs,
            tools=bool(info.get("supports_function_calling")),
            reasoning=bool(info.get("supports_reasoning")),
            structured=bool(info.get("supports_response_schema")),
            temperature=True,
        )
        if told
        else (),
        pricing=_pricing(facts),
        tokenizer=tokenizer(model_id),
    )


def _pricing(facts: Item) -> Item | None:
    found: Item = {}
    for key, name in _PRICES.items():
        price = facts.get(key)
        if isinstance(price, int | float | str):
            try:
                found[name] = per_unit(price.text if isinstance(price, Written) else str(price))
            except InvalidOperation:
                return None
    if "prompt" not in found or None in found.values():
        return None
    return {"completion": "0", **found}


def _reference(value: object) -> str:
    """A word, or where the environment holds it, as a catalogue file says it."""
    if not isinstance(value, str):
        return ""
    return f"env:{value.removeprefix('os.environ/')}" if value.startswith("os.environ/") else value


def _object(value: object) -> Item:
    return cast("Item", value) if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None

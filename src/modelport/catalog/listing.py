"""The public model list: its filters, sorts and pages, from a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from modelport.catalog.building import answer
from modelport.catalog.checks import did_you_mean
from modelport.catalog.errors import BadQuery
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelport.catalog.snapshot import Model, Snapshot

__all__ = ["FILTERS", "SORTS", "count", "page"]


MODALITIES = ("text", "image", "embeddings", "audio", "video", "rerank", "decisions", "speech", "transcription")
_INPUTS = ("text", "image", "file", "audio", "video")
_LATER = frozenset({
    "category", "distillable", "zdr", "region", "use_rss", "min_intelligence_index", "max_intelligence_index",
    "min_coding_index", "max_coding_index", "min_agentic_index", "max_agentic_index", "min_tool_success_rate",
    "max_tool_success_rate",
})  # fmt: skip
"""The reference's filters that this server has no facts for: ignoring them would give wrong lists."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's cheapest endpoint charges, as USD per million tokens."""

    prompt: Fraction
    completion: Fraction


def page(snapshot: Snapshot, query: Mapping[str, str], path: str) -> bytes:
    """The answer of `GET /models` at `path`.

    Raises `BadQuery` for a filter or sort that is unknown or has an impossible value.
    """
    known = {*FILTERS, "sort", "offset", "limit"}
    # What is no filter of the reference (a cache buster, a client's own mark) is passed over, as there.
    query = {key: value for key, value in query.items() if value != "" and (key in known or key in _LATER)}
    if not query:
        return snapshot.models_json
    for key in query:
        if key in _LATER:
            raise BadQuery(f"Filter `{key}` is not supported by this server; leave it out.")
    found = _sorted(_filtered(snapshot, query), query.get("sort", "newest"))
    total, link = len(found), b"null"
    if "offset" in query or "limit" in query:
        offset, limit = _whole(query, "offset", 0, 0, 2**53), _whole(query, "limit", 500, 1, 1000)
        found = found[offset : offset + limit]
        if found and offset + limit < total:
            following = urlencode({**query, "offset": offset + limit, "limit": limit})
            link = msgspec.json.encode(f"{path}?{following}")
    return answer((snapshot.cards[model.id] for model in found), total, link)


def count(snapshot: Snapshot, query: Mapping[str, str]) -> int:
    """How many models have one of the wanted outputs."""
    return len(_filtered(snapshot, {"output_modalities": query.get("output_modalities", "")}))


def _filtered(snapshot: Snapshot, query: Mapping[str, str]) -> list[Model]:
    tests = [make(query[key]) for key, make in FILTERS.items() if query.get(key)]
    if not query.get("output_modalities"):
        tests.append(_outputs("text"))
    models = (snapshot.models[each] for each in snapshot.listed)
    return [model for model in models if all(test(model) for test in tests)]


def _sorted(models: list[Model], sort: str) -> list[Model]:
    if sort not in SORTS:
        raise BadQuery(f"Sort {sort!r} is not supported by this server; {did_you_mean(sort, SORTS)}.")
    return sorted(models, key=SORTS[sort])


def _price(model: Model) -> Price:
    pricing = model.endpoints[0].pricing
    part = Fraction(pricing.kept, pricing.whole) / 10**9
    return Price(pricing.base.prompt * part, pricing.base.completion * part)


def _both(model: Model) -> Fraction:
    price = _price(model)
    return price.prompt + price.completion


SORTS: dict[str, Callable[[Model], tuple[object, ...]]] = {
    "newest": lambda model: (-model.created, model.id),
    "pricing-low-to-high": lambda model: (_both(model), model.id),
    "pricing-high-to-low": lambda model: (-_both(model), model.id),
    "context-high-to-low": lambda model: (-model.context_length, model.id),
}
"""Sorts by name, each as a key that also says what comes first among equals."""


def _q(value: str) -> Callable[[Model], bool]:
    word = value.strip().casefold()
    return lambda model: any(word in text.casefold() for text in (model.id, model.name, model.canonical_slug))


def _parameters(value: str) -> Callable[[Model], bool]:
    wanted = set(_words(value))
    return lambda model: wanted <= set(model.supported_parameters)


def _inputs(value: str) -> Callable[[Model], bool]:
    wanted = set(_chosen("input_modalities", value, _INPUTS))
    return lambda model: wanted <= set(model.architecture.input_modalities)


def _outputs(value: str) -> Callable[[Model], bool]:
    wanted = set(_chosen("output_modalities", value, (*MODALITIES, "all")))
    return lambda model: "all" in wanted or not wanted.isdisjoint(model.architecture.output_modalities)


def _context(value: str) -> Callable[[Model], bool]:
    least = _whole({"context": value}, "context", 0, 0, 2**53)
    return lambda model: model.context_length >= least


def _authors(value: str) -> Callable[[Model], bool]:
    wanted = {word.casefold() for word in _words(value)}
    return lambda model: model.author.casefold() in wanted


def _providers(value: str) -> Callable[[Model], bool]:
    wanted = {word.casefold() for word in _words(value)}
    return lambda model: any(
        each.provider.slug in wanted or each.provider.name.casefold() in wanted for each in model.endpoints
    )


def _arch(value: str) -> Callable[[Model], bool]:
    return lambda model: model.architecture.tokenizer.casefold() == value.casefold()


def _min_age(value: str) -> Callable[[Model], bool]:
    newest = _days_ago("min_age_days", value)
    return lambda model: model.created <= newest


def _max_age(value: str) -> Callable[[Model], bool]:
    oldest = _days_ago("max_age_days", value)
    return lambda model: model.created >= oldest


def _price_filter(name: str) -> Callable[[str], Callable[[Model], bool]]:
    def make(value: str) -> Callable[[Model], bool]:
        bound = _dollars(name, value)
        if name == "min_price":
            return lambda model: _price(model).prompt >= bound
        if name == "max_price":
            return lambda model: _price(model).prompt <= bound
        if name == "min_output_price":
            return lambda model: _price(model).completion >= bound
        return lambda model: _price(model).completion <= bound

    return make


FILTERS: dict[str, Callable[[str], Callable[[Model], bool]]] = {
    "q": _q,
    "supported_parameters": _parameters,
    "input_modalities": _inputs,
    "output_modalities": _outputs,
    "context": _context,
    "min_price": _price_filter("min_price"),
    "max_price": _price_filter("max_price"),
    "min_output_price": _price_filter("min_output_price"),
    "max_output_price": _price_filter("max_output_price"),
    "model_authors": _authors,
    "providers": _providers,
    "arch": _arch,
    "min_age_days": _min_age,
    "max_age_days": _max_age,
}
"""Filters by name, each making a test from its value; a model must pass all."""


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _chosen(name: str, value: str, known: Iterable[str]) -> list[str]:
    words = _words(value)
    for word in words:
        if word not in known:
            raise BadQuery(f"`{name}` has no value {word!r}; {did_you_mean(word, list(known))}.")
    return words


def _whole(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 16 or not least <= int(value) <= most:
        raise BadQuery(f"`{name}` must be a whole number from {least} to {most}, and is {value!r}.")
    return int(value)


def _dollars(name: str, value: str) -> Fraction:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise BadQuery(f"`{name}` must be a number of dollars per million tokens, and is {value!r}.")
    return Fraction(number)


def _days_ago(name: str, value: str) -> int:
    days = _whole({name: value}, name, 0, 0, 100_000)
    return int((clock.now() - timedelta(days=days)).timestamp())

"""Faults between the items of a catalogue file: ids given twice, unknown providers, prices of free models."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from modelport.catalog.pricing import PRICE_KEYS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from modelport.catalog.document import EndpointEntry, ModelEntry, PricingEntry, ProviderEntry

__all__ = ["Finding", "Path", "between", "did_you_mean"]

Path = tuple[str | int, ...]
"""Where in the file: `("models", 0, "endpoints", 1, "pricing")`."""


class Finding(NamedTuple):
    """One fault, by its place in the file's structure."""

    path: Path
    message: str
    remedy: str


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A remedy that names the nearest of `known`, or a few of them when none is near."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    some = sorted(known)
    return f"use one of: {', '.join(some[:20])}{', ...' if len(some) > 20 else ''}" if some else "remove it"


def between(
    providers: Sequence[tuple[Path, ProviderEntry]],
    models: Sequence[tuple[Path, ModelEntry]],
    known_providers: Collection[str] | None,
) -> Iterator[Finding]:
    """Faults that show only when items are seen together.

    `known_providers` are those an endpoint may name; None leaves that check out.
    """
    seen: set[str] = set()
    for path, provider in providers:
        if provider.slug in seen:
            yield Finding((*path, "slug"), f"provider {provider.slug!r} is given twice", "keep one of the two")
        seen.add(provider.slug)
    yield from _names(models)
    for path, model in models:
        yield from _endpoints(path, model, known_providers)
        if model.alias_target is not None and model.endpoints:
            yield Finding((*path, "alias_target"), "a name for another model has endpoints", "remove one of the two")


def _names(models: Sequence[tuple[Path, ModelEntry]]) -> Iterator[Finding]:
    ids: set[str] = set()
    for path, model in models:
        if model.id in ids:
            yield Finding(
                (*path, "id"),
                f"model {model.id!r} is given twice",
                "put the endpoints of both into the list of one",
            )
        ids.add(model.id)
    owners: dict[str, str] = {}
    for path, model in models:
        for number, alias in enumerate(model.aliases):
            if alias in ids:
                yield Finding(
                    (*path, "aliases", number), f"alias {alias!r} is also the id of a model", "remove the alias"
                )
            elif alias in owners:
                yield Finding(
                    (*path, "aliases", number), f"alias {alias!r} leads to {owners[alias]!r} already", "keep one"
                )
            owners.setdefault(alias, model.id)


def _endpoints(path: Path, model: ModelEntry, known_providers: Collection[str] | None) -> Iterator[Finding]:
    tags: set[str] = set()
    for number, endpoint in enumerate(model.endpoints):
        here = (*path, "endpoints", number)
        if known_providers is not None and endpoint.provider not in known_providers:
            yield Finding(
                (*here, "provider"),
                f"no provider is called {endpoint.provider!r}",
                did_you_mean(endpoint.provider, known_providers) if known_providers else "add it under `providers`",
            )
        if endpoint.tag in tags:
            yield Finding(
                here,
                f"a second endpoint is called {endpoint.tag!r}",
                "give one of them a `variant`, such as `turbo`",
            )
        tags.add(endpoint.tag)
        if model.id.endswith(":free"):
            yield from _free((*here, "pricing"), endpoint)


def _free(path: Path, endpoint: EndpointEntry) -> Iterator[Finding]:
    for place, key, price in _prices(path, endpoint.pricing):
        if price:
            yield Finding(
                (*place, key),
                "a `:free` model has a price",
                'set the price to "0", or leave `:free` off the id',
            )


def _prices(path: Path, pricing: PricingEntry) -> Iterator[tuple[Path, str, int]]:
    entries = [(path, pricing), *(((*path, "overrides", n), each) for n, each in enumerate(pricing.overrides))]
    for place, entry in entries:
        for key in PRICE_KEYS:
            yield place, key, getattr(entry, key) or 0

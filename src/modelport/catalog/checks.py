"""Faults between the items of a catalogue file: ids given twice, unknown providers, prices of free models."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from modelport.catalog.pricing import PRICE_KEYS
from modelport.kit.told import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from modelport.catalog.document import EndpointEntry, ModelEntry, PricingEntry, ProviderEntry

__all__ = ["Finding", "Path", "between", "did_you_mean"]

Path = tuple[str | int, ...]
"""Where in the file: `("models", 0, "endpoints", 1, "pricing")`."""


class Finding(NamedTuple):
    """One fault, by its place in the file's structure."""

    path: Path
    message: Told
    remedy: str


def did_you_mean(word: str, known: Collection[str]) -> Told:
    """A remedy that names the nearest of `known`, or a few of them when none is near."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return Told("near", f"did you mean `{near[0]}`?", near=near[0])
    some = ", ".join(sorted(known)[:20]) + (", ..." if len(known) > 20 else "")
    return Told("some", f"use one of: {some}", some=some) if known else Told("remove", "remove it")


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
            yield Finding(
                (*path, "slug"),
                Told("provider_twice", f"provider {provider.slug!r} is given twice", provider=provider.slug),
                "keep one of the two",
            )
        seen.add(provider.slug)
    yield from _names(models)
    for path, model in models:
        yield from _endpoints(path, model, known_providers)
        if model.alias_target is not None and model.endpoints:
            yield Finding(
                (*path, "alias_target"),
                Told("alias_endpoints", "a name for another model has endpoints"),
                "remove one of the two",
            )


def _names(models: Sequence[tuple[Path, ModelEntry]]) -> Iterator[Finding]:
    ids: set[str] = set()
    for path, model in models:
        if model.id in ids:
            yield Finding(
                (*path, "id"),
                Told("model_twice", f"model {model.id!r} is given twice", model=model.id),
                "put the endpoints of both into the list of one",
            )
        ids.add(model.id)
    owners: dict[str, str] = {}
    for path, model in models:
        for number, alias in enumerate(model.aliases):
            if alias in ids:
                yield Finding(
                    (*path, "aliases", number),
                    Told("alias_is_model", f"alias {alias!r} is also the id of a model", alias=alias),
                    "remove the alias",
                )
            elif alias in owners:
                yield Finding(
                    (*path, "aliases", number),
                    Told(
                        "alias_taken",
                        f"alias {alias!r} leads to {owners[alias]!r} already",
                        alias=alias,
                        model=owners[alias],
                    ),
                    "keep one",
                )
            owners.setdefault(alias, model.id)


def _endpoints(path: Path, model: ModelEntry, known_providers: Collection[str] | None) -> Iterator[Finding]:
    tags: set[str] = set()
    for number, endpoint in enumerate(model.endpoints):
        here = (*path, "endpoints", number)
        if known_providers is not None and endpoint.provider not in known_providers:
            yield Finding(
                (*here, "provider"),
                Told("no_provider", f"no provider is called {endpoint.provider!r}", provider=endpoint.provider),
                did_you_mean(endpoint.provider, known_providers) if known_providers else "add it under `providers`",
            )
        if endpoint.tag in tags:
            yield Finding(
                here,
                Told("endpoint_twice", f"a second endpoint is called {endpoint.tag!r}", tag=endpoint.tag),
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
                Told("free_price", "a `:free` model has a price"),
                'set the price to "0", or leave `:free` off the id',
            )


def _prices(path: Path, pricing: PricingEntry) -> Iterator[tuple[Path, str, int]]:
    entries = [(path, pricing), *(((*path, "overrides", n), each) for n, each in enumerate(pricing.overrides))]
    for place, entry in entries:
        for key in PRICE_KEYS:
            yield place, key, getattr(entry, key) or 0

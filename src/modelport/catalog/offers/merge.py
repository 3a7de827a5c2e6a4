"""Offers and the catalogue as it is, put together to the catalogue as it would be.

What an operator keeps is left alone: a model's facts where the model is theirs, an endpoint where the endpoint is.
An offer adds its endpoint to a model of theirs nevertheless: that takes nothing from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.catalog import rows
from modelport.catalog.document import Document, ModelEntry
from modelport.kit.told import Told
from modelport.providers.authors import AUTHORS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from modelport.catalog.document import EndpointEntry
    from modelport.catalog.offers.offer import Offer
    from modelport.catalog.store import Loaded

__all__ = ["Merged", "merge"]

_SYNCED = "synced"
_UNKNOWN_CONTEXT = 8192
"""Taken where nobody says how much a model takes: little enough for every model of these years."""
_FREE = {"prompt": "0", "completion": "0"}


class Merged(NamedTuple):
    """What would be applied."""

    document: Document
    """Whatever differs from what is there, and nothing else."""
    notes: list[str]
    """What the operator should know of it: left out, or taken for granted."""


def merge(
    current: Loaded,
    offers: Iterable[Offer],
    *,
    complete: Collection[str] = (),
    add_providers: Mapping[str, Mapping[str, Any]] | None = None,
    free: bool = False,
    keeper: str = _SYNCED,
) -> Merged:
    """Puts offers and the catalogue together.

    Endpoints of the providers in `complete` that were synced and are not among the offers are removed.
    `add_providers` are entries for providers that may have to be added. Where no price is known, a new endpoint is
    left out, or costs nothing if it is `free`. `keeper` is who keeps what the offers bring.
    """
    return _Merging(current, complete, free=free, keeper=keeper).run(list(offers), add_providers or {})


class _Merging:
    def __init__(self, current: Loaded, complete: Collection[str], *, free: bool, keeper: str) -> None:
        self._complete, self._free, self._keeper = complete, free, keeper
        self._current = current
        self._rows = {row["id"]: row for row in current.models}
        self._owners = {alias: row["id"] for row in current.models for alias in row["aliases"]}
        self._endpoints: dict[str, list[Mapping[str, Any]]] = {}
        for row in current.endpoints:
            if row["status"] != "removed":
                self._endpoints.setdefault(row["model_id"], []).append(row)
        self._unpriced: list[str] = []
        self._boundless: list[str] = []

    def run(self, offers: Sequence[Offer], add_providers: Mapping[str, Mapping[str, Any]]) -> Merged:
        by_model: dict[str, list[Offer]] = {}
        for offer in offers:
            if offer.model_id not in self._rows or self._rows[offer.model_id]["alias_target"] is None:
                by_model.setdefault(self._owners.get(offer.model_id, offer.model_id), []).append(offer)
        for model_id, endpoints in self._endpoints.items():
            if any(row["provider"] in self._complete and row["source"] == _SYNCED for row in endpoints):
                by_model.setdefault(model_id, [])
        models = [each for model_id, those in by_model.items() if (each := self._model(model_id, those))]
        named = {endpoint["provider"] for model in models for endpoint in model["endpoints"]}
        known = {row["slug"] for row in self._current.providers}
        document = Document.model_validate(
            {
                "authors": self._authors(models),
                "providers": [dict(add_providers[slug]) for slug in sorted(named - known) if slug in add_providers],
                "models": models,
            }
        )
        return Merged(document, self._notes())

    def _model(self, model_id: str, offers: list[Offer]) -> dict[str, Any] | None:
        """The model as it would be; None where nothing changes or nobody could be asked for it."""
        row = self._rows.get(model_id)
        entry = rows.entry_from_model_row(row, self._endpoints.get(model_id, [])) if row is not None else None
        kept = entry is not None and entry.source != _SYNCED
        facts = {} if kept else _facts(offers, new=entry is None)
        context = facts.get("context_length") or (entry.context_length if entry else None)
        endpoints = self._merged(entry, offers, context or _UNKNOWN_CONTEXT)
        if entry is None:
            if not endpoints:
                return None
            if context is None:
                self._boundless.append(model_id)
            return {
                "id": model_id,
                "context_length": _UNKNOWN_CONTEXT,
                **facts,
                "source": self._keeper,
                "endpoints": endpoints,
            }
        before = _plain(entry)
        merged = {**before, **facts, "endpoints": endpoints}
        same = _plain(ModelEntry.model_validate(merged)) == before
        return None if same else merged

    def _merged(self, entry: ModelEntry | None, offers: list[Offer], context: int) -> list[dict[str, Any]]:
        offered = {offer.provider: offer for offer in offers}
        found: list[dict[str, Any]] = []
        for endpoint in entry.endpoints if entry is not None else ():
            before, offer = _plain(endpoint), offered.get(endpoint.provider)
            if offer is not None and endpoint.tag == endpoint.provider:
                del offered[endpoint.provider]
            else:
                offer = None
            if endpoint.source != _SYNCED:
                found.append(before)
            elif offer is not None:
                found.append({**before, **_endpoint(offer, context, entry), "source": self._keeper})
            elif endpoint.provider not in self._complete:
                found.append(before)
        for offer in offered.values():
            made = self._new(offer, context, entry)
            if made is not None:
                found.append(made)
        return found

    def _new(self, offer: Offer, context: int, entry: ModelEntry | None) -> dict[str, Any] | None:
        if offer.pricing is None and not self._free:
            self._unpriced.append(f"{offer.provider}: {offer.upstream_model}")
            return None
        made = _endpoint(offer, context, entry)
        return {"pricing": _FREE, **made, "provider": offer.provider, "source": self._keeper}

    def _authors(self, models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        there = {row["slug"] for row in self._current.authors}
        slugs = {model["id"].partition("/")[0] for model in models} - there
        return [
            {
                "slug": slug,
                "name": AUTHORS[slug].name,
                "icon": AUTHORS[slug].icon or slug,
                "url": AUTHORS[slug].url,
                "source": _SYNCED,
            }
            for slug in sorted(slugs)
            if slug in AUTHORS
        ]

    def _notes(self) -> list[str]:
        notes: list[str] = []
        if self._unpriced:
            names = _listed(self._unpriced)
            notes.append(Told("unpriced", f"No price is known, so these are left out: {names}.", names=names))
        if self._boundless:
            words = f"{_UNKNOWN_CONTEXT:,} tokens are taken for what nobody says"
            names = _listed(self._boundless)
            notes.append(
                Told(
                    "boundless",
                    f"The context length is unknown ({words}): {names}.",
                    tokens=_UNKNOWN_CONTEXT,
                    names=names,
                )
            )
        return notes


def _facts(offers: list[Offer], *, new: bool) -> dict[str, Any]:
    """A model's own facts, each from the first offer that knows it: makers of models come before hosts."""

    def first(name: str) -> Any:
        return next((value for offer in offers if (value := getattr(offer, name))), None)

    model_id = offers[0].model_id if offers else ""
    found = {
        "name": _named(model_id, first("name")),
        "description": first("description"),
        "created": next((offer.created for offer in offers if offer.created is not None), 0 if new else None),
        "context_length": first("context_length"),
        "supported_parameters": _list(first("supported_parameters")),
        "family": first("family"),
        "knowledge_cutoff": first("knowledge_cutoff"),
        "expiration_date": first("expiration_date"),
        "hugging_face_id": first("hugging_face_id"),
        "aliases": _list(first("aliases")),
        "is_moderated": first("is_moderated"),
    }
    architecture = {
        "input_modalities": _list(first("input_modalities")),
        "output_modalities": _list(first("output_modalities")),
        "tokenizer": first("tokenizer"),
    }
    known = {name: value for name, value in architecture.items() if value}
    if known and any(offer.output_modalities for offer in offers):
        found["architecture"] = known
    if new and not found["name"] and offers:
        found["name"] = _named(model_id, offers[0].upstream_model)
    return {name: value for name, value in found.items() if value is not None and value != []}


def _named(model_id: str, name: str | None) -> str | None:
    """With the author before it, as the reference's names have it."""
    author = AUTHORS.get(model_id.partition("/")[0])
    if not name or author is None or name.startswith(f"{author.name}:"):
        return name
    return f"{author.name}: {name}"


def _endpoint(offer: Offer, context: int, entry: ModelEntry | None) -> dict[str, Any]:
    """What an offer says of its endpoint, and nothing it doesn't."""
    parameters = _list(offer.supported_parameters)
    same = entry is not None and parameters == entry.supported_parameters
    found = {
        "upstream_model": offer.upstream_model,
        "pricing": offer.pricing,
        "context_length": offer.context_length if offer.context_length != context else None,
        "max_completion_tokens": offer.max_completion_tokens,
        "supported_parameters": None if same else parameters or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _list(values: Sequence[str] | None) -> list[str]:
    return [*values] if values else []


def _plain(entry: ModelEntry | EndpointEntry) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude_defaults=True)


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

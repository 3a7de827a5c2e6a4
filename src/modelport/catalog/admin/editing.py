"""Reads and writes of single items: each as a catalogue file would say it, with a mark that tells its state.

A change names the mark it was made from, so that two operators never undo each other's work unseen.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.catalog import reading, rows
from modelport.catalog.errors import ModelNotFound, NoSuchProvider, Stale
from modelport.catalog.price_entry import PricingEntry
from modelport.catalog.sealing import NOT_SET
from modelport.kit.money import format_price
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.catalog.applying import Applied
    from modelport.catalog.document import Document, ModelEntry, ProviderEntry
    from modelport.catalog.service import Catalog
    from modelport.catalog.snapshot import Snapshot
    from modelport.providers.row import Row

__all__ = ["Item", "change", "model", "price_history", "pricing_json", "provider", "provider_states", "read"]


class Item(NamedTuple):
    """One provider or model."""

    value: dict[str, Any]
    mark: str
    """For `ETag` and `If-Match`."""


async def model(catalog: Catalog, model_id: str) -> Item:
    """A model with all its endpoints, also those that are disabled. Raises `ModelNotFound`."""
    loaded = await catalog.loaded()
    row = next((row for row in loaded.models if row["id"] == model_id), None)
    if row is None:
        raise ModelNotFound(f"No model is called {model_id!r}.")
    endpoints = [each for each in loaded.endpoints if each["model_id"] == model_id and each["status"] != "removed"]
    return _item(rows.entry_from_model_row(row, endpoints))


async def provider(catalog: Catalog, slug: str) -> Item:
    """A provider without its secrets. Raises `NoSuchProvider`."""
    document = await catalog.export(everything=True)
    found = next((each for each in document.providers if each.slug == slug), None)
    if found is None:
        raise NoSuchProvider(f"No provider is called {slug!r}.")
    return _item(found)


async def read(catalog: Catalog, text: str) -> Document:
    """A document from a request's body. Raises `FileFaults` with everything that is wrong in it."""
    known = [row["slug"] for row in (await catalog.loaded()).providers]
    return reading.read_text(text, "body", known_providers=known)


async def change(catalog: Catalog, document: Document, current: Item | None, expected: str | None) -> Applied:
    """Applies a document that was made from an item in the state `expected`; None for whatever state.

    Raises `Stale` when it is in another.
    """
    proposed = await catalog.preview(document)
    if expected is not None and expected != (current.mark if current is not None else "*"):
        raise Stale(proposed.token)
    return await catalog.apply(document, only=proposed.token)


def provider_states(whole: Snapshot, loaded_providers: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every provider, those without a row of the catalogue as well."""
    found = {row["slug"]: _state(row, whole) for row in loaded_providers}
    for slug, row in ROWS.items():
        if slug not in found:
            found[slug] = _blank(slug, row.name) | {"reason": "nobody has entered a key", "keys": []}
    for slug, state in found.items():
        row = ROWS.get(slug)
        state |= {
            "is_known": row is not None,
            "docs": row.docs if row is not None else None,
            "environment": (row.key_variable or None) if row is not None else None,
            "lacks": _lacks(state),
            "options": [] if row is None else _options(row),
        }
    return sorted(found.values(), key=lambda state: (not state["is_active"], state["slug"]))


async def price_history(catalog: Catalog, model_id: str) -> dict[str, list[dict[str, Any]]]:
    """Every price that the model's endpoints ever had, also those that were removed: by tag, the oldest first.

    Raises `ModelNotFound`.
    """
    loaded = await catalog.loaded()
    endpoints = [row for row in loaded.endpoints if row["model_id"] == model_id]
    if not endpoints and all(row["id"] != model_id for row in loaded.models):
        raise ModelNotFound(f"No model is called {model_id!r}.")
    return {
        row["tag"]: [
            {
                "since": datetime.fromtimestamp(each.since_ms / 1000, UTC).isoformat(),
                "pricing": pricing_json(each.pricing),
                "cost": pricing_json(each.cost_pricing) if each.cost_pricing else None,
            }
            for each in await catalog.prices(row["id"])
        ]
        for row in endpoints
    }


def pricing_json(pricing: Any) -> dict[str, Any]:
    """Prices as decimal strings, as a catalogue file has them."""
    found: dict[str, Any] = {key: format_price(price) for key, price in pricing.prices.given().items()}
    if pricing.discount != "0":
        found["discount"] = pricing.discount
    if pricing.overrides:
        found["overrides"] = [
            {key: format_price(price) for key, price in each.prices.given().items()}
            | {key: getattr(each, key) for key in ("min_prompt_tokens", "utc_start", "utc_end")}
            | {"utc_days": sorted(each.utc_days)}
            for each in pricing.overrides
        ]
    assert PricingEntry.model_fields.keys() >= found.keys()
    return found


def _state(row: Mapping[str, Any], whole: Snapshot) -> dict[str, Any]:
    slug = row["slug"]
    served = sum(
        any(endpoint.provider.slug == slug for endpoint in (*shown.model.endpoints, *shown.waiting))
        for shown in whole.shown.values()
    )
    names = (["main"] if row["api_key"] else []) + [each["name"] for each in row["api_keys"]]
    return _blank(slug, row["name"]) | {
        "is_active": slug in whole.providers,
        "reason": whole.inactive.get(slug) or whole.dormant.get(slug),
        "source": row["source"],
        "keys": names if slug in whole.providers else [],
        "models": served,
    }


def _options(row: Row) -> list[dict[str, str | None]]:
    return [
        {"name": name, "meaning": option.meaning, "default": option.default} for name, option in row.options.items()
    ]


def _lacks(state: Mapping[str, Any]) -> str | None:
    """The same as `reason`, in a word for programs."""
    reason: str | None = state["reason"]
    if state["is_active"] or reason is None:
        return None
    if state["source"] is None:
        return "key"
    return "variable" if reason.startswith(NOT_SET) else "secret"


def _blank(slug: str, name: str) -> dict[str, Any]:
    return {"slug": slug, "name": name, "is_active": False, "source": None, "models": 0}


def _item(entry: ModelEntry | ProviderEntry) -> Item:
    value = entry.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(value, sort_keys=True)
    return Item(value, f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"')

"""Builds a snapshot from the database's rows; pure but for the environment it reads secrets from.

With thousands of models this takes a while, so the service runs it in a thread.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.catalog import latest, rows, shelf
from modelport.catalog.rules import PriceRules
from modelport.catalog.sealing import MissingSecret, Sealing, key_field
from modelport.catalog.snapshot import Endpoint, Model, Snapshot
from modelport.catalog.words import env_name
from modelport.providers.provider import UpstreamKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelport.catalog.store import Loaded
    from modelport.kit.vault import Vault
    from modelport.providers.provider import Provider

__all__ = ["Address", "answer", "build", "etag_of", "has_key", "headers", "with_address"]


class Address(NamedTuple):
    """Where a provider of our own is reached at the moment."""

    base_url: str
    """Empty while it is down."""
    api_key: str


def build(loaded: Loaded, vault: Vault, environ: Mapping[str, str]) -> Snapshot:
    """The snapshot of these rows; its `version` is the caller's to set."""
    providers: dict[str, Provider] = {}
    inactive: dict[str, str] = {}
    dormant: dict[str, str] = {}
    keyless: dict[str, Provider] = {}
    for row in loaded.providers:
        try:
            providers[row["slug"]] = _provider(row, Sealing(vault, environ, row["slug"]))
        except MissingSecret as error:
            # One that nobody asked for is no fault.
            (dormant if row["source"] == "synced" else inactive)[row["slug"]] = str(error)
            keyless[row["slug"]] = rows.provider_from_row(row, keys=(), proxy=None, headers={})
    rules = PriceRules(tuple(loaded.rules))
    models = _models(loaded, providers, rules)
    waiting = _endpoints(loaded, keyless, rules)
    wanted = {row["slug"]: _wanted(row) for row in loaded.providers if row["slug"] in keyless}
    redirects = latest.redirects(models, loaded.models)
    shown = shelf.shown(models, waiting, redirects, wanted)
    active = [each for each in shown.values() if each.is_active]
    default = [each.card for each in active if "text" in each.model.architecture.output_modalities]
    models_json = answer(default, len(default), b"null")
    return Snapshot(
        models=MappingProxyType(models),
        aliases=MappingProxyType({**_aliases(models), **redirects}),
        providers=MappingProxyType(providers),
        inactive=MappingProxyType(inactive),
        dormant=MappingProxyType(dormant),
        listed=tuple(each.model.id for each in active if each.model.id in models),
        cards=MappingProxyType({each.model.id: each.card for each in active}),
        models_json=models_json,
        etag=etag_of(models_json),
        shown=MappingProxyType(shown),
        rules=rules,
        authors=MappingProxyType({row["slug"]: rows.author_from_row(row) for row in loaded.authors}),
    )


def etag_of(body: bytes) -> str:
    """What stands for an answer in `ETag`."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def answer(made: Iterable[bytes], total: int, next_link: bytes) -> bytes:
    """The answer of `GET /models` from finished objects."""
    return b'{"data":[%b],"links":{"next":%b},"total_count":%d}' % (b",".join(made), next_link, total)


def with_address(snapshot: Snapshot, slug: str, address: Address) -> Snapshot:
    """The same catalogue with one provider somewhere else; touches only the models it serves."""
    provider = snapshot.providers.get(slug)
    if provider is None:
        return snapshot
    moved = replace(provider, base_url=address.base_url, api_key=address.api_key, keys=())

    def there(endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, provider=moved) if endpoint.provider.slug == slug else endpoint

    models = dict(snapshot.models)
    for model in snapshot.models.values():
        if any(endpoint.provider.slug == slug for endpoint in model.endpoints):
            models[model.id] = replace(model, endpoints=tuple(map(there, model.endpoints)))
    return replace(
        snapshot,
        models=MappingProxyType(models),
        providers=MappingProxyType({**snapshot.providers, slug: moved}),
    )


def _provider(row: Mapping[str, Any], sealing: Sealing) -> Provider:
    return rows.provider_from_row(
        row,
        keys=_keys(row, sealing),
        proxy=sealing.reveal("proxy", row["proxy"]) if row["proxy"] else None,
        headers=headers(row, sealing),
    )


def has_key(row: Mapping[str, Any], sealing: Sealing) -> bool:
    """Whether a provider can be called: it has a key, or needs none."""
    try:
        _keys(row, sealing)
    except MissingSecret:
        return False
    return True


def headers(row: Mapping[str, Any], sealing: Sealing) -> dict[str, str]:
    """A provider's own headers, with what the environment holds. Raises `MissingSecret`."""
    return {
        # A value without `env:` is no secret: the document refuses credentials there.
        name: sealing.reveal(f"header {name}", value) if value.startswith("env:") else value
        for name, value in row["headers"].items()
    }


def _keys(row: Mapping[str, Any], sealing: Sealing) -> tuple[UpstreamKey, ...]:
    """Every key that can be had; raises `MissingSecret` only where all of several are missing."""
    if not row["api_keys"]:
        key = sealing.reveal("api_key", row["api_key"])
        return (UpstreamKey("main", key),) if key else ()
    stored = [("api_key", "main", row["api_key"], 1)] if row["api_key"] else []
    stored += [(key_field(each["name"]), each["name"], each["key"], each["weight"]) for each in row["api_keys"]]
    found: list[UpstreamKey] = []
    missing: MissingSecret | None = None
    for field, name, sealed, weight in stored:
        try:
            found.append(UpstreamKey(name, sealing.reveal(field, sealed), weight))
        except MissingSecret as error:
            missing = error
    if missing is not None and not found:
        raise missing
    return tuple(found)


def _models(loaded: Loaded, providers: Mapping[str, Provider], rules: PriceRules) -> dict[str, Model]:
    serving = _endpoints(loaded, providers, rules)
    return {
        row["id"]: rows.model_from_row(row, serving.get(row["id"], ()))
        for row in loaded.models
        if row["alias_target"] is None
    }


def _endpoints(loaded: Loaded, providers: Mapping[str, Provider], rules: PriceRules) -> dict[str, tuple[Endpoint, ...]]:
    """The endpoints of these providers by model, the cheapest first."""
    models = {row["id"]: row for row in loaded.models}
    found: dict[str, list[Endpoint]] = {}
    for row in loaded.endpoints:
        if row["status"] == "active" and row["provider"] in providers:
            made = rows.endpoint_from_row(row, models[row["model_id"]], providers[row["provider"]])
            found.setdefault(row["model_id"], []).append(rules.applied(made))
    # Sorting is stable: the operator's order among equals.
    return {
        model_id: tuple(sorted(each, key=lambda endpoint: endpoint.pricing.together))
        for model_id, each in found.items()
    }


def _wanted(row: Mapping[str, Any]) -> str | None:
    """The environment variable that would bring a provider's key."""
    for stored in (row["api_key"], *(each["key"] for each in row["api_keys"])):
        if (name := env_name(stored)) is not None:
            return name
    return None


def _aliases(models: Mapping[str, Model]) -> dict[str, str]:
    aliases = {alias: model.id for model in models.values() for alias in model.aliases}
    # Variants share a canonical slug; it stands for the one without a variant, whose id is the shortest.
    for model in sorted(models.values(), key=lambda each: (len(each.id), each.id)):
        aliases.setdefault(model.canonical_slug, model.id)
    return aliases

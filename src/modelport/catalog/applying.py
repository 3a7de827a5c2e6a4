"""Brings the database in line with a document, and says what that changed. Twice is the same as once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelport.catalog import rows, store, tables
from modelport.catalog.checks import between
from modelport.catalog.errors import Refused
from modelport.catalog.sealing import Sealing, key_field
from modelport.db import changes
from modelport.kit import ids
from modelport.kit.money import format_price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

    from modelport.catalog.document import Document, EndpointEntry, ModelEntry, ProviderEntry
    from modelport.catalog.store import Row
    from modelport.kit.vault import Vault

__all__ = ["Applied", "Source", "apply"]

Source = Literal["operator", "builtin"]
"""Who keeps an item: the operator (a file, the admin API) or the server itself."""

_MANY = 100
"""Changes beyond which servers are told "everything" (`*`) instead of each name."""

_SECRET = {"api_key", "api_keys", "proxy", "headers"}


class Applied(NamedTuple):
    """What applying a document did; names are `provider acme` and `model author/slug`."""

    created: list[str]
    updated: list[str]
    unchanged: list[str]
    changes: list[str]
    """Each difference in words, without secrets."""


def apply(
    connection: Connection, document: Document, *, source: Source, vault: Vault, environ: Mapping[str, str]
) -> Applied:
    """Writes what differs, in this transaction.

    What the operator keeps is never changed by `builtin`. Raises `Refused` when the document and the database
    together make no sense.
    """
    store.lock(connection)
    return _Applying(connection, source, vault, environ).run(document)


class _Applying:
    def __init__(self, connection: Connection, source: Source, vault: Vault, environ: Mapping[str, str]) -> None:
        self._connection, self._source, self._vault, self._environ = connection, source, vault, environ
        loaded = store.load(connection)
        self._providers = {row["slug"]: row for row in loaded.providers}
        self._models = {row["id"]: row for row in loaded.models}
        self._endpoints: dict[str, dict[str, Row]] = {}
        for row in loaded.endpoints:
            self._endpoints.setdefault(row["model_id"], {})[row["tag"]] = row
        self._applied = Applied([], [], [], [])
        self._changed: list[str] = []
        # In the order that the tables' references ask for.
        self._new: dict[Table, list[Row]] = {
            table: [] for table in (tables.providers, tables.models, tables.endpoints, tables.price_history)
        }

    def run(self, document: Document) -> Applied:
        self._check(document)
        for provider in document.all_providers:
            self._provider(provider)
        for model in document.all_models:
            self._model(model)
        for table, new in self._new.items():
            store.add(self._connection, table, new)
        many = len(self._changed) > _MANY
        for subject in ["*"] if many else self._changed:
            changes.note(self._connection, "catalog", subject)
        return self._applied

    def _check(self, document: Document) -> None:
        known = {*self._providers, *(each.slug for each in document.all_providers)}
        found = between(
            [(("providers", each.slug), each) for each in document.all_providers],
            [(("models", each.id), each) for each in document.all_models],
            known,
        )
        faults = [f"{finding.message}; {finding.remedy}" for finding in found]
        named = {model.id for model in document.all_models}
        ids_after = named | self._models.keys()
        owners = {
            alias: row["id"] for row in self._models.values() if row["id"] not in named for alias in row["aliases"]
        }
        for model in document.all_models:
            for alias in model.aliases:
                if alias in self._models and alias not in named:
                    faults.append(f"alias {alias!r} of {model.id!r} is also the id of a model; remove the alias")
                elif alias in owners:
                    faults.append(f"alias {alias!r} of {model.id!r} leads to {owners[alias]!r} already; keep one")
        faults.extend(
            f"model {owners[alias]!r} has the alias {alias!r}, which is the id of a model here; remove the alias there"
            for alias in sorted(owners.keys() & (ids_after - self._models.keys()))
        )
        if faults:
            raise Refused(faults)

    def _provider(self, entry: ProviderEntry) -> None:
        what, row = f"provider {entry.slug}", self._providers.get(entry.slug)
        if self._kept_by_operator(what, row):
            return
        sealing = Sealing(self._vault, self._environ, entry.slug)
        values = {
            **rows.provider_to_row(entry),
            "api_key": sealing.store("api_key", entry.api_key, row["api_key"] if row else None),
            "api_keys": _sealed_keys(sealing, entry, row),
            "proxy": sealing.store("proxy", entry.proxy, row["proxy"] if row else None) if entry.proxy else None,
            "source": self._source,
        }
        different = _different(values, row)
        if row is None:
            self._new[tables.providers].append(values)
        elif different:
            store.change(self._connection, tables.providers, entry.slug, different)
            self._applied.changes.extend(f"{what}: {_words(key, row[key], new)}" for key, new in different.items())
        self._note(what, entry.slug, created=row is None, changed=bool(different))

    def _model(self, entry: ModelEntry) -> None:
        what, row = f"model {entry.id}", self._models.get(entry.id)
        if self._kept_by_operator(what, row):
            return
        values = {**rows.model_to_row(entry), "source": self._source}
        different = _different(values, row)
        if row is None:
            self._new[tables.models].append(values)
        elif different:
            store.change(self._connection, tables.models, entry.id, different)
            self._applied.changes.extend(f"{what}: {_words(key, row[key], new)}" for key, new in different.items())
        old = self._endpoints.get(entry.id, {})
        moved = [self._endpoint(entry.id, each, n, old.get(each.tag)) for n, each in enumerate(entry.endpoints)]
        gone = old.keys() - {each.tag for each in entry.endpoints}
        for tag in sorted(tag for tag in gone if old[tag]["status"] != "removed"):
            # The row stays: generations and the price history point to it.
            store.change(self._connection, tables.endpoints, old[tag]["id"], {"status": "removed"})
            self._applied.changes.append(f"{what}: endpoint {tag} removed")
            moved.append(True)
        self._note(what, entry.id, created=row is None, changed=bool(different) or any(moved))

    def _endpoint(self, model_id: str, entry: EndpointEntry, position: int, row: Row | None) -> bool:
        """Whether anything was written."""
        values = rows.endpoint_to_row(entry, position)
        different = _different(values, row)
        if not different:
            return False
        what = f"model {model_id}: endpoint {entry.tag}"
        if row is None:
            endpoint_id = ids.prefixed("ep")
            self._new[tables.endpoints].append({**values, "id": endpoint_id, "model_id": model_id})
            if model_id in self._models:
                self._applied.changes.append(f"{what} added")
        else:
            endpoint_id = row["id"]
            store.change(self._connection, tables.endpoints, endpoint_id, different)
            self._applied.changes.extend(f"{what}: {_words(key, row[key], new)}" for key, new in different.items())
        if different.keys() & {"pricing", "cost"}:
            self._new[tables.price_history].append(
                {
                    "endpoint_id": endpoint_id,
                    "pricing": values["pricing"],
                    "cost": values["cost"],
                }
            )
        return True

    def _kept_by_operator(self, what: str, row: Row | None) -> bool:
        kept = row is not None and self._source == "builtin" and row["source"] == "operator"
        if kept:
            self._applied.unchanged.append(what)
        return kept

    def _note(self, what: str, subject: str, *, created: bool, changed: bool) -> None:
        if not created and not changed:
            self._applied.unchanged.append(what)
            return
        (self._applied.created if created else self._applied.updated).append(what)
        self._changed.append(subject)


def _sealed_keys(sealing: Sealing, entry: ProviderEntry, row: Row | None) -> list[dict[str, Any]]:
    stored = {each["name"]: each["key"] for each in (row["api_keys"] if row else ())}
    return [
        {
            "name": each.name,
            "key": sealing.store(key_field(each.name), each.key, stored.get(each.name)),
            "weight": each.weight,
        }
        for each in entry.api_keys
    ]


def _different(values: Mapping[str, Any], row: Row | None) -> dict[str, Any]:
    return {key: value for key, value in values.items() if row is None or row[key] != value}


def _words(key: str, old: Any, new: Any) -> str:
    if key in {"pricing", "cost"} and old and new:
        names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return ", ".join(_price_words(f"{key}.{name}", old.get(name), new.get(name)) for name in names)
    if key in _SECRET or key in {"pricing", "cost"} or max(len(str(old)), len(str(new))) > 200:
        return f"{key} changed"
    return f"{key} {_shown(old)} -> {_shown(new)}"


def _price_words(name: str, old: Any, new: Any) -> str:
    if isinstance(old or new, list):
        return f"{name} changed"
    before, after = (format_price(each) if isinstance(each, int) else _shown(each) for each in (old, new))
    return f"{name} {before} -> {after}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)

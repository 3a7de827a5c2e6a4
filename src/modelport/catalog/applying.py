"""Brings the database in line with a document, and says what that changed. Twice is the same as once."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelport.catalog import rows, store, tables
from modelport.catalog.checks import between
from modelport.catalog.differences import Difference, of_values
from modelport.catalog.errors import Refused, Stale
from modelport.catalog.sealing import Sealing, key_field
from modelport.db import changes
from modelport.kit import ids
from modelport.kit.money import format_price
from modelport.kit.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

    from modelport.catalog.about_entry import AuthorEntry
    from modelport.catalog.checks import Finding
    from modelport.catalog.document import Document, EndpointEntry, ModelEntry, ProviderEntry
    from modelport.catalog.store import Loaded, Row
    from modelport.kit.vault import Vault

__all__ = ["Applied", "Source", "apply"]

Source = Literal["operator", "builtin"]
"""Who applies: the operator (a file, the admin API), or the server itself."""

_MANY = 100
"""Changes beyond which servers are told "everything" (`*`) instead of each name."""

_SECRET = {"api_key", "api_keys", "proxy", "headers"}
"""Columns whose values differ each time they are sealed, or must not be told."""


class Applied(NamedTuple):
    """What applying a document did; names are `provider acme` and `model author/slug`."""

    created: list[str]
    updated: list[str]
    unchanged: list[str]
    differences: list[Difference]
    """Every difference, without secrets."""
    token: str = ""
    """Stands for exactly these differences: given to `apply`, nothing else is applied."""

    @property
    def changes(self) -> list[str]:
        """What changed in things that were there before, in words."""
        new = set(self.created)
        return [each.words for each in self.differences if each.subject not in new]

    @property
    def summary(self) -> dict[str, Any]:
        """For programs."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "changes": self.changes,
            "token": self.token,
        }


def apply(
    connection: Connection,
    document: Document,
    *,
    source: Source,
    vault: Vault,
    environ: Mapping[str, str],
    only: str | None = None,
    dry: bool = False,
) -> Applied:
    """Writes what differs, in this transaction; with `dry` it only says what it would write.

    What the operator keeps is never changed by `builtin`. Raises `Refused` when the document and the database
    together make no sense, and `Stale` when `only`, a token of a dry run, stands for other differences than these.
    """
    store.lock(connection)
    loaded = store.load_named(connection, {model.id for model in document.all_models})
    return _Applying(connection, loaded, source, vault, environ).run(document, only=only, dry=dry)


class _Applying:
    def __init__(
        self, connection: Connection, loaded: Loaded, source: Source, vault: Vault, environ: Mapping[str, str]
    ) -> None:
        self._connection, self._source, self._vault, self._environ = connection, source, vault, environ
        self._names = store.names(connection)
        self._providers = {row["slug"]: row for row in loaded.providers}
        self._models = {row["id"]: row for row in loaded.models}
        self._endpoints: dict[str, dict[str, Row]] = {}
        for row in loaded.endpoints:
            self._endpoints.setdefault(row["model_id"], {})[row["tag"]] = row
        self._authors = {row["slug"]: row for row in loaded.authors}
        self._applied = Applied([], [], [], [])
        self._changed: list[str] = []
        self._seen = hashlib.sha256()
        self._updates: list[tuple[Table, str, dict[str, Any]]] = []
        # In the order that the tables' references ask for.
        self._new: dict[Table, list[Row]] = {
            table: []
            for table in (tables.authors, tables.providers, tables.models, tables.endpoints, tables.price_history)
        }

    def run(self, document: Document, *, only: str | None, dry: bool) -> Applied:
        self._check(document)
        for author in document.authors:
            self._author(author)
        for provider in document.all_providers:
            self._provider(provider)
        for model in document.all_models:
            self._model(model)
        applied = self._applied._replace(token=self._seen.hexdigest()[:32])
        if only is not None and only != applied.token:
            raise Stale(applied.token)
        if not dry:
            self._write()
        return applied

    def _write(self) -> None:
        for table, key, values in self._updates:
            store.change(self._connection, table, key, values)
        for table, new in self._new.items():
            store.add(self._connection, table, new)
        many = len(self._changed) > _MANY
        for subject in ["*"] if many else self._changed:
            changes.note(self._connection, "catalog", subject)

    def _check(self, document: Document) -> None:
        known = {*self._providers, *(each.slug for each in document.all_providers)}
        found = between(
            [(("providers", each.slug), each) for each in document.all_providers],
            [(("models", each.id), each) for each in document.all_models],
            known,
        )
        faults = [_in_one(finding) for finding in found]
        named = {model.id for model in document.all_models}
        ids_after = named | self._names.keys()
        owners = {
            alias: model_id for model_id, aliases in self._names.items() if model_id not in named for alias in aliases
        }
        for model in document.all_models:
            for alias in model.aliases:
                if alias in self._names and alias not in named:
                    text = f"alias {alias!r} of {model.id!r} is also the id of a model; remove the alias"
                    faults.append(Told("alias_is_model", text, alias=alias))
                elif alias in owners:
                    text = f"alias {alias!r} of {model.id!r} leads to {owners[alias]!r} already; keep one"
                    faults.append(Told("alias_taken", text, alias=alias, model=owners[alias]))
        faults.extend(
            Told(
                "alias_elsewhere",
                f"model {owners[alias]!r} has the alias {alias!r}, which is the id of a model here; "
                "remove the alias there",
                alias=alias,
                model=owners[alias],
            )
            for alias in sorted(owners.keys() & (ids_after - self._names.keys()))
        )
        if faults:
            raise Refused(faults)

    def _author(self, entry: AuthorEntry) -> None:
        what, row = f"author {entry.slug}", self._authors.get(entry.slug)
        if self._kept_by_operator(what, row):
            return
        values = {**rows.author_to_row(entry), "source": self._keeper(entry.source)}
        changed = self._row(tables.authors, entry.slug, what, None, values, row)
        self._note(what, entry.slug, created=row is None, changed=changed)

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
            "source": self._keeper(entry.source),
        }
        changed = self._row(tables.providers, entry.slug, what, None, values, row)
        self._note(what, entry.slug, created=row is None, changed=changed)

    def _model(self, entry: ModelEntry) -> None:
        what, row = f"model {entry.id}", self._models.get(entry.id)
        if self._kept_by_operator(what, row):
            return
        values = {**rows.model_to_row(entry), "source": self._keeper(entry.source)}
        changed = self._row(tables.models, entry.id, what, None, values, row)
        old = self._endpoints.get(entry.id, {})
        moved = [self._endpoint(entry.id, each, n, old.get(each.tag)) for n, each in enumerate(entry.endpoints)]
        gone = old.keys() - {each.tag for each in entry.endpoints}
        for tag in sorted(tag for tag in gone if old[tag]["status"] != "removed"):
            # The row stays: generations and the price history point to it.
            self._updates.append((tables.endpoints, old[tag]["id"], {"status": "removed"}))
            self._differ(Difference("removed", what, tag), old[tag]["id"])
            moved.append(True)
        self._note(what, entry.id, created=row is None, changed=changed or any(moved))

    def _endpoint(self, model_id: str, entry: EndpointEntry, position: int, row: Row | None) -> bool:
        """Whether anything was written."""
        values = {**rows.endpoint_to_row(entry, position), "source": self._keeper(entry.source)}
        what = f"model {model_id}"
        endpoint_id = ids.prefixed("ep") if row is None else row["id"]
        before = row
        if row is None:
            values |= {"id": endpoint_id, "model_id": model_id}
        elif row["status"] == "removed":
            before = {**row, "status": None}  # it comes back, which is told as one
        if not self._row(tables.endpoints, endpoint_id, what, entry.tag, values, before):
            return False
        if row is None or any(row[key] != values[key] for key in ("pricing", "cost")):
            self._new[tables.price_history].append(
                {"endpoint_id": endpoint_id, "pricing": values["pricing"], "cost": values["cost"]}
            )
        return True

    def _row(  # noqa: PLR0917 (the row's place, its words, and both of its states)
        self, table: Table, key: str, what: str, tag: str | None, values: Row, row: Row | None
    ) -> bool:
        """Plans the row's insert or update, tells the differences, and says whether there are any."""
        if row is None:
            self._new[table].append(values)
            self._differ(Difference("added", what, tag, new=_offered(values)), _telling(values, ("id",)))
            return True
        different = {name: value for name, value in values.items() if row[name] != value}
        if not different:
            return False
        self._updates.append((table, key, different))
        if row.get("status", "") is None:
            self._differ(Difference("added", what, tag, new=_offered(values)), _telling(values))
            return True
        for each in of_values(what, tag, different, row):
            self._applied.differences.append(each)
        self._see(what, tag, _telling({name: row[name] for name in different}), _telling(different))
        return True

    def _differ(self, difference: Difference, *facts: Any) -> None:
        self._applied.differences.append(difference)
        self._see(difference, *facts)

    def _see(self, *facts: Any) -> None:
        self._seen.update(json.dumps(facts, sort_keys=True, default=str).encode())

    def _keeper(self, wanted: str) -> str:
        return "builtin" if self._source == "builtin" else wanted

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


def _telling(values: Mapping[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Values for the token: what is sealed differs each time, so only that it is there counts."""
    return {name: bool(value) if name in _SECRET else value for name, value in values.items() if name not in without}


def _offered(values: Row) -> str | None:
    """What a new endpoint costs, in words."""
    pricing = values.get("pricing")
    if not pricing:
        return None
    return f"prompt {format_price(pricing['prompt'])}, completion {format_price(pricing['completion'])}"


def _in_one(finding: Finding) -> Told:
    """What is wrong and what to do, as one sentence."""
    hint = finding.remedy.values if isinstance(finding.remedy, Told) else {}
    return Told(finding.message.code, f"{finding.message}; {finding.remedy}", **finding.message.values, **hint)

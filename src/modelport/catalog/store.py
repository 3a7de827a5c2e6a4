"""Every query of the catalogue, as functions of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Select, Table, delete, func, insert, or_, select, text, update

from modelport.catalog import rule_store, tables
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from modelport.catalog.rules import Rule

__all__ = [
    "Loaded",
    "Row",
    "add",
    "change",
    "load",
    "load_named",
    "lock",
    "names",
    "prices_since",
    "pricing_at",
    "pricing_of",
    "provider",
    "put_state",
    "state",
    "without",
]

Row = dict[str, Any]
"""A row by the names of its columns; `Any` because each column has its own type."""

_MANY = 500
"""Names beyond which reading everything is the simpler question."""
_LOCK = 0x6D70_6361  # "mpca": any number, as long as nobody else's


class Loaded(NamedTuple):
    """All rows of the catalogue."""

    providers: list[Row]
    models: list[Row]
    endpoints: list[Row]
    """In the operator's order within each model, also those removed; with the number of their newest prices."""
    authors: list[Row]
    rules: Sequence[Rule] = ()
    """The operator's, over these prices."""


def lock(connection: Connection) -> None:
    """Makes changes to the catalogue queue up until this transaction ends. SQLite's writers queue anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def load(connection: Connection, *, asleep: Callable[[Row], bool] | None = None) -> Loaded:
    """Everything, to compare a file with or to show all there is.

    With `asleep`, which says of a provider's row that it only waits for a key, without what such providers alone
    would serve: a server knows hundreds of models that nobody gave it a key for.
    """
    providers, models, endpoints = tables.providers, tables.models, tables.endpoints
    listed = _all(connection, select(providers).order_by(providers.c.slug))
    of_endpoints, of_models = select(endpoints), select(models)
    sleeping = [row["slug"] for row in listed if asleep is not None and asleep(row)]
    if sleeping:
        awake = endpoints.c.provider.not_in(sleeping)
        of_endpoints = of_endpoints.where(awake)
        serving = select(endpoints.c.model_id).where(awake)
        of_models = of_models.where(or_(models.c.source != "synced", models.c.id.in_(serving)))
    history = tables.price_history
    versions = select(history.c.endpoint_id, func.max(history.c.id)).group_by(history.c.endpoint_id)
    newest = {row[0]: row[1] for row in connection.execute(versions)}
    found = _all(connection, of_endpoints.order_by(endpoints.c.model_id, endpoints.c.position, endpoints.c.id))
    for row in found:
        row["price_version"] = newest.get(row["id"])
    return Loaded(
        listed,
        _all(connection, of_models.order_by(models.c.id)),
        found,
        _all(connection, select(tables.authors).order_by(tables.authors.c.slug)),
        rule_store.in_force(connection),
    )


def without(loaded: Loaded, slugs: Collection[str]) -> Loaded:
    """The same rows but for these providers, and what they alone would serve.

    One that has an address of its own stays: then it is the operator's, whatever it is called.
    """
    gone = {row["slug"] for row in loaded.providers if row["slug"] in slugs and not row["base_url"]}
    if not gone:
        return loaded
    left = [row for row in loaded.endpoints if row["provider"] not in gone]
    lost = {row["model_id"] for row in loaded.endpoints} - {row["model_id"] for row in left}
    return loaded._replace(
        providers=[row for row in loaded.providers if row["slug"] not in gone],
        models=[row for row in loaded.models if row["id"] not in lost],
        endpoints=left,
    )


def load_named(connection: Connection, model_ids: Collection[str]) -> Loaded:
    """Providers, authors, and these models with their endpoints: enough to apply a document that names no others."""
    if len(model_ids) > _MANY:
        return load(connection)
    providers, models, endpoints = tables.providers, tables.models, tables.endpoints
    return Loaded(
        _all(connection, select(providers).order_by(providers.c.slug)),
        _all(connection, select(models).where(models.c.id.in_(model_ids))),
        _all(connection, select(endpoints).where(endpoints.c.model_id.in_(model_ids))),
        _all(connection, select(tables.authors)),
    )


def names(connection: Connection) -> dict[str, list[str]]:
    """The aliases of every model by its id."""
    models = tables.models
    return {row.id: row.aliases for row in connection.execute(select(models.c.id, models.c.aliases))}


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """New rows, in one go: a large catalogue must not hold up the writes of everyone else."""
    if rows:
        now = {"created_at": clock.now_ms()}
        if "updated_at" in table.c:
            now["updated_at"] = now["created_at"]
        connection.execute(insert(table), [{**row, **now} for row in rows])


def change(connection: Connection, table: Table, key: str, values: Mapping[str, Any]) -> None:
    """New values for the row whose primary key is `key`."""
    (column,) = table.primary_key.columns
    connection.execute(update(table).where(column == key).values(**values, updated_at=clock.now_ms()))


def provider(connection: Connection, slug: str) -> Row | None:
    """One provider."""
    providers = tables.providers
    return next(iter(_all(connection, select(providers).where(providers.c.slug == slug))), None)


def prices_since(connection: Connection, endpoint_id: str) -> list[Row]:
    """The endpoint's prices over time, oldest first."""
    history = tables.price_history
    return _all(connection, select(history).where(history.c.endpoint_id == endpoint_id).order_by(history.c.id))


def pricing_of(connection: Connection, version: int) -> Row | None:
    """The row of the prices with this number."""
    found = _all(connection, select(tables.price_history).where(tables.price_history.c.id == version))
    return found[0] if found else None


def pricing_at(connection: Connection, endpoint_id: str, at_ms: int) -> Row | None:
    """The row of the prices that held at `at_ms`; the first ones for a moment before them."""
    history = tables.price_history
    mine = select(history).where(history.c.endpoint_id == endpoint_id)
    held = mine.where(history.c.created_at <= at_ms).order_by(history.c.id.desc()).limit(1)
    found = _all(connection, held) or _all(connection, mine.order_by(history.c.id).limit(1))
    return found[0] if found else None


def state(connection: Connection, key: str) -> str | None:
    """What is remembered under `key`."""
    states = tables.states
    return connection.execute(select(states.c.value).where(states.c.key == key)).scalar_one_or_none()


def put_state(connection: Connection, key: str, value: str) -> None:
    """Remembers `value`; the catalogue's lock keeps two writers apart."""
    states = tables.states
    connection.execute(delete(states).where(states.c.key == key))
    connection.execute(insert(states).values(key=key, value=value, updated_at=clock.now_ms()))


def _all(connection: Connection, query: Select[Any]) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in connection.execute(query).mappings()]

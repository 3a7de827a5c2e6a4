"""Every query of the catalogue, as functions of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Select, Table, delete, func, insert, select, text, update

from modelport.catalog import tables
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Loaded",
    "Row",
    "add",
    "change",
    "load",
    "lock",
    "prices_since",
    "pricing_at",
    "pricing_of",
    "put_state",
    "state",
]

Row = dict[str, Any]
"""A row by the names of its columns; `Any` because each column has its own type."""

_LOCK = 0x6D70_6361  # "mpca": any number, as long as nobody else's


class Loaded(NamedTuple):
    """All rows of the catalogue."""

    providers: list[Row]
    models: list[Row]
    endpoints: list[Row]
    """In the operator's order within each model, also those removed; with the number of their newest prices."""
    authors: list[Row]


def lock(connection: Connection) -> None:
    """Makes changes to the catalogue queue up until this transaction ends. SQLite's writers queue anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def load(connection: Connection) -> Loaded:
    """Everything, for a snapshot or to compare a file with."""
    providers, models, endpoints = tables.providers, tables.models, tables.endpoints
    history = tables.price_history
    versions = select(history.c.endpoint_id, func.max(history.c.id)).group_by(history.c.endpoint_id)
    newest = {row[0]: row[1] for row in connection.execute(versions)}
    found = _all(connection, select(endpoints).order_by(endpoints.c.model_id, endpoints.c.position, endpoints.c.id))
    for row in found:
        row["price_version"] = newest.get(row["id"])
    return Loaded(
        _all(connection, select(providers).order_by(providers.c.slug)),
        _all(connection, select(models).order_by(models.c.id)),
        found,
        _all(connection, select(tables.authors).order_by(tables.authors.c.slug)),
    )


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

"""Every query on API keys and their spending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Text, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from modelport.db import changes
from modelport.db.prepared import Prepared
from modelport.keys.bounds import UNBOUNDED, Bounds
from modelport.keys.tables import api_keys, key_days
from modelport.kit import clock
from modelport.kit.meter import window_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Key",
    "Spend",
    "add",
    "add_if_new",
    "add_spend",
    "adopt",
    "by_hash",
    "change",
    "has_foreign",
    "of_account",
    "revoke",
    "spent_days",
    "spent_in_window",
]


class Key(NamedTuple):
    """An API key as it is stored: everything but the key."""

    id: str
    account_id: str
    user_id: str
    name: str
    hash: str
    label: str
    limit: int | None
    """Nano-dollars it may spend a `limit_reset`, or in all when that is None."""
    limit_reset: str | None
    disabled: bool
    expires_at: int | None
    created_at: int
    kind: str = "inference"
    """`inference`, `management` (never inference), or `browser`: a signed-in person's own, with no text to show."""
    bounds: Bounds = UNBOUNDED


_KEY = (
    api_keys.c.id,
    api_keys.c.account_id,
    api_keys.c.user_id,
    api_keys.c.name,
    api_keys.c.hash,
    api_keys.c.label,
    api_keys.c.limit_nanos,
    api_keys.c.limit_reset,
    api_keys.c.disabled,
    api_keys.c.expires_at,
    api_keys.c.created_at,
    api_keys.c.kind,
    api_keys.c.bounds,
)


def _key(row: Sequence[Any]) -> Key:  # what a driver gives
    return Key._make((*row[:-1], Bounds.read(row[-1])))


class Spend(NamedTuple):
    """What one key spent on one day in one batch."""

    key_id: str
    day: int
    spent: int
    requests: int


def add(connection: Connection, key: Key) -> None:
    """Stores a new key."""
    connection.execute(insert(api_keys).values(_values(key)))


def _values(key: Key) -> dict[str, object]:
    values: dict[str, object] = dict(zip((column.name for column in _KEY), key, strict=True))
    values["bounds"] = key.bounds.stored()
    return values


def add_if_new(connection: Connection, key: Key) -> None:
    """Stores a key unless there is one with its hash, perhaps made a moment ago; a deleted one stays deleted."""
    build = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    connection.execute(build(api_keys).values(_values(key)).on_conflict_do_nothing(index_elements=["hash"]))


def by_hash(connection: Connection, key_hash: str) -> Key | None:
    """The key with this hash, unless it was deleted."""
    row = connection.execute(select(*_KEY).where(api_keys.c.hash == key_hash, api_keys.c.deleted_at.is_(None))).first()
    return _key(row) if row else None


def of_account(connection: Connection, account_id: str) -> list[Key]:
    """An account's keys, newest first, without deleted ones and those of browsers."""
    rows = connection.execute(
        select(*_KEY)
        .where(api_keys.c.account_id == account_id, api_keys.c.deleted_at.is_(None), api_keys.c.kind != "browser")
        .order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    )
    return [_key(row) for row in rows]


def change(connection: Connection, key_hash: str, values: Mapping[str, object]) -> Key | None:
    """Changes columns of a key and tells every server. None when there is no such key."""
    connection.execute(
        update(api_keys).where(api_keys.c.hash == key_hash, api_keys.c.deleted_at.is_(None)).values(**values)
    )
    changes.note(connection, "key", key_hash)
    return by_hash(connection, key_hash)


def revoke(connection: Connection, key_hash: str, at_ms: int) -> bool:
    """Deletes a key and tells every server. False when there is none."""
    result = connection.execute(
        update(api_keys)
        .where(api_keys.c.hash == key_hash, api_keys.c.deleted_at.is_(None))
        .values(deleted_at=at_ms, disabled=True)
    )
    if result.rowcount:
        changes.note(connection, "key", key_hash)
    return bool(result.rowcount)


def spent_days(connection: Connection, key_id: str, since_day: int) -> tuple[int, dict[int, int]]:
    """What the key spent in all, and by day from `since_day` on."""
    total = connection.execute(
        select(func.coalesce(func.sum(key_days.c.spent), 0)).where(key_days.c.key_id == key_id)
    ).scalar_one()
    rows = connection.execute(
        select(key_days.c.day, key_days.c.spent).where(key_days.c.key_id == key_id, key_days.c.day >= since_day)
    )
    return int(total), {row.day: row.spent for row in rows}


def spent_in_window(connection: Connection, key_id: str, reset: str | None) -> int:
    """What the key spent since the start of the present window of `reset`."""
    total, days = spent_days(connection, key_id, window_start(reset, clock.day(clock.now_ms())))
    return total if reset is None else sum(days.values())


_ADD_SPEND = Prepared(
    text(
        "INSERT INTO key_days (key_id, day, spent, requests) VALUES (:key_id, :day, :spent, :requests) "
        "ON CONFLICT (key_id, day) DO UPDATE SET "
        "spent = key_days.spent + excluded.spent, requests = key_days.requests + excluded.requests"
    ).bindparams(
        bindparam("key_id", type_=Text),
        bindparam("day", type_=Integer),
        bindparam("spent", type_=BigInteger),
        bindparam("requests", type_=BigInteger),
    ),
    Spend._fields,
)


def add_spend(connection: Connection, spends: Sequence[Spend]) -> None:
    """Adds to what keys spent. Rows are touched in one order, so that two writers never wait in a ring."""
    _ADD_SPEND.many(connection, [tuple(spend) for spend in sorted(spends)])


def adopt(connection: Connection, key: Key) -> None:
    """Stores a key that another gateway gave out, and tells every server that there are such keys."""
    add_if_new(connection, key)
    changes.note(connection, "key", key.hash)


def has_foreign(connection: Connection) -> bool:
    """Whether any key was given out by another gateway: their labels begin otherwise."""
    foreign = api_keys.c.label.startswith("sk-") & ~api_keys.c.label.startswith("sk-mp-")
    return connection.execute(select(api_keys.c.id).where(foreign).limit(1)).first() is not None

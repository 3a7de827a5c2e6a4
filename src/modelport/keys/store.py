"""Every query on API keys and their spending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Text, bindparam, case, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from modelport.db import changes
from modelport.db.prepared import Prepared
from modelport.keys.bounds import UNBOUNDED, Bounds
from modelport.keys.tables import api_keys, former_hashes, key_days, key_networks
from modelport.kit import clock
from modelport.kit.meter import SpentDays, window_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement

__all__ = [
    "Former",
    "Key",
    "Listing",
    "Spend",
    "Usage",
    "add",
    "add_if_new",
    "add_network",
    "add_spend",
    "adopt",
    "by_former_hash",
    "by_hash",
    "by_id",
    "change",
    "end_former",
    "has_foreign",
    "in_workspace",
    "networks_of",
    "note_uses",
    "of_account",
    "own_since",
    "page",
    "revoke",
    "rotate",
    "spent_by",
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
    workspace_id: str | None = None
    """None in the account's default workspace."""
    external_user: str | None = None
    """A partner's own name for who uses it."""
    include_byok_in_limit: bool = False
    updated_at: int | None = None
    used_at: int | None = None
    """To about half a minute."""


class Former(NamedTuple):
    """A text that a key had before its present one."""

    key: Key
    label: str
    until: int


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
    api_keys.c.workspace_id,
    api_keys.c.external_user,
    api_keys.c.include_byok_in_limit,
    api_keys.c.updated_at,
    api_keys.c.used_at,
)
_BOUNDS = Key._fields.index("bounds")


def _key(row: Sequence[Any]) -> Key:  # what a driver gives
    return Key._make((*row[:_BOUNDS], Bounds.read(row[_BOUNDS]), *row[_BOUNDS + 1 :]))


class Spend(NamedTuple):
    """What one key spent on one day in one batch."""

    key_id: str
    day: int
    spent: int
    requests: int
    own: int = 0
    """The price of what came by the account's own provider keys."""


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


def by_id(connection: Connection, key_id: str) -> Key | None:
    """The key with this id, also one that was deleted."""
    row = connection.execute(select(*_KEY).where(api_keys.c.id == key_id)).first()
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
        update(api_keys)
        .where(api_keys.c.hash == key_hash, api_keys.c.deleted_at.is_(None))
        .values(**values, updated_at=clock.now_ms())
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


def rotate(connection: Connection, key: Key, new_hash: str, new_label: str, until: int) -> bool:
    """Gives a key another text; the present one works `until` then. False when somebody else has changed it first."""
    result = connection.execute(
        update(api_keys)
        .where(api_keys.c.id == key.id, api_keys.c.hash == key.hash, api_keys.c.deleted_at.is_(None))
        .values(hash=new_hash, label=new_label, updated_at=clock.now_ms())
    )
    if not result.rowcount:
        return False
    connection.execute(insert(former_hashes).values(hash=key.hash, key_id=key.id, label=key.label, until=until))
    for each in (key.hash, new_hash):
        changes.note(connection, "key", each)
    return True


def by_former_hash(connection: Connection, key_hash: str) -> Former | None:
    """The key that once had the text with this hash, unless it was deleted."""
    row = connection.execute(
        select(*_KEY, former_hashes.c.label, former_hashes.c.until)
        .join(former_hashes, former_hashes.c.key_id == api_keys.c.id)
        .where(former_hashes.c.hash == key_hash, api_keys.c.deleted_at.is_(None))
    ).first()
    return Former(_key(row[:-2]), row[-2], row[-1]) if row else None


def end_former(connection: Connection, key_hash: str, at_ms: int) -> None:
    """Ends a former text of a key at once, on every server."""
    connection.execute(update(former_hashes).where(former_hashes.c.hash == key_hash).values(until=at_ms))
    changes.note(connection, "key", key_hash)


def note_uses(connection: Connection, uses: Mapping[str, int]) -> None:
    """Notes when keys were last used, by id; rows are touched in one order."""
    for key_id, used_at in sorted(uses.items()):
        connection.execute(
            update(api_keys)
            .where(api_keys.c.id == key_id, (api_keys.c.used_at.is_(None)) | (api_keys.c.used_at < used_at))
            .values(used_at=used_at)
        )


def networks_of(connection: Connection, key_id: str) -> dict[str, int]:
    """Where a key has been used from, and since when."""
    rows = connection.execute(
        select(key_networks.c.network, key_networks.c.first_at).where(key_networks.c.key_id == key_id)
    )
    return {row.network: row.first_at for row in rows}


def add_network(connection: Connection, key_id: str, network: str, at_ms: int) -> None:
    """Notes a place a key is used from; one that is known stays as it is."""
    build = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    connection.execute(
        build(key_networks).values(key_id=key_id, network=network, first_at=at_ms).on_conflict_do_nothing()
    )


def in_workspace(connection: Connection, workspace_id: str, user_id: str | None) -> bool:
    """Whether there are keys in a workspace that work, of one person or of anybody."""
    query = select(api_keys.c.id).where(
        api_keys.c.workspace_id == workspace_id, api_keys.c.deleted_at.is_(None), api_keys.c.disabled.is_(False)
    )
    if user_id is not None:
        query = query.where(api_keys.c.user_id == user_id)
    return connection.execute(query.limit(1)).first() is not None


class Usage(NamedTuple):
    """What a key spent, in nano-dollars."""

    total: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    own_total: int = 0
    """The price of what came by the account's own provider keys, and was not charged."""
    own_daily: int = 0
    own_weekly: int = 0
    own_monthly: int = 0

    def of(self, reset: str | None) -> int:
        """What it spent in the present window of `reset`."""
        return {"daily": self.daily, "weekly": self.weekly, "monthly": self.monthly}.get(reset or "", self.total)

    def own(self, reset: str | None) -> int:
        """The price of what came by own provider keys in it."""
        windows = {"daily": self.own_daily, "weekly": self.own_weekly, "monthly": self.own_monthly}
        return windows.get(reset or "", self.own_total)


class Listing(NamedTuple):
    """Which of an account's keys are asked for."""

    workspace_id: str | None = None
    """None for those of every workspace."""
    is_default: bool = False
    """Whether that is the default one, where keys are that name none."""
    disabled: bool = False
    """Whether disabled ones are asked for as well."""
    expired: bool = False
    offset: int = 0
    limit: int = 100


def page(connection: Connection, account_id: str, listing: Listing) -> list[Key]:
    """Some of an account's keys, newest first."""
    keys = api_keys.c
    query = select(*_KEY).where(keys.account_id == account_id, keys.deleted_at.is_(None), keys.kind != "browser")
    if listing.workspace_id is not None:
        inside = keys.workspace_id == listing.workspace_id
        query = query.where(or_(inside, keys.workspace_id.is_(None)) if listing.is_default else inside)
    if not listing.disabled:
        query = query.where(keys.disabled.is_(False))
    if not listing.expired:
        query = query.where(or_(keys.expires_at.is_(None), keys.expires_at > clock.now_ms()))
    query = query.order_by(keys.created_at.desc(), keys.id).offset(listing.offset).limit(listing.limit)
    return [_key(row) for row in connection.execute(query)]


def spent_by(connection: Connection, account_id: str, today: int) -> dict[str, Usage]:
    """What each of an account's keys spent, by the key's id."""
    windows = [window_start(each, today) for each in ("daily", "weekly", "monthly")]
    sums: list[ColumnElement[Any]] = []
    for column in (key_days.c.spent, key_days.c.own):
        sums.append(func.sum(column))
        sums += [func.coalesce(func.sum(case((key_days.c.day >= start, column), else_=0)), 0) for start in windows]
    rows = connection.execute(
        select(key_days.c.key_id, *sums)
        .join(api_keys, api_keys.c.id == key_days.c.key_id)
        .where(api_keys.c.account_id == account_id)
        .group_by(key_days.c.key_id)
    )
    return {row[0]: Usage(*(int(amount) for amount in row[1:])) for row in rows}


def spent_days(connection: Connection, key_id: str, since_day: int) -> SpentDays:
    """What the key spent in all, and by day from `since_day` on."""
    total, own = connection.execute(
        select(func.coalesce(func.sum(key_days.c.spent), 0), func.coalesce(func.sum(key_days.c.own), 0)).where(
            key_days.c.key_id == key_id
        )
    ).one()
    rows = connection.execute(
        select(key_days.c.day, key_days.c.spent, key_days.c.own).where(
            key_days.c.key_id == key_id, key_days.c.day >= since_day
        )
    ).all()
    days = {row.day: row.spent for row in rows}
    return SpentDays(int(total), days, int(own), {row.day: row.own for row in rows if row.own})


def spent_in_window(connection: Connection, key_id: str, reset: str | None) -> int:
    """What the key spent of its limit since the start of the present window of `reset`."""
    found = spent_days(connection, key_id, window_start(reset, clock.day(clock.now_ms())))
    counts = select(api_keys.c.include_byok_in_limit).where(api_keys.c.id == key_id)
    return found.since(reset, counts_own=bool(found.own_total and connection.execute(counts).scalar()))


def own_since(connection: Connection, account_id: str, day: int) -> int:
    """The price of what an account had by its own provider keys since a UTC day."""
    query = select(func.coalesce(func.sum(key_days.c.own), 0)).join(api_keys, api_keys.c.id == key_days.c.key_id)
    return int(connection.execute(query.where(api_keys.c.account_id == account_id, key_days.c.day >= day)).scalar_one())


_ADD_SPEND = Prepared(
    text(
        "INSERT INTO key_days (key_id, day, spent, requests, own) VALUES (:key_id, :day, :spent, :requests, :own) "
        "ON CONFLICT (key_id, day) DO UPDATE SET spent = key_days.spent + excluded.spent, "
        "requests = key_days.requests + excluded.requests, own = key_days.own + excluded.own"
    ).bindparams(
        bindparam("key_id", type_=Text),
        bindparam("day", type_=Integer),
        bindparam("spent", type_=BigInteger),
        bindparam("requests", type_=BigInteger),
        bindparam("own", type_=BigInteger),
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
    for label in (api_keys.c.label, former_hashes.c.label):
        foreign = label.startswith("sk-") & ~label.startswith("sk-mp-")
        if connection.execute(select(label).where(foreign).limit(1)).first() is not None:
            return True
    return False

"""Roll-ups: what was used by hour and by day, so that no question about use has to read generations.

The journal's transaction that stores generations also stores what they add to the roll-ups, as one row (`note`). Later,
beside requests, those rows are taken out and added (`fold`), in one transaction: each generation counts once, whatever
is killed when, and one that is stored late counts in the hour it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from modelport.db.prepared import Prepared
from modelport.kit import clock
from modelport.usage.tables import (
    COUNTERS,
    account_hours,
    app_days,
    app_totals,
    apps,
    model_days,
    model_totals,
    pending,
    usage_days,
    usage_hours,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table

    from modelport.usage.generation import Generation

__all__ = ["HOUR_MS", "LOCK", "TABLES", "bucket_of", "fold", "keys_of", "note", "unfolded"]

HOUR_MS = 3_600_000
_BATCH = 500
LOCK = 7_236_745_220
_WIDTH = len(COUNTERS)

Key = tuple[str, int, str, str, str, str, str, int, str, str]
"""Account, hour, model, provider, endpoint, key, app, bucket; the app's title and categories."""


class _Delta(msgspec.Struct, array_like=True):
    key: Key
    sums: list[int]


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(list[_Delta])
_NOTE = Prepared(insert(pending).values(deltas=bindparam("deltas")), ("deltas",))


def bucket_of(prompt_tokens: int) -> int:
    """0 for a prompt of at most 1,000 tokens, 1 for 10,000, ... 4 for 10 million and more."""
    limit = 1_000
    for bucket in range(4):
        if prompt_tokens <= limit:
            return bucket
        limit *= 10
    return 4


def note(connection: Connection, made: Sequence[Generation], *, instead_of: Sequence[Generation] = ()) -> None:
    """Notes what new generations add, in the transaction that stores them; or how changed ones differ."""
    sums: dict[Key, list[int]] = {}
    for each, sign in [*((each, 1) for each in made), *((each, -1) for each in instead_of)]:
        key = (
            each.account_id,
            each.created_at // HOUR_MS,
            each.model,
            each.provider or "",
            each.endpoint_id or "",
            each.key_id,
            each.app or "",
            bucket_of(each.prompt_tokens),
            (each.app_title or "") if each.app else "",
            (each.app_categories or "") if each.app else "",
        )
        counts = _counts(each)
        if sign < 0:
            counts = [-count for count in counts]
        found = sums.get(key)
        sums[key] = counts if found is None else [one + more for one, more in zip(found, counts, strict=True)]
    _NOTE.one(connection, (_ENCODER.encode([_Delta(key, counts) for key, counts in sums.items()]).decode(),))


def _counts(each: Generation) -> list[int]:
    """In the order of `COUNTERS`."""
    failed = each.status == "error"
    timed = not failed and each.latency_ms is not None
    return [
        0 if failed else 1,
        1 if failed else 0,
        1 if each.cancelled else 0,
        1 if each.is_free and not failed else 0,
        each.prompt_tokens,
        each.completion_tokens,
        each.reasoning_tokens,
        each.cached_tokens,
        each.cache_write_tokens,
        each.cost,
        (each.upstream_cost or 0) + each.wasted_cost,
        1 if timed else 0,
        (each.latency_ms or 0) if timed else 0,
        (each.generation_ms or 0) if timed else 0,
        1 if each.byok_cost is not None and not failed else 0,
        each.byok_cost or 0,
    ]


def fold(connection: Connection) -> int:
    """Adds what was noted to the roll-ups; returns how many notes, 0 when none is left or another process is at it."""
    if connection.dialect.name == "postgresql":
        taken = connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar_one()
        if not taken:
            return 0
    rows = connection.execute(select(pending.c.seq, pending.c.deltas).order_by(pending.c.seq).limit(_BATCH)).all()
    if not rows:
        return 0
    deltas = [delta for row in rows for delta in _read(row.deltas)]
    sums: dict[str, dict[tuple[Any, ...], list[int]]] = {table.name: {} for table in TABLES}
    for delta in deltas:
        for name, key in _places(delta.key):
            _add(sums[name], key, delta.sums)
    for table in TABLES:
        if found := sums[table.name]:
            _ADDING[table.name].many(connection, _rows(found))
    _introduce(connection, _apps(deltas))
    connection.execute(delete(pending).where(pending.c.seq.in_([row.seq for row in rows])))
    return len(rows)


def unfolded(deltas: str) -> list[tuple[str, int, str, list[int]]]:
    """What a note that is not folded yet adds: account, hour, model, and sums in the order of `COUNTERS`."""
    return [(each.key[0], each.key[1], each.key[2], each.sums) for each in _read(deltas)]


def _read(text: str) -> list[_Delta]:
    """A note's deltas; one of before an upgrade lacks the newest counters."""
    found = _DECODER.decode(text)
    for each in found:
        each.sums += [0] * (len(COUNTERS) - len(each.sums))
    return found


def _apps(deltas: Iterable[_Delta]) -> dict[str, tuple[str, str]]:
    """What apps said of themselves last: title and categories."""
    seen: dict[str, tuple[str, str]] = {}
    for delta in deltas:
        *_, app, _, title, categories = delta.key
        if app:
            known = seen.get(app, ("", ""))
            seen[app] = (title or known[0], categories or known[1])
    return seen


def _places(key: Key) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every roll-up that a delta belongs into, and its key there."""
    account, hour, model, provider, endpoint, key_id, app, bucket, _, _ = key
    day = hour // 24
    yield "usage_hours", (account, hour, model, provider, endpoint, key_id, app)
    yield "usage_days", (account, day, model, provider, endpoint, key_id, app)
    yield "account_hours", (account, hour)
    yield "model_days", (day, model, bucket)
    yield "model_totals", (day, model)
    if app:
        yield "app_days", (day, app, model)
        yield "app_totals", (day, app)


def _add(into: dict[tuple[Any, ...], list[int]], key: tuple[Any, ...], sums: list[int]) -> None:
    found = into.get(key)
    into[key] = sums if found is None else [one + more for one, more in zip(found, sums, strict=True)]


def _rows(sums: Mapping[tuple[Any, ...], list[int]]) -> list[tuple[Any, ...]]:
    """In one order, so that two writers never wait in a ring."""
    return [(*key, *sums[key]) for key in sorted(sums)]


def keys_of(table: Table) -> list[str]:
    """The columns of its primary key."""
    return [column.name for column in table.primary_key]


def _adding(table: Table) -> Prepared:
    keys = keys_of(table)
    names = (*keys, *COUNTERS)
    sets = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in COUNTERS)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "  # noqa: S608 (our own names)
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
    )
    kinds: dict[str, Any] = {"hour": Integer, "day": Integer, "bucket": Integer}
    binds = [bindparam(name, type_=kinds.get(name, Text)) for name in keys]
    binds += [bindparam(name, type_=BigInteger) for name in COUNTERS]
    return Prepared(text(statement).bindparams(*binds), names)


TABLES = (usage_hours, usage_days, account_hours, model_days, model_totals, app_days, app_totals)
"""Every roll-up."""
_ADDING = {table.name: _adding(table) for table in TABLES}


def _introduce(connection: Connection, seen: Mapping[str, tuple[str, str]]) -> None:
    """Keeps what apps say of themselves; the newest title wins, categories add up to ten."""
    if not seen:
        return
    build = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    found = {row.origin: row for row in connection.execute(select(apps).where(apps.c.origin.in_(list(seen)))).all()}
    for origin in sorted(seen):
        title, categories = seen[origin]
        old = found.get(origin)
        before: list[str] = str(old.categories).split(",") if old is not None and old.categories else []
        merged = ",".join(list(dict.fromkeys([*before, *(each for each in categories.split(",") if each)]))[:10])
        shown = title[:200] or (old.title if old is not None else origin.partition("://")[2])
        if old is not None and (old.title, old.categories) == (shown, merged):
            continue
        statement = build(apps).values(origin=origin, title=shown, categories=merged, created_at=clock.now_ms())
        connection.execute(
            statement.on_conflict_do_update(index_elements=["origin"], set_={"title": shown, "categories": merged})
        )

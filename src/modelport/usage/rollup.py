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
    apps,
    model_days,
    pending,
    usage_days,
    usage_hours,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table

    from modelport.usage.generation import Generation

__all__ = ["bucket_of", "fold", "note", "rebuild", "unfolded"]

_HOUR_MS = 3_600_000
_BATCH = 500
_LOCK = 7_236_745_220
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


def note(connection: Connection, made: Sequence[Generation]) -> None:
    """Notes what new generations add, in the transaction that stores them."""
    sums: dict[Key, list[int]] = {}
    for each in made:
        key = (
            each.account_id,
            each.created_at // _HOUR_MS,
            each.model,
            each.provider or "",
            each.endpoint_id or "",
            each.key_id,
            each.app or "",
            bucket_of(each.prompt_tokens),
            (each.app_title or "") if each.app else "",
            (each.app_categories or "") if each.app else "",
        )
        found = sums.get(key)
        if found is None:
            sums[key] = _counts(each)
        else:
            sums[key] = [one + more for one, more in zip(found, _counts(each), strict=True)]
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
    ]


def fold(connection: Connection) -> int:
    """Adds what was noted to the roll-ups; returns how many notes, 0 when none is left or another process is at it."""
    if connection.dialect.name == "postgresql":
        taken = connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar_one()
        if not taken:
            return 0
    rows = connection.execute(select(pending.c.seq, pending.c.deltas).order_by(pending.c.seq).limit(_BATCH)).all()
    if not rows:
        return 0
    hours: dict[tuple[Any, ...], list[int]] = {}
    days: dict[tuple[Any, ...], list[int]] = {}
    accounts: dict[tuple[Any, ...], list[int]] = {}
    models: dict[tuple[Any, ...], list[int]] = {}
    by_app: dict[tuple[Any, ...], list[int]] = {}
    seen: dict[str, tuple[str, str]] = {}
    for row in rows:
        for delta in _DECODER.decode(row.deltas):
            account, hour, *middle, bucket, title, categories = delta.key
            model, app, day = str(middle[0]), str(middle[4]), hour // 24
            _add(hours, (account, hour, *middle), delta.sums)
            _add(days, (account, day, *middle), delta.sums)
            _add(accounts, (account, hour), delta.sums)
            _add(models, (day, model, bucket), delta.sums)
            if app:
                _add(by_app, (day, app, model), delta.sums)
                known = seen.get(app, ("", ""))
                seen[app] = (title or known[0], categories or known[1])
    _ADD_HOURS.many(connection, _rows(hours))
    _ADD_DAYS.many(connection, _rows(days))
    _ADD_ACCOUNTS.many(connection, _rows(accounts))
    _ADD_MODELS.many(connection, _rows(models))
    if by_app:
        _ADD_APPS.many(connection, _rows(by_app))
        _introduce(connection, seen)
    connection.execute(delete(pending).where(pending.c.seq.in_([row.seq for row in rows])))
    return len(rows)


def unfolded(deltas: str) -> list[tuple[str, int, str, list[int]]]:
    """What a note that is not folded yet adds: account, hour, model, and sums in the order of `COUNTERS`."""
    return [(each.key[0], each.key[1], each.key[2], each.sums) for each in _DECODER.decode(deltas)]


def _add(into: dict[tuple[Any, ...], list[int]], key: tuple[Any, ...], sums: list[int]) -> None:
    found = into.get(key)
    into[key] = sums if found is None else [one + more for one, more in zip(found, sums, strict=True)]


def _rows(sums: Mapping[tuple[Any, ...], list[int]]) -> list[tuple[Any, ...]]:
    """In one order, so that two writers never wait in a ring."""
    return [(*key, *sums[key]) for key in sorted(sums)]


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _adding(table: Table) -> Prepared:
    keys = _keys(table)
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


_ADD_HOURS, _ADD_DAYS = _adding(usage_hours), _adding(usage_days)
_ADD_ACCOUNTS = _adding(account_hours)
_ADD_MODELS, _ADD_APPS = _adding(model_days), _adding(app_days)


def _introduce(connection: Connection, seen: Mapping[str, tuple[str, str]]) -> None:
    """Keeps what apps say of themselves; the newest title wins, categories add up to ten."""
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


_MEASURES = {
    "requests": "CASE WHEN status <> 'error' THEN 1 ELSE 0 END",
    "failed": "CASE WHEN status = 'error' THEN 1 ELSE 0 END",
    "cancelled": "CASE WHEN cancelled THEN 1 ELSE 0 END",
    "free": "CASE WHEN is_free AND status <> 'error' THEN 1 ELSE 0 END",
    "upstream_cost": "coalesce(upstream_cost, 0) + wasted_cost",
    "timed": "CASE WHEN status <> 'error' AND latency_ms IS NOT NULL THEN 1 ELSE 0 END",
    "latency_ms": "CASE WHEN status <> 'error' AND latency_ms IS NOT NULL THEN latency_ms ELSE 0 END",
    "generation_ms": "CASE WHEN status <> 'error' AND latency_ms IS NOT NULL THEN coalesce(generation_ms, 0) "
    "ELSE 0 END",
}
_SOURCES = {
    "provider": "coalesce(provider, '')",
    "endpoint_id": "coalesce(endpoint_id, '')",
    "app": "coalesce(app, '')",
    "hour": f"created_at / {_HOUR_MS}",
    "day": f"created_at / {_HOUR_MS * 24}",
    "bucket": "CASE WHEN prompt_tokens <= 1000 THEN 0 WHEN prompt_tokens <= 10000 THEN 1 "
    "WHEN prompt_tokens <= 100000 THEN 2 WHEN prompt_tokens <= 1000000 THEN 3 ELSE 4 END",
}
_DERIVED = ((usage_days, usage_hours, ""), (account_hours, usage_hours, ""), (app_days, usage_days, " WHERE app <> ''"))
"""Sums of sums, in the order in which they can be made; only two tables need the generations themselves."""


def rebuild(connection: Connection) -> None:
    """Makes every roll-up anew from the stored generations: after a restore, or for a proof that they are exact.

    Called first in its transaction. What is stored and noted meanwhile is added by the next fold.
    """
    if connection.dialect.name == "postgresql":
        # Notes and generations must be of one moment, or what comes in between counts twice.
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL work_mem = '256MB'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(delete(pending))
    for table in (usage_hours, usage_days, account_hours, model_days, app_days):
        connection.execute(delete(table))
    for table in (usage_hours, model_days):
        sources = [_SOURCES.get(name, name) for name in _keys(table)]
        sums = [f"sum({_MEASURES.get(name, name)})" for name in COUNTERS]
        connection.execute(text(_summed(table, sources, sums, "generations")))
    for table, origin, only in _DERIVED:
        sources = ["hour / 24" if name == "day" and "hour" in origin.c else name for name in _keys(table)]
        connection.execute(text(_summed(table, sources, [f"sum({name})" for name in COUNTERS], origin.name + only)))


def _summed(table: Table, sources: Sequence[str], sums: Sequence[str], origin: str) -> str:
    places = ", ".join(str(number) for number in range(1, len(sources) + 1))
    # In the order of the key: an account's rows then lie side by side.
    return (
        f"INSERT INTO {table.name} ({', '.join((*_keys(table), *COUNTERS))}) "  # noqa: S608 (our own names)
        f"SELECT {', '.join((*sources, *sums))} FROM {origin} GROUP BY {places} ORDER BY {places}"
    )

"""Roll-ups made anew from the stored generations: after a restore, and in tests, to show that they are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, text

from modelport.usage.rollup import HOUR_MS, LOCK, TABLES, fold, keys_of
from modelport.usage.tables import (
    COUNTERS,
    account_hours,
    app_days,
    app_totals,
    generations,
    model_days,
    model_totals,
    usage_days,
    usage_hours,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Table

__all__ = ["MEASURES", "rebuild"]

MEASURES = {
    "requests": "CASE WHEN status <> 'error' THEN 1 ELSE 0 END",
    "failed": "CASE WHEN status = 'error' THEN 1 ELSE 0 END",
    "cancelled": "CASE WHEN cancelled THEN 1 ELSE 0 END",
    "free": "CASE WHEN is_free AND status <> 'error' THEN 1 ELSE 0 END",
    "upstream_cost": "coalesce(upstream_cost, 0) + wasted_cost",
    "byok_requests": "CASE WHEN byok_cost IS NOT NULL AND status <> 'error' THEN 1 ELSE 0 END",
    "byok_cost": "coalesce(byok_cost, 0)",
    "timed": "CASE WHEN status <> 'error' AND latency_ms IS NOT NULL THEN 1 ELSE 0 END",
    "latency_ms": "CASE WHEN status <> 'error' AND latency_ms IS NOT NULL THEN latency_ms ELSE 0 END",
    "generation_ms": "CASE WHEN status <> 'error' AND latency_ms IS NOT NULL THEN coalesce(generation_ms, 0) "
    "ELSE 0 END",
}
"""Counters that are more than a column, as one generation has them."""
_SOURCES = {
    "provider": "coalesce(provider, '')",
    "endpoint_id": "coalesce(endpoint_id, '')",
    "app": "coalesce(app, '')",
    "hour": f"created_at / {HOUR_MS}",
    "day": f"created_at / {HOUR_MS * 24}",
    "bucket": "CASE WHEN prompt_tokens <= 1000 THEN 0 WHEN prompt_tokens <= 10000 THEN 1 "
    "WHEN prompt_tokens <= 100000 THEN 2 WHEN prompt_tokens <= 1000000 THEN 3 ELSE 4 END",
}
_DERIVED = (
    (usage_days, usage_hours, ""),
    (account_hours, usage_hours, ""),
    (model_totals, model_days, ""),
    (app_days, usage_days, " AND app <> ''"),
    (app_totals, app_days, ""),
)
"""Sums of sums, in the order in which they can be made; only two tables need the generations themselves."""


def rebuild(connection: Connection) -> None:
    """Makes every roll-up anew from the stored generations: after a restore, or for a proof that they are exact.

    Called first in its transaction. What is stored and noted meanwhile is added by the next fold; days whose
    generations retention has dropped keep their sums.
    """
    if connection.dialect.name == "postgresql":
        # Notes and generations must be of one moment, or what comes in between counts twice.
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL work_mem = '256MB'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    while fold(connection):
        pass
    first = _first_whole_day(connection)
    if first is None:
        return
    for table in TABLES:
        connection.execute(delete(table).where(_since(table, first)))
    for table in (usage_hours, model_days):
        sources = [_SOURCES.get(name, name) for name in keys_of(table)]
        sums = [f"sum({MEASURES.get(name, name)})" for name in COUNTERS]
        origin = f"generations WHERE created_at >= {first * 24 * HOUR_MS}"
        connection.execute(text(_summed(table, sources, sums, origin)))
    for table, origin, only in _DERIVED:
        sources = ["hour / 24" if name == "day" and "hour" in origin.c else name for name in keys_of(table)]
        sums = [f"sum({name})" for name in COUNTERS]
        where = f" WHERE {_since(origin, first).compile(compile_kwargs={'literal_binds': True})}{only}"
        connection.execute(text(_summed(table, sources, sums, origin.name + where)))


def _first_whole_day(connection: Connection) -> int | None:
    """The first day of which every generation is still stored; None when there is none.

    Sums of days before it stay as they are: they are all that is left of what retention has dropped.
    """
    oldest = connection.execute(select(func.min(generations.c.created_at))).scalar_one()
    if oldest is None:
        return None
    first = int(oldest) // (24 * HOUR_MS)
    older = connection.execute(select(usage_days.c.day).where(usage_days.c.day < first).limit(1)).first()
    return first if older is None else first + 1


def _since(table: Table, day: int) -> ColumnElement[bool]:
    return table.c.hour >= day * 24 if "hour" in table.c else table.c.day >= day


def _summed(table: Table, sources: Sequence[str], sums: Sequence[str], origin: str) -> str:
    places = ", ".join(str(number) for number in range(1, len(sources) + 1))
    # In the order of the key: an account's rows then lie side by side.
    return (
        f"INSERT INTO {table.name} ({', '.join((*keys_of(table), *COUNTERS))}) "  # noqa: S608 (our own names)
        f"SELECT {', '.join((*sources, *sums))} FROM {origin} GROUP BY {places} ORDER BY {places}"
    )

"""Weeks of generations: on PostgreSQL each is a partition, made before it comes and dropped whole when it is old.

A row that no partition is there for goes into the default one, so that nothing is ever refused; when its week is made,
such rows move there. On SQLite it is one table, and what is old is deleted a little at a time.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text, update

from modelport.usage.tables import account_hours, attempts, generations, usage_days, usage_hours

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["AHEAD", "drop_old", "forget_traces", "make_weeks", "prune_rollups"]

AHEAD = 3
"""How many coming weeks have their partition already."""
_DAY_MS = 86_400_000
_LOCK = 7_236_745_221
_SOME = 2_000
"""Rows deleted in one transaction, where rows must be."""


def _monday(day: int) -> int:
    return day - (day + 3) % 7  # day 0 was a Thursday


def _name(monday: int) -> str:
    return f"generations_{dt.date(1970, 1, 1) + dt.timedelta(days=monday):%Y%m%d}"


def _weeks(connection: Connection) -> dict[str, int]:
    """Partitions there are, with the day each begins."""
    rows = connection.execute(
        text(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'generations'::regclass AND c.relname <> 'generations_default'"
        )
    ).scalars()
    epoch = dt.date(1970, 1, 1)
    return {name: (dt.datetime.strptime(name[-8:], "%Y%m%d").date() - epoch).days for name in rows}  # noqa: DTZ007 (a date)


def make_weeks(connection: Connection, now_ms: int) -> list[str]:
    """Makes the partitions of this week and the coming ones, and of any week whose rows lie in the default one.

    Returns the new ones' names.
    """
    if connection.dialect.name != "postgresql":
        return []
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    there = _weeks(connection)
    today = now_ms // _DAY_MS
    wanted = {_monday(today) + 7 * ahead for ahead in range(AHEAD + 1)}
    strays = connection.execute(text(f"SELECT DISTINCT created_at / {_DAY_MS} FROM generations_default")).scalars()  # noqa: S608 (a number)
    wanted |= {_monday(int(day)) for day in strays}
    made: list[str] = []
    for monday in sorted(wanted):
        name = _name(monday)
        if name in there:
            continue
        start, end = monday * _DAY_MS, (monday + 7) * _DAY_MS
        # Attached, not created in place: that would lock out whoever reads or writes generations.
        connection.execute(text(f"CREATE TABLE {name} (LIKE generations INCLUDING ALL)"))
        connection.execute(
            text(
                f"WITH moved AS (DELETE FROM generations_default WHERE created_at >= {start} AND created_at < {end} "  # noqa: S608 (numbers and our own names)
                f"RETURNING *) INSERT INTO {name} SELECT * FROM moved"
            )
        )
        connection.execute(
            text(f"ALTER TABLE generations ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})")
        )
        made.append(name)
    return made


def drop_old(connection: Connection, before_ms: int) -> int:
    """Forgets generations from before `before_ms`, as far as one short transaction goes.

    Returns how much there was to do; 0 when nothing is left.
    """
    done = 0
    if connection.dialect.name == "postgresql":
        # Whoever reads at the moment is not waited for long: the next time is soon enough.
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        for name, monday in _weeks(connection).items():
            if (monday + 7) * _DAY_MS <= before_ms:
                connection.execute(text(f"DROP TABLE {name}"))
                done += 1
        if done:
            return done
    done = _forget_attempts(connection, before_ms)
    old = (
        select(generations.c.id)
        .where(generations.c.created_at < before_ms)
        .order_by(generations.c.created_at)
        .limit(_SOME)
    )
    result = connection.execute(
        delete(generations).where(generations.c.created_at < before_ms, generations.c.id.in_(old))
    )
    return result.rowcount + done


def _forget_attempts(connection: Connection, before_ms: int) -> int:
    c = attempts.c
    some = select(c.generation_id).where(c.created_at < before_ms).order_by(c.created_at).limit(_SOME)
    return connection.execute(delete(attempts).where(c.created_at < before_ms, c.generation_id.in_(some))).rowcount


def forget_traces(connection: Connection, before_ms: int, after_ms: int) -> int:
    """Empties how generations between the two times were routed, some rows at a time; returns how many."""
    c = generations.c
    within = (c.created_at < before_ms, c.created_at >= after_ms, c.trace != "{}")
    some = select(c.id).where(*within).order_by(c.created_at).limit(_SOME)
    done = connection.execute(update(generations).where(*within, c.id.in_(some)).values(trace="{}")).rowcount
    return done + _forget_attempts(connection, before_ms)


def prune_rollups(connection: Connection, hours_before: int | None, days_before: int | None) -> int:
    """Forgets roll-ups of hours and days before the given ones; None keeps them. Returns how many rows went."""
    gone = 0
    if hours_before is not None:
        gone += connection.execute(delete(usage_hours).where(usage_hours.c.hour < hours_before)).rowcount
    if days_before is not None:
        gone += connection.execute(delete(usage_days).where(usage_days.c.day < days_before)).rowcount
        gone += connection.execute(delete(account_hours).where(account_hours.c.hour < days_before * 24)).rowcount
    return gone

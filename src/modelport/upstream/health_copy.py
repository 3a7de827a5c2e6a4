"""Health that outlives a restart: written to the database once a minute and at the end, read at the start.

Percentiles are not kept: they are of the last half hour, and begin anew soon enough.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import structlog

from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.upstream import store
from modelport.upstream.health_record import Record

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.upstream.health import Health

__all__ = ["keep", "restore", "save"]

_log = structlog.get_logger(__name__)
_SECONDS = 60.0
_DAY_MS = 86_400_000


class _Copy(msgspec.Struct):
    recent: list[tuple[int, int]]
    minutes: list[tuple[int, int]]
    in_a_row: int
    rest: float
    left: float
    """Seconds it still rests."""
    stated: bool
    trial: bool


def _copied(record: Record, now: float) -> str:
    copy = _Copy(
        _trimmed(record.recent.each(now, 60)),
        _trimmed(record.minutes.each(now, 1440)),
        record.in_a_row,
        record.rest,
        max(record.until - now, 0.0),
        record.stated,
        record.trial,
    )
    return msgspec.json.encode(copy).decode()


def _trimmed(counts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    last = next((n for n in range(len(counts), 0, -1) if counts[n - 1] != (0, 0)), 0)
    return counts[:last]


async def save(database: Database, health: Health) -> None:
    """Writes a copy of everything that is known."""
    now, now_ms = health.now(), clock.now_ms()
    copies = {endpoint_id: _copied(record, now) for endpoint_id, record in list(health.records.items())}
    await database.write(partial(store.save, copies=copies, now_ms=now_ms, before_ms=now_ms - _DAY_MS))


async def restore(database: Database, health: Health) -> None:
    """Takes over what an earlier process knew, as much older as it is by now."""
    now_ms = clock.now_ms()
    for endpoint_id, data, written_ms in await database.read(partial(store.load, since_ms=now_ms - _DAY_MS)):
        copy, now, late = msgspec.json.decode(data, type=_Copy), health.now(), max(now_ms - written_ms, 0) / 1000
        record = Record(in_a_row=copy.in_a_row, rest=copy.rest, stated=copy.stated, trial=copy.trial)
        record.recent.restore(now, copy.recent, late)
        record.minutes.restore(now, copy.minutes, late)
        record.until = now + copy.left - late if copy.left > late else 0.0
        health.take_over(endpoint_id, record)


async def keep(database: Database, health: Health) -> None:
    """Writes a copy once a minute until cancelled."""
    while True:
        await asyncio.sleep(_SECONDS)
        try:
            await save(database, health)
        except DatabaseDown:
            continue
        except Exception:  # noqa: BLE001 (tried again next time; nothing hangs on it)
            _log.exception("health.copy_failed")

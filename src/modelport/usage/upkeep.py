"""What a server does about its records beside requests: roll-ups, coming partitions, forgetting what is old."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.usage import partitions, rollup
from modelport.usage.rebuild import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.settings import Settings

__all__ = ["Upkeep"]

_log = structlog.get_logger(__name__)
_FOLD_SECONDS = 1.0
_KEEP_SECONDS = 3600.0
_DAY_MS = 86_400_000
_REBUILDS = 3
_BREATH = 0.05
"""Between two short transactions of a long clean-up, so that charges are never kept waiting."""


class Upkeep:
    """The records' housekeeping."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    async def run(self) -> None:
        """Folds every second and keeps house every hour, until cancelled."""
        kept = clock.monotonic()
        while True:
            await asyncio.sleep(_FOLD_SECONDS)
            try:
                await self.fold()
                if clock.monotonic() - kept > _KEEP_SECONDS:
                    kept = clock.monotonic()
                    await self.keep()
            except DatabaseDown:
                continue
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("upkeep.fault")

    async def fold(self) -> int:
        """Adds everything that was noted to the roll-ups; returns how many notes."""
        folded = 0
        while count := await self._database.write(rollup.fold):
            folded += count
        return folded

    async def rebuild(self) -> None:
        """Makes the roll-ups anew from what is stored, whatever runs beside it."""
        patience, self._database.patience = self._database.patience, None  # ten million generations take minutes
        try:
            for left in reversed(range(_REBUILDS)):
                try:
                    return await self._database.write(rebuild)
                except DatabaseDown:
                    if not left:  # another server added notes at the same moment; more likely the database is away
                        raise
        finally:
            self._database.patience = patience

    async def keep(self) -> None:
        """Makes coming partitions, and forgets what the settings say."""
        now, settings = clock.now_ms(), self._settings
        await self._database.write(partial(partitions.make_weeks, now_ms=now))
        if settings.keep_generations_days:
            await self.fold()  # what goes must have been counted
            before = now - settings.keep_generations_days * _DAY_MS
            await self._repeat(partial(partitions.drop_old, before_ms=before))
        if settings.keep_traces_days:
            before = now - settings.keep_traces_days * _DAY_MS
            forget = partial(partitions.forget_traces, before_ms=before, after_ms=before - 8 * _DAY_MS)
            await self._repeat(forget)
        today = clock.day(now)
        hours, days = settings.keep_usage_hours_days, settings.keep_usage_days
        await self._database.write(
            partial(
                partitions.prune_rollups,
                hours_before=(today - hours) * 24 if hours else None,
                days_before=today - days if days else None,
            )
        )

    async def _repeat(self, work: Callable[[Connection], int]) -> None:
        """Short transactions with a breath between, until there is nothing left to do."""
        count = 1
        while count:
            count = await self._database.write(work)
            await asyncio.sleep(_BREATH)

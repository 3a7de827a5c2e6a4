"""The journal: everything a request leaves behind, made durable in one transaction, many requests at a time.

Requests hand over what happened and wait; a single writer takes all that has gathered, writes generations,
transfers and key spending in one transaction, commits, and wakes them (group commit). While it commits, the next
ones gather: the busier the server, the fewer commits a request costs. Nothing is told to a caller before it is
on disk.

If the database refuses, the batch is kept and tried again until it takes it; a batch whose commit may or may not
have happened is told apart by the generations it would have written.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.usage.batch import Charge, Entry, Opened, Settled, apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.credits.service import Balance, Checkpoint, Credits
    from modelport.db.database import Database

__all__ = ["Charge", "Journal", "Opened", "Settled"]

_log = structlog.get_logger(__name__)


class Journal:
    """Group commit of everything the chat path leaves behind."""

    def __init__(self, database: Database, credits: Credits) -> None:
        self._database = database
        self._credits = credits
        self._queue: list[tuple[Entry, asyncio.Future[None] | None]] = []
        self._checkpoints: dict[str, Checkpoint] = {}
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing = False
        self.failing = False
        """Whether the last write was refused."""

    def start(self) -> None:
        """Starts the writer."""
        self._writer = asyncio.create_task(self._write_for_ever(), name="journal")

    async def close(self) -> None:
        """Writes what is left and stops."""
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer

    def note(self, entry: Entry) -> None:
        """Hands over what nobody waits for: a failure that costs nothing."""
        self._queue.append((entry, None))
        self._wake.set()

    def checkpoint(self, point: Checkpoint) -> None:
        """Notes how far a stream has come; only the newest of each is written, with the next batch."""
        self._checkpoints[point.id] = point
        self._wake.set()

    def written(self, entry: Entry) -> asyncio.Future[None]:
        """Hands over `entry`; the future is done when it is durable.

        The future may be abandoned: the entry is written all the same.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((entry, done))
        self._wake.set()
        return done

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue or self._checkpoints:
                batch, self._queue = self._queue, []
                points, self._checkpoints = self._checkpoints, {}
                await self._write(batch, points)
            if self._closing:
                return

    async def _write(
        self, batch: list[tuple[Entry, asyncio.Future[None] | None]], points: dict[str, Checkpoint]
    ) -> None:
        entries = [entry for entry, _ in batch]
        delay = 0.05
        retry = False
        while True:
            try:
                balances = await self._database.write(
                    lambda connection, points=points, retry=retry: apply(
                        connection, entries, list(points.values()), self._credits.revenue, retry=retry
                    )
                )
            except DatabaseDown as error:
                self.failing = True
                _log.warning("journal.refused", entries=len(entries), cause=str(error.__cause__))
                await asyncio.sleep(delay)
                delay = min(delay * 2, 2.0)
                retry = True
                continue
            except Exception:  # noqa: BLE001 (the edge of a batch: logged below, and told to whoever waits)
                # A fault of ours: one bad entry must not hold up, or lose, the others.
                if len(batch) > 1:
                    for one in batch:
                        await self._write([one], points)
                        points = {}
                    return
                _log.exception("journal.entry_refused", entry=repr(entries[:1]))
                _fail(batch)
                return
            break
        self.failing = False
        self._take_over(entries, balances)
        for _, done in batch:
            if done is not None and not done.done():
                done.set_result(None)

    def _take_over(self, entries: Sequence[Entry], balances: Sequence[Balance]) -> None:
        # One step, without an await: nobody sees a balance that was lowered while its hold still stands.
        self._credits.settled(balances)
        for entry in entries:
            if isinstance(entry, Settled):
                if entry.charge is not None and entry.charge.key is not None:
                    entry.charge.key.spend(entry.charge.amount, clock.day(entry.generation.created_at))
                if entry.release is not None:
                    entry.release()


def _fail(batch: list[tuple[Entry, asyncio.Future[None] | None]]) -> None:
    for entry, done in batch:
        if isinstance(entry, Settled) and entry.release is not None:
            entry.release()
        if done is not None and not done.done():
            done.set_exception(DatabaseDown("The charge could not be recorded; the answer is withheld."))

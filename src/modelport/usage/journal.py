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
from typing import TYPE_CHECKING, NamedTuple

import structlog

from modelport.credits.budgets import LiveBudget
from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.kit.meter import Meter
from modelport.usage.batch import Books, Charge, Entry, Opened, Settled, Sharer, apply, make_storable
from modelport.usage.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.credits.service import Balance, Checkpoint, Credits
    from modelport.db.database import Database
    from modelport.usage.generation import Generation

__all__ = ["Charge", "Journal", "Opened", "Settled"]

_log = structlog.get_logger(__name__)
_GATHER_SECONDS = 0.003
_BATCH = 4000
"""Entries a transaction takes: a retry asks for all of them in one query, and databases bound its parameters."""
_LOOK_SECONDS = 0.5
_CLOSE_SECONDS = 30.0
_BLIP_SECONDS = 1.0
"""A database that refuses for less than this is waited for, and no caller notices."""
_SLOW_SECONDS = 5.0
"""The same of one that says nothing at all: a disk may be slow."""
_DELAY, _MOST_DELAY = 0.05, 1.0
"""Between two tries of a batch."""


class _Waiting(NamedTuple):
    """What was handed over."""

    entry: Entry
    done: asyncio.Future[None] | None
    """Who is told when it is durable."""
    or_free: bool = False
    """Whether the answer is withheld, and free, when that takes too long."""


class Journal:
    """Group commit of everything the chat path leaves behind."""

    def __init__(self, database: Database, credits: Credits, patience: float) -> None:
        """`patience` is how many seconds anybody waits for the disk before they are told that it takes too long."""
        self._database = database
        self._credits = credits
        self._queue: list[_Waiting] = []
        self._checkpoints: dict[str, Checkpoint] = {}
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._patience = patience
        self._writing: list[_Waiting] = []
        self._writing_since = 0.0
        self._gather = False
        self._withdrawn: set[asyncio.Future[None]] = set()
        self._closing = False
        self._failing_since: float | None = None

    @property
    def failing(self) -> bool:
        """Whether the last write was refused."""
        return self._failing_since is not None

    def refuse_if_down(self) -> None:
        """Raises `DatabaseDown` while nothing can be recorded: before a provider is called whose answer would have to
        be withheld.
        """
        now = clock.monotonic()
        refused = self._failing_since is not None and now - self._failing_since > _BLIP_SECONDS
        if refused or (self._writing and now - self._writing_since > _SLOW_SECONDS):
            raise DatabaseDown("Charges can't be recorded at the moment; try again.", retry_after=2)

    def start(self) -> None:
        """Starts the writer."""
        self._writer = asyncio.create_task(self._write_for_ever(), name="journal")
        self._watch = asyncio.create_task(self._watch_patience(), name="journal-watch")

    async def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Writes what is left and stops. A database that takes nothing for `seconds` is given up: nobody has seen the
        end of what is lost then, streams under way are settled by the next start, and the rest is free.
        """
        self._closing = True
        self._wake.set()
        if self._watch is not None:
            self._watch.cancel()
        if self._writer is None:
            return
        await asyncio.wait([self._writer], timeout=seconds)
        if not self._writer.done():
            left = [*self._writing, *self._queue]
            _log.error("journal.given_up", entries=len(left))
            _tell(left, "The charge could not be recorded before the server stopped.")
            self._writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._writer

    def note(self, entry: Entry) -> None:
        """Hands over what nobody waits for: a failure that costs nothing."""
        self._queue.append(_Waiting(entry, None))
        self._wake.set()

    def checkpoint(self, point: Checkpoint) -> None:
        """Notes how far a stream has come; only the newest of each is written, with the next batch."""
        self._checkpoints[point.id] = point
        self._wake.set()

    def written(self, entry: Entry, *, or_free: bool = False) -> asyncio.Future[None]:
        """Hands over `entry`; the future is done when it is durable.

        The future may be abandoned: the entry is written all the same. With `or_free`, an answer hangs on it: if that
        is not durable in time, the future raises `DatabaseDown`, the answer is withheld, and nothing is charged for it.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(entry, done, or_free))
        self._wake.set()
        return done

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue or self._checkpoints:
                if self._gather:
                    # Many are coming: a moment's wait lets one commit carry more of them.
                    await asyncio.sleep(_GATHER_SECONDS)
                batch, self._queue = self._queue[:_BATCH], self._queue[_BATCH:]
                points, self._checkpoints = self._checkpoints, {}
                self._gather = len(batch) > 1
                self._writing, self._writing_since = batch, clock.monotonic()
                await self._write(batch, points)
                self._writing = []
            if self._closing:
                return

    async def _watch_patience(self) -> None:
        """Tells those who wait when the disk takes too long; what they handed over is written all the same."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._writing and clock.monotonic() - self._writing_since > self._patience:
                late = [*self._writing, *self._queue]
                self._withdrawn.update(
                    each.done for each in late if each.or_free and each.done and not each.done.done()
                )
                _tell(late, "The charge could not be recorded in time; try again.")

    async def _write(self, batch: list[_Waiting], points: dict[str, Checkpoint], *, retry: bool = False) -> None:
        """With `retry`, some of the batch may have been committed already."""
        delay = _DELAY
        plain = False
        while True:
            entries = [_free(each.entry) if each.done in self._withdrawn else each.entry for each in batch]
            try:
                balances = await self._apply(entries, list(points.values()), retry=retry)
            except DatabaseDown as error:
                self._refused(error, len(entries))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _MOST_DELAY)
                retry = True
                continue
            except Exception:  # noqa: BLE001 (the edge of a batch: logged below, and told to whoever waits)
                # A fault of ours: one bad entry must not hold up, or lose, the others.
                if len(batch) > 1 or (batch and points):
                    for one in batch:
                        await self._write([one], {}, retry=True)
                    if points:
                        await self._write([], points)
                    return
                if batch and not plain:
                    # Money must not hang on a text or a count that the database can't hold.
                    plain = retry = True
                    make_storable(entries[0])
                    continue
                _log.exception("journal.entry_refused", entry=repr(entries[:1]))
                _fail(batch)
                return
            break
        self._failing_since = None
        self._take_over(entries, balances)
        self._wake_up(batch, entries)

    def _wake_up(self, batch: Sequence[_Waiting], entries: Sequence[Entry]) -> None:
        """Tells who waits that it is done, and takes back what they had been told is free."""
        for each, written in zip(batch, entries, strict=True):
            if each.done in self._withdrawn:
                self._withdrawn.discard(each.done)
                self._take_back(each.entry, counted=written is each.entry)
            elif each.done is not None and not each.done.done():
                each.done.set_result(None)

    def _take_back(self, entry: Entry, *, counted: bool) -> None:
        """Its caller was told that it is free: so it must be, whatever was committed unheard or too late."""
        if isinstance(entry, Settled) and entry.charge is not None and entry.charge.amount:
            amount = min(entry.charge.amount, entry.generation.cost) if counted else 0
            self._queue.append(_Waiting(Withheld(entry.generation, entry.charge, amount), None))

    def _refused(self, error: DatabaseDown, entries: int) -> None:
        if self._failing_since is None:
            self._failing_since = clock.monotonic()
        _log.warning("journal.refused", entries=entries, cause=str(error.__cause__))

    async def _apply(self, entries: Sequence[Entry], points: Sequence[Checkpoint], *, retry: bool) -> Sequence[Balance]:
        """One transaction."""
        credits = self._credits
        if owed := {slug for entry in entries if isinstance(entry, Settled) for slug, _ in entry.owed}:
            await credits.open_providers(owed)
        sharer = Sharer(credits.process, credits.cut_off) if credits.shared else None
        books = Books(credits.provider_cost, credits.providers)
        return await self._database.write(
            lambda connection: apply(
                connection, entries, points, credits.revenue, retry=retry, sharer=sharer, books=books
            )
        )

    def _take_over(self, entries: Sequence[Entry], balances: Sequence[Balance]) -> None:
        # One step, without an await: nobody sees a balance that was lowered while its hold still stands.
        self._credits.settled(balances)
        for entry in entries:
            if isinstance(entry, Settled):
                if entry.charge is not None:
                    self._spend(entry.charge, entry.generation)
                if entry.release is not None:
                    entry.release()
            elif isinstance(entry, Withheld) and entry.counted:
                for meter in (entry.charge.key, *entry.charge.budgets):
                    if isinstance(meter, Meter):
                        meter.take_back(entry.counted, clock.day(entry.generation.created_at))

    def _spend(self, charge: Charge, generation: Generation) -> None:
        day = clock.day(generation.created_at)
        amount = charge.amount
        if self._credits.shared:
            amount = min(amount, generation.cost)  # less where a process was cut off from the others
            self._credits.spent(charge.ledger_account, amount)
        if charge.key is not None:
            charge.key.spend(amount, day)
            if charge.own:
                charge.key.use_own(charge.own, day)
        for budget in charge.budgets:
            if isinstance(budget, LiveBudget):
                budget.spend(amount, day)
                if charge.own:
                    budget.use_own(charge.own, day)


def _free(entry: Entry) -> Entry:
    if not isinstance(entry, Settled):
        return entry
    entry.generation.status, entry.generation.error_type = "error", "server"
    entry.generation.cost = 0
    entry.generation.byok_cost = None
    charge = entry.charge
    if charge is not None:
        charge = charge._replace(amount=0, own=0) if charge.held else None
    return entry._replace(charge=charge)


def _fail(batch: list[_Waiting]) -> None:
    for entry in (each.entry for each in batch):
        if isinstance(entry, Settled) and entry.release is not None:
            entry.release()
    _tell(batch, "The charge could not be recorded; the answer is withheld.")


def _tell(waiting: list[_Waiting], message: str) -> None:
    for done in (each.done for each in waiting):
        if done is not None and not done.done():
            done.set_exception(DatabaseDown(message, retry_after=5))
            done.exception()  # whoever left does not fetch it; that is no fault to report

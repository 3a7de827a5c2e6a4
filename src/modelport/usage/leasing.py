"""Leases: how several gateway processes share balances and limits on PostgreSQL, and none of them is overspent.

Each process holds in memory, against slices that are its own and that the database knows of. All slices of a balance
together are never more than the balance; what is spent is taken off the balance with the charge, and off the slice a
little later, so that in between too little looks free, never too much. A process that is alone takes everything, and
asks nobody again. One that ends gives back; one that dies is found dead by the others, who take its slices back.

The embedded database has one process, and none of this.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from modelport.credits import service as credits_
from modelport.credits.budgets import BudgetRef
from modelport.db import changes
from modelport.db.database import DatabaseDown
from modelport.keys import service as keys_
from modelport.kit import clock
from modelport.kit.meter import Lease

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from modelport.credits.budgets import LiveBudget
    from modelport.credits.service import Credits, Purse, Subject
    from modelport.db.database import Database
    from modelport.keys.service import LiveKey
    from modelport.kit.living import Living
    from modelport.kit.meter import OwnMeter

__all__ = ["Leasing", "Share"]

_log = structlog.get_logger(__name__)
_TICK_SECONDS = 1.0
_PLENTY = 64
"""From so many times what is needed on, a process takes more than it needs, to ask less often."""
_REFUSED_SECONDS = 0.5
"""How long nobody asks again for what could not be had."""
_AT_ONCE = 500
"""Slices that one transaction tells of."""
_WAITS = (0.35, 0.35, 0.5)
"""How long others are given, time after time, to return what they do not use."""


class _Pot(Protocol):
    held: int
    lease: Lease | None


class Share(NamedTuple):
    """Something shared: a balance, a key's limit, a budget."""

    subject: Subject
    pot: _Pot
    limit: int
    interval: str | None
    counts_own: bool = False


class Leasing:
    """This process's leases."""

    def __init__(self, database: Database, credits: Credits, seconds: float, living: Living | None = None) -> None:
        """`seconds` is how long others wait for a sign of life before they take this process for dead; who shares
        `living` with it knows at once.
        """
        self._living_here = living
        self._database = database
        self._credits = credits
        self._seconds = seconds
        self._life = int(seconds * 1000)
        self._shares: dict[Subject, Share] = {}
        self._locks: dict[Subject, asyncio.Lock] = {}
        self._seen: dict[Subject, tuple[int, int]] = {}
        self._living = 1
        self._quiet_until = 0.0
        """Till then nobody is taken for dead: the database was away, and others need a moment as well."""

    async def start(self) -> None:
        """Makes this process known, and takes back what a predecessor had that was killed a moment ago: it would be
        missing here until the others' patience ends.
        """
        process, here = self._credits.process, self._living_here
        if here is not None:
            await asyncio.to_thread(here.begin)
            if names := await asyncio.to_thread(here.find_dead):
                if dead := await self._database.write(lambda connection: credits_.bury(connection, names)):
                    _log.warning("leases.taken_back", processes=dead)
                await asyncio.to_thread(here.forget)
        await self._database.write(lambda connection: credits_.register(connection, process, self._life))
        self._credits.shared = True
        self._credits.cover = self._cover_purse
        await self.tick()

    async def close(self) -> None:
        """Gives everything back."""
        process = self._credits.process
        with contextlib.suppress(DatabaseDown):
            await self._database.write(lambda connection: credits_.sign_off(connection, process))
            if self._living_here is not None:
                await asyncio.to_thread(self._living_here.end)

    async def run(self) -> None:
        """Shows that this process lives, returns what it does not use, finds the dead; until cancelled."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                await self.tick()
            except DatabaseDown:
                self._quiet_until = clock.monotonic() + self._seconds
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("leasing.fault")

    async def tick(self) -> None:
        """One turn of `run`."""
        process = self._credits.process
        now = clock.now_ms()

        def renew(connection: Connection) -> tuple[int | None, int, list[str]]:
            before, living = credits_.renew(connection, process, self._life)
            if before is None:
                credits_.register(connection, process, self._life)
            late = before is None or before < now
            dead: list[str] = []
            if not late and clock.monotonic() >= self._quiet_until:
                dead = credits_.reclaim(connection, process, now - self._life // 2)
            return before, living, dead

        before, self._living, dead = await self._database.write(renew)
        if dead:
            _log.warning("leases.taken_back", processes=dead)
        if before is None:
            self._void()
        elif before < now:
            self._quiet_until = clock.monotonic() + self._seconds
        if self._living > 1:
            await self._return_idle()

    def _void(self) -> None:
        """Others took this process for dead: nothing is its own any more."""
        _log.warning("leases.lost", process=self._credits.process)
        self._credits.cut_off = True
        for share in self._shares.values():
            lease = share.pot.lease
            if lease is not None:
                lease.amount = lease.recorded = 0

    # What requests ask for.

    @staticmethod
    def reaches(purse: Purse, key: LiveKey, budgets: Sequence[LiveBudget], amount: int, counted: int) -> bool:
        """Whether `amount`, and `counted` by what counts own provider keys, can be held without asking anybody. The
        quick way: no objects are made.
        """
        lease = purse.lease
        if lease is None or lease.amount - purse.held < amount:
            return False
        record = key.record
        if record.limit is not None and not _has(
            key, counted if key.counts_own else amount, record.limit, record.limit_reset
        ):
            return False
        return all(
            _has(each, counted if each.counts_own else amount, each.record.limit, each.record.interval)
            for each in budgets
        )

    def shares(self, purse: Purse, key: LiveKey, budgets: Sequence[LiveBudget]) -> list[Share]:
        """Everything shared that a request holds against."""
        found = [Share(("credits", purse.account_id), purse, 0, None)]
        record = key.record
        if record.limit is not None:
            found.append(Share(("key", record.id), key, record.limit, record.limit_reset, key.counts_own))
        for budget in budgets:
            subject = ("budget", f"{budget.id}/{budget.spender}")
            found.append(Share(subject, budget, budget.record.limit, budget.record.interval, budget.counts_own))
        return found

    async def cover(self, shares: Sequence[Share], amount: int) -> None:
        """Leases what is missing for holding `amount` against each of the shares; whether that was possible shows when
        they are held. With an `amount` of 0 it makes them known, and takes all when this process is alone.
        """
        missing = [share for share in shares if self._is_missing(share, amount)]
        if not missing:
            return
        if changed := [share for share in missing if _is_void(share)]:
            await self._begin_anew(changed)
        async with contextlib.AsyncExitStack() as stack:
            for share in sorted(missing, key=lambda each: each.subject):
                await stack.enter_async_context(self._locks.setdefault(share.subject, asyncio.Lock()))
            waits = iter(_WAITS)
            while missing := [share for share in missing if self._is_missing(share, amount)]:
                others = await self._lease(missing, amount)
                missing = [share for share in missing if self._short(share, amount) > 0]
                if not missing or not others:
                    return
                wait = next(waits, None)
                if wait is None:
                    for share in missing:
                        assert share.pot.lease is not None
                        share.pot.lease.refused_until = clock.monotonic() + _REFUSED_SECONDS
                    return
                await asyncio.sleep(wait)

    def _short(self, share: Share, amount: int) -> int:
        pot = share.pot
        lease = pot.lease
        return amount if lease is None else pot.held + amount - lease.amount

    def _is_missing(self, share: Share, amount: int) -> bool:
        lease = share.pot.lease
        if lease is None or _is_void(share):
            return True
        short = self._short(share, amount)
        return short > 0 and not (clock.monotonic() < lease.refused_until and lease.spare < short)

    async def _cover_purse(self, purse: Purse, amount: int) -> None:
        await self.cover([Share(("credits", purse.account_id), purse, 0, None)], 0)
        assert purse.lease is not None
        reach = min(amount, max(purse.reach, 0))
        await self.cover([Share(("credits", purse.account_id), purse, 0, None)], reach)

    async def _lease(self, shares: Sequence[Share], amount: int) -> bool:
        """One transaction that leases what it can; whether others have leased anything of what is missing."""
        for share in shares:
            if share.pot.lease is None:
                share.pot.lease = Lease(limit=share.limit, interval=share.interval, counts_own=share.counts_own)
            self._shares[share.subject] = share
        own = {share.subject: _lease_of(share).amount for share in shares}
        needs = {share.subject: max(self._short(share, amount), 0) for share in shares}
        process, living = self._credits.process, self._living

        def work(connection: Connection) -> tuple[dict[Subject, tuple[int, int, int]], bool]:
            subjects = list(own)
            credits_.lock(connection, subjects)
            others, lost = credits_.leased(connection, subjects, process), credits_.orphans(connection)
            found: dict[Subject, tuple[int, int, int]] = {}
            wanted = False
            for share in shares:
                subject = share.subject
                left = _left(connection, share)
                theirs = others.get(subject, 0)
                free = left - theirs - own[subject] - lost.amounts.get(subject, 0)
                granted = _granted(free, needs[subject], living)
                if granted or own[subject] != _lease_of(share).recorded:
                    credits_.set_amount(connection, subject, process, own[subject] + granted)
                if granted < needs[subject] and theirs and free + theirs >= needs[subject]:
                    wanted = True
                    changes.note(connection, "lease", "/".join(subject))
                found[subject] = (left, free - granted, granted)
            return found, wanted

        found, wanted = await self._database.write(work)
        for share in shares:
            left, spare, granted = found[share.subject]
            lease = _lease_of(share)
            # Charges that became durable meanwhile have lowered `amount`: the record is that much too high.
            lease.recorded = own[share.subject] + granted
            lease.amount += granted
            lease.left, lease.spare = left, max(spare, 0)
        return wanted

    # What others ask for.

    async def wanted(self, subject: str) -> None:
        """Another process lacks some of this: what is not held goes back at once."""
        kind, _, name = subject.partition("/")
        share = self._shares.get((kind, name))
        if share is not None and _lease_of(share).amount > share.pot.held:
            await self._give_back([share])

    async def _begin_anew(self, shares: Sequence[Share]) -> None:
        """Somebody has changed these limits: what is not held of the old ones goes back, and is leased by the new."""
        for share in shares:
            self._shares[share.subject] = share
        await self._give_back(shares)
        for share in shares:
            lease = _lease_of(share)
            lease.limit, lease.interval, lease.counts_own = share.limit, share.interval, share.counts_own
            lease.spare, lease.refused_until = 0, 0.0

    async def _return_idle(self) -> None:
        """What nobody used since the last turn goes back; of the rest the database is told how much was spent."""
        idle: list[Share] = []
        used: list[Share] = []
        seen: dict[Subject, tuple[int, int]] = {}
        for subject, share in self._shares.items():
            lease = _lease_of(share)
            state = seen[subject] = (lease.amount, share.pot.held)
            if not lease.recorded:
                continue
            if self._seen.get(subject) == state:
                idle.append(share)
            elif lease.recorded > lease.amount:
                used.append(share)
        self._seen = seen
        if idle:
            await self._give_back(idle[:_AT_ONCE])
        if used:
            await self._give_back(used[:_AT_ONCE], keep=True)

    async def _give_back(self, shares: Sequence[Share], *, keep: bool = False) -> None:
        """Returns what is not held; with `keep`, only tells what was spent."""
        async with contextlib.AsyncExitStack() as stack:
            for share in sorted(shares, key=lambda each: each.subject):
                await stack.enter_async_context(self._locks.setdefault(share.subject, asyncio.Lock()))
            amounts: dict[Subject, int] = {}
            for share in shares:
                lease = _lease_of(share)
                back = 0 if keep else max(lease.amount - max(share.pot.held, 0), 0)
                # Taken out of use before the database knows: others may have it as soon as that commits.
                lease.amount -= back
                amounts[share.subject] = max(lease.amount, 0)
            process = self._credits.process

            def work(connection: Connection) -> None:
                credits_.lock(connection, list(amounts))
                for subject, amount in amounts.items():
                    credits_.set_amount(connection, subject, process, amount)

            await self._database.write(work)
            for share in shares:
                _lease_of(share).recorded = amounts[share.subject]


def _lease_of(share: Share) -> Lease:
    lease = share.pot.lease
    assert lease is not None
    return lease


def _has(meter: OwnMeter, amount: int, limit: int, interval: str | None) -> bool:
    lease = meter.lease
    return (
        lease is not None
        and lease.amount - meter.held >= amount
        and lease.is_of(limit, interval, counts_own=meter.counts_own)
    )


def _is_void(share: Share) -> bool:
    lease = share.pot.lease
    return lease is not None and not lease.is_of(share.limit, share.interval, counts_own=share.counts_own)


def _granted(free: int, need: int, living: int) -> int:
    if living <= 1:
        return max(free, 0)
    if free < need:
        return 0
    if need and free >= need * _PLENTY:
        return max(need, free // (4 * living))
    return need


def _left(connection: Connection, share: Share) -> int:
    """What is not spent of something shared."""
    kind, name = share.subject
    if kind == "credits":
        return credits_.posted_of(connection, name)
    if kind == "key":
        return share.limit - keys_.spent_in_window(connection, name, share.interval)
    budget, _, spender = name.partition("/")
    return share.limit - credits_.spent_in_window(connection, BudgetRef(budget, spender), share.interval)

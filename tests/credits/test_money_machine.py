"""Any interleaving of holds, deliveries, settlements, grants, outages and crashes: the money stays right.

A real database, SQLite and PostgreSQL, the real journal and sweeper; the machine keeps a model of a few integers beside
them.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from unittest import mock

import pytest
import structlog.testing
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from credits.money_house import House, Request, rows
from db.database_places import Place, template_file
from modelport.credits.errors import AlreadySpent, InFlight, NotEnough
from modelport.db.database import DatabaseDown
from modelport.keys.errors import KeyLimitExceeded, KeyLimitInFlight, KeyLimitTight
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sqlalchemy import Connection

    from db.postgres_cluster import Cluster

T = TypeVar("T")
_DAY = 86_400_000
_AMOUNTS = st.one_of(st.sampled_from([0, 1, 99, 100, 101, 500]), st.integers(0, 600))
_PICK = st.integers(0, 1000)
_FATES = st.sampled_from([[], [], [], [], [], ["before"], ["after"], ["after", "after"], ["before", "after"]])


def _nothing(_connection: Connection) -> None:
    """Waits its turn."""


@dataclass
class Live:
    """A request under way, as the model sees it."""

    request: Request
    day: int
    opened: bool = False
    recoverable: set[int] = field(default_factory=set[int])
    """What a crash may charge: the last checkpoint that is surely written, and those that may be."""
    final: int | None = None
    """What it was settled with, once that was handed over and while nobody knows whether it is written."""


class MoneyMachine(RuleBasedStateMachine):
    """One account with one key of one process after another."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(structlog.testing.capture_logs())
        self.now = 20_000 * _DAY + 1000
        self._stack.enter_context(mock.patch.object(clock, "now_ms", self._now))
        self._runner = self._stack.enter_context(asyncio.Runner())
        self._place = self.empty_place()
        self._processes = 0
        self.house: House
        self.elsewhere: House
        self.limit: int | None = None
        self.reset: str | None = None
        self.live: list[Live] = []
        self.waiting: list[asyncio.Future[None]] = []
        self.granted = 0
        self.unheard = 0
        self.bought: dict[str, int] = {}
        """Top-ups by their keys."""
        self.gifts: dict[str, int] = {}
        self.expired = 0
        """How much of the taken back was gifts whose time had come."""
        self.taken: list[int] = []
        """Refunds and what expired."""
        self.charged: dict[str, tuple[int, int]] = {}
        """Amount and day of every charge, by generation."""

    def _now(self) -> int:
        return self.now

    def empty_place(self) -> Place:
        """A database with nothing in it."""
        # In memory, where there is such a place: what a power cut leaves is another test's matter.
        memory = Path("/dev/shm")  # noqa: S108 (a folder of its own in it)
        folder = Path(tempfile.mkdtemp(prefix="modelport-machine-", dir=memory if memory.is_dir() else None))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.copyfile(template_file(), folder / "modelport.db")
        return Place(None, folder / "modelport.db")

    async def at_rest(self, dead: House) -> None:
        """Waits until the database has done, or given up, what a dead process had begun."""
        await dead.database.write(_nothing)  # writers queue

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` with a bound, for a hang is a fault too."""
        return self._runner.run(asyncio.wait_for(work, 60))

    def _house(self) -> House:
        self._processes += 1
        return House(self._place.open(), f"proc_{self._processes}")

    @initialize(limit=st.one_of(st.none(), st.integers(0, 900)), reset=st.sampled_from([None, "daily"]),
                gift=st.integers(0, 1500))  # fmt: skip
    def begin(self, limit: int | None, reset: str | None, gift: int) -> None:
        self.limit, self.reset = limit, reset

        async def work() -> None:
            self.house = self._house()
            await self.house.start()
            await self.house.move_in(limit=limit, limit_reset=reset)
            if gift:
                await self.house.grant(gift)
            self.elsewhere = self._house()
            self.elsewhere.like(self.house)

        self.run(work())
        self.granted = gift

    # What the model knows.

    @property
    def today(self) -> int:
        return self.now // _DAY

    @property
    def balance(self) -> int:
        return self.granted - sum(self.taken) - sum(amount for amount, _ in self.charged.values())

    def spent(self) -> int:
        return sum(amount for amount, day in self.charged.values() if self.reset is None or day == self.today)

    # What can happen.

    @rule(amount=_AMOUNTS)
    def hold(self, amount: int) -> None:
        """Granted if it fits what is known here, refused if it does not fit what there is."""
        held = sum(one.request.held for one in self.live)
        free = self.balance - held
        room = None if self.limit is None else self.limit - self.spent() - held
        try:
            made = self.run(self.house.request(amount))
        except (KeyLimitExceeded, KeyLimitTight, KeyLimitInFlight):
            assert room is not None
            assert amount > room
        except (NotEnough, InFlight):
            assert amount > free - self.unheard
        else:
            assert amount <= free
            assert room is None or amount <= room
            self.live.append(Live(made, self.today))

    @rule(pick=_PICK, spent=_AMOUNTS, fates=_FATES)
    def deliver(self, pick: int, spent: int, fates: list[str]) -> None:
        """The first event of a stream; or more of it."""
        if not self.live:
            return  # no precondition: what is drawn must not hang on which write was first
        one = self.live[pick % len(self.live)]
        if one.opened:
            one.request.checkpoint(spent)
            one.recoverable.add(one.request.spent)
            return
        if not one.request.held:
            return  # as in `Bill.deliver`: where nothing is set aside, nothing is made durable
        one.opened = True
        self.house.database.plan = list(fates)

        async def work() -> None:
            await one.request.deliver(spent)

        self.run(work())
        self._written()
        one.recoverable = {one.request.spent}

    @rule(pick=_PICK, cost=_AMOUNTS, fates=_FATES)
    def settle(self, pick: int, cost: int, fates: list[str]) -> None:
        """An answer ends; what it costs is less than was held, as much, or more."""
        if not self.live:
            return
        one = self.live.pop(pick % len(self.live))
        self.house.database.plan = list(fates)
        free = self.house.credits._purses[self.house.account_id].available

        async def work() -> None:
            await one.request.settle(cost)

        self.run(work())
        self._written()
        charged = one.request.generation.cost
        assert min(cost, one.request.held) <= charged <= cost
        if self.limit is None:
            assert charged == min(cost, one.request.held + max(free, 0))
        self._charge(one, charged)

    @rule(cost=_AMOUNTS, fates=_FATES)
    def settle_all(self, cost: int, fates: list[str]) -> None:
        """Many end at once."""
        if not self.live:
            return
        self.house.database.plan = list(fates)

        async def work() -> None:
            await asyncio.gather(*(one.request.settle(cost) for one in self.live))

        self.run(work())
        self._written()
        for one in self.live:
            self._charge(one, one.request.generation.cost)
        self.live.clear()

    @rule(amount=st.integers(1, 500), heard=st.booleans())
    def grant_elsewhere(self, amount: int, heard: bool) -> None:  # noqa: FBT001 (hypothesis passes by name)
        """Another process gives credits; this one hears of it now or later."""
        self.run(self.elsewhere.grant(amount))
        self.granted += amount
        self.unheard += amount
        if heard:
            self.hear()

    @rule(amount=st.integers(1, 500), number=st.integers(0, 3), fates=st.sampled_from([[], [], ["after"], ["before"]]))
    def top_up(self, amount: int, number: int, fates: list[str]) -> None:
        """Credits are bought, with a key that may have been used before, and with an answer that may be lost."""
        key = f"pay/{number}"
        amount = self.bought.get(key, amount)

        async def work() -> None:
            await self.house.purse()
            self.house.database.plan = list(fates)
            for _ in range(2):
                with contextlib.suppress(DatabaseDown):
                    await self.house.credits.topup(
                        self.house.account_id, amount, processor="acme", reference=key, idempotency_key=key
                    )

        self.run(work())
        if key not in self.bought:
            self.bought[key] = amount
            self.granted += amount
        self.hear()

    @rule(amount=st.integers(1, 700), if_spent=st.sampled_from(["rest", "refuse"]))
    def refund(self, amount: int, if_spent: Any) -> None:
        """Credits are taken back: never what is held, never gifts."""
        self.hear()
        key = f"refund/{len(self.taken)}"
        free = self.balance - sum(one.request.held for one in self.live)

        async def work() -> int:
            try:
                moved = await self.house.credits.refund(
                    self.house.account_id, amount, processor="acme", reference=key, idempotency_key=key,
                    if_spent=if_spent,
                )  # fmt: skip
            except AlreadySpent:
                return 0
            again = await self.house.credits.refund(
                self.house.account_id, amount, processor="acme", reference=key, idempotency_key=key, if_spent=if_spent
            )
            assert again.repeated
            return moved.amount

        moved = self.run(work())
        assert moved <= max(free, 0)
        self.taken.append(moved)

    @rule(amount=st.integers(1, 300), days=st.one_of(st.none(), st.integers(1, 3)))
    def gift(self, amount: int, days: int | None) -> None:
        """Promotional credits, which may expire."""
        key = f"gift/{self.granted}/{len(self.gifts)}"
        expires = None if days is None else self.now + days * _DAY
        self.run(
            self.house.credits.grant(
                self.house.account_id, amount, reference=key, idempotency_key=key, promotional=True, expires_at=expires
            )
        )
        self.gifts[key] = amount
        self.granted += amount
        self.hear()

    @rule()
    def expire(self) -> None:
        """What has expired is taken away, but for what requests hold."""
        self.hear()
        free = self.balance - sum(one.request.held for one in self.live)
        expired = self.run(self.house.credits.expire())
        assert expired <= max(free, 0)
        assert expired <= sum(self.gifts.values())
        self.taken.append(expired)
        self.expired += expired

    @rule()
    def seal(self) -> None:
        """The journal is sealed; the invariant checks every seal."""
        self.run(self.house.credits.seal())

    @rule()
    def hear(self) -> None:
        """The log of changes is read."""
        self.house.credits.changed(self.house.account_id)
        self.run(self.house.purse())
        self.unheard = 0

    @rule(days=st.integers(1, 2))
    def next_day(self, days: int) -> None:
        self.now += days * _DAY

    @rule(refused=st.booleans(), costs=st.lists(_AMOUNTS, max_size=3))
    def crash(self, refused: bool, costs: list[int]) -> None:  # noqa: FBT001 (hypothesis passes by name)
        """The process dies, some settlements on their way; the next one sweeps up."""
        self.house.database.refuse = refused

        async def work() -> None:
            for one, cost in zip(self.live, costs, strict=False):
                one.request.settle(cost)
                one.final = one.request.generation.cost
            await asyncio.sleep(0)
            self.house.crash()
            dead = self.house
            dead.database.refuse = False
            await self.at_rest(dead)
            self.house = self._house()
            await self.house.start()
            self.house.like(dead)
            await self.house.sweeper.sweep(alone=True)
            await self.house.purse()

        self.run(work())
        # The sweep also takes back gifts whose time has come.
        gone = self.run(self.house.scalar("SELECT coalesce(sum(amount), 0) FROM transfers WHERE code = 'expire'"))
        assert self.expired <= gone <= sum(self.gifts.values())
        self.taken.append(gone - self.expired)
        self.expired = gone
        found = self._charges()
        for one in self.live:
            charge = found.get(one.request.generation.id)
            allowed: set[int | None] = {*one.recoverable} if one.opened else {None}
            if one.final is not None and not refused:
                allowed.add(one.final)
            # A charge of nothing leaves no transfer, or a voided one.
            assert (charge or None) in {amount or None for amount in allowed}
            if charge:
                self._charge(one, charge)
        self.live.clear()
        self.unheard = 0

    # What must always hold.

    @invariant()
    def ledger_is_right(self) -> None:
        async def work() -> None:
            house = self.house
            report = await house.credits.check()
            assert report.fault is None
            purse, key = await house.purse(), await house.key()
            posted = await house.credits.totals(house.account_id)
            assert posted.granted - posted.used == self.balance
            assert posted.granted == self.granted - sum(self.taken)
            left = await house.credits.gifts(house.account_id)
            assert 0 <= sum(each.remaining for each in left) <= self.balance
            assert self.balance >= 0
            assert self.balance - self.unheard <= purse.posted <= self.balance
            held = sum(one.request.held for one in self.live)
            assert purse.held == key.held == held
            assert purse.foreign == 0
            assert purse.available >= 0
            assert key.spent(self.reset) == self.spent()
            assert key.spent(None) == await house.scalar("SELECT coalesce(sum(spent), 0) FROM key_days")
            if self.limit is not None:
                assert self.spent() <= self.limit
            stored = {row.id for row in await rows(house.database, "SELECT id FROM holds")}
            assert stored == {one.request.generation.id for one in self.live if one.opened}

        if hasattr(self, "house"):
            self.run(work())
            assert {name: amount for name, (amount, _) in self.charged.items()} == self._charges()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.run(self.house.journal.close())
            self.run(self._place.close())
        self._stack.close()

    def _written(self) -> None:
        """Everything handed over before is on disk now, checkpoints included."""
        for one in self.live:
            if one.recoverable:
                one.recoverable = {one.request.spent}

    def _charge(self, one: Live, amount: int) -> None:
        if amount:
            self.charged[one.request.generation.id] = (amount, one.day)

    def _charges(self) -> dict[str, int]:
        found = self.run(
            rows(
                self.house.database, "SELECT reference, amount FROM transfers WHERE code = 'generation' AND amount > 0"
            )
        )
        assert len({row.reference for row in found}) == len(found), "charged twice"
        return {row.reference: row.amount for row in found}


class MoneyMachineOnPostgres(MoneyMachine):
    """The same on the server of this test process."""

    server: ClassVar[Cluster]

    def empty_place(self) -> Place:
        self.server.empty("modelport")
        return Place(self.server.url("modelport"), Path("unused.db"))

    async def at_rest(self, dead: House) -> None:
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        while await dead.scalar(busy):  # noqa: ASYNC110 (only the server knows)
            await asyncio.sleep(0.001)


_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def _briefly(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=_SLOW,
    )


@pytest.mark.timeout(600)  # a second or two, but a failure takes long to be made small
def test_money_is_right_in_any_interleaving() -> None:
    run_state_machine_as_test(MoneyMachine, settings=_briefly(20))


@pytest.mark.timeout(600)
def test_so_it_is_on_postgres(migrated_server: Cluster) -> None:
    MoneyMachineOnPostgres.server = migrated_server
    run_state_machine_as_test(MoneyMachineOnPostgres, settings=_briefly(5))


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("machine", "examples"), [(MoneyMachine, 600), (MoneyMachineOnPostgres, 100)])
def test_money_is_right_in_very_many_interleavings(
    machine: type[MoneyMachine], examples: int, migrated_server: Cluster
) -> None:
    MoneyMachineOnPostgres.server = migrated_server
    how = settings(
        max_examples=examples, stateful_step_count=50, deadline=None, database=None, suppress_health_check=_SLOW
    )
    run_state_machine_as_test(machine, settings=how)

"""Several processes on one PostgreSQL: slices of a balance that are disjoint, shrink, come back, and are never lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from credits.money_house import House, a_house
from modelport.credits.budgets import Budgets, LiveBudget, Spender
from modelport.credits.errors import BudgetExceeded, InFlight, NotEnough
from modelport.keys.errors import KeyLimitExceeded, KeyLimitInFlight, KeyLimitTight
from modelport.kit import clock
from modelport.kit.living import Living
from modelport.usage import leasing as leasing_
from modelport.usage.leasing import Leasing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from credits.money_house import Request
    from db.database_places import Place

pytestmark = pytest.mark.parametrize("place", ["postgresql"], indirect=True)
_REFUSED = (InFlight, NotEnough, KeyLimitExceeded, KeyLimitInFlight, BudgetExceeded)


class Server:
    """One of several processes: a house and its leases."""

    def __init__(self, house: House, living: Living | None = None) -> None:
        self.house = house
        self.leasing = Leasing(house.database, house.credits, 15, living)

    async def start(self) -> None:
        await self.leasing.start()

    async def request(self, amount: int, budgets: tuple[LiveBudget, ...] = ()) -> Request:
        """As `Bill.weigh` and `Bill.hold` do it."""
        purse, key = await self.house.purse(), await self.house.key()
        if not self.leasing.reaches(purse, key, budgets, amount, amount):
            await self.leasing.cover(self.leasing.shares(purse, key, budgets), amount)
        for budget in budgets:
            budget.hold(amount)
        return await self.house.request(amount)

    @property
    def leased(self) -> int:
        """This process's slice of the balance, in memory."""
        lease = self.house.credits._purses[self.house.account_id].lease
        return 0 if lease is None else lease.amount

    async def settle(self, request: Request, cost: int) -> None:
        await request.settle(cost)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing_, "_WAITS", (0.01, 0.01))
    monkeypatch.setattr(leasing_, "_REFUSED_SECONDS", 0.0)


@pytest.fixture
async def servers(place: Place) -> AsyncGenerator[list[Server]]:
    """Three processes with one account of 1,000."""
    first = await a_house(place)
    await first.grant(1000)
    made = [first]
    for name in ("proc_b", "proc_c"):
        one = House(place.open(), name)
        await one.start()
        one.like(first)
        made.append(one)
    servers = [Server(one) for one in made]
    for server in servers:
        await server.start()
    for server in servers:
        await server.leasing.tick()  # now each knows of the others
    yield servers
    for server in servers:
        server.house.database.refuse = False
        await server.house.journal.close()


async def _recorded(server: Server, kind: str = "credits") -> dict[str, int]:
    found = await server.house.database.read(
        lambda connection: connection.exec_driver_sql(
            "SELECT process, amount FROM leases WHERE kind = $1", (kind,)
        ).all()
    )
    return {row[0]: row[1] for row in found}


async def test_one_alone_takes_everything_and_asks_no_more(place: Place) -> None:
    server = Server(await a_house(place))
    await server.house.grant(1000)
    await server.start()
    await server.settle(await server.request(10), 4)
    assert server.leased == 996
    before = server.house.database.writes
    requests = [await server.request(10) for _ in range(20)]
    assert server.house.database.writes == before
    await asyncio.gather(*(server.settle(request, 5) for request in requests))
    await server.leasing.tick()
    assert await _recorded(server) == {"proc_a": 1000}, "it need not tell what it spent"
    await server.house.grant(50)
    assert (await server.request(900)).held == 900
    await server.house.journal.close()
    await server.leasing.close()
    assert await _recorded(server) == {}


async def test_many_at_once_never_overspend_and_use_all(servers: list[Server]) -> None:
    """500 at once over three processes from a balance for exactly ten."""
    under_way: list[tuple[Server, Request]] = []

    async def one(number: int) -> None:
        server = servers[number % 3]
        try:
            under_way.append((server, await server.request(100)))
        except _REFUSED:
            return

    await asyncio.gather(*(one(number) for number in range(500)))
    assert len(under_way) == 10
    assert sum((await _recorded(servers[0])).values()) == 1000
    await asyncio.gather(*(server.settle(request, 100) for server, request in under_way))
    assert (await servers[0].house.credits.totals(servers[0].house.account_id)).used == 1000
    assert (await servers[0].house.credits.check()).fault is None


async def test_a_key_limit_and_a_budget_are_shared_as_well(servers: list[Server]) -> None:
    first = servers[0].house
    _, key = await first.keys.create(first.account_id, first.user_id, "limited", limit=500)
    budgets = [Budgets(server.house.database) for server in servers]
    await budgets[0].put(first.account_id, "account", first.account_id, 300, "daily")
    spender = Spender(first.account_id, first.user_id, key.id)
    passed: list[tuple[Server, Request, LiveBudget]] = []

    async def one(number: int) -> None:
        server = servers[number % 3]
        [budget] = await budgets[number % 3].of(spender)
        try:
            passed.append((server, await server.request(100, (budget,)), budget))
        except _REFUSED:
            return

    await asyncio.gather(*(one(number) for number in range(60)))
    assert len(passed) == 3
    assert sum((await _recorded(servers[0], "budget")).values()) == 300


async def test_what_one_does_not_use_another_gets(servers: list[Server]) -> None:
    hoarder, other, _ = servers
    hoarder.leasing._living = 1  # as before the others came
    await hoarder.settle(await hoarder.request(10), 10)
    assert hoarder.leased == 990

    async def asked() -> None:
        await hoarder.leasing.wanted(f"credits/{hoarder.house.account_id}")

    with pytest.raises(InFlight):
        await other.request(600)
    await asked()
    assert hoarder.leased == 0
    assert (await other.request(600)).held == 600


async def test_idle_slices_go_back_and_spending_is_told(servers: list[Server]) -> None:
    one, other, _ = servers
    request = await one.request(700)
    await one.leasing.tick()
    await one.settle(request, 100)
    await one.leasing.tick()
    assert await _recorded(one) == {"proc_a": 600}
    await one.leasing.tick()
    assert await _recorded(one) == {}
    assert (await other.request(900)).held == 900


async def test_a_dead_process_gives_way(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    dead, other, _ = servers
    await dead.request(800)
    dead.house.crash()
    with pytest.raises(InFlight):
        await other.request(900)
    now = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now + 10_000)
    await other.leasing.tick()  # the others go on living
    await servers[2].leasing.tick()
    monkeypatch.setattr(clock, "now_ms", lambda: now + 24_000)
    await other.leasing.tick()
    assert (await other.request(900)).held == 900


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_successor_knows_at_once_who_was_killed(place: Place, tmp_path: Path) -> None:
    """Who was killed had taken everything: its successor in the same directory has it back before the first request."""
    first = await a_house(place)
    await first.grant(1000)
    killed = Server(first, Living(tmp_path, "proc_a"))
    await killed.start()
    await killed.settle(await killed.request(10), 4)
    assert await _recorded(killed) == {"proc_a": 1000}

    async def successor(name: str) -> Server:
        house = House(place.open(), name)
        await house.start()
        house.like(first)
        server = Server(house, Living(tmp_path, name))
        await server.start()
        return server

    beside = await successor("proc_b")
    with pytest.raises(_REFUSED):
        await beside.request(990)  # the first one lives
    file = killed.leasing._living_here
    assert file is not None
    assert file._file is not None
    file._file.close()  # as the system does for a process that is killed
    after = await successor("proc_c")
    assert (await after.request(990)).held == 990
    assert _names(tmp_path) == ["proc_b.lock", "proc_c.lock"]
    for server in (after, beside):
        await server.leasing.close()
    assert _names(tmp_path) == []
    for house in (first, beside.house, after.house):
        await house.journal.close()


async def test_a_dead_process_stream_is_not_lent_before_it_is_settled(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, other, third = servers
    stream = await dead.request(300)
    await stream.deliver(40)
    dead.house.crash()
    now = clock.now_ms()
    for later in (10_000, 24_000):
        monkeypatch.setattr(clock, "now_ms", lambda later=later: now + later)
        await other.leasing.tick()
        await third.leasing.tick()
    with pytest.raises((InFlight, NotEnough)):
        await other.request(701)
    assert (await other.request(700)).held == 700
    monkeypatch.setattr(clock, "now_ms", lambda: now + 100_000)
    assert await other.house.sweeper.sweep(alone=False) == 1
    assert (await third.request(260)).held == 260
    assert (await other.house.credits.check()).fault is None


async def test_one_that_was_only_slow_never_overspends(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken for dead with an answer under way; others spent its slice; it comes back and settles."""
    slow, other, third = servers
    under_way, small = await slow.request(800), await slow.request(50)
    now = clock.now_ms()
    for later in (10_000, 24_000):
        monkeypatch.setattr(clock, "now_ms", lambda later=later: now + later)
        await other.leasing.tick()
        await third.leasing.tick()
    spent = await other.request(900)
    await other.settle(spent, 900)
    await other.leasing.tick()
    await slow.settle(under_way, 700)
    assert (under_way.generation.cost, under_way.generation.shortfall) == (100, 600)
    await slow.leasing.tick()
    await slow.settle(small, 50)
    assert small.generation.cost == 0
    totals = await slow.house.credits.totals(slow.house.account_id)
    assert totals == (1000, 1000)
    assert (await slow.house.credits.check()).fault is None
    with pytest.raises(NotEnough):
        await slow.request(1)


async def test_after_an_outage_nobody_is_taken_for_dead(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, third = servers
    held = await one.request(800)
    now = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now + 60_000)  # nobody could show that they live
    await other.leasing.tick()
    await third.leasing.tick()
    await one.leasing.tick()
    await one.settle(held, 800)
    assert held.generation.cost == 800
    await one.leasing.tick()
    assert (await other.request(200)).held == 200


async def test_a_refund_leases_what_it_takes(servers: list[Server]) -> None:
    one, other, _ = servers
    await one.request(300)
    moved = await other.house.credits.refund(
        other.house.account_id, 1000, processor="acme", reference="r", idempotency_key="r", if_spent="rest"
    )
    assert moved.amount == 700
    with pytest.raises((InFlight, NotEnough)):
        await other.request(1)


async def test_what_others_spent_with_a_key_can_be_read(servers: list[Server]) -> None:
    one, other, _ = servers
    await one.settle(await one.request(50), 30)
    await other.settle(await other.request(50), 12)
    key = await one.house.key()
    await one.house.keys.reread(key)
    assert (key.spent(None), key.spent("daily")) == (42, 42)


async def test_a_limit_that_was_lowered_holds_at_once(servers: list[Server]) -> None:
    first, second, _ = servers
    services = Budgets(first.house.database)
    account_id, key_hash = first.house.account_id, (await first.house.key()).record.hash
    made = await services.put(account_id, "account", account_id, 1000, None)
    await first.house.keys.update(key_hash, limit=800)
    spender = Spender(account_id, first.house.user_id, (await first.house.key()).record.id)
    under_way = await first.request(10, await services.of(spender))
    assert under_way.key.lease is not None
    await services.put(account_id, "account", account_id, 50, None, made.id)
    with pytest.raises(BudgetExceeded):
        await first.request(60, await services.of(spender))
    await services.put(account_id, "account", account_id, 1000, None, made.id)
    # The other server has a slice of the old limit; what it does not hold is no hindrance, nor to be had.
    second.house.keys.changed(key_hash)
    elsewhere = await second.request(10)
    for server in (first, second):
        await server.house.keys.update(key_hash, limit=100)
    with pytest.raises(KeyLimitTight):
        await second.request(200)
    with pytest.raises(KeyLimitTight):
        await first.request(200)
    granted = await first.request(30)
    await first.settle(granted, 30)
    await first.settle(under_way, 10)
    await second.settle(elsewhere, 10)
    assert under_way.key.spent(None) == 40
    await first.house.keys.update(key_hash, limit=5000)
    await first.settle(await first.request(200), 200)

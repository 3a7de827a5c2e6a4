"""What a crash leaves behind is charged what was delivered, once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from credits.money_house import House, a_house, rows
from modelport.db import changes
from modelport.kit import clock
from modelport.usage.service import Usage

if TYPE_CHECKING:
    from db.database_places import Place


async def _next(place: Place, before: House, process: str = "proc_b") -> House:
    """The process that starts after a crash."""
    house = House(place.open(), process)
    await house.start()
    house.like(before)
    return house


async def _crashed(place: Place, **more: str) -> tuple[House, str]:
    """A process that dies in mid-stream, at a checkpoint of 30 of 100; and the generation's id."""
    house = await a_house(place)
    await house.grant(1000)
    request = await house.request(100)
    for name, value in more.items():
        setattr(request.generation, name, value)
    await request.deliver(10)
    request.checkpoint(30)
    await (await house.request(1)).settle(0)
    request.checkpoint(99)  # never written
    house.crash()
    return house, request.generation.id


async def test_a_crash_is_charged_to_the_last_checkpoint(place: Place) -> None:
    dead, generation_id = await _crashed(place)
    house = await _next(place, dead)
    assert (await house.purse()).available == 900
    assert await house.sweeper.sweep(alone=True) == 1
    assert await house.sweeper.sweep(alone=True) == 0
    report = await house.credits.check()
    assert (report.fault, report.open_holds) == (None, 0)
    house.credits.changed(house.account_id)
    assert (await house.purse()).available == 970
    assert (await house.key()).total == 30
    found = await Usage(house.database).generation(generation_id, house.account_id)
    assert (found.cost, found.status, found.cancelled, found.estimated) == (30, "cancelled", True, True)
    await house.journal.close()


async def test_the_owner_is_told(place: Place) -> None:
    """Purses that hold against the dead stream learn that it is settled."""
    dead, _ = await _crashed(place)
    house = await _next(place, dead)
    before = await house.database.read(changes.latest)
    await house.sweeper.sweep(alone=True)
    new = await house.database.read(lambda connection: changes.since(connection, before))
    assert ("credits", house.account_id) in {(each.topic, each.subject) for each in new}
    await house.journal.close()


async def test_with_others_only_what_has_expired_is_dead(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    dead, _ = await _crashed(place)
    house = await _next(place, dead)
    assert await house.sweeper.sweep(alone=False) == 0
    real = clock.now_ms
    monkeypatch.setattr(clock, "now_ms", lambda: real() + 60_001)
    assert await house.sweeper.sweep(alone=False) == 1
    assert (await house.credits.check()).fault is None
    await house.journal.close()


@pytest.mark.parametrize("alone", [True, False])
async def test_a_stream_of_its_own_is_alive_however_late(
    place: Place, monkeypatch: pytest.MonkeyPatch, *, alone: bool
) -> None:
    """After an outage longer than a hold lasts, the sweeper may run before the next checkpoint is written."""
    house = await a_house(place)
    await house.grant(1000)
    request = await house.request(100)
    await request.deliver(10)
    real = clock.now_ms
    monkeypatch.setattr(clock, "now_ms", lambda: real() + 600_000)
    assert await house.sweeper.sweep(alone=alone) == 0
    await request.settle(80)
    assert (await house.purse()).posted == 920
    assert (await house.credits.check()).fault is None
    await house.journal.close()


async def test_two_sweepers_at_once_settle_once(place: Place) -> None:
    dead, _ = await _crashed(place)
    houses = [await _next(place, dead, f"proc_{name}") for name in "bcd"]
    assert sum(await asyncio.gather(*(house.sweeper.sweep(alone=True) for house in houses))) == 1
    assert (await houses[0].credits.check()).fault is None
    charges = await rows(houses[0].database, "SELECT amount FROM transfers WHERE code = 'generation' AND amount > 0")
    assert [each.amount for each in charges] == [30]
    for house in houses:
        await house.journal.close()


async def test_a_process_that_was_thought_dead_is_not_charged_twice(place: Place) -> None:
    """It was silent for so long that another settled its stream; its own end of it comes too late."""
    slow = await a_house(place)
    await slow.grant(1000)
    request = await slow.request(100)
    await request.deliver(10)
    house = await _next(place, slow)
    assert await house.sweeper.sweep(alone=True) == 1
    await asyncio.gather(request.settle(80), return_exceptions=True)
    report = await house.credits.check()
    assert (report.fault, report.open_holds) == (None, 0)
    assert await house.scalar("SELECT sum(amount) FROM transfers WHERE code = 'generation'") == 10
    slow.credits.changed(slow.account_id)
    purse = await slow.purse()
    assert (purse.posted, purse.held) == (990, 0)
    for one in (slow, house):
        await one.journal.close()


async def test_an_awkward_text_holds_up_no_start(place: Place) -> None:
    """What a caller wrote must not keep a server from settling, or from starting."""
    dead, _ = await _crashed(place, external_user="nul \0 inside")
    house = await _next(place, dead)
    assert await house.sweeper.sweep(alone=True) == 1
    assert (await house.credits.check()).fault is None
    await house.journal.close()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_more_than_one_sweep_takes(place: Place) -> None:
    house = await a_house(place)
    await house.grant(10_000)
    requests = [await house.request(2) for _ in range(1_200)]
    await asyncio.gather(*(request.deliver(1) for request in requests))
    house.crash()
    after = await _next(place, house)
    assert await after.sweeper.sweep(alone=True) == 1_200
    assert (await after.credits.check()).fault is None
    assert (await after.purse()).posted == 8_800
    await after.journal.close()


async def test_old_changes_are_forgotten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.sweeper.sweep(alone=True)
    assert await house.scalar("SELECT count(*) FROM changes") == 1
    real = clock.now_ms
    monkeypatch.setattr(clock, "now_ms", lambda: real() + 3_700_000)
    await house.sweeper.sweep(alone=True)
    assert await house.scalar("SELECT count(*) FROM changes") == 0

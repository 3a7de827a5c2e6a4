"""A balance, or a key's limit, that pays for exactly ten: of 500 calls at once exactly ten reach the provider."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp
import pytest

from db.postgres_cluster import binaries
from modelport.app import open_services
from proof.world import MODELS, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from db.postgres_cluster import Cluster
    from proof.world import Customer

_PRICE = MODELS["fake/fixed"].exact(1, 1)


async def _statuses(
    world: World, customer: Customer, count: int, *, slow: bool, urls: Sequence[str] = ()
) -> Counter[int]:
    """`count` calls at once of a model that costs the same whatever it says; every third is a stream."""
    headers = {"Authorization": f"Bearer {customer.key}"}
    script = "fake: tokens=3 first_ms=1500" if slow else "fake: tokens=3"

    async def one(session: aiohttp.ClientSession, number: int) -> int:
        body = {
            "model": "fake/fixed",
            "stream": number % 3 == 0,
            "messages": [{"role": "user", "content": f"{script} marker=call-{number}"}],
        }
        url = urls[number % len(urls)] if urls else world.url
        async with session.post(f"{url}/api/v1/chat/completions", json=body) as answer:
            text = await answer.text()
            assert answer.status in {200, 402, 403}, text
            return answer.status

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as session:
        return Counter(await asyncio.gather(*(one(session, number) for number in range(count))))


async def _left(world: World, customer: Customer) -> int:
    [row] = await world.rows(
        "SELECT credits_posted - debits_posted AS amount FROM balances b JOIN ledger_accounts a ON a.id = b.account "
        "WHERE a.owner = :owner",
        owner=customer.account_id,
    )
    return int(row.amount)


async def test_a_balance_for_ten(world: World) -> None:
    customer = await world.furnish(10 * _PRICE)
    await world.start()
    assert await _statuses(world, customer, 500, slow=True) == {200: 10, 402: 490}
    assert len(await world.provider_log()) == 10
    # What is spent is spent, also when nothing is under way any more.
    assert await _statuses(world, customer, 50, slow=False) == {402: 50}
    world.stop()
    assert len(await world.provider_log()) == 10
    assert await _left(world, customer) == 0
    assert world.check_ledger()["fault"] is None
    print("\n500 at once from a balance for 10: 10 reached the provider, 490 were refused")  # noqa: T201


async def test_a_balance_for_ten_one_nano_short(world: World) -> None:
    customer = await world.furnish(10 * _PRICE - 1)
    await world.start()
    assert await _statuses(world, customer, 100, slow=False) == {200: 9, 402: 91}
    world.stop()
    assert await _left(world, customer) == _PRICE - 1


async def test_a_key_limit_for_ten(world: World) -> None:
    customer = await world.furnish(1000 * _PRICE, limit=10 * _PRICE)
    await world.start()
    # While ten are under way the others are told to wait; when they have ended, that the key has spent what it may.
    assert await _statuses(world, customer, 500, slow=True) == {200: 10, 402: 490}
    assert await _statuses(world, customer, 50, slow=False) == {403: 50}
    world.stop()
    assert len(await world.provider_log()) == 10
    assert await _left(world, customer) == 990 * _PRICE
    assert world.check_ledger()["fault"] is None


async def test_a_budget_for_ten(world: World) -> None:
    customer = await world.furnish(1000 * _PRICE)
    async with open_services(world.settings) as services:
        await services.budgets.put(customer.account_id, "account", customer.account_id, 10 * _PRICE, "monthly")
    await world.start()
    assert await _statuses(world, customer, 500, slow=True) == {200: 10, 403: 490}
    assert await _statuses(world, customer, 50, slow=False) == {403: 50}
    world.stop()
    assert len(await world.provider_log()) == 10
    [spent] = await world.rows("SELECT sum(spent) AS amount FROM budget_days")
    assert int(spent.amount) == 10 * _PRICE
    assert world.check_ledger()["fault"] is None


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")
async def test_a_balance_for_ten_over_three_servers(tmp_path: Path, migrated_server: Cluster) -> None:
    """One account, three servers on one PostgreSQL; then one of them is killed while it has a slice of the rest."""
    migrated_server.empty("modelport")
    with World(tmp_path, migrated_server.url("modelport")) as world:
        customer = await world.furnish(10 * _PRICE)
        await world.start()
        urls = [world.url, await world.start_another(), await world.start_another()]
        assert await _statuses(world, customer, 500, slow=True, urls=urls) == {200: 10, 402: 490}
        assert await _statuses(world, customer, 30, slow=False, urls=urls) == {402: 30}
        assert len(await world.provider_log()) == 10
        assert await _left(world, customer) == 0

        async with open_services(world.settings) as services:
            await services.credits.grant(customer.account_id, 9 * _PRICE, reference="r", idempotency_key="again")
        await asyncio.sleep(1)  # every server has heard of it
        # Two of the servers have answers under way for which nothing is charged: they are killed with their slices.
        calls = asyncio.create_task(_abandoned(urls[1:], customer, 4))
        await _until(world, "SELECT count(*) AS n FROM leases WHERE amount > 0", 2)
        for place in (0, 1):
            world.kill_another(place)
        await calls
        served = 0
        ends = asyncio.get_running_loop().time() + 60
        while served < 9 and asyncio.get_running_loop().time() < ends:
            served += (await _statuses(world, customer, 3, slow=False))[200]
        assert served == 9, "all of it comes back"
        world.stop()
        assert await _left(world, customer) == 0
        assert world.check_ledger()["fault"] is None


async def _abandoned(urls: Sequence[str], customer: Customer, count: int) -> None:
    """Calls of whole answers that their servers do not live to see."""
    headers = {"Authorization": f"Bearer {customer.key}"}
    body = {"model": "fake/fixed", "messages": [{"role": "user", "content": "fake: tokens=3 first_ms=20000"}]}

    async def one(session: aiohttp.ClientSession, url: str) -> None:
        with contextlib.suppress(aiohttp.ClientError):
            await session.post(f"{url}/api/v1/chat/completions", json=body)

    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(one(session, urls[number % len(urls)]) for number in range(count)))


async def _until(world: World, query: str, count: int) -> None:
    ends = asyncio.get_running_loop().time() + 30
    while (await world.rows(query))[0].n < count:
        assert asyncio.get_running_loop().time() < ends, "waited in vain"
        await asyncio.sleep(0.1)


async def test_a_fresh_account_gets_nothing_for_nothing(world: World) -> None:
    customer = await world.furnish(0)
    await world.start()
    assert await _statuses(world, customer, 100, slow=False) == {402: 100}
    world.stop()
    assert await world.provider_log() == []
    assert world.check_ledger()["fault"] is None

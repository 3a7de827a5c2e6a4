"""A balance, or a key's limit, that pays for exactly ten: of 500 calls at once exactly ten reach the provider."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp

from proof.world import MODELS

if TYPE_CHECKING:
    from proof.world import Customer, World

_PRICE = MODELS["fake/fixed"].exact(1, 1)


async def _statuses(world: World, customer: Customer, count: int, *, slow: bool) -> Counter[int]:
    """`count` calls at once of a model that costs the same whatever it says; every third is a stream."""
    headers = {"Authorization": f"Bearer {customer.key}"}
    script = "fake: tokens=3 first_ms=1500" if slow else "fake: tokens=3"

    async def one(session: aiohttp.ClientSession, number: int) -> int:
        body = {
            "model": "fake/fixed",
            "stream": number % 3 == 0,
            "messages": [{"role": "user", "content": f"{script} marker=call-{number}"}],
        }
        async with session.post(f"{world.url}/api/v1/chat/completions", json=body) as answer:
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


async def test_a_fresh_account_gets_nothing_for_nothing(world: World) -> None:
    customer = await world.furnish(0)
    await world.start()
    assert await _statuses(world, customer, 100, slow=False) == {402: 100}
    world.stop()
    assert await world.provider_log() == []
    assert world.check_ledger()["fault"] is None

"""Counting tries: together where servers share a Redis, each for itself where that is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.redis_server import RedisServer
from modelport.accounts.errors import TooManyTries
from modelport.accounts.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 30
"""Sign-ins from one place in five minutes."""


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    made = RedisServer()
    made.start()
    yield made
    made.remove()


async def tries(throttle: Throttle, count: int) -> int:
    """How many of so many tries from one place are let through."""
    passed, waits = 0, list[int]()
    for number in range(count):
        try:
            await throttle.hit("sign-in", place="203.0.113.7", person=f"p{number}")
        except TooManyTries as refused:
            waits.append(refused.retry_after or 0)
        else:
            passed += 1
    assert all(0 < wait <= 300 for wait in waits)
    return passed


async def test_servers_with_one_redis_count_together(redis: RedisServer) -> None:
    one, two = Throttle(redis.url, 2.0), Throttle(redis.url, 2.0)
    assert await tries(one, MOST - 5) == MOST - 5
    assert await tries(two, 10) == 5
    assert await tries(one, 1) == 0
    await one.close()
    await two.close()


async def test_without_redis_each_counts_for_itself() -> None:
    one, two = Throttle(), Throttle()
    assert (await tries(one, MOST + 2), await tries(two, 1)) == (MOST, 1)


async def test_a_redis_that_is_away_lets_nobody_through_uncounted(redis: RedisServer) -> None:
    throttle = Throttle(redis.url, 0.5)
    assert await tries(throttle, 1) == 1
    redis.stop()
    assert await tries(throttle, MOST + 5) == MOST
    await throttle.close()

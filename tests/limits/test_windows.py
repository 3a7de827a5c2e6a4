"""Counting: all or nothing, exact under concurrency, in process and in Redis; and open when Redis is away."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from modelport.limits.metrics import PASSED_UNCOUNTED
from modelport.limits.shared import RedisWindows
from modelport.limits.windows import Claim, MemoryWindows, Refused, Slot

if TYPE_CHECKING:
    from db.redis_server import RedisServer
    from modelport.limits.windows import Windows


def _claims(*limits: int, amount: int = 1) -> list[Claim]:
    return [Claim(f"{{a}}/{index}", limit, amount, 60) for index, limit in enumerate(limits)]


async def _until_used(windows: Windows, key: str, count: int) -> None:
    for _ in range(500):
        if (await windows.used(key) or 0) == count:
            return
        await asyncio.sleep(0.002)
    raise AssertionError(await windows.used(key))


async def test_exactly_the_limit_passes_at_once(windows: Windows) -> None:
    found = await asyncio.gather(*(windows.take(_claims(50, 30), None) for _ in range(200)))
    assert sum(isinstance(each, list) for each in found) == 30
    assert await windows.used("{a}/0") == 30, "what the second limit refused, the first does not count"


async def test_a_refusal_tells_what_stood_in_the_way(windows: Windows) -> None:
    assert await windows.take(_claims(5, 2, amount=2), None) == [2, 2]
    assert await windows.take(_claims(5, 2, amount=2), None) == Refused(1, 2)
    assert await windows.take(_claims(3, 9, amount=2), None) == Refused(0, 2)


async def test_slots_are_taken_and_freed(windows: Windows) -> None:
    slots = [Slot("{a}/slots", 2, f"gen-{number}") for number in range(3)]
    assert await windows.take(_claims(9), slots[0]) == [1]
    assert await windows.take(_claims(9), slots[1]) == [2]
    assert await windows.take(_claims(9), slots[2]) == Refused(1, 2)
    assert await windows.used("{a}/0") == 2
    windows.free(slots[0])
    taken: object = None
    for _ in range(500):
        taken = await windows.take([], slots[2])
        if taken == []:
            break
        await asyncio.sleep(0.002)
    assert taken == []
    assert isinstance(await windows.take([], Slot("{a}/slots", 2, "gen-9")), Refused)


async def test_changes_afterwards(windows: Windows) -> None:
    await windows.take(_claims(100, amount=10), None)
    windows.change("{a}/0", 25, 60)
    await _until_used(windows, "{a}/0", 35)
    windows.change("{a}/0", -50, 60)
    await _until_used(windows, "{a}/0", 0)


async def test_a_window_begins_once(windows: Windows) -> None:
    assert not await windows.used("{a}/0")
    await windows.begin("{a}/0", 7, 60)
    await windows.begin("{a}/0", 9, 60)
    assert await windows.take(_claims(100), None) == [8]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), max_size=30), st.integers(1, 12))
def test_no_window_exceeds_its_limit(steps: list[tuple[int, int]], limit: int) -> None:
    """Any order of requests and of what is given back."""

    async def run() -> None:
        windows, used = MemoryWindows(), 0
        for back, amount in steps:
            taken = await windows.take([Claim("k", limit, amount, 60)], None)
            if used + amount > limit:
                assert taken == Refused(0, used)
            else:
                used += amount
                assert taken == [used]
            windows.change("k", -back, 60)
            used = max(used - back, 0)

    asyncio.run(run())


async def test_processes_share_what_is_in_redis(redis: RedisServer) -> None:
    one, other = RedisWindows(redis.url, 5.0), RedisWindows(redis.url, 5.0)
    assert await one.take(_claims(2), Slot("{a}/s", 1, "gen-1")) == [1]
    assert await other.take(_claims(2), Slot("{a}/s", 1, "gen-2")) == Refused(1, 1)
    assert await other.take(_claims(2), None) == [2]
    assert await one.take(_claims(2), None) == Refused(0, 2)
    await one.renew()
    for each in (one, other):
        await each.close()


async def test_a_slot_of_a_killed_process_ends_by_itself(redis: RedisServer) -> None:
    from modelport.limits import shared

    dead, living = RedisWindows(redis.url, 5.0), RedisWindows(redis.url, 5.0)
    assert await dead.take([], Slot("{a}/s", 1, "gen-1")) == []
    await dead._client.zadd(f"{shared._PREFIX}:{{a}}/s", {"gen-1": time.time() * 1000 - 1})
    assert await living.take([], Slot("{a}/s", 1, "gen-2")) == []
    for each in (dead, living):
        await each.close()


async def test_requests_pass_while_redis_is_away(redis: RedisServer) -> None:
    windows = RedisWindows("redis+unix:///nowhere/redis.sock", 0.2)
    before = PASSED_UNCOUNTED._value.get()
    await windows.start()
    for _ in range(3):
        assert await windows.take(_claims(1), Slot("{a}/s", 1, "gen-1")) is None
    assert await windows.used("{a}/0") is None
    windows.change("{a}/0", 1, 60)
    await windows.close()
    assert PASSED_UNCOUNTED._value.get() == before + 4


async def test_requests_pass_while_redis_hangs(redis: RedisServer) -> None:
    """One waits for the timeout; those after it do not wait at all, until Redis is asked again."""
    windows = RedisWindows(redis.url, 0.1)
    assert await windows.take(_claims(9), None) == [1]
    redis.freeze()
    try:
        assert await windows.take(_claims(9), None) is None
        begun = asyncio.get_running_loop().time()
        for _ in range(100):
            assert await windows.take(_claims(9), None) is None
        assert asyncio.get_running_loop().time() - begun < 0.1, "nobody waits for it again"
    finally:
        redis.freeze(thaw=True)
    windows._rests_until = 0.0
    assert isinstance(await windows.take(_claims(9), None), list), "it counts again"
    await windows.close()

"""Windows in process and in a real Redis, and a clock that can be held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.redis_server import RedisServer
from modelport.kit import clock
from modelport.limits.shared import RedisWindows
from modelport.limits.windows import MemoryWindows, Windows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

DAY = 86_400_000
NOON = 20_000 * DAY + DAY // 2


@pytest.fixture(scope="session")
def running_redis() -> Iterator[RedisServer]:
    made = RedisServer()
    made.start()
    yield made
    made.remove()


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    """A Redis with nothing in it."""
    running_redis.empty()
    return running_redis


@pytest.fixture(params=["memory", "redis"])
async def windows(request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    """The same test on both ways to count."""
    made: Windows = MemoryWindows()
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        made = RedisWindows(server.url, 5.0)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Holds the clock at a moment; noon at first."""

    def hold(moment: int) -> None:
        monkeypatch.setattr(clock, "now_ms", lambda: moment)

    hold(NOON)
    return hold

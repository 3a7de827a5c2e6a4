"""How often somebody may try to sign in: counted by where they are and by whom they want to be.

Counted before anything is looked up, and whether it succeeds or not. An address alone never locks a person out: what
is counted by person is either together with where from, or so high that guessing is hopeless below it.

Several servers count together where they share a Redis. When that is away each counts for itself: a try is never let
through uncounted.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import structlog
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from modelport.accounts.errors import TooManyTries
from modelport.kit import clock
from modelport.kit.caller_address import network_of

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.storage import RedisStorage

__all__ = ["Throttle"]

_log = structlog.get_logger(__name__)
_REST_SECONDS: Final = 1.0
"""How long Redis is left alone after a fault."""

_BY_PLACE: Final[dict[str, RateLimitItem]] = {
    "sign-in": RateLimitItemPerMinute(30, 5),
    "sign-up": RateLimitItemPerHour(20),
    "mail": RateLimitItemPerHour(30),
    "code": RateLimitItemPerMinute(60, 15),
    "leak": RateLimitItemPerMinute(60, 10),
}
"""Tries from one place."""
_BY_PERSON_AND_PLACE: Final = RateLimitItemPerMinute(10, 15)
_BY_PERSON: Final[dict[str, RateLimitItem]] = {
    "sign-in": RateLimitItemPerHour(100),
    "sign-up": RateLimitItemPerHour(5),
    "mail": RateLimitItemPerMinute(5, 15),
    "code": RateLimitItemPerMinute(20, 15),
}
"""Tries for one person from everywhere."""


class Throttle:
    """Counts tries: in Redis where servers share one, else in this process."""

    def __init__(self, redis_url: str | None = None, timeout: float = 0.25) -> None:
        """`timeout` is how many seconds a try waits for Redis before it is counted here."""
        self._here = MovingWindowRateLimiter(MemoryStorage())
        self._storage = None if redis_url is None else _shared(redis_url, timeout)
        self._shared = None if self._storage is None else MovingWindowRateLimiter(self._storage)
        self._timeout = timeout
        self._rests_until = 0.0

    async def hit(self, what: str, *, place: str | None, person: str | None) -> None:
        """Counts one try of `what`.

        Raises `TooManyTries` with the seconds to wait.
        """
        if place is not None:
            await self._one(_BY_PLACE[what], what, network_of(place))
        if person is not None:
            if place is not None and what == "sign-in":
                await self._one(_BY_PERSON_AND_PLACE, what, network_of(place), person)
            await self._one(_BY_PERSON[what], what, "everywhere", person)

    async def close(self) -> None:
        """Closes the connections to Redis."""
        if self._storage is not None:
            # One of three clients' bridges, declared as none of them.
            bridge: Any = self._storage.bridge
            with contextlib.suppress(Exception):
                await bridge.get_connection().aclose()

    async def _one(self, item: RateLimitItem, *names: str) -> None:
        wait = None
        if self._shared is not None and clock.monotonic() >= self._rests_until:
            try:
                async with asyncio.timeout(self._timeout):
                    wait = await _counted(self._shared, item, names)
            except Exception as error:  # noqa: BLE001 (whatever ails Redis: tries are counted all the same)
                _log.warning("throttle.redis_away", error=type(error).__name__)
                self._rests_until = clock.monotonic() + _REST_SECONDS
                wait = await _counted(self._here, item, names)
        else:
            wait = await _counted(self._here, item, names)
        if wait is not None:
            raise TooManyTries(f"Too many tries. Wait {wait} seconds and try again.", retry_after=wait)


async def _counted(limiter: MovingWindowRateLimiter, item: RateLimitItem, names: tuple[str, ...]) -> int | None:
    """Counts one; the seconds to wait when there were too many."""
    if await limiter.hit(item, *names):
        return None
    window = await limiter.get_window_stats(item, *names)
    return max(1, round(window.reset_time - clock.now_ms() / 1000))


def _shared(url: str, timeout: float) -> RedisStorage:
    # Whoever has no Redis need not load its client.
    import redis  # noqa: PLC0415
    from limits.aio.storage import RedisStorage  # noqa: PLC0415
    from redis import DriverInfo  # noqa: PLC0415

    # Else the client looks for its own version on disk at every new connection; the library declares plain options.
    driver: Any = DriverInfo(lib_version=redis.__version__)
    return RedisStorage(
        f"async+{url}",
        implementation="redispy",
        key_prefix="modelport/throttle",
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        driver_info=driver,
    )

"""How often somebody may try to sign in: counted by where they are and by whom they want to be.

Counted before anything is looked up, and whether it succeeds or not. An address alone never locks a person out: what
is counted by person is either together with where from, or so high that guessing is hopeless below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from modelport.accounts.errors import TooManyTries
from modelport.kit import clock
from modelport.kit.caller_address import network_of

if TYPE_CHECKING:
    from limits import RateLimitItem

__all__ = ["Throttle"]

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
    """Counts tries, in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

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

    async def _one(self, item: RateLimitItem, *names: str) -> None:
        if not await self._limiter.hit(item, *names):
            window = await self._limiter.get_window_stats(item, *names)
            wait = max(1, round(window.reset_time - clock.now_ms() / 1000))
            raise TooManyTries(f"Too many tries. Wait {wait} seconds and try again.", retry_after=wait)

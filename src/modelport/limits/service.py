"""The free tier: how many requests to free models an account may make a minute and a UTC day.

Counting is the `limits` library's, in process; a request that failed is given back. The day's count is seeded
from the stored generations, so that a restart forgets nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage

from modelport.kit import clock
from modelport.limits.errors import FreeTierExhausted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from modelport.settings import Settings

__all__ = ["FreeTier", "Quota", "Ticket"]

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000


class Quota(NamedTuple):
    """The free requests of the present UTC day."""

    limit: int
    used: int

    @property
    def remaining(self) -> int:
        """What is left of them."""
        return max(self.limit - self.used, 0)


class Ticket(NamedTuple):
    """A counted request, to be given back if it fails."""

    keys: tuple[str, ...]


class FreeTier:
    """Limits on free models, by account."""

    def __init__(self, settings: Settings, answered_since: Callable[[str, int], Awaitable[int]]) -> None:
        """`answered_since(account_id, ms)` tells how many free answers are stored from then on."""
        self._settings = settings
        self._answered_since = answered_since
        self._storage = MemoryStorage()
        self._seeded: dict[str, int] = {}

    def _day_limit(self, *, paid: bool) -> int:
        return self._settings.free_requests_per_day_paid if paid else self._settings.free_requests_per_day

    async def take(self, account_id: str, *, paid: bool) -> Ticket:
        """Counts one request of an account; `paid` says that it ever had credits.

        Raises `FreeTierExhausted`; then nothing was counted.
        """
        now = clock.now_ms()
        day_key = await self._seed(account_id, now)
        counted: list[str] = []
        per_day, per_minute = self._day_limit(paid=paid), self._settings.free_requests_per_minute
        for name, key, limit, window, item in (
            ("free-models-per-day", day_key, per_day, _DAY_MS, RateLimitItemPerDay(1)),
            ("free-models-per-min", f"free/{account_id}/m{now // _MINUTE_MS}", per_minute, _MINUTE_MS,
             RateLimitItemPerMinute(1)),
        ):  # fmt: skip
            if not limit:
                continue
            used = await self._storage.incr(key, item.get_expiry())
            counted.append(key)
            if used > limit:
                await self.give_back(Ticket(tuple(counted)))
                raise _exhausted(name, limit, (now // window + 1) * window, now)
        return Ticket(tuple(counted))

    async def give_back(self, ticket: Ticket) -> None:
        """Takes a failed request out of the count."""
        for key in ticket.keys:
            await self._storage.decr(key)

    async def today(self, account_id: str, *, paid: bool) -> Quota:
        """The account's free requests of this UTC day."""
        key = await self._seed(account_id, clock.now_ms())
        return Quota(self._day_limit(paid=paid), await self._storage.get(key))

    async def _seed(self, account_id: str, now: int) -> str:
        day = clock.day(now)
        key = f"free/{account_id}/d{day}"
        if self._seeded.get(account_id) != day:
            answered = await self._answered_since(account_id, day * _DAY_MS)
            if self._seeded.get(account_id) != day:  # another request may have seeded it meanwhile
                self._seeded[account_id] = day
                if answered:
                    await self._storage.incr(key, _DAY_MS // 1000, answered)
        return key


def _exhausted(name: str, limit: int, reset_ms: int, now: int) -> FreeTierExhausted:
    seconds = max((reset_ms - now + 999) // 1000, 1)
    headers = {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(reset_ms),
    }
    error = FreeTierExhausted(
        f"Rate limit exceeded: {name}. Wait until the limit resets, or use a paid model.",
        metadata={
            "headers": headers,
            "limit_source": "openrouter_free_tier_daily" if "day" in name else "openrouter_free_tier_minute",
        },
        retry_after=seconds,
    )
    error.headers = {name.lower(): value for name, value in headers.items()}
    return error

"""The free tier: exact under concurrency, forgetful of failures, and not of restarts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from modelport.keys.service import Key
from modelport.limits.errors import FreeTierExhausted
from modelport.limits.service import Limits
from modelport.limits.ticket import Ticket
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.limits.windows import Windows

_DAY = 86_400_000
_NOON = 20_000 * _DAY + _DAY // 2


class Past:
    """What the database knows of answers; asks are counted and can be slow or fail."""

    def __init__(self) -> None:
        self.answered = 0
        self.asked: list[int] = []
        self.fault: Exception | None = None

    async def since(self, _account_id: str, since_ms: int) -> int:
        self.asked.append(since_ms)
        await asyncio.sleep(0.01)
        if self.fault is not None:
            raise self.fault
        return self.answered


@pytest.fixture
def tier(windows: Windows) -> Callable[..., Limits]:
    def make(past: Past | None = None, minute: int = 20, day: int = 200, paid: int = 1000) -> Limits:
        settings = Settings(free_requests_per_minute=minute, free_requests_per_day=day, free_requests_per_day_paid=paid)
        return Limits(settings, windows, (past or Past()).since)

    return make


def _key(account: str) -> Key:
    return Key("key", account, "user", "n", "h", "l", None, None, disabled=False, expires_at=None, created_at=0)


async def _take(limits: Limits, account: str = "a", *, paid: bool = False) -> Ticket:
    return await limits.take(_key(account), "gen", free=True, paid=paid, prompt_tokens=0)


async def _taken(limits: Limits, count: int, account: str = "a", *, paid: bool = False) -> int:
    """How many of so many at once are let through."""
    found = await asyncio.gather(*(_take(limits, account, paid=paid) for _ in range(count)), return_exceptions=True)
    assert all(isinstance(each, Ticket | FreeTierExhausted) for each in found)
    return sum(isinstance(each, Ticket) for each in found)


async def _used(limits: Limits, count: int) -> None:
    """Waits until what is given back has been taken out: Redis is told beside requests."""
    for _ in range(500):
        if (await limits.today("a", paid=False)).used == count:
            return
        await asyncio.sleep(0.002)
    raise AssertionError((await limits.today("a", paid=False)).used)


async def test_a_minute_s_requests_are_exact(tier: Callable[..., Limits], at: Callable[[int], None]) -> None:
    limits = tier()
    assert await _taken(limits, 300) == 20
    assert await _taken(limits, 300) == 0
    assert (await limits.today("a", paid=False)) == (200, 20)
    at(_NOON + 59_999)
    assert await _taken(limits, 5) == 0
    at(_NOON + 60_000)
    assert await _taken(limits, 300) == 20
    assert (await limits.today("a", paid=False)).used == 40


async def test_a_day_s_requests_are_exact(tier: Callable[..., Limits], at: Callable[[int], None]) -> None:
    limits = tier(minute=0, day=50)
    assert await _taken(limits, 500) == 50
    quota = await limits.today("a", paid=False)
    assert (quota.limit, quota.used, quota.remaining) == (50, 50, 0)


@pytest.mark.usefixtures("at")
async def test_accounts_do_not_touch_each_other(tier: Callable[..., Limits]) -> None:
    limits = tier()
    found = await asyncio.gather(*(_taken(limits, 60, account) for account in "abc"))
    assert found == [20, 20, 20]


@pytest.mark.usefixtures("at")
async def test_paying_accounts_have_more(tier: Callable[..., Limits]) -> None:
    limits = tier(minute=0, day=3, paid=7)
    assert await _taken(limits, 20, paid=True) == 7
    assert (await limits.today("a", paid=True)).limit == 7


@pytest.mark.usefixtures("at")
async def test_nought_switches_a_limit_off(tier: Callable[..., Limits]) -> None:
    limits = tier(minute=0, day=0)
    assert await _taken(limits, 2000) == 2000


@pytest.mark.parametrize(("minute", "day", "name", "source", "reset"), [
    (2, 50, "free-models-per-min", "openrouter_free_tier_minute", _NOON + 60_000),
    (50, 2, "free-models-per-day", "openrouter_free_tier_daily", 20_001 * _DAY),
])  # fmt: skip
async def test_the_refusal_says_when_to_come_again(
    tier: Callable[..., Limits], at: Callable[[int], None], minute: int, day: int, name: str, source: str, reset: int
) -> None:
    limits = tier(minute=minute, day=day)
    at(_NOON + 15_500)
    await _taken(limits, 2)
    with pytest.raises(FreeTierExhausted, match=name) as caught:
        await _take(limits)
    error = caught.value
    assert error.status == 429
    assert error.metadata["limit_source"] == source
    assert error.retry_after == -(-(reset - _NOON - 15_500) // 1000)
    assert error.headers == {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(reset),
    }


@pytest.mark.usefixtures("at")
async def test_a_refused_request_counts_nowhere(tier: Callable[..., Limits]) -> None:
    limits = tier(minute=5, day=10)
    assert await _taken(limits, 50) == 5
    assert (await limits.today("a", paid=False)).used == 5


async def test_a_failed_request_is_given_back(tier: Callable[..., Limits], at: Callable[[int], None]) -> None:
    limits = tier(minute=3, day=4)
    tickets = [await _take(limits) for _ in range(3)]
    for ticket in tickets:
        ticket.failed()
    await _used(limits, 0)
    assert await _taken(limits, 10) == 3
    at(_NOON + 60_000)
    assert await _taken(limits, 10) == 1


async def test_what_is_given_back_late_does_not_touch_the_new_day(
    tier: Callable[..., Limits], at: Callable[[int], None]
) -> None:
    limits = tier(minute=0, day=5)
    ticket = await _take(limits)
    at(20_001 * _DAY)
    assert await _taken(limits, 3) == 3
    ticket.failed()
    await _used(limits, 3)


async def test_the_day_rolls_at_midnight_utc(tier: Callable[..., Limits], at: Callable[[int], None]) -> None:
    past = Past()
    limits = tier(past, minute=0, day=5)
    at(20_001 * _DAY - 1)
    assert await _taken(limits, 9) == 5
    at(20_001 * _DAY)
    assert (await limits.today("a", paid=False)).used == 0
    assert await _taken(limits, 9) == 5
    assert past.asked == [20_000 * _DAY] * past.asked.count(20_000 * _DAY) + [20_001 * _DAY] * past.asked.count(
        20_001 * _DAY
    )


@pytest.mark.usefixtures("at")
async def test_a_restart_forgets_nothing(tier: Callable[..., Limits]) -> None:
    past = Past()
    past.answered = 3
    limits = tier(past, minute=0, day=5)
    assert (await limits.today("a", paid=False)).used == 3
    assert await _taken(limits, 10) == 2
    assert past.asked == [20_000 * _DAY]


@pytest.mark.usefixtures("at")
async def test_the_past_is_counted_once_however_many_come_first(tier: Callable[..., Limits]) -> None:
    past = Past()
    past.answered = 3
    limits = tier(past, minute=0, day=5)
    assert await _taken(limits, 100) == 2
    assert (await limits.today("a", paid=False)).used == 5


@pytest.mark.usefixtures("at")
async def test_a_past_that_cannot_be_read_is_asked_again(tier: Callable[..., Limits]) -> None:
    past = Past()
    past.answered, past.fault = 5, LookupError()
    limits = tier(past, minute=0, day=5)
    with pytest.raises(LookupError):
        await _take(limits)
    past.fault = None
    assert await _taken(limits, 3) == 0


def test_settings_are_what_the_reference_says() -> None:
    made: Any = Settings()
    assert (made.free_requests_per_minute, made.free_requests_per_day) == (20, 200)

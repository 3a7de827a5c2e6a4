"""Limits on requests: of free models by account, and of any key by its own bounds.

Windows are minutes and UTC days of the clock. A request is counted in all of its limits at once or, refused, in none;
one that fails is taken out of the free ones. The day's count begins with the stored generations, so that a restart
forgets nothing. Limits fail open: a Redis that is away refuses nobody (credits, in their own domain, fail closed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.kit import clock
from modelport.limits.errors import FreeTierExhausted, GuestsExhausted, KeyTooFast
from modelport.limits.ticket import FREE_PASS, Kind, Pace, Ticket, tightest
from modelport.limits.windows import Claim, MemoryWindows, Refused, Slot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from modelport.errors import TooManyRequests
    from modelport.keys.service import Key
    from modelport.limits.windows import Windows
    from modelport.settings import Settings

__all__ = ["Limits", "Quota", "make_windows"]

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_DAY = 86_400
_MINUTE = 120
"""Seconds a minute is remembered: some longer, for what is given back late."""

FREE_DAY = Kind("free-models-per-day", "openrouter_free_tier_daily", of_free=True)
FREE_DAY_PAID = Kind("free-models-per-day-high-balance", "openrouter_free_tier_daily", of_free=True)
FREE_MINUTE = Kind("free-models-per-min", "openrouter_free_tier_minute", of_free=True)
GUEST_DAY = Kind("guest-requests-per-day", "modelport_guests", of_free=True)
GUEST_MINUTE = Kind("guest-requests-per-min", "modelport_guests", of_free=True)
GUESTS_DAY = Kind("guests-requests-per-day", "modelport_guests", of_free=True)
_OF_GUESTS = (GUEST_DAY, GUEST_MINUTE, GUESTS_DAY)
KEY_REQUESTS = Kind("key-requests-per-min", "openrouter_key_rate_limit")
KEY_TOKENS = Kind("key-tokens-per-min", "openrouter_key_rate_limit", of_tokens=True)
KEY_SLOTS = Kind("key-concurrency", "openrouter_key_concurrency")


class Quota(NamedTuple):
    """The free requests of the present UTC day."""

    limit: int
    used: int

    @property
    def remaining(self) -> int:
        """What is left of them."""
        return max(self.limit - self.used, 0)


def make_windows(settings: Settings) -> Windows:
    """Counts in Redis, where one is given; else in this process."""
    if settings.redis_url is None:
        return MemoryWindows()
    # Whoever has no Redis need not load its client.
    from modelport.limits.shared import RedisWindows  # noqa: PLC0415

    return RedisWindows(settings.redis_url.get_secret_value(), settings.redis_timeout)


class Limits:
    """The door to limits."""

    def __init__(
        self, settings: Settings, windows: Windows, answered_since: Callable[[str, int], Awaitable[int]]
    ) -> None:
        """`answered_since(account_id, ms)` tells how many free answers are stored from then on."""
        self._settings = settings
        self._windows = windows
        self._answered_since = answered_since
        self._begun: dict[str, int] = {}
        """The day of which an account's count was begun with what is stored."""

    async def start(self) -> None:
        """Begins what runs beside requests."""
        await self._windows.start()

    async def close(self) -> None:
        """Ends it."""
        await self._windows.close()

    async def take(
        self, key: Key, request: str, *, free: bool, paid: bool, prompt_tokens: int, guest: str = ""
    ) -> Ticket:
        """Counts one request; `free` says that a free model is asked, `paid` that the account ever had credits, and
        `guest` which network a caller without an account is in.

        Raises `FreeTierExhausted`, `GuestsExhausted` or `KeyTooFast`; then nothing was counted.
        """
        bounds = key.bounds
        if not free and not guest and not bounds.paced:
            return FREE_PASS
        now = clock.now_ms()
        kinds: list[Kind] = []
        claims: list[Claim] = []
        if guest:
            await self._claim_guest(key.account_id, guest, now, kinds, claims)
        elif free:
            await self._claim_free(key.account_id, now, kinds, claims, paid=paid)
        minute = now // _MINUTE_MS
        # The account in braces: a cluster of Redis keeps together what one script touches.
        subject = f"{{{key.account_id}}}/{key.id}"
        if bounds.requests_per_minute is not None:
            kinds.append(KEY_REQUESTS)
            claims.append(Claim(f"{subject}/r{minute}", bounds.requests_per_minute, 1, _MINUTE))
        if bounds.tokens_per_minute is not None:
            kinds.append(KEY_TOKENS)
            claims.append(Claim(f"{subject}/t{minute}", bounds.tokens_per_minute, prompt_tokens, _MINUTE))
        slot = None
        if bounds.max_concurrency is not None:
            slot = Slot(f"{subject}/slots", bounds.max_concurrency, request)
        taken = await self._windows.take(claims, slot)
        if isinstance(taken, Refused):
            raise self._refusal(taken, kinds, claims, slot, now)
        headers = [] if taken is None else tightest(_paces(kinds, claims, taken, now))
        return Ticket(self._windows, kinds, claims, slot, headers)

    async def today(self, account_id: str, *, paid: bool) -> Quota:
        """The account's free requests of this UTC day."""
        now = clock.now_ms()
        await self._begin_day(account_id, now)
        return Quota(self._day_limit(paid=paid), await self._windows.used(_day_key(account_id, now)) or 0)

    async def _claim_free(
        self, account_id: str, now: int, kinds: list[Kind], claims: list[Claim], *, paid: bool
    ) -> None:
        if per_day := self._day_limit(paid=paid):
            await self._begin_day(account_id, now)
            kinds.append(FREE_DAY_PAID if paid else FREE_DAY)
            claims.append(Claim(_day_key(account_id, now), per_day, 1, _DAY))
        if per_minute := self._settings.free_requests_per_minute:
            kinds.append(FREE_MINUTE)
            claims.append(Claim(f"{{{account_id}}}/free/m{now // _MINUTE_MS}", per_minute, 1, _MINUTE))

    async def _claim_guest(
        self, account_id: str, network: str, now: int, kinds: list[Kind], claims: list[Claim]
    ) -> None:
        subject, settings = f"{{{account_id}}}/guest/{network}", self._settings
        if together := settings.guests_requests_per_day:
            await self._begin_day(account_id, now)
            kinds.append(GUESTS_DAY)
            claims.append(Claim(_day_key(account_id, now), together, 1, _DAY))
        if per_day := settings.guest_requests_per_day:
            kinds.append(GUEST_DAY)
            claims.append(Claim(f"{subject}/d{clock.day(now)}", per_day, 1, _DAY))
        if per_minute := settings.guest_requests_per_minute:
            kinds.append(GUEST_MINUTE)
            claims.append(Claim(f"{subject}/m{now // _MINUTE_MS}", per_minute, 1, _MINUTE))

    def _day_limit(self, *, paid: bool) -> int:
        return self._settings.free_requests_per_day_paid if paid else self._settings.free_requests_per_day

    async def _begin_day(self, account_id: str, now: int) -> None:
        day = clock.day(now)
        if self._begun.get(account_id) == day:
            return
        key = _day_key(account_id, now)
        answered = 0
        if await self._windows.used(key) is None:
            answered = await self._answered_since(account_id, day * _DAY_MS)
        if self._begun.get(account_id) != day:  # another request may have begun it meanwhile
            self._begun[account_id] = day
            if answered:
                await self._windows.begin(key, answered, _DAY)

    def _refusal(
        self, refused: Refused, kinds: Sequence[Kind], claims: Sequence[Claim], slot: Slot | None, now: int
    ) -> TooManyRequests:
        if refused.at == len(claims):
            assert slot is not None
            return _too_many_at_once(slot)
        kind, claim = kinds[refused.at], claims[refused.at]
        window = _DAY_MS if claim.seconds == _DAY else _MINUTE_MS
        resets_at = (now // window + 1) * window
        pace = Pace(kind, claim.limit, claim.limit - refused.used, resets_at)
        headers = {name.decode(): value.decode() for name, value in tightest([pace])}
        shown = {f"X-RateLimit-{part.title()}": headers[f"x-ratelimit-{part}{'-tokens' if kind.of_tokens else ''}"]
                 for part in ("limit", "remaining", "reset")}  # fmt: skip
        can_pass = claim.amount <= claim.limit
        hint = self._hint(kind) if can_pass else "Send a shorter prompt, or raise the key's limit."
        fault = GuestsExhausted if kind in _OF_GUESTS else FreeTierExhausted if kind.of_free else KeyTooFast
        error = fault(
            f"Rate limit exceeded: {kind.name}. {hint}",
            metadata={"headers": shown, "limit_source": kind.source, "remedy_hint": hint},
            retry_after=max((resets_at - now + 999) // 1000, 1) if can_pass else None,
        )
        error.headers = headers
        return error

    def _hint(self, kind: Kind) -> str:
        if kind is FREE_DAY and self._settings.free_requests_per_day_paid > self._settings.free_requests_per_day:
            return f"Add credits to unlock {self._settings.free_requests_per_day_paid} free model requests per day"
        if kind in _OF_GUESTS:
            return "Sign in to go on, or wait until the limit resets."
        if kind.of_free:
            return "Wait until the limit resets, or use a paid model."
        return "Wait until the next minute, or raise the key's limit."


def _day_key(account_id: str, now: int) -> str:
    return f"{{{account_id}}}/free/d{clock.day(now)}"


def _paces(kinds: Sequence[Kind], claims: Sequence[Claim], taken: Sequence[int], now: int) -> list[Pace]:
    paces: list[Pace] = []
    for kind, claim, used in zip(kinds, claims, taken, strict=True):
        window = _DAY_MS if claim.seconds == _DAY else _MINUTE_MS
        paces.append(Pace(kind, claim.limit, claim.limit - used, (now // window + 1) * window))
    return paces


def _too_many_at_once(slot: Slot) -> KeyTooFast:
    hint = "Wait for a request to end, or raise the key's limit."
    return KeyTooFast(
        f"Rate limit exceeded: {KEY_SLOTS.name}. {slot.limit} requests are under way already. {hint}",
        metadata={"limit_source": KEY_SLOTS.source, "remedy_hint": hint},
        retry_after=1,
    )

"""Steps 3 and 6: set aside what the answer may cost, and settle exactly once what it did, whatever happens.

`open_bill` holds credits (or counts a free request) before a provider is called. A `Bill` then ends in exactly one
of `completed`, `cancelled`, `failed`; handing over to the journal is synchronous, so no cancellation can come between,
and only waiting for the disk can be given up.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import structlog

from modelport.catalog import pricing
from modelport.credits.service import Checkpoint, StoredHold
from modelport.dialects.canonical import Charged, FinishReason, Usage
from modelport.errors import ModelportError, UpstreamFailed
from modelport.gateway import tokens
from modelport.kit import clock
from modelport.usage.journal import Charge, Opened, Settled

if TYPE_CHECKING:
    from modelport.catalog.snapshot import Endpoint
    from modelport.credits.service import Purse
    from modelport.gateway.asked import Asked
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.keys.service import LiveKey
    from modelport.limits.service import Ticket
    from modelport.usage.generation import Generation

__all__ = ["Bill", "OpenStreams", "open_bill"]

_log = structlog.get_logger(__name__)
_PLENTY = 50
"""An account that has this many times what a request may cost needs no close estimate of it."""
_DEFAULT_COMPLETION = 16_384
"""Taken for the longest answer of an endpoint that states neither that nor its context."""


async def open_bill(services: Services, key: LiveKey, plan: Plan, request: Asked, generation: Generation) -> Bill:
    """Sets aside what the dearest of the planned attempts may cost.

    Raises `KeyLimitExceeded`, `NotEnough`, `InFlight`, `InDebt` or `FreeTierExhausted`; then nothing is set aside.
    """
    purse = await services.credits.purse(key.record.account_id)
    if services.settings.debt_blocks_account:
        purse.refuse_debtor()
    bill = Bill(services, key, purse, generation)
    if any(endpoint.pricing.is_free for endpoint in plan.attempts):
        bill.ticket = await services.free_tier.take(key.record.account_id, paid=purse.ever_funded)
    if not plan.is_free:
        try:
            if not tokens.loaded() and bill.must_count(plan, request):
                await tokens.load()
            bill.hold(plan, request)
        except ModelportError:
            await bill.give_ticket_back()
            raise
    return bill


class Bill:
    """What one request has set aside, until it is settled."""

    __slots__ = (
        "_at",
        "_endpoint",
        "_held",
        "_key",
        "_opened",
        "_purse",
        "_services",
        "_settled",
        "completion_cap",
        "generation",
        "images",
        "produced_bytes",
        "prompt_floor",
        "prompt_tokens",
        "ticket",
        "units",
    )  # fmt: skip

    def __init__(self, services: Services, key: LiveKey, purse: Purse, generation: Generation) -> None:
        self._services = services
        self._key = key
        self._purse = purse
        self._held = 0
        self._opened = False
        self._settled = False
        self._endpoint: Endpoint | None = None
        self._at = datetime.fromtimestamp(generation.created_at / 1000, tz=clock.UTC)
        self.generation = generation
        self.ticket: Ticket | None = None
        self.prompt_tokens = 0
        """The estimate the hold was made with."""
        self.prompt_floor = 0
        """A low estimate of the prompt's tokens: what a crash charges must not exceed what was used."""
        self.images = 0
        """Pictures in the prompt, where a price by the piece may apply."""
        self.units = 1
        """Requests that a price by the request may count this one as."""
        self.completion_cap: int | None = None
        """The longest answer that credits reach for, where the caller left the length open and they reach for less
        than the endpoint's longest."""
        self.produced_bytes = 0
        """How much text was delivered so far: for checkpoints."""

    def must_count(self, plan: Plan, request: Asked) -> bool:
        """Whether the prompt's bytes are too rough a bound for what the account has."""
        self.prompt_tokens, self.units = request.prompt_bytes, request.units
        paid = _paid(plan)
        self._count_images(paid, request)
        return self._estimate(paid, _wanted(plan, request)) * _PLENTY > self._room()

    def _count_images(self, paid: list[Endpoint], request: Asked) -> None:
        if any(endpoint.pricing.charges_images for endpoint in paid):
            self.images = request.images()

    def hold(self, plan: Plan, request: Asked) -> None:
        """Sets the money aside, from the account and from the key's limit, in one step."""
        paid, wanted = _paid(plan), _wanted(plan, request)
        choices = request.peek.n or 1
        self._count_images(paid, request)
        room = self._room()
        self.prompt_tokens, self.units = request.prompt_bytes, request.units
        self.prompt_floor = max(self.prompt_tokens // 5, 1)
        amount = self._estimate(paid, wanted)
        if amount * _PLENTY > room:
            # Bytes bound tokens from above without counting; where that bound matters, count.
            text, other = request.prompt_text()
            self.prompt_tokens = tokens.margin(tokens.count(text)) + other
            amount = self._estimate(paid, wanted)
        affordable = wanted
        if amount > room:
            affordable = self._affordable(paid, wanted, amount, room)
            if request.max_tokens is None and affordable >= choices:
                self.completion_cap = affordable // choices
                amount = self._estimate(paid, affordable)
        self._key.hold(amount)
        try:
            self._purse.hold(amount, max_tokens=wanted // choices, affordable_tokens=affordable // choices)
        except ModelportError:
            self._key.release(amount)
            raise
        self._held = amount

    def _room(self) -> int:
        room = self._key.room()
        available = self._purse.available
        return available if room is None else min(available, room)

    def _estimate(self, endpoints: list[Endpoint], completion: int) -> int:
        at = self._at
        return max(
            pricing.estimate_max(
                self.prompt_tokens, completion, each.pricing, at, images=self.images, requests=self.units
            )
            for each in endpoints
        )

    def _affordable(self, endpoints: list[Endpoint], wanted: int, amount: int, room: int) -> int:
        base = self._estimate(endpoints, 0)
        if room <= base or amount <= base:
            return 0
        tokens_ = wanted * (room - base) // (amount - base)
        while tokens_ > 0 and self._estimate(endpoints, tokens_) > room:
            tokens_ -= max(tokens_ // 100, 1)  # prices need not be linear in the completion
        return tokens_

    async def deliver(self, endpoint: Endpoint) -> None:
        """Makes the hold of a stream durable, before its first event goes out.

        Raises `DatabaseDown` when it can't be; then nothing may be delivered.
        """
        self._endpoint = endpoint
        if not self._held or endpoint.pricing.is_free:
            return
        generation = self.generation
        spent = min(self._cost(Usage(self.prompt_floor, 1, estimated=True)), self._held)
        hold = StoredHold(
            generation.id,
            self._purse.account_id,
            generation.key_id,
            self._held,
            spent,
            1,
            msgspec.json.encode(generation).decode(),
            self._services.credits.process,
            self._expiry(),
        )
        self._opened = True
        await self._services.journal.written(Opened(hold, self._purse.ledger_account))

    @property
    def opened(self) -> bool:
        """Whether the hold was made durable, so that a crash would charge for it."""
        return self._opened

    def point(self) -> Checkpoint | None:
        """How far the stream has come, for the next checkpoint; None where no crash could leave anything to charge."""
        if not self._opened or self._settled:
            return None
        completion = max(self.produced_bytes // 4, 1)
        cost = self._cost(Usage(self.prompt_floor, completion, estimated=True))
        return Checkpoint(self.generation.id, min(cost, self._held), completion, self._expiry())

    def _expiry(self) -> int:
        return clock.now_ms() + self._services.settings.hold_seconds * 1000

    def _cost(self, usage: Usage) -> int:
        assert self._endpoint is not None
        return pricing.cost(self._with_images(usage), self._endpoint.pricing, self._at)

    def _with_images(self, usage: Usage) -> Usage:
        """No provider tells how many pictures it was sent."""
        return msgspec.structs.replace(usage, images=self.images) if self.images and not usage.images else usage

    def completed(self, endpoint: Endpoint, usage: Usage, *, has_output: bool) -> tuple[Charged, asyncio.Future[None]]:
        """The answer is whole. Returns its bill, and the future that is done when it is durable."""
        self._endpoint = endpoint
        generation = self.generation
        empty = not has_output and generation.finish_reason is None
        free = empty or generation.finish_reason == FinishReason.ERROR
        return self._settle(usage, charge=not free)

    def cancelled(self, endpoint: Endpoint | None, usage: Usage | None) -> asyncio.Future[None]:
        """The caller left; `usage` is what had been delivered, None when that was nothing."""
        generation = self.generation
        generation.status = "cancelled"
        generation.cancelled = True
        self._endpoint = endpoint or self._endpoint
        _, done = self._settle(usage or Usage(), charge=usage is not None)
        return done

    def failed(self, error: Exception) -> asyncio.Future[None]:
        """No answer, or one that broke: free to the caller."""
        generation = self.generation
        generation.status = "error"
        generation.finish_reason = FinishReason.ERROR.value
        kind = error.kind if isinstance(error, UpstreamFailed) else getattr(error, "error_type", "server")
        generation.error_type = kind
        _, done = self._settle(Usage(), charge=False)
        return done

    def _settle(self, usage: Usage, *, charge: bool) -> tuple[Charged, asyncio.Future[None]]:
        assert not self._settled, "a bill is settled once"
        self._settled = True
        usage = self._with_images(usage)
        generation, endpoint = self.generation, self._endpoint
        _note_usage(generation, usage)
        cost = extra = 0
        if endpoint is not None:
            generation.price_version = endpoint.price_version
        if charge and endpoint is not None:
            try:
                cost = self._cost(usage)
                if endpoint.cost_pricing is not None:
                    generation.upstream_cost = pricing.cost(usage, endpoint.cost_pricing, self._at)
            except ValueError:
                # A count beyond all bounds is the provider's fault: nobody pays for it, and no hold outlives it.
                _log.exception("bill.absurd_usage", generation=generation.id)
                cost = 0
            if cost > self._held:
                extra = self._take_extra(cost - self._held)
        charged = min(cost, self._held + extra)
        generation.cost = charged
        generation.shortfall = cost - charged
        generation.is_free = endpoint is not None and endpoint.pricing.is_free
        entry = None
        if charged or self._opened:
            held = self._held if self._opened else 0
            entry = Charge(self._purse.ledger_account, self._key, charged, held)
        set_aside = self._held + extra
        purse, key = self._purse, self._key

        def release() -> None:
            purse.release(set_aside)
            key.release(set_aside)

        done = self._services.journal.written(Settled(generation, entry, release))
        return Charged(usage, charged, *self._split(usage, charged)), done

    def _take_extra(self, wanted: int) -> int:
        room = self._key.room()
        extra = self._purse.take_extra(wanted if room is None else min(wanted, max(room, 0)))
        self._key.held += extra
        return extra

    def _split(self, usage: Usage, charged: int) -> tuple[int, int]:
        if not charged or self._endpoint is None:
            return 0, 0
        alone = Usage(
            usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
            prompt_audio_tokens=usage.prompt_audio_tokens,
            prompt_image_tokens=usage.prompt_image_tokens,
            images=usage.images,
        )
        prompt = min(self._cost(alone), charged)
        return prompt, charged - prompt

    async def give_ticket_back(self) -> None:
        """A request that failed does not count against the free limits."""
        if self.ticket is not None:
            ticket, self.ticket = self.ticket, None
            await self._services.free_tier.give_back(ticket)


def _paid(plan: Plan) -> list[Endpoint]:
    return [endpoint for endpoint in plan.attempts if not endpoint.pricing.is_free]


def _wanted(plan: Plan, request: Asked) -> int:
    """The longest answer that may have to be paid for, in tokens of all choices together."""
    return max(_longest(endpoint, request.max_tokens) for endpoint in _paid(plan)) * (request.peek.n or 1)


def _longest(endpoint: Endpoint, asked: int | None) -> int:
    longest = endpoint.max_completion_tokens or endpoint.context_length or _DEFAULT_COMPLETION
    return longest if asked is None else min(asked, longest)


def _note_usage(generation: Generation, usage: Usage) -> None:
    generation.prompt_tokens = usage.prompt_tokens
    generation.completion_tokens = usage.completion_tokens
    generation.cached_tokens = usage.cached_tokens
    generation.cache_write_tokens = usage.cache_write_tokens
    generation.cache_write_1h_tokens = usage.cache_write_1h_tokens
    generation.prompt_audio_tokens = usage.prompt_audio_tokens
    generation.prompt_image_tokens = usage.prompt_image_tokens
    generation.completion_audio_tokens = usage.completion_audio_tokens
    generation.reasoning_tokens = usage.reasoning_tokens
    generation.completion_image_tokens = usage.completion_image_tokens
    generation.prompt_images = usage.images
    generation.web_searches = usage.web_searches
    generation.search_units = usage.search_units
    generation.estimated = usage.estimated


class OpenStreams:
    """Every stream under way; once a second each notes how far it has come, should the process die."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bills: set[Bill] = set()

    def add(self, bill: Bill) -> None:
        """A stream has begun."""
        self._bills.add(bill)

    def remove(self, bill: Bill) -> None:
        """It has ended."""
        self._bills.discard(bill)

    async def run(self) -> None:
        """Writes checkpoints until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            for bill in tuple(self._bills):
                if (point := bill.point()) is not None:
                    self._services.journal.checkpoint(point)

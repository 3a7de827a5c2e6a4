"""Steps 3 and 6: set aside what the answer may cost, and settle exactly once what it did, whatever happens.

A `Bill`, which `opening.py` makes, ends in exactly one of `completed`, `cancelled`, `failed`; handing over to the
journal is synchronous, so no cancellation can come between, and only waiting for the disk can be given up.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import structlog

from modelport.catalog import pricing
from modelport.catalog.rules import Terms
from modelport.credits.service import Checkpoint, StoredHold
from modelport.dialects.canonical import Charged, FinishReason, Usage
from modelport.errors import UpstreamFailed
from modelport.gateway import tokens
from modelport.gateway.holding import Holding
from modelport.gateway.weighing import Weighing
from modelport.kit import clock
from modelport.kit.money import format_usd, parse_usd
from modelport.usage.journal import Charge, Opened, Settled

if TYPE_CHECKING:
    import asyncio

    from modelport.catalog.snapshot import Endpoint
    from modelport.credits.budgets import LiveBudget
    from modelport.credits.service import Purse
    from modelport.gateway.asked import Asked
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.gateway.weighing import Weighed
    from modelport.keys.service import LiveKey
    from modelport.limits.ticket import Ticket
    from modelport.usage.batch import Also
    from modelport.usage.generation import Generation

__all__ = ["SEARCH", "Bill", "Headers", "quota_headers"]

_log = structlog.get_logger(__name__)
Headers = list[tuple[bytes, bytes]]
SEARCH = "search"
"""Whom the operator owes for searches of their search service, beside providers by their slugs."""


class Bill:
    """What one request has set aside, until it is settled."""

    __slots__ = (
        "_at",
        "_budgets",
        "_endpoint",
        "_holding",
        "_key",
        "_opened",
        "_owed",
        "_purse",
        "_rules",
        "_services",
        "_settled",
        "_weighing",
        "also",
        "generation",
        "produced_bytes",
        "ticket",
    )  # fmt: skip

    def __init__(
        self,
        services: Services,
        key: LiveKey,
        purse: Purse,
        generation: Generation,
        *,
        ticket: Ticket,
        budgets: tuple[LiveBudget, ...] = (),
    ) -> None:
        self._services = services
        self._budgets = budgets
        self._key = key
        self._purse = purse
        self._holding = Holding(purse, key, budgets)
        self._opened = False
        self._owed: list[tuple[str, int]] = []
        """What providers charge the operator, by their slugs."""
        self._rules = services.catalog.snapshot.rules
        self._settled = False
        self._endpoint: Endpoint | None = None
        self._at = datetime.fromtimestamp(generation.created_at / 1000, tz=clock.UTC)
        self._weighing = Weighing(self._at, self._rules, purse.group)
        self.generation = generation
        self.ticket = ticket
        self.also: Also | None = None
        """What is written down with the generation, in its transaction."""
        self.produced_bytes = 0
        """How much text was delivered so far: for checkpoints."""

    def hold(self, weighed: Weighed) -> None:
        """Sets the money aside, from budgets, the key's limit and the account, and in the same step gives back what was
        set aside before for the same request. Raises as those do; then nothing is set aside.
        """
        assert not self._opened, "what is durable is settled, and not held anew"
        self._holding.hold(weighed)

    def expect(self, searches: int, own_searches: int, growth: int = 0) -> None:
        """How many web searches may be charged, how many of them the operator's service makes, and by about how many
        tokens the prompt will yet grow.
        """
        weighing = self._weighing
        weighing.searches, weighing.own_searches, weighing.growth = searches, own_searches, growth

    def is_free(self, plan: Plan) -> bool:
        """Whether nothing can have to be paid for, nor counted."""
        return not self._weighing.paid(plan, counts_own=self._holding.counts_own)

    def searched(self) -> None:
        """The operator's search service was asked: noted for the operator only, whatever becomes of the request."""
        if cost := parse_usd(self._services.settings.search_cost):
            self.wasted(SEARCH, cost)

    async def weigh(self, plan: Plan, request: Asked) -> Weighed:
        """What is to be set aside, all in all; sees to it that this process may, where several share what is held
        against.
        """
        weighing, holding, leasing = self._weighing, self._holding, self._services.leasing
        if not tokens.loaded() and weighing.must_count(plan, request, holding.room()):
            await tokens.load()
        weighed = weighing.weigh(plan, request, holding.room())
        if leasing is None or holding.reached(leasing, weighed.full):
            return weighed
        await holding.cover(leasing, weighed.full)
        if not tokens.loaded():
            await tokens.load()
        # What can't be had in full may do for a shorter answer.
        weighed = weighing.weigh(plan, request, holding.room())
        await holding.cover(leasing, weighed.amount)
        return weighed

    @property
    def key(self) -> LiveKey:
        """The API key that pays."""
        return self._key

    @property
    def completion_cap(self) -> int | None:
        """The longest answer that may be asked for, where the caller left it open and there is less than for any."""
        return self._weighing.completion_cap

    @property
    def prompt_floor(self) -> int:
        """A low estimate of the prompt's tokens."""
        return self._weighing.prompt_floor

    async def deliver(self, endpoint: Endpoint) -> None:
        """Makes the hold of a stream durable, before its first event goes out.

        Raises `DatabaseDown` when it can't be; then nothing may be delivered.
        """
        self._endpoint = endpoint
        if not self._holding.amount or endpoint.pricing.is_free or self._opened:
            return
        generation = self.generation
        # Should the process die, this is what stays of the request.
        generation.prompt_tokens = self.prompt_floor
        generation.prompt_images = self._weighing.images
        self._note_prices(endpoint)
        spent = min(self._cost(Usage(self.prompt_floor, 1, estimated=True)), self._holding.amount)
        hold = StoredHold(
            generation.id,
            self._purse.account_id,
            generation.key_id,
            self._holding.amount,
            spent,
            1,
            msgspec.json.encode(generation).decode(),
            self._services.credits.process,
            self._expiry(),
            msgspec.json.encode([budget.ref for budget in self._budgets]).decode() if self._budgets else "[]",
        )
        self._opened = True
        await self._services.journal.written(Opened(hold, self._purse.ledger_account))

    def limit_headers(self) -> Headers:
        """What the answer tells of the caller's limits: of requests and tokens, and what the key may still spend."""
        if self._key.record.limit is None:
            return self.ticket.headers
        return [*self.ticket.headers, *quota_headers(self._key)]

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
        return Checkpoint(self.generation.id, min(cost, self._holding.amount), completion, self._expiry())

    def _expiry(self) -> int:
        return clock.now_ms() + self._services.settings.hold_seconds * 1000

    def _terms(self, endpoint: Endpoint) -> Terms:
        if self._purse.group is None or endpoint.owned is not None:
            return Terms(endpoint.pricing, endpoint.price_factor, endpoint.price_rules)
        return self._rules.terms(endpoint, self._purse.group)

    def _cost(self, usage: Usage) -> int:
        endpoint = self._endpoint
        assert endpoint is not None
        usage, prices = self._with_images(usage), self._terms(endpoint).pricing
        if endpoint.owned is None or not self._weighing.own_searches:
            return pricing.cost(usage, prices, self._at)
        theirs = self._of_provider(usage)
        searched = pricing.searching(usage.web_searches - theirs.web_searches, endpoint.owned.listed)
        return pricing.cost(theirs, prices, self._at) + searched

    def _of_provider(self, usage: Usage) -> Usage:
        """What the provider had to do with: searches of the operator's own service it had not."""
        own = min(self._weighing.own_searches, usage.web_searches)
        return msgspec.structs.replace(usage, web_searches=usage.web_searches - own) if own else usage

    def _note_prices(self, endpoint: Endpoint) -> None:
        generation = self.generation
        generation.price_version = endpoint.price_version
        _, generation.price_factor, generation.price_rules = self._terms(endpoint)

    def wasted(self, provider: str, amount: int) -> None:
        """What a provider, by its slug, charges beside the answer, as for failed attempts: for the operator's books."""
        self._owed.append((provider, amount))
        self.generation.wasted_cost += amount

    def in_vain(self, endpoint: Endpoint, usage: Usage) -> None:
        """What the provider of an answer that broke may charge for: noted for the operator only."""
        if endpoint.cost_pricing is None:
            return
        try:
            self.wasted(endpoint.provider.slug, pricing.cost(self._with_images(usage), endpoint.cost_pricing, self._at))
        except ValueError:
            _log.exception("bill.absurd_usage", generation=self.generation.id)

    def _with_images(self, usage: Usage) -> Usage:
        """No provider tells how many pictures it was sent."""
        images = self._weighing.images
        return msgspec.structs.replace(usage, images=images) if images and not usage.images else usage

    def completed(self, endpoint: Endpoint, usage: Usage, *, has_output: bool) -> tuple[Charged, asyncio.Future[None]]:
        """The answer is whole. Returns its bill, and the future that is done when it is durable."""
        self._endpoint = endpoint
        generation = self.generation
        empty = not has_output and generation.finish_reason is None
        free = empty or generation.finish_reason == FinishReason.ERROR
        return self._settle(usage, charge=not free, or_free=True)

    def cancelled(self, endpoint: Endpoint | None, usage: Usage | None) -> asyncio.Future[None]:
        """The caller left; `usage` is what had been delivered, None when that was nothing."""
        generation = self.generation
        generation.status = "cancelled"
        generation.cancelled = True
        self._endpoint = endpoint or self._endpoint
        _, done = self._settle(usage or Usage(), charge=usage is not None)
        return done

    def failed(self, error: Exception, usage: Usage | None = None) -> asyncio.Future[None]:
        """No answer, or one that broke: free to the caller. `usage` is what its provider may charge for."""
        generation = self.generation
        if usage is not None and self._endpoint is not None:
            self.in_vain(self._endpoint, usage)
        generation.status = "error"
        generation.finish_reason = FinishReason.ERROR.value
        kind = error.kind if isinstance(error, UpstreamFailed) else getattr(error, "error_type", "server")
        generation.error_type = kind
        self.ticket.failed()
        _, done = self._settle(Usage(), charge=False)
        return done

    def _settle(self, usage: Usage, *, charge: bool, or_free: bool = False) -> tuple[Charged, asyncio.Future[None]]:
        assert not self._settled, "a bill is settled once"
        self._settled = True
        usage = self._with_images(usage)
        generation, endpoint = self.generation, self._endpoint
        generation.took(usage)
        self.ticket.ended(usage.prompt_tokens + usage.completion_tokens)
        cost, held = 0, self._holding.amount
        own: int | None = None
        if endpoint is not None:
            self._note_prices(endpoint)
            try:
                if charge:
                    cost = self._cost(usage)
                    own = self._own_price(endpoint, usage)
                if endpoint.cost_pricing is not None and usage.total_tokens:
                    theirs = self._of_provider(usage)
                    generation.upstream_cost = pricing.cost(theirs, endpoint.cost_pricing, self._at)
                    self._owed.append((endpoint.provider.slug, generation.upstream_cost))
            except ValueError:
                # A count beyond all bounds is the provider's fault: nobody pays for it, and no hold outlives it.
                _log.exception("bill.absurd_usage", generation=generation.id)
                cost, own = 0, None
            if cost > held:
                self._holding.take_extra(cost - held)
        charged = min(cost, self._holding.amount)
        generation.cost = charged
        generation.shortfall = cost - charged
        generation.byok_cost = own
        generation.is_free = endpoint is not None and endpoint.is_gratis
        entry = None
        if charged or self._opened or own:
            durable = held if self._opened else 0
            entry = Charge(self._purse.ledger_account, self._key, charged, durable, self._budgets, own or 0)
        settled = Settled(generation, entry, self._holding.release, tuple(self._owed), self.also)
        done = self._services.journal.written(settled, or_free=or_free)
        return Charged(usage, charged, *self._split(usage, charged if own is None else own), own), done

    def _own_price(self, endpoint: Endpoint, usage: Usage) -> int | None:
        """The usual price of an answer by an own key, for which the fee alone is charged."""
        if endpoint.owned is None:
            return None
        own = pricing.cost(self._of_provider(usage), endpoint.owned.listed, self._at)
        self._services.own_keys.used(self._purse.account_id, own)
        return own

    def _split(self, usage: Usage, charged: int) -> tuple[int, int]:
        endpoint = self._endpoint
        if not charged or endpoint is None:
            return 0, 0
        alone = Usage(
            usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
            prompt_audio_tokens=usage.prompt_audio_tokens,
            cached_audio_tokens=usage.cached_audio_tokens,
            prompt_image_tokens=usage.prompt_image_tokens,
            images=usage.images,
        )
        prices = self._terms(endpoint).pricing if endpoint.owned is None else endpoint.owned.listed
        prompt = min(pricing.cost(self._with_images(alone), prices, self._at), charged)
        return prompt, charged - prompt


def quota_headers(key: LiveKey) -> Headers:
    """What a key may spend, and what is left of it; nothing of one without a limit."""
    record = key.record
    if record.limit is None:
        return []
    left = max(record.limit - key.spent(record.limit_reset), 0)
    return [
        (b"x-modelport-quota-limit", format_usd(record.limit).encode()),
        (b"x-modelport-quota-remaining", format_usd(left).encode()),
    ]

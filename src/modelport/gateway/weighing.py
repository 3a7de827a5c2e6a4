"""What a request can cost at most: estimated before any provider is called, closely where credits are scarce."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.catalog import pricing
from modelport.gateway import tokens

if TYPE_CHECKING:
    from datetime import datetime

    from modelport.catalog.pricing import Pricing
    from modelport.catalog.rules import PriceRules
    from modelport.catalog.snapshot import Endpoint
    from modelport.gateway.asked import Asked
    from modelport.gateway.plan import Plan

__all__ = ["Weighed", "Weighing"]

_PLENTY = 50
"""An account that has this many times what a request may cost needs no close estimate of it."""
_DEFAULT_COMPLETION = 16_384
"""Taken for the longest answer of an endpoint that states neither that nor its context."""


class Weighed(NamedTuple):
    """What is to be set aside."""

    amount: int
    full: int
    """What the longest answer would take, where `amount` is for a shorter one."""
    max_tokens: int
    """The longest answer of one choice."""
    affordable: int
    """The longest that the room reaches for."""


class Weighing:
    """The estimate of one request."""

    __slots__ = (
        "_at",
        "_group",
        "_rules",
        "completion_cap",
        "images",
        "prompt_floor",
        "prompt_tokens",
        "searches",
        "units",
    )

    def __init__(self, at: datetime, rules: PriceRules, group: str | None) -> None:
        self._at = at
        self._rules = rules
        self._group = group
        self.prompt_tokens = 0
        """The estimate the hold was made with."""
        self.prompt_floor = 0
        """A low estimate of the prompt's tokens: what a crash charges must not exceed what was used."""
        self.images = 0
        """Pictures in the prompt, where a price by the piece may apply."""
        self.searches = 0
        """Web searches that may be charged."""
        self.units = 1
        """Requests that a price by the request may count this one as."""
        self.completion_cap: int | None = None
        """The longest answer that credits reach for, where the caller left the length open and they reach for less
        than the endpoint's longest."""

    def must_count(self, plan: Plan, request: Asked, room: int) -> bool:
        """Whether the prompt's bytes are too rough a bound for what there is."""
        paid = _paid(plan)
        self._size(paid, request)
        return self._estimate(paid, _wanted(paid, request)) * _PLENTY > room

    def weigh(self, plan: Plan, request: Asked, room: int) -> Weighed:
        """What the dearest of the planned attempts may cost, where `room` is there for it."""
        paid = _paid(plan)
        wanted, choices = _wanted(paid, request), request.peek.n or 1
        self._size(paid, request)
        self.completion_cap = None
        amount = self._estimate(paid, wanted)
        if amount * _PLENTY > room:
            # Bytes bound tokens from above without counting; where that bound matters, count.
            text, other = request.prompt_text()
            self.prompt_tokens = tokens.margin(tokens.count(text)) + other
            amount = self._estimate(paid, wanted)
        affordable, full = wanted, amount
        if amount > room:
            affordable = self._affordable(paid, wanted, amount, room)
            if request.max_tokens is None and affordable >= choices:
                self.completion_cap = affordable // choices
                amount = self._estimate(paid, affordable)
        return Weighed(amount, full, wanted // choices, affordable // choices)

    def _size(self, paid: list[Endpoint], request: Asked) -> None:
        self.prompt_tokens, self.units = request.prompt_bytes, request.units
        self.prompt_floor = max(self.prompt_tokens // 5, 1)
        if any(endpoint.pricing.charges_images for endpoint in paid):
            self.images = request.images()

    def _estimate(self, endpoints: list[Endpoint], completion: int) -> int:
        return max(
            pricing.estimate_max(
                self.prompt_tokens,
                completion,
                self._prices(each),
                self._at,
                images=self.images,
                web_searches=self.searches,
                requests=self.units,
            )
            for each in endpoints
        )

    def _prices(self, endpoint: Endpoint) -> Pricing:
        if endpoint.owned is not None:
            return endpoint.pricing
        return endpoint.pricing if self._group is None else self._rules.terms(endpoint, self._group).pricing

    def _affordable(self, endpoints: list[Endpoint], wanted: int, amount: int, room: int) -> int:
        base = self._estimate(endpoints, 0)
        if room <= base or amount <= base:
            return 0
        tokens_ = wanted * (room - base) // (amount - base)
        while tokens_ > 0 and self._estimate(endpoints, tokens_) > room:
            tokens_ -= max(tokens_ // 100, 1)  # prices need not be linear in the completion
        return tokens_


def _paid(plan: Plan) -> list[Endpoint]:
    return [endpoint for endpoint in plan.attempts if not endpoint.pricing.is_free]


def _wanted(paid: list[Endpoint], request: Asked) -> int:
    """The longest answer that may have to be paid for, in tokens of all choices together."""
    return max(_longest(endpoint, request.max_tokens) for endpoint in paid) * (request.peek.n or 1)


def _longest(endpoint: Endpoint, asked: int | None) -> int:
    longest = endpoint.max_completion_tokens or endpoint.context_length or _DEFAULT_COMPLETION
    return longest if asked is None else min(asked, longest)

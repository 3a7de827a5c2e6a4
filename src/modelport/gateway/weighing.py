"""What a request can cost at most: estimated before any provider is called, closely where credits are scarce."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.catalog import pricing
from modelport.gateway import tokens
from modelport.gateway.wish import field_of

if TYPE_CHECKING:
    from datetime import datetime

    from modelport.catalog.pricing import Pricing
    from modelport.catalog.rules import PriceRules
    from modelport.catalog.snapshot import Endpoint
    from modelport.gateway.asked import Asked
    from modelport.gateway.plan import Plan

__all__ = ["Room", "Sums", "Weighed", "Weighing"]

_PLENTY = 50
"""An account that has this many times what a request may cost needs no close estimate of it."""
_DEFAULT_COMPLETION = 16_384
"""Taken for the longest answer of an endpoint that states neither that nor its context."""


_MOST_WRITTEN = 1_000
"""No provider writes more answers of which one is the best."""


class Sums(NamedTuple):
    """What a request may cost at most, in two ways."""

    charged: int
    """What the account pays here."""
    counted: int
    """The same with the usual price of what may come by its own provider keys, for limits that count that."""


class Room(NamedTuple):
    """What there is for a request."""

    charged: int
    counted: int | None = None
    """Of the limits that count own provider keys; None where none does."""

    def reaches(self, sums: Sums, times: int = 1) -> bool:
        """Whether so many times these sums are there."""
        return _fits(sums.charged * times, self.charged) and (
            self.counted is None or _fits(sums.counted * times, self.counted)
        )


def _fits(amount: int, there: int) -> bool:
    return amount <= there or not amount


class Weighed(NamedTuple):
    """What is to be set aside."""

    amount: Sums
    full: Sums
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
        "growth",
        "images",
        "own_searches",
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
        self.own_searches = 0
        """Those of them that the operator's service makes: charged in full also where an own key answers."""
        self.growth = 0
        """Tokens by which the prompt will be longer when it is sent."""
        self.units = 1
        """Requests that a price by the request may count this one as."""
        self.completion_cap: int | None = None
        """The longest answer that credits reach for, where the caller left the length open and they reach for less
        than the endpoint's longest."""

    def must_count(self, plan: Plan, request: Asked, room: Room) -> bool:
        """Whether the prompt's bytes are too rough a bound for what there is."""
        paid = self.paid(plan, counts_own=room.counted is not None)
        self._size(paid, request)
        return not room.reaches(self._estimate(paid, _wanted(paid, request)), _PLENTY)

    def weigh(self, plan: Plan, request: Asked, room: Room) -> Weighed:
        """What the dearest of the planned attempts may cost, where `room` is there for it."""
        paid = self.paid(plan, counts_own=room.counted is not None)
        wanted, choices = _wanted(paid, request), _choices(request)
        self._size(paid, request)
        self.completion_cap = None
        amount = self._estimate(paid, wanted)
        if not room.reaches(amount, _PLENTY):
            # Bytes bound tokens from above without counting; where that bound matters, count.
            text, other = request.prompt_text()
            self.prompt_tokens = tokens.margin(tokens.count(text)) + other + self.growth + _predicted(request)
            amount = self._estimate(paid, wanted)
        affordable, full = wanted, amount
        if not room.reaches(amount):
            affordable = self._affordable(paid, wanted, amount, room)
            if request.max_tokens is None and affordable >= choices:
                self.completion_cap = affordable // choices
                amount = self._estimate(paid, affordable)
        return Weighed(amount, full, wanted // choices, affordable // choices)

    def _size(self, paid: list[Endpoint], request: Asked) -> None:
        self.prompt_tokens, self.units = request.prompt_bytes + self.growth + _predicted(request), request.units
        self.prompt_floor = max(request.prompt_bytes // 5, 1)
        if any(endpoint.pricing.charges_images for endpoint in paid):
            self.images = request.images()

    def _estimate(self, endpoints: list[Endpoint], completion: int) -> Sums:
        charged = counted = 0
        for each in endpoints:
            most = self._most(self._prices(each), completion, self.searches) + self._searching(each)
            charged = max(charged, most)
            if each.owned is not None:
                most += self._most(each.owned.listed, completion, self.searches - self.own_searches)
            counted = max(counted, most)
        return Sums(charged, counted)

    def _most(self, prices: Pricing, completion: int, searches: int) -> int:
        return pricing.estimate_max(
            self.prompt_tokens,
            completion,
            prices,
            self._at,
            images=self.images,
            web_searches=searches,
            requests=self.units,
        )

    def _searching(self, endpoint: Endpoint) -> int:
        owned = endpoint.owned
        return 0 if owned is None else pricing.searching(self.own_searches, owned.listed)

    def paid(self, plan: Plan, *, counts_own: bool) -> list[Endpoint]:
        """The planned endpoints that anything may have to be paid for; or, where own keys count, be counted."""
        return [
            each
            for each in plan.attempts
            if not each.pricing.is_free or self._searching(each) or (counts_own and each.owned is not None)
        ]

    def _prices(self, endpoint: Endpoint) -> Pricing:
        if endpoint.owned is not None:
            return endpoint.pricing
        return endpoint.pricing if self._group is None else self._rules.terms(endpoint, self._group).pricing

    def _affordable(self, endpoints: list[Endpoint], wanted: int, most: Sums, room: Room) -> int:
        tokens_ = wanted
        for amount, base, there in zip(most, self._estimate(endpoints, 0), room, strict=True):
            if there is None or _fits(amount, there):
                continue
            if there <= base or amount <= base:
                return 0
            tokens_ = min(tokens_, wanted * (there - base) // (amount - base))
        while tokens_ > 0 and not room.reaches(self._estimate(endpoints, tokens_)):
            tokens_ -= max(tokens_ // 100, 1)  # prices need not be linear in the completion
        return tokens_


def _wanted(paid: list[Endpoint], request: Asked) -> int:
    """The longest answer that may have to be paid for, in tokens of all choices together."""
    return max((_longest(endpoint, request.max_tokens) for endpoint in paid), default=0) * _choices(request)


def _choices(request: Asked) -> int:
    """How many answers are written, the best of which may be all that is seen."""
    written = field_of(request, "best_of", int) or 1
    return max(request.peek.n or 1, min(written, _MOST_WRITTEN))


def _predicted(request: Asked) -> int:
    """What a prediction of the answer may add, in tokens of the prompt: those that prove wrong are charged as answered,
    at four times that price with most models, and four of its bytes make a token.
    """
    raw = None if request.chat is None else request.chat.fields.get("prediction")
    return 0 if raw is None else len(bytes(raw))


def _longest(endpoint: Endpoint, asked: int | None) -> int:
    longest = endpoint.max_completion_tokens or endpoint.context_length or _DEFAULT_COMPLETION
    return longest if asked is None else min(asked, longest)

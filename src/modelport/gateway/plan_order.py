"""In which order the endpoints of one model are tried.

First those a caller or the operator names, then by health (an outage puts an endpoint last), then by what the request
would rather have, and among equals by the draw or by what is sorted by.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from operator import itemgetter
from statistics import median, pstdev
from typing import TYPE_CHECKING, NamedTuple

from modelport.dialects.openai_chat.wire import SortBy
from modelport.errors import BadRequest
from modelport.gateway.plan_facts import expected_price
from modelport.gateway.plan_filters import named_in
from modelport.gateway.plan_health import ALL_WELL, DEGRADED, DOWN, FINE, RESTING, misses
from modelport.routing.policy import NO_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from modelport.gateway.plan_facts import Facts, Lane
    from modelport.gateway.plan_health import HealthView
    from modelport.gateway.plan_names import Named
    from modelport.gateway.wish import Wish
    from modelport.routing.policy import Effects, RuleBook

__all__ = ["Around", "Place", "Slowness", "ordered", "sort_of"]

_SORTS = frozenset({"price", "throughput", "latency", "exacto"})
_NONE = frozenset[str]()
_LEAST_LANES = 4
"""Endpoints that must have been measured before one is called worse than the others."""


class Slowness(NamedTuple):
    """When an endpoint counts as slow beside the quickest of its model."""

    factor: float = 3.0
    margin: float = 1.0
    """Seconds."""


class Place(NamedTuple):
    """One endpoint's place and what it was given it for; the first four decide, from left to right."""

    rank: int
    """Who is named: by the caller's order, the operator's pins, a conversation's cache."""
    standing: int
    soft: int
    """How many wishes it does not meet."""
    value: float
    """The draw or what is sorted by; smaller is earlier."""
    lane: Lane
    weight: float
    """Its share of the draw, before dividing by all of them; 0 where nothing is drawn."""
    notes: tuple[str, ...] = ()


_DECIDE = itemgetter(0, 1, 2, 3)


def sort_of(wish: Wish, named: Named) -> tuple[str | None, bool]:
    """What is sorted by, None for the draw; and whether all models are sorted as one."""
    preferences = wish.preferences
    given = preferences.sort if preferences is not None else None
    by, whole = (given.by, given.partition == "none") if isinstance(given, SortBy) else (given, False)
    if by is not None and by not in _SORTS:
        raise BadRequest(f"Invalid request: `provider.sort` is {by[:50]!r}; use one of {', '.join(sorted(_SORTS))}.")
    return named.sort or by, whole


def ordered(
    facts: Facts, lanes: Sequence[Lane], named: Named, effects: Effects | None, *, wish: Wish, around: Around
) -> list[Place]:
    """The endpoints `lanes` of a model in the order they are to be tried."""
    health = around.health
    by, _ = sort_of(wish, named)
    slower = _slow_ones(lanes, health, around.slow)
    lacking = bool(wish.would_like) and facts.features is not None and not wish.would_like <= facts.features
    quality = by == "exacto" or (by is None and "tools" in wish.wanted)
    worse = _worse_ones(lanes, health) if quality and len(lanes) >= _LEAST_LANES and health.typical else _NONE
    if (
        by is None
        and not (health.troubled or slower or worse or lacking or named.longest_context)
        and wish.preferences is None
        and effects is None
        and wish.sticky is None
        and wish.tier is None
    ):
        # The usual case, told apart because it is the usual one: a draw among equals.
        draw = around.random.random
        places = [Place(0, 0, 0, -log(1.0 - draw()) * lane.squared, lane, 1.0 / lane.squared) for lane in lanes]
    else:
        order = _Order(wish, named, effects, around, by, slower, worse, min(lane.price for lane in lanes))
        places = [order.place(lane) for lane in lanes]
    places.sort(key=_DECIDE)
    return places


Forbids = Callable[[str, str], str | None]
"""Which bound of the caller's key keeps them from a model at a provider (id and slug); None when none does."""


class Around(NamedTuple):
    """What a plan is made in beside the request and the catalogue."""

    random: Random
    health: HealthView = ALL_WELL
    rules: RuleBook = NO_RULES
    slow: Slowness = Slowness()
    most: int = 3
    """Attempts in all."""
    forbids: Forbids | None = None
    """The bounds of the caller's key, where it has any."""


class _Order(NamedTuple):
    wish: Wish
    named: Named
    effects: Effects | None
    around: Around
    by: str | None
    slower: frozenset[str]
    worse: frozenset[str]
    cheapest: float

    def place(self, lane: Lane) -> Place:
        endpoint_id, notes = lane.endpoint.id, list[str]()
        standing = self.around.health.troubled.get(endpoint_id, FINE)
        if standing == FINE and endpoint_id in self.slower:
            standing = DEGRADED
            notes.append("slow")
        soft = self._soft(lane, notes)
        value, weight = self._value(lane, notes)
        rank, fixed = self._rank(lane, notes)
        if fixed:
            # Who names an order gets it; only what would certainly fail is put behind.
            rank += 1_000_000 if standing == RESTING else 0
            return Place(rank, 0, soft, value, lane, weight, tuple(notes))
        sticky = self.wish.sticky
        if sticky is not None and sticky.endpoint_id == endpoint_id and self.by is None and standing < DOWN:
            price = expected_price(lane.endpoint, sticky.cached_share)
            if price <= self.cheapest:
                value, rank = -1.0, rank - 1
                notes.append("cache")
            else:
                # Even with the discount another is cheaper: the discount counts in the draw, and no more.
                ratio = max(price * price, 1e-12) / lane.squared
                value, weight = value * ratio, weight / ratio
                notes.append("cache_discount")
        return Place(rank, standing, soft, value, lane, weight, tuple(notes))

    def _rank(self, lane: Lane, notes: list[str]) -> tuple[int, bool]:
        """Where names put it, and whether a caller's order does."""
        preferences, effects = self.wish.preferences, self.effects
        rank = 0
        if effects is not None and effects.pins:
            rank = _index(lane, effects.pins)
            if rank < len(effects.pins):
                notes.append("pinned")
        if preferences is not None and preferences.order:
            own = _index(lane, preferences.order)
            if own < len(preferences.order):
                notes.append("order")
            return own * 1000 + rank, own < len(preferences.order)
        return rank, False

    def _soft(self, lane: Lane, notes: list[str]) -> int:
        endpoint, wish = lane.endpoint, self.wish
        preferences = wish.preferences
        before = len(notes)
        if endpoint.supported_parameters and not wish.would_like <= endpoint.supported_parameters:
            notes.append("lacks_parameters")
        if endpoint.id in self.worse:
            notes.append("quality")
        if wish.tier is not None and endpoint.service_tier != wish.tier:
            notes.append("other_tier")
        if preferences is not None:
            missed = misses(
                self.around.health,
                endpoint.id,
                latency=preferences.preferred_max_latency,
                throughput=preferences.preferred_min_throughput,
            )
            if missed is not None:
                notes.append(f"misses_{missed}")
        return len(notes) - before

    def _value(self, lane: Lane, notes: list[str]) -> tuple[float, float]:
        by, endpoint, around = self.by, lane.endpoint, self.around
        if by is None or by == "exacto":
            weight = 1.0 / lane.squared
            if self.effects is not None and self.effects.weights and (factor := self.effects.factor(lane.names)) != 1.0:
                weight *= factor
                notes.append("weighted")
            # Exponential race: the smallest is endpoint i with a chance in proportion to its weight.
            drawn = -log(1.0 - around.random.random()) / max(weight, 1e-12)
            return (-float(endpoint.context_length) if self.named.longest_context else drawn), weight
        if by == "price":
            return lane.price, 0.0
        if by == "latency":
            seconds = around.health.latency(endpoint.id, 50)
            return (1e9 + lane.price if seconds is None else seconds), 0.0
        speed = around.health.throughput(endpoint.id, 50)
        return (1e9 + lane.price if speed is None else -speed), 0.0


def _index(lane: Lane, names: Sequence[str]) -> int:
    return next((index for index, name in enumerate(names) if named_in(lane, (name,))), len(names))


def _slow_ones(lanes: Sequence[Lane], health: HealthView, slow: Slowness) -> frozenset[str]:
    typical = health.typical
    if not typical or len(lanes) < 2 or not slow.factor:
        return _NONE
    seen = [(typical[lane.endpoint.id], lane.endpoint.id) for lane in lanes if lane.endpoint.id in typical]
    if len(seen) < 2:
        return _NONE
    quickest = min(seen)[0]
    return frozenset(each for seconds, each in seen if seconds > max(quickest * slow.factor, quickest + slow.margin))


def _worse_ones(lanes: Sequence[Lane], health: HealthView) -> frozenset[str]:
    """Endpoints whose speed or success stands out to the bad among at least four that were measured."""
    worse: set[str] = set()
    speeds = {lane.endpoint.id: health.throughput(lane.endpoint.id, 50) for lane in lanes}
    rates = {lane.endpoint.id: health.success(lane.endpoint.id) for lane in lanes}
    for measured, sigmas in ((speeds, 1.5), (rates, 2.0)):
        seen = {each: value for each, value in measured.items() if value is not None}
        if len(seen) >= _LEAST_LANES:
            bound = median(seen.values()) - sigmas * pstdev(seen.values())
            worse |= {each for each, value in seen.items() if value < bound}
    return frozenset(worse)

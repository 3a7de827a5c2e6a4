"""In which order the endpoints of one model are tried.

First those a caller or the operator names, then by health (an outage puts an endpoint last), then by what the request
would rather have, and among equals by the draw or by what is sorted by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from modelport.dialects.openai_chat.wire import SortBy
from modelport.errors import BadRequest
from modelport.gateway.plan_facts import expected_price
from modelport.gateway.plan_health import ALL_WELL, DEGRADED, DOWN, FINE, RESTING, misses, thresholds
from modelport.routing.policy import NO_RULES
from modelport.upstream.health_record import Figures
from modelport.upstream.outliers import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.gateway.plan_facts import Facts, Lane
    from modelport.gateway.plan_health import HealthView
    from modelport.gateway.plan_names import Named
    from modelport.gateway.wish import Wish
    from modelport.routing.policy import Effects, RuleBook

__all__ = ["Around", "Place", "Slowness", "ordered", "sort_of"]

_SORTS = frozenset({"price", "throughput", "latency", "exacto"})
_MEASURED = frozenset({"throughput", "latency"})
"""Sorts that go by what was measured."""
_NO_FIGURES: Mapping[str, Figures] = {}
_UNSEEN = Figures({}, {})
_NONE = frozenset[str]()
_NO_PLACES = dict[str, int]()
_NO_NOTES: tuple[str, ...] = ()
_UNNAMED = 100_000
"""The place of those that are not named; more names than that can't be given."""


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
    worse = health.outliers(facts.ids) if quality and len(lanes) >= LEAST else _NONE
    soft = lacking or wish.tier is not None or bool(worse)
    troubled = health.troubled
    if (
        by is None
        and not (troubled or slower or soft or named.longest_context)
        and wish.preferences is None
        and effects is None
        and wish.sticky is None
    ):
        # The usual case, told apart because it is the usual one: a draw among equals.
        draw = around.random.random
        places = [Place(0, 0, 0, -log(1.0 - draw()) * lane.squared, lane, 1.0 / lane.squared) for lane in lanes]
    else:
        cheapest = min(lane.price for lane in lanes) if wish.sticky is not None else 0.0
        order = _Order(
            wish, named, effects, around, by, slower=slower, worse=worse, soft=soft, cheapest=cheapest, ids=facts.ids
        )
        places = [order.place(lane, troubled) for lane in lanes]
    places.sort(key=_DECIDE)
    return places


Forbids = Callable[["Endpoint"], str | None]
"""Which bound or guardrail of the caller's key keeps them from an endpoint; None when none does."""


Fits = Callable[["Lane"], bool]
"""Whether nothing speaks against an endpoint: neither what the request asks for nor a bound or guardrail."""


class Arranges(Protocol):
    """What puts a caller's own provider keys into a plan (`own_keys.Arranger`)."""

    def facts(self, model: Model, /) -> Facts:
        """The model's lanes, with those that only an own key opens."""
        ...

    def readmitted(self, gone: list[tuple[Lane, str]], fits: Fits, /) -> tuple[Lane, ...]:
        """Takes those out of `gone` where an own key may go though the operator's may not."""
        ...

    def arranged(
        self,
        model: Model,
        places: list[Place],
        gone: list[tuple[Lane, str]],
        /,
        *,
        fits: Fits,
        own_only: frozenset[str],
    ) -> list[Place]:
        """The places with own keys in them, where they fit; what they close goes to `gone`."""
        ...


class Around(NamedTuple):
    """What a plan is made in beside the request and the catalogue."""

    random: Random
    health: HealthView = ALL_WELL
    rules: RuleBook = NO_RULES
    slow: Slowness = Slowness()
    most: int = 3
    """Attempts in all."""
    forbids: Forbids | None = None
    """The bounds and guardrails of the caller's key, where it has any."""
    own: Arranges | None = None
    """The caller's own provider keys, where they have any."""


class _Order:
    """One request's order of one model's endpoints. What it asks for is looked at once, not for each endpoint."""

    def __init__(
        self,
        wish: Wish,
        named: Named,
        effects: Effects | None,
        around: Around,
        by: str | None,
        *,
        slower: frozenset[str],
        worse: frozenset[str],
        soft: bool,
        cheapest: float,
        ids: tuple[str, ...],
    ) -> None:
        preferences = wish.preferences
        self._wish, self._worse, self._slower, self._by = wish, worse, slower, by
        self._draw = around.random.random
        self._cheapest, self._longest_context = cheapest, named.longest_context
        self._pins = _places_of(effects.pins) if effects is not None else _NO_PLACES
        self._weights = effects if effects is not None and effects.weights else None
        self._order = _places_of(preferences.order) if preferences is not None and preferences.order else _NO_PLACES
        self._wanted = thresholds(preferences)
        self._soft = soft or self._wanted is not None
        measured = self._wanted is not None or by in _MEASURED
        self._figures = around.health.figures(ids) if measured else _NO_FIGURES
        """Of those of which enough is known; looked up once for all endpoints."""

    def place(self, lane: Lane, troubled: Mapping[str, int]) -> Place:
        """Where an endpoint stands."""
        notes = _NO_NOTES
        standing = troubled.get(lane.id, FINE) if troubled else FINE
        if standing == FINE and lane.id in self._slower:
            standing, notes = DEGRADED, ("slow",)
        soft = 0
        seen = self._figures.get(lane.id)
        if self._soft and (missing := self._missing(lane, seen)):
            soft, notes = len(missing), notes + missing
        weight, by = 0.0, self._by
        if by is None or by == "exacto":
            weight = 1.0 / lane.squared
            if self._weights is not None and (factor := self._weights.factor(lane.names)) != 1.0:
                weight *= factor
                notes = (*notes, "weighted")
            # Exponential race: the smallest is endpoint i with a chance in proportion to its weight.
            value = -log(1.0 - self._draw()) / max(weight, 1e-12)
            if self._longest_context:
                value = -float(lane.endpoint.context_length)
        else:
            value = self._sorted(lane, by, seen)
        rank = 0
        if self._pins or self._order:
            rank, fixed, named = self._rank(lane)
            notes += named
            if fixed:
                # Who names an order gets it; only what would certainly fail is put behind.
                rank += 10**12 if standing == RESTING else 0
                return Place(rank, 0, soft, value, lane, weight, notes)
        sticky = self._wish.sticky
        if sticky is not None and sticky.endpoint_id == lane.id and by is None and standing < DOWN:
            price = expected_price(lane.endpoint, sticky.cached_share)
            if price <= self._cheapest:
                return Place(rank - 1, standing, soft, -1.0, lane, weight, (*notes, "cache"))
            # Even with the discount another is cheaper: the discount counts in the draw, and no more.
            ratio = max(price * price, 1e-12) / lane.squared
            return Place(rank, standing, soft, value * ratio, lane, weight / ratio, (*notes, "cache_discount"))
        return Place(rank, standing, soft, value, lane, weight, notes)

    def _rank(self, lane: Lane) -> tuple[int, bool, tuple[str, ...]]:
        """Where names put it, whether a caller's order does, and which of them name it."""
        rank, named = 0, _NO_NOTES
        if self._pins:
            rank = _place_in(self._pins, lane)
            named = ("pinned",) if rank < _UNNAMED else _NO_NOTES
        if not self._order:
            return rank, False, named
        own = _place_in(self._order, lane)
        fixed = own < _UNNAMED
        return own * (_UNNAMED + 1) + rank, fixed, (*named, "order") if fixed else named

    def _missing(self, lane: Lane, seen: Figures | None) -> tuple[str, ...]:
        """The wishes that it does not meet."""
        found, wish = _NO_NOTES, self._wish
        if wish.would_like and (given := lane.endpoint.supported_parameters) and not wish.would_like <= given:
            found = ("lacks_parameters",)
        if lane.id in self._worse:
            found = (*found, "quality")
        if wish.tier is not None and lane.endpoint.service_tier != wish.tier:
            found = (*found, "other_tier")
        if seen is not None and self._wanted is not None and (missed := misses(seen, self._wanted)) is not None:
            found = (*found, missed)
        return found

    @staticmethod
    def _sorted(lane: Lane, by: str, seen: Figures | None) -> float:
        if by == "price":
            return lane.price
        latency, throughput = seen if seen is not None else _UNSEEN
        median = latency.get(50) if by == "latency" else throughput.get(50)
        if median is None:
            return 1e9 + lane.price  # behind those that were measured
        return median if by == "latency" else -median


def _place_in(places: Mapping[str, int], lane: Lane) -> int:
    """The earliest place that one of the endpoint's names has."""
    if lane.names.isdisjoint(places):  # as most are
        return _UNNAMED
    return min([places.get(name, _UNNAMED) for name in lane.names])


def _places_of(names: Sequence[str]) -> dict[str, int]:
    """Which place each name has, the earliest where it has several."""
    return {each: place for place, name in reversed([*enumerate(names)]) for each in (name.lower(), name)}


def _slow_ones(lanes: Sequence[Lane], health: HealthView, slow: Slowness) -> frozenset[str]:
    typical = health.typical
    if not typical or len(lanes) < 2 or not slow.factor:
        return _NONE
    seen = [(typical[lane.id], lane.id) for lane in lanes if lane.id in typical]
    if len(seen) < 2:
        return _NONE
    quickest = min(seen)[0]
    return frozenset(each for seconds, each in seen if seconds > max(quickest * slow.factor, quickest + slow.margin))

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
_NO_RANKS = dict[str, "_Rank"]()
_NO_MISSES = dict[str, tuple[str, ...]]()
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
        order = _Order(
            facts, lanes, named, effects, wish=wish, around=around, by=by, slower=slower, worse=worse, lacking=lacking
        )
        places = order.places(troubled)
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


_Rank = tuple[int, bool, tuple[str, ...]]
"""Where names put an endpoint, whether a caller's order does, and which of them name it."""


class _Order:
    """One request's order of one model's endpoints.

    What it asks for is looked at once and not for each endpoint: which of them it names, which miss a wish of its.
    """

    def __init__(
        self,
        facts: Facts,
        lanes: Sequence[Lane],
        named: Named,
        effects: Effects | None,
        *,
        wish: Wish,
        around: Around,
        by: str | None,
        slower: frozenset[str],
        worse: frozenset[str],
        lacking: bool,
    ) -> None:
        preferences = wish.preferences
        wanted = thresholds(preferences)
        measured = wanted is not None or by in _MEASURED
        self._figures = around.health.figures(facts.ids) if measured else _NO_FIGURES
        """Of those of which enough is known."""
        self._lanes, self._by, self._slower, self._sticky = lanes, by, slower, wish.sticky
        self._draw = around.random.random
        self._longest_context = named.longest_context
        self._weights = effects if effects is not None and effects.weights else None
        missed = _NO_MISSES if wanted is None else misses(self._figures, wanted)
        plain = not (lacking or worse or wish.tier is not None)
        self._missing = missed if plain else _missing(lanes, wish, worse, missed)
        pins = effects.pins if effects is not None else ()
        order = preferences.order if preferences is not None else None
        self._ranks, self._unnamed = _ranks(facts, pins, order) if pins or order else (_NO_RANKS, 0)

    def places(self, troubled: Mapping[str, int]) -> list[Place]:
        """Where each endpoint stands."""
        slower, missing, ranks, sticky = self._slower, self._missing, self._ranks, self._sticky
        weights, draw, draws = self._weights, self._draw, self._by is None or self._by == "exacto"
        places: list[Place] = []
        for lane in self._lanes:
            lane_id, standing, rank = lane.id, FINE, self._unnamed
            notes = missing.get(lane_id, _NO_NOTES)
            soft = len(notes)
            if troubled:
                standing = troubled.get(lane_id, FINE)
            if standing == FINE and lane_id in slower:
                standing, notes = DEGRADED, ("slow", *notes)
            if draws:
                # Exponential race: the smallest is endpoint i with a chance in proportion to its weight.
                weight, value = 1.0 / lane.squared, -log(1.0 - draw()) * lane.squared
                if weights is not None and (factor := weights.factor(lane.names)) != 1.0:
                    weight, value = weight * factor, value / factor
                    notes = (*notes, "weighted")
                if self._longest_context:
                    value = -float(lane.endpoint.context_length)
            else:
                weight, value = 0.0, self._sorted(lane)
            if lane_id in ranks:
                rank, fixed, said = ranks[lane_id]
                notes += said
                if fixed:
                    # Who names an order gets it; only what would certainly fail is put behind.
                    rank += 10**12 if standing == RESTING else 0
                    standing = FINE
            place = Place(rank, standing, soft, value, lane, weight, notes)
            if sticky is not None and sticky.endpoint_id == lane_id and self._by is None:
                place = self._cached(place, sticky.cached_share)
            places.append(place)
        return places

    def _cached(self, place: Place, share: float) -> Place:
        """The place of the endpoint that has so much of the prompt in its cache."""
        lane = place.lane
        if "order" in place.notes or place.standing >= DOWN:
            return place
        price = expected_price(lane.endpoint, share)
        if price <= min(each.price for each in self._lanes):
            return place._replace(rank=place.rank - 1, value=-1.0, notes=(*place.notes, "cache"))
        # Even with the discount another is cheaper: the discount counts in the draw, and no more.
        ratio = max(price * price, 1e-12) / lane.squared
        return place._replace(
            value=place.value * ratio, weight=place.weight / ratio, notes=(*place.notes, "cache_discount")
        )

    def _sorted(self, lane: Lane) -> float:
        if self._by == "price":
            return lane.price
        latency, throughput = self._figures.get(lane.id, _UNSEEN)
        median = latency.get(50) if self._by == "latency" else throughput.get(50)
        if median is None:
            return 1e9 + lane.price  # behind those that were measured
        return median if self._by == "latency" else -median


def _missing(
    lanes: Sequence[Lane], wish: Wish, worse: frozenset[str], missed: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The wishes that each endpoint does not meet, of those that do not meet all."""
    found: dict[str, tuple[str, ...]] = {}
    for lane in lanes:
        notes = missed.get(lane.id, _NO_NOTES)
        if wish.tier is not None and lane.endpoint.service_tier != wish.tier:
            notes = ("other_tier", *notes)
        if lane.id in worse:
            notes = ("quality", *notes)
        if wish.would_like and (given := lane.endpoint.supported_parameters) and not wish.would_like <= given:
            notes = ("lacks_parameters", *notes)
        if notes:
            found[lane.id] = notes
    return found


def _ranks(facts: Facts, pins: Sequence[str], order: Sequence[str] | None) -> tuple[dict[str, _Rank], int]:
    """Where names put the endpoints that have one, and where the others stand."""
    pinned, ordered_ = _named(facts, pins), _named(facts, order or ())
    others = _UNNAMED if pins else 0
    if not order:
        return {each: (place, False, ("pinned",)) for each, place in pinned.items()}, others
    step = _UNNAMED + 1
    ranks: dict[str, _Rank] = {
        each: (_UNNAMED * step + place, False, ("pinned",)) for each, place in pinned.items() if each not in ordered_
    }
    for each, place in ordered_.items():
        notes = ("pinned", "order") if each in pinned else ("order",)
        ranks[each] = (place * step + pinned.get(each, others), True, notes)
    return ranks, _UNNAMED * step + others


def _named(facts: Facts, names: Sequence[str]) -> dict[str, int]:
    """The earliest place that one of an endpoint's names has, of the endpoints that are named."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        # A provider's display name counts in any letters.
        for endpoint_id in (*facts.called.get(name, ()), *facts.called.get(name.lower(), ())):
            found.setdefault(endpoint_id, place)
    return found


def _slow_ones(lanes: Sequence[Lane], health: HealthView, slow: Slowness) -> frozenset[str]:
    typical = health.typical
    if not typical or len(lanes) < 2 or not slow.factor:
        return _NONE
    known = [seconds for lane in lanes if (seconds := typical.get(lane.id)) is not None]
    if len(known) < 2:
        return _NONE
    quickest = min(known)
    most = max(quickest * slow.factor, quickest + slow.margin)
    if max(known) <= most:  # as is usual
        return _NONE
    return frozenset(lane.id for lane in lanes if typical.get(lane.id, 0.0) > most)

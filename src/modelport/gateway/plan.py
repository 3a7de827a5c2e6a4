"""Step 2: a model's name becomes the endpoints to try, in order, and the reasons.

A pure function of the request, the catalogue, the endpoints' health and a random source: what it decides can be
repeated and explained. `plan_names` finds the models, `plan_filters` takes endpoints out, `plan_order` sorts the rest.
The order is the reference's (`behaviour.md` section 7): outages last, and among the stable the first is drawn by weight
1/price^2; `order` and `sort` replace the draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from modelport.gateway import plan_refusals
from modelport.gateway.plan_facts import facts_of
from modelport.gateway.plan_filters import filters_of, removed
from modelport.gateway.plan_health import RESTING, STANDINGS
from modelport.gateway.plan_names import resolve
from modelport.gateway.plan_order import Around, Slowness, ordered, sort_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelport.catalog.snapshot import Endpoint, Model, Snapshot
    from modelport.gateway.plan_facts import Lane
    from modelport.gateway.plan_names import Named
    from modelport.gateway.plan_order import Place
    from modelport.gateway.wish import Wish

__all__ = ["Around", "Plan", "Slowness", "Step", "make_plan"]

_MOST_OWN = 5
"""Attempts with own keys beside the others."""
_MOST_MODELS = 32
"""Names in `models` beyond which a request is surely a mistake."""


class Step(msgspec.Struct, omit_defaults=True):
    """Why one endpoint stands where it does: `position` among its model's, or `removed` by a filter."""

    model: str
    endpoint: str
    position: int | None = None
    removed: str | None = None
    price: float | None = None
    """USD per million prompt and as many completion tokens."""
    weight: float | None = None
    """Its weight in the draw; the chance is this over the sum of its equals'."""
    draw: float | None = None
    """What it drew, or what it was sorted by; the smallest goes first."""
    standing: str | None = None
    """Its health, where it is not fine."""
    notes: tuple[str, ...] = ()


class _Looked(NamedTuple):
    """What became of one model's endpoints."""

    model: str
    removed: Sequence[tuple[Lane, str]]
    places: Sequence[Place]


@dataclass(slots=True)
class Plan:
    """Endpoints to try in order, with the reasons."""

    requested: str
    attempts: list[Endpoint]
    models: dict[str, Model]
    """The models that may answer, by id."""
    looks: list[_Looked] = field(default_factory=list["_Looked"])
    """What became of each endpoint that was looked at, model by model."""
    strategy: str = "direct"
    """The reference's word for how the model was found: `direct`, `alias`, `latest`, `auto`, `free`, `fallback`."""
    variants: tuple[str, ...] = ()
    sort: str | None = None
    total: int = 0
    """How many endpoints were looked at."""
    defaults: tuple[str, ...] = ()
    """What an account's defaults said where the request said nothing, or something laxer."""
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    """The operator's rules that are about these models, in words."""

    @property
    def steps(self) -> list[Step]:
        """Why each endpoint stands where it does. Written out only when somebody asks."""
        return [step for look in self.looks for step in _steps(look)]

    @property
    def is_free(self) -> bool:
        """Whether no attempt can cost anything."""
        return all(endpoint.pricing.is_free for endpoint in self.attempts)


def make_plan(wish: Wish, snapshot: Snapshot, around: Around) -> Plan:
    """The endpoints that may serve the request; `around.most` of them at the most, but one of each model.

    Raises `BadRequest`, `UnknownModel`, or `NotFound`, `Unavailable` and `TooManyRequests` when nothing can serve it.
    """
    if not wish.models:
        raise plan_refusals.no_model()
    found: list[Named] = []
    for name in dict.fromkeys(wish.models[:_MOST_MODELS]):
        found += resolve(name, wish, snapshot, around.health, around.random)
    plan = Plan(wish.models[0], [], {}, strategy=found[0].via, variants=found[0].variants)
    plan.sort, whole = sort_of(wish, found[0])
    groups: list[list[Place]] = []
    for named in found:
        if named.model.id in plan.models:
            continue
        wrong = plan_refusals.wrong_door(named.model, wish.operation, wish.models)
        if wrong is not None:
            raise wrong
        plan.models[named.model.id] = named.model
        if places := _places(named, wish, around, plan):
            groups.append(places)
    if not groups:
        gone = [(lane.endpoint.tag, reason) for look in plan.looks for lane, reason in look.removed]
        raise plan_refusals.nothing(wish, [*plan.models.values()], gone)
    if whole and len(groups) > 1:
        groups = [sorted((place for places in groups for place in places), key=lambda place: place[:4])]
    if around.health.troubled:
        _refuse_what_would_be_refused(groups, plan, around)
    plan.attempts = _shared_out(groups, _most(wish, around, groups))
    return plan


def _most(wish: Wish, around: Around, groups: list[list[Place]]) -> int:
    """Attempts in all."""
    preferences = wish.preferences
    most = around.most
    if preferences is not None and preferences.allow_fallbacks is False:
        most = len(preferences.order or "1")
    if around.own is not None:
        # Own keys come on top, or many of them would leave no attempt for what comes after them.
        most += min(sum(place.lane.endpoint.owned is not None for places in groups for place in places), _MOST_OWN)
    return most


def _places(named: Named, wish: Wish, around: Around, plan: Plan) -> list[Place]:
    own, model_id = around.own, named.model.id
    facts = facts_of(named.model) if own is None else own.facts(named.model)
    effects = around.rules.effects(model_id)
    if effects is not None:
        plan.rules[model_id] = effects.told
    plan.total += len(facts.lanes)
    kept = facts.lanes
    gone: list[tuple[Lane, str]] = []
    if filters := filters_of(facts, wish, named, effects):
        kept = _left(kept, gone, lambda lane: removed(lane, filters))
    if (forbids := around.forbids) is not None:
        kept = _left(kept, gone, lambda lane: forbids(lane.endpoint))

    def fits(lane: Lane) -> bool:
        return removed(lane, filters) is None and (forbids is None or forbids(lane.endpoint) is None)

    again = () if own is None else own.readmitted(gone, fits)
    kept = (*kept, *again)
    places = ordered(facts, kept, named, effects, wish=wish, around=around) if kept else []
    if own is not None and places:
        places = own.arranged(named.model, places, gone, fits=fits, own_only=frozenset(lane.id for lane in again))
    plan.looks.append(_Looked(model_id, gone, places))
    return places


def _left(lanes: Sequence[Lane], gone: list[tuple[Lane, str]], why: Callable[[Lane], str | None]) -> tuple[Lane, ...]:
    """The lanes that nothing speaks against; the others go to `gone`."""
    left: list[Lane] = []
    for lane in lanes:
        reason = why(lane)
        if reason is None:
            left.append(lane)
        else:
            gone.append((lane, reason))
    return tuple(left)


def _steps(look: _Looked) -> list[Step]:
    model = look.model
    return [
        *(Step(model, lane.endpoint.tag, removed=reason, price=lane.price) for lane, reason in look.removed),
        *(
            Step(
                model,
                place.lane.endpoint.tag,
                index,
                price=place.lane.price,
                weight=place.weight,
                draw=place.value,
                standing=STANDINGS[place.standing] if place.standing else None,
                notes=place.notes,
            )
            for index, place in enumerate(look.places)
        ),
    ]


def _refuse_what_would_be_refused(groups: list[list[Place]], plan: Plan, around: Around) -> None:
    """Raises where every provider has said when it will be back: asking before that only makes it worse."""
    health, waits = around.health, list[float]()
    for places in groups:
        for place in places:
            endpoint_id = place.lane.endpoint.health_id
            resting = health.troubled.get(endpoint_id) == RESTING
            wait = health.resting_until(endpoint_id) if resting else None
            if wait is None:
                return
            waits.append(wait)
    tags = (place.lane.endpoint.tag for places in groups for place in places)
    raise plan_refusals.capacity(plan.models, tags, min(waits))


def _shared_out(groups: list[list[Place]], most: int) -> list[Endpoint]:
    """One attempt for each model, then the others to the earlier models first."""
    if len(groups) == 1:
        return [place.lane.endpoint for place in groups[0][:most]]
    spare = max(most - len(groups), 0)
    attempts: list[Endpoint] = []
    for places in groups:
        extra = min(len(places) - 1, spare)
        spare -= extra
        attempts += [place.lane.endpoint for place in places[: 1 + extra]]
    return attempts

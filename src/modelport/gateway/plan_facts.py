"""What the planner needs of a model and its endpoints, worked out once and not once a request.

A model's record never changes, so its facts are kept for as long as it is the one in the snapshot. That is why
planning costs the same with ten models in the catalogue and with ten thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.kit.money import nanos, to_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelport.catalog.snapshot import Endpoint, Model

__all__ = ["Facts", "Lane", "expected_price", "facts_of", "facts_with"]

_UNBOUNDED = 2**62
_KEPT = 20_000


class Lane(NamedTuple):
    """One endpoint, with what the planner asks of it in every request."""

    endpoint: Endpoint
    id: str
    """The endpoint's."""
    names: frozenset[str]
    """What callers may call it: its provider's slug, its tag, its provider's name in small letters."""
    price: float
    """USD per million prompt and as many completion tokens, after the discount."""
    squared: float
    """`price` squared, never 0: one over it is the endpoint's weight in the draw."""
    longest: int
    """The most completion tokens it gives."""


class Facts(NamedTuple):
    """One model's lanes, and bounds within which no endpoint needs a closer look."""

    model: Model
    lanes: tuple[Lane, ...]
    plain: bool
    """Whether every endpoint is ready and none is of a special tier."""
    tiers: frozenset[str]
    shortest_answer: int
    """The least of all `longest`."""
    shortest_context: int
    ids: tuple[str, ...]
    """The endpoints' ids."""
    called: Mapping[str, Sequence[str]]
    """Which endpoints each name calls, by their ids."""
    features: frozenset[str] | None
    """Parameters that all of the endpoints which state theirs support; None when none states them."""


_facts: dict[str, Facts] = {}


def facts_of(model: Model) -> Facts:
    """The facts of a model."""
    known = _facts.get(model.id)
    if known is not None and known.model is model:
        return known
    if len(_facts) > _KEPT:
        _facts.clear()
    made = _facts[model.id] = facts_with(model)
    return made


def facts_with(model: Model, more: tuple[Endpoint, ...] = ()) -> Facts:
    """The same, worked out anew, with endpoints that the model has for some callers only."""
    endpoints = (*model.endpoints, *more)
    lanes = tuple(_lane(endpoint) for endpoint in endpoints)
    stated = [each.supported_parameters for each in endpoints if each.supported_parameters]
    return Facts(
        model,
        lanes,
        plain=all(each.provider.base_url and each.service_tier is None for each in endpoints),
        tiers=frozenset(each.service_tier for each in endpoints if each.service_tier is not None),
        shortest_answer=min((lane.longest for lane in lanes), default=_UNBOUNDED),
        shortest_context=min((_context(each) for each in endpoints), default=_UNBOUNDED),
        ids=tuple(each.id for each in endpoints),
        called=_called(lanes),
        features=stated[0].intersection(*stated) if stated else None,
    )


def _lane(endpoint: Endpoint) -> Lane:
    provider = endpoint.provider
    price = expected_price(endpoint)
    return Lane(
        endpoint,
        endpoint.id,
        frozenset({provider.slug, endpoint.tag, provider.name.lower()}),
        price,
        max(price, 1e-6) ** 2,
        endpoint.max_completion_tokens or _UNBOUNDED,
    )


def _called(lanes: tuple[Lane, ...]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for lane in lanes:
        for name in lane.names:
            found.setdefault(name, []).append(lane.id)
    return found


def _context(endpoint: Endpoint) -> int:
    return min(endpoint.context_length or _UNBOUNDED, endpoint.max_prompt_tokens or _UNBOUNDED)


def expected_price(endpoint: Endpoint, cached_share: float = 0.0) -> float:
    """USD per million prompt and as many completion tokens, where so much of the prompt is read from the cache.

    For comparing only, never for charging: that is what the float is for.
    """
    pricing = endpoint.pricing
    rates = pricing.base
    prompt = rates.prompt * (1.0 - cached_share) + rates.cache_read * cached_share
    return to_number(nanos(round((prompt + rates.completion) * pricing.kept / pricing.whole)))

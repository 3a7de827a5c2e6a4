"""Which filter takes an endpoint out of a plan; the first that does is named as the reason.

What a request asks for is looked at once, and what can take out none of a model's endpoints is left out: so most
requests come by no filter at all.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import TYPE_CHECKING

from modelport.errors import BadRequest
from modelport.guardrails.rules import zdr_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from modelport.catalog.prices import Rates
    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.dialects.openai_chat.wire import MaxPrice, ProviderPreferences
    from modelport.gateway.plan_facts import Facts, Lane
    from modelport.gateway.plan_names import Named
    from modelport.gateway.wish import Wish
    from modelport.routing.policy import Effects

    Test = Callable[[Lane], bool]
    """Whether it takes an endpoint out."""
    Filters = Sequence[tuple[str, Test]]

__all__ = ["filters_of", "meant", "preferred", "removed"]

_PER_MILLION = 10**9  # a price of 1 USD per million tokens, in `Price` units
_APIECE = _PER_MILLION * 1_000_000
"""A price by the piece is kept per million pieces like any other, and given here for one."""
_BOUNDS = (
    ("prompt", "prompt", _PER_MILLION),
    ("completion", "completion", _PER_MILLION),
    ("request", "request", _APIECE),
    ("image", "image", _APIECE),
    ("audio", "prompt_audio", _PER_MILLION),
)
"""Fields of `max_price`, the rates they bound, and what one of their dollars is there."""
_COVERS = {"fp4": ("fp4", "mxfp4", "nvfp4"), "fp8": ("fp8", "mxfp8")}


def filters_of(facts: Facts, wish: Wish, named: Named, effects: Effects | None) -> Filters:
    """Those that may take out endpoints of the model, by the names of their reasons."""
    found: list[tuple[str, Test]] = []
    if not facts.plain:
        found.append(("not_ready", _not_ready))
    if effects is not None and effects.excluded:
        excluded = effects.excluded
        found.append(("rule", lambda lane: not excluded.isdisjoint(lane.names)))
    if not facts.plain:
        found.append(("service_tier", lambda lane: not _tier_fits(lane, wish, named, facts.tiers)))
    longest = wish.max_tokens or 0
    if longest > facts.shortest_answer:
        found.append(("max_tokens", lambda lane: longest > lane.longest))
    if wish.body_bytes + longest > facts.shortest_context:
        found.append(("context_length", lambda lane: _too_long(lane.endpoint, wish)))
    if wish.wanted and facts.features is not None and not wish.wanted <= facts.features:
        found.append(("parameters", lambda lane: _lacks(lane, wish.wanted)))
    if wish.preferences is not None:
        found += preferred(wish.preferences, wish, named.model)
    return found


def removed(lane: Lane, filters: Filters) -> str | None:
    """Which filter takes the endpoint out, or None."""
    for reason, takes_out in filters:
        if takes_out(lane):
            return reason
    return None


def preferred(wants: ProviderPreferences, wish: Wish, model: Model) -> list[tuple[str, Test]]:
    """The filters that a `provider` object sets."""
    found: list[tuple[str, Test]] = []
    if (only := wants.only) is not None:
        among = meant(only)
        found.append(("only", lambda lane: among.isdisjoint(lane.names)))
    if wants.ignore:
        ignored = meant(wants.ignore)
        found.append(("ignore", lambda lane: not ignored.isdisjoint(lane.names)))
    if wants.allow_fallbacks is False and wants.order:
        ordered = meant(wants.order)
        found.append(("order", lambda lane: ordered.isdisjoint(lane.names)))
    if (kinds := wants.quantizations) is not None:
        wanted = frozenset(each for kind in kinds for each in _COVERS.get(kind, (kind,)))
        found.append(("quantizations", lambda lane: (lane.endpoint.quantization or "unknown") not in wanted))
    if wants.zdr:
        found.append(("zdr", _retains_but_for_safety if zdr_group(model.id) in wish.safety else _retains))
    if wants.data_collection == "deny":
        found.append(("data_collection", _collects))
    if wants.enforce_distillable_text and not model.is_distillable:
        found.append(("distillable", lambda _: True))
    if wants.max_price is not None:
        found += [("max_price", test) for test in _bounds(wants.max_price)]
    if wants.require_parameters:
        found.append(("require_parameters", lambda lane: _lacks(lane, wish.parameters)))
    return found


def meant(names: Iterable[str]) -> frozenset[str]:
    """Names as they are looked for among an endpoint's own: a provider's display name counts in any letters."""
    return frozenset(each for name in names for each in (name, name.lower()))


def _not_ready(lane: Lane) -> bool:
    return not lane.endpoint.provider.base_url


def _retains(lane: Lane) -> bool:
    return not lane.endpoint.data_policy.is_zdr


def _retains_but_for_safety(lane: Lane) -> bool:
    return not lane.endpoint.data_policy.is_zdr_but_for_safety


def _collects(lane: Lane) -> bool:
    return lane.endpoint.data_policy.collects


def _lacks(lane: Lane, wanted: frozenset[str]) -> bool:
    supported = lane.endpoint.supported_parameters
    return bool(supported) and not wanted <= supported


def _tier_fits(lane: Lane, wish: Wish, named: Named, tiers: frozenset[str]) -> bool:
    """Tiers are for those who ask: by `service_tier`, by a variant, or by the endpoint's full tag."""
    tier, asked = lane.endpoint.service_tier, wish.tier
    if asked == "flex" and "flex" in tiers:
        return tier == "flex"  # never something dearer instead
    if tier is None:
        return True
    if tier == asked or tier in named.admits or (asked == "ultrafast" and tier == "priority"):
        return True
    preferences = wish.preferences
    explicit = (*(preferences.order or ()), *(preferences.only or ())) if preferences is not None else ()
    return lane.endpoint.tag in explicit


def _too_long(endpoint: Endpoint, wish: Wish) -> bool:
    context, prompt = endpoint.context_length, endpoint.max_prompt_tokens
    least = min(context or 2**62, prompt or 2**62)
    if wish.body_bytes + (wish.max_tokens or 0) <= least:
        return False  # no tokenizer makes more tokens than there are bytes
    if prompt and wish.prompt_tokens > prompt:
        return True
    return bool(context) and wish.prompt_tokens + (wish.max_tokens or 0) > context


def _bounds(limit: MaxPrice) -> list[Test]:
    """Whether an endpoint is dearer than each rate that is bound; exact, as whole numbers."""
    found: list[Test] = []
    for name, rate, scale in _BOUNDS:
        most = getattr(limit, name)
        if most is not None:
            over, under = _ratio(name, most)
            found.append(_dearer(attrgetter(rate), over * scale, under))
    return found


def _dearer(rate: Callable[[Rates], int], over: int, under: int) -> Test:
    def test(lane: Lane) -> bool:
        pricing = lane.endpoint.pricing
        return rate(pricing.base) * pricing.kept * under > over * pricing.whole

    return test


def _ratio(name: str, limit: float | str) -> tuple[int, int]:
    """A limit as it is written, exactly."""
    if isinstance(limit, int | float) and limit == limit // 1:
        return int(limit), 1
    try:
        number = Decimal(str(limit))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadRequest(f"Invalid request: `provider.max_price.{name}` holds {limit!r}, which is no number.")
    return number.as_integer_ratio()

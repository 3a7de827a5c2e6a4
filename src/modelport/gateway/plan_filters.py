"""Which filter takes an endpoint out of a plan; the first that does is named as the reason."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.openai_chat.wire import MaxPrice, ProviderPreferences
    from modelport.gateway.plan_facts import Facts, Lane
    from modelport.gateway.plan_names import Named
    from modelport.gateway.wish import Wish
    from modelport.routing.policy import Effects

__all__ = ["Look", "named_in", "removed", "untouched"]

_PER_MILLION = 10**9  # a price of 1 USD per million tokens, in `Price` units
_COVERS = {"fp4": ("fp4", "mxfp4", "nvfp4"), "fp8": ("fp8", "mxfp8")}


def untouched(facts: Facts, wish: Wish, effects: Effects | None) -> bool:
    """Whether it shows at a glance that no filter takes any of the model's endpoints out."""
    if wish.preferences is not None or effects is not None or wish.tier is not None or not facts.plain:
        return False
    longest = wish.max_tokens or 0
    if longest > facts.shortest_answer or wish.body_bytes + longest > facts.shortest_context:
        return False
    return not wish.wanted or facts.features is None or wish.wanted <= facts.features


class Look(NamedTuple):
    """One endpoint under one request."""

    lane: Lane
    wish: Wish
    named: Named
    tiers: frozenset[str]
    """Those the model's endpoints have."""
    effects: Effects | None


def removed(look: Look) -> str | None:
    """Which filter takes the endpoint out, or None."""
    for reason, takes_out in _ALWAYS:
        if takes_out(look):
            return reason
    preferences = look.wish.preferences
    if preferences is not None:
        for reason, takes_out in _PREFERRED:
            if takes_out(look, preferences):
                return reason
    return None


def _not_ready(look: Look) -> bool:
    return not look.lane.endpoint.provider.base_url


def _by_rule(look: Look) -> bool:
    return look.effects is not None and not look.effects.excluded.isdisjoint(look.lane.names)


def _only(look: Look, preferences: ProviderPreferences) -> bool:
    return preferences.only is not None and not named_in(look.lane, preferences.only)


def _ignored(look: Look, preferences: ProviderPreferences) -> bool:
    return preferences.ignore is not None and named_in(look.lane, preferences.ignore)


def _not_in_order(look: Look, preferences: ProviderPreferences) -> bool:
    fixed = preferences.allow_fallbacks is False and preferences.order
    return bool(fixed) and not named_in(look.lane, preferences.order or ())


def _quantized(look: Look, preferences: ProviderPreferences) -> bool:
    kind = look.lane.endpoint.quantization or "unknown"
    wanted = preferences.quantizations
    return wanted is not None and not any(kind in _COVERS.get(each, (each,)) for each in wanted)


def _retains(look: Look, preferences: ProviderPreferences) -> bool:
    return bool(preferences.zdr) and not look.lane.endpoint.data_policy.is_zdr


def _collects(look: Look, preferences: ProviderPreferences) -> bool:
    return preferences.data_collection == "deny" and look.lane.endpoint.data_policy.collects


def _not_distillable(look: Look, preferences: ProviderPreferences) -> bool:
    return bool(preferences.enforce_distillable_text) and not look.named.model.is_distillable


def _dear(look: Look, preferences: ProviderPreferences) -> bool:
    return preferences.max_price is not None and _too_dear(look.lane.endpoint, preferences.max_price)


def _lacks_all_given(look: Look, preferences: ProviderPreferences) -> bool:
    supported = look.lane.endpoint.supported_parameters
    return bool(preferences.require_parameters and supported) and not look.wish.parameters <= supported


def _of_other_tier(look: Look) -> bool:
    return not _tier_fits(look.lane, look.wish, look.named, look.tiers)


def _too_short_answers(look: Look) -> bool:
    return look.wish.max_tokens is not None and look.wish.max_tokens > look.lane.longest


def _too_long_for(look: Look) -> bool:
    return _too_long(look.lane.endpoint, look.wish)


def _lacks_feature(look: Look) -> bool:
    supported = look.lane.endpoint.supported_parameters
    return bool(supported) and not look.wish.wanted <= supported


_ALWAYS: tuple[tuple[str, Callable[[Look], bool]], ...] = (
    ("not_ready", _not_ready),
    ("rule", _by_rule),
    ("service_tier", _of_other_tier),
    ("max_tokens", _too_short_answers),
    ("context_length", _too_long_for),
    ("parameters", _lacks_feature),
)
_PREFERRED: tuple[tuple[str, Callable[[Look, ProviderPreferences], bool]], ...] = (
    ("only", _only),
    ("ignore", _ignored),
    ("order", _not_in_order),
    ("quantizations", _quantized),
    ("zdr", _retains),
    ("data_collection", _collects),
    ("distillable", _not_distillable),
    ("max_price", _dear),
    ("require_parameters", _lacks_all_given),
)


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


def _too_dear(endpoint: Endpoint, limit: MaxPrice) -> bool:
    rates, pricing = endpoint.pricing.base, endpoint.pricing
    return any(
        most is not None and price * pricing.kept > _number(name, most) * scale * pricing.whole
        for name, most, price, scale in (
            ("prompt", limit.prompt, rates.prompt, _PER_MILLION),
            ("completion", limit.completion, rates.completion, _PER_MILLION),
            # A price by the piece is kept per million pieces like any other, and given here for one.
            ("request", limit.request, rates.request, _PER_MILLION * 1_000_000),
            ("image", limit.image, rates.image, _PER_MILLION * 1_000_000),
            ("audio", limit.audio, rates.prompt_audio, _PER_MILLION),
        )
    )


def _number(name: str, limit: float | str) -> Decimal:
    try:
        return Decimal(str(limit))
    except InvalidOperation:
        raise BadRequest(f"Invalid request: `provider.max_price.{name}` holds {limit!r}, which is no number.") from None


def named_in(lane: Lane, names: Iterable[str]) -> bool:
    """Whether one of the names means this endpoint: its provider by slug or name, or its own tag."""
    own = lane.names
    return any(name in own or name.lower() in own for name in names)

"""Models that are chosen for the caller: a fitting one, a free one, the newest of a family.

The lists these choose from are made once for each snapshot. The choice itself needs no other model's opinion and no
network: it goes by what the request needs, by what a model costs and by what this server's callers use.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from modelport.errors import BadRequest
from modelport.gateway import plan_refusals
from modelport.gateway.plan_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from modelport.catalog.snapshot import Model, Snapshot
    from modelport.gateway.plan_health import HealthView
    from modelport.gateway.wish import AutoOptions, Wish

__all__ = ["auto", "bare", "free", "newest"]

_PICKED = 3
"""How many models are tried, one after the other."""
_BANDS = {"low": (0.0, 0.2), "medium": (0.2, 0.4), "high": (0.4, 0.6), "xhigh": (0.6, 0.8), "max": (0.8, 1.01)}
"""Parts of the models, ordered by price, that a `cost_tier` names."""
_MOST_PATTERNS = 1024


class _Choices(NamedTuple):
    """What can be chosen from, in one snapshot."""

    snapshot: Snapshot
    paid: tuple[Model, ...]
    """Models that give text for money, the cheapest first."""
    free: tuple[Model, ...]
    families: dict[str, list[Model]]
    """By author, the newest first."""
    bare: dict[str, Model | None]
    """By the part of the id after the author; None where several authors have one."""


_last: list[_Choices] = []


def _choices(snapshot: Snapshot) -> _Choices:
    if _last and _last[0].snapshot is snapshot:
        return _last[0]
    texts: list[Model] = []
    families: dict[str, list[Model]] = {}
    bare: dict[str, Model | None] = {}
    for model_id in snapshot.listed:
        model = snapshot.models[model_id]
        families.setdefault(model.author, []).append(model)
        slug = model_id.partition("/")[2]
        bare[slug] = None if slug in bare else model
        if "text" in model.architecture.output_modalities and any(e.provider.base_url for e in model.endpoints):
            texts.append(model)
    made = _Choices(
        snapshot,
        tuple(sorted((each for each in texts if not each.is_free), key=_price)),
        tuple(each for each in texts if each.is_free),
        families,
        bare,
    )
    _last[:] = [made]
    return made


def _price(model: Model) -> float:
    return min(lane.price for lane in facts_of(model).lanes)


def free(wish: Wish, snapshot: Snapshot, random: Random) -> list[Model]:
    """Free models that can serve the request, in a random order."""
    found = [model for model in _choices(snapshot).free if _can(model, wish)]
    if not found:
        raise plan_refusals.none_fits("No free model can serve this request.", wish)
    random.shuffle(found)
    return _same_first(found, wish)[:_PICKED]


def auto(wish: Wish, snapshot: Snapshot, health: HealthView) -> list[Model]:
    """The models that fit best: within the band of prices asked for, those that answer most here, then the newest.

    Only free models are left where no other is there.
    """
    options = wish.auto
    choices = _choices(snapshot)
    if options.pin_model:
        pinned = snapshot.find(options.pin_model)
        if pinned is not None and _can(pinned, wish):
            return [pinned]
    able = [model for model in choices.paid or choices.free if _can(model, wish)]
    allowed = [model for model in able if _permits(model.id, options)]
    if not allowed:
        raise plan_refusals.none_fits("No models match your request and model restrictions", wish)
    low, high = _BANDS.get(options.cost_tier or "low", _BANDS["low"])
    band = allowed[int(low * len(allowed)) : max(int(high * len(allowed)), int(low * len(allowed)) + 1)]
    hard = (wish.max_tokens is not None and wish.max_tokens > 8_000) or bool(wish.wanted)
    ranked = sorted(band, key=lambda model: (_works(model, health), -int(hard and _reasons(model)), -model.created))
    return _same_first(ranked, wish)[:_PICKED]


def _same_first(found: list[Model], wish: Wish) -> list[Model]:
    """A conversation keeps its model, for as long as that is still among those to choose from."""
    kept = wish.sticky.model_id if wish.sticky is not None else None
    return found if kept is None else sorted(found, key=lambda model: model.id != kept)


def _works(model: Model, health: HealthView) -> float:
    """Better ones are smaller: the share of failures of the best endpoint, in coarse steps; unknown is as good."""
    seen = [rate for endpoint in model.endpoints if (rate := health.success(endpoint.id)) is not None]
    return 0.0 if not seen else round(1.0 - max(seen), 1)


def _reasons(model: Model) -> bool:
    return model.reasoning is not None


def bare(name: str, snapshot: Snapshot) -> Model | None:
    """The model that callers of other gateways mean by a name without an author, where only one can be meant."""
    return None if "/" in name else _choices(snapshot).bare.get(name)


def newest(author: str, family: str, variant: str, snapshot: Snapshot) -> Model | None:
    """The newest model of a family that can be called: `claude-sonnet` is that of `claude-sonnet-4.5`."""
    for model in _choices(snapshot).families.get(author, ()):
        slug, _, own = model.id.partition("/")[2].partition(":")
        rest = slug.removeprefix(family)
        if own == variant and rest != slug and (not rest or not rest[0].isalpha()):
            return model
    return None


def _can(model: Model, wish: Wish) -> bool:
    if wish.modalities and not wish.modalities <= {*model.architecture.input_modalities}:
        return False
    return any(
        (not endpoint.supported_parameters or wish.wanted <= endpoint.supported_parameters)
        and wish.prompt_tokens + (wish.max_tokens or 0) <= (endpoint.context_length or wish.prompt_tokens + 2**40)
        and (wish.max_tokens or 0) <= (endpoint.max_completion_tokens or 2**62)
        for endpoint in model.endpoints
        if endpoint.service_tier is None and endpoint.provider.base_url
    )


def _permits(model_id: str, options: AutoOptions) -> bool:
    allowed, excluded = options.allowed_models, options.excluded_models
    for patterns in (allowed, excluded):
        if patterns is not None and len(patterns) > _MOST_PATTERNS:
            raise BadRequest(f"At most {_MOST_PATTERNS} model patterns can be given.")
    if excluded and _matches(model_id, excluded):
        return False
    return not allowed or _matches(model_id, allowed)


def _matches(model_id: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(model_id, pattern) for pattern in patterns)

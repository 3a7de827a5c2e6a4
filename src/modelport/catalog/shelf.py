"""What lists show: models that can be called, names that lead to them, and models that only lack a key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modelport.catalog import cards
from modelport.catalog.latest import alias_of
from modelport.catalog.snapshot import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelport.catalog import schemas
    from modelport.catalog.snapshot import Endpoint, Model

__all__ = ["PRICE_SCALE", "restricted", "shown"]

PRICE_SCALE = 10**9
"""So fine are prices after a discount, as whole numbers: comparing those is much faster than fractions."""


def shown(
    models: Mapping[str, Model],
    waiting: Mapping[str, tuple[Endpoint, ...]],
    redirects: Mapping[str, str],
    wanted: Mapping[str, str | None],
) -> dict[str, Shown]:
    """Everything by id, the newest first.

    `waiting` are the endpoints of providers without a key; `wanted` names the environment variable that would
    bring the key, by provider.
    """
    found: list[Shown] = []
    for model in models.values():
        later = waiting.get(model.id, ())
        if model.endpoints:
            found.append(_shown(model, cards.model(model), is_active=True, later=later))
        elif later:
            would = replace(model, endpoints=later)
            found.append(_shown(would, cards.waiting_model(would, wanted), is_active=False, later=later))
    for name, target in redirects.items():
        alias = alias_of(models[target], name)
        found.append(_shown(alias, cards.model(alias, target=models[target]), is_active=True, later=()))
    found.sort(key=lambda each: (-each.model.created, each.model.id))
    return {each.model.id: each for each in found}


def restricted(shown: Shown, allowed: Callable[[Model, Endpoint], bool]) -> Shown | None:
    """The model as somebody sees it who may use these endpoints only; None when that leaves none."""
    model = shown.model
    left = tuple(each for each in model.endpoints if allowed(model, each))
    if len(left) == len(model.endpoints):
        return shown
    if not left or not shown.is_active:
        return None
    less = replace(model, endpoints=left)
    return _shown(less, cards.model(less), is_active=True, later=())


def _shown(model: Model, card: schemas.Model, *, is_active: bool, later: tuple[Endpoint, ...]) -> Shown:
    pricing = model.endpoints[0].pricing
    part = pricing.kept * (PRICE_SCALE // pricing.whole)  # a discount has nine decimals at most
    return Shown(
        model,
        card.to_json(),
        is_active=is_active,
        waiting=later,
        words=f"{model.id}\n{model.name}\n{model.canonical_slug}".casefold(),
        prompt=pricing.base.prompt * part,
        completion=pricing.base.completion * part,
    )

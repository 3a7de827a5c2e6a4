"""From the name a caller gives to the models it means: aliases, variants, newest of a family, models picked for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelport.errors import BadRequest
from modelport.gateway import plan_picks, plan_refusals

if TYPE_CHECKING:
    from random import Random

    from modelport.catalog.snapshot import Model, Snapshot
    from modelport.gateway.plan_health import HealthView
    from modelport.gateway.wish import Wish

__all__ = ["AUTO", "FREE", "Named", "resolve"]

AUTO = frozenset({"openrouter/auto", "openrouter/auto-beta", "modelport/auto"})
FREE = frozenset({"openrouter/free", "modelport/free"})
_ROUTING = {"nitro": "throughput", "floor": "price", "exacto": "exacto", "online": None}
"""Variants that work with every model, and what they sort by."""
_ADMITS = {"nitro": "priority", "floor": "flex"}
"""Tiers whose endpoints a variant admits."""
_CATALOGUE = ("free", "batch", "extended", "thinking")
"""Variants that are models of their own."""
_SOFT = frozenset({"extended", "thinking"})
"""Those of them that the model without the variant may stand in for."""
_LATEST = re.compile(r"~([^/]+)/(.+)-latest")


class Named(NamedTuple):
    """One model that a name means, and what the name says beside."""

    model: Model
    via: str = "direct"
    """`direct`, `alias`, `latest`, `auto` or `free`."""
    variants: tuple[str, ...] = ()
    sort: str | None = None
    """What the last sorting variant sorts by."""
    admits: frozenset[str] = frozenset()
    longest_context: bool = False
    """`:extended` of a model that has no such entry: the endpoint with the longest context goes first."""


def resolve(name: str, wish: Wish, snapshot: Snapshot, health: HealthView, random: Random) -> list[Named]:
    """The models that `name` means, in the order they are to be tried.

    Raises `UnknownModel` when there is none, `NotFound` for a variant that has ended or a choice that is empty.
    """
    model = snapshot.models.get(name)
    if model is not None:
        return [Named(model)]
    if (model := snapshot.find(name)) is not None:
        return [Named(model, "latest" if name.startswith("~") else "alias")]
    base, *variants = name.split(":")
    sorting = [each for each in variants if each in _ROUTING]
    own = [each for each in variants if each not in _ROUTING]
    if len(own) > 1 or any(each not in _CATALOGUE for each in own):
        if all(each in _CATALOGUE for each in own):
            raise BadRequest(f"{name[:200]}: at most one of {', '.join(f':{each}' for each in own)} can be given.")
        raise plan_refusals.unknown(name)
    found = _found(name, base, own, wish=wish, snapshot=snapshot, health=health, random=random)
    sort = next((_ROUTING[each] for each in reversed(sorting) if _ROUTING[each]), None)
    admits = frozenset(_ADMITS[each] for each in sorting if each in _ADMITS)
    return [
        each._replace(variants=(*own, *sorting), sort=sort, admits=admits)  # what the name says goes for each
        for each in found
    ]


def _found(
    name: str, base: str, own: list[str], *, wish: Wish, snapshot: Snapshot, health: HealthView, random: Random
) -> list[Named]:
    if base in AUTO:
        return [Named(model, "auto") for model in plan_picks.auto(wish, snapshot, health)]
    if base in FREE:
        return [Named(model, "free") for model in plan_picks.free(wish, snapshot, random)]
    full = f"{base}:{own[0]}" if own else base
    if (model := snapshot.find(full)) is not None:
        return [Named(model, "direct" if model.id == full else "alias")]
    if (model := plan_picks.bare(full, snapshot)) is not None:
        return [Named(model, "alias")]
    if (latest := _LATEST.fullmatch(base)) is not None:
        model = plan_picks.newest(latest[1], latest[2], own[0] if own else "", snapshot)
        if model is not None:
            return [Named(model, "latest")]
    plain = snapshot.find(base) or plan_picks.bare(base, snapshot) if own else None
    if plain is None:
        raise plan_refusals.unknown(name)
    if own[0] in _SOFT:
        return [Named(plain, longest_context=own[0] == "extended")]
    raise plan_refusals.variant_ended(name, plain, own[0])

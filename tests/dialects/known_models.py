"""Targets as the gateway makes them: with what is known of the model's line."""

from __future__ import annotations

from typing import Any

from modelport.dialects.canonical import Target
from modelport.providers.families import family_of


def aimed(dialect: str, model: str, *, stream: bool = False, efforts: tuple[str, ...] = (), **more: Any) -> Target:
    """A provider of `dialect` with this name of the model, whose row has nothing of its own."""
    family = family_of(model)
    return Target(
        model, stream, drops=family.drops_beside(frozenset(), dialect),
        quirks=family.quirks_beside(frozenset(), dialect), efforts=efforts or family.efforts, **more,
    )  # fmt: skip

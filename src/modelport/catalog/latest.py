"""Names that lead to other models: `~author/family-latest`, and those an operator sets up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelport.catalog.snapshot import Model

__all__ = ["alias_of", "redirects"]


def redirects(models: Mapping[str, Model], rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Names and the ids of the models they lead to now; only models that can be called are led to.

    What an operator set up wins over the newest of a family.
    """
    found: dict[str, str] = {}
    for model in sorted(models.values(), key=lambda each: (each.created, each.id)):
        # A variant or one that paints is not what "the latest of the family" means.
        plain = ":" not in model.id and model.architecture.output_modalities == ("text",)
        if model.family is not None and model.endpoints and plain:
            found[f"~{model.author}/{model.family}-latest"] = model.id
    for row in rows:
        if row["alias_target"] is not None:
            found.pop(row["id"], None)
            target = models.get(row["alias_target"])
            if target is not None and target.endpoints:
                found[row["id"]] = target.id
    return {name: target for name, target in found.items() if name not in models}


def alias_of(target: Model, name: str) -> Model:
    """`target` as it is listed under `name`."""
    words = name.partition("/")[2].replace("-", " ").title()
    return replace(
        target,
        id=name,
        canonical_slug=name,
        name=words,
        description=f"Always leads to the newest model of its family, which is {target.name} now.",
        aliases=(),
    )

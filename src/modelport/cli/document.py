"""What the command line prints of the API and the catalogue, as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelport.kit.money import format_price

if TYPE_CHECKING:
    from modelport.catalog.snapshot import Snapshot

__all__ = ["model_rows", "openapi_json"]

_MILLION = 1_000_000


def openapi_json() -> str:
    """The OpenAPI document of the API, with a line end."""
    from modelport.control import control_app

    return json.dumps(control_app().openapi(), indent=2, ensure_ascii=False) + "\n"


def model_rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every model with its providers, and the lowest prices in USD per million tokens."""
    return [
        {
            "id": model.id,
            "name": model.name,
            "context_length": model.context_length,
            "providers": [endpoint.provider.slug for endpoint in model.endpoints],
            "inactive": "" if model.endpoints else "no active provider",
            "prompt": _lowest([endpoint.pricing.base.prompt for endpoint in model.endpoints]),
            "completion": _lowest([endpoint.pricing.base.completion for endpoint in model.endpoints]),
        }
        for model in sorted(snapshot.models.values(), key=lambda each: each.id)
    ]


def _lowest(prices: list[int]) -> str:
    return format_price(min(prices) * _MILLION) if prices else ""

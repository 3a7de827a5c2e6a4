"""What the command line prints of the API and the catalogue, as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelport.kit.money import format_price, parse_price

if TYPE_CHECKING:
    from modelport.catalog.snapshot import Snapshot

__all__ = ["model_rows", "openapi_json", "price_rows"]

_MILLION = 1_000_000
_USUAL = ("prompt", "completion")
_AS_SAID = frozenset({"discount", "request", "image", "web_search"})


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


def price_rows(history: dict[str, list[dict[str, Any]]]) -> list[tuple[str, ...]]:
    """Each price of each endpoint: its tag, since when, prompt and completion in USD per million, the rest in words."""
    return [
        (
            tag,
            each["since"][:19].replace("T", " "),
            *(_per_million(each["pricing"].get(name, "0")) for name in _USUAL),
            _others(each["pricing"]),
            ""
            if each["cost"] is None
            else ", ".join(f"{name} {_per_million(each['cost'].get(name, '0'))}" for name in _USUAL),
        )
        for tag, prices in history.items()
        for each in prices
    ]


def _others(pricing: dict[str, Any]) -> str:
    """Discounts and prices by the piece as they are, those of tokens by the million as the columns beside them."""
    found: list[str] = []
    for name, value in pricing.items():
        if name in _USUAL:
            continue
        if name == "overrides":
            found.append(f"{len(value)} by length or time")
        else:
            found.append(f"{name} {value if name in _AS_SAID else _per_million(value)}")
    return ", ".join(found)


def _per_million(price: str) -> str:
    return format_price(parse_price(price) * _MILLION)


def _lowest(prices: list[int]) -> str:
    return format_price(min(prices) * _MILLION) if prices else ""

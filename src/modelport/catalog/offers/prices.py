"""Prices of `genai-prices` as a catalogue file has them. Its types are read by attribute, never imported here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from modelport.catalog.offers.offer import per_million, per_unit, plain
from modelport.kit import clock

__all__ = ["pricing_of"]

_PER_MILLION = {
    "input_mtok": "prompt",
    "output_mtok": "completion",
    "cache_read_mtok": "input_cache_read",
    "cache_write_mtok": "input_cache_write",
    "cache_write_1h_mtok": "input_cache_write_1h",
    "input_audio_mtok": "audio",
    "output_audio_mtok": "audio_output",
    "cache_audio_read_mtok": "input_audio_cache",
    "input_image_mtok": "image_token",
    "output_image_mtok": "image_output",
    "output_reasoning_mtok": "internal_reasoning",
}
_PER_THOUSAND = {"requests_kcount": "request", "web_searches_kcount": "web_search"}


def pricing_of(model: Any) -> dict[str, Any] | None:
    """The standard prices of a `ModelInfo` today, with its tiers and times of day; None when it has none by token."""
    now = clock.now()
    listed: Any = model.prices
    if not isinstance(listed, list):
        return _priced(listed)
    conditions = cast("list[Any]", listed)
    base: Any = conditions[0].prices
    hours: list[Any] = []
    for each in conditions:
        if each.constraint is None or hasattr(each.constraint, "start_date"):
            if each.constraint is None or each.constraint.active(now):
                base, hours = each.prices, []
        else:
            hours.append(each)
    found = _priced(base)
    if found is not None:
        overrides = [_at(each.constraint, _priced(each.prices)) for each in hours]
        if any(overrides):
            found["overrides"] = [*found.get("overrides", []), *(each for each in overrides if each)]
    return found


def _priced(prices: Any) -> dict[str, Any] | None:
    """Without tiers where there are none; the cliff of a tier is an override by the prompt's length."""
    if prices.input_mtok is None:
        return None
    found: dict[str, Any] = {"prompt": "0", "completion": "0"}
    steps: dict[int, dict[str, Any]] = {}
    for name, key in _PER_MILLION.items():
        price = getattr(prices, name)
        if price is None:
            continue
        found[key] = per_million(getattr(price, "base", price))
        for tier in getattr(price, "tiers", ()):
            steps.setdefault(tier.start, {})[key] = per_million(tier.price)
    for name, key in _PER_THOUSAND.items():
        price = getattr(prices, name)
        if price is not None and not hasattr(price, "tiers"):
            found[key] = per_unit(plain(price / 1000)) or "0"
    if steps:
        found["overrides"] = [{"min_prompt_tokens": start, **steps[start]} for start in sorted(steps)]
    return found


def _at(constraint: Any, prices: dict[str, Any] | None) -> dict[str, Any] | None:
    if prices is None:
        return None
    prices.pop("overrides", None)
    start, end = _clock(constraint.start_time), _clock(constraint.end_time)
    return None if start == end else {"utc_start": start, "utc_end": end, **prices}


def _clock(moment: Any) -> int:
    if moment.tzinfo is not None:
        today = datetime.combine(clock.now().date(), moment)
        moment = today.astimezone(clock.now().tzinfo)
    return moment.hour * 100 + moment.minute

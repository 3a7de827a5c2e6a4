"""What answers cost, to the nano-dollar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.catalog.document import PricingEntry
from modelport.catalog.pricing import PRICE_KEYS, Pricing, breakdown, cost, estimate_max, price_at
from modelport.catalog.rows import pricing_from_json, pricing_to_json
from modelport.dialects.canonical import Usage

NOON = datetime(2026, 10, 7, 12, 0, tzinfo=UTC)  # a Wednesday


def priced(**prices: Any) -> Pricing:
    entry = PricingEntry.model_validate({"prompt": "0.000001", "completion": "0.000002", **prices})
    return pricing_from_json(pricing_to_json(entry))


# 1,000 nano-dollars a prompt token, 2,000 a completion token, unless said otherwise.
GOLDEN: list[tuple[str, dict[str, Any], Usage, int]] = [
    ("nothing", {}, Usage(), 0),
    ("plain", {}, Usage(10, 5), 20_000),
    ("a request's own price", {"request": "0.01"}, Usage(10, 5), 10_020_000),
    ("cached tokens", {"input_cache_read": "0.0000001"}, Usage(10, 0, cached_tokens=4), 6_400),
    ("cached tokens without a price", {}, Usage(10, 0, cached_tokens=4), 10_000),
    ("cached tokens for nothing", {"input_cache_read": "0"}, Usage(10, 0, cached_tokens=4), 6_000),
    ("written to the cache", {"input_cache_write": "0.00000125"}, Usage(10, 0, cache_write_tokens=4), 11_000),
    ("written to the cache without a price", {}, Usage(10, 0, cache_write_tokens=4), 10_000),
    (
        "written for an hour",
        {"input_cache_write": "0.00000125", "input_cache_write_1h": "0.000002"},
        Usage(10, 0, cache_write_tokens=4, cache_write_1h_tokens=1),
        6_000 + 3 * 1_250 + 2_000,
    ),
    (
        "written for an hour without a price",
        {"input_cache_write": "0.00000125"},
        Usage(10, 0, cache_write_tokens=4, cache_write_1h_tokens=4),
        11_000,
    ),
    ("reasoning", {"internal_reasoning": "0.000003"}, Usage(0, 10, reasoning_tokens=4), 12_000 + 12_000),
    ("reasoning at 0 means no own price", {"internal_reasoning": "0"}, Usage(0, 10, reasoning_tokens=4), 20_000),
    (
        "audio both ways",
        {"audio": "0.00001", "audio_output": "0.00002"},
        Usage(10, 10, prompt_audio_tokens=3, completion_audio_tokens=2),
        7_000 + 30_000 + 16_000 + 40_000,
    ),
    (
        "audio from the cache",
        {"audio": "0.00001", "input_cache_read": "0.0000001", "input_audio_cache": "0.0000007"},
        Usage(10, 0, cached_tokens=5, prompt_audio_tokens=6, cached_audio_tokens=4),
        3 * 1_000 + 1 * 100 + 4 * 700 + 2 * 10_000,
    ),
    (
        "audio from the cache without a price",
        {"audio": "0.00001", "input_cache_read": "0.0000001"},
        Usage(10, 0, cached_tokens=5, prompt_audio_tokens=6, cached_audio_tokens=4),
        3 * 1_000 + 5 * 100 + 2 * 10_000,
    ),
    (
        "audio that may have come from the cache, untold",
        {"audio": "0.00001", "input_cache_read": "0.0000001", "input_audio_cache": "0.0000007"},
        Usage(10, 0, cached_tokens=5, prompt_audio_tokens=6),
        5 * 100 + 5 * 10_000,
    ),
    (
        "image tokens both ways",
        {"image_token": "0.00001", "image_output": "0.00002"},
        Usage(10, 10, prompt_image_tokens=3, completion_image_tokens=2),
        7_000 + 30_000 + 16_000 + 40_000,
    ),
    ("images by the piece", {"image": "0.005"}, Usage(10, 0, images=2), 10_010_000),
    ("web searches", {"web_search": "0.004"}, Usage(0, 0, web_searches=3), 12_000_000),
    ("more cached than there are", {"input_cache_read": "0"}, Usage(10, 0, cached_tokens=99), 0),
    ("half to even, down", {"prompt": "0.0000000005"}, Usage(1, 0), 0),
    ("half to even, up", {"prompt": "0.0000000005"}, Usage(3, 0), 2),
    ("the finest price", {"prompt": "0.000000000000001"}, Usage(500_001, 0), 1),
    ("a quarter off", {"discount": "0.25"}, Usage(10, 5), 15_000),
    ("a third off, nearly", {"discount": "0.333333333"}, Usage(1, 0), 667),
    ("all off", {"discount": "1", "request": "1"}, Usage(10, 5), 0),
    ("rounded once after the discount", {"prompt": "0.000000001", "discount": "0.5"}, Usage(3, 0), 2),
    ("a very long answer", {}, Usage(10**9, 10**9), 3_000 * 10**9),
]


@pytest.mark.parametrize(("prices", "usage", "nanos"), [row[1:] for row in GOLDEN], ids=[row[0] for row in GOLDEN])
def test_golden(prices: dict[str, Any], usage: Usage, nanos: int) -> None:
    assert cost(usage, priced(**prices), NOON) == nanos


class TestOverrides:
    """Prices under a condition."""

    def test_a_longer_prompt_is_strictly_longer(self) -> None:
        pricing = priced(overrides=[{"min_prompt_tokens": 100, "prompt": "0.00001"}])
        assert cost(Usage(100, 1), pricing, NOON) == 102_000
        assert cost(Usage(101, 1), pricing, NOON) == 1_010_000 + 2_000

    @pytest.mark.parametrize(
        ("start", "end", "clock", "inside"),
        [
            (100, 400, "00:59", False),
            (100, 400, "01:00", True),
            (100, 400, "03:59", True),
            (100, 400, "04:00", False),
            (2230, 130, "22:29", False),
            (2230, 130, "22:30", True),
            (2230, 130, "01:29", True),
            (2230, 130, "01:30", False),
            (2200, 2400, "23:59", True),
            (0, 30, "00:00", True),
        ],
    )
    def test_windows_are_half_open_and_may_wrap(self, start: int, end: int, clock: str, inside: bool) -> None:  # noqa: FBT001
        pricing = priced(overrides=[{"utc_start": start, "utc_end": end, "completion": "0"}])
        at = datetime.fromisoformat(f"2026-10-07T{clock}:59+00:00")
        assert cost(Usage(0, 1), pricing, at) == (0 if inside else 2_000)
        elsewhere = at.astimezone(timezone(timedelta(hours=9)))
        assert cost(Usage(0, 1), pricing, at) == cost(Usage(0, 1), pricing, elsewhere)

    def test_days_of_the_week(self) -> None:
        pricing = priced(overrides=[{"utc_days": ["wednesday"], "prompt": "0"}])
        assert cost(Usage(1, 0), pricing, NOON) == 0
        assert cost(Usage(1, 0), pricing, NOON + timedelta(days=1)) == 1_000

    def test_later_entries_win_price_by_price(self) -> None:
        pricing = priced(
            overrides=[
                {"min_prompt_tokens": 10, "prompt": "0.000003", "completion": "0.000004"},
                {"min_prompt_tokens": 20, "prompt": "0.000005"},
            ]
        )
        rates = price_at(pricing, 21, NOON)
        assert (rates.prompt, rates.completion) == (5 * 10**9, 4 * 10**9)
        assert rates.cache_read == 5 * 10**9, "what falls back to the prompt's price follows it"

    def test_a_shorter_prompt_in_a_dearer_band_is_held_for(self) -> None:
        pricing = priced(overrides=[{"min_prompt_tokens": 100, "prompt": "0.0000001"}])
        assert estimate_max(101, 0, pricing, NOON) == cost(Usage(100, 0), pricing, NOON)


PRICE = st.integers(0, 10**13)
COUNT = st.integers(0, 10**7)
OPTIONAL = [key for key in PRICE_KEYS if key not in {"prompt", "completion"}]


def made(both: tuple[int, int], more: dict[str, int], discount: str, overrides: list[dict[str, int]]) -> Pricing:
    return pricing_from_json(
        {"prompt": both[0], "completion": both[1], **more, "discount": discount, "overrides": overrides}
    )


PRICINGS = st.builds(
    made,
    st.tuples(PRICE, PRICE),
    st.dictionaries(st.sampled_from(OPTIONAL), PRICE),
    st.sampled_from(["0", "0.1", "0.333333333", "0.5", "1"]),
    st.lists(st.fixed_dictionaries({"min_prompt_tokens": COUNT, "prompt": PRICE, "completion": PRICE}), max_size=2),
)
USAGES = st.builds(Usage, *[COUNT] * 12, st.integers(0, 100))


def reference(usage: Usage, pricing: Pricing) -> Fraction:
    """The cost in nano-dollars, unrounded, written as the rules are told."""
    prices: dict[str, int] = dict(pricing.prices.given())
    for override in pricing.overrides:
        if usage.prompt_tokens > (override.min_prompt_tokens or 0):
            prices |= override.prices.given()
    total = Fraction(prices.get("request", 0))
    left = usage.prompt_tokens
    read = prices.get("input_cache_read", prices["prompt"])
    heard = min(usage.cached_audio_tokens, usage.prompt_audio_tokens, usage.cached_tokens, left)
    total += heard * (prices.get("input_audio_cache", read) - read)
    write = prices.get("input_cache_write", prices["prompt"])
    for count, price in (
        (usage.cached_tokens, read),
        (usage.cache_write_tokens, write),
        (usage.prompt_audio_tokens - heard, prices.get("audio", prices["prompt"])),
        (usage.prompt_image_tokens, prices.get("image_token", prices["prompt"])),
        (left, prices["prompt"]),
    ):
        taken = min(count, left)
        left -= taken
        total += taken * price
        if count is usage.cache_write_tokens and price is write:
            hour = min(usage.cache_write_1h_tokens, taken)
            total += hour * (prices.get("input_cache_write_1h", write) - write)
    left = usage.completion_tokens
    for count, price in (
        (usage.reasoning_tokens, prices.get("internal_reasoning") or prices["completion"]),
        (usage.completion_audio_tokens, prices.get("audio_output", prices["completion"])),
        (usage.completion_image_tokens, prices.get("image_output", prices["completion"])),
        (left, prices["completion"]),
    ):
        taken = min(count, left)
        left -= taken
        total += taken * price
    total += usage.images * prices.get("image", 0) + usage.web_searches * prices.get("web_search", 0)
    return total * (1 - Fraction(pricing.discount)) / 10**6


@given(USAGES, PRICINGS)
def test_equals_the_rules_in_fractions(usage: Usage, pricing: Pricing) -> None:
    assert cost(usage, pricing, NOON) == round(reference(usage, pricing))


@given(USAGES, PRICINGS)
def test_lines_add_up(usage: Usage, pricing: Pricing) -> None:
    lines = breakdown(usage, pricing, NOON)
    assert sum(line.amount for line in lines) == cost(usage, pricing, NOON)
    assert all(line.quantity > 0 and line.amount >= 0 for line in lines)


@given(USAGES, PRICINGS, st.sampled_from(["prompt_tokens", "completion_tokens", "images", "web_searches"]), COUNT)
def test_more_never_costs_less(usage: Usage, pricing: Pricing, what: str, more: int) -> None:
    flat = Pricing(pricing.prices, (), pricing.discount)
    larger = msgspec.structs.replace(usage, **{what: getattr(usage, what) + more})
    assert cost(usage, flat, NOON) <= cost(larger, flat, NOON)


@given(USAGES, PRICINGS, COUNT, COUNT)
def test_the_estimate_is_never_exceeded(usage: Usage, pricing: Pricing, prompt: int, completion: int) -> None:
    held = estimate_max(
        usage.prompt_tokens + prompt,
        usage.completion_tokens + completion,
        pricing,
        NOON,
        images=usage.images,
        web_searches=usage.web_searches,
    )
    assert cost(usage, pricing, NOON) <= held


@given(PRICINGS)
def test_free_is_what_never_costs(pricing: Pricing) -> None:
    counts: dict[str, Any] = {each.name: 10**9 for each in msgspec.structs.fields(Usage) if each.name != "estimated"}
    everything = Usage(**counts)
    if pricing.is_free:
        assert cost(everything, pricing, NOON) == 0


def test_free() -> None:
    assert priced(prompt="0", completion="0", web_search="0").is_free
    assert not priced(prompt="0", completion="0", overrides=[{"min_prompt_tokens": 1, "prompt": "1"}]).is_free
    assert priced(discount="1").is_free


def test_an_absurd_count_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        cost(Usage(10**18, 0), priced(), NOON)

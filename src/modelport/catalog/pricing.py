"""What an answer costs: integers all the way, one half-even rounding at the end.

The chat path calls `estimate_max` before a request and `cost` after it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from modelport.catalog.prices import PRICE_KEYS, Override, Prices, Pricing, Rates
from modelport.kit.money import Nanos, Price, nanos, round_millionths

if TYPE_CHECKING:
    from modelport.dialects.canonical import Usage

__all__ = [
    "PRICE_KEYS",
    "Line",
    "Override",
    "Prices",
    "Pricing",
    "Rates",
    "breakdown",
    "cost",
    "estimate_max",
    "price_at",
    "searching",
]

_MILLION = 1_000_000


class Line(NamedTuple):
    """One line of a bill; the lines of a bill add up to its cost exactly."""

    what: str
    """Name of a field of `Rates`."""
    quantity: int
    price: Price
    """Nano-dollars per million units, before the discount."""
    amount: Nanos
    """After the discount."""


def price_at(pricing: Pricing, prompt_tokens: int, at: datetime) -> Rates:
    """The rates of a request with `prompt_tokens` made `at`, before the discount (`pricing.kept / pricing.whole`)."""
    if not pricing.overrides:
        return pricing.base
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    bits = 0
    for number, override in enumerate(pricing.overrides):
        if override.applies(prompt_tokens, at):
            bits |= 1 << number
    return pricing.merged(bits)


def cost(usage: Usage, pricing: Pricing, at: datetime) -> Nanos:
    """What `usage` costs at the prices of `at`, rounded half to even.

    Raises `ValueError` when the amount could not be stored, which takes an absurd count from a provider.
    """
    rates = price_at(pricing, usage.prompt_tokens, at) if pricing.overrides else pricing.base
    product = 0
    for count, rate in zip(_counts(usage), rates, strict=True):
        if count:
            product += count * rate
    return _discounted(product, pricing)


def searching(searches: int, pricing: Pricing) -> Nanos:
    """What searches of the web cost alone, rounded half to even."""
    return _discounted(searches * pricing.base.web_search, pricing)


def breakdown(usage: Usage, pricing: Pricing, at: datetime) -> list[Line]:
    """The lines that make up `cost`, those with a quantity only."""
    rates = price_at(pricing, usage.prompt_tokens, at)
    lines: list[Line] = []
    product, before = 0, Nanos(0)
    for what, count, rate in zip(Rates._fields, _counts(usage), rates, strict=True):
        if not count or (not rate and what in {"request", "image", "web_search"}):
            continue
        product += count * rate
        # Each line is what it adds to the rounded sum so far: lines rounded alone would not add up.
        after = _discounted(product, pricing)
        lines.append(Line(what, count, Price(rate), nanos(after - before)))
        before = after
    return lines


def estimate_max(
    prompt_tokens: int,
    max_completion_tokens: int,
    pricing: Pricing,
    at: datetime,
    *,
    images: int = 0,
    web_searches: int = 0,
    requests: int = 1,
) -> Nanos:
    """The most a request made `at` can cost when it stays within these counts: what is held before the call."""
    pieces = (requests, images, web_searches)
    if not pricing.overrides:
        return _most(prompt_tokens, max_completion_tokens, pricing, pricing.base, pieces)
    # A shorter prompt may fall in a dearer band, so the top of every band up to this length is tried.
    tops = {each.min_prompt_tokens for each in pricing.overrides if each.min_prompt_tokens is not None}
    sizes = [size for size in tops if size < prompt_tokens] + [prompt_tokens]
    return max(_most(size, max_completion_tokens, pricing, price_at(pricing, size, at), pieces) for size in sizes)


def _most(prompt: int, completion: int, pricing: Pricing, rates: Rates, pieces: tuple[int, int, int]) -> Nanos:
    requests, images, searches = pieces
    product = (
        prompt * max(rates[0:7])
        + completion * max(rates[7:11])
        + requests * rates.request
        + images * rates.image
        + searches * rates.web_search
    )
    return nanos(-(-product * pricing.kept // (_MILLION * pricing.whole)))  # rounded up


def _counts(usage: Usage) -> tuple[int, ...]:
    """How many units are charged at each of `Rates`.

    A token is charged once: cached first, then written to the cache, then by its kind. What a provider reports
    beyond its own totals is not charged.
    """
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    cached = heard = written = hour = audio = image = reasoning = audio_out = image_out = 0
    if usage.cached_tokens:
        cached = min(usage.cached_tokens, prompt)
        prompt -= cached
        heard = min(usage.cached_audio_tokens, usage.prompt_audio_tokens, cached)
    if usage.cache_write_tokens:
        written = min(usage.cache_write_tokens, prompt)
        prompt -= written
        hour = min(usage.cache_write_1h_tokens, written)
    if usage.prompt_audio_tokens:
        audio = min(usage.prompt_audio_tokens - heard, prompt)
        prompt -= audio
    if usage.prompt_image_tokens:
        image = min(usage.prompt_image_tokens, prompt)
        prompt -= image
    if usage.reasoning_tokens:
        reasoning = min(usage.reasoning_tokens, completion)
        completion -= reasoning
    if usage.completion_audio_tokens:
        audio_out = min(usage.completion_audio_tokens, completion)
        completion -= audio_out
    if usage.completion_image_tokens:
        image_out = min(usage.completion_image_tokens, completion)
        completion -= image_out
    return (
        prompt, cached - heard, heard, written - hour, hour, audio, image,
        completion, reasoning, audio_out, image_out,
        usage.search_units or 1, usage.images, usage.web_searches,
    )  # fmt: skip


def _discounted(product: int, pricing: Pricing) -> Nanos:
    if pricing.whole == pricing.kept:
        return round_millionths(product)
    over = _MILLION * pricing.whole
    quotient, remainder = divmod(product * pricing.kept, over)
    twice = remainder * 2
    if twice > over or (twice == over and quotient & 1):
        quotient += 1
    return nanos(quotient)

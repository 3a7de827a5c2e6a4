"""The prices of an endpoint as records, with everything worked out that does not depend on the request.

Which price stands in for one that isn't given is settled here, when the catalogue is loaded, so that charging is
multiplying and adding.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from modelport.kit.money import Price

__all__ = ["PRICE_KEYS", "Override", "Prices", "Pricing", "Rates"]


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices as they were given, in nano-dollars per million units; None where none was given."""

    prompt: Price | None = None
    completion: Price | None = None
    request: Price | None = None
    image: Price | None = None
    """By the piece, for an image in the prompt."""
    image_token: Price | None = None
    """For a prompt token that is part of an image."""
    image_output: Price | None = None
    """For a completion token that is part of an image."""
    audio: Price | None = None
    audio_output: Price | None = None
    input_audio_cache: Price | None = None
    """For a prompt token of audio read from the cache, where a provider tells which were."""
    web_search: Price | None = None
    internal_reasoning: Price | None = None
    input_cache_read: Price | None = None
    input_cache_write: Price | None = None
    input_cache_write_1h: Price | None = None

    def given(self) -> dict[str, Price]:
        """The prices that were given, by their name in the reference's API."""
        pairs = ((key, getattr(self, key)) for key in PRICE_KEYS)
        return {key: price for key, price in pairs if price is not None}


PRICE_KEYS: tuple[str, ...] = tuple(each.name for each in fields(Prices))
"""Names of all prices, as in the reference's API (`behaviour.md` section 6)."""


@dataclass(frozen=True, slots=True)
class Override:
    """Other prices under a condition; every condition that is set must hold."""

    prices: Prices
    min_prompt_tokens: int | None = None
    """Holds when the prompt has strictly more tokens."""
    utc_start: int | None = None
    """Start of a daily window as a clock number, 1030 for 10:30; belongs to the window."""
    utc_end: int | None = None
    """End of the window, which doesn't belong to it; before `utc_start` when it runs past midnight."""
    utc_days: frozenset[int] = frozenset()
    """Days of the week, 0 for Monday, on which the entry applies; empty for every day."""

    def applies(self, prompt_tokens: int, at: datetime) -> bool:
        """Whether a request of `prompt_tokens`, made `at` (in UTC), has these prices."""
        if self.min_prompt_tokens is not None and prompt_tokens <= self.min_prompt_tokens:
            return False
        if self.utc_days and at.weekday() not in self.utc_days:
            return False
        if self.utc_start is None and self.utc_end is None:
            return True
        start, end = self.utc_start or 0, 2400 if self.utc_end is None else self.utc_end
        clock = at.hour * 100 + at.minute
        return start <= clock < end if start < end else clock >= start or clock < end


class Rates(NamedTuple):
    """What each unit is charged at, with the fallbacks filled in; the order is that of `_counts`."""

    prompt: int
    cache_read: int
    cache_read_audio: int
    cache_write: int
    cache_write_1h: int
    prompt_audio: int
    prompt_image: int
    completion: int
    reasoning: int
    completion_audio: int
    completion_image: int
    request: int
    image: int
    web_search: int


@dataclass(frozen=True, slots=True)
class Pricing:
    """All prices of an endpoint."""

    prices: Prices
    overrides: tuple[Override, ...] = ()
    discount: str = "0"
    """Part of every price that is not charged, as a decimal string from 0 to 1."""
    factor: Fraction = field(default=Fraction(1))
    """What the operator's mark-ups and discounts make of every price."""
    base: Rates = field(init=False, compare=False, repr=False)
    """The rates when no override applies, before the discount."""
    kept: int = field(init=False, compare=False, repr=False)
    whole: int = field(init=False, compare=False, repr=False)
    """`kept / whole` is (1 - discount) x factor, exactly."""
    is_free: bool = field(init=False, compare=False, repr=False)
    """Whether nothing is ever charged."""
    charges_images: bool = field(init=False, compare=False, repr=False)
    """Whether pictures in the prompt may be charged by the piece."""
    _merged: dict[int, Rates] = field(init=False, compare=False, repr=False)
    """Rates by the set of overrides that apply, as bits: worked out once each."""

    def __post_init__(self) -> None:
        part = (1 - Fraction(self.discount)) * self.factor
        base = _rates(self.prices.given())
        every = (self.prices, *(each.prices for each in self.overrides))
        charged = any(price for prices in every for price in prices.given().values())
        for name, value in (
            ("base", base),
            ("kept", part.numerator),
            ("whole", part.denominator),
            ("is_free", not part or not charged),
            ("charges_images", any(prices.image for prices in every)),
            ("_merged", {0: base}),
        ):
            object.__setattr__(self, name, value)

    @property
    def together(self) -> Fraction:
        """What a prompt token and a completion token take together: endpoints are ordered by it, the cheapest first."""
        return Fraction((self.base.prompt + self.base.completion) * self.kept, self.whole)

    def shown(self, prices: Prices) -> dict[str, int]:
        """Prices as callers see them, before the discount: times the operator's factor, as far as can be written."""
        given: dict[str, int] = dict(prices.given())
        return given if self.factor == 1 else {name: round(price * self.factor) for name, price in given.items()}

    def merged(self, bits: int) -> Rates:
        """The rates under the overrides whose bits are set; later ones win, price by price."""
        found = self._merged.get(bits)
        if found is None:
            prices = self.prices.given()
            for number, override in enumerate(self.overrides):
                if bits >> number & 1:
                    prices |= override.prices.given()
            found = self._merged[bits] = _rates(prices)
        return found


def _rates(prices: dict[str, Price]) -> Rates:
    prompt, completion = prices.get("prompt", 0), prices.get("completion", 0)
    cache_read = prices.get("input_cache_read", prompt)
    cache_write = prices.get("input_cache_write", prompt)
    return Rates(
        prompt=prompt,
        cache_read=cache_read,
        cache_read_audio=prices.get("input_audio_cache", cache_read),
        cache_write=cache_write,
        cache_write_1h=prices.get("input_cache_write_1h", cache_write),
        prompt_audio=prices.get("audio", prompt),
        prompt_image=prices.get("image_token", prompt),
        completion=completion,
        # Catalogues write "0" for "no price of its own" here; free reasoning would be a present to everyone.
        reasoning=prices.get("internal_reasoning", 0) or completion,
        completion_audio=prices.get("audio_output", completion),
        completion_image=prices.get("image_output", completion),
        request=prices.get("request", 0),
        image=prices.get("image", 0),
        web_search=prices.get("web_search", 0),
    )

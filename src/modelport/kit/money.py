"""Money as integers of nano-dollars (1 USD = 10^9), and prices as nano-dollars per million tokens.

A price crosses the wire as a decimal string in USD per token (the reference API's form) and lives here as
an integer of nano-dollars per million units, so every product is exact and rounding happens once, half-even,
at the very end. No `float` comes in; one goes out where an API's contract asks for a JSON number.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NewType

__all__ = [
    "MAX_NANOS",
    "Nanos",
    "Price",
    "format_price",
    "format_usd",
    "nanos",
    "parse_price",
    "parse_usd",
    "round_millionths",
    "to_number",
]

Nanos = NewType("Nanos", int)
"""An amount in nano-dollars."""

Price = NewType("Price", int)
"""Nano-dollars per million units (tokens, requests, images). One dollar a token is 10^15."""

MAX_NANOS = 2**62
"""Amounts beyond this (4.6 billion dollars) are refused, so that sums stay inside a database's 64 bits."""

_USD = Decimal(10**9)
_PER_TOKEN = Decimal(10**15)
_MILLION = 1_000_000


def nanos(value: int) -> Nanos:
    """`value` as an amount, within bounds.

    Raises `ValueError` when the amount could not be stored.
    """
    if not -MAX_NANOS < value < MAX_NANOS:
        raise ValueError(f"amount {value} is beyond what can be stored")
    return Nanos(value)


def parse_usd(text: str) -> Nanos:
    """Reads a decimal number of dollars, such as `"12.50"`.

    Raises `ValueError` when it is no number, is finer than a nano-dollar, or is too large.
    """
    return nanos(_scaled(text, _USD, "a number of dollars with at most nine decimals"))


def format_usd(amount: int) -> str:
    """`amount` as a plain decimal string of dollars without an exponent: `"0.000123"`."""
    return _plain(Decimal(amount) / _USD)


def to_number(amount: int) -> float:
    """`amount` as the JSON number of dollars that the reference's API promises. For output only."""
    return amount / 10**9


def parse_price(text: str) -> Price:
    """Reads a price as USD per unit, such as `"0.00000015"`.

    Raises `ValueError` when it is no number, negative, or finer than 10^-15 USD.
    """
    value = _scaled(text, _PER_TOKEN, "a price in USD per token with at most fifteen decimals")
    if value < 0:
        raise ValueError(f"{text!r} is negative; a price is 0 or more")
    if value > MAX_NANOS:
        raise ValueError(f"{text!r} is too large for a price")
    return Price(value)


def format_price(price: int) -> str:
    """`price` as USD per unit without an exponent, as the reference writes it: `"0.00000015"`, `"0"`."""
    return _plain(Decimal(price) / _PER_TOKEN)


def round_millionths(product: int) -> Nanos:
    """`product / 1,000,000` rounded half to even: the one rounding of a cost.

    `product` is a sum of (count x `Price`).
    """
    quotient, remainder = divmod(product, _MILLION)
    twice = remainder * 2
    if twice > _MILLION or (twice == _MILLION and quotient & 1):
        quotient += 1
    return nanos(quotient)


def _scaled(text: str, scale: Decimal, what: str) -> int:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not {what}") from None
    if not value.is_finite() or abs(value.adjusted()) > 30:  # keeps a hostile exponent from costing time
        raise ValueError(f"{text!r} is not {what}") if value else ValueError(f"{text!r} is out of range")
    scaled = value * scale
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than can be kept; give {what}")
    return int(scaled)


def _plain(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return "0" if text in {"-0", "0"} else text

"""What an order costs: credits and fee in nano-dollars, and the sum in a currency's smallest unit. Integers only."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from modelport.kit.money import format_usd, parse_usd
from modelport.payments.errors import BadOrder

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["Quote", "minor_of_credits", "quote", "show"]

_NANOS_A_CENT = 10**7
_CURRENCIES = ("usd", "cny")


class Quote(NamedTuple):
    """What is bought and what it costs."""

    credits: int
    fee: int
    currency: str
    rate: str
    """Units of the currency for a dollar, as a decimal number."""
    amount: int
    """Credits and fee in the currency's smallest unit, rounded up."""


def quote(settings: Settings, credits: int, currency: str) -> Quote:
    """The price of `credits` (nano-dollars) in `currency` (`usd` or `cny`).

    Raises `BadOrder`.
    """
    least, most = parse_usd(settings.topup_min), parse_usd(settings.topup_max)
    if not least <= credits <= most:
        bounds = {"least": format_usd(least), "most": format_usd(most)}
        raise BadOrder(
            f"The amount must be between {bounds['least']} and {bounds['most']} USD.",
            metadata={"rule": "between", **bounds},
        )
    if credits % _NANOS_A_CENT:
        raise BadOrder("The amount must be a whole number of cents.", metadata={"rule": "cents"})
    if currency not in _CURRENCIES:
        raise BadOrder(
            f"The currency {currency!r} is not one of {', '.join(_CURRENCIES)}.",
            metadata={"rule": "currency", "currencies": ", ".join(_CURRENCIES)},
        )
    percent = Fraction(Decimal(settings.topup_fee_percent))
    fee = _up(percent * Fraction(credits, 100 * _NANOS_A_CENT)) * _NANOS_A_CENT
    if percent:
        fee = max(fee, parse_usd(settings.topup_fee_min))
    rate = settings.cny_per_usd if currency == "cny" else "1"
    return Quote(credits, fee, currency, rate, minor_of_credits(credits + fee, rate))


def minor_of_credits(nanos: int, rate: str) -> int:
    """`nanos` in the smallest unit (a hundredth) of the currency that has this rate, rounded up."""
    return _up(Fraction(nanos, _NANOS_A_CENT) * Fraction(Decimal(rate)))


def show(amount: int) -> str:
    """An amount in hundredths as people and payment pages write it: `12.50`."""
    return f"{amount // 100}.{amount % 100:02d}"


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)

"""What must hold of settings beyond each one's own form: amounts that can be read, and those that belong together."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, cast

from modelport.errors import WrongField
from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check"]

_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_MOST_TEXT: Final = 2_000


def check(values: Mapping[str, Any]) -> None:
    """Raises `WrongField` for the first that can't be."""
    _check_money(values)
    _check_registration(values)
    if values["log_level"].upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise _wrong("log_level", "give `debug`, `info`, `warning` or `error`", "literal_error")
    for name, value in values.items():
        texts = cast("list[Any]", value) if isinstance(value, list) else [value]
        if len(texts) > 200 or any(isinstance(text, str) and len(text) > _MOST_TEXT for text in texts):
            raise _wrong(name, "is too long", "too_long")
        if isinstance(value, float) and not value < float("inf"):
            raise _wrong(name, "is no number", "float_type")


def _check_money(values: Mapping[str, Any]) -> None:
    for name in ("sign_up_bonus", "topup_min", "topup_max", "topup_fee_min"):
        _amount(name, values[name])
    for each in values["topup_presets"]:
        _amount("topup_presets", each)
    if parse_usd(values["topup_min"]) > parse_usd(values["topup_max"]):
        raise _wrong("topup_min", "is more than topup_max", "less_than_equal", le=values["topup_max"])
    if not 0 <= _decimal("topup_fee_percent", values["topup_fee_percent"]) <= 100:
        raise _wrong("topup_fee_percent", "give a number from 0 to 100", "between", ge=0, le=100)
    if _decimal("cny_per_usd", values["cny_per_usd"]) <= 0:
        raise _wrong("cny_per_usd", "give a number above 0", "greater_than", gt=0)


def _check_registration(values: Mapping[str, Any]) -> None:
    for domain in values["registration_domains"]:
        if _DOMAIN.fullmatch(domain) is None:
            raise _wrong("registration_domains", f"{domain[:80]!r} is no domain")
    if values["registration"] == "domains" and not values["registration_domains"]:
        raise _wrong("registration_domains", "`domains` needs registration_domains", "missing")


def _amount(name: str, text: str) -> None:
    try:
        amount = parse_usd(text)
    except ValueError as error:
        raise _wrong(name, str(error), "decimal_parsing") from error
    if amount < 0:
        raise _wrong(name, "is less than nothing", "greater_than_equal", ge=0)


def _decimal(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise _wrong(name, f"{text[:40]!r} is no number", "decimal_parsing") from error
    if not value.is_finite():
        raise _wrong(name, f"{text[:40]!r} is no number", "decimal_parsing")
    return value


def _wrong(name: str, why: str, kind: str = "value", **bounds: int | str) -> WrongField:
    return WrongField(name, f"{why}.", kind=kind, **bounds)

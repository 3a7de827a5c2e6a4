"""Amounts and prices: exact in, exact out, one rounding half to even."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.kit.money import (
    MAX_NANOS,
    format_price,
    format_usd,
    nanos,
    parse_price,
    parse_usd,
    round_millionths,
    to_number,
)

_AMOUNTS = st.integers(-MAX_NANOS + 1, MAX_NANOS - 1)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("-0", 0),
        ("1", 10**9),
        ("12.50", 12_500_000_000),
        ("0.000000001", 1),
        ("-0.000000001", -1),
        ("1e-9", 1),
        ("1E3", 10**12),
        (" 7 ", 7 * 10**9),
        ("0.1000000000000", 10**8),
        ("4611686018.427387903", MAX_NANOS - 1),
    ],
)
def test_dollars_are_read_exactly(text: str, amount: int) -> None:
    assert parse_usd(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "x", "1,5", "$1", "0.0000000001", "nan", "sNaN", "inf", "-Infinity", "1e99999999", "1e-99999999",
     "4611686018.427387904", "0x10", "1 000", "--1"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_usd(text)


@given(_AMOUNTS)
def test_amounts_survive_writing_and_reading(amount: int) -> None:
    text = format_usd(amount)
    assert parse_usd(text) == amount
    assert "e" not in text.lower()
    assert Decimal(text) * 10**9 == amount


@given(st.integers(0, MAX_NANOS))
def test_prices_survive_writing_and_reading(price: int) -> None:
    text = format_price(price)
    assert parse_price(text) == price
    assert "e" not in text.lower()


@pytest.mark.parametrize(
    ("text", "price"),
    [("0.00000015", 150_000_000), ("0.000000000000001", 1), ("1", 10**15), ("0", 0), ("3e-6", 3 * 10**9)],
)
def test_prices_are_nanos_a_million(text: str, price: int) -> None:
    assert parse_price(text) == price


@pytest.mark.parametrize("text", ["-0.000001", "0.0000000000000001", "5000", "abc", "-1", "inf"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_price(text)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (1, "0.000000001"), (10**9, "1"), (123_000, "0.000123"), (-5 * 10**8, "-0.5"), (10**18, "1000000000")],
)
def test_amounts_are_written_plainly(amount: int, text: str) -> None:
    assert format_usd(amount) == text


@pytest.mark.parametrize(
    ("product", "rounded"),
    [(0, 0), (499_999, 0), (500_000, 0), (500_001, 1), (1_499_999, 1), (1_500_000, 2), (2_500_000, 2), (3_500_000, 4),
     (-500_000, 0), (-1_500_000, -2), (-2_500_000, -2)],
)  # fmt: skip
def test_halves_go_to_the_even_side(product: int, rounded: int) -> None:
    assert round_millionths(product) == rounded


@given(st.integers(-(MAX_NANOS - 2) * 1_000_000, (MAX_NANOS - 2) * 1_000_000))
def test_rounding_is_python_s_own_of_the_exact_fraction(product: int) -> None:
    assert round_millionths(product) == round(Fraction(product, 1_000_000))


@given(st.integers())
def test_amounts_beyond_storage_are_refused(value: int) -> None:
    if -MAX_NANOS < value < MAX_NANOS:
        assert nanos(value) == value
    else:
        with pytest.raises(ValueError, match="beyond"):
            nanos(value)


@given(st.integers(0, 10**15))
def test_the_api_s_number_reads_back_to_the_same_nano(amount: int) -> None:
    """Up to a million dollars a JSON number carries every nano-dollar."""
    assert round(Fraction(to_number(amount)) * 10**9) == amount

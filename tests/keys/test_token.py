"""The text of a key: its form, its checksum, and what is shown of it later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelport.keys import token

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_a_new_key_is_well_formed_and_new() -> None:
    keys = {token.new() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert key.startswith("sk-mp-v1-")
        assert len(key) == len("sk-mp-v1-") + 43 + 6
        assert set(key[9:]) <= set(_LETTERS)
        assert token.is_well_formed(key)


def test_the_checksum_never_changes() -> None:
    """A release that reckons it differently would refuse every key there is."""
    assert token.is_well_formed("sk-mp-v1-" + "a" * 43 + "4SHDYg")


def _checksum_by_the_book(body: str) -> str:
    """CRC-32 (polynomial 0xEDB88320) bit by bit, written in base 62."""
    crc = 0xFFFFFFFF
    for byte in body.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    out = ""
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        out = _LETTERS[digit] + out
    return out


@given(st.text(_LETTERS, min_size=43, max_size=43))
def test_the_checksum_is_what_the_book_says(body: str) -> None:
    assert token._checksum(body) == _checksum_by_the_book(body)
    assert token.is_well_formed("sk-mp-v1-" + body + _checksum_by_the_book(body))


@given(st.integers(0, 48), st.sampled_from(_LETTERS + "-_ \0é٣"))
def test_a_mistyped_letter_is_noticed(at: int, letter: str) -> None:
    key = token.new()
    wrong = key[: 9 + at] + letter + key[10 + at :]
    assert token.is_well_formed(wrong) is (wrong == key)


@given(st.text(max_size=80))
def test_no_text_upsets_it(text: str) -> None:
    assert not token.is_well_formed(text)
    assert not token.is_well_formed("sk-mp-v1-" + text)


def test_a_key_must_be_whole() -> None:
    key = token.new()
    for wrong in (key[:-1], key + "a", key.upper(), key.lower(), " " + key, key + "\n", key[1:]):
        assert not token.is_well_formed(wrong)


def test_the_mask_shows_little() -> None:
    key = token.new()
    label = token.mask(key)
    assert label == f"sk-mp-v1-{key[9:12]}...{key[-3:]}"
    assert key[12:-3] not in label

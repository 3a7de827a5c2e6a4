"""Identifiers that do not meet, and secrets that open with their own key and context only."""

from __future__ import annotations

import base64
import re
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.kit import clock, ids
from modelport.kit.vault import SealBroken, Vault

_VAULT = Vault(b"the master secret of these tests....")


def test_ids_have_their_form() -> None:
    before = int(time.time())
    found = re.fullmatch(r"gen-(\d+)-[0-9A-Za-z]{20}", ids.generation_id())
    assert found is not None
    assert before <= int(found[1]) <= int(time.time())
    assert re.fullmatch(r"user_[0-9A-Za-z]{24}", ids.prefixed("user"))
    assert re.fullmatch(r"proc_[0-9A-Za-z]{8}", ids.prefixed("proc", 8))


def test_ids_do_not_meet() -> None:
    assert len({ids.generation_id() for _ in range(20_000)}) == 20_000
    assert len({ids.prefixed("x") for _ in range(20_000)}) == 20_000


@given(st.integers(0, 300))
def test_random_text_is_as_long_as_asked(length: int) -> None:
    text = ids.random_text(length)
    assert len(text) == length
    assert text.isascii()
    assert text.isalnum() or not length


def test_every_letter_is_as_likely() -> None:
    """62,000 letters: each of 62 near 1,000; a bound of eight deviations, which chance never reaches."""
    counts = Counter(ids.random_text(62_000))
    assert len(counts) == 62
    assert all(abs(count - 1000) < 8 * 32 for count in counts.values())


@given(st.integers(0, 2**50))
def test_days_are_whole_utc_days(at_ms: int) -> None:
    assert clock.day(at_ms) * 86_400_000 <= at_ms < (clock.day(at_ms) + 1) * 86_400_000


def test_the_clock_is_aware() -> None:
    now = clock.now()
    assert now.tzinfo is clock.UTC
    assert abs(now.timestamp() * 1000 - clock.now_ms()) < 60_000
    assert clock.monotonic() <= clock.monotonic()


@given(st.text(), st.text())
def test_what_is_sealed_opens(secret: str, context: str) -> None:
    sealed = _VAULT.seal(secret, context=context)
    assert sealed.startswith("v1.")
    assert sealed.isascii()
    assert _VAULT.open(sealed, context=context) == secret
    assert _VAULT.seal(secret, context=context) != sealed


def test_a_seal_hides_its_secret() -> None:
    assert "sk-secret" not in _VAULT.seal("sk-secret", context="c")
    raw = base64.urlsafe_b64decode(_VAULT.seal("sk-secret", context="c")[3:])
    assert b"sk-secret" not in raw


@given(st.text(max_size=20), st.data())
def test_a_changed_seal_does_not_open(secret: str, data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(_VAULT.seal(secret, context="c")[3:]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        _VAULT.open("v1." + base64.urlsafe_b64encode(raw).decode(), context="c")


def test_neither_another_context_nor_another_master_opens() -> None:
    sealed = _VAULT.seal("secret", context="provider:a")
    with pytest.raises(SealBroken):
        _VAULT.open(sealed, context="provider:b")
    with pytest.raises(SealBroken):
        Vault(b"another master secret of these tests").open(sealed, context="provider:a")


@given(st.text(max_size=100))
def test_nothing_else_opens(text: str) -> None:
    for sealed in (text, "v1." + text, "v2." + _VAULT.seal("x", context="c")[3:]):
        with pytest.raises(SealBroken):
            _VAULT.open(sealed, context="c")


@given(st.text(), st.text())
def test_hashes_tell_secrets_apart(one: str, other: str) -> None:
    found = _VAULT.keyed_hash(one)
    assert re.fullmatch(r"[0-9a-f]{64}", found)
    assert (found == _VAULT.keyed_hash(other)) is (one == other)
    assert found != Vault(b"another master secret of these tests").keyed_hash(one)

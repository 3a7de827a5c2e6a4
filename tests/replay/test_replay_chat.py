"""Every recorded exchange of chat passes through the doors of every dialect, or stands on a short list."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from replay_checks import EXCEPTIONS, check, excused
from replay_passages import DOORS
from replaying import exchanges, providers

if TYPE_CHECKING:
    from replaying import Exchange

NAMES = tuple(DOORS)


def faults(exchange: Exchange, dialects: tuple[str, ...]) -> list[str]:
    if excused(exchange) is not None:
        return []
    found = [finding for finding in check(exchange, dialects) if finding.fault]
    return [f"{exchange.id}: {each.step} {each.dialect}: {each.fault}" for each in found]


def test_a_sample(provider: str) -> None:
    """Each exchange in its own dialect and in one other, which its id draws."""
    wrong: list[str] = []
    for exchange in exchanges(provider):
        others = [name for name in NAMES if name != exchange.dialect]
        drawn = others[crc32(exchange.id.encode()) % len(others)]
        wrong += faults(exchange, (exchange.dialect, drawn))
    assert not wrong, "\n".join(islice(wrong, 20))


@pytest.mark.proof
def test_all(provider: str) -> None:
    """Each exchange in every dialect."""
    wrong = [fault for exchange in exchanges(provider) for fault in faults(exchange, NAMES)]
    assert not wrong, "\n".join(islice(wrong, 20))


@pytest.mark.skipif(not providers(), reason="no recorded traffic beside us")
@pytest.mark.proof
def test_the_list_of_exceptions_is_needed() -> None:
    """An entry that excuses nothing goes."""
    needed = {
        piece
        for provider in providers()
        for exchange in exchanges(provider)
        for piece in EXCEPTIONS
        if piece in exchange.id and any(finding.fault for finding in check(exchange, NAMES))
    }
    assert needed == EXCEPTIONS.keys()

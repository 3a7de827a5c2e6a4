"""How much to think: the efforts of the reference, and the share of an answer each stands for (its section 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["EFFORTS", "nearest_effort", "nearest_share", "share_of", "thinking_budget"]

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The least first."""

_SHARES: Final = {"minimal": 0.1, "low": 0.2, "medium": 0.5, "high": 0.8, "xhigh": 0.95, "max": 0.95}
_LEAST, _MOST = 1_024, 128_000
"""Budgets that Claude takes."""


def share_of(effort: str) -> float:
    """The share of the longest answer that may be thought; that of `medium` for a word nobody knows."""
    return _SHARES.get(effort, 0.5)


def nearest_share(share: float) -> str:
    """The effort whose share is nearest."""
    return min(_SHARES, key=lambda name: abs(_SHARES[name] - share))


def nearest_effort(wanted: str, known: Collection[str]) -> str:
    """The nearest of `known` by what it stands for, of two as near the greater; a word nobody knows is passed on.

    So `medium` between `low` and `high` becomes `high`, as Google and DeepSeek take it, and `xhigh` becomes `max`. A
    model that can't be silenced is asked for as little as it can.
    """
    choices = [name for name in EFFORTS if name in known and (name != "none" or wanted == "none")]
    if wanted in choices or not choices or wanted not in EFFORTS:
        return wanted
    share = _SHARES.get(wanted, 0.0)
    return min(reversed(choices), key=lambda name: round(abs(_SHARES.get(name, 0.0) - share), 3))


def thinking_budget(longest: int, effort: str, told: int | None) -> int:
    """Claude's budget in tokens: what the caller told, or the effort's share of the longest answer."""
    return max(min(told if told is not None else int(longest * share_of(effort)), _MOST), _LEAST)

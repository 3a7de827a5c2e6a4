"""Endpoints of a model that stand out to the bad: what a quality sort puts behind (`behaviour.md` section 30)."""

from __future__ import annotations

from statistics import median, pstdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LEAST", "outliers"]

LEAST = 4
"""Endpoints that must have been measured before one is called worse than the others."""
_SPEED_SIGMAS, _SUCCESS_SIGMAS = 1.5, 2.0


def outliers(
    speeds: Mapping[str, float | None], rates: Mapping[str, float | None], calls: Mapping[str, float | None]
) -> frozenset[str]:
    """Those whose speed, share of successes or share of well-formed tool calls is far under the others'."""
    worse: set[str] = set()
    for measured, sigmas in ((speeds, _SPEED_SIGMAS), (rates, _SUCCESS_SIGMAS), (calls, _SUCCESS_SIGMAS)):
        seen = {each: value for each, value in measured.items() if value is not None}
        if len(seen) >= LEAST:
            bound = median(seen.values()) - sigmas * pstdev(seen.values())
            worse |= {each for each, value in seen.items() if value < bound}
    return frozenset(worse)

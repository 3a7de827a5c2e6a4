"""Aggregates that PostgreSQL has and SQLite lacks."""

from __future__ import annotations

__all__ = ["Percentile"]


class Percentile:
    """`percentile(value, share)`, as PostgreSQL's `percentile_cont`: between the two values that are next to it."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._share = 0.5

    def step(self, value: float | None, share: float) -> None:
        """Takes one more value; what is not known does not count."""
        self._share = share
        if value is not None:
            self._values.append(value)

    def finalize(self) -> float | None:
        """The percentile of all."""
        if not self._values:
            return None
        values = sorted(self._values)
        place = (len(values) - 1) * self._share
        below = int(place)
        above = min(below + 1, len(values) - 1)
        return values[below] + (values[above] - values[below]) * (place - below)

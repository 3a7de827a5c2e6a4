"""Counting over the last minutes in fixed memory: rings of counters, and histograms for percentiles.

Nothing here knows what is counted. Times are given, never read, so that tests need not wait.
"""

from __future__ import annotations

from array import array
from math import log2

__all__ = ["PERCENTS", "Percentiles", "Ring"]

_PER_OCTAVE = 6
"""Steps of a histogram for each doubling: a percentile is right within 6 %."""
_OCTAVES = 20
_STEPS = _PER_OCTAVE * _OCTAVES
_FRESH = 1.0
PERCENTS = (50, 75, 90, 99)


class Ring:
    """Successes and failures in each of the last `size` spans of `span` seconds."""

    __slots__ = ("_at", "_bad", "_good", "_size", "_span")

    def __init__(self, size: int, span: float) -> None:
        self._size, self._span = size, span
        self._good = array("I", bytes(4 * size))
        self._bad = array("I", bytes(4 * size))
        self._at = -1
        """Number of the newest span that was written to."""

    def add(self, now: float, *, good: bool) -> None:
        """Counts one."""
        self._move(now)
        (self._good if good else self._bad)[self._at % self._size] += 1

    def sums(self, now: float, spans: int) -> tuple[int, int]:
        """Successes and failures of the last `spans` spans, the running one included."""
        if self._at < 0:
            return 0, 0
        newest, size = int(now / self._span), self._size
        first = max(newest - min(spans, size) + 1, self._at - size + 1, 0)
        if first > self._at:
            return 0, 0
        start, end = first % size, self._at % size + 1
        if start < end:
            return sum(self._good[start:end]), sum(self._bad[start:end])
        return (
            sum(self._good[start:]) + sum(self._good[:end]),
            sum(self._bad[start:]) + sum(self._bad[:end]),
        )

    def each(self, now: float, spans: int) -> list[tuple[int, int]]:
        """The same span by span, the newest first."""
        if self._at < 0:
            return []
        newest = int(now / self._span)
        first = max(newest - min(spans, self._size) + 1, self._at - self._size + 1, 0)
        size = self._size
        return [(self._good[n % size], self._bad[n % size]) for n in range(min(newest, self._at), first - 1, -1)]

    def clear(self) -> None:
        """Forgets everything."""
        self._good = array("I", bytes(4 * self._size))
        self._bad = array("I", bytes(4 * self._size))

    def restore(self, now: float, counts: list[tuple[int, int]], late: float) -> None:
        """Takes over what `each` told `late` seconds ago."""
        self.clear()
        self._at = int(now / self._span)
        gone = int(late / self._span)
        for age, (good, bad) in enumerate(counts, gone):
            if age >= self._size or age > self._at:
                break
            place = (self._at - age) % self._size
            self._good[place], self._bad[place] = good, bad

    def _move(self, now: float) -> None:
        newest = int(now / self._span)
        if newest <= self._at:
            return
        for number in range(max(self._at + 1, newest - self._size + 1), newest + 1):
            place = number % self._size
            self._good[place] = self._bad[place] = 0
        self._at = newest


class Percentiles:
    """Percentiles of the values of the last `slices` times `span` seconds; values from `least` to a million of it."""

    __slots__ = ("_at", "_counts", "_least", "_looked_at", "_seen", "_slices", "_span")

    def __init__(self, least: float, slices: int, span: float) -> None:
        self._least, self._slices, self._span = least, slices, span
        self._counts = [array("I", bytes(4 * _STEPS)) for _ in range(slices)]
        self._at = -1
        self._looked_at = -_FRESH
        self._seen: tuple[int, dict[int, float]] = (0, {})

    def add(self, now: float, value: float) -> None:
        """Takes note of a value."""
        self._move(now)
        step = int(log2(max(value / self._least, 1.0)) * _PER_OCTAVE)
        self._counts[self._at % self._slices][min(step, _STEPS - 1)] += 1

    def of(self, now: float, percents: tuple[int, ...]) -> tuple[float, ...] | None:
        """The values below which so many per cent are; None when there is nothing."""
        self._move(now)
        sums = [sum(column) for column in zip(*self._counts, strict=True)]
        total = sum(sums)
        if not total:
            return None
        return tuple(self._one(sums, total * percent / 100) for percent in percents)

    def glance(self, now: float) -> tuple[int, dict[int, float]]:
        """How many values there are and the usual percentiles of them, up to a second old: adding up takes a while."""
        if now - self._looked_at >= _FRESH:
            self._looked_at = now
            found = self.of(now, PERCENTS)
            count = sum(map(sum, self._counts))
            self._seen = (count, {} if found is None else dict(zip(PERCENTS, found, strict=True)))
        return self._seen

    def _one(self, sums: list[int], rank: float) -> float:
        seen = 0
        for step, count in enumerate(sums):
            seen += count
            if count and seen >= rank:
                return self._least * 2 ** ((step + 0.5) / _PER_OCTAVE)
        return self._least * 2**_OCTAVES

    def _move(self, now: float) -> None:
        newest = int(now / self._span)
        if newest <= self._at:
            return
        for number in range(max(self._at + 1, newest - self._slices + 1), newest + 1):
            self._counts[number % self._slices] = array("I", bytes(4 * _STEPS))
        self._at = newest

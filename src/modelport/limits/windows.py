"""Counting: what was used of a limit, in windows of time, and how many requests are under way.

A request is checked against all of its limits and counted in all of them in one step, or refused and counted in none.
`MemoryWindows` does it in this process, `RedisWindows` (in `shared.py`) in one round trip for all processes.

The storage of the `limits` library for one process walks through every key at every count, in a task of its own; with
ten thousand accounts that is milliseconds a request. So this one is ours, behind the same windows (ADR 0010).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Claim", "MemoryWindows", "Refused", "Slot", "Windows"]

_SWEEP_SECONDS = 60.0


class Claim(NamedTuple):
    """What a request takes of one limit."""

    key: str
    """Of the window: its limit, its subject, and which minute or day it is."""
    limit: int
    amount: int
    seconds: int
    """How long the count must be remembered: the length of the window."""


class Slot(NamedTuple):
    """A place among the requests under way at once."""

    key: str
    limit: int
    holder: str
    """The request, by its generation's id."""


class Refused(NamedTuple):
    """What stood in the way; then nothing was counted."""

    at: int
    """Which of the claims; their number for the slot."""
    used: int
    """What was used before this request."""


class Windows(Protocol):
    """Counts, here or shared."""

    async def take(self, claims: Sequence[Claim], slot: Slot | None) -> list[int] | Refused | None:
        """Counts all claims and takes the slot, or does nothing.

        Returns what is used of each window now; None when it can't be told, and then nothing is refused.
        """
        ...

    def change(self, key: str, amount: int, seconds: int) -> None:
        """Adds to a window afterwards, or takes from it; never waits, never fails."""
        ...

    def free(self, slot: Slot) -> None:
        """Gives a slot back; never waits, never fails."""
        ...

    async def used(self, key: str) -> int | None:
        """What is used of a window; None when nobody has counted in it yet or it can't be told."""
        ...

    async def begin(self, key: str, amount: int, seconds: int) -> None:
        """Counts `amount` in a window, if nobody has counted in it yet."""
        ...

    async def start(self) -> None:
        """Begins what runs beside requests."""
        ...

    async def close(self) -> None:
        """Ends it."""
        ...


class _Count:
    __slots__ = ("ends", "used")

    def __init__(self, used: int, ends: float) -> None:
        self.used = used
        self.ends = ends


class MemoryWindows:
    """Counts of one process. Nothing here waits, so every method is one step."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}
        self._busy: dict[str, int] = {}
        self._swept = time.monotonic()

    async def take(self, claims: Sequence[Claim], slot: Slot | None) -> list[int] | Refused | None:
        """See `Windows`."""
        now = time.monotonic()
        if now - self._swept > _SWEEP_SECONDS:
            self._sweep(now)
        found = [self._count(claim.key, claim.seconds, now) for claim in claims]
        for index, (claim, count) in enumerate(zip(claims, found, strict=True)):
            if count.used + claim.amount > claim.limit:
                return Refused(index, count.used)
        if slot is not None:
            busy = self._busy.get(slot.key, 0)
            if busy >= slot.limit:
                return Refused(len(claims), busy)
            self._busy[slot.key] = busy + 1
        for claim, count in zip(claims, found, strict=True):
            count.used += claim.amount
        return [count.used for count in found]

    def change(self, key: str, amount: int, seconds: int) -> None:
        """See `Windows`."""
        count = self._count(key, seconds, time.monotonic())
        count.used = max(count.used + amount, 0)

    def free(self, slot: Slot) -> None:
        """See `Windows`."""
        left = self._busy.get(slot.key, 0) - 1
        if left > 0:
            self._busy[slot.key] = left
        else:
            self._busy.pop(slot.key, None)

    async def used(self, key: str) -> int | None:
        """See `Windows`."""
        count = self._counts.get(key)
        return None if count is None else count.used

    async def begin(self, key: str, amount: int, seconds: int) -> None:
        """See `Windows`."""
        if key not in self._counts:
            self._count(key, seconds, time.monotonic()).used = amount

    async def start(self) -> None:
        """Nothing runs beside."""

    async def close(self) -> None:
        """Nothing to end."""

    def _count(self, key: str, seconds: int, now: float) -> _Count:
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count(0, now + seconds)
        return count

    def _sweep(self, now: float) -> None:
        # A key names its minute or day, so an ended window is never asked for again.
        self._swept = now
        self._counts = {key: count for key, count in self._counts.items() if count.ends > now}

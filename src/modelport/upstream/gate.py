"""How many requests may be with one provider at once."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from modelport.upstream.errors import FaultKind, UpstreamFault

__all__ = ["Gate"]


class Gate:
    """A counter with a queue, first come first served.

    Not `asyncio.Semaphore`: the limit comes with each request, since the operator may change it while
    requests run.
    """

    __slots__ = ("_limit", "_queue", "inside", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.inside = 0
        self._limit = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in the queue."""
        return sum(not place.done() for place in self._queue)

    async def enter(self, limit: int, patience: float) -> None:
        """Take a place; each must be given back by one `leave`.

        Waits at most `patience` seconds, then raises `UpstreamFault(BUSY)`.
        """
        self._limit = limit
        if self.inside < limit and not self._queue:
            self.inside += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        self._admit()
        try:
            async with asyncio.timeout(patience):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.leave()  # It was handed to us in the very moment in which we gave up.
            else:
                with suppress(ValueError):  # `_admit` may have come upon it already.
                    self._queue.remove(place)
            if isinstance(error, TimeoutError):
                raise UpstreamFault.of(self.name, FaultKind.BUSY) from None
            raise

    def leave(self) -> None:
        """Give the place back, or rather to the next in the queue."""
        self.inside -= 1
        self._admit()

    def _admit(self) -> None:
        while self._queue and self.inside < self._limit:
            place = self._queue.popleft()
            if not place.done():
                self.inside += 1
                place.set_result(None)

"""Streams under way, and what a crash would leave of each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.gateway.bill import Bill
    from modelport.gateway.services import Services

__all__ = ["OpenStreams"]


class OpenStreams:
    """Every stream under way; once a second each notes how far it has come, should the process die."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bills: set[Bill] = set()

    def add(self, bill: Bill) -> None:
        """A stream has begun."""
        self._bills.add(bill)

    def remove(self, bill: Bill) -> None:
        """It has ended."""
        self._bills.discard(bill)

    async def run(self) -> None:
        """Writes checkpoints until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            for bill in tuple(self._bills):
                if (point := bill.point()) is not None:
                    self._services.journal.checkpoint(point)

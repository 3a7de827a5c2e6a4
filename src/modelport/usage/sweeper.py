"""Settles streams whose process died, takes back what has expired, and keeps the log of changes short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from modelport.credits import service as credits_
from modelport.db import changes
from modelport.kit import clock
from modelport.usage import batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from modelport.credits.service import Balance, Credits
    from modelport.db.database import Database
    from modelport.usage.batch import Also
    from modelport.usage.generation import Generation

__all__ = ["Sweeper"]

_log = structlog.get_logger(__name__)
_KEEP_CHANGES_MS = 3_600_000


class Sweeper:
    """What a server does now and then, and once when it starts."""

    def __init__(
        self, database: Database, credits: Credits, also_of: Callable[[Generation], Also | None] | None = None
    ) -> None:
        """`also_of` gives what else is written down with a stream that is settled."""
        self._database = database
        self._credits = credits
        self._also_of = also_of

    async def sweep(self, *, alone: bool) -> int:
        """Settles dead holds; returns how many.

        With `alone` (the embedded database, which one server at a time may use) every hold of another process
        is dead; otherwise one is dead when it has expired, for living processes move theirs on.
        """

        def sweep(connection: Connection) -> tuple[int, list[Balance]]:
            now = clock.now_ms()
            changes.prune(connection, now - _KEEP_CHANGES_MS)
            dead = credits_.dead_holds(connection, now, self._credits.process, alone=alone)
            if not dead:
                return 0, []
            balances = batch.recover(connection, dead, self._credits.revenue, self._also_of)
            for account_id in {hold.account_id for hold in dead}:
                changes.note(connection, "credits", account_id)
            return len(dead), balances

        settled = 0
        while True:
            count, balances = await self._database.write(sweep)
            self._credits.settled(balances)
            if not count:
                await self._credits.expire()
                await self._credits.seal()
                return settled
            settled += count
            _log.warning("holds.settled_after_crash", count=count)

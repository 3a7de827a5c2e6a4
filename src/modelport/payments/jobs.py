"""What payments do beside requests: find payments whose event never came, finish what a crash
cut off, top up, hold the books of the day against the processor's.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from modelport.db.database import DatabaseDown
from modelport.errors import ModelportError
from modelport.kit import clock
from modelport.payments import store

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.payments.auto import AutoTopups
    from modelport.payments.books import Books
    from modelport.payments.orders import Orders
    from modelport.payments.refunds import Refunds
    from modelport.payments.vouchers import Vouchers

__all__ = ["Jobs"]

_log = structlog.get_logger(__name__)
_SECONDS = 15
_PATIENCE_MS = 60_000
"""How long a step may take before it counts as cut off."""
_LOOK_EVERY_MS = 120_000
"""How often an open order is asked for."""


class Jobs:
    """The payments' own rounds."""

    def __init__(
        self,
        database: Database,
        orders: Orders,
        refunds: Refunds,
        vouchers: Vouchers,
        auto: AutoTopups,
        *,
        books: Books,
    ) -> None:
        self._database = database
        self._orders = orders
        self._refunds = refunds
        self._vouchers = vouchers
        self._auto = auto
        self._books = books

    async def run(self) -> None:
        """Rounds until cancelled. The first follows a start, perhaps after a crash, and waits for nothing: every step
        may be done again while another process does it too.
        """
        first = True
        while True:
            try:
                await self.round(at_once=first)
                first = False
            except DatabaseDown:
                pass  # the rows will still be there
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("payments.round_fault")
            await asyncio.sleep(_SECONDS)

    async def round(self, *, at_once: bool = False) -> None:
        """One round; `at_once` leaves out the patience with what may be under way."""
        now = clock.now_ms()
        await self._look_at_orders(now if at_once else now - _LOOK_EVERY_MS)
        before = now + 1 if at_once else now - _PATIENCE_MS
        try:
            await self._refunds.finish(before)
        except ModelportError as error:
            _log.warning("payments.refunds_wait", reason=error.message)
        await self._vouchers.finish(before)
        await self._auto.run()
        await self._books.daily()

    async def _look_at_orders(self, before: int) -> None:
        for order in await self._database.read(partial(store.unfinished, before=before + 1, limit=100)):
            try:
                if order.origin == "auto" and order.external_id is None and order.status == "created":
                    await self._auto.charge(order)  # the answer to the charge was lost: ask again by the same key
                    continue
                after = await self._orders.look(order)
                if after.origin == "auto":
                    await self._auto.ended(after)
            except ModelportError as error:
                # The next one of the same processor may do better; this one comes last next time.
                _log.warning("payments.look_failed", order=order.id, reason=error.message)
                await self._database.write(partial(store.change, order_id=order.id))

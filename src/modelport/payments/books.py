"""The operator's books: orders of everybody, events that processors sent, the daily reports, and the ledger itself."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError

from modelport.credits import service as ledger
from modelport.errors import ModelportError
from modelport.kit import clock
from modelport.payments import store, store_books
from modelport.payments.errors import MethodOff
from modelport.payments.reconcile import Report, reconcile
from modelport.payments.store_books import KeptReport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from modelport.credits.service import Entry
    from modelport.db.database import Database
    from modelport.payments.processor import Processor
    from modelport.payments.store import Order
    from modelport.payments.store_books import Event, Wanted

__all__ = ["Books", "MadeReport"]

_log = structlog.get_logger(__name__)
_PIECE = 1_000
"""Rows an export reads at once."""
_SETTLED_MS = 3_600_000
"""How long after midnight a day's books are held against each other."""


class MadeReport(msgspec.Struct):
    """A day's report and when it was made."""

    report: Report
    made_at: int


class Books:
    """What only operators read."""

    def __init__(self, database: Database, processors: Mapping[str, Processor]) -> None:
        self._database = database
        self._processors = processors

    async def orders(self, wanted: Wanted, before: tuple[int, str] | None, limit: int) -> list[Order]:
        """Orders of all accounts, newest first."""
        return await self._database.read(
            partial(store_books.list_orders, wanted=wanted, before=before, limit=limit)
        )  # fmt: skip

    async def all_orders(self, wanted: Wanted) -> AsyncIterator[list[Order]]:
        """The same, all of them, a piece at a time."""
        before: tuple[int, str] | None = None
        while found := await self.orders(wanted, before, _PIECE):
            yield found
            before = found[-1].created_at, found[-1].id

    async def entries(self, since: int, until: int) -> AsyncIterator[list[Entry]]:
        """Every transfer of the ledger in a time, oldest first, a piece at a time."""
        after = 0
        read = partial(ledger.entries, since=since, until=until, limit=_PIECE)
        while found := await self._database.read(partial(read, after=after)):
            yield found
            after = found[-1].seq

    async def events(self, verdict: str | None, order_id: str | None, limit: int) -> list[Event]:
        """Events of web hooks, newest first."""
        return await self._database.read(
            partial(store_books.events_of, verdict=verdict, order_id=order_id, limit=limit)
        )  # fmt: skip

    async def refund(self, refund_id: str) -> store.Refund | None:
        """One refund."""
        return await self._database.read(partial(store.refund, refund_id=refund_id))

    async def reports(self, *, day: int | None = None, limit: int = 100) -> list[MadeReport]:
        """The reports that were made, newest first."""
        kept = await self._database.read(partial(store_books.reports, day=day, limit=limit))
        return [MadeReport(msgspec.json.decode(each.report, type=Report), each.made_at) for each in kept]

    async def reconcile(self, processor: str, day: int) -> MadeReport:
        """Holds a processor's books of a UTC day against ours, and keeps the report.

        Raises `MethodOff`, `ProcessorDown`.
        """
        asked = self._processors.get(processor)
        if asked is None:
            raise MethodOff(f"{processor[:40]!r} is not set up on this server.")
        made = await reconcile(self._database, asked, day)
        moment = clock.now_ms()
        kept = KeptReport(processor, day, made.green, msgspec.json.encode(made).decode(), moment)
        with contextlib.suppress(IntegrityError):  # another process has just made the same
            await self._database.write(partial(store_books.keep_report, new=kept))
        if not made.green:
            _log.error("payments.books_differ", processor=processor, day=day, differences=len(made.differences))
        return MadeReport(made, moment)

    async def daily(self) -> None:
        """Makes yesterday's reports, once each, when the day has been over for an hour."""
        yesterday = clock.day(clock.now_ms() - _SETTLED_MS) - 1
        known = {each.report.processor for each in await self.reports(day=yesterday)}
        for processor in self._processors:
            if processor in known:
                continue
            try:
                await self.reconcile(processor, yesterday)
            except ModelportError as error:  # asked again in the next round
                _log.warning("payments.report_waits", processor=processor, reason=error.message)

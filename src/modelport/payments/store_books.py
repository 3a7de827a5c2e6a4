"""What operators and reports ask of orders, events and days: lists over all accounts."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from modelport.payments.store import Order
from modelport.payments.tables import events, orders, reconciliations, refunds

__all__ = ["Event", "KeptReport", "Wanted", "events_of", "keep_report", "list_orders", "orders_between", "reports"]

_ORDER = [orders.c[name] for name in Order._fields]


class Wanted(NamedTuple):
    """Which orders are looked for; None looks for any."""

    status: str | None = None
    processor: str | None = None
    account_id: str | None = None
    disputed: bool = False
    refunded: bool = False
    words: str | None = None
    """The whole of an order's, an account's or a payment's id."""
    user_ids: tuple[str, ...] = ()
    """Buyers whose address fits the words."""
    since: int | None = None
    until: int | None = None
    """Milliseconds; when it was made."""


class Event(NamedTuple):
    """An event of a web hook and what became of it."""

    processor: str
    event_id: str
    kind: str
    order_id: str | None
    verdict: str
    received_at: int
    deliveries: int


class KeptReport(NamedTuple):
    """A day's books as they were found."""

    processor: str
    day: int
    green: bool
    report: str
    """JSON."""
    made_at: int


def list_orders(connection: Connection, wanted: Wanted, before: tuple[int, str] | None, limit: int) -> list[Order]:
    """Orders of all accounts, newest first, from after `before` (time and id of the last one seen)."""
    query = select(*_ORDER).where(*_conditions(wanted))
    if before is not None:
        at, last = before
        query = query.where(or_(orders.c.created_at < at, (orders.c.created_at == at) & (orders.c.id < last)))
    rows = connection.execute(query.order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(limit))
    return [Order(*row) for row in rows]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        orders.c[name] == value
        for name, value in (
            ("status", wanted.status),
            ("processor", wanted.processor),
            ("account_id", wanted.account_id),
        )
        if value is not None
    ]
    if wanted.disputed:
        found.append(orders.c.disputed > 0)
    if wanted.refunded:
        found.append(orders.c.refunded > 0)
    if wanted.words:
        ids = (orders.c.id, orders.c.account_id, orders.c.payment_id, orders.c.external_id)
        found.append(or_(*(column == wanted.words for column in ids), orders.c.user_id.in_(wanted.user_ids)))
    if wanted.since is not None:
        found.append(orders.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(orders.c.created_at < wanted.until)
    return found


def orders_between(connection: Connection, processor: str, since: int, until: int) -> list[Order]:
    """Orders of a processor that were paid between two moments, or of which money went back then."""
    back = select(refunds.c.order_id).where(refunds.c.updated_at >= since, refunds.c.updated_at < until)
    rows = connection.execute(
        select(*_ORDER).where(
            orders.c.processor == processor,
            or_((orders.c.paid_at >= since) & (orders.c.paid_at < until), orders.c.id.in_(back)),
        )
    )
    return [Order(*row) for row in rows]


def events_of(connection: Connection, verdict: str | None, order_id: str | None, limit: int) -> list[Event]:
    """Events of web hooks, newest first: those whose verdict begins so, or all."""
    query = select(*(events.c[name] for name in Event._fields))
    if verdict is not None:
        query = query.where(events.c.verdict.startswith(verdict, autoescape=True))
    if order_id is not None:
        query = query.where(events.c.order_id == order_id)
    rows = connection.execute(query.order_by(events.c.received_at.desc(), events.c.event_id).limit(limit))
    return [Event(*row) for row in rows]


def keep_report(connection: Connection, new: KeptReport) -> None:
    """Keeps a day's books instead of what was kept of that day before."""
    mine = (reconciliations.c.processor == new.processor) & (reconciliations.c.day == new.day)
    connection.execute(delete(reconciliations).where(mine))
    connection.execute(insert(reconciliations).values(**new._asdict()))


def reports(connection: Connection, *, day: int | None = None, limit: int = 100) -> list[KeptReport]:
    """The books of the last days, or of one, newest first."""
    query = select(*(reconciliations.c[name] for name in KeptReport._fields))
    if day is not None:
        query = query.where(reconciliations.c.day == day)
    rows = connection.execute(query.order_by(reconciliations.c.day.desc(), reconciliations.c.processor).limit(limit))
    return [KeptReport(*row) for row in rows]

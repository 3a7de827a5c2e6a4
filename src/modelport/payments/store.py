"""Every query on orders, events, customers and refunds."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from modelport.kit import clock
from modelport.payments.tables import customers, events, orders, refunds

__all__ = [
    "Customer",
    "Order",
    "Refund",
    "add_order",
    "add_refund",
    "by_client_key",
    "by_external_id",
    "by_payment_id",
    "change",
    "change_refund",
    "customer",
    "customer_of",
    "is_applied",
    "last_auto",
    "note_event",
    "of_account",
    "open_refunds",
    "order",
    "refund",
    "refunds_of",
    "remember_customer",
    "spent_by_auto_since",
    "unfinished",
]


_DAY_MS = 86_400_000


class Order(NamedTuple):
    """One row of `payment_orders`; its table says what the columns mean."""

    id: str
    account_id: str
    user_id: str
    processor: str
    method: str | None
    origin: str
    credits: int
    fee: int
    currency: str
    amount: int
    rate: str
    status: str
    external_id: str | None
    payment_id: str | None
    url: str | None
    paid_amount: int | None
    tax: int | None
    failure: str | None
    client_key: str | None
    created_at: int
    updated_at: int
    expires_at: int
    paid_at: int | None
    credited_at: int | None
    refunded: int
    disputed: int
    credits_days: int | None = None

    @property
    def credits_expire_at(self) -> int | None:
        """When what is left of its credits is taken away, in milliseconds; None: never."""
        if self.credits_days is None or self.paid_at is None:
            return None
        return self.paid_at + self.credits_days * _DAY_MS


class Refund(NamedTuple):
    """One row of `payment_refunds`."""

    id: str
    order_id: str
    credits: int
    amount: int
    taken: int
    owed: int
    if_spent: str
    status: str
    external_id: str | None
    reason: str
    requested_by: str
    failure: str | None
    created_at: int
    updated_at: int


class Customer(NamedTuple):
    """Who an account is at a processor."""

    account_id: str
    processor: str
    customer_id: str
    payment_method: str | None
    brand: str | None
    last4: str | None


_ORDER = [orders.c[name] for name in Order._fields]
_REFUND = [refunds.c[name] for name in Refund._fields]
_CUSTOMER = [customers.c[name] for name in Customer._fields]


def add_order(connection: Connection, new: Order) -> None:
    """Stores a new order. Raises `IntegrityError` for a client key, or an automatic order, that is there already."""
    connection.execute(insert(orders).values(**new._asdict()))


def order(connection: Connection, order_id: str, *, account_id: str | None = None, lock: bool = False) -> Order | None:
    """The order with this id, perhaps only if it is the account's; locked against other changes."""
    statement = select(*_ORDER).where(orders.c.id == order_id)
    if account_id is not None:
        statement = statement.where(orders.c.account_id == account_id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return Order(*row) if row else None


def by_client_key(connection: Connection, account_id: str, client_key: str) -> Order | None:
    """The order that the account made with this key of its own."""
    row = connection.execute(
        select(*_ORDER).where(orders.c.account_id == account_id, orders.c.client_key == client_key)
    ).first()
    return Order(*row) if row else None


def by_external_id(connection: Connection, processor: str, external_id: str) -> Order | None:
    """The order that the processor calls so."""
    row = connection.execute(
        select(*_ORDER).where(orders.c.processor == processor, orders.c.external_id == external_id)
    ).first()
    return Order(*row) if row else None


def by_payment_id(connection: Connection, processor: str, payment_id: str) -> Order | None:
    """The order that was paid by this payment of the processor's."""
    row = connection.execute(
        select(*_ORDER).where(orders.c.processor == processor, orders.c.payment_id == payment_id)
    ).first()
    return Order(*row) if row else None


def of_account(connection: Connection, account_id: str, *, before: tuple[int, str] | None, limit: int) -> list[Order]:
    """An account's orders, newest first, from after `before` (time and id of the last one seen)."""
    statement = select(*_ORDER).where(orders.c.account_id == account_id)
    if before is not None:
        at, last = before
        statement = statement.where(or_(orders.c.created_at < at, (orders.c.created_at == at) & (orders.c.id < last)))
    rows = connection.execute(statement.order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(limit))
    return [Order(*row) for row in rows]


def unfinished(connection: Connection, *, before: int, limit: int) -> list[Order]:
    """Orders that may have been paid or must still be credited, not looked at since `before`; the longest first."""
    rows = connection.execute(
        select(*_ORDER)
        .where(
            or_(
                orders.c.status.in_(("created", "pending")),
                (orders.c.status == "paid") & orders.c.credited_at.is_(None),
            ),
            orders.c.updated_at < before,
        )
        .order_by(orders.c.updated_at)
        .limit(limit)
    )
    return [Order(*row) for row in rows]


def change(connection: Connection, order_id: str, **values: object) -> None:
    """Changes an order; its `updated_at` with it."""
    connection.execute(update(orders).where(orders.c.id == order_id).values(updated_at=clock.now_ms(), **values))


def spent_by_auto_since(connection: Connection, account_id: str, since: int) -> int:
    """Credits that automatic orders of the account bought, or may still buy, since then."""
    statement = select(func.coalesce(func.sum(orders.c.credits), 0)).where(
        orders.c.account_id == account_id,
        orders.c.origin == "auto",
        orders.c.created_at >= since,
        orders.c.status.in_(("created", "pending", "paid")),
    )
    return int(connection.execute(statement).scalar_one())


def last_auto(connection: Connection, account_id: str) -> Order | None:
    """The newest automatic order of an account."""
    mine = select(*_ORDER).where(orders.c.account_id == account_id, orders.c.origin == "auto")
    row = connection.execute(mine.order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(1)).first()
    return Order(*row) if row else None


def note_event(  # noqa: PLR0917 (a row)
    connection: Connection, processor: str, event_id: str, kind: str, order_id: str | None, verdict: str
) -> None:
    """Notes an event of a web hook and what became of it; a repeated delivery is counted, and keeps `applied`."""
    key = (events.c.processor == processor) & (events.c.event_id == event_id)
    known = connection.execute(select(events.c.verdict).where(key).with_for_update()).scalar()
    if known is not None:
        final = known if known == "applied" else verdict
        connection.execute(update(events).where(key).values(verdict=final, deliveries=events.c.deliveries + 1))
        return
    row = {
        "processor": processor,
        "event_id": event_id,
        "kind": kind,
        "order_id": order_id,
        "verdict": verdict,
        "received_at": clock.now_ms(),
        "deliveries": 1,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(events).values(**row))
    except IntegrityError:  # the same event was delivered to another process at this moment
        connection.execute(update(events).where(key).values(deliveries=events.c.deliveries + 1))


def is_applied(connection: Connection, processor: str, event_id: str) -> bool:
    """Whether this event did its work already."""
    row = select(events.c.verdict).where(events.c.processor == processor, events.c.event_id == event_id)
    return connection.execute(row).scalar() == "applied"


def customer(connection: Connection, account_id: str, processor: str) -> Customer | None:
    """Who the account is at the processor."""
    row = connection.execute(
        select(*_CUSTOMER).where(customers.c.account_id == account_id, customers.c.processor == processor)
    ).first()
    return Customer(*row) if row else None


def customer_of(connection: Connection, processor: str, customer_id: str) -> Customer | None:
    """Which account is called so at the processor."""
    row = connection.execute(
        select(*_CUSTOMER).where(customers.c.processor == processor, customers.c.customer_id == customer_id)
    ).first()
    return Customer(*row) if row else None


def remember_customer(connection: Connection, new: Customer) -> None:
    """Keeps what is known of an account at a processor; a saved payment method is kept while none replaces it."""
    known = customer(connection, new.account_id, new.processor)
    if known is None:
        connection.execute(insert(customers).values(created_at=clock.now_ms(), **new._asdict()))
        return
    values: dict[str, object] = {"customer_id": new.customer_id}
    if new.payment_method is not None:
        values |= {"payment_method": new.payment_method, "brand": new.brand, "last4": new.last4}
    connection.execute(
        update(customers)
        .where(customers.c.account_id == new.account_id, customers.c.processor == new.processor)
        .values(**values)
    )


def add_refund(connection: Connection, new: Refund) -> None:
    """Stores a new refund."""
    connection.execute(insert(refunds).values(**new._asdict()))


def refund(connection: Connection, refund_id: str) -> Refund | None:
    """The refund with this id."""
    row = connection.execute(select(*_REFUND).where(refunds.c.id == refund_id)).first()
    return Refund(*row) if row else None


def refunds_of(connection: Connection, order_id: str) -> list[Refund]:
    """The refunds of an order, oldest first."""
    rows = connection.execute(
        select(*_REFUND).where(refunds.c.order_id == order_id).order_by(refunds.c.created_at, refunds.c.id)
    )
    return [Refund(*row) for row in rows]


def open_refunds(connection: Connection, *, before: int, limit: int) -> list[Refund]:
    """Refunds that a crash or a fault left half done."""
    rows = connection.execute(
        select(*_REFUND)
        .where(refunds.c.status.in_(("requested", "taken")), refunds.c.updated_at < before)
        .order_by(refunds.c.updated_at)
        .limit(limit)
    )
    return [Refund(*row) for row in rows]


def change_refund(connection: Connection, refund_id: str, **values: object) -> None:
    """Changes a refund."""
    connection.execute(update(refunds).where(refunds.c.id == refund_id).values(updated_at=clock.now_ms(), **values))

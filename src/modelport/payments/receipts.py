"""Receipts: numbered without a gap, and unchangeable, each with everything that stands on it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from modelport.kit import clock
from modelport.payments.errors import NoSuchOrder
from modelport.payments.tables import billing_profiles, receipt_series, receipts

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.payments.store import Order, Refund
    from modelport.settings import Settings

__all__ = ["Facts", "Profile", "Receipt", "Receipts"]


class Profile(msgspec.Struct, frozen=True):
    """The buyer as receipts name them; empty where nothing was given."""

    name: str = ""
    address: str = ""
    country: str = ""
    tax_id: str = ""
    email: str = ""


class Facts(msgspec.Struct, frozen=True):
    """What stands on a receipt. Credits and fee in nano-dollars, the rest in the currency's smallest unit."""

    seller: str
    seller_details: str
    buyer: Profile
    order_id: str
    processor: str
    method: str
    payment_id: str
    credits: int
    fee: int
    currency: str
    rate: str
    subtotal: int
    tax: int
    total: int
    """What was paid; of a refund, what was paid back."""
    refund_id: str = ""
    of_receipt: str = ""
    """The number of the receipt that a refund's corrects."""


class Receipt(NamedTuple):
    """One receipt."""

    number: str
    kind: str
    """`receipt` or `refund`."""
    order_id: str
    issued_at: int
    facts: Facts


class Receipts:
    """Issuing and finding receipts, and the buyer's details for the next ones."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def issue(self, order: Order) -> str:
        """The receipt of a paid order; its number. Repeating it gives the same."""

        def write(connection: Connection) -> str:
            known = _of_order(connection, order.id)
            if known is not None:
                return known
            facts = Facts(
                seller=self._settings.seller_name,
                seller_details=self._settings.seller_details,
                buyer=_profile(connection, order.account_id),
                order_id=order.id,
                processor=order.processor,
                method=order.method or "",
                payment_id=order.payment_id or "",
                credits=order.credits,
                fee=order.fee,
                currency=order.currency,
                rate=order.rate,
                subtotal=order.amount,
                tax=order.tax or 0,
                total=order.paid_amount if order.paid_amount is not None else order.amount,
            )
            return _add(connection, order.account_id, order.id, None, facts)

        return await self._database.write(write)

    async def issue_refund(self, order: Order, refund: Refund) -> str:
        """The receipt of money that went back; its number. Repeating it gives the same."""

        def write(connection: Connection) -> str:
            known = connection.execute(select(receipts.c.number).where(receipts.c.refund_id == refund.id)).scalar()
            if known is not None:
                return str(known)
            facts = Facts(
                seller=self._settings.seller_name,
                seller_details=self._settings.seller_details,
                buyer=_profile(connection, order.account_id),
                order_id=order.id,
                processor=order.processor,
                method=order.method or "",
                payment_id=order.payment_id or "",
                credits=refund.taken + refund.owed,
                fee=0,
                currency=order.currency,
                rate=order.rate,
                subtotal=refund.amount,
                tax=0,
                total=refund.amount,
                refund_id=refund.id,
                of_receipt=_of_order(connection, order.id) or "",
            )
            return _add(connection, order.account_id, order.id, refund.id, facts)

        return await self._database.write(write)

    async def of_account(self, account_id: str, limit: int = 200) -> list[Receipt]:
        """An account's receipts, newest first."""
        return await self._database.read(partial(_list, account_id=account_id, limit=limit))

    async def one(self, account_id: str, number: str) -> Receipt:
        """One receipt of an account. Raises `NoSuchOrder`."""
        found = await self._database.read(partial(_list, account_id=account_id, limit=1, number=number))
        if not found:
            raise NoSuchOrder(f"There is no receipt {number[:40]!r}.")
        return found[0]

    async def profile(self, account_id: str) -> Profile:
        """The buyer's details for the next receipt."""
        return await self._database.read(partial(_profile, account_id=account_id))

    async def set_profile(self, account_id: str, profile: Profile) -> None:
        """Changes them; receipts that were issued stay as they are."""

        def write(connection: Connection) -> None:
            values = {**msgspec.structs.asdict(profile), "updated_at": clock.now_ms()}
            mine = billing_profiles.c.account_id == account_id
            if not connection.execute(update(billing_profiles).where(mine).values(**values)).rowcount:
                connection.execute(insert(billing_profiles).values(account_id=account_id, **values))

        await self._database.write(write)


def _of_order(connection: Connection, order_id: str) -> str | None:
    number = connection.execute(
        select(receipts.c.number).where(receipts.c.order_id == order_id, receipts.c.kind == "receipt")
    ).scalar()
    return None if number is None else str(number)


def _add(connection: Connection, account_id: str, order_id: str, refund_id: str | None, facts: Facts) -> str:
    number = _next(connection, str(clock.now().year))
    connection.execute(
        insert(receipts).values(
            number=number,
            account_id=account_id,
            order_id=order_id,
            refund_id=refund_id,
            kind="receipt" if refund_id is None else "refund",
            facts=msgspec.json.encode(facts).decode(),
            issued_at=clock.now_ms(),
        )
    )
    return number


def _next(connection: Connection, series: str) -> str:
    """The next number: the row is locked until the receipt that bears it is committed with it."""
    row = receipt_series.c.series == series
    raised = update(receipt_series).where(row).values(last=receipt_series.c.last + 1)
    if not connection.execute(raised).rowcount:
        connection.execute(insert(receipt_series).values(series=series, last=1))
    last = connection.execute(select(receipt_series.c.last).where(row)).scalar_one()
    return f"MP-{series}-{int(last):06d}"


def _list(connection: Connection, account_id: str, limit: int, number: str | None = None) -> list[Receipt]:
    statement = select(
        receipts.c.number, receipts.c.kind, receipts.c.order_id, receipts.c.issued_at, receipts.c.facts
    ).where(receipts.c.account_id == account_id)
    if number is not None:
        statement = statement.where(receipts.c.number == number)
    rows = connection.execute(statement.order_by(receipts.c.issued_at.desc(), receipts.c.number.desc()).limit(limit))
    return [Receipt(*row[:4], msgspec.json.decode(row.facts, type=Facts)) for row in rows]


def _profile(connection: Connection, account_id: str) -> Profile:
    row = connection.execute(
        select(*(billing_profiles.c[name] for name in Profile.__struct_fields__)).where(
            billing_profiles.c.account_id == account_id
        )
    ).first()
    return Profile(*row) if row else Profile()

"""Orders: what somebody wants to buy, the page to pay it on, and what happened to it.

Each step is written down before the next: the order before the processor is asked, the payment before credits move,
the credits before the receipt. Every step can be repeated, so a crash between any two is mended by doing the rest
again (`unfinished` orders, `jobs.py`).
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import structlog
from sqlalchemy.exc import IntegrityError

from modelport.errors import Conflict
from modelport.kit import clock, ids
from modelport.kit.money import format_usd
from modelport.payments import store
from modelport.payments.amounts import quote
from modelport.payments.errors import BadOrder, MethodOff, NoSuchOrder
from modelport.payments.store import Customer, Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.notices.service import Notices
    from modelport.payments.processor import Buyer, Found, Paid, Processor, Started
    from modelport.payments.receipts import Receipts
    from modelport.settings import Settings

__all__ = ["Bought", "Orders"]

_log = structlog.get_logger(__name__)
_DAY_MS = 86_400_000
_ALIVE_MS: dict[str, int] = {"bank": 30 * _DAY_MS}
"""How long an order waits for its payment; a day for processors not named."""


class Bought(NamedTuple):
    """An order and how to pay it."""

    order: Order
    instructions: str | None


class Orders:
    """Making orders and settling them."""

    def __init__(
        self,
        database: Database,
        credits: Credits,
        settings: Settings,
        processors: Mapping[str, Processor],
        receipts: Receipts,
        *,
        notices: Notices,
    ) -> None:
        self._database = database
        self._credits = credits
        self._settings = settings
        self._processors = processors
        self._receipts = receipts
        self._notices = notices

    def processor_for(self, method: str, currency: str) -> Processor:
        """Who takes payments by this method in this currency. Raises `MethodOff`."""
        for each in self._processors.values():
            if method in each.methods and currency in each.currencies:
                return each
        raise MethodOff(f"Paying by {method[:40]!r} in {currency[:8]!r} is not set up on this server.")

    async def buy(
        self,
        account_id: str,
        buyer: Buyer,
        *,
        user_id: str,
        credits: int,
        currency: str,
        method: str,
        client_key: str | None,
    ) -> Bought:
        """An order for `credits` (nano-dollars), with the page to pay it on.

        The same `client_key` gives the same order. Raises `BadOrder`, `MethodOff`, `Conflict` for a key that stands
        for another order, `ProcessorDown`, `ProcessorRefused`.
        """
        wanted = quote(self._settings, credits, currency)
        processor = self.processor_for(method, currency)
        now = clock.now_ms()
        fresh = Order(
            id=ids.prefixed("pay"),
            account_id=account_id,
            user_id=user_id,
            processor=processor.name,
            method=method,
            origin="checkout",
            credits=wanted.credits,
            fee=wanted.fee,
            currency=currency,
            amount=wanted.amount,
            rate=wanted.rate,
            status="created",
            external_id=None,
            payment_id=None,
            url=None,
            paid_amount=None,
            tax=None,
            failure=None,
            client_key=client_key,
            created_at=now,
            updated_at=now,
            expires_at=now + _ALIVE_MS.get(processor.name, _DAY_MS),
            paid_at=None,
            credited_at=None,
            refunded=0,
            disputed=0,
            credits_days=self._settings.bought_credits_days,
        )
        order = await self._written(fresh)
        if order.status != "created":
            return Bought(order, None)
        known = await self._database.read(partial(store.customer, account_id=account_id, processor=processor.name))
        buyer = buyer._replace(customer_id=known.customer_id if known else None)
        started = await processor.start(order, method, buyer)
        return Bought(await self._started(order, started), started.instructions)

    async def _written(self, fresh: Order) -> Order:
        """The new order, or the one that was made before with the same key."""
        try:
            await self._database.write(partial(store.add_order, new=fresh))
        except IntegrityError:
            if fresh.client_key is None:
                raise
            find = partial(store.by_client_key, account_id=fresh.account_id, client_key=fresh.client_key)
            known = await self._database.read(find)
            same = known is not None and (known.credits, known.currency, known.method, known.origin) == (
                fresh.credits,
                fresh.currency,
                fresh.method,
                fresh.origin,
            )
            if known is None or not same:
                raise Conflict("This idempotency key stands for another order; use a new one.") from None
            return known
        return fresh

    async def _started(self, order: Order, started: Started) -> Order:
        def write(connection: Connection) -> Order:
            store.change(connection, order.id, external_id=started.external_id, url=started.url, status="pending")
            if started.customer_id is not None:
                who = Customer(order.account_id, order.processor, started.customer_id, None, None, None)
                store.remember_customer(connection, who)
            found = store.order(connection, order.id)
            assert found is not None
            return found

        return await self._database.write(write)

    async def of(self, account_id: str, order_id: str) -> Order:
        """One order of an account. Raises `NoSuchOrder`."""
        order = await self._database.read(partial(store.order, order_id=order_id, account_id=account_id))
        if order is None:
            raise NoSuchOrder(f"There is no order {order_id[:60]!r}.")
        return order

    async def any(self, order_id: str) -> Order:
        """One order of whomever. Raises `NoSuchOrder`."""
        order = await self._database.read(partial(store.order, order_id=order_id))
        if order is None:
            raise NoSuchOrder(f"There is no order {order_id[:60]!r}.")
        return order

    async def of_account(self, account_id: str, before: tuple[int, str] | None, limit: int) -> list[Order]:
        """An account's orders, newest first."""
        return await self._database.read(partial(store.of_account, account_id=account_id, before=before, limit=limit))

    async def cancel(self, order: Order) -> Order:
        """Gives up an order that nobody has paid. Raises `BadOrder` when it was."""
        order = await self.look(order)
        if order.status == "paid":
            raise BadOrder("The order was paid.", metadata={"rule": "paid"})
        return await self._ended(order, "canceled", None)

    async def look(self, order: Order) -> Order:
        """Asks the processor how the order stands, and does what follows.

        Raises `ProcessorDown`, `ProcessorRefused`.
        """
        if order.status == "paid":
            return await self.credited(order)
        processor = self._processors.get(order.processor)
        if processor is None:
            return order
        return await self.found(order, await processor.find(order))

    async def found(self, order: Order, found: Found) -> Order:
        """Takes over what a processor says of an order."""
        if found.state == "paid":
            assert found.paid is not None
            return await self._paid(order, found.paid)
        if found.state in {"failed", "expired"}:
            return await self._ended(order, found.state, found.failure)
        if order.expires_at < clock.now_ms():
            return await self._ended(order, "expired", None)
        await self._database.write(partial(store.change, order_id=order.id))
        return order

    async def confirm(self, order: Order, paid: Paid) -> Order:
        """An operator says that the money of a bank transfer has come. Raises `BadOrder`."""
        if order.processor != "bank":
            raise BadOrder("Only bank transfers are confirmed by hand.", metadata={"rule": "by_hand"})
        if order.status in {"expired", "canceled"}:  # late, but it came
            await self._database.write(partial(store.change, order_id=order.id, status="pending"))
            order = await self.any(order.id)
        return await self._paid(order, paid)

    async def _paid(self, order: Order, paid: Paid) -> Order:
        """Notes a payment once, if it is what the order asked for; then credits it."""

        def write(connection: Connection) -> tuple[Order, bool]:
            now = store.order(connection, order.id, lock=True)
            assert now is not None
            if now.status == "paid":
                return now, True
            if (paid.currency, paid.subtotal) != (now.currency, now.amount):
                store.change(connection, now.id, failure="amount_mismatch")
                return now, False
            # Money that came is never refused for being late: an order that was given up is credited all the same.
            facts = {"payment_id": paid.payment_id, "paid_amount": paid.total, "tax": paid.tax}
            method = paid.method or now.method
            store.change(
                connection, now.id, status="paid", paid_at=clock.now_ms(), method=method, failure=None, **facts
            )
            if paid.saved is not None:
                who = paid.saved
                store.remember_customer(
                    connection,
                    Customer(now.account_id, now.processor, who.customer_id, who.payment_method, who.brand, who.last4),
                )
            changed = store.order(connection, now.id)
            assert changed is not None
            return changed, True

        try:
            changed, good = await self._database.write(write)
        except IntegrityError:
            good, changed = False, order  # the payment stands for another order already
        if not good:
            _log.error("payments.mismatch", order=order.id, currency=paid.currency, subtotal=paid.subtotal)
            return changed
        return await self.credited(changed)

    async def credited(self, order: Order) -> Order:
        """Credits a paid order, if that has not happened yet, and issues its receipt."""
        if order.credited_at is not None:
            return order
        await self._credits.topup(
            order.account_id,
            order.credits,
            processor=order.processor,
            reference=order.id,
            idempotency_key=f"topup/{order.id}",
            fee=order.fee,
            expires_at=order.credits_expire_at,
        )
        number = await self._receipts.issue(order)
        await self._database.write(partial(store.change, order_id=order.id, credited_at=clock.now_ms()))
        _log.info("payments.credited", order=order.id, processor=order.processor)
        with contextlib.suppress(Exception):  # a notice that can't be written takes no credits back
            amount = f"${format_usd(order.credits)}"
            await self._notices.send(order.account_id, "receipt", subject=order.id, amount=amount, number=number)
        return await self.any(order.id)

    async def _ended(self, order: Order, status: str, failure: str | None) -> Order:
        def write(connection: Connection) -> Order:
            now = store.order(connection, order.id, lock=True)
            assert now is not None
            if now.status not in {"created", "pending"}:
                return now
            store.change(connection, now.id, status=status, failure=failure)
            changed = store.order(connection, now.id)
            assert changed is not None
            return changed

        return await self._database.write(write)

"""What processors tell by web hook. A good signature says who speaks; what is true of a payment is asked for.

An event is applied only to the order of its own processor, payment, amount and currency, and the order is then looked
up at the processor, so that events which come late, twice or in the wrong order change nothing. Every event is noted
with its verdict.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from modelport.payments import store
from modelport.payments.errors import ProcessorRefused

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.payments.orders import Orders
    from modelport.payments.processor import Notice
    from modelport.payments.refunds import Refunds
    from modelport.payments.store import Order

__all__ = ["Hooks"]

_log = structlog.get_logger(__name__)


REFUSALS: Final = {
    "other_processor": "another processor's order",
    "other_order": "names another order",
    "other_currency": "another currency",
    "other_amount": "another amount",
    "more_than_paid": "more than was paid",
    "unknown": "the processor does not know it",
}
"""Why an event is refused: a word for programs, and what the verdict says."""


def refusal_of(verdict: str) -> str | None:
    """The word for why, of a verdict that was noted; None where it was not refused."""
    _, _, why = verdict.partition("refused: ")
    return next((word for word, said in REFUSALS.items() if why.startswith(said)), None)


class Hooks:
    """Applies events whose signature was good."""

    def __init__(self, database: Database, orders: Orders, refunds: Refunds) -> None:
        self._database = database
        self._orders = orders
        self._refunds = refunds

    async def take(self, processor: str, notice: Notice) -> str:
        """Does what an event asks for and notes the verdict: `applied`, `ignored` or `refused: why`.

        Raises `ProcessorDown` when the truth can't be asked for now: the processor will send the event again.
        """
        order = await self._order(processor, notice)
        if order is None:
            verdict = "ignored"
        elif order.processor != processor:
            verdict = f"refused: {REFUSALS['other_processor']}"
        else:
            verdict = await self._apply(order, notice)
        await self._database.write(
            partial(
                store.note_event,
                processor=processor,
                event_id=notice.event_id[:200],
                kind=notice.kind[:100],
                order_id=order.id if order is not None else None,
                verdict=verdict,
            )
        )
        if verdict.startswith("refused"):
            _log.error("payments.event_refused", processor=processor, event_id=notice.event_id, verdict=verdict)
        return verdict

    async def _order(self, processor: str, notice: Notice) -> Order | None:
        """The order that the event is about; one of another processor's only where the event names it by our id."""
        if notice.about == "other":
            return None
        read = self._database.read
        found: Order | None = None
        if notice.payment_id is not None:
            found = await read(partial(store.by_payment_id, processor=processor, payment_id=notice.payment_id))
        if found is None and notice.external_id is not None:
            found = await read(partial(store.by_external_id, processor=processor, external_id=notice.external_id))
        if found is None and notice.order_id is not None:
            found = await read(partial(store.order, order_id=notice.order_id))
        return found

    async def _apply(self, order: Order, notice: Notice) -> str:
        if (why := _mismatch(order, notice)) is not None:
            return f"refused: {why}"
        known = partial(store.is_applied, processor=order.processor, event_id=notice.event_id[:200])
        if await self._database.read(known):
            return "ignored"  # the same event again
        match notice.about:
            case "payment":
                return await self._payment(order)
            case "refund":
                return await self._refund(order, notice)
            case _:
                return await self._dispute(order, notice)

    async def _payment(self, order: Order) -> str:
        before = (order.status, order.credited_at)
        try:
            after = await self._orders.look(order)
        except ProcessorRefused as error:
            return f"refused: {REFUSALS['unknown']} ({error.reason})"
        return "ignored" if (after.status, after.credited_at) == before else "applied"

    async def _refund(self, order: Order, notice: Notice) -> str:
        if order.credited_at is None or not notice.amount or notice.reference is None:
            return "ignored"
        if notice.amount > (order.paid_amount or order.amount):
            return f"refused: {REFUSALS['more_than_paid']}"
        done = await self._refunds.paid_back_elsewhere(order, notice.reference, notice.amount)
        return "applied" if done else "ignored"

    async def _dispute(self, order: Order, notice: Notice) -> str:
        if not notice.amount or notice.reference is None:
            return "ignored"
        if notice.amount > (order.paid_amount or order.amount):
            return f"refused: {REFUSALS['more_than_paid']}"
        # A dispute may be told before the payment is: the payment first, so that there is something to take.
        current = await self._orders.look(order)
        if current.credited_at is None:
            return "ignored"
        if notice.won is None:
            done = await self._refunds.disputed(current, notice.reference, notice.amount)
        elif notice.won:
            await self._refunds.disputed(current, notice.reference, notice.amount)
            again = await self._orders.any(order.id)
            done = await self._refunds.dispute_won(again, notice.reference, notice.amount)
        else:
            done = await self._refunds.disputed(current, notice.reference, notice.amount)
        return "applied" if done else "ignored"


def _mismatch(order: Order, notice: Notice) -> str | None:
    """How an event does not fit the order it was found for."""
    if notice.order_id is not None and notice.order_id != order.id:
        return REFUSALS["other_order"]
    if notice.currency is not None and notice.currency != order.currency:
        return REFUSALS["other_currency"]
    if notice.about == "payment" and notice.amount not in {None, order.amount}:
        return REFUSALS["other_amount"]
    return None

"""Money that goes back: refunds an operator or a processor makes, and disputes. New transfers, never changed ones.

A refund takes the credits first and pays out then, so that nothing can be spent that is already on its way back. Where
the processor refuses, the credits come back. What was spent before is handled as `if_spent` says.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, cast

import structlog

from modelport.credits.errors import AlreadySpent
from modelport.kit import clock, ids
from modelport.payments import store
from modelport.payments.amounts import show
from modelport.payments.errors import NotRefundable, ProcessorDown, ProcessorRefused
from modelport.payments.store import Order, Refund

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from modelport.credits.service import Credits, IfSpent
    from modelport.db.database import Database
    from modelport.notices.service import Notices
    from modelport.payments.processor import Processor
    from modelport.payments.receipts import Receipts

__all__ = ["Refunds"]

_log = structlog.get_logger(__name__)


class Refunds:
    """Refunds and disputes of paid orders."""

    def __init__(
        self,
        database: Database,
        credits: Credits,
        processors: Mapping[str, Processor],
        receipts: Receipts,
        notices: Notices,
    ) -> None:
        self._database = database
        self._credits = credits
        self._processors = processors
        self._receipts = receipts
        self._notices = notices

    async def refund(
        self, order: Order, credits: int | None, *, if_spent: IfSpent, reason: str, requested_by: str
    ) -> Refund:
        """Pays back `credits` (nano-dollars) of an order, or all that is left of it; the fee goes back in proportion.

        Raises `NotRefundable`, `AlreadySpent`, `ProcessorRefused`; on `ProcessorDown` the refund is left to be
        finished later, and returned as `taken`.
        """
        refund = await self._requested(order, credits, if_spent, reason, requested_by)
        try:
            refund = await self._take(order, refund)
        except AlreadySpent:
            await self._failed(order, refund, "already_spent")
            raise
        try:
            return await self._pay_out(order, refund)
        except ProcessorDown:
            _log.warning("payments.refund_waits", refund=refund.id)
            return refund

    async def of(self, order_id: str) -> list[Refund]:
        """The refunds of an order."""
        return await self._database.read(partial(store.refunds_of, order_id=order_id))

    async def finish(self, before: int) -> None:
        """Goes on with refunds that a crash or a fault left half done. Raises `ProcessorDown`."""
        for refund in await self._database.read(partial(store.open_refunds, before=before, limit=20)):
            order = await self._database.read(partial(store.order, order_id=refund.order_id))
            assert order is not None
            processor = self._processors.get(order.processor)
            repeats = processor is not None and processor.repeats_refunds
            if refund.status == "taken" and not repeats:
                continue  # asked once and not answered: only a person can find out whether it was paid
            try:
                taken = await self._take(order, refund) if refund.status == "requested" else refund
                await self._pay_out(order, taken)
            except (AlreadySpent, ProcessorRefused) as error:
                if isinstance(error, AlreadySpent):
                    await self._failed(order, refund, "already_spent")
                _log.warning("payments.refund_failed", refund=refund.id, reason=error.message)

    async def settle(self, refund: Refund, *, paid: bool) -> None:
        """An operator found out whether a refund without an answer was paid."""
        order = await self._database.read(partial(store.order, order_id=refund.order_id))
        assert order is not None
        if refund.status != "taken":
            raise NotRefundable("The refund is finished.")
        if paid:
            await self._done(order, refund, refund.id)
        else:
            await self._give_back(order, refund, "not_paid")

    async def _requested(
        self, order: Order, credits: int | None, if_spent: IfSpent, reason: str, requested_by: str
    ) -> Refund:
        def write(connection: Connection) -> Refund:
            now = store.order(connection, order.id, lock=True)
            assert now is not None
            left = now.credits - now.refunded - now.disputed
            wanted = left if credits is None else credits
            if now.status != "paid" or now.credited_at is None:
                raise NotRefundable("Only orders that were paid and credited can be refunded.")
            if not 0 < wanted <= left:
                raise NotRefundable(
                    "There is not so much left of this order that was not paid back already.", metadata={"rule": "left"}
                )
            moment = clock.now_ms()
            made = Refund(
                id=ids.prefixed("refund"),
                order_id=now.id,
                credits=wanted,
                amount=_share(now, wanted),
                taken=0,
                owed=0,
                if_spent=if_spent,
                status="requested",
                external_id=None,
                reason=reason,
                requested_by=requested_by,
                failure=None,
                created_at=moment,
                updated_at=moment,
            )
            if made.amount <= 0:
                raise NotRefundable(
                    "That is less than the smallest amount that can be paid back.", metadata={"rule": "small"}
                )
            store.add_refund(connection, made)
            store.change(connection, now.id, refunded=now.refunded + wanted)
            return made

        return await self._database.write(write)

    async def _take(self, order: Order, refund: Refund) -> Refund:
        moved = await self._credits.refund(
            order.account_id,
            refund.credits,
            processor=order.processor,
            reference=order.id,
            idempotency_key=f"refund/{refund.id}",
            if_spent=cast("IfSpent", refund.if_spent),  # written by us, from that type
        )
        taken = moved.amount

        def write(connection: Connection) -> Refund:
            known = store.refund(connection, refund.id)
            now = store.order(connection, order.id, lock=True)
            assert known is not None
            assert now is not None
            if known.status != "requested":
                return known
            owed = refund.credits - taken if refund.if_spent == "debt" else 0
            given_up = refund.credits - taken - owed
            amount = refund.amount if not given_up else _share(order, taken)
            store.change_refund(connection, refund.id, taken=taken, owed=owed, amount=max(amount, 1), status="taken")
            if given_up:
                store.change(connection, order.id, refunded=now.refunded - given_up)
            changed = store.refund(connection, refund.id)
            assert changed is not None
            return changed

        changed = await self._database.write(write)
        if changed.taken + changed.owed == 0:
            await self._failed(order, changed, "nothing_left")
            raise AlreadySpent("Nothing of this order's credits is left.")
        return changed

    async def _pay_out(self, order: Order, refund: Refund) -> Refund:
        processor = self._processors.get(order.processor)
        if processor is None:
            raise ProcessorDown("The order's payment processor is no longer set up on this server.")
        try:
            external = await processor.refund(order, refund.amount, refund.id)
        except ProcessorRefused as error:
            await self._give_back(order, refund, error.reason)
            raise
        return await self._done(order, refund, external)

    async def _done(self, order: Order, refund: Refund, external: str) -> Refund:
        await self._receipts.issue_refund(order, refund)
        await self._database.write(
            partial(store.change_refund, refund_id=refund.id, status="done", external_id=external)
        )
        with contextlib.suppress(Exception):  # a notice that can't be written undoes no refund
            amount = f"{show(refund.amount)} {order.currency.upper()}"
            await self._notices.send(order.account_id, "refund", subject=refund.id, amount=amount)
        found = await self._database.read(partial(store.refund, refund_id=refund.id))
        assert found is not None
        return found

    async def _give_back(self, order: Order, refund: Refund, failure: str) -> None:
        """The processor paid nothing: the account has its credits again, by new transfers."""
        back = refund.taken + refund.owed
        if back:
            await self._credits.win_dispute(
                order.account_id,
                back,
                processor=order.processor,
                reference=order.id,
                idempotency_key=f"refund-undone/{refund.id}",
            )
        await self._failed(order, refund, failure)

    async def _failed(self, order: Order, refund: Refund, failure: str) -> None:
        def write(connection: Connection) -> None:
            known = store.refund(connection, refund.id)
            now = store.order(connection, order.id, lock=True)
            assert known is not None
            assert now is not None
            if known.status in {"done", "failed"}:
                return
            kept = known.credits if known.status == "requested" else known.taken + known.owed
            store.change_refund(connection, refund.id, status="failed", failure=failure[:500])
            store.change(connection, order.id, refunded=max(now.refunded - kept, 0))

        await self._database.write(write)

    # What processors tell by web hook.

    async def paid_back_elsewhere(self, order: Order, reference: str, amount: int) -> bool:
        """A refund that was made in the processor's own dashboard: its credits are taken, what was spent is owed.

        False when it is one of ours, or known.
        """
        moment = clock.now_ms()

        def write(connection: Connection) -> Refund | None:
            now = store.order(connection, order.id, lock=True)
            assert now is not None
            ours = store.refunds_of(connection, order.id)
            if any(reference in {each.external_id, each.id} for each in ours):
                return None
            if any(each.external_id is None and each.amount == amount and each.status == "taken" for each in ours):
                return None  # ours, of which the answer was lost: it is finished by asking again
            total = now.paid_amount or now.amount
            left = now.credits - now.refunded - now.disputed
            credits = min(now.credits * amount // total, left)
            if credits <= 0:
                return None
            made = Refund(
                f"refund_{reference}", now.id, credits, amount, 0, 0, "debt", "requested", reference,
                "refunded at the payment processor", "processor", None, moment, moment,
            )  # fmt: skip
            store.add_refund(connection, made)
            store.change(connection, now.id, refunded=now.refunded + credits)
            return made

        made = await self._database.write(write)
        if made is None:
            known = await self._database.read(partial(store.refund, refund_id=f"refund_{reference}"))
            if known is None or known.status == "done":
                return False
            made = known
        taken = await self._take(order, made) if made.status == "requested" else made
        await self._done(order, taken, reference)
        return True

    async def disputed(self, order: Order, reference: str, amount: int) -> bool:
        """A payment was charged back: its credits are taken, and what was spent of them is owed."""

        def write(connection: Connection) -> int:
            now = store.order(connection, order.id, lock=True)
            assert now is not None
            total = now.paid_amount or now.amount
            credits = min(now.credits * amount // total, now.credits - now.refunded)
            if now.disputed < credits:
                store.change(connection, now.id, disputed=credits)
            return credits

        credits = await self._database.write(write)
        if credits <= 0:
            return False
        moved = await self._credits.dispute(
            order.account_id,
            credits,
            processor=order.processor,
            reference=order.id,
            idempotency_key=f"dispute/{reference}",
        )
        return not moved.repeated

    async def dispute_won(self, order: Order, reference: str, amount: int) -> bool:
        """The money of a dispute came back. False when the dispute was not known, or this was."""
        total = order.paid_amount or order.amount
        credits = min(order.credits * amount // total, order.disputed)
        if credits <= 0:
            return False
        moved = await self._credits.win_dispute(
            order.account_id,
            credits,
            processor=order.processor,
            reference=order.id,
            idempotency_key=f"dispute-won/{reference}",
        )
        await self._database.write(partial(store.change, order_id=order.id, disputed=0))
        return not moved.repeated


def _share(order: Order, credits: int) -> int:
    """What of the money that was paid stands for `credits`, with fee and taxes in proportion, rounded down."""
    total = order.paid_amount if order.paid_amount is not None else order.amount
    return total * credits // order.credits

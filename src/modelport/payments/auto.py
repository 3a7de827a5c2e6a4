"""Automatic top-up: buy more from a saved card when little is left. Never two at once, never over the monthly cap.

At most one automatic order of an account is open at a time; the database holds to that. A charge that fails is told to
the owner and tried again a few times, each later than the one before; a card that wants its owner is not.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import structlog
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from modelport.kit import clock, ids
from modelport.kit.money import format_usd
from modelport.payments import store
from modelport.payments.amounts import quote
from modelport.payments.errors import BadOrder
from modelport.payments.processor import Found, Saved
from modelport.payments.store import Customer, Order
from modelport.payments.tables import auto_topups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.notices.service import Notices
    from modelport.payments.orders import Orders
    from modelport.payments.processor import Processor
    from modelport.settings import Settings

__all__ = ["AutoTopup", "AutoTopups"]

_log = structlog.get_logger(__name__)
_MINUTE_MS = 60_000
_TRIES = 3
_WAIT_MS = (10 * _MINUTE_MS, 120 * _MINUTE_MS)
"""How long after the first and the second failure the next try comes."""
_NEEDS_OWNER = frozenset({"authentication_required", "payment_intent_authentication_failure", "requires_action"})
_REPEATABLE_MS = 20 * 60 * _MINUTE_MS
"""How long a processor remembers the key of a charge: asking again within it charges once."""


class AutoTopup(NamedTuple):
    """What an account has set up; amounts in nano-dollars of credits."""

    account_id: str
    user_id: str
    enabled: bool
    threshold: int
    amount: int
    monthly_cap: int | None
    failures: int
    paused: str | None
    retry_at: int | None


_COLUMNS = [auto_topups.c[name] for name in AutoTopup._fields]


class AutoTopups:
    """Setting up automatic top-ups, and making them."""

    def __init__(
        self,
        database: Database,
        credits: Credits,
        settings: Settings,
        orders: Orders,
        processors: Mapping[str, Processor],
        *,
        notices: Notices,
    ) -> None:
        self._database = database
        self._credits = credits
        self._settings = settings
        self._orders = orders
        self._processors = processors
        self._notices = notices

    async def of(self, account_id: str) -> AutoTopup | None:
        """What the account has set up."""
        return await self._database.read(partial(_one, account_id=account_id))

    async def saved(self, account_id: str) -> Customer | None:
        """The card the account saved, if it did."""
        found = await self._database.read(partial(store.customer, account_id=account_id, processor="stripe"))
        return found if found is not None and found.payment_method is not None else None

    async def last(self, account_id: str) -> Order | None:
        """The newest automatic order of the account."""
        return await self._database.read(partial(store.last_auto, account_id=account_id))

    async def bought_this_month(self, account_id: str) -> int:
        """What automatic orders of this UTC month bought, or may still buy, in nano-dollars."""
        return await self._database.read(
            partial(store.spent_by_auto_since, account_id=account_id, since=_month_began())
        )

    async def set(
        self, account_id: str, user_id: str, *, enabled: bool, threshold: int, amount: int, monthly_cap: int | None
    ) -> AutoTopup:
        """Sets it up anew, which also lets a paused one try again. Raises `BadOrder`."""
        quote(self._settings, amount, "usd")
        if threshold < 0 or (monthly_cap is not None and monthly_cap < amount):
            raise BadOrder(
                "The threshold must be 0 or more, and the monthly cap at least one top-up.", metadata={"rule": "cap"}
            )
        if enabled and await self.saved(account_id) is None:
            raise BadOrder(
                "There is no saved card yet: buy credits by card once, then switch automatic top-up on.",
                metadata={"rule": "card"},
            )
        new = AutoTopup(account_id, user_id, enabled, threshold, amount, monthly_cap, 0, None, None)
        await self._database.write(partial(_put, new=new))
        return new

    async def run(self) -> None:
        """One round over all accounts that want it."""
        now = clock.now_ms()
        for each in await self._database.read(partial(_due, now=now)):
            purse = await self._credits.purse(each.account_id)
            if purse.available < each.threshold:
                try:
                    await self._top_up(each)
                except Exception:  # noqa: BLE001 (one account's fault keeps no other from its credits)
                    _log.exception("payments.auto_topup_fault", account=each.account_id)

    async def _top_up(self, auto: AutoTopup) -> None:
        saved = await self.saved(auto.account_id)
        if saved is None or "stripe" not in self._processors:
            await self._database.write(partial(_pause, account_id=auto.account_id, why="no_payment_method"))
            return
        order = await self._ordered(auto)
        if order is not None:
            await self.charge(order)

    async def _ordered(self, auto: AutoTopup) -> Order | None:
        """A new automatic order; None when one is open already or the month's cap is reached."""
        price = quote(self._settings, auto.amount, "usd")
        now = clock.now_ms()
        order = Order(
            id=ids.prefixed("pay"),
            account_id=auto.account_id,
            user_id=auto.user_id,
            processor="stripe",
            method="card",
            origin="auto",
            credits=price.credits,
            fee=price.fee,
            currency=price.currency,
            amount=price.amount,
            rate=price.rate,
            status="created",
            external_id=None,
            payment_id=None,
            url=None,
            paid_amount=None,
            tax=None,
            failure=None,
            client_key=None,
            created_at=now,
            updated_at=now,
            expires_at=now + _REPEATABLE_MS,
            paid_at=None,
            credited_at=None,
            refunded=0,
            disputed=0,
            credits_days=self._settings.bought_credits_days,
        )

        def write(connection: Connection) -> bool:
            # The setting's row is locked, so that two processes can't both find room under the cap.
            current = _one(connection, auto.account_id, lock=True)
            if current is None or not current.enabled or current.paused is not None:
                return False
            bought = store.spent_by_auto_since(connection, auto.account_id, _month_began())
            if current.monthly_cap is not None and bought + order.credits > current.monthly_cap:
                return False
            store.add_order(connection, order)
            return True

        try:
            return order if await self._database.write(write) else None
        except IntegrityError:
            return None  # one is open

    async def charge(self, order: Order) -> None:
        """Charges the saved card for an automatic order; repeated, it charges once."""
        saved = await self.saved(order.account_id)
        if saved is None or order.expires_at < clock.now_ms():
            # Too old to ask again: the processor would take it for a new charge.
            await self._orders.found(order, Found("failed", failure="lost"))
            return
        assert saved.payment_method is not None
        card = Saved(saved.customer_id, saved.payment_method, saved.brand or "", saved.last4 or "")
        found = await self._processors["stripe"].charge_saved(order, card)
        if found.external_id is not None:
            await self._database.write(
                partial(store.change, order_id=order.id, external_id=found.external_id, status="pending")
            )
        await self.ended(await self._orders.found(order, found))

    async def ended(self, order: Order) -> None:
        """Takes note of how an automatic order ended."""
        if order.status == "paid":
            await self._database.write(partial(_succeeded, account_id=order.account_id))
        elif order.status == "failed":
            failure = order.failure or "declined"
            paused = await self._database.write(partial(_count_failure, account_id=order.account_id, failure=failure))
            await self._notices.send(
                order.account_id,
                "topup_failed",
                subject=order.id,
                amount=f"${format_usd(order.credits)}",
                reason=failure,
                paused=paused,
            )


def _month_began() -> int:
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int(month.timestamp() * 1000)


def _one(connection: Connection, account_id: str, *, lock: bool = False) -> AutoTopup | None:
    statement = select(*_COLUMNS).where(auto_topups.c.account_id == account_id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return AutoTopup(*row) if row else None


def _put(connection: Connection, new: AutoTopup) -> None:
    values = {**new._asdict(), "updated_at": clock.now_ms()}
    mine = auto_topups.c.account_id == new.account_id
    if not connection.execute(update(auto_topups).where(mine).values(**values)).rowcount:
        connection.execute(insert(auto_topups).values(**values))


def _due(connection: Connection, now: int) -> list[AutoTopup]:
    rows = connection.execute(
        select(*_COLUMNS).where(
            auto_topups.c.enabled,
            auto_topups.c.paused.is_(None),
            (auto_topups.c.retry_at.is_(None)) | (auto_topups.c.retry_at <= now),
        )
    )
    return [AutoTopup(*row) for row in rows]


def _pause(connection: Connection, account_id: str, why: str) -> None:
    connection.execute(
        update(auto_topups).where(auto_topups.c.account_id == account_id).values(paused=why, updated_at=clock.now_ms())
    )


def _succeeded(connection: Connection, account_id: str) -> None:
    connection.execute(
        update(auto_topups)
        .where(auto_topups.c.account_id == account_id)
        .values(failures=0, retry_at=None, updated_at=clock.now_ms())
    )


def _count_failure(connection: Connection, account_id: str, failure: str) -> bool:
    """Counts a failure; True when no more is tried."""
    current = _one(connection, account_id, lock=True)
    if current is None:
        return True
    failures = current.failures + 1
    stop = failures >= _TRIES or failure in _NEEDS_OWNER
    now = clock.now_ms()
    values: dict[str, object] = {"failures": failures, "updated_at": now}
    if stop:
        values["paused"] = "authentication_required" if failure in _NEEDS_OWNER else "declined"
    else:
        values["retry_at"] = now + _WAIT_MS[failures - 1]
    connection.execute(update(auto_topups).where(auto_topups.c.account_id == account_id).values(**values))
    return stop

"""Everything that moves credits besides charges: grants, top-ups, refunds, disputes, expiry, and the list of them.

Every method takes an idempotency key: repeating it changes nothing and tells the same. What takes credits away first
holds them in memory as a request does, so that nothing is taken which a request under way may need; on the embedded
database that makes it the serving process's business alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING

from modelport.credits import moving, promotions, store
from modelport.credits.errors import BadAmount
from modelport.credits.moving import Gave, Gift, IfSpent, Moved, Taken
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from sqlalchemy import Connection

    from modelport.credits.purse import Purse
    from modelport.credits.store import Balance, Transaction
    from modelport.db.database import Database

__all__ = ["Movements"]


class Movements(ABC):
    """Part of `Credits`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.cover: Callable[[Purse, int], Awaitable[None]] | None = None
        """Leases as much of a balance as it can, up to an amount; where several processes share it."""

    @abstractmethod
    async def purse(self, account_id: str) -> Purse:
        """The account's purse."""

    @abstractmethod
    def changed(self, account_id: str) -> None:
        """The account's money was moved past the purse."""

    @abstractmethod
    def settled(self, balances: Iterable[Balance]) -> None:
        """Takes over balances that a committed transaction left behind."""

    async def grant(
        self,
        account_id: str,
        amount: int,
        *,
        reference: str,
        idempotency_key: str,
        promotional: bool = False,
        expires_at: int | None = None,
    ) -> int:
        """Gives credits that were not paid for; returns the balance after it.

        `promotional` ones (and all that expire) are spent before bought ones and never refunded; what is left of them
        at `expires_at` (milliseconds) is taken away. Raises `BadAmount`, `KeyReused`.
        """
        gift = Gift(expires_at) if promotional or expires_at is not None else None
        source, code = ("promotions", "promotion") if gift else ("grants", "grant")
        return (
            await self._give(Gave(account_id, amount, (source, ""), code, reference, idempotency_key, gift))
        ).balance

    async def topup(
        self,
        account_id: str,
        amount: int,
        *,
        processor: str,
        reference: str,
        idempotency_key: str,
        fee: int = 0,
        expires_at: int | None = None,
    ) -> Moved:
        """Credits that were paid for through `processor`; `fee` is what the house keeps of the payment beside them.

        A debt is paid first. What is left at `expires_at` (milliseconds; None: never) is taken away; what was given is
        spent before. Raises `BadAmount`, `KeyReused`.
        """
        source = ("payments", processor)
        lot = None if expires_at is None else Gift(expires_at, bought=True)
        return await self._give(Gave(account_id, amount, source, "topup", reference, idempotency_key, lot, fee=fee))

    async def redeem(
        self,
        account_id: str,
        amount: int,
        *,
        reference: str,
        idempotency_key: str,
        promotional: bool = False,
        expires_at: int | None = None,
    ) -> Moved:
        """Credits for a voucher. Raises `BadAmount`, `KeyReused`."""
        gift = Gift(expires_at) if promotional or expires_at is not None else None
        return await self._give(
            Gave(account_id, amount, ("vouchers", ""), "voucher", reference, idempotency_key, gift)
        )  # fmt: skip

    async def refund(
        self,
        account_id: str,
        amount: int,
        *,
        processor: str,
        reference: str,
        idempotency_key: str,
        if_spent: IfSpent = "refuse",
    ) -> Moved:
        """Takes bought credits back and lets `processor` pay them out; tells how much it was.

        Raises `AlreadySpent`, `BadAmount`, `KeyReused`.
        """
        to = ("payments", processor)
        return await self._take(Taken(account_id, amount, to, "refund", reference, idempotency_key, if_spent))

    async def dispute(
        self,
        account_id: str,
        amount: int,
        *,
        processor: str,
        reference: str,
        idempotency_key: str,
        if_spent: IfSpent = "debt",
    ) -> Moved:
        """A payment was charged back: its credits are taken, and what was spent of them is owed.

        Raises `AlreadySpent`, `BadAmount`, `KeyReused`.
        """
        to = ("payments", processor)
        return await self._take(Taken(account_id, amount, to, "dispute", reference, idempotency_key, if_spent))

    async def win_dispute(
        self, account_id: str, amount: int, *, processor: str, reference: str, idempotency_key: str
    ) -> Moved:
        """The processor paid back what had been disputed: a debt is paid first. Raises `BadAmount`, `KeyReused`."""
        source = ("payments", processor)
        return await self._give(
            Gave(account_id, amount, source, "dispute_won", reference, idempotency_key, restores=True)
        )

    async def expire(self, now: int | None = None) -> int:
        """Takes away what is left of credits whose time has come, given or bought; returns how much that was."""
        moment = clock.now_ms() if now is None else now
        total = 0
        for account_id in await self._database.read(partial(promotions.accounts_with_expired, now=moment)):
            posted = (await self.purse(account_id)).posted
            moved = await self._taking(account_id, posted, partial(moving.expire, account_id=account_id, now=moment))
            total += moved.amount
        return total

    async def transactions(
        self, account_id: str, *, before: int | None = None, limit: int = 100
    ) -> list[Transaction]:  # fmt: skip
        """Movements of an account's credits that were no charges, newest first; `before` is the last one's number."""

        def read(connection: Connection) -> list[Transaction]:
            account = store.find(connection, "credits", account_id)
            return [] if account is None else store.transactions(connection, account, before, limit)

        return await self._database.read(read)

    async def moved_through(self, kind: str, owner: str, since: int, until: int) -> dict[str, int]:
        """What moved through one of the house's own accounts between two moments (milliseconds), by code: above zero
        what came out of it.
        """
        return await self._database.read(partial(store.moved_through, kind=kind, owner=owner, since=since, until=until))

    async def gifts(self, account_id: str) -> list[promotions.Gift]:
        """Credits of an account that were given or expire, of which something is left, the ones spent first first."""

        def read(connection: Connection) -> list[promotions.Gift]:
            account = store.account(connection, "credits", account_id)
            return promotions.attribute(connection, account_id, store.locked_balance(connection, account))

        return await self._database.write(read)

    async def _give(self, gave: Gave) -> Moved:
        if gave.amount <= 0 or gave.fee < 0:
            raise BadAmount("The amount must be above zero.")
        moved = await self._database.write(lambda connection: moving.give(connection, gave))
        self.changed(gave.account_id)
        return moved

    async def _take(self, taken: Taken) -> Moved:
        if taken.amount <= 0:
            raise BadAmount("The amount must be above zero.")
        return await self._taking(taken.account_id, taken.amount, partial(moving.take_back, taken=taken))

    async def _taking(self, account_id: str, amount: int, work: Callable[..., Moved]) -> Moved:
        """Runs `work`, which may take `free` credits, with as many of `amount` held in memory as no request holds."""
        purse = await self.purse(account_id)
        if self.cover is not None:
            await self.cover(purse, amount)
        free = purse.take_extra(amount)
        try:
            moved = await self._database.write(lambda connection: work(connection, free=free))
        except BaseException:
            # It may have been committed: nobody spends what was held until the balance has been read again.
            purse.doubtful += free
            self.changed(account_id)
            raise
        self.settled(moved.balances)
        if purse.lease is not None:
            purse.lease.amount -= moved.amount
        purse.release(free)
        self.changed(account_id)
        return moved

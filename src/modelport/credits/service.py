"""Credits in memory: balances that requests hold against without a database, and the transfers that make it last.

A `Purse` is one account's balance in this process: what is durable in the ledger, less what is held. Holding and
releasing never wait, so a check and a hold are one step. Writing goes through `usage.journal`, which puts the
charge, the generation and the key's spending into one transaction and hands the new balances back to `settled`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.credits import store
from modelport.credits.check import Report, check
from modelport.credits.errors import BadAmount, InFlight, NotEnough
from modelport.credits.store import Balance, Checkpoint, Posting, StoredHold
from modelport.db import changes
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from modelport.db.database import Database

__all__ = [
    "Balance",
    "Checkpoint",
    "Credits",
    "Posting",
    "Purse",
    "StoredHold",
    "Totals",
    "add_holds",
    "balances_of",
    "checkpoint_holds",
    "dead_holds",
    "known_keys",
    "ledger_account",
    "post",
    "remove_holds",
]

# The ledger's writes, for the journal that composes them into its transaction.
add_holds = store.add_holds
balances_of = store.balances_of
checkpoint_holds = store.checkpoint_holds
dead_holds = store.dead_holds
ledger_account = store.account
known_keys = store.known_keys
post = store.post
remove_holds = store.remove_holds


class Totals(NamedTuple):
    """What an account ever got and used, in nano-dollars."""

    granted: int
    used: int


class Purse:
    """One account's credits in this process, in nano-dollars."""

    __slots__ = ("account_id", "ever_funded", "foreign", "held", "ledger_account", "posted", "stale", "version")

    def __init__(self, account_id: str, balance: Balance, foreign: int) -> None:
        self.account_id = account_id
        self.ledger_account = balance.account
        self.posted = balance.credits_posted - balance.debits_posted
        self.version = balance.version
        self.ever_funded = balance.credits_posted > 0
        """Whether the account ever had credits."""
        self.foreign = foreign
        """Held by other processes."""
        self.held = 0
        """Held here, including what is settled but not yet durable."""
        self.stale = False

    @property
    def available(self) -> int:
        """What a new hold may take."""
        return self.posted - self.held - self.foreign

    def hold(self, amount: int, *, max_tokens: int, affordable_tokens: int) -> None:
        """Sets `amount` aside; the token counts are for the error message only.

        Raises `NotEnough`, or `InFlight` when it would fit were nothing else under way. Then nothing was held.
        """
        available = self.available
        if amount <= available:
            self.held += amount
            return
        metadata: dict[str, object] = {
            "estimated_cost": to_number(amount),
            "available": to_number(max(available, 0)),
            "in_flight": to_number(self.held + self.foreign),
        }
        if amount <= self.posted:
            raise InFlight(
                "This request would exceed your available credits given your current in-flight requests. "
                "Retry after in-flight requests settle, or add credits.",
                metadata=metadata
                | {"limit_source": "openrouter_in_flight_budget", "reason": "in_flight_budget_exhausted"},
                retry_after=2,
            )
        metadata |= {"limit_source": "openrouter_credits", "suggested_max_tokens": affordable_tokens}
        if available <= 0:
            raise NotEnough("Insufficient credits. Add credits to this account to go on.", metadata=metadata)
        raise NotEnough(
            "This request requires more credits, or fewer max_tokens. "
            f"You requested up to {max_tokens} tokens, but can only afford {affordable_tokens}. Add credits to go on.",
            metadata=metadata,
        )

    def take_extra(self, wanted: int) -> int:
        """Holds up to `wanted` more for an answer that cost more than was held; returns how much was free."""
        extra = max(min(wanted, self.available), 0)
        self.held += extra
        return extra

    def release(self, amount: int) -> None:
        """Gives back what was held."""
        self.held -= amount

    def refresh(self, balance: Balance) -> None:
        """Takes over a balance read from the database, unless a newer one is known."""
        if balance.version > self.version:
            self.posted = balance.credits_posted - balance.debits_posted
            self.ever_funded = balance.credits_posted > 0
            self.version = balance.version


class Credits:
    """The door to credits."""

    def __init__(self, database: Database, process: str) -> None:
        """`process` is this process's own name among all that write to the database."""
        self._database = database
        self.process = process
        self._purses: dict[str, Purse] = {}
        self._by_ledger_account: dict[int, Purse] = {}
        self._noted = 0
        """How many changes were noted: what is read from the ledger while this moves may be old already."""
        self.revenue = 0
        """Ledger account of the house's revenue; set by `start`."""

    async def start(self) -> None:
        """Opens the house's own accounts."""
        self.revenue = await self._database.write(lambda connection: store.account(connection, "revenue", ""))

    async def purse(self, account_id: str) -> Purse:
        """The account's purse, read from the ledger when it is not in memory or was changed elsewhere."""
        purse = self._purses.get(account_id)
        if purse is not None and not purse.stale:
            return purse
        if purse is not None:
            # Cleared before reading: a change that is noted while we read makes it stale again.
            purse.stale = False

        def load(connection: Connection) -> tuple[Balance, int]:
            ledger_account = store.account(connection, "credits", account_id)
            return store.balance(connection, ledger_account), store.foreign_holds(connection, account_id, self.process)

        noted = self._noted
        try:
            balance, foreign = await self._database.write(load)
        except BaseException:
            if purse is not None:
                purse.stale = True
            raise
        # Another request may have made the purse meanwhile; its object must win, for it may carry holds.
        purse = self._purses.get(account_id)
        if purse is None:
            purse = self._purses[account_id] = Purse(account_id, balance, foreign)
            purse.stale = noted != self._noted
            self._by_ledger_account[purse.ledger_account] = purse
        else:
            purse.refresh(balance)
            purse.foreign = foreign
        return purse

    def changed(self, account_id: str) -> None:
        """Another process moved this account's money: read it again before the next hold."""
        self._noted += 1
        if (purse := self._purses.get(account_id)) is not None:
            purse.stale = True

    def settled(self, balances: Iterable[Balance]) -> None:
        """Takes over balances that a committed transaction left behind."""
        for balance in balances:
            if (purse := self._by_ledger_account.get(balance.account)) is not None:
                purse.refresh(balance)

    async def grant(self, account_id: str, amount: int, *, reference: str, idempotency_key: str) -> int:
        """Gives credits that were not paid for; returns the balance after it. Repeating the key changes nothing.

        Raises `BadAmount`.
        """
        if amount <= 0:
            raise BadAmount("The amount must be above zero.")

        def give(connection: Connection) -> int:
            to = store.account(connection, "credits", account_id)
            if not store.known_keys(connection, [idempotency_key]):
                source = store.account(connection, "grants", "")
                store.post(connection, [Posting(source, to, amount, "single", "grant", reference, idempotency_key)])
                changes.note(connection, "credits", account_id)
            balance = store.balance(connection, to)
            return balance.credits_posted - balance.debits_posted

        total = await self._database.write(give)
        self.changed(account_id)
        return total

    async def check(self) -> Report:
        """Recomputes every balance from the transfers."""
        return await self._database.read(check)

    async def totals(self, account_id: str) -> Totals:
        """What the account ever got and used."""

        def read(connection: Connection) -> Totals:
            balance = store.balance(connection, store.account(connection, "credits", account_id))
            return Totals(balance.credits_posted, balance.debits_posted)

        return await self._database.write(read)

"""Credits in memory: balances that requests hold against without a database, and the transfers that make it last.

Charges are written through `usage.journal`, which puts the charge, the generation and the key's spending into one
transaction and hands the new balances back to `settled`. What else moves credits is in `movements.py`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from modelport.credits import budget_store, extract, lease_store, moving, promotions, seals, store
from modelport.credits.budget_store import BudgetSpend
from modelport.credits.check import Report, check
from modelport.credits.extract import Entry
from modelport.credits.lease_store import Subject
from modelport.credits.movements import Movements
from modelport.credits.moving import IfSpent, Moved
from modelport.credits.purse import Purse
from modelport.credits.store import Balance, Checkpoint, Posting, StoredHold, Transaction
from modelport.db import changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from modelport.db.database import Database

__all__ = [
    "Balance",
    "BudgetSpend",
    "Checkpoint",
    "Credits",
    "Entry",
    "IfSpent",
    "Moved",
    "Posting",
    "Purse",
    "StoredHold",
    "Subject",
    "Totals",
    "Transaction",
    "add_budget_spend",
    "add_holds",
    "amounts",
    "balances_of",
    "books",
    "bury",
    "checkpoint_holds",
    "dead_holds",
    "debited",
    "debt_at",
    "entries",
    "is_alive",
    "known_keys",
    "leased",
    "ledger_account",
    "lock",
    "moved_before",
    "movements",
    "movements_through",
    "orphans",
    "post",
    "posted_of",
    "reclaim",
    "register",
    "remove_holds",
    "renew",
    "set_amount",
    "sign_off",
    "spent_in_window",
]

# The ledger's writes, for the journal that composes them into its transaction.
add_budget_spend = budget_store.add_spend
add_holds = store.add_holds
balances_of = store.balances_of
books = store.books
checkpoint_holds = store.checkpoint_holds
dead_holds = store.dead_holds
ledger_account = store.account
known_keys = store.known_keys
post = store.post
remove_holds = store.remove_holds

# What statements and exports read.
amounts = extract.amounts
debited = promotions.debited
debt_at = extract.debt_at
entries = extract.entries
moved_before = extract.moved_before
movements = extract.movements
movements_through = extract.through

# And what shares balances between processes.
is_alive = lease_store.is_alive
leased = lease_store.leased
lock = lease_store.lock
orphans = lease_store.orphans
posted_of = store.posted_of
bury = lease_store.bury
reclaim = lease_store.reclaim
register = lease_store.register
renew = lease_store.renew
set_amount = lease_store.set_amount
sign_off = lease_store.sign_off
spent_in_window = budget_store.spent_in_window


class Totals(NamedTuple):
    """What an account ever got, less what was taken back, and what it used; in nano-dollars."""

    granted: int
    used: int


class Credits(Movements):
    """The door to credits."""

    def __init__(self, database: Database, process: str, seal_key: bytes = b"") -> None:
        """`process` is this process's own name among all that write to the database; `seal_key` is the vault's."""
        super().__init__(database)
        self._seal_key = seal_key
        self.process = process
        self._purses: dict[str, Purse] = {}
        self._by_ledger_account: dict[int, Purse] = {}
        self._noted = 0
        """How many changes were noted: what is read from the ledger while this moves may be old already."""
        self.revenue = 0
        """Ledger account of the house's revenue; set by `start`."""
        self.provider_cost = 0
        """Ledger account of what providers charge the house; set by `start`."""
        self.providers: dict[str, int] = {}
        """Ledger accounts of what each provider is owed."""
        self.shared = False
        """Whether other processes may spend from the same balances, so that this one needs leases."""
        self.cut_off = False
        """Whether this process was ever taken for dead by others: since then its charges are checked once more."""

    async def start(self) -> None:
        """Opens the house's own accounts."""
        self.revenue, self.provider_cost = await self._database.write(
            lambda connection: (
                store.account(connection, "revenue", ""),
                store.account(connection, "provider_cost", ""),
            )
        )

    async def purse(self, account_id: str) -> Purse:
        """The account's purse, read from the ledger when it is not in memory or was changed elsewhere."""
        purse = self._purses.get(account_id)
        if purse is not None and not purse.stale:
            return purse
        if purse is not None:
            # Cleared before reading: a change that is noted while we read makes it stale again.
            purse.stale = False
        doubtful = purse.doubtful if purse is not None else 0

        def load(connection: Connection) -> tuple[Balance, int, int, str | None]:
            balance = store.balance(connection, store.account(connection, "credits", account_id))
            foreign = store.foreign_holds(connection, account_id, self.process)
            return balance, foreign, moving.debt_of(connection, account_id), store.group_of(connection, account_id)

        noted = self._noted
        try:
            balance, foreign, debt, group = await self._database.write(load)
        except BaseException:
            if purse is not None:
                purse.stale = True
            raise
        # Another request may have made the purse meanwhile; its object must win, for it may carry holds.
        purse = self._purses.get(account_id)
        if purse is None:
            purse = self._purses[account_id] = Purse(account_id, balance, foreign, debt)
            purse.stale = noted != self._noted
            self._by_ledger_account[purse.ledger_account] = purse
        else:
            purse.refresh(balance)
            purse.foreign, purse.debt = foreign, debt
            if purse.lease is not None:
                # Credits may have come: how many of them are free is seen when they are leased.
                purse.lease.spare = max(purse.lease.spare, purse.posted - purse.lease.amount)
                purse.lease.refused_until = 0
            if doubtful and purse.doubtful >= doubtful:
                purse.held -= doubtful
                purse.doubtful -= doubtful
        purse.group = group
        return purse

    async def set_group(self, account_id: str, name: str | None) -> None:
        """Puts an account into a group of the operator's price rules, or into none."""

        def write(connection: Connection) -> None:
            store.set_group(connection, account_id, name)
            changes.note(connection, "credits", account_id)

        await self._database.write(write)
        self.changed(account_id)

    async def group_of(self, account_id: str) -> str | None:
        """The group that an account is in."""
        return await self._database.read(partial(store.group_of, account_id=account_id))

    async def members(self, group: str, most: int = 10_000) -> list[str]:
        """Accounts in a group, by their ids."""
        return await self._database.read(partial(store.group_members, name=group, most=most))

    async def groups(self) -> dict[str, int]:
        """How many accounts are in each group."""
        return await self._database.read(store.groups)

    async def open_providers(self, slugs: Iterable[str]) -> None:
        """Opens ledger accounts for what is owed to these providers, where there are none."""
        missing = [slug for slug in slugs if slug not in self.providers]
        if missing:
            self.providers |= await self._database.write(
                lambda connection: {slug: store.account(connection, "provider", slug) for slug in missing}
            )

    def changed(self, account_id: str) -> None:
        """Another process moved this account's money: read it again before the next hold."""
        self._noted += 1
        if (purse := self._purses.get(account_id)) is not None:
            purse.stale = True

    def spent(self, ledger_account: int, amount: int) -> None:
        """A charge is durable: it is taken off this process's slice."""
        purse = self._by_ledger_account.get(ledger_account)
        if purse is not None and purse.lease is not None:
            purse.lease.amount -= amount

    def settled(self, balances: Iterable[Balance]) -> None:
        """Takes over balances that a committed transaction left behind."""
        for balance in balances:
            if (purse := self._by_ledger_account.get(balance.account)) is not None:
                purse.refresh(balance)

    async def check(self) -> Report:
        """Recomputes every balance from the transfers, and every seal."""
        return await self._database.read(partial(check, key=self._seal_key))

    async def seal(self) -> int:
        """Seals what has come since the last time; returns how many blocks that took."""
        end = await self._database.write(seals.end_of_journal)
        count = 0
        while True:
            block = await self._database.read(partial(seals.next_block, end=end, key=self._seal_key))
            if block is None or not await self._database.write(partial(seals.add, block=block)):
                return count
            count += 1

    async def totals(self, account_id: str) -> Totals:
        """What the account ever got and used."""

        def read(connection: Connection) -> Totals:
            balance = store.balance(connection, store.account(connection, "credits", account_id))
            back = store.taken_back(connection, balance.account)
            return Totals(balance.credits_posted - back, balance.debits_posted - back)

        return await self._database.write(read)

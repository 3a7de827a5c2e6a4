"""Budgets: limits on what a workspace, a member, a key, a guardrail or a whole account may spend in a period.

Every budget that applies to a request is held against in memory, in the same step as the account's credits, and
charged in the transaction that charges the account. One that counts own provider keys holds, and is charged, their
usual price as well. Budgets of an account that has been used stay here; a change made
elsewhere marks them stale.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from modelport.credits import budget_store as store
from modelport.credits.budget_store import Budget, BudgetSpend, Interval
from modelport.credits.errors import BudgetExceeded, NoSuchBudget
from modelport.db import changes
from modelport.kit import clock, ids
from modelport.kit.meter import OwnMeter, window_end
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.meter import SpentDays

__all__ = [
    "SCOPES",
    "Budget",
    "BudgetRef",
    "BudgetSpend",
    "Budgets",
    "LiveBudget",
    "Scope",
    "Spender",
    "drop_budget",
    "keep_budget",
]

Scope = Literal[
    "workspace_default_member", "workspace_default_key", "member", "api_key", "workspace", "guardrail", "account"
]
SCOPES: Final[tuple[Scope, ...]] = (
    "workspace_default_member",
    "workspace_default_key",
    "member",
    "api_key",
    "workspace",
    "guardrail",
    "account",
)
"""In the order in which they are checked: the reference's, then ours."""
_PERIOD = {"daily": "daily", "weekly": "weekly", "monthly": "monthly", None: "total"}
_NAMES = {
    "workspace_default_member": "Member",
    "workspace_default_key": "Key",
    "member": "Member",
    "api_key": "Key",
    "workspace": "Workspace",
    "guardrail": "Guardrail",
    "account": "Account",
}


class Spender(NamedTuple):
    """Who spends, as budgets see it."""

    account_id: str
    user_id: str
    key_id: str
    workspace_id: str = ""
    guardrails: tuple[tuple[str, str], ...] = ()
    """Ids of guardrails, each with whose spending its budget counts: a key's or a member's."""


class BudgetRef(NamedTuple):
    """A budget and whose spending of it is meant, as a crash leaves it behind."""

    id: str
    spender: str


class LiveBudget(OwnMeter):
    """One budget in use, for one spender."""

    __slots__ = ("id", "record", "spender")

    def __init__(self, record: Budget, spender: str, spent: SpentDays | None = None) -> None:
        super().__init__(spent)
        self.id = record.id
        self.record = record
        self.spender = spender

    @property
    def counts_own(self) -> bool:
        """Whether the price of what came by own provider keys counts."""
        return self.record.counts_own

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{_NAMES[self.record.scope]} {_PERIOD[self.record.interval]}"

    @property
    def ref(self) -> BudgetRef:
        """What stays of it in the database."""
        return BudgetRef(self.id, self.spender)

    def room(self) -> int:
        """What a request may cost that is made now: for estimates."""
        return self.reach(self.record.limit, self.record.interval)

    def hold(self, amount: int) -> None:
        """Sets `amount` aside.

        Raises `BudgetExceeded` when the budget does not reach for it; then nothing was set aside.
        """
        record = self.record
        if amount > self.free(record.limit, record.interval):
            left = self.left(record.limit, record.interval)
            raise BudgetExceeded(
                f"{self.title} budget of ${_cents(record.limit)} exceeded. Contact your org admin.",
                metadata={
                    "limit_source": "openrouter_workspace_budget"
                    if record.scope.startswith("workspace")
                    else "openrouter_guardrail_budget",
                    "scope": record.scope,
                    "budget_id": record.id,
                    "limit_usd": to_number(record.limit),
                    "spend_usd": to_number(record.limit - left),
                    "resets_at": window_end(record.interval, clock.day(clock.now_ms())),
                    "estimated_cost": to_number(amount),
                    "available": to_number(max(left - self.held, 0)),
                    "in_flight": to_number(self.held),
                    "remedy_hint": "Lower max_tokens, wait until the budget resets, or have it raised.",
                    **({"guardrail_id": record.subject} if record.scope == "guardrail" else {}),
                },
            )
        self.held += amount


def _cents(amount: int) -> str:
    dollars, rest = divmod(amount, 10**9)
    return f"{dollars:,}.{rest // 10**7:02d}"


def keep_budget(connection: Connection, budget: Budget) -> None:
    """Stores a budget, or another limit for it, in a transaction of its domain's. Servers know in a second."""
    store.put(connection, budget)
    changes.note(connection, "budget", budget.account_id)


def drop_budget(connection: Connection, account_id: str, budget_id: str) -> None:
    """Ends a budget, if there is one, in a transaction of its domain's."""
    if store.remove(connection, account_id, budget_id):
        changes.note(connection, "budget", account_id)


class Budgets:
    """The door to budgets."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records: dict[str, list[Budget]] = {}
        """By account; an account that has none is here with an empty list."""
        self._live: dict[BudgetRef, LiveBudget] = {}
        self._noted = 0

    async def put(  # noqa: PLR0917 (a budget's own columns)
        self,
        account_id: str,
        scope: Scope,
        subject: str,
        limit: int,
        interval: Interval | None,
        budget_id: str | None = None,
        *,
        counts_own: bool = False,
        also: Callable[[Connection], None] | None = None,
    ) -> Budget:
        """A new budget, or with a `budget_id` that is there already, another limit for it. Servers know in a second.

        `counts_own` is for every budget of the subject; `also` is written in the same transaction.
        """
        made = budget_id or ids.prefixed("bud")
        record = Budget(made, account_id, scope, subject, limit, interval, clock.now_ms(), counts_own)

        def write(connection: Connection) -> None:
            if also is not None:
                also(connection)
            store.put(connection, record)
            store.count_own(connection, record)
            changes.note(connection, "budget", account_id)

        await self._database.write(write)
        self.changed(account_id)
        return record

    async def remove(self, account_id: str, budget_id: str) -> None:
        """Ends a budget. Raises `NoSuchBudget`."""

        def write(connection: Connection) -> bool:
            changes.note(connection, "budget", account_id)
            return store.remove(connection, account_id, budget_id)

        if not await self._database.write(write):
            raise NoSuchBudget("There is no such budget.")
        self.changed(account_id)

    async def of_account(self, account_id: str) -> list[Budget]:
        """An account's budgets, in the order in which they are checked."""
        return await self._database.read(partial(store.of_account, account_id=account_id))

    async def spent(self, budget: Budget, spender: str) -> int:
        """What was spent of a budget in its present period, by every server, to the last settled answer."""
        ref = BudgetRef(budget.id, spender)
        return await self._database.read(partial(store.spent_in_window, ref=ref, interval=budget.interval))

    def changed(self, account_id: str) -> None:
        """Budgets of this account were changed: read them again before the next hold."""
        self._noted += 1
        self._records.pop(account_id, None)

    def known(self, spender: Spender) -> tuple[LiveBudget, ...] | None:
        """Every budget that applies, if all of that is in memory."""
        records = self._records.get(spender.account_id)
        if records is None:
            return None
        if not records:
            return ()
        refs = list(_applying(records, spender))
        if any(ref not in self._live for _, ref in refs):
            return None
        return tuple(self._live[ref] for _, ref in refs)

    async def of(self, spender: Spender) -> tuple[LiveBudget, ...]:
        """Every budget that applies, in the order in which they are checked."""
        found = self.known(spender)
        if found is not None:
            return found
        account_id, noted = spender.account_id, self._noted
        today = clock.day(clock.now_ms())

        def load(connection: Connection) -> tuple[list[Budget], dict[BudgetRef, SpentDays]]:
            records = store.of_account(connection, account_id)
            refs = [ref for _, ref in _applying(records, spender)]
            return records, {ref: store.days_of(connection, ref, today - 62) for ref in refs}

        records, spendings = await self._database.read(load)
        if noted == self._noted:
            self._records[account_id] = records
        live: list[LiveBudget] = []
        for record, ref in _applying(records, spender):
            # One that is in use already must win, for it may carry holds.
            budget = self._live.get(ref)
            if budget is None:
                budget = self._live[ref] = LiveBudget(record, ref.spender, spendings[ref])
            budget.record = record
            live.append(budget)
        return tuple(live)


def _applying(records: Iterable[Budget], spender: Spender) -> Iterable[tuple[Budget, BudgetRef]]:
    for record in records:
        match record.scope:
            case "account":
                mine, who = record.subject == spender.account_id, spender.account_id
            case "workspace":
                mine, who = record.subject == spender.workspace_id, spender.workspace_id
            case "workspace_default_member":
                mine, who = record.subject == spender.workspace_id, spender.user_id
            case "workspace_default_key":
                mine, who = record.subject == spender.workspace_id, spender.key_id
            case "member":
                mine, who = record.subject == spender.user_id, spender.user_id
            case "api_key":
                mine, who = record.subject == spender.key_id, spender.key_id
            case _:
                yield from _guarded(record, spender)
                continue
        if mine:
            yield record, BudgetRef(record.id, who)


def _guarded(record: Budget, spender: Spender) -> Iterable[tuple[Budget, BudgetRef]]:
    for guardrail, who in spender.guardrails:
        if guardrail == record.subject:
            yield record, BudgetRef(record.id, who)

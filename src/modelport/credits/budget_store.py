"""Every query on budgets and what was spent of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Text, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from modelport.credits.tables import budget_days, budgets
from modelport.db.prepared import Prepared
from modelport.kit import clock
from modelport.kit.meter import SpentDays, window_start

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Budget",
    "BudgetSpend",
    "Interval",
    "add_spend",
    "count_own",
    "days_of",
    "of_account",
    "one",
    "put",
    "remove",
    "spent_in_window",
]

Interval = Literal["daily", "weekly", "monthly"]

_ORDER = ("workspace_default_member", "workspace_default_key", "member", "api_key", "workspace", "guardrail", "account")


class Budget(NamedTuple):
    """A budget as it is stored."""

    id: str
    account_id: str
    scope: str
    subject: str
    limit: int
    """Nano-dollars that may be spent in an `interval`, or in all when that is None."""
    interval: Interval | None
    created_at: int
    counts_own: bool = False
    """Whether the price of what came by the account's own provider keys counts as spent."""


class BudgetSpend(NamedTuple):
    """What one spender spent of one budget on one day in one batch."""

    budget_id: str
    spender: str
    day: int
    spent: int
    own: int = 0
    """The price of what came by own provider keys, beside what was charged for it."""


_BUDGET = (
    budgets.c.id,
    budgets.c.account_id,
    budgets.c.scope,
    budgets.c.subject,
    budgets.c.limit_nanos,
    budgets.c.reset_interval,
    budgets.c.created_at,
    budgets.c.counts_own,
)


def put(connection: Connection, budget: Budget) -> None:
    """Stores a budget; one with the same id gets its limit and period, and what counts."""
    build = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
    values = {"limit_nanos": budget.limit, "reset_interval": budget.interval, "counts_own": budget.counts_own}
    connection.execute(
        build(budgets)
        .values(
            id=budget.id,
            account_id=budget.account_id,
            scope=budget.scope,
            subject=budget.subject,
            created_at=budget.created_at,
            **values,
        )
        .on_conflict_do_update(index_elements=["id"], set_=values, where=budgets.c.account_id == budget.account_id)
    )


def count_own(connection: Connection, like: Budget) -> None:
    """What counts for one budget does so for all others of the same subject."""
    connection.execute(
        update(budgets)
        .where(
            budgets.c.account_id == like.account_id, budgets.c.scope == like.scope, budgets.c.subject == like.subject
        )
        .values(counts_own=like.counts_own)
    )


def remove(connection: Connection, account_id: str, budget_id: str) -> bool:
    """Deletes a budget; what was spent of it stays. False when there is none."""
    found = connection.execute(delete(budgets).where(budgets.c.id == budget_id, budgets.c.account_id == account_id))
    return bool(found.rowcount)


def of_account(connection: Connection, account_id: str) -> list[Budget]:
    """An account's budgets, in the order in which they are checked."""
    rows = connection.execute(select(*_BUDGET).where(budgets.c.account_id == account_id))
    return sorted((Budget(*row) for row in rows), key=lambda each: (_ORDER.index(each.scope), each.created_at, each.id))


def one(connection: Connection, budget_id: str) -> Budget | None:
    """The budget with this id."""
    row = connection.execute(select(*_BUDGET).where(budgets.c.id == budget_id)).first()
    return Budget(*row) if row else None


def spent_in_window(connection: Connection, ref: tuple[str, str], interval: str | None) -> int:
    """What was spent since the start of the present period."""
    found = days_of(connection, ref, window_start(interval, clock.day(clock.now_ms())))
    counts = select(budgets.c.counts_own).where(budgets.c.id == ref[0])
    return found.since(interval, counts_own=bool(found.own_total and connection.execute(counts).scalar()))


def days_of(connection: Connection, ref: tuple[str, str], since_day: int) -> SpentDays:
    """What was spent in all, and by day from `since_day` on."""
    mine = (budget_days.c.budget_id == ref[0], budget_days.c.spender == ref[1])
    total, own = connection.execute(
        select(func.coalesce(func.sum(budget_days.c.spent), 0), func.coalesce(func.sum(budget_days.c.own), 0)).where(
            *mine
        )
    ).one()
    columns = (budget_days.c.day, budget_days.c.spent, budget_days.c.own)
    rows = connection.execute(select(*columns).where(*mine, budget_days.c.day >= since_day)).all()
    days = {row.day: row.spent for row in rows}
    return SpentDays(int(total), days, int(own), {row.day: row.own for row in rows if row.own})


_ADD_SPEND = Prepared(
    text(
        "INSERT INTO budget_days (budget_id, spender, day, spent, own) "
        "VALUES (:budget_id, :spender, :day, :spent, :own) ON CONFLICT (budget_id, spender, day) DO UPDATE SET "
        "spent = budget_days.spent + excluded.spent, own = budget_days.own + excluded.own"
    ).bindparams(
        bindparam("budget_id", type_=Text),
        bindparam("spender", type_=Text),
        bindparam("day", type_=Integer),
        bindparam("spent", type_=BigInteger),
        bindparam("own", type_=BigInteger),
    ),
    BudgetSpend._fields,
)


def add_spend(connection: Connection, spends: Sequence[BudgetSpend]) -> None:
    """Adds to what was spent. Rows are touched in one order, so that two writers never wait in a ring."""
    _ADD_SPEND.many(connection, [tuple(spend) for spend in sorted(spends)])

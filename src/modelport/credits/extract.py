"""Reading the ledger back for statements and exports: an account's movements over a time, and every transfer.

What was charged for answers is told by `usage`, which has it by day and model; here is everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, select, text

from modelport.credits import store
from modelport.credits.store import Transaction
from modelport.credits.tables import ledger_accounts, transfers

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Entry", "amounts", "debt_at", "entries", "moved_before", "movements", "through"]

_NO_CHARGE = "code <> 'generation' AND code <> 'hold'"
"""In the words of the index on each side, which has nothing else in it."""
_SIDES = (("credit_account", "debit_account", 1), ("debit_account", "credit_account", -1))


class Entry(NamedTuple):
    """One transfer with both its sides by name; `amount` in nano-dollars, from debit to credit."""

    seq: int
    created_at: int
    debit: str
    credit: str
    amount: int
    phase: str
    code: str
    reference: str


def movements(
    connection: Connection, account_id: str, since: int, until: int, *, kind: str = "credits"
) -> list[Transaction]:
    """What moved on an account but charges, oldest first, from `since` to before `until` (milliseconds)."""
    mine = store.find(connection, kind, account_id)
    found: list[Transaction] = []
    for side, across, sign in _SIDES if mine is not None else ():
        query = (
            select(transfers, ledger_accounts.c.kind, ledger_accounts.c.owner)
            .join(ledger_accounts, ledger_accounts.c.id == transfers.c[across])
            .where(transfers.c[side] == mine, text(_NO_CHARGE))
            .where(transfers.c.created_at >= since, transfers.c.created_at < until)
        )
        found += [
            Transaction(row.seq, row.created_at, row.code, sign * row.amount, row.kind, row.owner, row.reference)
            for row in connection.execute(query)
        ]
    return sorted(found)


def moved_before(connection: Connection, account_id: str, until: int, *, kind: str = "credits") -> int:
    """What all movements but charges before a moment come to."""
    mine = store.find(connection, kind, account_id)
    total = 0
    for side, _, sign in _SIDES if mine is not None else ():
        query = select(func.coalesce(func.sum(transfers.c.amount), 0)).where(
            transfers.c[side] == mine, text(_NO_CHARGE), transfers.c.created_at < until
        )
        total += sign * int(connection.execute(query).scalar_one())
    return total


def debt_at(connection: Connection, account_id: str, until: int) -> int:
    """What the account owed at a moment."""
    return -moved_before(connection, account_id, until, kind="debt")


def through(connection: Connection, processor: str, since: int, until: int) -> list[Transaction]:
    """What moved through a payment processor's account, oldest first: above zero what it was paid back."""
    return movements(connection, processor, since, until, kind="payments")


def entries(connection: Connection, *, after: int, since: int, until: int, limit: int) -> list[Entry]:
    """Every transfer of a time, by its number, from behind the number `after`."""
    debit, credit = ledger_accounts.alias("debit"), ledger_accounts.alias("credit")
    query = (
        select(
            transfers.c.seq, transfers.c.created_at, debit.c.kind, debit.c.owner, credit.c.kind, credit.c.owner,
            transfers.c.amount, transfers.c.phase, transfers.c.code, transfers.c.reference,
        )
        .join(debit, debit.c.id == transfers.c.debit_account)
        .join(credit, credit.c.id == transfers.c.credit_account)
        .where(transfers.c.seq > after, transfers.c.created_at >= since, transfers.c.created_at < until)
        .order_by(transfers.c.seq)
        .limit(limit)
    )  # fmt: skip
    return [
        Entry(row[0], row[1], _name(row[2], row[3]), _name(row[4], row[5]), *row[6:])
        for row in connection.execute(query)
    ]


def _name(kind: str, owner: str) -> str:
    return f"{kind}:{owner}" if owner else kind


def amounts(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """What the transfers with these idempotency keys moved; one that is not there is left out."""
    found: dict[str, int] = {}
    for at in range(0, len(keys), 500):
        some = list(keys[at : at + 500])
        rows = connection.execute(
            select(transfers.c.idempotency_key, transfers.c.amount).where(transfers.c.idempotency_key.in_(some))
        )
        found |= {str(row[0]): int(row[1]) for row in rows}
    return found

"""The ledger's checker: recomputes everything from the transfers and names the first difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from modelport.credits.tables import balances, holds, ledger_accounts, transfers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Report", "check"]


class Report(NamedTuple):
    """What the checker saw; `fault` is the first difference in words, None when there is none."""

    transfers: int
    accounts: int
    open_holds: int
    fault: str | None


def check(connection: Connection) -> Report:
    """Reads the journal from its first transfer to its last and holds it against the balances."""
    sums: dict[int, list[int]] = {}
    pending: dict[str, tuple[int, int, int]] = {}
    count = 0
    fault: str | None = None
    rows = connection.execution_options(yield_per=5000).execute(
        select(
            transfers.c.seq,
            transfers.c.debit_account,
            transfers.c.credit_account,
            transfers.c.amount,
            transfers.c.phase,
            transfers.c.idempotency_key,
            transfers.c.pending_key,
        ).order_by(transfers.c.seq)
    )
    for row in rows:
        count += 1
        debit = sums.setdefault(row.debit_account, [0, 0, 0])
        credit = sums.setdefault(row.credit_account, [0, 0, 0])
        if row.phase == "pending":
            pending[row.idempotency_key] = (row.debit_account, row.credit_account, row.amount)
            debit[2] += row.amount
            continue
        if row.phase in {"posted", "voided"}:
            found = pending.pop(row.pending_key, None)
            if found is None:
                fault = fault or f"transfer {row.seq} resolves {row.pending_key!r}, which is not pending"
                continue
            if found[:2] != (row.debit_account, row.credit_account):
                fault = fault or f"transfer {row.seq} resolves {row.pending_key!r} between other accounts"
            debit[2] -= found[2]
        if row.phase != "voided":
            debit[0] += row.amount
            credit[1] += row.amount
    accounts = connection.execute(select(func.count()).select_from(balances)).scalar_one()
    fault = fault or _compare(connection, sums) or _open(connection, pending)
    return Report(count, accounts, len(pending), fault)


def _compare(connection: Connection, sums: dict[int, list[int]]) -> str | None:
    kinds = {
        row.id: f"{row.kind}:{row.owner}" if row.owner else row.kind
        for row in connection.execute(select(ledger_accounts.c.id, ledger_accounts.c.kind, ledger_accounts.c.owner))
    }
    rows = connection.execute(select(balances).order_by(balances.c.account))
    for row in rows:
        expected = tuple(sums.pop(row.account, [0, 0, 0]))
        found = (row.debits_posted, row.credits_posted, row.debits_pending)
        name = kinds.get(row.account, str(row.account))
        if found != expected:
            return f"balance of {name} is {found}, but its transfers make {expected} (debits, credits, pending)"
        if name.startswith("credits:") and row.credits_posted < row.debits_posted:
            return f"balance of {name} is below zero"
    if sums:
        return f"account {min(sums)} has transfers but no balance"
    return None


def _open(connection: Connection, pending: dict[str, tuple[int, int, int]]) -> str | None:
    held = {f"hold/{row.id}" for row in connection.execute(select(holds.c.id))}
    if lost := sorted(pending.keys() - held):
        return f"{lost[0]!r} is pending, but no stream holds it"
    if extra := sorted(held - pending.keys()):
        return f"{extra[0]!r} is held by a stream, but not pending"
    total = connection.execute(select(func.coalesce(func.sum(balances.c.debits_posted - balances.c.credits_posted), 0)))
    return None if int(total.scalar_one()) == 0 else "debits and credits of all accounts together are not equal"

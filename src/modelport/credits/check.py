"""The ledger's checker: recomputes everything from the transfers and names the first difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from modelport.credits import seals
from modelport.credits.tables import balances, holds, transfers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Report", "check"]


class Report(NamedTuple):
    """What the checker saw; `fault` is the first difference in words, None when there is none."""

    transfers: int
    accounts: int
    open_holds: int
    fault: str | None
    seals: int = 0
    unsealed: int = 0
    """Transfers that are too new to be sealed."""
    head: str = ""
    """The last seal's hash: whoever keeps it elsewhere can prove that no later one was cut off."""


def check(connection: Connection, key: bytes = b"") -> Report:
    """Reads the journal from its first transfer to its last and holds it against the seals and the balances."""
    sealed = seals.Checker(connection, seals.names(connection), key)
    sums: dict[int, list[int]] = {}
    pending: dict[str, tuple[int, int, int]] = {}
    count = 0
    fault: str | None = None
    rows = connection.execution_options(yield_per=5000).execute(select(*seals.COLUMNS).order_by(transfers.c.seq))
    for row in rows:
        count += 1
        sealed.take(row)
        # By place, for a journal is long: names cost half of the whole check.
        seq, debtor, creditor, amount, phase, _, _, idempotency_key, pending_key, _ = row
        debit = sums.get(debtor) or sums.setdefault(debtor, [0, 0, 0])
        credit = sums.get(creditor) or sums.setdefault(creditor, [0, 0, 0])
        if phase == "pending":
            pending[idempotency_key] = (debtor, creditor, amount)
            debit[2] += amount
            continue
        if phase in {"posted", "voided"}:
            found = pending.pop(pending_key, None)
            if found is None:
                fault = fault or f"transfer {seq} resolves {pending_key!r}, which is not pending"
                continue
            if found[:2] != (debtor, creditor):
                fault = fault or f"transfer {seq} resolves {pending_key!r} between other accounts"
            debit[2] -= found[2]
        if phase != "voided":
            debit[0] += amount
            credit[1] += amount
    accounts = connection.execute(select(func.count()).select_from(balances)).scalar_one()
    fault = sealed.end() or fault or _compare(connection, sums) or _open(connection, pending)
    return Report(count, accounts, len(pending), fault, sealed.count, count - sealed.sealed, sealed.head)


def _compare(connection: Connection, sums: dict[int, list[int]]) -> str | None:
    kinds = seals.names(connection)
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

"""Every query on the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from modelport.credits.tables import account_groups, balances, holds, ledger_accounts, transfers
from modelport.db.prepared import Prepared
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "Balance",
    "Checkpoint",
    "Posting",
    "StoredHold",
    "Transaction",
    "Transfer",
    "account",
    "add_holds",
    "balance",
    "balances_of",
    "books",
    "checkpoint_holds",
    "dead_holds",
    "find",
    "foreign_holds",
    "group_members",
    "group_of",
    "groups",
    "known_keys",
    "locked_balance",
    "moved_through",
    "post",
    "posted_of",
    "remove_holds",
    "set_group",
    "taken_back",
    "transactions",
    "transfer",
]

Phase = Literal["single", "pending", "posted", "voided"]


class Posting(NamedTuple):
    """One transfer to be written. Amounts are nano-dollars."""

    debit: int
    credit: int
    amount: int
    phase: Phase
    code: str
    reference: str
    idempotency_key: str
    pending_key: str | None = None
    pending_amount: int = 0
    """What the pending transfer had set aside; given with `posted` and `voided`."""


class Balance(NamedTuple):
    """What stands on a ledger account. `version` grows with every change."""

    account: int
    debits_posted: int
    credits_posted: int
    debits_pending: int
    version: int


class StoredHold(NamedTuple):
    """A stream under way, as a crash leaves it behind."""

    id: str
    account_id: str
    key_id: str
    amount: int
    spent: int
    completion_tokens: int
    facts: str
    process: str
    expires_at: int
    budgets: str = "[]"


class Checkpoint(NamedTuple):
    """How far a stream has come."""

    id: str
    spent: int
    completion_tokens: int
    expires_at: int


class Transfer(NamedTuple):
    """What a stored transfer moved."""

    debit: int
    credit: int
    amount: int


class Transaction(NamedTuple):
    """A movement on one account that was no charge."""

    seq: int
    created_at: int
    code: str
    """`topup`, `grant`, `promotion`, `voucher`, `refund`, `dispute`, `dispute_won`, `expire`, `repay`, ..."""
    amount: int
    """Above zero when the account got it."""
    other: str
    """Kind of the ledger account on the other side."""
    owner: str
    """Its owner, such as the payment processor's name."""
    reference: str


def find(connection: Connection, kind: str, owner: str) -> int | None:
    """The ledger account of this meaning and owner, if there is one."""
    query = select(ledger_accounts.c.id).where(ledger_accounts.c.kind == kind, ledger_accounts.c.owner == owner)
    return connection.execute(query).scalar_one_or_none()


def account(connection: Connection, kind: str, owner: str) -> int:
    """The ledger account of this meaning and owner, opened with a zero balance when it is not there."""
    found = find(connection, kind, owner)
    if found is not None:
        return found
    build = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
    connection.execute(
        build(ledger_accounts).values(kind=kind, owner=owner, created_at=clock.now_ms()).on_conflict_do_nothing()
    )
    found = find(connection, kind, owner)
    assert found is not None
    connection.execute(
        build(balances)
        .values(account=found, debits_posted=0, credits_posted=0, debits_pending=0, version=0)
        .on_conflict_do_nothing()
    )
    return found


_TRANSFER = (
    "debit_account",
    "credit_account",
    "amount",
    "phase",
    "code",
    "reference",
    "idempotency_key",
    "pending_key",
    "created_at",
)
_INSERT = Prepared(insert(transfers).values({name: bindparam(name) for name in _TRANSFER}), _TRANSFER)
_MOVE = Prepared(
    update(balances)
    .where(balances.c.account == bindparam("on_account"))
    .values(
        debits_posted=balances.c.debits_posted + bindparam("debits", type_=BigInteger),
        credits_posted=balances.c.credits_posted + bindparam("credits", type_=BigInteger),
        debits_pending=balances.c.debits_pending + bindparam("pending", type_=BigInteger),
        version=balances.c.version + text("1"),
    )
    .returning(
        balances.c.account,
        balances.c.debits_posted,
        balances.c.credits_posted,
        balances.c.debits_pending,
        balances.c.version,
    ),
    ("on_account", "debits", "credits", "pending"),
)


def post(connection: Connection, postings: Sequence[Posting]) -> list[Balance]:
    """Writes transfers and moves the balances they touch; returns those balances.

    Accounts are touched in the order of their ids, so that two writers never wait for each other in a ring.
    """
    now = clock.now_ms()
    # The fields of a posting stand in the order of the columns; what it resolves comes last and is no column.
    _INSERT.many(connection, [(*posting[:8], now) for posting in postings])
    moves: dict[int, list[int]] = {}
    for p in postings:
        debit = moves.setdefault(p.debit, [0, 0, 0])
        credit = moves.setdefault(p.credit, [0, 0, 0])
        if p.phase == "pending":
            debit[2] += p.amount
        else:
            debit[2] -= p.pending_amount
            if p.phase != "voided":
                debit[0] += p.amount
                credit[1] += p.amount
    return [Balance(*_MOVE.one(connection, (on, *moves[on])).one()) for on in sorted(moves)]


_BALANCES = select(
    balances.c.account,
    balances.c.debits_posted,
    balances.c.credits_posted,
    balances.c.debits_pending,
    balances.c.version,
)
_BALANCES_IN = _BALANCES.where(balances.c.account.in_(bindparam("accounts", expanding=True)))


def balances_of(connection: Connection, accounts: Iterable[int]) -> list[Balance]:
    """What stands on these accounts."""
    return [Balance(*row) for row in connection.execute(_BALANCES_IN, {"accounts": list(accounts)})]


def balance(connection: Connection, ledger_account: int) -> Balance:
    """What stands on one account."""
    return balances_of(connection, (ledger_account,))[0]


def locked_balance(connection: Connection, ledger_account: int) -> Balance:
    """The same, and nobody else moves it until this transaction ends. SQLite's writers queue anyway."""
    query = _BALANCES.where(balances.c.account == ledger_account).with_for_update()
    return Balance(*connection.execute(query).one())


def books(connection: Connection) -> tuple[int, int]:
    """What the house charged for answers, and what providers charge it, in all."""
    found: list[int] = []
    for kind in ("revenue", "provider_cost"):
        ledger_account = find(connection, kind, "")
        standing = None if ledger_account is None else balance(connection, ledger_account)
        found.append(0 if standing is None else standing.credits_posted - standing.debits_posted)
    return found[0], -found[1]


def taken_back(connection: Connection, ledger_account: int) -> int:
    """What was debited to an account other than by charges: refunds, disputes, expiry, debts that were paid."""
    # The condition in the words of the index, which has nothing else in it.
    query = select(func.coalesce(func.sum(transfers.c.amount), 0)).where(
        transfers.c.debit_account == ledger_account, text("code <> 'generation' AND code <> 'hold'")
    )
    return int(connection.execute(query).scalar_one())


def group_of(connection: Connection, account_id: str) -> str | None:
    """The group that the operator's price rules know the account by."""
    query = select(account_groups.c.name).where(account_groups.c.account_id == account_id)
    return connection.execute(query).scalar_one_or_none()


def groups(connection: Connection) -> dict[str, int]:
    """How many accounts are in each group."""
    rows = connection.execute(select(account_groups.c.name, func.count()).group_by(account_groups.c.name))
    return {name: int(count) for name, count in rows}


def group_members(connection: Connection, name: str, most: int) -> list[str]:
    """The accounts that are in a group."""
    query = select(account_groups.c.account_id).where(account_groups.c.name == name)
    return list(connection.execute(query.order_by(account_groups.c.account_id).limit(most)).scalars())


def set_group(connection: Connection, account_id: str, name: str | None) -> None:
    """Puts an account into a group, or into none."""
    connection.execute(delete(account_groups).where(account_groups.c.account_id == account_id))
    if name is not None:
        connection.execute(insert(account_groups).values(account_id=account_id, name=name))


def posted_of(connection: Connection, account_id: str) -> int:
    """What an account's credits come to, held or not."""
    ledger_account = find(connection, "credits", account_id)
    if ledger_account is None:
        return 0
    found = balance(connection, ledger_account)
    return found.credits_posted - found.debits_posted


def transfer(connection: Connection, idempotency_key: str) -> Transfer | None:
    """The transfer with this key."""
    columns = (transfers.c.debit_account, transfers.c.credit_account, transfers.c.amount)
    row = connection.execute(select(*columns).where(transfers.c.idempotency_key == idempotency_key)).first()
    return Transfer(*row) if row else None


def transactions(connection: Connection, ledger_account: int, before: int | None, limit: int) -> list[Transaction]:
    """Movements on an account that were no charges, newest first, those before the number `before`."""
    found: list[Transaction] = []
    for mine, other, sign in (("credit_account", "debit_account", 1), ("debit_account", "credit_account", -1)):
        # The condition in the words of the index on this side, which has nothing else in it.
        query = (
            select(transfers, ledger_accounts.c.kind, ledger_accounts.c.owner)
            .join(ledger_accounts, ledger_accounts.c.id == transfers.c[other])
            .where(transfers.c[mine] == ledger_account, text("code <> 'generation' AND code <> 'hold'"))
            .order_by(transfers.c.seq.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(transfers.c.seq < before)
        found += [
            Transaction(row.seq, row.created_at, row.code, sign * row.amount, row.kind, row.owner, row.reference)
            for row in connection.execute(query)
        ]
    return sorted(found, reverse=True)[:limit]


def known_keys(connection: Connection, idempotency_keys: Sequence[str]) -> set[str]:
    """Those of the given idempotency keys whose transfer exists."""
    rows = connection.execute(
        select(transfers.c.idempotency_key).where(transfers.c.idempotency_key.in_(idempotency_keys))
    )
    return set(rows.scalars())


def add_holds(connection: Connection, new: Sequence[StoredHold]) -> None:
    """Stores streams that are about to deliver their first event."""
    connection.execute(insert(holds), [hold._asdict() for hold in new])


_CHECKPOINT = text(
    "UPDATE holds SET spent = :spent, completion_tokens = :completion_tokens, expires_at = :expires_at WHERE id = :id"
)


def checkpoint_holds(connection: Connection, points: Sequence[Checkpoint]) -> None:
    """Notes how far streams have come, and that their process lives."""
    connection.execute(_CHECKPOINT, [point._asdict() for point in sorted(points)])


def remove_holds(connection: Connection, hold_ids: Sequence[str]) -> None:
    """Forgets streams that have ended, in the transaction that settles them."""
    connection.execute(delete(holds).where(holds.c.id == bindparam("hold_id")), [{"hold_id": i} for i in hold_ids])


def dead_holds(connection: Connection, now: int, process: str, *, alone: bool) -> list[StoredHold]:
    """Holds of other processes than `process` that have expired; all of theirs when it is `alone`.

    Its own are alive however old: an outage of the database keeps it from moving their expiry. Rows are locked where
    the database can, so that two sweepers never settle one hold.
    """
    query = select(*(holds.c[name] for name in StoredHold._fields)).where(holds.c.process != process)
    if not alone:
        query = query.where(holds.c.expires_at < now)
    query = query.order_by(holds.c.id).limit(1000).with_for_update(skip_locked=True)
    return [StoredHold(*row) for row in connection.execute(query)]


def foreign_holds(connection: Connection, account_id: str, process: str) -> int:
    """What other processes hold on this account."""
    return int(
        connection.execute(
            select(func.coalesce(func.sum(holds.c.amount), 0)).where(
                holds.c.account_id == account_id, holds.c.process != process
            )
        ).scalar_one()
    )


def moved_through(connection: Connection, kind: str, owner: str, since: int, until: int) -> dict[str, int]:
    """Sums by code of what came out of a ledger account, less what went in, in a span of time. Charges aside."""
    mine = find(connection, kind, owner)
    if mine is None:
        return {}
    no_charge = transfers.c.code.not_in(("generation", "hold"))
    span = (transfers.c.created_at >= since) & (transfers.c.created_at < until) & no_charge
    sums: dict[str, int] = {}
    for side, sign in ((transfers.c.debit_account, 1), (transfers.c.credit_account, -1)):
        rows = connection.execute(
            select(transfers.c.code, func.sum(transfers.c.amount)).where(side == mine, span).group_by(transfers.c.code)
        )
        for code, amount in rows:
            sums[code] = sums.get(code, 0) + sign * int(amount)
    return sums

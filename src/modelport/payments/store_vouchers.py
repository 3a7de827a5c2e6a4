"""Every query on vouchers."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from modelport.payments.tables import voucher_batches, vouchers

__all__ = [
    "Batch",
    "Voucher",
    "add_batch",
    "batch",
    "batches",
    "by_hash",
    "claim",
    "credited",
    "of_batch",
    "redeemed_by",
    "revoke_batch",
    "revoke_voucher",
    "uncredited",
]


class Batch(NamedTuple):
    """Vouchers that were made together; amounts in nano-dollars, times in milliseconds."""

    id: str
    amount: int
    size: int
    expires_at: int | None
    per_user: int | None
    credits_days: int | None
    promotional: bool
    note: str
    created_by: str
    created_at: int
    revoked_at: int | None


class Voucher(NamedTuple):
    """One voucher; its code is not known to the database."""

    id: str
    batch_id: str
    label: str
    revoked_at: int | None
    redeemed_at: int | None
    account_id: str | None
    user_id: str | None
    credited_at: int | None


_BATCH = [voucher_batches.c[name] for name in Batch._fields]
_VOUCHER = [vouchers.c[name] for name in Voucher._fields]


def add_batch(connection: Connection, new: Batch, codes: list[tuple[str, str, str]]) -> None:
    """Stores a batch and its vouchers: id, hash and label of each."""
    connection.execute(insert(voucher_batches).values(**new._asdict()))
    rows = [{"id": one, "batch_id": new.id, "code_hash": hashed, "label": label} for one, hashed, label in codes]
    connection.execute(insert(vouchers), rows)


def batch(connection: Connection, batch_id: str, *, lock: bool = False) -> Batch | None:
    """One batch; locked, so that two redemptions of it by one person are counted one after the other."""
    statement = select(*_BATCH).where(voucher_batches.c.id == batch_id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return Batch(*row) if row else None


def batches(connection: Connection, limit: int) -> list[tuple[Batch, int]]:
    """Batches, newest first, each with how many of it were redeemed."""
    used = (
        select(vouchers.c.batch_id, func.count().label("used"))
        .where(vouchers.c.redeemed_at.is_not(None))
        .group_by(vouchers.c.batch_id)
        .subquery()
    )
    rows = connection.execute(
        select(*_BATCH, func.coalesce(used.c.used, 0))
        .outerjoin(used, used.c.batch_id == voucher_batches.c.id)
        .order_by(voucher_batches.c.created_at.desc(), voucher_batches.c.id)
        .limit(limit)
    )
    size = len(_BATCH)
    return [(Batch(*row[:size]), int(row[size])) for row in rows]


def of_batch(connection: Connection, batch_id: str) -> list[Voucher]:
    """The vouchers of a batch."""
    rows = connection.execute(select(*_VOUCHER).where(vouchers.c.batch_id == batch_id).order_by(vouchers.c.id))
    return [Voucher(*row) for row in rows]


def by_hash(connection: Connection, code_hash: str) -> Voucher | None:
    """The voucher whose code has this keyed hash."""
    row = connection.execute(select(*_VOUCHER).where(vouchers.c.code_hash == code_hash)).first()
    return Voucher(*row) if row else None


def redeemed_by(connection: Connection, batch_id: str, user_id: str) -> int:
    """How many vouchers of a batch a person has redeemed."""
    return connection.execute(
        select(func.count()).where(vouchers.c.batch_id == batch_id, vouchers.c.user_id == user_id)
    ).scalar_one()


def claim(connection: Connection, voucher_id: str, account_id: str, user_id: str, at_ms: int) -> bool:
    """Redeems a voucher that nobody has. One statement decides between any number that try at once."""
    mine = update(vouchers).where(
        vouchers.c.id == voucher_id, vouchers.c.redeemed_at.is_(None), vouchers.c.revoked_at.is_(None)
    )
    values = {"redeemed_at": at_ms, "account_id": account_id, "user_id": user_id}
    return connection.execute(mine.values(**values)).rowcount == 1


def credited(connection: Connection, voucher_id: str, at_ms: int) -> None:
    """Notes that a redeemed voucher's credits were given."""
    connection.execute(update(vouchers).where(vouchers.c.id == voucher_id).values(credited_at=at_ms))


def uncredited(connection: Connection, before: int) -> list[tuple[Voucher, Batch]]:
    """Vouchers that were redeemed before a moment and whose credits a crash kept back."""
    rows = connection.execute(
        select(*_VOUCHER, *_BATCH)
        .join(voucher_batches, voucher_batches.c.id == vouchers.c.batch_id)
        .where(vouchers.c.redeemed_at < before, vouchers.c.credited_at.is_(None))
        .limit(100)
    )
    size = len(_VOUCHER)
    return [(Voucher(*row[:size]), Batch(*row[size:])) for row in rows]


def revoke_batch(connection: Connection, batch_id: str, at_ms: int) -> int:
    """Takes back the vouchers of a batch that nobody has redeemed; returns how many."""
    connection.execute(update(voucher_batches).where(voucher_batches.c.id == batch_id).values(revoked_at=at_ms))
    return connection.execute(
        update(vouchers)
        .where(vouchers.c.batch_id == batch_id, vouchers.c.redeemed_at.is_(None), vouchers.c.revoked_at.is_(None))
        .values(revoked_at=at_ms)
    ).rowcount


def revoke_voucher(connection: Connection, voucher_id: str, at_ms: int) -> bool:
    """Takes back one voucher. False when it was redeemed or revoked already."""
    return bool(
        connection.execute(
            update(vouchers)
            .where(vouchers.c.id == voucher_id, vouchers.c.redeemed_at.is_(None), vouchers.c.revoked_at.is_(None))
            .values(revoked_at=at_ms)
        ).rowcount
    )

"""Lots: which of an account's credits are given or expire, and how much of each lot is left.

Given and bought credits lie on one ledger account, so that a charge is one transfer whatever it is paid from. What is
spent is taken off the gifts first, then off bought credits that expire, each time the lot that expires soonest before
the others, and off bought ones that stay for ever last. Since that follows from the sums alone, it is worked out only
when somebody asks: another gift, a refund, an expiry. All functions here are called with the account's balance locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, insert, select, update

from modelport.credits.tables import promotion_marks, promotions
from modelport.kit import clock

if TYPE_CHECKING:
    from modelport.credits.store import Balance

__all__ = ["Gift", "accounts_with_expired", "add", "attribute", "debited", "left", "restore", "take", "take_bought"]


class Gift(NamedTuple):
    """One promotional grant, or one purchase that expires, and what is left of it."""

    id: int
    reference: str
    amount: int
    remaining: int
    expires_at: int | None
    created_at: int
    bought: bool = False


_GIFT = (
    promotions.c.id,
    promotions.c.reference,
    promotions.c.amount,
    promotions.c.remaining,
    promotions.c.expires_at,
    promotions.c.created_at,
    promotions.c.bought,
)
_ORDER = (promotions.c.bought, promotions.c.expires_at.is_(None), promotions.c.expires_at, promotions.c.id)


def attribute(connection: Connection, account_id: str, balance: Balance) -> list[Gift]:
    """Takes what was spent since the last time off the gifts; returns those of which something is left."""
    mine = promotion_marks.c.account_id == account_id
    mark = connection.execute(select(promotion_marks.c.debits).where(mine)).scalar_one_or_none()
    if mark is None:
        return []
    spent = balance.debits_posted - mark
    open_ = [
        Gift(*row)
        for row in connection.execute(
            select(*_GIFT).where(promotions.c.account_id == account_id, promotions.c.remaining > 0).order_by(*_ORDER)
        )
    ]
    if spent <= 0:  # below zero after a charge was taken back that had been attributed: the next one makes up for it
        return open_
    connection.execute(update(promotion_marks).where(mine).values(debits=balance.debits_posted))
    kept: list[Gift] = []
    for gift in open_:
        used = min(gift.remaining, spent)
        spent -= used
        if used:
            take(connection, gift.id, used)
        if used < gift.remaining:
            kept.append(gift._replace(remaining=gift.remaining - used))
    return kept


def left(gifts: list[Gift]) -> int:
    """What is left of all that were given."""
    return sum(gift.remaining for gift in gifts if not gift.bought)


def take(connection: Connection, gift_id: int, amount: int) -> None:
    """Notes that so much of a gift is gone."""
    connection.execute(
        update(promotions).where(promotions.c.id == gift_id).values(remaining=promotions.c.remaining - amount)
    )


def debited(connection: Connection, account_id: str, amount: int) -> None:
    """Moves the mark past a debit that was no spending: a refund, an expiry, a debt that was paid."""
    connection.execute(
        update(promotion_marks)
        .where(promotion_marks.c.account_id == account_id)
        .values(debits=promotion_marks.c.debits + amount)
    )


def take_bought(connection: Connection, lots: list[Gift], reference: str, amount: int, bought: int) -> None:
    """Notes that `amount` of `bought` credits went back to whoever paid for `reference`: off the lot of that purchase,
    then off credits that never expire, then off other purchases.
    """
    dated = [lot for lot in lots if lot.bought]
    undated = bought - sum(lot.remaining for lot in dated)
    for lot in sorted(dated, key=lambda each: each.reference != reference):
        if lot.reference != reference:
            amount -= min(amount, undated)
            undated = 0
        used = min(lot.remaining, amount)
        if used:
            take(connection, lot.id, used)
            amount -= used


def restore(connection: Connection, account_id: str, reference: str, amount: int) -> None:
    """Credits of a purchase came back: what its lot lacks is put into it again, to expire when it would have."""
    lot = connection.execute(
        select(promotions.c.id, promotions.c.amount - promotions.c.remaining).where(
            promotions.c.account_id == account_id, promotions.c.reference == reference, promotions.c.bought
        )
    ).first()
    if lot is not None:
        take(connection, lot[0], -min(amount, lot[1]))


def add(  # noqa: PLR0917 (the columns of a row)
    connection: Connection,
    account_id: str,
    balance: Balance,
    amount: int,
    reference: str,
    expires_at: int | None,
    *,
    bought: bool = False,
    used: int = 0,
) -> None:
    """Notes a new lot, of which `used` is gone already; what was spent before it is taken off the older ones."""
    attribute(connection, account_id, balance)
    marked = select(promotion_marks.c.debits).where(promotion_marks.c.account_id == account_id)
    if connection.execute(marked).first() is None:
        connection.execute(insert(promotion_marks).values(account_id=account_id, debits=balance.debits_posted))
    connection.execute(
        insert(promotions).values(
            account_id=account_id,
            reference=reference,
            amount=amount,
            remaining=amount - used,
            expires_at=expires_at,
            created_at=clock.now_ms(),
            bought=bought,
        )
    )


def accounts_with_expired(connection: Connection, now: int) -> list[str]:
    """Accounts that have lots whose time has come, with something that may be left of them."""
    query = (
        select(promotions.c.account_id)
        .distinct()
        .where(promotions.c.remaining > 0, promotions.c.expires_at.is_not(None), promotions.c.expires_at <= now)
    )
    return list(connection.execute(query.limit(1000)).scalars())

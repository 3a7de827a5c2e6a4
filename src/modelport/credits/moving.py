"""Movements of credits other than charges, each in one transaction: given, bought, taken back, expired, owed.

Functions of a `Connection`, called through `service.Credits`. Each locks the account's balance first, so that two
that carry the same idempotency key meet there: the second finds what the first has done, and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from modelport.credits import promotions, store
from modelport.credits.errors import AlreadySpent, KeyReused
from modelport.credits.store import Balance, Posting
from modelport.db import changes
from modelport.kit.money import format_usd

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Gave", "Gift", "IfSpent", "Moved", "Taken", "debt_of", "expire", "give", "take_back"]

IfSpent = Literal["refuse", "rest", "debt"]
"""What happens when more is to be taken back than is left: refuse it; take what is left; or note the rest as a debt,
which the next credits pay."""


class Gift(NamedTuple):
    """That credits are promotional: spent before bought ones, and gone at `expires_at` (milliseconds; None: never).
    `bought` ones expire too, and are spent after all that were given.
    """

    expires_at: int | None
    bought: bool = False


class Gave(NamedTuple):
    """Credits for an account: from where, why, and what the house keeps for itself of the payment."""

    account_id: str
    amount: int
    source: tuple[str, str]
    """Kind and owner of the ledger account they come from."""
    code: str
    reference: str
    key: str
    gift: Gift | None = None
    fee: int = 0
    restores: bool = False
    """That bought credits come back which had been taken: their lot has them again."""


class Taken(NamedTuple):
    """Credits to be taken back from an account."""

    account_id: str
    amount: int
    to: tuple[str, str]
    code: str
    reference: str
    key: str
    if_spent: IfSpent


class Moved(NamedTuple):
    """What a movement did, and what the account has after it. Repeating its key gives `repeated`."""

    amount: int
    owed: int
    """What was noted as a debt, or paid off one."""
    balance: int
    debt: int
    repeated: bool
    balances: list[Balance]
    """For the purse in memory."""


def debt_of(connection: Connection, account_id: str) -> int:
    """What the account owes."""
    account = store.find(connection, "debt", account_id)
    if account is None:
        return 0
    balance = store.balance(connection, account)
    return balance.debits_posted - balance.credits_posted


def give(connection: Connection, gave: Gave) -> Moved:
    """Credits an account; what it owes is paid from it first.

    Raises `KeyReused` when the key stands for another movement.
    """
    mine, balance = _locked(connection, gave.account_id)
    source = store.account(connection, *gave.source)
    if (known := store.transfer(connection, gave.key)) is not None:
        _same(known, source, mine, gave.amount)
        return _after(connection, gave.account_id, balance, known.amount, 0, repeated=True)
    postings = [Posting(source, mine, gave.amount, "single", gave.code, gave.reference, gave.key)]
    if gave.fee:
        fees = store.account(connection, "fees", "")
        postings.append(Posting(source, fees, gave.fee, "single", "fee", gave.reference, f"{gave.key}/fee"))
    paid = 0 if gave.gift and not gave.gift.bought else min(debt_of(connection, gave.account_id), gave.amount)
    if gave.gift is not None:
        promotions.add(
            connection, gave.account_id, balance, gave.amount, gave.reference, gave.gift.expires_at,
            bought=gave.gift.bought, used=paid,
        )  # fmt: skip
    elif paid or gave.restores:
        promotions.attribute(connection, gave.account_id, balance)
    if gave.restores:
        promotions.restore(connection, gave.account_id, gave.reference, gave.amount - paid)
    if paid:
        debt = store.account(connection, "debt", gave.account_id)
        postings.append(Posting(mine, debt, paid, "single", "repay", gave.reference, f"{gave.key}/repay"))
        promotions.debited(connection, gave.account_id, paid)
    return _posted(connection, gave.account_id, mine, postings, gave.amount, paid)


def take_back(connection: Connection, taken: Taken, free: int) -> Moved:
    """Takes bought credits back, at most `free` of them: what no request holds. Gifts are never paid out.

    Raises `AlreadySpent` when that is too little and `if_spent` says so; `KeyReused`.
    """
    mine, balance = _locked(connection, taken.account_id)
    to = store.account(connection, *taken.to)
    if (known := store.transfer(connection, taken.key)) is not None:
        _same(known, mine, to, min(known.amount, taken.amount))
        return _after(connection, taken.account_id, balance, known.amount, 0, repeated=True)
    lots = promotions.attribute(connection, taken.account_id, balance)
    bought = max(balance.credits_posted - balance.debits_posted - promotions.left(lots), 0)
    amount = min(taken.amount, bought, free)
    rest = taken.amount - amount
    if rest and taken.if_spent == "refuse":
        raise AlreadySpent(
            f"Only {format_usd(amount)} USD of the {format_usd(taken.amount)} are left: the rest was used, "
            "or is set aside for requests under way."
        )
    # Also a transfer of nothing: it keeps the key.
    postings = [Posting(mine, to, amount, "single", taken.code, taken.reference, taken.key)]
    owed = rest if taken.if_spent == "debt" else 0
    if owed:
        debt = store.account(connection, "debt", taken.account_id)
        postings.append(Posting(debt, to, owed, "single", taken.code, taken.reference, f"{taken.key}/debt"))
    promotions.take_bought(connection, lots, taken.reference, amount, bought)
    promotions.debited(connection, taken.account_id, amount)
    return _posted(connection, taken.account_id, mine, postings, amount, owed)


def expire(connection: Connection, account_id: str, now: int, free: int) -> Moved:
    """Takes away what is left of lots whose time has come, at most `free`: what requests hold comes later."""
    mine, balance = _locked(connection, account_id)
    expired = store.account(connection, "expired", "")
    postings: list[Posting] = []
    total = 0
    for gift in promotions.attribute(connection, account_id, balance):
        amount = min(gift.remaining, free - total)
        if gift.expires_at is None or gift.expires_at > now or amount <= 0:
            continue
        key = f"expire/{gift.id}/{balance.version}"  # each movement raises it, so no two expiries share one
        postings.append(Posting(mine, expired, amount, "single", "expire", gift.reference, key))
        promotions.take(connection, gift.id, amount)
        total += amount
    if not postings:
        return _after(connection, account_id, balance, 0, 0, repeated=False)
    promotions.debited(connection, account_id, total)
    return _posted(connection, account_id, mine, postings, total, 0)


def _locked(connection: Connection, account_id: str) -> tuple[int, Balance]:
    mine = store.account(connection, "credits", account_id)
    return mine, store.locked_balance(connection, mine)


def _same(known: store.Transfer, debit: int, credit: int, amount: int) -> None:
    if (known.debit, known.credit, known.amount) != (debit, credit, amount):
        raise KeyReused("This idempotency key stands for another movement of credits already; use a new one.")


def _posted(  # noqa: PLR0917 (what was found, what is to be written, what is told)
    connection: Connection, account_id: str, mine: int, postings: list[Posting], amount: int, owed: int
) -> Moved:
    balances = store.post(connection, postings)
    changes.note(connection, "credits", account_id)
    balance = next(each for each in balances if each.account == mine)
    return _after(connection, account_id, balance, amount, owed, repeated=False)


def _after(
    connection: Connection, account_id: str, balance: Balance, amount: int, owed: int, *, repeated: bool
) -> Moved:
    left = balance.credits_posted - balance.debits_posted
    return Moved(amount, owed, left, debt_of(connection, account_id), repeated, [balance])

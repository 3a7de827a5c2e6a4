"""Every query of operators on people and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select, tuple_, update

from modelport.accounts.roles import Role
from modelport.accounts.tables import (
    accounts,
    memberships,
    sessions,
    users,
)
from modelport.db import changes

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AccountRow",
    "Cursor",
    "UserRow",
    "account",
    "counts",
    "list_accounts",
    "list_users",
    "owns_organization",
    "set_operator",
    "user",
]


class Cursor(NamedTuple):
    """Where a page ended: the next one begins after it."""

    created_at: int
    id: str


class UserRow(NamedTuple):
    """A person, as operators see one."""

    id: str
    account_id: str
    email: str
    name: str | None
    created_at: int
    is_operator: bool
    suspended_at: int | None
    verified_at: int | None


class AccountRow(NamedTuple):
    """An account, as operators see one."""

    id: str
    name: str
    kind: str
    created_at: int
    suspended_at: int | None
    members: int


_USER = (
    users.c.id,
    users.c.account_id,
    users.c.email,
    users.c.name,
    users.c.created_at,
    users.c.is_admin,
    users.c.disabled_at,
    users.c.verified_at,
)
_MEMBERS = select(func.count()).where(memberships.c.account_id == accounts.c.id).scalar_subquery()
_ACCOUNT = (
    accounts.c.id,
    accounts.c.name,
    accounts.c.kind,
    accounts.c.created_at,
    accounts.c.suspended_at,
    _MEMBERS,
)


def list_users(connection: Connection, words: str | None, after: Cursor | None, limit: int) -> list[UserRow]:
    """People whose address, name or id has `words` in it, newest first."""
    query = select(*_USER)
    if words:
        query = query.where(_has(words, users.c.email, users.c.name, users.c.id))
    if after is not None:
        query = query.where(tuple_(users.c.created_at, users.c.id) < tuple_(after.created_at, after.id))
    rows = connection.execute(query.order_by(users.c.created_at.desc(), users.c.id.desc()).limit(limit))
    return [UserRow(*row) for row in rows]


def list_accounts(
    connection: Connection, words: str | None, after: Cursor | None, limit: int, only: Sequence[str] | None = None
) -> list[AccountRow]:
    """Accounts whose name or id has `words` in it, newest first; of those named by `only`, where it is given."""
    query = select(*_ACCOUNT)
    if only is not None:
        query = query.where(accounts.c.id.in_(only))
    if words:
        query = query.where(_has(words, accounts.c.name, accounts.c.id))
    if after is not None:
        query = query.where(tuple_(accounts.c.created_at, accounts.c.id) < tuple_(after.created_at, after.id))
    rows = connection.execute(query.order_by(accounts.c.created_at.desc(), accounts.c.id.desc()).limit(limit))
    return [AccountRow(*row) for row in rows]


def _has(words: str, *columns: ColumnElement[str] | ColumnElement[str | None]) -> ColumnElement[bool]:
    return or_(*(func.lower(column).contains(words.lower(), autoescape=True) for column in columns))


def user(connection: Connection, user_id: str) -> UserRow | None:
    """The person with this id."""
    row = connection.execute(select(*_USER).where(users.c.id == user_id)).first()
    return UserRow(*row) if row else None


def account(connection: Connection, account_id: str) -> AccountRow | None:
    """The account with this id."""
    row = connection.execute(select(*_ACCOUNT).where(accounts.c.id == account_id)).first()
    return AccountRow(*row) if row else None


def counts(connection: Connection, since_ms: int) -> tuple[int, int, int, int]:
    """How many people, new ones since `since_ms`, suspended ones, and organisations there are."""
    total, new, off = connection.execute(
        select(
            func.count(),
            func.count().filter(users.c.created_at >= since_ms),
            func.count().filter(users.c.disabled_at.is_not(None)),
        ).select_from(users)
    ).one()
    shared = select(func.count()).select_from(accounts).where(accounts.c.kind == "organization")
    return total, new, off, connection.execute(shared).scalar_one()


def set_operator(connection: Connection, user_id: str, *, is_operator: bool) -> bool:
    """Lets a person run the server, or no longer; their sessions end, for what they may do has changed."""
    found = connection.execute(update(users).where(users.c.id == user_id).values(is_admin=is_operator)).rowcount
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    changes.note(connection, "user", user_id)
    return bool(found)


def owns_organization(connection: Connection, user_id: str) -> bool:
    """Whether a person is the owner of an account that others may share."""
    mine = (memberships.c.user_id == user_id) & (memberships.c.role == Role.OWNER.value)
    shared = (accounts.c.id == memberships.c.account_id) & (accounts.c.kind == "organization")
    return bool(connection.execute(select(exists().where(mine, shared))).scalar_one())

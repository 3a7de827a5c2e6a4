"""Every query on accounts and users."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from modelport.accounts.roles import Role
from modelport.accounts.tables import accounts, memberships, setup_tokens, users

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Standing",
    "User",
    "add_setup_token",
    "add_user",
    "any_admin",
    "emails",
    "has_password",
    "set_login",
    "spend_setup_token",
    "standing",
    "user_by_email",
    "user_of_open_setup",
]


class User(NamedTuple):
    """A person, as other domains see one."""

    id: str
    account_id: str
    email: str
    is_admin: bool


_USER = (users.c.id, users.c.account_id, users.c.email, users.c.is_admin)


def email_of(connection: Connection, user_id: str) -> str:
    """The address of a user."""
    return str(connection.execute(select(users.c.email).where(users.c.id == user_id)).scalar_one())


def emails(connection: Connection, user_ids: Sequence[str]) -> dict[str, str]:
    """The addresses of users, by id."""
    rows = connection.execute(select(users.c.id, users.c.email).where(users.c.id.in_(user_ids)))
    return {row.id: row.email for row in rows}


def user_by_email(connection: Connection, email: str) -> User | None:
    """The user with exactly this (already normalised) address."""
    row = connection.execute(select(*_USER).where(users.c.email == email)).first()
    return User(*row) if row else None


def add_user(connection: Connection, user: User, created_at: int) -> None:
    """Adds a user and the account that is theirs."""
    connection.execute(insert(accounts).values(id=user.account_id, name=user.email, created_at=created_at))
    connection.execute(
        insert(users).values(
            id=user.id, account_id=user.account_id, email=user.email, is_admin=user.is_admin, created_at=created_at
        )
    )
    connection.execute(
        insert(memberships).values(
            account_id=user.account_id, user_id=user.id, role=Role.OWNER.value, created_at=created_at
        )
    )


class Standing(NamedTuple):
    """How a person stands in an account at this moment."""

    role: Role | None
    """None when they are no member of it."""
    suspended: bool
    """Whether the person or the account is suspended."""
    is_operator: bool


def standing(connection: Connection, account_id: str, user_id: str) -> Standing:
    """What `user_id` is in `account_id` now; unknown ones have no role."""
    row = connection.execute(
        select(memberships.c.role, users.c.disabled_at, accounts.c.suspended_at, users.c.is_admin)
        .select_from(memberships)
        .join(users, users.c.id == memberships.c.user_id)
        .join(accounts, accounts.c.id == memberships.c.account_id)
        .where(memberships.c.account_id == account_id, memberships.c.user_id == user_id)
    ).first()
    if row is None:
        return Standing(None, suspended=False, is_operator=False)
    suspended = row.disabled_at is not None or row.suspended_at is not None
    return Standing(Role(row.role), suspended=suspended, is_operator=row.is_admin)


def any_admin(connection: Connection) -> User | None:
    """The administrator that was made first, if there is one."""
    row = connection.execute(select(*_USER).where(users.c.is_admin).order_by(users.c.created_at).limit(1)).first()
    return User(*row) if row else None


def add_setup_token(connection: Connection, token_hash: str, user_id: str, created_at: int) -> None:
    """Makes `token_hash` the one open setup link; an older, unused one stops working."""
    connection.execute(delete(setup_tokens).where(setup_tokens.c.used_at.is_(None)))
    connection.execute(insert(setup_tokens).values(token_hash=token_hash, user_id=user_id, created_at=created_at))


def user_of_open_setup(connection: Connection, token_hash: str) -> User | None:
    """Whose setup link this is, while it is unused."""
    row = connection.execute(
        select(*_USER)
        .join(setup_tokens, setup_tokens.c.user_id == users.c.id)
        .where(setup_tokens.c.token_hash == token_hash, setup_tokens.c.used_at.is_(None))
    ).first()
    return User(*row) if row else None


def spend_setup_token(connection: Connection, token_hash: str, used_at: int) -> str | None:
    """Marks the link used and returns whose it was; None when it was used already. One of two racers wins."""
    result = connection.execute(
        update(setup_tokens)
        .where(setup_tokens.c.token_hash == token_hash, setup_tokens.c.used_at.is_(None))
        .values(used_at=used_at)
        .returning(setup_tokens.c.user_id)
    )
    return result.scalar_one_or_none()


def has_password(connection: Connection, user_id: str) -> bool:
    """Whether the user has set a password."""
    return connection.execute(select(users.c.password_hash.is_not(None)).where(users.c.id == user_id)).scalar_one()


def set_login(connection: Connection, user_id: str, email: str, password_hash: str) -> None:
    """Gives the user an address and a password."""
    connection.execute(update(users).where(users.c.id == user_id).values(email=email, password_hash=password_hash))

"""Every query on people as they sign in: their login, second factor, recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.accounts.roles import Role
from modelport.accounts.tables import accounts, memberships, recovery_codes, users
from modelport.db import changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelport.kit.language import Language

__all__ = [
    "Login",
    "Member",
    "Recipient",
    "account_name",
    "accounts_of",
    "add",
    "by_email",
    "by_id",
    "codes_left",
    "count_operators",
    "next_step",
    "recipients",
    "replace_codes",
    "set_email",
    "set_password",
    "set_profile",
    "set_totp",
    "spend_code",
    "suspend",
]


class Login(NamedTuple):
    """A person, with what they sign in by. Never leaves this domain whole."""

    id: str
    account_id: str
    email: str
    is_admin: bool
    password_hash: str | None
    created_at: int
    disabled_at: int | None
    name: str | None
    language: Language
    verified_at: int | None
    totp_sealed: str | None
    totp_since: int | None
    """Since when the second factor is asked for; None while it is not, or is only being set up."""


_LOGIN = (
    users.c.id,
    users.c.account_id,
    users.c.email,
    users.c.is_admin,
    users.c.password_hash,
    users.c.created_at,
    users.c.disabled_at,
    users.c.name,
    users.c.language,
    users.c.verified_at,
    users.c.totp_sealed,
    users.c.totp_since,
)


class Member(NamedTuple):
    """An account somebody is in."""

    account_id: str
    name: str
    kind: str
    role: Role
    suspended: bool


def by_email(connection: Connection, email: str) -> Login | None:
    """The person with exactly this (already normalised) address."""
    row = connection.execute(select(*_LOGIN).where(users.c.email == email)).first()
    return Login(*row) if row else None


def by_id(connection: Connection, user_id: str) -> Login | None:
    """The person with this id."""
    row = connection.execute(select(*_LOGIN).where(users.c.id == user_id)).first()
    return Login(*row) if row else None


def add(connection: Connection, login: Login) -> None:
    """Adds a person, and the account that is theirs."""
    name = login.name or login.email
    connection.execute(
        insert(accounts).values(id=login.account_id, name=name, kind="personal", created_at=login.created_at)
    )
    connection.execute(insert(users).values(**login._asdict()))
    connection.execute(
        insert(memberships).values(
            account_id=login.account_id, user_id=login.id, role=Role.OWNER.value, created_at=login.created_at
        )
    )


def accounts_of(connection: Connection, user_id: str) -> list[Member]:
    """The accounts somebody is in, their own first."""
    rows = connection.execute(
        select(accounts.c.id, accounts.c.name, accounts.c.kind, memberships.c.role, accounts.c.suspended_at)
        .join(memberships, memberships.c.account_id == accounts.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(accounts.c.kind.desc(), accounts.c.name, accounts.c.id)
    )
    return [Member(row.id, row.name, row.kind, Role(row.role), row.suspended_at is not None) for row in rows]


class Recipient(NamedTuple):
    """Somebody who is written to."""

    user_id: str
    email: str
    language: Language


def recipients(connection: Connection, account_id: str, roles: Iterable[Role]) -> list[Recipient]:
    """Members of an account in one of these roles who can be written to."""
    rows = connection.execute(
        select(users.c.id, users.c.email, users.c.language)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(
            memberships.c.account_id == account_id,
            memberships.c.role.in_([role.value for role in roles]),
            users.c.disabled_at.is_(None),
        )
        .order_by(users.c.id)
    )
    return [Recipient(*row) for row in rows]


def account_name(connection: Connection, account_id: str) -> str:
    """What an account is called."""
    return connection.execute(select(accounts.c.name).where(accounts.c.id == account_id)).scalar_one()


def set_password(connection: Connection, user_id: str, password_hash: str) -> None:
    """Gives the person another password."""
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def set_email(connection: Connection, user_id: str, email: str, verified_at: int) -> None:
    """Gives the person another address, shown to be theirs."""
    connection.execute(update(users).where(users.c.id == user_id).values(email=email, verified_at=verified_at))


def set_verified(connection: Connection, user_id: str, at_ms: int) -> None:
    """Notes that the address was shown to be theirs, if that is new."""
    connection.execute(
        update(users).where(users.c.id == user_id, users.c.verified_at.is_(None)).values(verified_at=at_ms)
    )


def set_profile(connection: Connection, user_id: str, name: str | None, language: Language) -> None:
    """Changes what the person is called and which language they are written to in."""
    connection.execute(update(users).where(users.c.id == user_id).values(name=name, language=language))


def suspend(connection: Connection, user_id: str, at_ms: int | None) -> bool:
    """Suspends a person, or with None lets them in again; tells every server. False when there is none."""
    found = connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=at_ms)).rowcount
    changes.note(connection, "user", user_id)
    return bool(found)


def suspend_account(connection: Connection, account_id: str, at_ms: int | None) -> bool:
    """Suspends an account, or with None opens it again; tells every server. False when there is none."""
    found = connection.execute(update(accounts).where(accounts.c.id == account_id).values(suspended_at=at_ms)).rowcount
    changes.note(connection, "account", account_id)
    return bool(found)


def count_operators(connection: Connection) -> int:
    """How many people run this server."""
    return connection.execute(
        select(func.count()).select_from(users).where(users.c.is_admin, users.c.disabled_at.is_(None))
    ).scalar_one()


def set_totp(connection: Connection, user_id: str, sealed: str | None, since: int | None) -> None:
    """Sets, begins to use, or takes away the second factor."""
    values = {"totp_sealed": sealed, "totp_since": since, "totp_step": None}
    connection.execute(update(users).where(users.c.id == user_id).values(values))


def next_step(connection: Connection, user_id: str, step: int) -> bool:
    """Notes that a code of this time step was taken. False when it, or a later one, was taken before."""
    result = connection.execute(
        update(users)
        .where(users.c.id == user_id, (users.c.totp_step.is_(None)) | (users.c.totp_step < step))
        .values(totp_step=step)
    )
    return bool(result.rowcount)


def replace_codes(connection: Connection, user_id: str, hashes: Sequence[str]) -> None:
    """Gives the person other recovery codes; the old ones are worth nothing."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    if hashes:
        connection.execute(insert(recovery_codes), [{"code_hash": each, "user_id": user_id} for each in hashes])


def spend_code(connection: Connection, user_id: str, code_hash: str, now: int) -> bool:
    """Uses a recovery code up. One of two racers wins."""
    result = connection.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.code_hash == code_hash,
            recovery_codes.c.user_id == user_id,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return bool(result.rowcount)


def codes_left(connection: Connection, user_id: str) -> int:
    """How many recovery codes are unused."""
    return connection.execute(
        select(func.count())
        .select_from(recovery_codes)
        .where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
    ).scalar_one()

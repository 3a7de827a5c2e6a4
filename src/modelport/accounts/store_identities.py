"""Every query on who people are at identity providers."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from modelport.accounts.tables import identities

__all__ = ["Identity", "add", "find", "of_user", "remove"]


class Identity(NamedTuple):
    """Who somebody is at a provider."""

    provider: str
    subject: str
    user_id: str
    email: str
    created_at: int


_IDENTITY = tuple(identities.c[name] for name in Identity._fields)


def find(connection: Connection, provider: str, subject: str) -> Identity | None:
    """Whose identity this is."""
    row = connection.execute(
        select(*_IDENTITY).where(identities.c.provider == provider, identities.c.subject == subject)
    ).first()
    return Identity(*row) if row else None


def of_user(connection: Connection, user_id: str) -> list[Identity]:
    """A person's identities, oldest first."""
    rows = connection.execute(
        select(*_IDENTITY).where(identities.c.user_id == user_id).order_by(identities.c.created_at)
    )
    return [Identity(*row) for row in rows]


def add(connection: Connection, identity: Identity) -> None:
    """Links one."""
    connection.execute(insert(identities).values(**identity._asdict()))


def remove(connection: Connection, user_id: str, provider: str) -> bool:
    """Unlinks a provider. False when it was not linked."""
    result = connection.execute(
        delete(identities).where(identities.c.user_id == user_id, identities.c.provider == provider)
    )
    return bool(result.rowcount)

"""Every query on passkeys."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from modelport.accounts.tables import passkeys

__all__ = ["Passkey", "add", "by_id", "of_user", "remove", "used"]


class Passkey(NamedTuple):
    """A public key that signs a person in."""

    id: str
    user_id: str
    name: str
    public_key: str
    sign_count: int
    transports: str
    created_at: int
    used_at: int | None


_PASSKEY = tuple(passkeys.c[name] for name in Passkey._fields)


def add(connection: Connection, passkey: Passkey) -> None:
    """Stores a new one."""
    connection.execute(insert(passkeys).values(**passkey._asdict()))


def by_id(connection: Connection, passkey_id: str) -> Passkey | None:
    """The passkey with this credential id."""
    row = connection.execute(select(*_PASSKEY).where(passkeys.c.id == passkey_id)).first()
    return Passkey(*row) if row else None


def of_user(connection: Connection, user_id: str) -> list[Passkey]:
    """A person's, oldest first."""
    rows = connection.execute(select(*_PASSKEY).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_at))
    return [Passkey(*row) for row in rows]


def used(connection: Connection, passkey_id: str, before: int, after: int, at_ms: int) -> bool:
    """Notes a use. False when another use came in between, which a counter must not allow."""
    result = connection.execute(
        update(passkeys)
        .where(passkeys.c.id == passkey_id, passkeys.c.sign_count == before)
        .values(sign_count=after, used_at=at_ms)
    )
    return bool(result.rowcount)


def remove(connection: Connection, user_id: str, passkey_id: str) -> bool:
    """Takes one away. False when the person has no such."""
    result = connection.execute(delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id))
    return bool(result.rowcount)

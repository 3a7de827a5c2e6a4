"""Every query on authorization codes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, update

from modelport.keys.tables import auth_codes

__all__ = ["AuthCode", "add", "forget", "spend"]


class AuthCode(NamedTuple):
    """A code as it is stored: everything but the code."""

    code_hash: str
    account_id: str
    user_id: str
    app_id: int
    callback_url: str | None
    challenge: str | None
    method: str | None
    key_label: str | None
    limit_nanos: int | None
    limit_reset: str | None
    key_expires_at: int | None
    created_at: int
    expires_at: int
    used_at: int | None
    workspace_id: str | None = None


def add(connection: Connection, code: AuthCode) -> None:
    """Stores a new one."""
    connection.execute(insert(auth_codes).values(**code._asdict()))


def spend(connection: Connection, code_hash: str, now: int) -> AuthCode | None:
    """Uses a code up. One of two racers gets it."""
    row = connection.execute(
        update(auth_codes)
        .where(auth_codes.c.code_hash == code_hash, auth_codes.c.used_at.is_(None))
        .values(used_at=now)
        .returning(*(auth_codes.c[name] for name in AuthCode._fields))
    ).first()
    return AuthCode(*row) if row else None


def forget(connection: Connection, before: int) -> None:
    """Deletes what ran out before `before`."""
    connection.execute(delete(auth_codes).where(auth_codes.c.expires_at < before))

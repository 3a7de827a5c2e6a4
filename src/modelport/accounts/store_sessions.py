"""Every query on sessions."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from modelport.accounts.roles import Role
from modelport.accounts.tables import accounts, memberships, sessions, users

__all__ = [
    "Found",
    "Session",
    "add",
    "by_token",
    "end",
    "end_all",
    "end_token",
    "expire",
    "is_member",
    "of_user",
    "replace_token",
    "seen",
    "switch",
]


class Session(NamedTuple):
    """A signed-in browser, and how its person stands in the account looked at."""

    id: str
    user_id: str
    account_id: str
    method: str
    """What was proved at sign-in: `password`, `code`, `passkey`, an identity provider's slug, ..."""
    created_at: int
    proved_at: int
    """When the person last gave a proof; what can't be undone asks for a recent one."""
    seen_at: int
    expires_at: int
    address: str | None
    user_agent: str | None


class Found(NamedTuple):
    """What a session's token leads to."""

    session: Session
    email: str
    is_operator: bool
    role: Role | None
    """None when the person is no longer a member of the account looked at."""
    account_id: str
    """The account looked at: the session's, or the one asked for."""
    suspended: bool


_SESSION = (
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.account_id,
    sessions.c.method,
    sessions.c.created_at,
    sessions.c.proved_at,
    sessions.c.seen_at,
    sessions.c.expires_at,
    sessions.c.address,
    sessions.c.user_agent,
)


def add(connection: Connection, session: Session, token_hash: str) -> None:
    """Stores a new session."""
    connection.execute(insert(sessions).values(token_hash=token_hash, **session._asdict()))


def by_token(connection: Connection, token_hash: str, now: int, account_id: str | None) -> Found | None:
    """The session with this token while it lives, seen from `account_id` or from the account it last looked at.

    A person who is suspended, or whose account of choice is, is told apart from one who is not signed in.
    """
    row = connection.execute(
        select(*_SESSION, users.c.email, users.c.is_admin, users.c.disabled_at, users.c.account_id.label("own"))
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
    ).first()
    if row is None:
        return None
    session = Session(*row[: len(_SESSION)])
    wanted = account_id or session.account_id
    standing = _membership(connection, session.user_id, wanted)
    if standing is None and account_id is None:
        wanted = row.own  # they were taken out of the organisation they looked at
        standing = _membership(connection, session.user_id, wanted)
    role, suspended_at = standing or (None, None)
    suspended = row.disabled_at is not None or suspended_at is not None
    return Found(session, row.email, row.is_admin, role, wanted, suspended)


def _membership(connection: Connection, user_id: str, account_id: str) -> tuple[Role, int | None] | None:
    row = connection.execute(
        select(memberships.c.role, accounts.c.suspended_at)
        .join(accounts, accounts.c.id == memberships.c.account_id)
        .where(memberships.c.user_id == user_id, memberships.c.account_id == account_id)
    ).first()
    return (Role(row.role), row.suspended_at) if row else None


def is_member(connection: Connection, user_id: str, account_id: str) -> bool:
    """Whether the person is in the account."""
    return _membership(connection, user_id, account_id) is not None


def of_user(connection: Connection, user_id: str, now: int) -> list[Session]:
    """A person's living sessions, the one used last first."""
    rows = connection.execute(
        select(*_SESSION)
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id)
    )
    return [Session(*row) for row in rows]


def seen(connection: Connection, session_id: str, at_ms: int) -> None:
    """Notes that the session was used."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=at_ms))


def switch(connection: Connection, session_id: str, account_id: str) -> None:
    """Looks at another account from now on."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(account_id=account_id))


def replace_token(connection: Connection, session_id: str, token_hash: str, proved_at: int | None) -> bool:
    """Gives the session another token; with `proved_at`, notes a fresh proof. False when it has ended meanwhile."""
    values: dict[str, object] = {"token_hash": token_hash}
    if proved_at is not None:
        values["proved_at"] = proved_at
    return bool(connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values)).rowcount)


def end(connection: Connection, user_id: str, session_id: str) -> bool:
    """Ends one session of a person. False when they have no such."""
    result = connection.execute(delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id))
    return bool(result.rowcount)


def end_token(connection: Connection, token_hash: str) -> None:
    """Ends the session with this token, if there is one."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_all(connection: Connection, user_id: str, but: str | None = None) -> int:
    """Ends all sessions of a person, perhaps but one; returns how many."""
    statement = delete(sessions).where(sessions.c.user_id == user_id)
    if but is not None:
        statement = statement.where(sessions.c.id != but)
    return connection.execute(statement).rowcount


def expire(connection: Connection, now: int) -> None:
    """Forgets sessions that have run out."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))

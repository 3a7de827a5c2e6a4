"""The log of changes: how a server learns what another process (or another server) has changed.

Whoever changes something that servers keep in memory writes a row in the same transaction; every server reads
on from the last row it saw, several times a second, and drops or reloads just what is named. So a key revoked
on the command line is refused within a second.

Rows are read a little behind the newest for a reason: on PostgreSQL a smaller number may be committed after a
larger one, so the reader looks back over the last seconds and remembers what it has handled.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, delete, func, insert, select

from modelport.db.base import BigId, metadata
from modelport.kit import clock

__all__ = ["Change", "latest", "note", "prune", "since"]

changes = Table(
    "changes",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "created_at"),
    sqlite_autoincrement=True,
)

_LOOK_BACK = 200
"""How many numbers below the newest one seen are read again."""


class Change(NamedTuple):
    """One thing that changed: `topic` is the domain's word for it, `subject` its id."""

    seq: int
    topic: str
    subject: str


def note(connection: Connection, topic: str, subject: str) -> None:
    """Tells every server, once this transaction commits, that `subject` changed."""
    connection.execute(insert(changes).values(topic=topic, subject=subject, created_at=clock.now_ms()))


def latest(connection: Connection) -> int:
    """The newest number, from which a fresh server reads on."""
    return connection.execute(select(func.coalesce(func.max(changes.c.seq), 0))).scalar_one()


def since(connection: Connection, seq: int) -> list[Change]:
    """Changes after `seq`, and those shortly before it, oldest first; the caller skips what it has handled."""
    rows = connection.execute(
        select(changes.c.seq, changes.c.topic, changes.c.subject)
        .where(changes.c.seq > seq - _LOOK_BACK)
        .order_by(changes.c.seq)
    )
    return [Change(*row) for row in rows]


def prune(connection: Connection, before_ms: int) -> None:
    """Forgets changes from before `before_ms`; servers reload everything when they start anyway."""
    connection.execute(delete(changes).where(changes.c.created_at < before_ms))

"""Every query on destinations and on what is on its way to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.broadcast.tables import broadcast_outbox, destinations
from modelport.db import changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Claimed",
    "add",
    "change",
    "claim",
    "count",
    "done",
    "enabled",
    "failed",
    "find",
    "forget_account",
    "given_up",
    "is_due",
    "page",
    "push",
    "waiting",
    "wipe",
]

Row = dict[str, Any]
_THERE = destinations.c.deleted_at.is_(None)


class Claimed(NamedTuple):
    """A trace that is due."""

    seq: int
    destination_id: str
    sealed: str
    tries: int


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Stores a new destination, and tells every server."""
    connection.execute(insert(destinations).values(**values))
    changes.note(connection, "destination", values["account_id"])


def count(connection: Connection, workspace_id: str) -> dict[str, int]:
    """How many of each type a workspace has."""
    query = select(destinations.c.type, func.count()).where(destinations.c.workspace_id == workspace_id, _THERE)
    return {row[0]: int(row[1]) for row in connection.execute(query.group_by(destinations.c.type))}


def find(connection: Connection, account_id: str, destination_id: str) -> Row | None:
    """One of the account's."""
    own = (destinations.c.id == destination_id, destinations.c.account_id == account_id, _THERE)
    row = connection.execute(select(destinations).where(*own)).mappings().first()
    return dict(row) if row else None


def enabled(connection: Connection) -> list[Row]:
    """Every destination that gets traces."""
    query = select(destinations).where(destinations.c.enabled, _THERE).order_by(destinations.c.created_at)
    return [dict(row) for row in connection.execute(query).mappings()]


def page(
    connection: Connection, account_id: str, workspace_id: str, *, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Some of a workspace's, oldest first, and how many there are."""
    own = (destinations.c.account_id == account_id, destinations.c.workspace_id == workspace_id, _THERE)
    order = (destinations.c.created_at, destinations.c.id)
    query = select(destinations).where(*own).order_by(*order).offset(offset).limit(limit)
    total = connection.execute(select(func.count()).select_from(destinations).where(*own)).scalar_one()
    return [dict(row) for row in connection.execute(query).mappings()], total


def change(connection: Connection, account_id: str, destination_id: str, values: Mapping[str, Any]) -> Row | None:
    """Changes one, and tells every server; as it is then."""
    own = (destinations.c.id == destination_id, destinations.c.account_id == account_id, _THERE)
    connection.execute(update(destinations).where(*own).values(**values))
    changes.note(connection, "destination", account_id)
    return find(connection, account_id, destination_id)


def wipe(connection: Connection, account_id: str, destination_id: str, at_ms: int) -> bool:
    """Deletes one: its row stays, without its configuration, and nothing more is sent to it."""
    own = (destinations.c.id == destination_id, destinations.c.account_id == account_id, _THERE)
    found = connection.execute(update(destinations).where(*own).values(deleted_at=at_ms, sealed=None, enabled=False))
    if found.rowcount:
        connection.execute(delete(broadcast_outbox).where(broadcast_outbox.c.destination_id == destination_id))
    changes.note(connection, "destination", account_id)
    return bool(found.rowcount)


def forget_account(connection: Connection, account_id: str) -> None:
    """Deletes everything of an account that is closed."""
    own = select(destinations.c.id).where(destinations.c.account_id == account_id)
    connection.execute(delete(broadcast_outbox).where(broadcast_outbox.c.destination_id.in_(own)))
    connection.execute(delete(destinations).where(destinations.c.account_id == account_id))
    changes.note(connection, "destination", account_id)


def push(connection: Connection, rows: Sequence[tuple[str, str]], now: int) -> None:
    """Queues sealed traces, each for a destination."""
    connection.execute(
        insert(broadcast_outbox),
        [
            {"destination_id": destination, "sealed": sealed, "created_at": now, "due_at": now, "tries": 0}
            for destination, sealed in rows
        ],
    )


def is_due(connection: Connection, now: int) -> bool:
    """Whether any trace is due."""
    query = select(broadcast_outbox.c.seq).where(broadcast_outbox.c.due_at <= now).limit(1)
    return connection.execute(query).first() is not None


def claim(connection: Connection, now: int, until: int, most: int) -> list[Claimed]:
    """Takes up to `most` that are due, oldest first; nobody else gets them before `until`."""
    table = broadcast_outbox
    due = select(table.c.seq).where(table.c.due_at <= now).order_by(table.c.due_at, table.c.seq).limit(most)
    if connection.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    found = connection.execute(
        update(table)
        .where(table.c.seq.in_(list(connection.execute(due).scalars())))
        .values(due_at=until, tries=table.c.tries + 1)
        .returning(table.c.seq, table.c.destination_id, table.c.sealed, table.c.tries)
    )
    return sorted(Claimed(*row) for row in found)


def done(connection: Connection, destination_id: str, seqs: Sequence[int], now: int) -> None:
    """They were taken."""
    connection.execute(delete(broadcast_outbox).where(broadcast_outbox.c.seq.in_(seqs)))
    values = {"delivered_at": now, "fault": None, "fault_at": None}
    connection.execute(update(destinations).where(destinations.c.id == destination_id).values(**values))


def failed(
    connection: Connection, destination_id: str, seqs: Sequence[int], *, fault: str, due_at: int, now: int
) -> None:
    """They are tried again at `due_at`."""
    connection.execute(update(broadcast_outbox).where(broadcast_outbox.c.seq.in_(seqs)).values(due_at=due_at))
    values = {"fault": fault, "fault_at": now}
    connection.execute(update(destinations).where(destinations.c.id == destination_id).values(**values))


def given_up(connection: Connection, destination_id: str, seqs: Sequence[int], *, fault: str, now: int) -> None:
    """They are not tried any more."""
    gone = connection.execute(delete(broadcast_outbox).where(broadcast_outbox.c.seq.in_(seqs))).rowcount
    values = {"fault": fault, "fault_at": now, "dropped": destinations.c.dropped + gone}
    connection.execute(update(destinations).where(destinations.c.id == destination_id).values(**values))


def waiting(connection: Connection) -> dict[str, int]:
    """How many traces wait for each destination."""
    table = broadcast_outbox
    rows = connection.execute(select(table.c.destination_id, func.count()).group_by(table.c.destination_id))
    return {row[0]: int(row[1]) for row in rows}

"""Every query on processes and their leases. PostgreSQL only: the embedded database has one process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from modelport.credits.tables import holds, leases, processes
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement

__all__ = [
    "Orphans",
    "Subject",
    "bury",
    "is_alive",
    "leased",
    "lock",
    "orphans",
    "reclaim",
    "register",
    "renew",
    "set_amount",
    "sign_off",
]

Subject = tuple[str, str]
"""What is shared: its kind (`credits`, `key`, `budget`) and whose."""


class Orphans(NamedTuple):
    """Streams whose process is dead and that are not settled yet: what they hold, by subject."""

    amounts: dict[Subject, int]


def register(connection: Connection, process: str, milliseconds: int) -> None:
    """This process lives, for now."""
    now = clock.now_ms()
    connection.execute(insert(processes).values(id=process, started_at=now, expires_at=now + milliseconds))


def renew(connection: Connection, process: str, milliseconds: int) -> tuple[int | None, int]:
    """Moves the process's end on. Returns when it would have been, None when others took it for dead; and how many
    processes live.
    """
    now = clock.now_ms()
    mine = processes.c.id == process
    before = connection.execute(select(processes.c.expires_at).where(mine).with_for_update()).scalar_one_or_none()
    if before is not None:
        connection.execute(update(processes).where(mine).values(expires_at=now + milliseconds))
    living = select(func.count()).where(processes.c.expires_at >= now)
    return before, connection.execute(living).scalar_one()


def is_alive(connection: Connection, process: str) -> bool:
    """Whether nobody has taken the process for dead; and nobody will before this transaction ends."""
    query = select(processes.c.id).where(processes.c.id == process).with_for_update(read=True, key_share=True)
    return connection.execute(query).first() is not None


def reclaim(connection: Connection, process: str, before_ms: int) -> list[str]:
    """Takes back what processes had leased whose end was before `before_ms`; returns their names."""
    return _bury(connection, processes.c.expires_at < before_ms, processes.c.id != process)


def bury(connection: Connection, names: Sequence[str]) -> list[str]:
    """Takes back what these processes had leased, which are dead for certain; returns those that had not been found."""
    return _bury(connection, processes.c.id.in_(names))


def _bury(connection: Connection, *which: ColumnElement[bool]) -> list[str]:
    dead = list(connection.execute(delete(processes).where(*which).returning(processes.c.id)).scalars())
    if dead:
        connection.execute(delete(leases).where(leases.c.process.in_(dead)))
    return dead


def sign_off(connection: Connection, process: str) -> None:
    """The process ends in good order: everything it had leased goes back."""
    connection.execute(delete(leases).where(leases.c.process == process))
    connection.execute(delete(processes).where(processes.c.id == process))


def lock(connection: Connection, subjects: Iterable[Subject]) -> None:
    """Nobody else changes leases of these until this transaction ends."""
    for kind, subject in sorted(set(subjects)):
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{kind}/{subject}"}
        )


def leased(connection: Connection, subjects: Sequence[Subject], process: str) -> dict[Subject, int]:
    """What other processes have leased."""
    rows = connection.execute(
        select(leases.c.kind, leases.c.subject, func.sum(leases.c.amount))
        .where(leases.c.subject.in_([subject for _, subject in subjects]), leases.c.process != process)
        .group_by(leases.c.kind, leases.c.subject)
    )
    return {(kind, subject): int(amount) for kind, subject, amount in rows}


def orphans(connection: Connection) -> Orphans:
    """What streams of dead processes hold, until the sweeper settles them."""
    alive = select(processes.c.id)
    amounts: dict[Subject, int] = {}
    columns = (holds.c.account_id, holds.c.key_id, holds.c.budgets, holds.c.amount)
    for account_id, key_id, budgets, amount in connection.execute(
        select(*columns).where(holds.c.process.not_in(alive))
    ):
        refs = [("budget", f"{budget}/{spender}") for budget, spender in json.loads(budgets)]
        for subject in (("credits", account_id), ("key", key_id), *refs):
            amounts[subject] = amounts.get(subject, 0) + amount
    return Orphans(amounts)


def set_amount(connection: Connection, subject: Subject, process: str, amount: int) -> None:
    """Notes what a process's slice is."""
    kind, name = subject
    if not amount:
        connection.execute(
            delete(leases).where(leases.c.kind == kind, leases.c.subject == name, leases.c.process == process)
        )
        return
    connection.execute(
        pg_insert(leases)
        .values(kind=kind, subject=name, process=process, amount=amount)
        .on_conflict_do_update(index_elements=["kind", "subject", "process"], set_={"amount": amount})
    )

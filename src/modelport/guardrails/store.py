"""Every query on guardrails and their assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.guardrails.tables import guardrail_assignments, guardrails

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Assignment",
    "Guardrail",
    "Kind",
    "add",
    "assign",
    "assignments",
    "change",
    "find",
    "of_account",
    "page",
    "remove",
    "unassign",
]

Kind = Literal["key", "member"]


class Guardrail(NamedTuple):
    """A guardrail as it is stored."""

    id: str
    account_id: str
    workspace_id: str
    name: str
    description: str | None
    rules: dict[str, Any]
    limit_nanos: int | None
    reset_interval: str | None
    include_byok_in_budgets: bool
    created_at: int
    updated_at: int | None


class Assignment(NamedTuple):
    """Whom a guardrail applies to."""

    id: str
    account_id: str
    guardrail_id: str
    kind: Kind
    subject: str
    assigned_by: str | None
    created_at: int


_GUARDRAIL = tuple(guardrails.c[name] for name in Guardrail._fields)
_ASSIGNMENT = tuple(guardrail_assignments.c[name] for name in Assignment._fields)


def find(connection: Connection, account_id: str, guardrail_id: str) -> Guardrail | None:
    """One of an account's guardrails."""
    row = connection.execute(
        select(*_GUARDRAIL).where(guardrails.c.account_id == account_id, guardrails.c.id == guardrail_id)
    ).first()
    return Guardrail(*row) if row else None


def of_account(connection: Connection, account_id: str) -> list[Guardrail]:
    """All of an account's guardrails."""
    rows = connection.execute(select(*_GUARDRAIL).where(guardrails.c.account_id == account_id))
    return [Guardrail(*row) for row in rows]


def page(
    connection: Connection, account_id: str, workspace_id: str, offset: int, limit: int
) -> tuple[list[Guardrail], int]:
    """Some of a workspace's guardrails, newest first, and how many there are."""
    mine = (guardrails.c.account_id == account_id, guardrails.c.workspace_id == workspace_id)
    rows = connection.execute(
        select(*_GUARDRAIL)
        .where(*mine)
        .order_by(guardrails.c.created_at.desc(), guardrails.c.id)
        .offset(offset)
        .limit(limit)
    )
    found = [Guardrail(*row) for row in rows]
    return found, connection.execute(select(func.count()).select_from(guardrails).where(*mine)).scalar_one()


def add(connection: Connection, guardrail: Guardrail) -> None:
    """Stores a new one."""
    connection.execute(insert(guardrails).values(**guardrail._asdict()))


def change(connection: Connection, guardrail_id: str, values: dict[str, Any]) -> None:
    """Changes some of its columns."""
    connection.execute(update(guardrails).where(guardrails.c.id == guardrail_id).values(**values))


def remove(connection: Connection, guardrail_id: str) -> None:
    """Deletes it with its assignments."""
    connection.execute(delete(guardrail_assignments).where(guardrail_assignments.c.guardrail_id == guardrail_id))
    connection.execute(delete(guardrails).where(guardrails.c.id == guardrail_id))


def assignments(
    connection: Connection, account_id: str, kind: Kind | None = None, guardrail_id: str | None = None
) -> list[Assignment]:
    """An account's assignments, newest first."""
    query = select(*_ASSIGNMENT).where(guardrail_assignments.c.account_id == account_id)
    if kind is not None:
        query = query.where(guardrail_assignments.c.kind == kind)
    if guardrail_id is not None:
        query = query.where(guardrail_assignments.c.guardrail_id == guardrail_id)
    order = query.order_by(guardrail_assignments.c.created_at.desc(), guardrail_assignments.c.id)
    return [Assignment(*row) for row in connection.execute(order)]


def assign(connection: Connection, assignment: Assignment) -> None:
    """Assigns a guardrail; the one that the subject had before is replaced."""
    table = guardrail_assignments.c
    connection.execute(
        delete(guardrail_assignments).where(
            table.account_id == assignment.account_id,
            table.kind == assignment.kind,
            table.subject == assignment.subject,
        )
    )
    connection.execute(insert(guardrail_assignments).values(**assignment._asdict()))


def unassign(connection: Connection, guardrail_id: str, kind: Kind, subjects: Sequence[str]) -> int:
    """Takes a guardrail from some subjects; how many had it."""
    table = guardrail_assignments.c
    done = connection.execute(
        delete(guardrail_assignments).where(
            table.guardrail_id == guardrail_id, table.kind == kind, table.subject.in_(subjects)
        )
    )
    return done.rowcount

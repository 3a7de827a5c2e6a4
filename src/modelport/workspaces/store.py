"""Every query on workspaces and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from modelport.workspaces.tables import workspace_members, workspaces

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Member",
    "Workspace",
    "add",
    "add_member",
    "change",
    "count",
    "default_guardrails",
    "default_of",
    "find",
    "logging_shares",
    "members_of",
    "of_account",
    "remove",
    "remove_members",
    "remove_person",
    "routing_of",
]


class Workspace(NamedTuple):
    """A part of an account."""

    id: str
    account_id: str
    name: str
    slug: str
    is_default: bool
    description: str | None
    default_guardrail_id: str
    default_text_model: str | None
    default_image_model: str | None
    default_provider_sort: str | None
    disabled_server_tools: list[str] | None
    io_logging_api_key_ids: list[int] | None
    io_logging_sampling_rate: float
    """A share from 0 to 1, of requests; no money."""
    is_data_discount_logging_enabled: bool
    is_observability_broadcast_enabled: bool
    is_observability_io_logging_enabled: bool
    include_byok_in_budgets: bool
    created_by: str | None
    created_at: int
    updated_at: int | None


class Member(NamedTuple):
    """Somebody in a workspace."""

    id: str
    workspace_id: str
    user_id: str
    created_at: int


_WORKSPACE = tuple(workspaces.c[name] for name in Workspace._fields)
_MEMBER = tuple(workspace_members.c[name] for name in Member._fields)


def of_account(connection: Connection, account_id: str, offset: int, limit: int) -> list[Workspace]:
    """An account's workspaces, the default one first, then oldest first."""
    rows = connection.execute(
        select(*_WORKSPACE)
        .where(workspaces.c.account_id == account_id)
        .order_by(workspaces.c.is_default.desc(), workspaces.c.created_at, workspaces.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [Workspace(*row) for row in rows]


def count(connection: Connection, account_id: str) -> int:
    """How many workspaces an account has."""
    return connection.execute(
        select(func.count()).select_from(workspaces).where(workspaces.c.account_id == account_id)
    ).scalar_one()


def find(connection: Connection, account_id: str, ref: str) -> Workspace | None:
    """An account's workspace by id or slug."""
    row = connection.execute(
        select(*_WORKSPACE).where(
            workspaces.c.account_id == account_id, or_(workspaces.c.id == ref, workspaces.c.slug == ref)
        )
    ).first()
    return Workspace(*row) if row else None


def default_of(connection: Connection, account_id: str) -> Workspace | None:
    """Where everything of an account is that names no workspace."""
    row = connection.execute(
        select(*_WORKSPACE).where(workspaces.c.account_id == account_id, workspaces.c.is_default)
    ).first()
    return Workspace(*row) if row else None


class Routed(NamedTuple):
    """What a workspace says of its requests."""

    model: str | None = None
    """For those that name none."""
    sort: str | None = None
    """Of providers."""
    disabled_tools: frozenset[str] = frozenset()
    """Server tools that they may not use."""


def routing_of(connection: Connection, workspace_id: str) -> Routed:
    """What a workspace says of its requests."""
    c = workspaces.c
    query = select(c.default_text_model, c.default_provider_sort, c.disabled_server_tools)
    row = connection.execute(query.where(c.id == workspace_id)).first()
    return Routed(row[0], row[1], frozenset(row[2] or ())) if row else Routed()


def logging_shares(connection: Connection, account_id: str) -> dict[str, float]:
    """The share of requests whose prompts and answers are stored, of the account's workspaces that store some."""
    rows = connection.execute(
        select(workspaces.c.id, workspaces.c.io_logging_sampling_rate).where(
            workspaces.c.account_id == account_id, workspaces.c.is_observability_io_logging_enabled
        )
    )
    return {row.id: row.io_logging_sampling_rate for row in rows}


def broadcasting(connection: Connection) -> set[str]:
    """The workspaces of all accounts whose traces are sent to their destinations."""
    return set(
        connection.execute(select(workspaces.c.id).where(workspaces.c.is_observability_broadcast_enabled)).scalars()
    )


def default_guardrails(connection: Connection, account_id: str) -> dict[str, str]:
    """The ids of an account's default guardrails, by its workspaces."""
    rows = connection.execute(
        select(workspaces.c.id, workspaces.c.default_guardrail_id).where(workspaces.c.account_id == account_id)
    )
    return {row.id: row.default_guardrail_id for row in rows}


def add(connection: Connection, workspace: Workspace) -> None:
    """Stores a new one."""
    connection.execute(insert(workspaces).values(**workspace._asdict()))


def change(connection: Connection, workspace_id: str, values: dict[str, Any]) -> None:
    """Changes some of its columns."""
    connection.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(**values))


def remove(connection: Connection, workspace_id: str) -> None:
    """Deletes it with its memberships."""
    connection.execute(delete(workspace_members).where(workspace_members.c.workspace_id == workspace_id))
    connection.execute(delete(workspaces).where(workspaces.c.id == workspace_id))


def members_of(connection: Connection, workspace_id: str) -> list[Member]:
    """Who was put into a workspace, oldest first."""
    rows = connection.execute(
        select(*_MEMBER)
        .where(workspace_members.c.workspace_id == workspace_id)
        .order_by(workspace_members.c.created_at, workspace_members.c.id)
    )
    return [Member(*row) for row in rows]


def add_member(connection: Connection, member: Member) -> None:
    """Puts somebody in."""
    connection.execute(insert(workspace_members).values(**member._asdict()))


def remove_members(connection: Connection, workspace_id: str, user_ids: Sequence[str]) -> int:
    """Takes people out; returns how many were in."""
    result = connection.execute(
        delete(workspace_members).where(
            workspace_members.c.workspace_id == workspace_id, workspace_members.c.user_id.in_(user_ids)
        )
    )
    return result.rowcount


def remove_person(connection: Connection, account_id: str, user_id: str) -> None:
    """Takes somebody who left the account out of all its workspaces."""
    theirs = select(workspaces.c.id).where(workspaces.c.account_id == account_id)
    connection.execute(
        delete(workspace_members).where(
            workspace_members.c.user_id == user_id, workspace_members.c.workspace_id.in_(theirs)
        )
    )

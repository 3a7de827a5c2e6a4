"""Every query on organisations: members, invitations, ownership."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.accounts.roles import Role
from modelport.accounts.tables import accounts, invitations, memberships, sessions, users
from modelport.db import changes

__all__ = [
    "AccountRow",
    "Invitation",
    "MemberRow",
    "account",
    "add_invitation",
    "add_member",
    "add_organization",
    "count_members",
    "end_invitation",
    "invitation_by_token",
    "invitations_of",
    "list_allowed_models",
    "lists_allowed_models",
    "members_of",
    "remove_member",
    "rename",
    "role_of",
    "set_role",
    "spend_invitation",
]


class AccountRow(NamedTuple):
    """An account."""

    id: str
    name: str
    kind: str
    created_at: int
    suspended_at: int | None


class MemberRow(NamedTuple):
    """A member of an account."""

    user_id: str
    email: str
    name: str | None
    role: Role
    created_at: int


class Invitation(NamedTuple):
    """Somebody is invited: to an account in a role, or with neither to this server."""

    id: str
    token_hash: str
    account_id: str | None
    role: str | None
    email: str
    invited_by: str
    created_at: int
    expires_at: int
    used_at: int | None


_INVITATION = tuple(invitations.c[name] for name in Invitation._fields)


def account(connection: Connection, account_id: str) -> AccountRow | None:
    """The account with this id."""
    row = connection.execute(
        select(*(accounts.c[name] for name in AccountRow._fields)).where(accounts.c.id == account_id)
    ).first()
    return AccountRow(*row) if row else None


def add_organization(connection: Connection, account_id: str, name: str, owner: str, now: int) -> None:
    """Adds an organisation with its owner."""
    connection.execute(insert(accounts).values(id=account_id, name=name, kind="organization", created_at=now))
    add_member(connection, account_id, owner, Role.OWNER, now)


def rename(connection: Connection, account_id: str, name: str) -> None:
    """Calls an account something else."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(name=name))


def lists_allowed_models(connection: Connection, account_id: str) -> bool:
    """Whether the catalogue shows the account only what it may use."""
    query = select(accounts.c.lists_allowed_models).where(accounts.c.id == account_id)
    return bool(connection.execute(query).scalar())


def list_allowed_models(connection: Connection, account_id: str, *, only: bool) -> None:
    """Has the catalogue show the account what it may use only, or everything."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(lists_allowed_models=only))


def members_of(connection: Connection, account_id: str) -> list[MemberRow]:
    """An account's members, oldest first."""
    rows = connection.execute(
        select(users.c.id, users.c.email, users.c.name, memberships.c.role, memberships.c.created_at)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.account_id == account_id)
        .order_by(memberships.c.created_at, users.c.id)
    )
    return [MemberRow(row.id, row.email, row.name, Role(row.role), row.created_at) for row in rows]


def count_members(connection: Connection, account_id: str) -> int:
    """How many members an account has."""
    return connection.execute(
        select(func.count()).select_from(memberships).where(memberships.c.account_id == account_id)
    ).scalar_one()


def role_of(connection: Connection, account_id: str, user_id: str) -> Role | None:
    """What somebody is in an account."""
    role = connection.execute(
        select(memberships.c.role).where(memberships.c.account_id == account_id, memberships.c.user_id == user_id)
    ).scalar_one_or_none()
    return None if role is None else Role(role)


def add_member(connection: Connection, account_id: str, user_id: str, role: Role, now: int) -> None:
    """Takes somebody in."""
    connection.execute(
        insert(memberships).values(account_id=account_id, user_id=user_id, role=role.value, created_at=now)
    )
    changes.note(connection, "user", user_id)


def set_role(connection: Connection, account_id: str, user_id: str, role: Role, but: Role | None = None) -> bool:
    """Gives a member another role; tells every server. False when there is no such member (not being `but`)."""
    statement = update(memberships).where(memberships.c.account_id == account_id, memberships.c.user_id == user_id)
    if but is not None:
        statement = statement.where(memberships.c.role != but.value)
    found = connection.execute(statement.values(role=role.value)).rowcount
    changes.note(connection, "user", user_id)
    return bool(found)


def remove_member(connection: Connection, account_id: str, user_id: str) -> bool:
    """Puts somebody out, unless they own the account; tells every server. False when there is no such member."""
    found = connection.execute(
        delete(memberships).where(
            memberships.c.account_id == account_id,
            memberships.c.user_id == user_id,
            memberships.c.role != Role.OWNER.value,
        )
    ).rowcount
    own = select(users.c.account_id).where(users.c.id == user_id).scalar_subquery()
    connection.execute(
        update(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.account_id == account_id)
        .values(account_id=own)
    )
    changes.note(connection, "user", user_id)
    return bool(found)


def add_invitation(connection: Connection, invitation: Invitation) -> None:
    """Invites somebody; an earlier open invitation to the same account is replaced."""
    connection.execute(
        delete(invitations).where(
            invitations.c.email == invitation.email,
            invitations.c.account_id.is_not_distinct_from(invitation.account_id),
            invitations.c.used_at.is_(None),
        )
    )
    connection.execute(insert(invitations).values(**invitation._asdict()))


def invitation_by_token(connection: Connection, token_hash: str, now: int) -> Invitation | None:
    """The open invitation with this token."""
    row = connection.execute(
        select(*_INVITATION).where(
            invitations.c.token_hash == token_hash, invitations.c.used_at.is_(None), invitations.c.expires_at > now
        )
    ).first()
    return Invitation(*row) if row else None


def spend_invitation(connection: Connection, token_hash: str, now: int) -> Invitation | None:
    """Uses an invitation up. One of two racers gets it."""
    row = connection.execute(
        update(invitations)
        .where(invitations.c.token_hash == token_hash, invitations.c.used_at.is_(None), invitations.c.expires_at > now)
        .values(used_at=now)
        .returning(*_INVITATION)
    ).first()
    return Invitation(*row) if row else None


def invitations_of(connection: Connection, account_id: str | None, now: int) -> list[Invitation]:
    """Open invitations to an account, or with None to the server, newest first."""
    rows = connection.execute(
        select(*_INVITATION)
        .where(
            invitations.c.account_id.is_not_distinct_from(account_id),
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
        .order_by(invitations.c.created_at.desc(), invitations.c.id)
    )
    return [Invitation(*row) for row in rows]


def end_invitation(connection: Connection, account_id: str | None, invitation_id: str) -> bool:
    """Takes an open invitation back. False when there is none."""
    result = connection.execute(
        delete(invitations).where(
            invitations.c.id == invitation_id,
            invitations.c.account_id.is_not_distinct_from(account_id),
            invitations.c.used_at.is_(None),
        )
    )
    return bool(result.rowcount)

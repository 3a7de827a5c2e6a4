"""The end of a person's data: what names them and what signs them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from modelport.accounts.roles import Role
from modelport.accounts.tables import (
    accounts,
    identities,
    invitations,
    memberships,
    passkeys,
    proofs,
    recovery_codes,
    sessions,
    users,
)
from modelport.db import changes

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["close", "erase"]


def erase(connection: Connection, user_id: str, now: int) -> None:
    """Deletes or blanks everything of a person; the rows others refer to stay, suspended and without a name."""
    person = connection.execute(select(users.c.email, users.c.account_id).where(users.c.id == user_id)).one()
    for table in (sessions, identities, passkeys, recovery_codes, proofs):
        connection.execute(delete(table).where(table.c.user_id == user_id))
    connection.execute(delete(proofs).where(proofs.c.email == person.email))
    connection.execute(delete(invitations).where(invitations.c.email == person.email))
    connection.execute(
        delete(memberships).where(memberships.c.user_id == user_id, memberships.c.role != Role.OWNER.value)
    )
    blank = {
        "email": f"{user_id}@erased.invalid".lower(),
        "name": None,
        "password_hash": None,
        "totp_sealed": None,
        "totp_since": None,
        "totp_step": None,
        "verified_at": None,
        "is_admin": False,
        "disabled_at": now,
    }
    connection.execute(update(users).where(users.c.id == user_id).values(**blank))
    connection.execute(update(accounts).where(accounts.c.id == person.account_id).values(name="-", suspended_at=now))
    changes.note(connection, "user", user_id)
    changes.note(connection, "account", person.account_id)


def close(connection: Connection, account_id: str, now: int) -> None:
    """Ends an organisation: nobody is in it any more, and its row stays for the ledger's sake, without a name."""
    own = select(users.c.account_id).where(users.c.id == sessions.c.user_id).scalar_subquery()
    connection.execute(update(sessions).where(sessions.c.account_id == account_id).values(account_id=own))
    connection.execute(delete(invitations).where(invitations.c.account_id == account_id))
    connection.execute(delete(memberships).where(memberships.c.account_id == account_id))
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(name="-", suspended_at=now))
    changes.note(connection, "account", account_id)

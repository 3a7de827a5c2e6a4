"""Every query on own keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.byok.tables import own_keys
from modelport.db import changes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["add", "change", "find", "forget_account", "last_place", "of_account", "page", "wipe"]

Row = dict[str, Any]
_THERE = own_keys.c.deleted_at.is_(None)
_ORDER = (own_keys.c.provider, own_keys.c.sort_order, own_keys.c.created_at, own_keys.c.id)


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Stores a new own key, and tells every server."""
    connection.execute(insert(own_keys).values(**values))
    changes.note(connection, "byok", values["account_id"])


def find(connection: Connection, account_id: str, key_id: str) -> Row | None:
    """One of the account's."""
    query = select(own_keys).where(own_keys.c.id == key_id, own_keys.c.account_id == account_id, _THERE)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def of_account(connection: Connection, account_id: str) -> list[Row]:
    """All of an account's, in the order they are tried in."""
    query = select(own_keys).where(own_keys.c.account_id == account_id, _THERE).order_by(*_ORDER)
    return [dict(row) for row in connection.execute(query).mappings()]


def page(
    connection: Connection, account_id: str, workspace_id: str, provider: str | None, *, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Some of those in a workspace, and how many there are."""
    own = [own_keys.c.account_id == account_id, own_keys.c.workspace_id == workspace_id, _THERE]
    if provider is not None:
        own.append(own_keys.c.provider == provider)
    query = select(own_keys).where(*own).order_by(*_ORDER).offset(offset).limit(limit)
    total = connection.execute(select(func.count()).select_from(own_keys).where(*own)).scalar_one()
    return [dict(row) for row in connection.execute(query).mappings()], total


def last_place(connection: Connection, workspace_id: str, provider: str) -> int:
    """The highest `sort_order` of a workspace at a provider; -1 where there is none."""
    own = (own_keys.c.workspace_id == workspace_id, own_keys.c.provider == provider, _THERE)
    return connection.execute(select(func.coalesce(func.max(own_keys.c.sort_order), -1)).where(*own)).scalar_one()


def change(connection: Connection, account_id: str, key_id: str, values: Mapping[str, Any]) -> Row | None:
    """Changes one, and tells every server; as it is then."""
    where = (own_keys.c.id == key_id, own_keys.c.account_id == account_id, _THERE)
    connection.execute(update(own_keys).where(*where).values(**values))
    changes.note(connection, "byok", account_id)
    return find(connection, account_id, key_id)


def wipe(connection: Connection, account_id: str, key_id: str, at_ms: int) -> bool:
    """Deletes one: its row stays, without the key."""
    where = (own_keys.c.id == key_id, own_keys.c.account_id == account_id, _THERE)
    done = connection.execute(update(own_keys).where(*where).values(deleted_at=at_ms, sealed=None, base_url=None))
    changes.note(connection, "byok", account_id)
    return bool(done.rowcount)


def forget_account(connection: Connection, account_id: str) -> None:
    """Deletes everything of an account that is closed."""
    connection.execute(delete(own_keys).where(own_keys.c.account_id == account_id))
    changes.note(connection, "byok", account_id)

"""Every query on the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, insert, select

from modelport.audit.tables import audit_entries

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Entry", "Search", "add", "page"]


class Entry(NamedTuple):
    """One change."""

    seq: int
    at: int
    account_id: str | None
    user_id: str | None
    credential: str
    action: str
    subject: str | None
    before: Any
    """JSON."""
    after: Any
    address: str | None
    user_agent: str | None


class Search(NamedTuple):
    """Which entries are asked for; None asks for all."""

    account_id: str | None = None
    user_id: str | None = None
    action: str | None = None
    """What an action begins with."""
    subject: str | None = None
    before_seq: int | None = None
    limit: int = 50


_ENTRY = tuple(audit_entries.c[name] for name in Entry._fields)


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Writes an entry down."""
    connection.execute(insert(audit_entries).values(**values))


def page(connection: Connection, search: Search) -> list[Entry]:
    """Entries, newest first."""
    entries = audit_entries.c
    query = select(*_ENTRY)
    for column, value in (
        (entries.account_id, search.account_id),
        (entries.user_id, search.user_id),
        (entries.subject, search.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if search.action is not None:
        query = query.where(entries.action.startswith(search.action, autoescape=True))
    if search.before_seq is not None:
        query = query.where(entries.seq < search.before_seq)
    return [Entry(*row) for row in connection.execute(query.order_by(entries.seq.desc()).limit(search.limit))]

"""Every query on the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, case, func, insert, select

from modelport.audit.tables import audit_entries, audit_words

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Entry", "Search", "Written", "add", "is_there", "page", "say"]


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


class Written(NamedTuple):
    """An entry that was written in a transaction which may not have been committed."""

    seq: int
    at: int
    action: str


_SAID = audit_words.c.seq.is_not(None)
_SUBJECT = func.coalesce(audit_words.c.subject, audit_entries.c.subject)
_SHOWN = {
    "subject": _SUBJECT,
    "before": case((_SAID, audit_words.c.before), else_=audit_entries.c.before),
    "after": case((_SAID, audit_words.c.after), else_=audit_entries.c.after),
}
_ENTRY = tuple(_SHOWN.get(name, audit_entries.c[name]).label(name) for name in Entry._fields)


def add(connection: Connection, values: Mapping[str, Any]) -> Written:
    """Writes an entry down."""
    done = connection.execute(insert(audit_entries).values(**values))
    key = done.inserted_primary_key
    assert key is not None, "one row has one key"
    return Written(int(key[0]), values["at"], values["action"])


def is_there(connection: Connection, written: Written) -> bool:
    """Whether the entry was committed: what was rolled back leaves its number to another."""
    query = select(audit_entries.c.at, audit_entries.c.action).where(audit_entries.c.seq == written.seq)
    row = connection.execute(query).first()
    return row is not None and (row.at, row.action) == (written.at, written.action)


def say(connection: Connection, seq: int, subject: str | None, before: Any, after: Any) -> None:
    """Puts a route's words beside an entry."""
    connection.execute(insert(audit_words).values(seq=seq, subject=subject, before=before, after=after))


def page(connection: Connection, search: Search) -> list[Entry]:
    """Entries, newest first."""
    entries = audit_entries.c
    query = select(*_ENTRY).select_from(audit_entries.outerjoin(audit_words, audit_words.c.seq == audit_entries.c.seq))
    for column, value in (
        (entries.account_id, search.account_id),
        (entries.user_id, search.user_id),
        (_SUBJECT, search.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if search.action is not None:
        query = query.where(entries.action.startswith(search.action, autoescape=True))
    if search.before_seq is not None:
        query = query.where(entries.seq < search.before_seq)
    return [Entry(*row) for row in connection.execute(query.order_by(entries.seq.desc()).limit(search.limit))]

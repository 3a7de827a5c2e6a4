"""Every query on the queue of mails."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.mail.tables import mails

__all__ = ["Claimed", "Queue", "add", "claim", "forget", "give_up", "queue", "retry", "sent"]


class Claimed(NamedTuple):
    """A mail that this process, and no other, may send now."""

    id: str
    sealed: str
    tries: int


class Queue(NamedTuple):
    """How mail stands."""

    waiting: int
    sent: int
    """Of those that are still on record: a month's."""
    given_up: int
    last_fault: str | None
    """Why the newest mail that could not be sent, or not yet, was not."""


def add(connection: Connection, mail_id: str, sealed: str, now: int, due_at: int | None) -> None:
    """Puts a mail into the queue."""
    connection.execute(insert(mails).values(id=mail_id, sealed=sealed, created_at=now, due_at=due_at, tries=0))


def claim(connection: Connection, now: int, until: int, most: int) -> list[Claimed]:
    """Takes up to `most` mails that are due; nobody else gets them before `until`."""
    due = connection.execute(
        select(mails.c.id, mails.c.due_at).where(mails.c.due_at <= now).order_by(mails.c.due_at).limit(most)
    ).all()
    claimed: list[Claimed] = []
    for row in due:
        found = connection.execute(
            update(mails)
            .where(mails.c.id == row.id, mails.c.due_at == row.due_at)
            .values(due_at=until, tries=mails.c.tries + 1)
            .returning(mails.c.id, mails.c.sealed, mails.c.tries)
        ).first()
        if found is not None:
            claimed.append(Claimed(*found))
    return claimed


def sent(connection: Connection, mail_id: str, now: int) -> None:
    """The mail is out: its content goes."""
    values = {"sealed": None, "due_at": None, "sent_at": now, "fault": None}
    connection.execute(update(mails).where(mails.c.id == mail_id).values(values))


def retry(connection: Connection, mail_id: str, due_at: int, fault: str) -> None:
    """Tries again at `due_at`."""
    connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=due_at, fault=fault))


def give_up(connection: Connection, mail_id: str, fault: str) -> None:
    """The mail can't be sent: its content goes, the reason stays."""
    connection.execute(update(mails).where(mails.c.id == mail_id).values(sealed=None, due_at=None, fault=fault))


def forget(connection: Connection, before: int) -> None:
    """Deletes what was done with before `before`."""
    connection.execute(delete(mails).where(mails.c.due_at.is_(None), mails.c.created_at < before))


def queue(connection: Connection) -> Queue:
    """How many mails wait, went out and were given up, and why the last one that failed did."""
    waiting, gone, failed = connection.execute(
        select(
            func.count(mails.c.due_at),
            func.count(mails.c.sent_at),
            # A decoy was never due, and so was never tried.
            func.count().filter(mails.c.due_at.is_(None), mails.c.sent_at.is_(None), mails.c.tries > 0),
        )
    ).one()
    fault = select(mails.c.fault).where(mails.c.fault.is_not(None)).order_by(mails.c.created_at.desc()).limit(1)
    return Queue(waiting, gone, failed, connection.execute(fault).scalar())

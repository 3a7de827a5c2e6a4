"""Every query on notices, webhooks and mutes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from modelport.notices.tables import notice_deliveries, notice_hooks, notice_levels, notice_mutes, notices

__all__ = [
    "Claimed",
    "Hook",
    "Notice",
    "add",
    "add_delivery",
    "claim",
    "delivered",
    "forget",
    "forget_account",
    "give_up",
    "hook_of",
    "is_told",
    "low_balance_of",
    "muted",
    "mutes_of",
    "over",
    "recent",
    "remove_hook",
    "retry",
    "set_hook",
    "set_low_balance",
    "set_mutes",
]


class Notice(NamedTuple):
    """What an account was told."""

    id: str
    account_id: str
    kind: str
    subject: str | None
    facts: str
    """JSON."""
    created_at: int


class Hook(NamedTuple):
    """Where an account wants its notices posted."""

    account_id: str
    url: str
    secret_sealed: str
    enabled: bool
    updated_at: int


class Claimed(NamedTuple):
    """A delivery that this process, and no other, may make now."""

    id: str
    account_id: str
    body: str
    tries: int


def is_told(connection: Connection, account_id: str, kind: str, subject: str) -> bool:
    """Whether this was told, and is not over."""
    wanted = select(notices.c.id).where(
        notices.c.account_id == account_id, notices.c.kind == kind, notices.c.subject == subject
    )
    return connection.execute(wanted).first() is not None


def add(connection: Connection, notice: Notice) -> None:
    """Stores a notice."""
    connection.execute(insert(notices).values(**notice._asdict()))


def over(connection: Connection, account_id: str, kind: str, subject: str) -> None:
    """The matter is over: the next time it is told again."""
    connection.execute(
        update(notices)
        .where(notices.c.account_id == account_id, notices.c.kind == kind, notices.c.subject == subject)
        .values(subject=None)
    )


def recent(connection: Connection, account_id: str, most: int) -> list[Notice]:
    """An account's newest notices."""
    rows = connection.execute(
        select(*(notices.c[name] for name in Notice._fields))
        .where(notices.c.account_id == account_id)
        .order_by(notices.c.created_at.desc(), notices.c.id)
        .limit(most)
    )
    return [Notice(*row) for row in rows]


def muted(connection: Connection, kind: str) -> set[str]:
    """Who wants no mail about this kind."""
    return set(connection.scalars(select(notice_mutes.c.user_id).where(notice_mutes.c.kind == kind)))


def mutes_of(connection: Connection, user_id: str) -> set[str]:
    """Kinds this person wants no mail about."""
    return set(connection.scalars(select(notice_mutes.c.kind).where(notice_mutes.c.user_id == user_id)))


def set_mutes(connection: Connection, user_id: str, kinds: set[str]) -> None:
    """Replaces what a person wants no mail about."""
    connection.execute(delete(notice_mutes).where(notice_mutes.c.user_id == user_id))
    if kinds:
        connection.execute(insert(notice_mutes), [{"user_id": user_id, "kind": kind} for kind in sorted(kinds)])


def hook_of(connection: Connection, account_id: str) -> Hook | None:
    """An account's webhook."""
    row = connection.execute(
        select(*(notice_hooks.c[name] for name in Hook._fields)).where(notice_hooks.c.account_id == account_id)
    ).first()
    return Hook(*row) if row else None


def set_hook(connection: Connection, hook: Hook) -> None:
    """Sets or replaces an account's webhook."""
    connection.execute(delete(notice_hooks).where(notice_hooks.c.account_id == hook.account_id))
    connection.execute(insert(notice_hooks).values(**hook._asdict()))


def remove_hook(connection: Connection, account_id: str) -> bool:
    """Takes an account's webhook away, with what was to be posted to it. False when there is none."""
    connection.execute(
        update(notice_deliveries)
        .where(notice_deliveries.c.account_id == account_id, notice_deliveries.c.due_at.is_not(None))
        .values(due_at=None, fault="the webhook was removed")
    )
    return bool(connection.execute(delete(notice_hooks).where(notice_hooks.c.account_id == account_id)).rowcount)


def add_delivery(connection: Connection, delivery_id: str, account_id: str, body: str, now: int) -> None:
    """Queues a delivery."""
    connection.execute(
        insert(notice_deliveries).values(
            id=delivery_id, account_id=account_id, body=body, created_at=now, due_at=now, tries=0
        )
    )


def claim(connection: Connection, now: int, until: int, most: int) -> list[Claimed]:
    """Takes up to `most` deliveries that are due; nobody else gets them before `until`."""
    table = notice_deliveries
    due = connection.execute(
        select(table.c.id, table.c.due_at).where(table.c.due_at <= now).order_by(table.c.due_at).limit(most)
    ).all()
    claimed: list[Claimed] = []
    for row in due:
        found = connection.execute(
            update(table)
            .where(table.c.id == row.id, table.c.due_at == row.due_at)
            .values(due_at=until, tries=table.c.tries + 1)
            .returning(table.c.id, table.c.account_id, table.c.body, table.c.tries)
        ).first()
        if found is not None:
            claimed.append(Claimed(*found))
    return claimed


def delivered(connection: Connection, delivery_id: str, now: int) -> None:
    """The delivery was taken."""
    _set(connection, delivery_id, {"due_at": None, "done_at": now, "fault": None})


def retry(connection: Connection, delivery_id: str, due_at: int, fault: str) -> None:
    """Tries again at `due_at`."""
    _set(connection, delivery_id, {"due_at": due_at, "fault": fault})


def give_up(connection: Connection, delivery_id: str, fault: str) -> None:
    """The delivery is not tried any more."""
    _set(connection, delivery_id, {"due_at": None, "fault": fault})


def _set(connection: Connection, delivery_id: str, values: dict[str, object]) -> None:
    connection.execute(update(notice_deliveries).where(notice_deliveries.c.id == delivery_id).values(**values))


def forget_account(connection: Connection, account_id: str) -> None:
    """Deletes everything an account was told, and when it wanted to be."""
    connection.execute(delete(notice_levels).where(notice_levels.c.account_id == account_id))
    connection.execute(delete(notice_deliveries).where(notice_deliveries.c.account_id == account_id))
    connection.execute(delete(notices).where(notices.c.account_id == account_id))


def low_balance_of(connection: Connection, account_id: str) -> int | None:
    """Below which balance an account wants to be told, where it has said so."""
    query = select(notice_levels.c.low_balance).where(notice_levels.c.account_id == account_id)
    return connection.execute(query).scalar()


def set_low_balance(connection: Connection, account_id: str, amount: int | None) -> None:
    """Sets that, or takes it away."""
    connection.execute(delete(notice_levels).where(notice_levels.c.account_id == account_id))
    if amount is not None:
        connection.execute(insert(notice_levels).values(account_id=account_id, low_balance=amount))


def forget(connection: Connection, before: int) -> None:
    """Deletes deliveries done with before `before`."""
    table = notice_deliveries
    connection.execute(delete(table).where(table.c.due_at.is_(None), table.c.created_at < before))

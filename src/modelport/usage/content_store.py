"""Every query on stored prompts and answers, who switched that on, and feedback."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from modelport.usage.tables import content_switches, generation_contents, generation_feedback

__all__ = ["Feedback", "Kept", "Switch", "add", "add_feedback", "expire", "find", "forget", "put", "switches"]

_AT_ONCE = 1_000


class Switch(NamedTuple):
    """What an account said; `key_id` is empty where it is about all its keys."""

    account_id: str
    key_id: str
    enabled: bool
    keep_days: int
    updated_at: int


class Kept(NamedTuple):
    """One generation's content, sealed."""

    id: str
    account_id: str
    created_at: int
    expires_at: int
    sealed: str


class Feedback(NamedTuple):
    """What somebody said of an answer."""

    generation_id: str
    account_id: str
    user_id: str
    category: str
    comment: str | None
    created_at: int


_SWITCH = tuple(content_switches.c[name] for name in Switch._fields)


def switches(connection: Connection, account_id: str) -> list[Switch]:
    """What an account said."""
    rows = connection.execute(
        select(*_SWITCH).where(content_switches.c.account_id == account_id).order_by(content_switches.c.key_id)
    )
    return [Switch(*row) for row in rows]


def put(connection: Connection, account_id: str, key_id: str | None, switch: Switch | None) -> None:
    """Puts a word in the place of another, or takes it back; of the account and all its keys where none is named."""
    old = delete(content_switches).where(content_switches.c.account_id == account_id)
    if key_id is not None:
        old = old.where(content_switches.c.key_id == key_id)
    connection.execute(old)
    if switch is not None:
        connection.execute(insert(content_switches).values(**switch._asdict()))


def add(connection: Connection, kept: Kept) -> None:
    """Keeps one generation's content."""
    connection.execute(insert(generation_contents).values(**kept._asdict()))


def find(connection: Connection, account_id: str, generation_id: str, now_ms: int) -> str | None:
    """The sealed content of an account's generation."""
    contents = generation_contents.c
    return connection.execute(
        select(contents.sealed).where(
            contents.id == generation_id, contents.account_id == account_id, contents.expires_at > now_ms
        )
    ).scalar_one_or_none()


def forget(connection: Connection, account_id: str) -> int:
    """Deletes everything of an account."""
    return connection.execute(
        delete(generation_contents).where(generation_contents.c.account_id == account_id)
    ).rowcount


def expire(connection: Connection, now_ms: int) -> int:
    """Deletes some of what has been kept long enough; how much."""
    old = select(generation_contents.c.id).where(generation_contents.c.expires_at <= now_ms).limit(_AT_ONCE)
    return connection.execute(delete(generation_contents).where(generation_contents.c.id.in_(old))).rowcount


def add_feedback(connection: Connection, feedback: Feedback) -> None:
    """Keeps what somebody said of an answer; once for each person and generation."""
    connection.execute(insert(generation_feedback).values(**feedback._asdict()))

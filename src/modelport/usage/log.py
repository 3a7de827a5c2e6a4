"""The log of generations: filtered, newest first, a page at a time by where the last one ended (keyset paging)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import Connection, literal_column, select, tuple_

from modelport.errors import BadRequest
from modelport.usage.generation import Generation
from modelport.usage.tables import generations, usage_days

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["Filters", "Page", "page", "read_cursor", "write_cursor"]

_DAY_MS = 86_400_000
_LIGHT = [column for column in generations.columns if column.name != "trace"]
"""A page of a hundred rows need not carry a hundred traces."""
_NAMES = ("model", "provider", "key_id", "app", "status", "finish_reason", "session_id")
_SUMMED = ("model", "provider", "key_id", "app")
_REACH = 5_000
"""How many rows one look goes through at most."""
_ROUNDS = 4
"""Looks a page takes at most, as long as nothing was found."""


class Filters(NamedTuple):
    """What is looked for; None looks for anything."""

    since: int | None = None
    until: int | None = None
    """Milliseconds; from `since` on, before `until`."""
    model: str | None = None
    provider: str | None = None
    key_id: str | None = None
    app: str | None = None
    """Its origin."""
    status: str | None = None
    finish_reason: str | None = None
    session_id: str | None = None


class Page(NamedTuple):
    """Some generations, and where the next page begins."""

    generations: list[Generation]
    cursor: tuple[int, str] | None
    """None on the last one."""


def page(
    connection: Connection, account_id: str | None, filters: Filters, after: tuple[int, str] | None, limit: int
) -> Page:
    """Generations of an account (or of everybody), newest first, after the place where the last page ended.

    Never more than some thousands of rows are read: where filters let few of many through, a page may be
    shorter than `limit`, and yet have a cursor.
    """
    found, edge = _looked_through(connection, account_id, filters, after, limit)
    rounds = 1
    while not found and edge is not None and rounds < _ROUNDS:
        edge = _jump(connection, account_id, filters, edge)
        if edge is None:
            break
        found, edge = _looked_through(connection, account_id, filters, edge, limit)
        rounds += 1
    return Page(found, edge)


def _looked_through(
    connection: Connection, account_id: str | None, filters: Filters, after: tuple[int, str] | None, limit: int
) -> tuple[list[Generation], tuple[int, str] | None]:
    """What the filters let through of the next rows, and where those end; None when nothing is left."""
    wanted = {name: value for name in _NAMES if (value := getattr(filters, name)) is not None}
    # A key is one account's; asked with that as well, the database may choose its index and read all that it has.
    mine = account_id if filters.key_id is not None else None
    if account_id is not None and mine is None:
        wanted["account_id"] = account_id
    driving = _driving(account_id, wanted, filters.since, filters.until, after)
    c = generations.c
    newest = (c.created_at.desc(), c.id.desc())
    query = select(*_LIGHT).where(*driving).order_by(*newest)
    if not wanted:
        query = query.limit(limit + 1)
    else:
        # The database stops as soon as it has a page, and at the latest after so many rows.
        some: Any = query.limit(_REACH).subquery()
        query = (
            select(some)
            .where(*(some.c[name] == value for name, value in wanted.items()))
            .order_by(some.c.created_at.desc(), some.c.id.desc())
            .limit(limit + 1)
        )
    found = [Generation(**row) for row in connection.execute(query).mappings()]
    if mine is not None and found and found[0].account_id != mine:
        return [], None
    if len(found) > limit:
        last = found[limit - 1]
        return found[:limit], (last.created_at, last.id)
    if not wanted:
        return found, None
    edge = select(c.created_at, c.id).where(*driving).order_by(*newest).offset(_REACH - 1).limit(1)
    row = connection.execute(edge).first()
    return found, None if row is None else (int(row[0]), str(row[1]))


def _driving(
    account_id: str | None,
    wanted: dict[str, str],
    since: int | None,
    until: int | None,
    after: tuple[int, str] | None,
) -> list[ColumnElement[bool]]:
    """Conditions that one index answers in the order of pages; what it answers is taken out of `wanted`."""
    c = generations.c
    where: list[ColumnElement[bool]] = []
    if "session_id" in wanted:
        where.append(c.session_id == wanted.pop("session_id"))
    elif "key_id" in wanted:
        where.append(c.key_id == wanted.pop("key_id"))
    elif account_id is not None:
        where.append(c.account_id == wanted.pop("account_id"))
        where += _within_account(wanted)
    if after is not None:
        where.append(tuple_(c.created_at, c.id) < after)
        # Told to the planner as well, so that later partitions are not looked into.
        until = after[0] + 1 if until is None else min(until, after[0] + 1)
    if since is not None:
        where.append(c.created_at >= since)
    if until is not None:
        where.append(c.created_at < until)
    return where


def _within_account(wanted: dict[str, str]) -> list[ColumnElement[bool]]:
    for name in ("app", "model"):
        if name in wanted:
            return [generations.c[name] == wanted.pop(name)]
    if wanted.get("status", "ok") != "ok":
        # Spelled out, for the index is one of these rows only, and a parameter might be anything.
        not_ok = literal_column("status") != literal_column("'ok'")
        return [not_ok, generations.c.status == wanted.pop("status")]
    return []


def _jump(
    connection: Connection, account_id: str | None, filters: Filters, edge: tuple[int, str]
) -> tuple[int, str] | None:
    """The next place where there may be something, told by the sums of days; None when there is nothing any more."""
    c = usage_days.c
    where: list[ColumnElement[bool]] = [c.day <= edge[0] // _DAY_MS]
    if account_id is not None:
        where.append(c.account_id == account_id)
    for name in _SUMMED:
        value: str | None = getattr(filters, name)
        if value is not None:
            where.append(c[name] == value)
    query = select(c.day).where(*where).order_by(c.day.desc()).limit(1)
    day = connection.execute(query).scalar_one_or_none()
    if day is None:
        return None
    return min(edge, ((int(day) + 1) * _DAY_MS, ""))


_CURSOR = msgspec.json.Decoder(tuple[int, str])


def write_cursor(cursor: tuple[int, str] | None) -> str | None:
    """A cursor as callers get it."""
    if cursor is None:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[int, str] | None:
    """A cursor as callers give it back.

    Raises `BadRequest`.
    """
    if not text:
        return None
    try:
        return _CURSOR.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise BadRequest("`cursor` is not one that an answer gave.") from error

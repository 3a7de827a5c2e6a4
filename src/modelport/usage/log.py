"""The log of generations: filtered, newest first, a page at a time by where the last one ended (keyset paging)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import Connection, func, select, tuple_

from modelport.errors import BadRequest
from modelport.usage.generation import Generation
from modelport.usage.tables import generations, usage_days

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["Filters", "Page", "page", "read_cursor", "write_cursor"]

_DAY_MS = 86_400_000
_LIGHT = [column for column in generations.columns if column.name != "trace"]
"""A page of a hundred rows need not carry a hundred traces."""


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


def page(
    connection: Connection, account_id: str | None, filters: Filters, after: tuple[int, str] | None, limit: int
) -> Page:
    """Generations of an account (or of everybody), newest first, after the place where the last page ended."""
    c = generations.c
    where: list[ColumnElement[bool]] = [] if account_id is None else [c.account_id == account_id]
    for name in ("model", "provider", "key_id", "app", "status", "finish_reason", "session_id"):
        value: str | None = getattr(filters, name)
        if value is not None:
            where.append(c[name] == value)
    since, until = filters.since, filters.until
    if after is not None:
        where.append(tuple_(c.created_at, c.id) < after)
        # Told to the planner as well, so that later partitions are not looked into.
        until = after[0] + 1 if until is None else min(until, after[0] + 1)
    if account_id is not None and (filters.provider or filters.app):
        since = _since(connection, account_id, filters._replace(since=since, until=until), limit)
    if since is not None:
        where.append(c.created_at >= since)
    if until is not None:
        where.append(c.created_at < until)
    query = select(*_LIGHT).where(*where).order_by(c.created_at.desc(), c.id.desc()).limit(limit + 1)
    found = [Generation(**row) for row in connection.execute(query).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], None if last is None else (last.created_at, last.id))


def _since(connection: Connection, account_id: str, filters: Filters, limit: int) -> int | None:
    """How far back a page can reach at most, told by the sums of days: nobody need read on from there.

    Providers and apps have no index of their own; without this, one that was used long ago would be looked for through
    everything since.
    """
    c, since, until = usage_days.c, filters.since, filters.until
    where = [c.account_id == account_id]
    for name in ("model", "provider", "key_id", "app"):
        value: str | None = getattr(filters, name)
        if value is not None:
            where.append(c[name] == value)
    if until is not None:
        where.append(c.day <= until // _DAY_MS)
    if filters.status or filters.finish_reason or filters.session_id:
        return since
    query = select(c.day, func.sum(c.requests + c.failed)).where(*where).group_by(c.day).order_by(c.day.desc())
    seen = 0
    first: int | None = None
    for day, count in connection.execute(query):
        first = int(day)
        # The newest day may be cut short by `until`, so it does not count.
        if until is None or first < until // _DAY_MS:
            seen += int(count)
        if seen > limit:
            break
    if first is None:
        return since  # nothing is summed up yet: it may be a second old
    return max(first * _DAY_MS, since or 0)


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

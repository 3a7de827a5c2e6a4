"""Which rows of a database file are others than before, and what the audit log says of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from modelport.audit.watching import UNWATCHED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["changed", "log", "named", "rows"]

Rows = dict[str, list[tuple[Any, ...]]]


def rows(path: Path) -> Rows:
    """Every row of every table whose changes somebody makes."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        watched = [each for each in tables if each not in UNWATCHED and not each.startswith(("sqlite_", "alembic_"))]
        return {each: sorted(database.execute(f'SELECT * FROM "{each}"'), key=repr) for each in watched}  # noqa: S608


def changed(before: Rows, after: Rows) -> set[str]:
    """The tables that are not as they were."""
    return {table for table in after if after[table] != before.get(table, [])}


def log(path: Path, beyond: int = 0) -> list[dict[str, Any]]:
    """Entries of the audit log as they are stored, oldest first, but for the first ones."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute("SELECT * FROM audit_entries ORDER BY seq")]
    return found[beyond:]


def named(entries: Iterable[dict[str, Any]]) -> set[str]:
    """The tables that entries tell of."""
    sides = [json.loads(entry[side] or "{}") for entry in entries for side in ("before", "after")]
    return {name.removesuffix(", more") for side in sides for name in side}

"""What a session costs with each app and model: medians over many, from which nobody's own can be told."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from sqlalchemy import Connection, func, select

from modelport.usage.tables import apps, generations

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DAYS", "Cell", "Turns", "cells"]

DAYS = 7
Turns = Literal["1-turn", "2-9-turns", "10-49-turns", "50-plus-turns"]
_RANGES: tuple[tuple[int, Turns], ...] = ((1, "1-turn"), (9, "2-9-turns"), (49, "10-49-turns"))
_FEWEST_SESSIONS = 5
_FEWEST_ACCOUNTS = 3
"""Cells of fewer are not shown: they would tell of somebody."""
_MOST_SESSIONS = 200_000
"""The newest of them, should there be more: enough for any median, and bounded work."""


class Cell(NamedTuple):
    """Sessions of one app with one model and about as many turns; amounts in nano-dollars."""

    origin: str
    title: str
    model: str
    turns: Turns
    median_cost: int
    sessions: int


def _turns(count: int) -> Turns:
    for most, name in _RANGES:
        if count <= most:
            return name
    return "50-plus-turns"


def cells(connection: Connection, since_ms: int, until_ms: int) -> list[Cell]:
    """Every cell of a span with enough sessions of enough accounts, in the order of apps, models and turns.

    A session is an account's in one app with one model; requests that failed are no turns.
    """
    c = generations.c
    query = (
        select(c.account_id, c.app, c.model, func.count(), func.sum(c.cost))
        .where(c.session_id.is_not(None), c.app.is_not(None), c.status != "error")
        .where(c.created_at >= since_ms, c.created_at < until_ms)
        .group_by(c.account_id, c.app, c.session_id, c.model)
        .order_by(func.max(c.created_at).desc())
        .limit(_MOST_SESSIONS)
    )
    costs: dict[tuple[str, str, Turns], list[int]] = {}
    whose: dict[tuple[str, str, Turns], set[str]] = {}
    for account, app, model, count, cost in connection.execute(query):
        place = (str(app), str(model), _turns(int(count)))
        costs.setdefault(place, []).append(int(cost))
        whose.setdefault(place, set()).add(str(account))
    titles = _titles(connection, sorted({app for app, _, _ in costs}))
    return [
        Cell(app, titles.get(app, app), model, turns, int(median(found)), len(found))
        for (app, model, turns), found in sorted(costs.items(), key=lambda each: _order(*each[0]))
        if len(found) >= _FEWEST_SESSIONS and len(whose[app, model, turns]) >= _FEWEST_ACCOUNTS
    ]


def _order(app: str, model: str, turns: Turns) -> tuple[str, str, int]:
    return app, model, get_args(Turns).index(turns)


def _titles(connection: Connection, origins: Sequence[str]) -> dict[str, str]:
    rows = connection.execute(select(apps.c.origin, apps.c.title).where(apps.c.origin.in_(origins)))
    return {row.origin: row.title for row in rows}

"""Questions about use that roll-ups answer: activity, series, rankings, apps."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, select

from modelport.usage.tables import (
    COUNTERS,
    account_hours,
    app_days,
    app_totals,
    apps,
    model_days,
    model_totals,
    usage_days,
    usage_hours,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Activity",
    "AppRow",
    "Figures",
    "accounts_with",
    "activity",
    "app_by_id",
    "apps_between",
    "apps_known",
    "days_of_app",
    "models_between",
    "models_by_period",
    "months",
    "series",
    "tokens_by_day",
]


class Figures(NamedTuple):
    """Sums of a group; see `COUNTERS`."""

    requests: int
    failed: int
    cancelled: int
    free: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    cost: int
    upstream_cost: int
    timed: int
    latency_ms: int
    generation_ms: int
    byok_requests: int = 0
    byok_cost: int = 0

    @property
    def tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


class Activity(NamedTuple):
    """One endpoint on one UTC day."""

    day: int
    model: str
    provider: str
    endpoint_id: str
    figures: Figures


class AppRow(NamedTuple):
    """An app as it says it is."""

    id: int
    origin: str
    title: str
    categories: tuple[str, ...]
    created_at: int
    """When it was first seen."""


def _sums(table: Any) -> list[ColumnElement[int]]:  # any table of the roll-ups
    # PostgreSQL sums big integers as decimals, which are slow to read here.
    return [cast(func.sum(table.c[name]), BigInteger) for name in COUNTERS]


_figures = Figures._make


def _by_name(rows: Sequence[Any]) -> dict[str, Figures]:
    return {row[0]: _figures(row[1:]) for row in rows}


def activity(
    connection: Connection, account_id: str, first: int, last: int, keys: Sequence[str] | None = None
) -> list[Activity]:
    """An account's use by day and endpoint, of the given keys only where some are given; newest first."""
    c = usage_days.c
    groups = (c.day, c.model, c.provider, c.endpoint_id)
    query = select(*groups, *_sums(usage_days)).where(c.account_id == account_id, c.day.between(first, last))
    if keys is not None:
        query = query.where(c.key_id.in_(keys))
    rows = connection.execute(query.group_by(*groups).order_by(c.day.desc(), c.model, c.provider, c.endpoint_id))
    found: list[Any] = list(rows)
    return [Activity(row[0], row[1], row[2], row[3], _figures(row[4:])) for row in found]


Unit = Literal["hour", "day"]
Period = Literal["day", "week", "month"]
_EPOCH = dt.date(1970, 1, 1)


def series(
    connection: Connection,
    account_id: str | None,
    *,
    unit: Unit,
    first: int,
    last: int,
    by: str | None = None,
    wanted: dict[str, Sequence[str]] | None = None,
) -> list[tuple[int, str, Figures]]:
    """Use by hour or day (numbers since 1970) and, with `by`, by one dimension; of everybody without an account."""
    table = usage_hours if unit == "hour" else usage_days
    at: ColumnElement[int] = table.c[unit]
    within = at.between(first, last)
    if by is None and not wanted:
        table = account_hours
        at = table.c.hour
        within = at.between(first, last)
        if unit == "day":
            at, within = at // 24, at.between(first * 24, last * 24 + 23)
    groups = [at] if by is None else [at, table.c[by]]
    query = select(*groups, *_sums(table)).where(within)
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    for name, values in (wanted or {}).items():
        query = query.where(table.c[name].in_(values))
    rows: Any = connection.execute(query.group_by(*groups).order_by(*groups))
    found: list[Any] = list(rows)
    skip = len(groups)
    return [(row[0], "" if by is None else row[1], _figures(row[skip:])) for row in found]


def models_between(connection: Connection, first: int, last: int, bucket: int | None = None) -> dict[str, Figures]:
    """Everybody's use by model over some days."""
    table = model_totals if bucket is None else model_days
    c = table.c
    query = select(c.model, *_sums(table)).where(c.day.between(first, last)).group_by(c.model)
    if bucket is not None:
        query = query.where(model_days.c.bucket == bucket)
    return _by_name(connection.execute(query).all())


def accounts_with(connection: Connection, model: str, since_day: int) -> list[str]:
    """Accounts that used a model since a UTC day, as far as it is summed up."""
    c = usage_days.c
    query = select(c.account_id).where(c.day >= since_day, c.model == model).distinct()
    return list(connection.execute(query.order_by(c.account_id)).scalars())


def models_by_period(
    connection: Connection, first: int, last: int, *, period: Period, top: int, bucket: int | None = None
) -> list[tuple[int, str, int]]:
    """Everybody's tokens by day, week (from Monday) or month, told by its first day, and model: the `top` of each
    period, most tokens first, then all others as one, with an empty name.
    """
    table = model_totals if bucket is None else model_days
    c = table.c
    begins = _begins(c.day, period, first, last)
    tokens = cast(func.sum(c.prompt_tokens + c.completion_tokens), BigInteger)
    place = func.row_number().over(partition_by=begins, order_by=(tokens.desc(), c.model))
    query = (
        select(begins.label("begins"), c.model.label("model"), tokens.label("tokens"), place.label("place"))
        .where(c.day.between(first, last))
        .group_by(begins, c.model)
    )
    if bucket is not None:
        query = query.where(model_days.c.bucket == bucket)
    ranked = query.subquery().c
    place = case((ranked.place <= top, ranked.place), else_=top + 1)
    name = case((ranked.place <= top, ranked.model), else_="")
    final = (
        select(ranked.begins, name, cast(func.sum(ranked.tokens), BigInteger))
        .group_by(ranked.begins, place, name)
        .order_by(ranked.begins, place)
    )
    return [(int(row[0]), row[1], int(row[2])) for row in connection.execute(final)]


def tokens_by_day(connection: Connection, first: int, last: int, chosen: Sequence[str]) -> list[tuple[int, str, int]]:
    """Everybody's tokens by day of the chosen models, and of all others as one, with an empty name."""
    c = model_totals.c
    name = case((c.model.in_(chosen), c.model), else_="")
    tokens = cast(func.sum(c.prompt_tokens + c.completion_tokens), BigInteger)
    query = select(c.day, name, tokens).where(c.day.between(first, last)).group_by(c.day, name).order_by(c.day, name)
    return [(int(row[0]), row[1], int(row[2])) for row in connection.execute(query)]


def _begins(day: Any, period: Period, first: int, last: int) -> ColumnElement[int]:
    """The first day of the period that a day is in."""
    if period == "week":
        return day - (day + 3) % 7
    if period == "month":
        starts = months(first, last)
        return case(*((day >= start, start) for start in reversed(starts)), else_=starts[0])
    return day


def months(first: int, last: int) -> list[int]:
    """The first day of every month that has one of these days."""
    day = (_EPOCH + dt.timedelta(days=first)).replace(day=1)
    starts: list[int] = []
    while (number := (day - _EPOCH).days) <= last:
        starts.append(number)
        day = (day + dt.timedelta(days=32)).replace(day=1)
    return starts


def apps_between(connection: Connection, first: int, last: int, model: str | None = None) -> dict[str, Figures]:
    """Everybody's use by app (its origin) over some days, of one model where one is given."""
    table = app_totals if model is None else app_days
    c = table.c
    query = select(c.app, *_sums(table)).where(c.day.between(first, last)).group_by(c.app)
    if model is not None:
        query = query.where(app_days.c.model == model)
    return _by_name(connection.execute(query).all())


def days_of_app(connection: Connection, origin: str, first: int, last: int) -> list[tuple[int, str, int, int]]:
    """One app's tokens and requests by day and model."""
    c = app_days.c
    query = select(c.day, c.model, c.prompt_tokens + c.completion_tokens, c.requests)
    query = query.where(c.day.between(first, last), c.app == origin).order_by(c.day, c.model)
    return [(int(row[0]), row[1], int(row[2]), int(row[3])) for row in connection.execute(query)]


def _app(row: Any) -> AppRow:  # what a driver gives
    categories = tuple(each for each in row.categories.split(",") if each)
    return AppRow(row.id, row.origin, row.title, categories, row.created_at)


def apps_known(connection: Connection, origins: Sequence[str]) -> dict[str, AppRow]:
    """What apps say of themselves, by origin."""
    rows = connection.execute(select(apps).where(apps.c.origin.in_(origins)))
    return {row.origin: _app(row) for row in rows}


def app_by_id(connection: Connection, app_id: int) -> AppRow | None:
    """The app with this number."""
    row = connection.execute(select(apps).where(apps.c.id == app_id)).first()
    return None if row is None else _app(row)

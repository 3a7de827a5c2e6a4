"""What use looks like: activity, series and analytics of an account, rankings of models and apps, the log."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import DBAPIError

from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.usage import log, queries, session_cost
from modelport.usage.attribution import is_published
from modelport.usage.errors import NoSuchApp, TookTooLong

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.usage.generation import Generation
    from modelport.usage.log import Filters, Page
    from modelport.usage.queries import Activity, AppRow, Figures, Period, Unit
    from modelport.usage.session_cost import Cell

__all__ = ["AppRanked", "Insight", "Ranked", "SessionCosts"]

_DAY_MS = 86_400_000
_GIVEN_UP = "57014"
"""PostgreSQL's word for a statement that took longer than it may."""
_PIECE = 1_000
"""Rows an export reads at once."""


class Ranked(NamedTuple):
    """A model's place among all."""

    model: str
    figures: Figures
    before: int
    """Its tokens in the span of the same length just before."""


class AppRanked(NamedTuple):
    """An app's place among all."""

    app: AppRow
    figures: Figures
    before: int


class SessionCosts(NamedTuple):
    """What sessions cost in the days up to `last_day`."""

    last_day: int
    made_at: int
    cells: list[Cell]


class Insight:
    """The door to what generations add up to."""

    def __init__(self, database: Database, permaslug: Callable[[str], str]) -> None:
        """`permaslug` tells a model's canonical name."""
        self._database = database
        self.permaslug = permaslug
        self._session_costs: SessionCosts | None = None
        self._session_lock = asyncio.Lock()

    async def activity(
        self, account_id: str, first: int, last: int, keys: Sequence[str] | None = None
    ) -> list[Activity]:
        """Use by UTC day (numbers since 1970) and endpoint."""
        return await self._database.read(
            partial(queries.activity, account_id=account_id, first=first, last=last, keys=keys)
        )

    async def series(
        self,
        account_id: str | None,
        *,
        unit: Unit,
        first: int,
        last: int,
        by: str | None = None,
        wanted: dict[str, Sequence[str]] | None = None,
    ) -> list[tuple[int, str, Figures]]:
        """Use by hour or day, and by one dimension."""
        return await self._database.read(
            partial(queries.series, account_id=account_id, unit=unit, first=first, last=last, by=by, wanted=wanted)
        )

    async def ask(self, work: Callable[[Connection], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The rows of a question put together by its caller.

        Raises `TookTooLong`.
        """
        try:
            return await self._database.read(work)
        except DatabaseDown as error:
            cause = error.__cause__
            if isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) == _GIVEN_UP:
                raise TookTooLong("This takes too long: ask for fewer days.") from error
            raise

    async def session_costs(self) -> SessionCosts:
        """What sessions cost in the last whole UTC days; worked out once a day."""
        now = clock.now_ms()
        last = clock.day(now) - 1
        async with self._session_lock:
            if self._session_costs is None or self._session_costs.last_day != last:
                since, until = (last - session_cost.DAYS + 1) * _DAY_MS, (last + 1) * _DAY_MS
                cells = await self._database.read(partial(session_cost.cells, since_ms=since, until_ms=until))
                self._session_costs = SessionCosts(last, now, cells)
            return self._session_costs

    async def models(self, first: int, last: int, bucket: int | None = None) -> list[Ranked]:
        """Every model that was used over some days, most tokens first."""
        days = last - first + 1
        now = await self._database.read(partial(queries.models_between, first=first, last=last, bucket=bucket))
        past = await self._database.read(
            partial(queries.models_between, first=first - days, last=first - 1, bucket=bucket)
        )
        found = [Ranked(name, sums, past[name].tokens if name in past else 0) for name, sums in now.items()]
        return sorted(found, key=lambda each: (-each.figures.tokens, each.model))

    async def models_by_period(
        self, first: int, last: int, *, top: int, period: Period = "day", bucket: int | None = None
    ) -> list[tuple[int, str, int]]:
        """Tokens by period and model: the first `top` of each, then all others with an empty name."""
        ask = partial(queries.models_by_period, first=first, last=last, period=period, top=top, bucket=bucket)
        return await self._database.read(ask)

    async def tokens_by_day(self, first: int, last: int, chosen: Sequence[str]) -> list[tuple[int, str, int]]:
        """Tokens by day of the chosen models, and of all others with an empty name."""
        return await self._database.read(partial(queries.tokens_by_day, first=first, last=last, chosen=chosen))

    async def popularity(self) -> dict[str, int]:
        """Tokens of the last seven days by model."""
        today = clock.day(clock.now_ms())
        found = await self._database.read(partial(queries.models_between, first=today - 6, last=today))
        return {name: sums.tokens for name, sums in found.items()}

    async def accounts_with(self, model: str, since_day: int) -> list[str]:
        """Accounts that used a model since a UTC day."""
        return await self._database.read(partial(queries.accounts_with, model=model, since_day=since_day))

    async def apps(self, first: int, last: int, model: str | None = None) -> list[AppRanked]:
        """Every app that may be shown and was used over some days (with one model, where one is given), most tokens
        first.
        """
        days = last - first + 1
        now = await self._database.read(partial(queries.apps_between, first=first, last=last, model=model))
        past = await self._database.read(partial(queries.apps_between, first=first - days, last=first - 1, model=model))
        shown = [origin for origin in now if is_published(origin)]
        known = await self._database.read(partial(queries.apps_known, origins=shown))
        found = [
            AppRanked(known[origin], sums, past[origin].tokens if origin in past else 0)
            for origin, sums in now.items()
            if origin in known
        ]
        return sorted(found, key=lambda each: (-each.figures.tokens, each.app.id))

    async def app(self, app_id: int) -> AppRow:
        """The app with this number, if it may be shown.

        Raises `NoSuchApp`.
        """
        found = await self._database.read(partial(queries.app_by_id, app_id=app_id))
        if found is None or not is_published(found.origin):
            raise NoSuchApp(f"There is no app {app_id}.")
        return found

    async def app_days(self, app: AppRow, first: int, last: int) -> list[tuple[int, str, int, int]]:
        """What an app used: day, model, tokens, requests."""
        return await self._database.read(partial(queries.days_of_app, origin=app.origin, first=first, last=last))

    async def log(self, account_id: str | None, filters: Filters, after: tuple[int, str] | None, limit: int) -> Page:
        """A page of generations, newest first; without their traces."""
        return await self._database.read(
            partial(log.page, account_id=account_id, filters=filters, after=after, limit=limit)
        )

    async def export(self, account_id: str, filters: Filters) -> AsyncIterator[list[Generation]]:
        """All generations that the filters let through, a piece at a time."""
        after = None
        while True:
            found = await self.log(account_id, filters, after, _PIECE)
            yield found.generations
            if found.cursor is None:
                return
            after = found.cursor

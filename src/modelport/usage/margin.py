"""The operator's margin: what was charged against what providers charge, and whether the ledger says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import func, select

from modelport.credits import service as credits_
from modelport.usage.generation import PROBE
from modelport.usage.tables import generations

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

__all__ = ["By", "DayMargin", "Margin", "MarginReport", "margin", "margin_days"]

By = Literal["model", "provider", "day"]
_DAY_MS = 86_400_000


class Margin(NamedTuple):
    """One line of the report; amounts are nano-dollars."""

    name: str
    """A model's id, a provider's slug, or the number of a UTC day since 1970."""
    answers: int
    revenue: int
    cost: int
    """What the providers that answered charge."""
    wasted: int
    """What providers charge for attempts that failed."""
    shortfall: int
    """What answers cost above what their accounts could pay."""
    unknown: int
    """Paid answers whose cost isn't known: their endpoint gives none."""

    @property
    def margin(self) -> int:
        """What is left of the revenue."""
        return self.revenue - self.cost - self.wasted


class DayMargin(NamedTuple):
    """What a model or provider came to on one day; amounts are nano-dollars."""

    day: int
    """UTC days since 1970."""
    name: str
    revenue: int
    cost: int
    """What providers charge, failed attempts with it."""


class MarginReport(NamedTuple):
    """Lines, their sum, and what the ledger says of the same."""

    lines: list[Margin]
    total: Margin
    ledger_revenue: int | None
    """All of the journal's charges; None when only a part of the time was asked for."""
    ledger_cost: int | None

    @property
    def fault(self) -> str | None:
        """How ledger and generations differ; None when they agree, or can't be compared."""
        if self.ledger_revenue is None or self.ledger_cost is None:
            return None
        if self.ledger_revenue != self.total.revenue:
            return f"the ledger has {self.ledger_revenue} nano-dollars of revenue, generations {self.total.revenue}"
        cost = self.total.cost + self.total.wasted
        if self.ledger_cost != cost:
            return f"the ledger has {self.ledger_cost} nano-dollars of provider cost, generations {cost}"
        return None


def margin(connection: Connection, by: By, since_ms: int | None, until_ms: int | None) -> MarginReport:
    """Revenue, cost and margin of generations from `since_ms` to before `until_ms`."""
    g = generations.c
    name = _name(by)
    unknown = (g.upstream_cost.is_(None)) & (g.cost > 0)
    query = select(
        name.label("name"),
        func.count().filter(g.status != PROBE),
        func.coalesce(func.sum(g.cost), 0),
        func.coalesce(func.sum(g.upstream_cost), 0),
        func.coalesce(func.sum(g.wasted_cost), 0),
        func.coalesce(func.sum(g.shortfall), 0),
        func.count().filter(unknown),
    ).group_by(name).order_by(name)  # fmt: skip
    if since_ms is not None:
        query = query.where(g.created_at >= since_ms)
    if until_ms is not None:
        query = query.where(g.created_at < until_ms)
    lines = [Margin(str(row[0]), *(int(each) for each in row[1:])) for row in connection.execute(query)]
    sums = [sum(column) for column in zip(*(line[1:] for line in lines), strict=True)] or [0] * 6
    total = Margin("total", *sums)
    if since_ms is not None or until_ms is not None:
        return MarginReport(lines, total, None, None)
    return MarginReport(lines, total, *credits_.books(connection))


def margin_days(
    connection: Connection, by: Literal["model", "provider"], since_ms: int, until_ms: int
) -> list[DayMargin]:
    """The same day by day, the earliest first."""
    g = generations.c
    day, name = (g.created_at // _DAY_MS).label("day"), _name(by).label("name")
    spent = func.coalesce(g.upstream_cost, 0) + func.coalesce(g.wasted_cost, 0)
    query = (
        select(day, name, func.coalesce(func.sum(g.cost), 0), func.coalesce(func.sum(spent), 0))
        .where(g.created_at >= since_ms, g.created_at < until_ms)
        .group_by(day, name)
        .order_by(day, name)
    )
    return [DayMargin(int(row[0]), str(row[1]), int(row[2]), int(row[3])) for row in connection.execute(query)]


def _name(by: By) -> ColumnElement[object]:
    g = generations.c
    match by:
        case "model":
            return g.model
        case "provider":
            return func.coalesce(g.provider, "")
        case "day":
            return g.created_at // _DAY_MS

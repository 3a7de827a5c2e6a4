"""`/analytics/meta` and `/analytics/query`. Shapes are the reference's."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, Principal, allow
from modelport.kit import clock
from modelport.usage import analytics
from modelport.usage.analytics import Condition, Question

if TYPE_CHECKING:
    from modelport.usage.insight import Insight

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/analytics", tags=["Analytics"])
_LABELS = {"minute": "By the minute", "hour": "Hourly", "day": "Daily", "week": "Weekly", "month": "Monthly"}


@router.get("/meta", summary="What can be asked", dependencies=[Depends(allow(Permission.ACTIVITY_READ))])
async def read_meta() -> dict[str, Any]:
    """Metrics, dimensions, operators and granularities."""
    return {
        "data": {
            "metrics": [
                {"name": name, "display_label": each.label, "display_format": each.form, "is_rate": each.is_rate}
                for name, each in analytics.METRICS.items()
            ],
            "dimensions": [{"name": name, "display_label": label} for name, label in analytics.DIMENSIONS.items()],
            "operators": [
                {"name": name, "value_type": "array" if name in {"in", "not_in"} else "scalar"}
                for name in analytics.OPERATORS
            ],
            "granularities": [{"name": name, "display_label": _LABELS[name]} for name in analytics.GRANULARITIES],
        }
    }


class Filter(BaseModel):
    """One condition on a dimension."""

    field: str
    operator: str
    value: str | float | bool | list[str | float]


class OrderBy(BaseModel):
    """What rows are sorted by."""

    field: str
    direction: Literal["asc", "desc"]


class TimeRange(BaseModel):
    """From `start` on, before `end`."""

    start: dt.datetime
    end: dt.datetime


class Query(BaseModel):
    """What is asked; the last seven days unless a range is given."""

    metrics: list[str] = Field(min_length=1, max_length=50)
    dimensions: list[str] = Field(default=[], max_length=2)
    filters: list[Filter] = Field(default=[], max_length=20)
    granularity: str | None = None
    limit: int = Field(default=1000, ge=1, le=10_000)
    order_by: OrderBy | None = None
    time_range: TimeRange | None = None


@router.post("/query", summary="Ask for figures of the account's use")
async def ask(
    request: Request, query: Query, caller: Annotated[Principal, Depends(allow(Permission.ACTIVITY_READ))]
) -> dict[str, Any]:
    """Metrics by dimensions and over time, from hourly and daily sums; minutes, percentiles and what sums do not
    know from single generations of at most 31 days.
    """
    insight: Insight = request.app.state.services.insight
    begun = clock.monotonic()
    end = clock.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    start = (end - dt.timedelta(days=7)).replace(hour=0)
    if query.time_range is not None:
        start, end = _utc(query.time_range.start), _utc(query.time_range.end)
    order = query.order_by
    rows = await insight.ask(
        partial(
            analytics.ask,
            account_id=caller.account_id,
            question=Question(
                tuple(query.metrics),
                tuple(query.dimensions),
                tuple(Condition(each.field, each.operator, each.value) for each in query.filters),
                query.granularity,
                start,
                end,
                None if order is None else (order.field, order.direction == "desc"),
                query.limit,
            ),
        )
    )
    return {
        "data": {
            "data": rows[: query.limit],
            "metadata": {
                "query_time_ms": round((clock.monotonic() - begun) * 1000, 1),
                "row_count": min(len(rows), query.limit),
                "truncated": len(rows) > query.limit,
            },
        }
    }


def _utc(time: dt.datetime) -> dt.datetime:
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)

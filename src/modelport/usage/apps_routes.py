"""Apps for everybody: the list of those that said who they are, and a page of each.

Only sums of all accounts are shown, and only of apps on the open internet (`attribution.is_published`); what an app
says of itself is shown as it is, and its address is never called.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from modelport.keys.access import public
from modelport.kit import clock
from modelport.usage.app_schemas import UseAppPage, UseApps
from modelport.usage.attribution import GROUPS, app_of, link_of
from modelport.usage.data_routes import text_of

if TYPE_CHECKING:
    from modelport.usage.insight import AppRanked, Insight

__all__ = ["SPANS", "Span", "app_row", "change", "router"]

router = APIRouter(prefix="/api/app", tags=["Use"])
Span = Literal["day", "week", "month"]
SPANS = {"day": 1, "week": 7, "month": 30}
_NAMED = 9
"""Models of a chart; the others are one."""
_LISTED = 50


def change(tokens: int, before: int) -> float | None:
    """How much more than before, as a part of it; None for what is new."""
    return None if not before else (tokens - before) / before


def app_row(ranked: AppRanked, rank: int) -> dict[str, Any]:
    """An app's place, as lists show it."""
    return {
        "id": ranked.app.id,
        "title": ranked.app.title,
        "url": link_of(ranked.app.origin),
        "categories": ranked.app.categories,
        "rank": rank,
        "tokens": ranked.figures.tokens,
        "requests": ranked.figures.requests,
        "change": change(ranked.figures.tokens, ranked.before),
    }


class AppsQuery(BaseModel):
    """Which apps are wanted."""

    span: Span = "week"
    group: Literal["coding", "creative", "productivity", "entertainment"] | None = None
    category: str | None = None
    sort: Literal["popular", "trending"] = "popular"
    url: str | None = Field(default=None, description="Only the app of this address.")
    limit: int = Field(default=50, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=1000)

    def wants(self, ranked: AppRanked) -> bool:
        """Whether an app is one of these."""
        categories = set(ranked.app.categories)
        return (
            (self.group is None or bool(categories & set(GROUPS[self.group])))
            and (self.category is None or self.category in categories)
            and (self.url is None or ranked.app.origin == app_of(self.url, None))
        )


@router.get("/apps", summary="Apps by tokens", dependencies=[Depends(public)], response_model=UseApps)
async def read_apps(request: Request, query: Annotated[AppsQuery, Query()]) -> dict[str, Any]:
    """Of the last day, week or month, today included; by tokens, or (`trending`) by how many were gained."""
    insight: Insight = request.app.state.services.insight
    last = clock.day(clock.now_ms())
    first = last - SPANS[query.span] + 1
    ranked = list(enumerate(await insight.apps(first, last), start=1))
    found = [(rank, each) for rank, each in ranked if query.wants(each)]
    if query.sort == "trending":
        found.sort(key=lambda place: place[1].before - place[1].figures.tokens)
    counts = Counter(category for _, each in ranked for category in each.app.categories)
    return {
        "start_date": text_of(first),
        "end_date": text_of(last),
        "total": len(found),
        "data": [app_row(each, rank) for rank, each in found[query.offset : query.offset + query.limit]],
        "categories": [
            {"category": category, "group": group, "apps": counts[category]}
            for group, categories in GROUPS.items()
            for category in categories
            if counts[category]
        ],
    }


@router.get("/apps/{app_id}", summary="One app", dependencies=[Depends(public)], response_model=UseAppPage)
async def read_app(request: Request, app_id: int, span: Span = "month") -> dict[str, Any]:
    """Its place, its models and its days, over the last day, week or month."""
    insight: Insight = request.app.state.services.insight
    last = clock.day(clock.now_ms())
    first = last - SPANS[span] + 1
    app = await insight.app(app_id)
    placed = [
        (rank, each) for rank, each in enumerate(await insight.apps(first, last), start=1) if each.app.id == app.id
    ]
    rows = await insight.app_days(app, first, last)
    tokens: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    for _, model, used, times in rows:
        tokens[model] += used
        requests[model] += times
    total = sum(tokens.values())
    ranked = sorted(tokens, key=lambda model: (-tokens[model], model))
    return {
        "id": app.id,
        "title": app.title,
        "url": link_of(app.origin),
        "categories": app.categories,
        "created_at": app.created_at,
        "start_date": text_of(first),
        "end_date": text_of(last),
        "rank": placed[0][0] if placed else None,
        "tokens": total,
        "requests": sum(requests.values()),
        "change": change(total, placed[0][1].before) if placed else None,
        "models": [
            {
                "model": model,
                "tokens": tokens[model],
                "requests": requests[model],
                "share": tokens[model] / (total or 1),
            }
            for model in ranked[:_LISTED]
        ],
        "days": _days(rows, first, last, set(ranked[:_NAMED])),
    }


def _days(rows: list[tuple[int, str, int, int]], first: int, last: int, named: set[str]) -> list[dict[str, Any]]:
    """Every day of the span with its tokens by model, for a chart."""
    days: dict[int, Counter[str]] = {day: Counter() for day in range(first, last + 1)}
    for day, model, used, _ in rows:
        days[day][model if model in named else "other"] += used
    return [{"date": text_of(day), "tokens": dict(tokens)} for day, tokens in days.items()]

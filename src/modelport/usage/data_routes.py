"""`GET /activity` and the public data sets. Shapes are the reference's."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from modelport.errors import BadRequest
from modelport.keys.access import Permission, Principal, allow
from modelport.kit import clock
from modelport.kit.money import to_number
from modelport.usage.attribution import GROUPS

if TYPE_CHECKING:
    from modelport.keys.service import Keys
    from modelport.usage.insight import Insight

__all__ = ["day_of", "router", "text_of"]

router = APIRouter(prefix="/api/v1", tags=["Analytics"])
_DAYS = 30
_TOP = 50
_MOST_DAYS = 366
_EPOCH = dt.date(1970, 1, 1)
_BUCKETS = {"1K": 0, "10K": 1, "100K": 2, "1M": 3, "10M": 4}


def day_of(text: str) -> int:
    """The number of a day since 1970.

    Raises `BadRequest`.
    """
    try:
        return (dt.date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise BadRequest(f"Invalid date {text[:40]!r}: write it as YYYY-MM-DD.") from None


def text_of(day: int) -> str:
    """A day as `YYYY-MM-DD`."""
    return (_EPOCH + dt.timedelta(days=day)).isoformat()


class ActivityItem(BaseModel):
    """One endpoint on one UTC day; amounts in USD."""

    date: str
    model: str
    model_permaslug: str
    endpoint_id: str
    provider_name: str
    usage: float
    byok_usage_inference: float = Field(description="The price of what came by own provider keys; not charged.")
    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int


class ActivityAnswer(BaseModel):
    """Answer of `GET /activity`."""

    data: list[ActivityItem]


@router.get("/activity", summary="Use of the last 30 whole UTC days, by endpoint")
async def read_activity(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.ACTIVITY_READ))],
    date: str | None = None,
    api_key_hash: str | None = None,
    user_id: str | None = None,
) -> ActivityAnswer:
    """What an account used, newest day first."""
    services = request.app.state.services
    insight: Insight = services.insight
    today = clock.day(clock.now_ms())
    first, last = today - _DAYS, today - 1
    if date is not None:
        first = last = day_of(date)
        if not today - _DAYS <= first < today:
            raise BadRequest(f"`date` must be one of the last {_DAYS} whole UTC days.")
    chosen: list[str] | None = None
    if api_key_hash is not None or user_id is not None:
        keys: Keys = services.keys
        chosen = [
            key.id
            for key in await keys.of_account(caller.account_id)
            if api_key_hash in {None, key.hash} and user_id in {None, key.user_id}
        ]
    names = {endpoint.id: endpoint.provider.name for model in services.catalog.snapshot.models.values()
             for endpoint in model.endpoints}  # fmt: skip
    return ActivityAnswer(
        data=[
            ActivityItem(
                date=text_of(each.day),
                model=each.model,
                model_permaslug=insight.permaslug(each.model),
                endpoint_id=each.endpoint_id,
                provider_name=names.get(each.endpoint_id, each.provider),
                usage=to_number(each.figures.cost),
                byok_usage_inference=to_number(each.figures.byok_cost),
                requests=each.figures.requests,
                prompt_tokens=each.figures.prompt_tokens,
                completion_tokens=each.figures.completion_tokens,
                reasoning_tokens=each.figures.reasoning_tokens,
                cached_tokens=each.figures.cached_tokens,
            )
            for each in await insight.activity(caller.account_id, first, last, chosen)
            if each.figures.requests
        ]
    )


class Meta(BaseModel):
    """When and of which days a data set is."""

    as_of: str
    start_date: str
    end_date: str
    version: Literal["v1"] = "v1"


class RankingItem(BaseModel):
    """A model's tokens on one day; `other` stands for all beyond the first 50."""

    date: str
    model_permaslug: str
    total_tokens: str


class RankingAnswer(BaseModel):
    """Answer of `GET /datasets/rankings-daily`."""

    data: list[RankingItem]
    meta: Meta


def _span(start: str | None, end: str | None, days: int) -> tuple[int, int]:
    last = clock.day(clock.now_ms()) if end is None else day_of(end)
    first = last - days + 1 if start is None else day_of(start)
    if first > last:
        raise BadRequest("`start_date` is after `end_date`.")
    if last - first >= _MOST_DAYS:
        raise BadRequest(f"A span has at most {_MOST_DAYS} days.")
    return first, last


def _meta(first: int, last: int) -> Meta:
    return Meta(as_of=datetime.now(dt.UTC).isoformat(), start_date=text_of(first), end_date=text_of(last))


@router.get(
    "/datasets/rankings-daily",
    summary="Tokens a day of the 50 most used models",
    dependencies=[Depends(allow(Permission.DATA_READ))],
)
async def read_rankings(
    request: Request,
    start_date: str | None = None,
    end_date: str | None = None,
    period: Literal["day", "week", "month"] = "day",
    context_bucket: Literal["1K", "10K", "100K", "1M", "10M"] | None = None,
) -> RankingAnswer:
    """Prompt and completion tokens together, everybody's; one row for each day and model, then `other`."""
    insight: Insight = request.app.state.services.insight
    first, last = _span(start_date, end_date, _DAYS)
    bucket = None if context_bucket is None else _BUCKETS[context_bucket]
    found = await insight.models_by_period(first, last, top=_TOP, period=period, bucket=bucket)
    data = [
        RankingItem(
            date=text_of(day),
            model_permaslug=insight.permaslug(model) if model else "other",
            total_tokens=str(tokens),
        )
        for day, model, tokens in found
        if model or tokens
    ]
    return RankingAnswer(data=data, meta=_meta(first, last))


class AppItem(BaseModel):
    """An app's place."""

    app_id: int
    app_name: str
    rank: int
    total_requests: int
    total_tokens: str


class AppQuery(BaseModel):
    """Which apps are wanted."""

    category: Literal["coding", "creative", "productivity", "entertainment"] | None = None
    subcategory: str | None = None
    sort: Literal["popular", "trending"] = "popular"
    start_date: str | None = None
    end_date: str | None = None
    limit: int = Field(default=50, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=100)


class AppAnswer(BaseModel):
    """Answer of `GET /datasets/app-rankings`."""

    data: list[AppItem]
    meta: Meta


@router.get(
    "/datasets/app-rankings",
    summary="The apps that use the most tokens",
    dependencies=[Depends(allow(Permission.DATA_READ))],
)
async def read_apps(request: Request, query: Annotated[AppQuery, Query()]) -> AppAnswer:
    """By all tokens of the span, or (`trending`) by how many more they are than in the span before it."""
    insight: Insight = request.app.state.services.insight
    first, last = _span(query.start_date, query.end_date, 7)
    found = await insight.apps(first, last)
    if query.category is not None:
        found = [each for each in found if set(each.app.categories) & set(GROUPS[query.category])]
    if query.subcategory is not None:
        found = [each for each in found if query.subcategory in each.app.categories]
    if query.sort == "trending":
        found.sort(key=lambda each: each.before - each.figures.tokens)
    return AppAnswer(
        data=[
            AppItem(
                app_id=each.app.id,
                app_name=each.app.title,
                rank=query.offset + place,
                total_requests=each.figures.requests,
                total_tokens=str(each.figures.tokens),
            )
            for place, each in enumerate(found[query.offset : query.offset + query.limit], start=1)
        ],
        meta=_meta(first, last),
    )

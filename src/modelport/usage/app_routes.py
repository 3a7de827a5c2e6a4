"""Use for the web app: rankings, the log of generations with its export, series for charts."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, Principal, allow, public
from modelport.kit import clock
from modelport.kit.money import format_usd, to_number
from modelport.usage.app_schemas import UseLog, UseRankings, UseSeries
from modelport.usage.apps_routes import SPANS, Span, app_row, change
from modelport.usage.data_routes import day_of, text_of
from modelport.usage.log import Filters, read_cursor, write_cursor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from modelport.keys.service import Keys
    from modelport.usage.generation import Generation
    from modelport.usage.insight import Insight
    from modelport.usage.queries import Figures

__all__ = ["router"]

router = APIRouter(prefix="/api/app", tags=["Use"])
_DAY_MS = 86_400_000
_MOST_HOURS, _MOST_DAYS = 31 * 24, 366
_COLUMNS = (
    "id", "created_at", "model", "provider_name", "key_id", "app", "status", "finish_reason", "streamed",
    "prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "cost", "latency_ms", "generation_ms",
    "session_id", "external_user",
)  # fmt: skip


@router.get(
    "/rankings",
    summary="Models and apps by tokens, and who moved",
    dependencies=[Depends(public)],
    response_model=UseRankings,
)
async def read_rankings(
    request: Request, span: Span = "week", limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> dict[str, Any]:
    """Of the last day, week or month, today included; `change` is against the span of the same length before it."""
    insight: Insight = request.app.state.services.insight
    last = clock.day(clock.now_ms())
    first = last - SPANS[span] + 1
    models, apps = await insight.models(first, last), await insight.apps(first, last)
    total = sum(each.figures.tokens for each in models) or 1
    shown = [
        {
            "model": each.model,
            "rank": rank,
            "tokens": each.figures.tokens,
            "requests": each.figures.requests,
            "share": each.figures.tokens / total,
            "change": change(each.figures.tokens, each.before),
        }
        for rank, each in enumerate(models, start=1)
    ]
    movers = sorted(models, key=lambda each: each.before - each.figures.tokens)
    days: dict[int, dict[str, int]] = {}
    for day, model, tokens in await insight.tokens_by_day(first, last, [each.model for each in models[:9]]):
        days.setdefault(day, {})[model or "other"] = tokens
    return {
        "start_date": text_of(first),
        "end_date": text_of(last),
        "models": shown[:limit],
        "movers": [
            {"model": each.model, "gained": each.figures.tokens - each.before, "tokens": each.figures.tokens}
            for each in movers[:limit]
            if each.figures.tokens > each.before
        ],
        "apps": [app_row(each, rank) for rank, each in enumerate(apps[:limit], start=1)],
        "days": [{"date": text_of(day), "tokens": days[day]} for day in sorted(days)],
    }


class LogQuery(BaseModel):
    """What is looked for in the log."""

    since: str | None = Field(default=None, description="First day, `YYYY-MM-DD`.")
    until: str | None = Field(default=None, description="Last day, `YYYY-MM-DD`.")
    model: str | None = None
    provider: str | None = Field(default=None, description="A provider's slug.")
    key: str | None = Field(default=None, description="A key's hash.")
    app: str | None = Field(default=None, description="An app's address.")
    status: Literal["ok", "error", "cancelled"] | None = None
    finish_reason: str | None = None
    session_id: str | None = None


class PageQuery(LogQuery):
    """The same, a page of it."""

    cursor: str | None = Field(default=None, description="From the answer before, for the next page.")
    limit: int = Field(default=50, ge=1, le=200)


async def _filters(request: Request, caller: Principal, query: LogQuery) -> Filters:
    key_id = None
    if query.key is not None:
        keys: Keys = request.app.state.services.keys
        found = [each.id for each in await keys.of_account(caller.account_id) if each.hash == query.key]
        key_id = found[0] if found else ""
    return Filters(
        since=None if query.since is None else day_of(query.since) * _DAY_MS,
        until=None if query.until is None else (day_of(query.until) + 1) * _DAY_MS,
        model=query.model,
        provider=query.provider,
        key_id=key_id,
        app=query.app,
        status=query.status,
        finish_reason=query.finish_reason,
        session_id=query.session_id,
    )


def _row(generation: Generation, names: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(generation, name) for name in _COLUMNS}
    row["cost"] = to_number(generation.cost)
    row["key_name"] = names.get(generation.key_id or "")
    return row


@router.get("/generations", summary="The log of generations, newest first", response_model=UseLog)
async def read_log(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.ACTIVITY_READ))],
    query: Annotated[PageQuery, Query()],
) -> dict[str, Any]:
    """A page of what the filters let through, and the cursor of the next one."""
    insight: Insight = request.app.state.services.insight
    filters = await _filters(request, caller, query)
    page = await insight.log(caller.account_id, filters, read_cursor(query.cursor), query.limit)
    keys: Keys = request.app.state.services.keys
    names = {key.id: key.name for key in await keys.of_account(caller.account_id)}
    return {"data": [_row(each, names) for each in page.generations], "cursor": write_cursor(page.cursor)}


@router.get("/generations.csv", summary="The log of generations as a file", response_class=StreamingResponse)
async def export_log(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.ACTIVITY_READ))],
    query: Annotated[LogQuery, Query()],
) -> StreamingResponse:
    """Everything the filters let through, as it is read."""
    insight: Insight = request.app.state.services.insight
    filters = await _filters(request, caller, query)
    keys: Keys = request.app.state.services.keys
    names = {key.id: _plain(key.name) for key in await keys.of_account(caller.account_id)}

    async def lines() -> AsyncIterator[str]:
        yield _csv([[*_COLUMNS, "key_name"]])
        async for piece in insight.export(caller.account_id, filters):
            yield _csv([[*(_cell(each, name) for name in _COLUMNS), names.get(each.key_id or "")] for each in piece])

    headers = {"content-disposition": 'attachment; filename="generations.csv"'}
    return StreamingResponse(lines(), media_type="text/csv", headers=headers)


def _cell(generation: Generation, name: str) -> object:
    if name == "cost":
        return format_usd(generation.cost)
    if name == "created_at":  # as spreadsheets read a time
        return datetime.fromtimestamp(generation.created_at / 1000, UTC).isoformat(timespec="milliseconds")
    value: object = getattr(generation, name)
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """A spreadsheet takes a text that begins so for a formula."""
    return "'" + text if text[:1] in {"=", "+", "-", "@"} else text


def _csv(rows: Any) -> str:  # anything the writer takes
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


class SeriesQuery(BaseModel):
    """Which figures are wanted."""

    since: str | None = None
    until: str | None = None
    unit: Literal["hour", "day"] = "day"
    by: Literal["model", "provider", "key", "app"] | None = None


@router.get("/usage/series", summary="Use over time, for charts", response_model=UseSeries)
async def read_series(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.ACTIVITY_READ))],
    query: Annotated[SeriesQuery, Query()],
) -> dict[str, Any]:
    """Sums by hour or UTC day, the last 30 days unless told otherwise, and by one dimension."""
    since, until, unit, by = query.since, query.until, query.unit, query.by
    services = request.app.state.services
    insight: Insight = services.insight
    last = clock.day(clock.now_ms()) if until is None else day_of(until)
    first = last - 29 if since is None else day_of(since)
    first = max(first, last - (_MOST_HOURS // 24 if unit == "hour" else _MOST_DAYS) + 1)
    scale = 24 if unit == "hour" else 1
    found = await insight.series(
        caller.account_id,
        unit=unit,
        first=first * scale,
        last=last * scale + scale - 1,
        by="key_id" if by == "key" else by,
    )
    names: dict[str, str] = {}
    if by == "key":
        names = {key.id: key.name for key in await services.keys.of_account(caller.account_id)}
    return {
        "unit": unit,
        "data": [
            {"at": at * _DAY_MS // scale, "group": names.get(group, group), **_shown(figures)}
            for at, group, figures in found
        ],
    }


def _shown(figures: Figures) -> dict[str, Any]:
    return {
        "requests": figures.requests,
        "failed": figures.failed,
        "prompt_tokens": figures.prompt_tokens,
        "completion_tokens": figures.completion_tokens,
        "reasoning_tokens": figures.reasoning_tokens,
        "cached_tokens": figures.cached_tokens,
        "cost": to_number(figures.cost),
        "latency_ms": figures.latency_ms / figures.timed if figures.timed else None,
    }

"""`GET /datasets/session-cost`. Its shape is the reference's."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, allow
from modelport.kit.money import to_number
from modelport.usage.data_routes import text_of
from modelport.usage.session_cost import DAYS, Turns

if TYPE_CHECKING:
    from modelport.usage.insight import Insight

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["Analytics"])


class SessionCost(BaseModel):
    """What a session costs, in the middle of all."""

    app_slug: str = Field(description="From the app's address: stable, and its own.")
    app_name: str
    model_permaslug: str
    turn_range: Turns
    median_session_cost_usd: float


class SessionMeta(BaseModel):
    """When and of which days it is."""

    as_of: str
    version: Literal["v1"] = "v1"
    window_days: int = DAYS
    window_end_date: str


class SessionCostAnswer(BaseModel):
    """Answer of `GET /datasets/session-cost`."""

    data: list[SessionCost]
    meta: SessionMeta


class SessionQuery(BaseModel):
    """Which cells are wanted."""

    app_slug: str | None = None
    model: str | None = None
    turn_range: Turns | None = None
    limit: int = Field(default=100, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=5000)


def slug_of(origin: str) -> str:
    """An app's address as one word: `https://use.example` is `use-example`."""
    return re.sub(r"[^a-z0-9]+", "-", origin.partition("://")[2].lower()).strip("-")


@router.get(
    "/datasets/session-cost",
    summary="What a session costs by app, model and turns",
    dependencies=[Depends(allow(Permission.DATA_READ))],
)
async def read_session_cost(request: Request, query: Annotated[SessionQuery, Query()]) -> SessionCostAnswer:
    """Medians of the last seven whole UTC days, worked out once a day; only where there are enough sessions of enough
    accounts that none can be told from them.
    """
    insight: Insight = request.app.state.services.insight
    found = await insight.session_costs()
    rows = [
        SessionCost(
            app_slug=slug_of(each.origin),
            app_name=each.title,
            model_permaslug=insight.permaslug(each.model),
            turn_range=each.turns,
            median_session_cost_usd=to_number(each.median_cost),
        )
        for each in found.cells
    ]
    wanted = [
        row
        for row in rows
        if query.app_slug in {None, row.app_slug}
        and query.model in {None, row.model_permaslug}
        and query.turn_range in {None, row.turn_range}
    ]
    made = dt.datetime.fromtimestamp(found.made_at / 1000, dt.UTC).isoformat()
    meta = SessionMeta(as_of=made, window_end_date=text_of(found.last_day))
    return SessionCostAnswer(data=wanted[query.offset : query.offset + query.limit], meta=meta)

"""`/api/admin/health`: how every endpoint does that was called of late, and which keys rest, as this process saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, Principal, allow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.admin.services import Services
    from modelport.catalog.snapshot import Endpoint
    from modelport.upstream.health import Health, Record

__all__ = ["router"]

router = APIRouter(prefix="/api/admin/health", tags=["Admin: health"])
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]
Standing = Literal["fine", "degraded", "down", "throttled", "resting"]
_STANDINGS: dict[int, Standing] = {0: "fine", -1: "degraded", -2: "down", -3: "throttled", -5: "resting"}
_MINUTES = 60


class Minute(BaseModel):
    """Attempts of one minute."""

    good: int
    bad: int


class EndpointHealth(BaseModel):
    """One endpoint that was called within a day."""

    id: str
    model: str
    tag: str
    provider: str
    standing: Standing
    uptime_last_5m: float | None = Field(description="Per cent of busy minutes with at least 80 % success.")
    uptime_last_30m: float | None
    uptime_last_1d: float | None
    latency_p50: float | None = Field(description="Milliseconds to the first token, last half hour.")
    latency_p90: float | None
    throughput_p50: float | None = Field(description="Tokens a second, last half hour.")
    throughput_p10: float | None = Field(description="What nine answers in ten were quicker than.")
    faults_in_a_row: int
    on_trial: bool = Field(description="The next request decides whether it is used again.")
    rests_seconds: float = Field(description="0 when it may be called.")
    minutes: list[Minute] = Field(description="The last hour, the newest first; shorter where nothing is known.")


class KeyHealth(BaseModel):
    """A provider's key that rests, because it was refused or is over its limit."""

    provider: str
    key: str = Field(description="Its name.")
    endpoint: str | None = Field(description="The tag of the endpoint it rests for only; null for all of them.")
    model: str | None
    rests_seconds: float


class HealthBoard(BaseModel):
    """Answer of `GET /health`."""

    endpoints: list[EndpointHealth] = Field(description="The worst first.")
    keys: list[KeyHealth]


@router.get("", summary="How endpoints and keys do")
async def read_health(request: Request, _caller: Operator) -> HealthBoard:
    """Of this process: each server learns from the requests it serves itself."""
    services: Services = request.app.state.services
    health = services.health
    snapshot = services.catalog.snapshot
    known = [endpoint for model in snapshot.models.values() for endpoint in model.endpoints]
    shown = [_shown(health, each, record) for each in known if (record := health.records.get(each.id)) is not None]
    shown.sort(key=lambda each: (-_rank(each), each.model, each.tag))
    keys = [
        KeyHealth(provider=slug, key=key.name, endpoint=None, model=None, rests_seconds=round(left, 1))
        for slug, provider in snapshot.providers.items()
        for key in provider.keys
        if (left := health.benched((slug, key.name)))
    ]
    return HealthBoard(endpoints=shown, keys=[*keys, *_benched(health, known)])


def _benched(health: Health, known: list[Endpoint]) -> Iterator[KeyHealth]:
    for endpoint in known:
        for key in endpoint.provider.keys:
            if left := health.benched((endpoint.id, key.name)):
                yield KeyHealth(
                    provider=endpoint.provider.slug,
                    key=key.name,
                    endpoint=endpoint.tag,
                    model=endpoint.model_id,
                    rests_seconds=round(left, 1),
                )


def _shown(health: Health, endpoint: Endpoint, record: Record) -> EndpointHealth:
    now, view = health.now(), health.view(endpoint.id)
    latency, speed = view.latency_last_30m or {}, view.throughput_last_30m or {}
    return EndpointHealth(
        id=endpoint.id,
        model=endpoint.model_id,
        tag=endpoint.tag,
        provider=endpoint.provider.slug,
        standing=_STANDINGS.get(view.status, "down"),
        uptime_last_5m=view.uptime_last_5m,
        uptime_last_30m=view.uptime_last_30m,
        uptime_last_1d=view.uptime_last_1d,
        latency_p50=latency.get("p50"),
        latency_p90=latency.get("p90"),
        throughput_p50=speed.get("p50"),
        throughput_p10=speed.get("p90"),
        faults_in_a_row=record.in_a_row,
        on_trial=record.trial,
        rests_seconds=round(max(record.until - now, 0.0), 1),
        minutes=[Minute(good=good, bad=bad) for good, bad in record.minutes.each(now, _MINUTES)],
    )


def _rank(shown: EndpointHealth) -> int:
    return ("fine", "degraded", "throttled", "resting", "down").index(shown.standing)

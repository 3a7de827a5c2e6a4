"""How models do on this server, for the marketplace pages: use, speed, who serves them and how they handle data.

Everybody may read it; what it adds up is everybody's use, never one account's. Answers are kept for a while, so that
a busy page does not ask the database each time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from modelport.catalog import schemas
from modelport.catalog.errors import ModelNotFound
from modelport.catalog.routes import TheCatalog, endpoints_of, the_catalog
from modelport.keys.access import public
from modelport.kit import clock
from modelport.usage.attribution import link_of
from modelport.usage.data_routes import text_of

if TYPE_CHECKING:
    from modelport.catalog.measured import Measured
    from modelport.catalog.snapshot import Model
    from modelport.usage.insight import Insight
    from modelport.usage.queries import Figures

__all__ = ["router"]

router = APIRouter(prefix="/api/app", tags=["Use"], dependencies=[Depends(public)])
_SPANS = {"week": 7, "month": 30}
_KEPT_SECONDS = 30.0
_MOST_KEPT = 256
_APPS = 10
Span = Literal["week", "month"]


class MarketModel(BaseModel):
    """One model in the list: what its card does not say."""

    model: str
    weekly_tokens: int
    throughput: float | None
    """Tokens a second, the best endpoint's median."""
    latency: float | None
    """Milliseconds to the first token, the best endpoint's median."""
    providers: list[str]
    zdr: bool
    """Whether an endpoint keeps nothing."""
    no_training: bool
    """Whether an endpoint is known neither to keep nor to train on what it is sent."""


class Market(BaseModel):
    """Every model that can be called, and who serves them."""

    models: list[MarketModel]
    providers: dict[str, str]
    """Names by slug."""


class MarketPolicy(BaseModel):
    """How an endpoint handles what it is sent; None where that is not known."""

    tag: str
    provider: str
    training: bool | None
    retains_prompts: bool | None
    retention_days: int | None
    zdr: bool


class MarketDay(BaseModel):
    """Use on one UTC day."""

    date: str
    requests: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    latency: float | None
    throughput: float | None


class MarketProvider(BaseModel):
    """One provider's share of that."""

    slug: str
    name: str
    days: list[MarketDay]


class MarketApp(BaseModel):
    """An app that uses the model."""

    id: int
    title: str
    url: str | None
    tokens: int


class ModelMarket(BaseModel):
    """One model over time: its use, its providers, the apps that use it."""

    weekly_tokens: int
    policies: list[MarketPolicy]
    days: list[MarketDay]
    providers: list[MarketProvider]
    apps: list[MarketApp]


_kept: dict[tuple[int, str, str], tuple[float, ModelMarket]] = {}


@router.get("/market", summary="How the models do: use, speed, providers, data policy")
async def read_market(catalog: TheCatalog) -> Market:
    """Of every model that can be called now."""
    measured = catalog.measured
    models = [_model(shown.model, measured, name) for name, shown in catalog.snapshot.shown.items()]
    return Market(models=models, providers={each.slug: each.name for each in catalog.snapshot.providers.values()})


def _model(model: Model, measured: Measured, name: str) -> MarketModel:
    latency = measured.latency(model)
    return MarketModel(
        model=name,
        weekly_tokens=int(measured.popularity.get(model.id, 0)),
        throughput=measured.throughput(model) or None,
        latency=None if latency == float("inf") else latency,
        providers=list(dict.fromkeys(each.provider.slug for each in model.endpoints)),
        zdr=any(each.data_policy.is_zdr for each in model.endpoints),
        no_training=any(not each.data_policy.collects for each in model.endpoints),
    )


@router.get("/models/{author}/{slug}/market", summary="One model's use, providers and apps over time")
async def read_model_market(author: str, slug: str, request: Request, span: Span = "month") -> ModelMarket:
    """The last week or month, today included; days without use are there with zeros."""
    catalog = the_catalog(request)
    model = catalog.snapshot.find(f"{author}/{slug}")
    if model is None:
        raise ModelNotFound(f"No model that can be called now is {author + '/' + slug!r}.")
    key = (id(catalog), model.id, span)
    found = _kept.get(key)
    if found is None or found[0] < time.monotonic():
        found = (time.monotonic() + _KEPT_SECONDS, await _read(request.app.state.services.insight, model, span))
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found[1]


@router.get("/models/{author}/{slug}/endpoints", response_model=schemas.ListEndpointsResponse)
async def read_model_endpoints(author: str, slug: str, catalog: TheCatalog) -> Response:
    """Who serves a model, and how quick they are: the pages tell that to everybody, the API to those it knows."""
    body = await endpoints_of(catalog, f"{author}/{slug}", catalog.measured)
    return Response(body, media_type="application/json")


async def _read(insight: Insight, model: Model, span: Span) -> ModelMarket:
    last = clock.day(clock.now_ms())
    first = last - _SPANS[span] + 1
    rows = await insight.series(None, unit="day", first=first, last=last, by="provider", wanted={"model": [model.id]})
    by_provider: dict[str, dict[int, Figures]] = {}
    for day, slug, figures in rows:
        if slug:
            by_provider.setdefault(slug, {})[day] = figures
    total: dict[int, Figures] = {}
    for day, _, figures in rows:
        total[day] = figures if day not in total else _sum(total[day], figures)
    names = {each.provider.slug: each.provider.name for each in model.endpoints}
    days = range(first, last + 1)
    apps = await insight.apps(last - 6, last, model.id)
    return ModelMarket(
        weekly_tokens=sum(figures.tokens for day, figures in total.items() if day > last - 7),
        policies=[
            MarketPolicy(
                tag=each.tag,
                provider=each.provider.slug,
                training=each.data_policy.training,
                retains_prompts=each.data_policy.retains_prompts,
                retention_days=each.data_policy.retention_days,
                zdr=each.data_policy.is_zdr,
            )
            for each in model.endpoints
        ],
        days=[_day(day, total.get(day)) for day in days],
        providers=[
            MarketProvider(slug=slug, name=names.get(slug, slug), days=[_day(day, of.get(day)) for day in days])
            for slug, of in sorted(by_provider.items())
        ],
        apps=[
            MarketApp(id=each.app.id, title=each.app.title, url=link_of(each.app.origin), tokens=each.figures.tokens)
            for each in apps[:_APPS]
        ],
    )


def _sum(one: Figures, other: Figures) -> Figures:
    return type(one)(*(mine + theirs for mine, theirs in zip(one, other, strict=True)))


def _day(day: int, figures: Figures | None) -> MarketDay:
    values: dict[str, Any] = {"requests": 0, "failed": 0, "prompt_tokens": 0, "completion_tokens": 0}
    if figures is not None:
        values = {name: getattr(figures, name) for name in values}
    return MarketDay(
        date=text_of(day),
        **values,
        reasoning_tokens=0 if figures is None else figures.reasoning_tokens,
        latency=None if figures is None or not figures.timed else figures.latency_ms / figures.timed,
        throughput=None
        if figures is None or not figures.generation_ms
        else figures.completion_tokens * 1000 / figures.generation_ms,
    )

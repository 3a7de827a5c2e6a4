"""What the web app is answered about use: the log, series for charts, rankings. Amounts in USD."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

__all__ = [
    "UseApp",
    "UseAppPage",
    "UseApps",
    "UseLog",
    "UseMover",
    "UsePoint",
    "UseRanked",
    "UseRankings",
    "UseRow",
    "UseSeries",
]


class UseRow(BaseModel):
    """One generation in the log."""

    id: str
    created_at: int
    """Milliseconds since 1970."""
    model: str
    provider_name: str | None
    key_id: str | None
    key_name: str | None
    """None when the key is gone, or was the browser's session."""
    app: str | None
    status: str
    finish_reason: str | None
    streamed: bool
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost: float
    latency_ms: int | None
    generation_ms: int | None
    session_id: str | None
    external_user: str | None


class UseLog(BaseModel):
    """A page of the log, and the cursor of the next one."""

    data: list[UseRow]
    cursor: str | None


class UsePoint(BaseModel):
    """Sums of one hour or day, and of one group where one was asked for."""

    at: int
    """Milliseconds since 1970."""
    group: str
    requests: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost: float
    latency_ms: float | None


class UseSeries(BaseModel):
    """Use over time."""

    unit: Literal["hour", "day"]
    data: list[UsePoint]


class UseRanked(BaseModel):
    """A model's place."""

    model: str
    rank: int
    tokens: int
    requests: int
    share: float
    change: float | None
    """How much more than in the span before, as a part of it; None for what is new."""


class UseMover(BaseModel):
    """A model that won most."""

    model: str
    gained: int
    tokens: int


class UseApp(BaseModel):
    """An app's place."""

    id: int
    title: str
    url: str | None
    """None for what runs on one's own machine."""
    categories: list[str]
    rank: int
    """Among all apps, by tokens."""
    tokens: int
    requests: int
    change: float | None


class UseDay(BaseModel):
    """Tokens by model on one UTC day; `other` stands for all beyond the first few."""

    date: str
    tokens: dict[str, int]


class UseRankings(BaseModel):
    """Models and apps by tokens, who moved, and the days the sums are of."""

    start_date: str
    end_date: str
    models: list[UseRanked]
    movers: list[UseMover]
    apps: list[UseApp]
    days: list[UseDay]


class UseOfModel(BaseModel):
    """What an app used of one model."""

    model: str
    tokens: int
    requests: int
    share: float


class UseAppPage(BaseModel):
    """One app over some days: its place, the models it uses, and every day's tokens by model."""

    id: int
    title: str
    url: str | None
    categories: list[str]
    created_at: int
    """When it was first seen, in milliseconds since 1970."""
    start_date: str
    end_date: str
    rank: int | None
    """None where nothing was used."""
    tokens: int
    requests: int
    change: float | None
    models: list[UseOfModel]
    days: list[UseDay]


class UseCategory(BaseModel):
    """How many apps are of a category."""

    category: str
    group: str
    apps: int


class UseApps(BaseModel):
    """A page of the apps that a filter lets through, and the categories there are."""

    start_date: str
    end_date: str
    total: int
    data: list[UseApp]
    categories: list[UseCategory]

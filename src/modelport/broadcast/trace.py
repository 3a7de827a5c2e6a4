"""One answer's trace: what every kind of destination is told, before it has the form of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from modelport.usage.generation import Generation

__all__ = ["Content", "Source", "Trace", "made_of"]


class Source(msgspec.Struct, frozen=True):
    """Who asked."""

    account_id: str
    workspace_id: str
    user_id: str
    key_hash: str
    key_name: str


class Content(msgspec.Struct, frozen=True):
    """What was asked and answered, cut to what is worth sending."""

    input: str
    output: str


class Trace(msgspec.Struct, kw_only=True, frozen=True):
    """Times are milliseconds since 1970, amounts nano-dollars."""

    id: str
    source: Source
    model: str
    started_at: int
    ended_at: int
    first_at: int | None
    provider: str | None = None
    endpoint: str | None = None
    upstream_id: str | None = None
    status: str = "ok"
    error_type: str | None = None
    finish_reason: str | None = None
    streamed: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost: int = 0
    byok_cost: int | None = None
    is_free: bool = False
    session_id: str | None = None
    external_user: str | None = None
    referer: str | None = None
    title: str | None = None
    user_agent: str | None = None
    app: str | None = None
    cached_from: str | None = None
    """The generation whose answer was kept and is given again here."""
    content: Content | None = None

    @property
    def group(self) -> str:
        """What is sampled as one: a session, or the answer alone."""
        return self.session_id or self.id


def made_of(generation: Generation, source: Source, content: Content | None) -> Trace:
    """The trace of a settled generation."""
    first = None if generation.latency_ms is None else generation.created_at + generation.latency_ms
    return Trace(
        id=generation.id,
        source=source,
        model=generation.model,
        started_at=generation.created_at,
        ended_at=(first or generation.created_at) + (generation.generation_ms or 0),
        first_at=first,
        provider=generation.provider_name,
        endpoint=generation.provider,
        upstream_id=generation.upstream_id,
        status=generation.status,
        error_type=generation.error_type,
        finish_reason=generation.finish_reason,
        streamed=generation.streamed,
        prompt_tokens=generation.prompt_tokens,
        completion_tokens=generation.completion_tokens,
        reasoning_tokens=generation.reasoning_tokens,
        cached_tokens=generation.cached_tokens,
        cost=generation.cost,
        byok_cost=generation.byok_cost,
        is_free=generation.is_free,
        session_id=generation.session_id,
        external_user=generation.external_user,
        referer=generation.http_referer,
        title=generation.app_title,
        user_agent=generation.user_agent,
        app=generation.app,
        content=content,
    )

"""`GET /generation`: one generation, readable as soon as its caller has seen its end. Shapes are the reference's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, Principal, allow
from modelport.kit.clock import UTC
from modelport.kit.money import nanos, to_number

if TYPE_CHECKING:
    from modelport.dialects.canonical import Usage as Used
    from modelport.usage.generation import Generation
    from modelport.usage.service import Usage

    class Prices(Protocol):
        """What is asked of the prices of then."""

        async def cache_discount(
            self, version: int | None, factor: str | None, used: Used, created_at: int
        ) -> int | None: ...

    class Services(Protocol):
        """The part of the process's services that is used here."""

        usage: Usage
        prices: Prices


__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["Generations"])
_API_TYPES = {"embeddings": "embeddings", "rerank": "rerank"}


class GenerationData(BaseModel):
    """A generation; amounts in USD, times in milliseconds, tokens in the provider's own count."""

    id: str
    api_type: str = "completions"
    app_id: int | None = None
    cache_discount: float | None = None
    cancelled: bool
    created_at: str
    data_region: str = "global"
    external_user: str | None
    finish_reason: str | None
    generation_time: int | None
    http_referer: str | None
    is_byok: bool = Field(description="Whether the account's own provider key was used, who pays its provider.")
    latency: int | None
    model: str
    moderation_latency: int | None = None
    native_finish_reason: str | None
    native_tokens_cached: int
    native_tokens_completion: int
    native_tokens_completion_images: int
    native_tokens_prompt: int
    native_tokens_reasoning: int
    num_fetches: int | None = None
    num_input_audio_prompt: int | None = None
    num_media_completion: int | None = None
    num_media_prompt: int | None
    num_search_results: int | None
    origin: str
    preset_id: str | None = None
    provider_name: str | None
    provider_responses: list[dict[str, Any]]
    request_id: str
    response_cache_source_id: str | None
    router: str | None = None
    service_tier: str | None = None
    session_id: str | None
    streamed: bool
    tokens_completion: int
    tokens_prompt: int
    total_cost: float
    upstream_id: str | None
    upstream_inference_cost: float | None
    usage: float
    user_agent: str | None
    web_search_engine: str | None = None
    workspace_id: str | None = None
    tokens_estimated: bool = Field(description="The provider told no usage; tokens were counted here.")
    trace: dict[str, Any] = Field(description="How the request was routed: the plan and every attempt.")


class GenerationAnswer(BaseModel):
    """Answer of `GET /generation`."""

    data: GenerationData


@router.get("/generation", summary="One generation of the caller's account")
async def read_generation(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.GENERATIONS_READ))],
    generation_id: Annotated[str, Query(alias="id", min_length=1, max_length=200)],
) -> GenerationAnswer:
    """What it took, what it cost, who answered and how it was routed."""
    services: Services = request.app.state.services
    found = await services.usage.generation(generation_id, caller.account_id)
    saved = await services.prices.cache_discount(found.price_version, found.price_factor, found.used, found.created_at)
    return GenerationAnswer(data=_shown(found, saved))


def _shown(generation: Generation, saved: int | None) -> GenerationData:
    trace: dict[str, Any] = msgspec.json.decode(generation.trace)
    asked: dict[str, str] = trace.get("request", {})
    return GenerationData(
        id=generation.id,
        api_type=_API_TYPES.get(asked.get("operation", ""), "completions"),
        cache_discount=None if saved is None else to_number(nanos(saved)),
        num_input_audio_prompt=generation.prompt_audio_tokens or None,
        preset_id=asked.get("preset_id"),
        request_id=generation.id,
        response_cache_source_id=trace.get("cache", {}).get("source_id"),
        router=asked.get("router"),
        web_search_engine=asked.get("web_search"),
        workspace_id=asked.get("workspace_id"),
        cancelled=generation.cancelled,
        created_at=datetime.fromtimestamp(generation.created_at / 1000, UTC).isoformat(),
        external_user=generation.external_user,
        finish_reason=generation.finish_reason,
        generation_time=generation.generation_ms,
        http_referer=generation.http_referer,
        is_byok=generation.byok_cost is not None,
        latency=generation.latency_ms,
        model=generation.model,
        native_finish_reason=generation.native_finish_reason,
        native_tokens_cached=generation.cached_tokens,
        native_tokens_completion=generation.completion_tokens,
        native_tokens_completion_images=generation.completion_image_tokens,
        native_tokens_prompt=generation.prompt_tokens,
        native_tokens_reasoning=generation.reasoning_tokens,
        num_media_prompt=generation.prompt_images or None,
        num_search_results=generation.web_searches or None,
        origin=generation.http_referer or "",
        provider_name=generation.provider_name,
        provider_responses=[
            {
                "id": generation.upstream_id if number == len(generation.attempts) else None,
                "endpoint_id": each.endpoint_id,
                "is_byok": False,
                "latency": each.milliseconds,
                "model_permaslug": each.model,
                "provider_name": each.provider,
                "status": each.status or None,
            }
            for number, each in enumerate(generation.attempts, 1)
        ],
        session_id=generation.session_id,
        streamed=generation.streamed,
        tokens_completion=generation.completion_tokens,
        tokens_prompt=generation.prompt_tokens,
        total_cost=to_number(generation.cost),
        upstream_id=generation.upstream_id,
        upstream_inference_cost=_number(
            generation.upstream_cost if generation.byok_cost is None else generation.byok_cost
        ),
        usage=to_number(generation.cost),
        user_agent=generation.user_agent,
        tokens_estimated=generation.estimated,
        trace=trace,
    )


def _number(amount: int | None) -> float | None:
    return None if amount is None else to_number(amount)

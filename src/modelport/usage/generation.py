"""The record of one generation, as the chat path makes it and the API shows it."""

from __future__ import annotations

from typing import Final

import msgspec

from modelport.dialects.canonical import Usage

__all__ = ["PROBE", "Attempt", "Generation"]

PROBE: Final = "probe"
"""The status of what this server asked itself, to see whether an endpoint is well: nobody's use."""


class Attempt(msgspec.Struct):
    """One call of an endpoint, under the generation it was made for."""

    endpoint: str
    """Its tag."""
    provider: str
    model: str
    status: int
    """What the provider answered; 0 when it did not."""
    fault: str | None = None
    milliseconds: int = 0
    key: str | None = None
    """Which of several keys was shown, by its name."""
    started_ms: int = 0
    """When it began, counted from the first attempt's beginning."""
    upstream_cost: int | None = None
    """What the provider charges for a failed attempt, in nano-dollars, where it told its usage."""
    endpoint_id: str | None = None


class Generation(msgspec.Struct, kw_only=True):
    """One request that was planned: who asked, who answered, what it took and cost.

    Amounts are nano-dollars, times milliseconds; token counts are the provider's own.
    """

    id: str
    created_at: int
    account_id: str
    key_id: str
    model: str
    provider: str | None = None
    """The provider's slug."""
    provider_name: str | None = None
    endpoint_id: str | None = None
    upstream_id: str | None = None
    """The provider's id for its answer."""
    status: str = "ok"
    """`ok`, `error` or `cancelled` (the client left)."""
    error_type: str | None = None
    streamed: bool = False
    cancelled: bool = False
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    prompt_audio_tokens: int = 0
    prompt_image_tokens: int = 0
    completion_audio_tokens: int = 0
    cached_audio_tokens: int = 0
    completion_image_tokens: int = 0
    prompt_images: int = 0
    web_searches: int = 0
    search_units: int = 0
    estimated: bool = False
    cost: int = 0
    """What the account was charged."""
    upstream_cost: int | None = None
    """What the provider that answered charges the operator; None where that isn't known."""
    byok_cost: int | None = None
    """The price of what came by the account's own provider key, who pays its provider; None for what did not."""
    wasted_cost: int = 0
    """What the operator pays beside the answer: for attempts that failed, and for searches of their own service."""
    shortfall: int = 0
    """What the answer cost above what the account could pay."""
    price_version: int | None = None
    """The row of the endpoint's prices that it was charged by, so that it can be explained for ever."""
    price_factor: str | None = None
    """What those prices were multiplied by, as a fraction such as `21/20`; None for 1."""
    price_rules: str | None = None
    """Ids of the rules that made the factor."""
    is_free: bool = False
    latency_ms: int | None = None
    """From the request's arrival to the first event of the answer."""
    generation_ms: int | None = None
    """From the first event to the last."""
    http_referer: str | None = None
    app_title: str | None = None
    app: str | None = None
    """The app's identity: the origin of its `HTTP-Referer`, normalised."""
    app_categories: str | None = None
    """What the app says it is, with commas between; known words only."""
    user_agent: str | None = None
    session_id: str | None = None
    external_user: str | None = None
    trace: str = "{}"
    """JSON: how it was routed. The attempts are rows of their own, and are in it when it is read back."""
    attempts: list[Attempt] = msgspec.field(default_factory=list[Attempt])
    """Every call of an endpoint that was made for it, in order."""

    def took(self, usage: Usage) -> None:
        """Notes what the answer took."""
        self.prompt_tokens = usage.prompt_tokens
        self.completion_tokens = usage.completion_tokens
        self.cached_tokens = usage.cached_tokens
        self.cache_write_tokens = usage.cache_write_tokens
        self.cache_write_1h_tokens = usage.cache_write_1h_tokens
        self.prompt_audio_tokens = usage.prompt_audio_tokens
        self.prompt_image_tokens = usage.prompt_image_tokens
        self.completion_audio_tokens = usage.completion_audio_tokens
        self.cached_audio_tokens = usage.cached_audio_tokens
        self.reasoning_tokens = usage.reasoning_tokens
        self.completion_image_tokens = usage.completion_image_tokens
        self.prompt_images = usage.images
        self.web_searches = usage.web_searches
        self.search_units = usage.search_units
        self.estimated = usage.estimated

    @property
    def used(self) -> Usage:
        """What the answer took, as it was noted."""
        return Usage(
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cached_tokens=self.cached_tokens,
            cache_write_tokens=self.cache_write_tokens,
            cache_write_1h_tokens=self.cache_write_1h_tokens,
            reasoning_tokens=self.reasoning_tokens,
            prompt_audio_tokens=self.prompt_audio_tokens,
            completion_audio_tokens=self.completion_audio_tokens,
            cached_audio_tokens=self.cached_audio_tokens,
            prompt_image_tokens=self.prompt_image_tokens,
            completion_image_tokens=self.completion_image_tokens,
            images=self.prompt_images,
            web_searches=self.web_searches,
            search_units=self.search_units,
        )

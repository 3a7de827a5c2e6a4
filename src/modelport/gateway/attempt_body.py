"""What a provider is sent: the request in its dialect, with what its row adds and what its caller has for it alone.

What decides who answers, what is read and at what price is the request's own to say, for that is what was planned,
screened and held for; nothing added here may change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw

from modelport.errors import BadRequest
from modelport.gateway.authorize import with_added

if TYPE_CHECKING:
    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.canonical import Target
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Door

__all__ = ["body_of"]

_FIELDS: Final = msgspec.json.Decoder(dict[str, Raw])
_TIERED: Final = frozenset({"openai_chat", "openai_responses"})
"""Dialects whose tiers each have a price of their own by the token."""
_PLAIN_TIERS: Final = frozenset({b"null", b'"auto"', b'"default"'})
_DECIDED: Final = frozenset({
    "background", "best_of", "candidateCount", "contents", "conversation", "documents", "functions", "generationConfig",
    "generation_config", "inferenceConfig", "inference_geo", "input", "inputs", "instructions", "max_completion_tokens",
    "max_output_tokens", "max_tokens", "messages", "model", "models", "n", "plugins", "prediction",
    "previous_response_id", "prompt", "query", "serviceTier", "service_tier", "speed", "store", "stream",
    "stream_options", "system", "systemInstruction", "system_instruction", "texts", "toolConfig", "tools",
    "web_search_options",
})  # fmt: skip
"""Fields that a caller may not set for one provider behind the back of the plan, the guardrails and the hold."""


def body_of(endpoint: Endpoint, target: Target, asked: Asked, door: Door) -> bytes:
    """The body for an endpoint. Raises `BadRequest` for what can't be said to it, or may not."""
    provider = endpoint.provider
    body = door.body(asked, endpoint.dialect, target)
    if adds := provider.wire(endpoint.dialect).adds:
        body = with_added(body, adds)
    if endpoint.dialect in _TIERED and (endpoint.service_tier is not None or asked.peek.service_tier is not None):
        body = _in_tier(body, endpoint.service_tier)
    preferences = asked.peek.provider
    if preferences is not None and preferences.options and (own := preferences.options.get(provider.slug)):
        if taken := sorted(_DECIDED & own.keys()):
            raise BadRequest(
                f"Invalid request: `provider.options.{provider.slug}` may not hold `{taken[0]}`: give it in the "
                "request itself, for whoever answers."
            )
        body = msgspec.json.encode(_FIELDS.decode(body) | own)
    return body


def _in_tier(body: bytes, tier: str | None) -> bytes:
    """The body with the endpoint's service tier: what it is charged as, whatever was asked for."""
    fields = _FIELDS.decode(body)
    if tier is not None:
        fields["service_tier"] = Raw(msgspec.json.encode(tier))
    elif bytes(fields.get("service_tier", b"null")) not in _PLAIN_TIERS:
        del fields["service_tier"]
    return msgspec.json.encode(fields)

"""What an answer took, in both directions.

Here the prompt leaves out what server-side tools put into it and the candidates leave out thoughts, and both are
billed: recorded totals are the sum of the four. Prompt tokens include those from the cache. Details come by modality.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Raw, Struct

from modelport.dialects.canonical import Usage
from modelport.kit.forgiving import Forgiving
from modelport.kit.money import to_number
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged

__all__ = ["UpstreamUsage", "cost_fields", "read_usage", "to_usage", "write_usage"]


class _Modality(Struct, rename="camel"):
    modality: str | int | None = None
    token_count: int | None = None


class UpstreamUsage(Struct, rename="camel"):
    """`usageMetadata` as providers report it, anew with every chunk."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[_Modality] | None = None
    cache_tokens_details: list[_Modality] | None = None
    candidates_tokens_details: list[_Modality] | None = None
    tool_use_prompt_tokens_details: list[_Modality] | None = None


_USAGE = Forgiving(UpstreamUsage | None)
_NUMBERED = {2: "IMAGE", 4: "AUDIO"}
"""Vertex AI's client for Python writes enumerations as numbers."""


def read_usage(raw: Raw | bytes) -> Usage | None:
    """A provider's `usageMetadata` in the house's meaning; None where it is null or no usage at all."""
    try:
        return to_usage(_USAGE.decode(raw))
    except FAULTS:
        return None


def to_usage(told: UpstreamUsage | None, searches: int = 0) -> Usage | None:
    """`usageMetadata` in the house's meaning; `searches` of the web are counted elsewhere."""
    if told is None or (told.prompt_token_count is None and told.candidates_token_count is None):
        return None
    prompt = _count(told.prompt_token_count) + _count(told.tool_use_prompt_token_count)
    thoughts = _count(told.thoughts_token_count)
    inside = [*(told.prompt_tokens_details or ()), *(told.tool_use_prompt_tokens_details or ())]
    outside = told.candidates_tokens_details or []
    audio = _of("AUDIO", inside)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=_count(told.candidates_token_count) + thoughts,
        cached_tokens=min(_count(told.cached_content_token_count), prompt),
        reasoning_tokens=thoughts,
        prompt_audio_tokens=audio,
        completion_audio_tokens=_of("AUDIO", outside),
        prompt_image_tokens=_of("IMAGE", inside),
        completion_image_tokens=_of("IMAGE", outside),
        cached_audio_tokens=min(_of("AUDIO", told.cache_tokens_details or []), audio),
        web_searches=searches,
    )


def _count(count: int | None) -> int:
    return max(count or 0, 0)


def _of(name: str, details: list[_Modality]) -> int:
    return sum(
        _count(each.token_count)
        for each in details
        if (_NUMBERED.get(each.modality) if isinstance(each.modality, int) else each.modality) == name
    )


def write_usage(charged: Charged) -> dict[str, object]:
    """`usageMetadata` with its cost in USD."""
    usage = charged.usage
    written: dict[str, object] = {
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": max(usage.completion_tokens - usage.reasoning_tokens, 0),
        "totalTokenCount": usage.total_tokens,
        "promptTokensDetails": _details(usage.prompt_tokens, usage.prompt_audio_tokens, usage.prompt_image_tokens),
    }
    if usage.cached_tokens:
        written["cachedContentTokenCount"] = usage.cached_tokens
        if usage.cached_audio_tokens:
            written["cacheTokensDetails"] = _details(usage.cached_tokens, usage.cached_audio_tokens, 0)
    if usage.reasoning_tokens:
        written["thoughtsTokenCount"] = usage.reasoning_tokens
    said = max(usage.completion_tokens - usage.reasoning_tokens, 0)
    written["candidatesTokensDetails"] = _details(said, usage.completion_audio_tokens, usage.completion_image_tokens)
    return written | cost_fields(charged)


def cost_fields(charged: Charged) -> dict[str, object]:
    """The reference's words for money, in this dialect's spelling; the official SDK passes over them."""
    return {
        "cost": to_number(charged.cost),
        "isByok": False,
        "costDetails": {
            "upstreamInferenceCost": None,  # a figure here makes some clients add it to `cost`
            "upstreamInferencePromptCost": to_number(charged.prompt_cost),
            "upstreamInferenceCompletionsCost": to_number(charged.completion_cost),
        },
    }


def _details(total: int, audio: int, image: int) -> list[dict[str, object]]:
    counts = {"TEXT": max(total - audio - image, 0), "AUDIO": audio, "IMAGE": image}
    return [{"modality": name, "tokenCount": count} for name, count in counts.items() if count]

"""What every shape of usage that providers were ever heard to report costs, with a price for every component.

The golden table has a row for each set of components; every recorded answer must have its row there, and its cost is
worked out a second time from the provider's own words, by the rules of its documentation and nothing of ours.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from replaying import Exchange, Failed, exchanges, heard

from modelport.catalog.document import PricingEntry
from modelport.catalog.pricing import breakdown, cost
from modelport.catalog.rows import pricing_from_json, pricing_to_json
from modelport.dialects.canonical import Usage, fold

NOON = datetime(2026, 10, 7, 12, 0, tzinfo=UTC)
PRICES = {
    "prompt": "0.0000031",
    "completion": "0.0000157",
    "request": "0.00011",
    "image": "0.00217",
    "audio": "0.0000412",
    "audio_output": "0.0000831",
    "image_token": "0.0000053",
    "image_output": "0.0000307",
    "internal_reasoning": "0.0000179",
    "input_cache_read": "0.00000031",
    "input_audio_cache": "0.00000073",
    "input_cache_write": "0.00000389",
    "input_cache_write_1h": "0.00000619",
    "web_search": "0.0101",
    "discount": "0.07",
}
"""A price for every component, no two alike; 7 % off all of them."""
PRICING = pricing_from_json(pricing_to_json(PricingEntry.model_validate(PRICES)))
KEPT = Fraction(93, 100)

COUNTS = {
    "prompt_tokens": 1009,
    "completion_tokens": 503,
    "cached_tokens": 211,
    "cache_write_tokens": 307,
    "cache_write_1h_tokens": 101,
    "reasoning_tokens": 97,
    "prompt_audio_tokens": 53,
    "completion_audio_tokens": 43,
    "prompt_image_tokens": 71,
    "completion_image_tokens": 61,
    "cached_audio_tokens": 29,
    "images": 2,
    "web_searches": 3,
}
SHORT = {
    "p": "prompt_tokens",
    "c": "completion_tokens",
    "cached": "cached_tokens",
    "written": "cache_write_tokens",
    "hour": "cache_write_1h_tokens",
    "reasoned": "reasoning_tokens",
    "heard": "prompt_audio_tokens",
    "spoken": "completion_audio_tokens",
    "seen": "prompt_image_tokens",
    "drawn": "completion_image_tokens",
    "reheard": "cached_audio_tokens",
    "pictured": "images",
    "searched": "web_searches",
}

GOLDEN: dict[str, int] = {
    "": 102_300,
    "c": 7_446_603,
    "p": 3_011_247,
    "p c": 10_355_550,
    "p c cached": 9_808_068,
    "p c drawn": 11_206_500,
    "p c heard": 12_233_499,
    "p c pictured": 14_391_750,
    "p c reasoned": 10_554_012,
    "p c searched": 38_534_550,
    "p c seen": 10_500_816,
    "p c spoken": 13_050_876,
    "p c written": 10_581_103,
    "p c cached heard": 11_686_017,
    "p c cached reasoned": 10_006_530,
    "p c cached seen": 9_953_334,
    "p c cached written": 10_033_621,
    "p c reasoned drawn": 11_404_962,
    "p c reasoned heard": 12_431_961,
    "p c reasoned searched": 38_733_012,
    "p c reasoned seen": 10_699_278,
    "p c written hour": 10_797_142,
    "p c written reasoned": 10_779_565,
    "p c written searched": 38_760_103,
    "p c cached reasoned heard": 11_884_479,
    "p c cached heard reheard": 10_669_788,
    "p c cached reasoned heard reheard": 10_868_250,
    "p c cached reasoned searched": 38_185_530,
    "p c cached reasoned seen": 10_151_796,
    "p c cached written reasoned": 10_232_083,
    "p c cached written searched": 38_212_621,
    "p c reasoned drawn searched": 39_583_962,
    "p c written hour reasoned": 10_995_604,
    "p c cached written hour reasoned heard spoken seen drawn pictured searched": 48_232_813,
}
"""Components by their short names, and what the counts above cost in nano-dollars."""


def shape(usage: Usage) -> str:
    """The components that `usage` has, in short."""
    return " ".join(short for short, name in SHORT.items() if getattr(usage, name))


@pytest.mark.parametrize(("components", "nanos"), GOLDEN.items())
def test_the_golden_table(components: str, nanos: int) -> None:
    counts: dict[str, Any] = {SHORT[short]: COUNTS[SHORT[short]] for short in components.split()}
    usage = Usage(**counts)
    assert shape(usage) == components
    assert cost(usage, PRICING, NOON) == nanos
    assert sum(line.amount for line in breakdown(usage, PRICING, NOON)) == nanos


class Told(NamedTuple):
    """What a provider's own words say was used, by component, each token in one of them."""

    prompt: int = 0
    cached: int = 0
    written: int = 0
    hour: int = 0
    heard: int = 0
    seen: int = 0
    completion: int = 0
    reasoned: int = 0
    spoken: int = 0
    drawn: int = 0
    reheard: int = 0
    searched: int = 0


def due(told: Told) -> int:
    """The bill in nano-dollars, by fractions, rounded half to even once."""
    names = ("prompt", "input_cache_read", "input_cache_write", "input_cache_write_1h", "audio", "image_token",
             "completion", "internal_reasoning", "audio_output", "image_output", "input_audio_cache",
             "web_search")  # fmt: skip
    total = Fraction(PRICES["request"]) + sum(
        Fraction(PRICES[name]) * count for name, count in zip(names, told, strict=True)
    )
    return round(total * KEPT * 10**9)


def last_usage(exchange: Exchange) -> dict[str, Any] | None:
    """The usage that a recorded body reports last, wherever it stands."""
    if exchange.dialect == "anthropic_messages" and exchange.stream:
        return None  # told in two pieces
    found = None
    texts = [exchange.body.decode(errors="replace")]
    if exchange.stream:
        texts = [line[5:] for line in texts[0].splitlines() if line.startswith("data:")]
    for text in texts:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        for one in value if isinstance(value, list) else [value]:
            inner = one.get("response", one) if isinstance(one, dict) else {}
            found = (inner or {}).get("usage") or (inner or {}).get("usageMetadata") or found
    return found


def chat(usage: dict[str, Any]) -> Told | None:
    """OpenAI: details are parts of the two totals (platform.openai.com, chat object, read 2026-11)."""
    into, out = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    if usage.keys() & {"num_cached_tokens", "prompt_cache_hit_tokens", "cached_tokens", "num_search_queries"}:
        return None  # other places for the same, which have tests of their own
    return _split(
        usage.get("prompt_tokens") or 0,
        usage.get("completion_tokens") or 0,
        cached=into.get("cached_tokens") or 0,
        written=into.get("cache_write_tokens") or 0,
        heard=into.get("audio_tokens") or 0,
        seen=into.get("image_tokens") or 0,
        reasoned=out.get("reasoning_tokens") or 0,
        spoken=out.get("audio_tokens") or 0,
        drawn=out.get("image_tokens") or 0,
    )


def messages(usage: dict[str, Any]) -> Told | None:
    """Anthropic: cache reads and writes stand beside `input_tokens` (docs.claude.com, prompt caching, read 2026-11)."""
    if usage.get("iterations"):
        return None  # several models in one answer
    made = usage.get("cache_creation") or {}
    read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    hour = made.get("ephemeral_1h_input_tokens") or 0
    thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    out = usage.get("output_tokens") or 0
    return Told(
        usage.get("input_tokens") or 0,
        read,
        written - hour,
        hour,
        completion=out - thought,
        reasoned=thought,
        searched=(usage.get("server_tool_use") or {}).get("web_search_requests") or 0,
    )


def gemini(usage: dict[str, Any]) -> Told | None:
    """Google: thoughts stand beside the candidates' tokens (ai.google.dev, UsageMetadata, read 2026-11)."""
    details = [*(usage.get("promptTokensDetails") or ()), *(usage.get("candidatesTokensDetails") or ())]
    numbered = any(not isinstance(each["modality"], str) for each in details)
    again = {each["modality"]: each.get("tokenCount", 0) for each in usage.get("cacheTokensDetails") or ()}
    cached = usage.get("cachedContentTokenCount") or 0
    if numbered or usage.get("toolUsePromptTokenCount") or cached != again.get("TEXT", 0) + again.get("AUDIO", 0):
        return None
    by = {each["modality"]: each.get("tokenCount", 0) for each in usage.get("promptTokensDetails") or ()}
    out = {each["modality"]: each.get("tokenCount", 0) for each in usage.get("candidatesTokensDetails") or ()}
    thought = usage.get("thoughtsTokenCount") or 0
    return _split(
        usage.get("promptTokenCount") or 0,
        (usage.get("candidatesTokenCount") or 0) + thought,
        cached=again.get("TEXT", 0),
        reheard=again.get("AUDIO", 0),
        heard=by.get("AUDIO", 0) - again.get("AUDIO", 0),
        seen=by.get("IMAGE", 0),
        reasoned=thought,
        spoken=out.get("AUDIO", 0),
        drawn=out.get("IMAGE", 0),
    )


def converse(usage: dict[str, Any]) -> Told | None:
    """Amazon: as Anthropic (docs.aws.amazon.com, TokenUsage, read 2026-11)."""
    read, written = usage.get("cacheReadInputTokens") or 0, usage.get("cacheWriteInputTokens") or 0
    if usage.get("cacheDetails"):
        return None
    return Told(usage["inputTokens"], read, written, completion=usage["outputTokens"])


def _split(prompt: int, completion: int, **parts: int) -> Told:
    into = sum(parts.get(name, 0) for name in ("cached", "reheard", "written", "heard", "seen"))
    out = sum(parts.get(name, 0) for name in ("reasoned", "spoken", "drawn"))
    return Told(prompt=prompt - into, completion=completion - out, **parts)


ORACLES = {"openai_chat": chat, "anthropic_messages": messages, "gemini": gemini, "bedrock_converse": converse}


def test_every_recorded_usage(provider: str) -> None:
    for exchange in exchanges(provider):
        if exchange.status != 200 or exchange.cut:
            continue
        try:
            output = fold(heard(exchange))
        except Failed:
            continue
        usage = output.usage
        if usage is None:
            continue
        assert shape(usage) in GOLDEN, (exchange.id, usage)
        oracle, words = ORACLES.get(exchange.dialect), last_usage(exchange)
        told = oracle(words) if oracle is not None and words else None
        searched = usage.web_searches
        if told is None or min(told) < 0:
            continue  # figures that do not add up are another test's matter
        told = told._replace(searched=searched)  # told outside of the usage by most
        assert cost(usage, PRICING, NOON) == due(told), (exchange.id, usage, words)

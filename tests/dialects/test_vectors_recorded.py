"""Every recorded embedding and ranking goes through, and no digit of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from vectors_samples import CHARGED, ID, TRAFFIC, Recorded, recorded

from modelport.dialects.canonical import Target, Usage
from modelport.dialects.vectors import cohere, cohere_rerank, gemini, openai, rerank
from modelport.dialects.vectors.fitting import fit_embeddings, fit_reranking
from modelport.dialects.vectors.meaning import Embeddings, EmbeddingsRequest, Reranking, RerankRequest
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Raw

PROVIDERS = [
    name
    for name in (
        "azure", "cohere", "copilot", "doubleword", "gemini", "llamacpp", "mistral", "openai", "openrouter",
        "perplexity", "venice", "vertex", "voyage",
    )
    if (TRAFFIC / f"{name}.jsonl.gz").exists()
]  # fmt: skip
pytestmark = pytest.mark.skipif(not PROVIDERS, reason="no recorded traffic beside the repository")

EXCEPTIONS = {
    "predict": "an older address of the same models, whose requests and answers are of another kind altogether",
}
"""Endpoints that are not spoken, and why."""

REFUSED = {
    (b'"documents": []', 400): "nothing to rank; the provider refuses it too",
    (b'"top_n": 0', 200): "the reference's least is 1",
}
"""Requests that are refused, by what stands in them, with the provider's own answer."""


class Shape(NamedTuple):
    """One shape's functions, as a test calls them."""

    read_request: Callable[[bytes], EmbeddingsRequest | RerankRequest]
    write_request: Callable[[Any, Target], bytes]
    patch_request: Callable[[bytes, Target], bytes]
    read_response: Callable[[bytes], Embeddings | Reranking]
    write_response: Callable[[Any, Any, Any], bytes]
    patch_response: Callable[[bytes, Any, Any], bytes]


def plain(module: Any) -> Shape:
    return Shape(*(getattr(module, name) for name in Shape._fields))


def shape_of(one: Recorded) -> Shape:
    if one.endpoint in {"embedContent", "batchEmbedContents"}:
        single = one.endpoint == "embedContent"
        return plain(gemini)._replace(
            read_request=partial(gemini.read_request, model="m"),
            write_request=partial(gemini.write_request, single=single),
        )
    if one.endpoint == "embed":
        return plain(cohere)
    if one.endpoint == "rerank":
        return plain(cohere_rerank if "cohere" in one.url else rerank)
    return plain(openai)


def exchanges(provider: str) -> list[Recorded]:
    return [one for one in recorded(provider) if one.endpoint not in EXCEPTIONS]


def normal(value: Any) -> Any:
    """One spelling for what can be spelled in several ways: no nulls, camel case, one model."""
    if isinstance(value, list):
        return [normal(each) for each in value]
    if not isinstance(value, dict):
        return value
    fields: dict[str, Any] = {name: normal(each) for name, each in value.items() if each is not None}
    if "output_dimensionality" in fields:
        fields["outputDimensionality"] = fields.pop("output_dimensionality")
    if "model" in fields:
        fields["model"] = "m"
    return fields


@pytest.mark.parametrize("provider", PROVIDERS)
def test_requests(provider: str, record_property: Any) -> None:
    """Every request comes out as it went in, through the shared vocabulary and patched alike."""
    seen: Counter[str] = Counter()
    for one in exchanges(provider):
        if one.request is None:
            continue
        shape, target, before = shape_of(one), Target("m", stream=False), normal(json.loads(one.request))
        if any(words in one.request and one.status == status for words, status in REFUSED):
            with pytest.raises(BadRequest):
                shape.read_request(one.request)
            seen[f"{one.endpoint} refused"] += 1
            continue
        request = shape.read_request(one.request)
        assert normal(json.loads(shape.write_request(request, target))) == before, one.id
        assert normal(json.loads(shape.patch_request(one.request, target))) == before, one.id
        seen[one.endpoint] += 1
    record_property("requests", dict(seen))
    assert sum(seen.values()) >= 1


def expected_usage(told: dict[str, Any]) -> tuple[Usage | None, int | None]:
    """Tokens and search units, worked out apart from the code."""
    billed = (told.get("meta") or {}).get("billed_units")
    if billed is not None:
        if "search_units" in billed:
            return None, billed["search_units"]
        pictures, images = billed.get("image_tokens", 0), billed.get("images", 0)
        tokens = billed.get("input_tokens", 0) + pictures
        return Usage(prompt_tokens=tokens, prompt_image_tokens=pictures, images=images), None
    usage = told.get("usage") or told.get("usageMetadata")
    if usage is None:
        return None, None
    for name in ("prompt_tokens", "total_tokens", "promptTokenCount"):
        if name in usage:
            return Usage(prompt_tokens=usage[name]), None
    return None, None


def expected_vectors(told: dict[str, Any]) -> list[Any]:
    if "embedding" in told:
        return [told["embedding"]["values"]]
    if "data" in told:
        return [each["embedding"] for each in sorted(told["data"], key=lambda each: each["index"])]
    embeddings = told["embeddings"]
    if isinstance(embeddings, dict):
        return embeddings["float"]
    return [each["values"] if isinstance(each, dict) else each for each in embeddings]


def loads(body: bytes | Raw) -> Any:
    """JSON with its fractions as they are written, to the digit."""
    return json.loads(bytes(body), parse_float=str)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_answers(provider: str, record_property: Any) -> None:
    """Vectors and scores survive to the digit, written anew and patched; usage means what the provider said."""
    seen: Counter[str] = Counter()
    for one in exchanges(provider):
        if one.status != 200:
            continue
        shape, before = shape_of(one), loads(one.body)
        answer = shape.read_response(one.body)
        usage, units = expected_usage(before)
        assert answer.usage == usage, one.id
        assert answer.upstream_id == before.get("id")
        written = loads(shape.write_response(answer, ID, CHARGED))
        patched = loads(shape.patch_response(one.body, ID, CHARGED))
        if isinstance(answer, Reranking):
            results = before.get("results", before.get("data"))
            assert [(each.index, loads(each.relevance_score)) for each in answer.results] == [
                (each["index"], each["relevance_score"]) for each in results
            ]
            assert answer.search_units == units
            for again in (written, patched):
                assert [(each["index"], each["relevance_score"]) for each in again["results"]] == [
                    (each["index"], each["relevance_score"]) for each in results
                ]
        else:
            vectors = expected_vectors(before)
            assert [loads(next(iter(each.values.values()))) for each in answer.vectors] == vectors
            assert expected_vectors(written) == vectors
            assert expected_vectors(patched) == vectors
        seen[one.endpoint] += 1
    record_property("answers", dict(seen))
    assert seen


@pytest.mark.parametrize("provider", PROVIDERS)
def test_fitted(provider: str, record_property: Any) -> None:
    """What was asked and what was answered belong together, and can be given to a caller of the reference's shape."""
    seen: Counter[str] = Counter()
    for one in exchanges(provider):
        if one.status != 200 or one.request is None or b'"top_n": 0' in one.request:
            continue
        shape = shape_of(one)
        request, answer = shape.read_request(one.request), shape.read_response(one.body)
        if isinstance(answer, Reranking):
            assert isinstance(request, RerankRequest)
            written = json.loads(rerank.write_response(fit_reranking(answer, request), ID, CHARGED))
            documents = json.loads(one.request)["documents"]
            assert [each["document"]["text"] for each in written["results"]] == [
                documents[each["index"]] for each in written["results"]
            ]
        else:
            assert isinstance(request, EmbeddingsRequest)
            written = json.loads(openai.write_response(fit_embeddings(answer, request), ID, CHARGED))
            assert [each["index"] for each in written["data"]] == list(range(len(request.inputs)))
        seen[one.endpoint] += 1
    record_property("fitted", dict(seen))
    assert seen

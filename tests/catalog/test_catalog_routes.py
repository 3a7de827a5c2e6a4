"""The public addresses: official clients read them, filters equal brute force, faults are the reference's."""

from __future__ import annotations

import functools
import json
import operator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from catalog_samples import ACME, BOLT, a_catalog, document, endpoint, model, server
from openrouter import OpenRouter

from modelport.catalog import schemas

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    import httpx

    from modelport.catalog.service import Catalog


def many() -> list[dict[str, Any]]:
    """Forty models that differ in everything a filter looks at."""
    return [
        model(
            f"{('acme', 'lumen', 'bolt')[n % 3]}/m-{n}",
            *(
                endpoint(
                    provider, f"0.{n % 7:07d}", f"0.{n % 5:07d}", pricing={"discount": "0.5"} if n % 4 == 0 else {}
                )
                for provider in (("acme",), ("bolt",), ("acme", "bolt"))[n % 3]
            ),
            created=1_750_000_000 + n % 9,
            context_length=1000 * (n % 6 + 1),
            supported_parameters=["stop", "tools", "seed"][: n % 4],
            architecture={
                "input_modalities": ["text", "image"][: n % 2 + 1],
                "output_modalities": (["text"], ["image"], ["text", "image"], ["text"])[n % 4],
            },
        )
        for n in range(40)
    ]


RICH = model(
    "acme/rich",
    endpoint(
        quantization="fp8",
        max_completion_tokens=100,
        pricing={
            "web_search": "0",
            "discount": "0.25",
            "overrides": [
                {"min_prompt_tokens": 5, "prompt": "0.1"},
                {"utc_start": 1, "utc_end": 2, "utc_days": ["monday"], "prompt": "0"},
            ],
        },
    ),
    description="Words.",
    supported_parameters=["tools", "tool_choice"],
    reasoning={"mandatory": False, "supported_efforts": ["high"], "default_effort": "high", "default_enabled": True},
    default_parameters={"temperature": 0.5, "top_k": 3},
    hugging_face_id="acme/rich",
    knowledge_cutoff="2026-01-01",
    expiration_date="2027-01-01",
)


@asynccontextmanager
async def serving(folder: Path, *models: dict[str, Any]) -> AsyncGenerator[tuple[Catalog, httpx.AsyncClient]]:
    async with a_catalog(folder, {"BOLT_KEY": "b"}) as catalog:
        await catalog.apply(document(*models, providers=(ACME, BOLT)))
        async with server(catalog) as client:
            yield catalog, client


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def test_the_official_client_reads_everything(tmp_path: Path) -> None:
    free = model("acme/rich:free", endpoint(prompt="0", completion="0"))
    async with serving(tmp_path, RICH, free, *many()) as (_, client):
        sdk = OpenRouter(api_key="k", server_url="http://catalog.test/api/v1", async_client=client)
        listed = await sdk.models.list_async()
        assert listed is not None
        data = listed.result.data
        assert listed.result.total_count == len(data) == 32
        rich = next(each for each in data if each.id == "acme/rich")
        assert rich.pricing.prompt == "0.000001"
        assert rich.pricing.discount == 0.25
        assert rich.reasoning is not None
        counted = await sdk.models.count_async()
        assert counted.data.count == 32
        for slug in ("rich", "rich:free"):
            found = await sdk.endpoints.list_async(author="acme", slug=slug)
            (only,) = found.data.endpoints
            assert (only.provider_name, only.tag, only.status) == ("Acme", "acme", 0)
        providers = await sdk.providers.list_async()
        assert [each.slug for each in providers.data] == ["acme", "bolt"]


async def test_a_model_in_full(tmp_path: Path) -> None:
    async with serving(tmp_path, RICH) as (_, client):
        found = await get(client, "/model/acme/rich")
    assert found["data"] == {
        "id": "acme/rich",
        "canonical_slug": "acme/rich",
        "name": "Name of acme/rich",
        "created": 1_750_000_000,
        "description": "Words.",
        "context_length": 8192,
        "architecture": {
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "modality": "text->text",
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {
            "prompt": "0.000001",
            "completion": "0.000002",
            "web_search": "0",
            "discount": 0.25,
            "overrides": [
                {"prompt": "0.1", "min_prompt_tokens": 5},
                {"prompt": "0", "utc_start": 1, "utc_end": 2, "utc_days": ["monday"]},
            ],
        },
        "top_provider": {"context_length": 8192, "max_completion_tokens": 100, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": ["tools", "tool_choice"],
        "default_parameters": {"temperature": 0.5, "top_k": 3},
        "supported_voices": None,
        "hugging_face_id": "acme/rich",
        "knowledge_cutoff": "2026-01-01",
        "expiration_date": "2027-01-01",
        "reasoning": {
            "mandatory": False,
            "supported_efforts": ["high"],
            "default_effort": "high",
            "default_enabled": True,
        },
        "links": {"details": "/api/v1/models/acme/rich/endpoints"},
    }


async def test_answers_keep_to_their_schemas(tmp_path: Path) -> None:
    async with serving(tmp_path, RICH, *many()) as (catalog, client):
        everything = await get(client, "/models")
        assert json.loads(catalog.snapshot.models_json) == everything
        assert schemas.ModelsListResponse.model_validate(everything, strict=True)
        assert schemas.ListEndpointsResponse.model_validate(
            await get(client, "/models/acme/rich/endpoints"), strict=True
        )
        assert schemas.ListProvidersResponse.model_validate(await get(client, "/providers"), strict=True)


async def test_the_list_before_anything_is_there(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog, server(catalog) as client:
        assert await get(client, "/models") == {"data": [], "links": {"next": None}, "total_count": 0}
        assert await get(client, "/models/count") == {"data": {"count": 0}}
        assert await get(client, "/providers") == {"data": []}


def shown(each: dict[str, Any], key: str) -> float:
    return float(each["pricing"][key]) * (1 - each["pricing"].get("discount", 0)) * 10**6


BRUTE: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("q=LUMEN/m-1", lambda each: "lumen/m-1" in each["id"]),
    ("supported_parameters=stop,tools", lambda each: {"stop", "tools"} <= set(each["supported_parameters"])),
    ("input_modalities=image", lambda each: "image" in each["architecture"]["input_modalities"]),
    ("output_modalities=image,audio", lambda each: "image" in each["architecture"]["output_modalities"]),
    ("output_modalities=all", lambda _: True),
    ("context=4000", lambda each: each["context_length"] >= 4000),
    ("min_price=0.3", lambda each: shown(each, "prompt") >= 0.3 - 1e-12),
    ("max_price=0.3", lambda each: shown(each, "prompt") <= 0.3 + 1e-12),
    ("min_output_price=0.2", lambda each: shown(each, "completion") >= 0.2 - 1e-12),
    ("max_output_price=0", lambda each: shown(each, "completion") == 0),
    ("model_authors=acme,Bolt", lambda each: each["id"].split("/")[0] in {"acme", "bolt"}),
    ("providers=Bolt%20AI", lambda each: int(each["id"].split("-")[1]) % 3 != 0),
    ("providers=acme", lambda each: int(each["id"].split("-")[1]) % 3 != 1),
    ("arch=other&min_age_days=1&max_age_days=100000", lambda _: True),
    (
        "q=m-1&context=2000&max_price=0.5",
        lambda each: "m-1" in each["id"] and each["context_length"] >= 2000 and shown(each, "prompt") <= 0.5 + 1e-12,
    ),
]


@pytest.mark.parametrize(("query", "keep"), BRUTE, ids=[query for query, _ in BRUTE])
async def test_filters_equal_brute_force(tmp_path: Path, query: str, keep: Callable[[dict[str, Any]], bool]) -> None:
    async with serving(tmp_path, *many()) as (_, client):
        whole = (await get(client, "/models?output_modalities=all"))["data"]
        assert len(whole) == 40
        wanted = [each for each in whole if keep(each)]
        if "output_modalities" not in query:
            wanted = [each for each in wanted if "text" in each["architecture"]["output_modalities"]]
        found = await get(client, f"/models?{query}")
        assert [each["id"] for each in found["data"]] == [each["id"] for each in wanted]
        assert found["total_count"] == len(wanted)
        assert wanted


SORTS: list[tuple[str, Callable[[dict[str, Any]], float]]] = [
    ("newest", lambda each: -each["created"]),
    ("pricing-low-to-high", lambda each: shown(each, "prompt") + shown(each, "completion")),
    ("pricing-high-to-low", lambda each: -shown(each, "prompt") - shown(each, "completion")),
    ("context-high-to-low", lambda each: -each["context_length"]),
]


@pytest.mark.parametrize(("sort", "key"), SORTS)
async def test_sorts(tmp_path: Path, sort: str, key: Callable[[dict[str, Any]], float]) -> None:
    async with serving(tmp_path, *many()) as (_, client):
        found = (await get(client, f"/models?sort={sort}"))["data"]
        order = [round(key(each), 9) for each in found]
        assert order == sorted(order)
        assert len(found) == 30


async def test_pages_join_to_the_whole(tmp_path: Path) -> None:
    async with serving(tmp_path, *many()) as (_, client):
        whole = await get(client, "/models?sort=pricing-low-to-high")
        assert whole["links"] == {"next": None}
        path, pages = "/models?limit=7&sort=pricing-low-to-high", []
        while path:
            part = await get(client, path)
            assert part["total_count"] == 30
            pages.append(part["data"])
            path = (part["links"]["next"] or "").removeprefix("/api/v1")
        assert [len(each) for each in pages] == [7, 7, 7, 7, 2]
        assert functools.reduce(operator.iadd, pages, []) == whole["data"]
        assert (await get(client, "/models?offset=99"))["data"] == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sort=cheapest", "Sort 'cheapest' is not supported"),
        ("sort=pricing-low-to-hihg", "did you mean `pricing-low-to-high`"),
        ("zdr=false", "`zdr` has no value 'false'"),
        ("region=mars", "`region` has no value 'mars'"),
        ("category=poetry", "`category` has no value 'poetry'"),
        ("status=gone", "`status` has no value 'gone'"),
        ("max_price=-1", "0 or more"),
        ("min_tool_success_rate=1.1", "from 0 to 1"),
        ("context=0", "`context` must be a whole number from 1"),
        ("limit=0", "`limit` must be a whole number from 1 to 1000"),
        ("limit=1001", "from 1 to 1000"),
        ("limit=ten", "'ten'"),
        ("offset=-1", "`offset`"),
        ("context=1e5", "`context`"),
        ("min_price=cheap", "dollars per million"),
        ("max_price=inf", "dollars per million"),
        ("min_price=1e999999999", "dollars per million"),
        ("output_modalities=txt", "did you mean `text`"),
    ],
)
async def test_bad_questions(tmp_path: Path, query: str, words: str) -> None:
    async with serving(tmp_path, model()) as (_, client):
        found = await get(client, f"/models?{query}", 400)
        assert found["error"]["code"] == 400
        assert words in found["error"]["message"]


@pytest.mark.parametrize(
    "path",
    ["/models/acme/none/endpoints", "/model/acme/none", "/model/acme/one:thinking", "/models/acme/none:free/endpoints"],
)
async def test_unknown_models(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path, model()) as (_, client):
        found = await get(client, path, 404)
        assert found["error"]["code"] == 404


async def test_a_variant_that_is_not_there_has_no_endpoints(tmp_path: Path) -> None:
    async with serving(tmp_path, model()) as (_, client):
        found = (await get(client, "/models/acme/one:free/endpoints"))["data"]
        assert (found["id"], found["endpoints"]) == ("acme/one:free", [])


async def test_no_price_has_an_exponent(tmp_path: Path) -> None:
    async with serving(tmp_path, model("acme/one", endpoint(prompt="0.000000000000001", completion="123"))) as (
        _,
        client,
    ):
        pricing = (await get(client, "/model/acme/one"))["data"]["pricing"]
        assert pricing == {"prompt": "0.000000000000001", "completion": "123"}


async def test_the_cheapest_endpoint_stands_for_the_model(tmp_path: Path) -> None:
    dear, cheap = endpoint("acme", "0.2"), endpoint("bolt", "0.1", context_length=5)
    async with serving(tmp_path, model("acme/one", dear, cheap)) as (_, client):
        found = (await get(client, "/model/acme/one"))["data"]
        assert found["pricing"]["prompt"] == "0.1"
        assert found["top_provider"]["context_length"] == 5
        assert [each["tag"] for each in (await get(client, "/models/acme/one/endpoints"))["data"]["endpoints"]] == [
            "bolt",
            "acme",
        ]

"""The plan: which endpoints may serve a request, in which order, and why the others may not."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from modelport.catalog.document import Document
from modelport.catalog.service import Catalog
from modelport.db.base import metadata
from modelport.db.database import Database
from modelport.dialects.openai_chat import request as request_
from modelport.errors import NotFound, Unavailable
from modelport.gateway.plan import Plan, make_plan
from modelport.kit.vault import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modelport.catalog.snapshot import Snapshot

_PRICES = {"cheap": "0.000001", "middle": "0.000003", "dear": "0.00001"}


def document() -> Document:
    def endpoint(slug: str, **more: Any) -> dict[str, Any]:
        price = {"prompt": _PRICES[slug], "completion": _PRICES[slug]}
        return {"provider": slug, "upstream_model": "up", "pricing": price, **more}

    card = {"name": "x", "context_length": 1000}
    return Document.model_validate(
        {
            "providers": [
                {"slug": slug, "name": f"{slug} inc", "base_url": f"http://{slug}.test/v1"} for slug in _PRICES
            ],
            "models": [
                {**card, "id": "a/three", "endpoints": [endpoint(slug) for slug in _PRICES]},
                {**card, "id": "a/single", "endpoints": [endpoint("cheap", max_completion_tokens=100)]},
                {**card, "id": "a/variant", "endpoints": [endpoint("cheap", variant="turbo", quantization="fp8")]},
            ],
        }
    )


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    database = Database(None, tmp_path / "plan.db")
    await database.write(metadata.create_all)
    made = Catalog(database, Vault(b"0123456789abcdef0123456789abcdef"))
    await made.apply(document())
    yield made
    await database.close()


@pytest.fixture
def snapshot(catalog: Catalog) -> Snapshot:
    return catalog.snapshot


def plan(snapshot: Snapshot, *, seed: int = 1, most: int = 3, **fields: Any) -> Plan:
    body = {"model": "a/three", "messages": [{"role": "user", "content": "x"}], **fields}
    request = request_.read(json.dumps(body).encode())
    return make_plan(request.peek, request.wanted(), snapshot, random.Random(seed), most)  # noqa: S311 (repeatable)


def slugs(made: Plan) -> list[str]:
    return [endpoint.provider.slug for endpoint in made.attempts]


async def test_the_first_is_drawn_by_one_over_the_price_squared(snapshot: Snapshot) -> None:
    """A third of the price is nine times the chance, as the reference documents it."""
    firsts = Counter(slugs(plan(snapshot, seed=seed))[0] for seed in range(2000))
    assert 6 < firsts["cheap"] / firsts["middle"] < 13
    assert firsts["dear"] < firsts["middle"]


async def test_the_same_random_source_gives_the_same_plan(snapshot: Snapshot) -> None:
    assert slugs(plan(snapshot, seed=7)) == slugs(plan(snapshot, seed=7))


async def test_every_endpoint_is_planned_once_and_the_reasons_are_kept(snapshot: Snapshot) -> None:
    made = plan(snapshot, provider={"ignore": ["dear"], "order": ["middle"]})
    assert slugs(made) == ["middle", "cheap"]
    assert {(step.endpoint, step.removed) for step in made.steps} == {
        ("middle", None),
        ("cheap", None),
        ("dear", "ignore"),
    }


async def test_attempts_are_bounded(snapshot: Snapshot) -> None:
    assert len(plan(snapshot, most=2).attempts) == 2
    assert len(plan(snapshot, provider={"allow_fallbacks": False}).attempts) == 1


async def test_a_variant_is_named_by_its_tag_or_its_provider(snapshot: Snapshot) -> None:
    for name in ("cheap", "cheap/turbo", "CHEAP INC"):
        assert slugs(plan(snapshot, model="a/variant", provider={"only": [name]})) == ["cheap"]
    assert plan(snapshot, model="a/variant", provider={"quantizations": ["fp8"]}).attempts
    with pytest.raises(NotFound):
        plan(snapshot, model="a/variant", provider={"quantizations": ["int4"]})


async def test_a_longer_answer_than_the_only_endpoint_gives_is_refused(snapshot: Snapshot) -> None:
    """One endpoint alone is held to the same as one among others."""
    assert plan(snapshot, model="a/single", max_tokens=100).attempts
    with pytest.raises(NotFound):
        plan(snapshot, model="a/single", max_tokens=101)


async def test_a_provider_that_is_not_up_yet_is_503(catalog: Catalog) -> None:
    catalog.set_runtime_address("cheap", "")
    with pytest.raises(Unavailable) as raised:
        plan(catalog.snapshot, model="a/single")
    assert raised.value.retry_after is not None
    assert "cheap" not in slugs(plan(catalog.snapshot))


async def test_a_model_named_twice_is_tried_once(snapshot: Snapshot) -> None:
    made = plan(snapshot, model="a/single", models=["a/single", "a/three"])
    assert slugs(made)[0] == "cheap"
    assert [endpoint.model_id for endpoint in made.attempts].count("a/single") == 1

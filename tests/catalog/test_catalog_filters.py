"""Every filter and sort against a second implementation that reads the public answers, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from catalog_samples import MASTER
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport.catalog import building, cards, listing, rows
from modelport.catalog.document import Document
from modelport.catalog.errors import BadQuery
from modelport.catalog.measured import EndpointFigures, Measured
from modelport.catalog.store import Loaded
from modelport.kit import clock
from modelport.kit.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.catalog.snapshot import Snapshot

PROVIDERS = [
    {"slug": "acme", "name": "Acme", "datacenters": ["DE"], "data_policy": {"zdr": True}},
    {"slug": "bolt", "name": "Bolt AI", "datacenters": ["US", "SG"]},
    {"slug": "later", "name": "Later", "api_key": "env:NOT_THERE"},
]
OUTPUTS = [["text"], ["text", "image"], ["image"], ["embeddings"], ["text"]]


def a_snapshot() -> Snapshot:
    """Ninety models that differ in everything a filter looks at, made without a database."""
    now = clock.now_ms()
    models = [_model(n, now // 1000) for n in range(90)]
    document = Document.model_validate(
        {"providers": [{"base_url": "http://127.0.0.1:9/v1", **each} for each in PROVIDERS], "models": models}
    )
    stamps = {"created_at": now, "updated_at": now, "source": "operator"}
    loaded = Loaded(
        [
            {**rows.provider_to_row(each), "api_key": each.api_key, "api_keys": [], "proxy": None, **stamps}
            for each in document.providers
        ],
        [{**rows.model_to_row(each), **stamps} for each in document.models],
        [
            {
                **rows.endpoint_to_row(each, n),
                "id": f"ep-{model.id}-{each.tag}",
                "model_id": model.id,
                "price_version": 1,
                **stamps,
            }
            for model in document.models
            for n, each in enumerate(model.endpoints)
        ],
        [],
    )
    return building.build(loaded, Vault(MASTER), {})


def _model(n: int, now: int) -> dict[str, Any]:
    where = (("acme",), ("bolt",), ("acme", "bolt"), ("later",), ("later", "acme"))[n % 5]
    return {
        "id": f"{('acme', 'Lumen', 'bolt')[n % 3]}/m-{n}",
        "name": f"Model {n}" + (" Größe" if n % 7 == 0 else ""),
        "created": now - n % 11 * 86_400 * 3 - 7,
        "context_length": 1000 * (n % 6 + 1),
        "supported_parameters": ["stop", "tools", "seed"][: n % 4],
        "architecture": {
            "input_modalities": ["text", "image", "audio"][: n % 3 + 1],
            "output_modalities": OUTPUTS[n % 5 if n % 2 else 0],
            "tokenizer": ("GPT", "Qwen3", "Other")[n % 3],
        },
        "categories": [["programming"], ["legal", "health"], []][n % 3],
        "is_distillable": (True, False, None)[n % 3],
        "family": ("lumen", None)[n % 2],
        "benchmarks": {"coding_index": n % 8 * 10.5, **({"agentic_index": n} if n % 2 else {})} if n % 3 else None,
        "endpoints": [
            {
                "provider": provider,
                "upstream_model": "u",
                "pricing": {
                    "prompt": f"0.{(n + k) % 7:07d}",
                    "completion": f"0.{n % 5:07d}",
                    **({"discount": "0.25"} if n % 4 == 0 else {}),
                },
            }
            for k, provider in enumerate(where)
        ],
    }


SNAPSHOT = a_snapshot()
FIGURES = {
    f"ep-{shown.model.id}-{endpoint.tag}": EndpointFigures(
        latency={"p50": float(n % 9), "p75": 9, "p90": 9, "p99": 9} if n % 3 else None,
        throughput={"p50": float(n % 13), "p75": 9, "p90": 9, "p99": 9} if n % 4 else None,
        tool_success=n % 5 / 4 if n % 2 else None,
    )
    for n, shown in enumerate(SNAPSHOT.shown.values())
    for endpoint in shown.model.endpoints
}
MEASURED = Measured(
    endpoint=lambda key: FIGURES.get(key, EndpointFigures()),
    popularity=MappingProxyType({name: sum(name.encode()) % 5 for name in SNAPSHOT.shown}),
)
WHOLE: list[dict[str, Any]] = [json.loads(shown.card) for shown in SNAPSHOT.shown.values()]
ENDPOINTS: dict[str, list[dict[str, Any]]] = {
    name: json.loads(cards.endpoints(shown.model, measured=MEASURED).to_json())["data"]["endpoints"]
    for name, shown in SNAPSHOT.shown.items()
}
NAMES: dict[str, str] = {str(each["slug"]): str(each["name"]) for each in PROVIDERS}


def served_by(card: dict[str, Any]) -> list[str]:
    return [each["tag"] for each in ENDPOINTS[card["id"]]]


def price(card: dict[str, Any], key: str) -> Decimal:
    """Dollars per million, as somebody who reads the answer works it out."""
    discount = Decimal(str(card["pricing"].get("discount", 0)))
    return Decimal(card["pricing"][key]) * (1 - discount) * 1_000_000


def tool_success(card: dict[str, Any]) -> float | None:
    found = [FIGURES[f"ep-{SNAPSHOT.shown[card['id']].model.endpoints[0].model_id}-{tag}"] for tag in served_by(card)]
    return max((each.tool_success for each in found if each.tool_success is not None), default=None)


def keeps(card: dict[str, Any], name: str, value: str) -> bool:  # noqa: C901, PLR0911, PLR0912 (flat on purpose)
    """The second implementation: one filter on one public object."""
    architecture, words = card["architecture"], value.split(",")
    low = value.lower()
    match name:
        case "status":
            return value == "all" or (card.get("status") == "inactive") == (value == "inactive")
        case "q":
            return any(low in card[key].lower() for key in ("id", "name", "canonical_slug"))
        case "category":
            return value in {0: ["programming"], 1: ["legal", "health"], 2: []}[number(card) % 3]
        case "supported_parameters":
            return all(word in card["supported_parameters"] for word in words)
        case "input_modalities":
            return all(word in architecture["input_modalities"] for word in words)
        case "output_modalities":
            return value == "all" or any(word in architecture["output_modalities"] for word in words)
        case "context":
            return card["context_length"] >= int(value)
        case "min_price" | "max_price" | "min_output_price" | "max_output_price":
            amount = price(card, "completion" if "output" in name else "prompt")
            return amount >= Decimal(value) if name.startswith("min") else amount <= Decimal(value)
        case "model_authors":
            return card["id"].split("/")[0].strip("~").lower() in [word.lower() for word in words]
        case "providers":
            return any(tag in low.split(",") or NAMES[tag].lower() in low.split(",") for tag in served_by(card))
        case "arch":
            return architecture["tokenizer"].lower() == low
        case "distillable":
            return (number(card) % 3 == 0) == (value == "true")
        case "zdr":
            return "acme" in served_by(card)
        case "region":
            return {"eu": "acme", "us": "bolt"}[value] in served_by(card)
        case "min_age_days":
            return card["created"] <= clock.now_ms() // 1000 - int(value) * 86_400
        case "max_age_days":
            return card["created"] >= clock.now_ms() // 1000 - int(value) * 86_400
        case "min_tool_success_rate" | "max_tool_success_rate":
            share = tool_success(card)
            return share is not None and (share >= float(value) if "min" in name else share <= float(value))
        case _:
            index = card.get("benchmarks", {}).get("artificial_analysis", {}).get(name[4:])
            return index is not None and (index >= float(value) if name.startswith("min") else index <= float(value))


def number(card: dict[str, Any]) -> int:
    target = card.get("alias_target", {}).get("slug", card["id"])
    return int(target.rpartition("-")[2])


def ordered(models: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """The second implementation of sorts."""

    def best(card: dict[str, Any], key: str, pick: Callable[[list[float]], float], none: float) -> float:
        seen = [each[key]["p50"] for each in ENDPOINTS[card["id"]] if each[key] is not None]
        return pick(seen) if seen else none

    def index(card: dict[str, Any], key: str) -> float:
        found = card.get("benchmarks", {}).get("artificial_analysis", {}).get(key)
        return float("-inf") if found is None else found

    keys: dict[str, Callable[[dict[str, Any]], Any]] = {
        "newest": lambda card: -card["created"],
        "most-popular": lambda card: -MEASURED.popularity[card["id"]],
        "top-weekly": lambda card: -MEASURED.popularity[card["id"]],
        "pricing-low-to-high": lambda card: price(card, "prompt") + price(card, "completion"),
        "pricing-high-to-low": lambda card: -price(card, "prompt") - price(card, "completion"),
        "context-high-to-low": lambda card: -card["context_length"],
        "throughput-high-to-low": lambda card: -best(card, "throughput_last_30m", max, 0),
        "latency-low-to-high": lambda card: best(card, "latency_last_30m", min, float("inf")),
        "intelligence-high-to-low": lambda card: -index(card, "intelligence_index"),
        "coding-high-to-low": lambda card: -index(card, "coding_index"),
        "agentic-high-to-low": lambda card: -index(card, "agentic_index"),
        "design-arena-elo-high-to-low": lambda _: 0,
    }
    return sorted(sorted(models, key=lambda card: (-card["created"], card["id"])), key=keys[sort])


def _some(*words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True).map(",".join)


AMOUNTS = st.sampled_from(["0", "0.05", "0.1", "0.15", "0.2", "0.225", "0.3", "0.4", "0.45", "0.6", "1"])
VALUES: dict[str, st.SearchStrategy[str]] = {
    "status": st.sampled_from(["active", "inactive", "all"]),
    "q": st.sampled_from(["m-1", "LUMEN", "größe", "model 3", "nothing like it", "acme/m"]),
    "category": st.sampled_from(["programming", "health", "trivia"]),
    "supported_parameters": _some("stop", "tools", "seed", "unheard"),
    "input_modalities": _some("text", "image", "audio"),
    "output_modalities": _some("text", "image", "embeddings") | st.just("all"),
    "context": st.integers(1, 7000).map(str),
    **dict.fromkeys(("min_price", "max_price", "min_output_price", "max_output_price"), AMOUNTS),
    "model_authors": _some("acme", "Lumen", "BOLT", "nobody"),
    "providers": _some("acme", "Bolt AI", "bolt", "Later", "nobody"),
    "arch": st.sampled_from(["gpt", "Qwen3", "Claude"]),
    "distillable": st.sampled_from(["true", "false"]),
    "zdr": st.just("true"),
    "region": st.sampled_from(["eu", "us"]),
    "min_age_days": st.sampled_from(["0", "5", "14", "40"]),
    "max_age_days": st.sampled_from(["0", "5", "14", "40"]),
    **dict.fromkeys(
        [f"{bound}_{kind}_index" for bound in ("min", "max") for kind in ("intelligence", "coding", "agentic")],
        st.sampled_from(["0", "10.5", "21", "60"]),
    ),
    **dict.fromkeys(("min_tool_success_rate", "max_tool_success_rate"), st.sampled_from(["0", "0.25", "0.5", "1"])),
}


def check(query: dict[str, str]) -> list[dict[str, Any]]:
    asked = {"status": "active", "output_modalities": "text", **query}
    sort = asked.pop("sort", "newest")
    wanted = ordered([card for card in WHOLE if all(keeps(card, *each) for each in asked.items())], sort)
    answer = json.loads(listing.page(SNAPSHOT, query, "/api/v1/models", measured=MEASURED).body)
    assert [each["id"] for each in answer["data"]] == [each["id"] for each in wanted]
    assert answer["total_count"] == len(wanted)
    assert answer["data"] == wanted
    return wanted


def test_every_filter_is_known_to_both() -> None:
    assert set(VALUES) == set(listing.FILTERS)


@pytest.mark.parametrize("name", list(VALUES))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_each_filter_equals_brute_force(name: str, data: st.DataObject) -> None:
    check({name: data.draw(VALUES[name])})


@settings(max_examples=150, deadline=None)
@given(
    query=st.fixed_dictionaries(
        {}, optional={**VALUES, "sort": st.sampled_from(list(listing.SORTS)), "cache_buster": st.just("7")}
    )
)
def test_filters_and_sorts_together_equal_brute_force(query: dict[str, str]) -> None:
    query.pop("cache_buster", None)
    check(query)


@pytest.mark.parametrize("sort", list(listing.SORTS))
def test_each_sort_equals_brute_force(sort: str) -> None:
    assert len(check({"sort": sort, "status": "all", "output_modalities": "all"})) > 90


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 100), sort=st.sampled_from(list(listing.SORTS)))
def test_pages_join_to_the_whole_under_any_sort(limit: int, sort: str) -> None:
    whole = json.loads(listing.page(SNAPSHOT, {"sort": sort}, "/m", measured=MEASURED).body)["data"]
    joined: list[Any] = []
    query: dict[str, str] | None = {"sort": sort, "limit": str(limit)}
    while query is not None:
        answer = json.loads(listing.page(SNAPSHOT, query, "/m", measured=MEASURED).body)
        assert answer["total_count"] == len(whole)
        joined += answer["data"]
        following = answer["links"]["next"]
        query = None if following is None else dict(p.split("=") for p in following.partition("?")[2].split("&"))
    assert joined == whole


def test_the_whole_list_is_finished_beforehand_and_has_a_mark() -> None:
    answer = listing.page(SNAPSHOT, {}, "/m")
    assert answer.body is SNAPSHOT.models_json
    assert answer.etag == SNAPSHOT.etag
    assert replace(SNAPSHOT, version=9).etag == answer.etag
    assert listing.page(SNAPSHOT, {"q": "m-1"}, "/m").etag != answer.etag


def test_an_unknown_sort_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadQuery, match="did you mean `newest`"):
        listing.page(SNAPSHOT, {"sort": "newst"}, "/m")

"""What the lists show beside models that can be called: names that lead to others, and models that lack a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalog_samples import ACME, BOLT, a_catalog, document, endpoint, model, server

from modelport.catalog.document import Document
from modelport.catalog.errors import Refused, Stale
from modelport.catalog.reading import read_text
from modelport.catalog.writing import to_yaml

if TYPE_CHECKING:
    from pathlib import Path

FACTS: dict[str, Any] = {
    "categories": ["programming"],
    "benchmarks": {"coding_index": 55.5},
    "supported_voices": ["alto"],
    "supported_parameters": ["tools", "tool_choice"],
}


async def test_facts_of_models_and_endpoints_are_shown(tmp_path: Path) -> None:
    serving = endpoint(tool_choice=["auto"], native_tools={"web_search": {"type": "x"}}, features=["diarization"])
    async with a_catalog(tmp_path) as catalog, server(catalog) as client:
        await catalog.apply(document(model("acme/one", serving, **FACTS)))
        card = (await client.get("/api/v1/model/acme/one")).json()["data"]
        assert card["supported_voices"] == ["alto"]
        assert card["benchmarks"]["artificial_analysis"] == {
            "intelligence_index": None,
            "coding_index": 55.5,
            "agentic_index": None,
        }
        (shown,) = (await client.get("/api/v1/models/acme/one/endpoints")).json()["data"]["endpoints"]
        assert shown["supports_tool_choice"] == {"auto": True, "function": False, "none": False, "required": False}
        assert shown["native_tools"] == {"web_search": {"type": "x"}}
        assert shown["supports_diarization"] is True


async def test_the_newest_of_a_family_has_a_name_that_moves(tmp_path: Path) -> None:
    family = {"family": "lumen"}
    old = model("acme/lumen-1", created=1, **family)
    paints = model("acme/lumen-9", created=9, architecture={"output_modalities": ["text", "image"]}, **family)
    async with a_catalog(tmp_path) as catalog, server(catalog) as client:
        await catalog.apply(document(old, model("acme/lumen-1:free", endpoint(prompt="0", completion="0"), **family)))
        first = catalog.snapshot.find("~acme/lumen-latest")
        assert first is not None
        assert first.id == "acme/lumen-1"
        await catalog.apply(document(model("acme/lumen-2", created=2, **family), paints))
        found = catalog.snapshot.find("~acme/lumen-latest")
        assert found is not None
        assert found.id == "acme/lumen-2"
        listed = {each["id"]: each for each in (await client.get("/api/v1/models")).json()["data"]}
        alias = listed["~acme/lumen-latest"]
        assert alias["alias_target"] == {"name": "Name of acme/lumen-2", "slug": "acme/lumen-2"}
        assert alias["name"] == "Lumen Latest"
        assert alias["pricing"] == listed["acme/lumen-2"]["pricing"]


async def test_an_operator_s_name_wins_over_the_family_s(tmp_path: Path) -> None:
    name = {"id": "~acme/lumen-latest", "name": "Ours", "context_length": 1, "alias_target": "acme/lumen-1"}
    both = [model(f"acme/lumen-{n}", created=n, family="lumen") for n in (1, 2)]
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(*both, name))
        found = catalog.snapshot.find("~acme/lumen-latest")
        assert found is not None
        assert found.id == "acme/lumen-1"
        assert "~acme/lumen-latest" not in catalog.snapshot.models


async def test_a_model_without_a_key_is_shown_on_request_and_says_what_it_lacks(tmp_path: Path) -> None:
    later = model("bolt/later", endpoint("bolt"))
    both = model("acme/both", endpoint(), endpoint("bolt"))
    environ: dict[str, str] = {}
    async with a_catalog(tmp_path, environ) as catalog, server(catalog) as client:
        await catalog.apply(document(later, both, providers=(ACME, BOLT)))
        assert [each["id"] for each in (await client.get("/api/v1/models")).json()["data"]] == ["acme/both"]
        (card,) = (await client.get("/api/v1/models?status=inactive")).json()["data"]
        assert card["status"] == "inactive"
        assert card["pricing"]["prompt"] == "0.000001"
        assert card["activation"] == [
            {
                "provider": "bolt",
                "name": "Bolt AI",
                "environment": "BOLT_KEY",
                "instruction": "set BOLT_KEY in the server's environment, or enter a key for Bolt AI: "
                "`modelport providers add bolt`",
            }
        ]
        everything = (await client.get("/api/v1/models?status=all")).json()
        assert {each["id"] for each in everything["data"]} == {"acme/both", "bolt/later"}
        assert everything["total_count"] == 2
        assert catalog.snapshot.models["bolt/later"].endpoints == ()
        environ["BOLT_KEY"] = "there"
        await catalog.reload()
        assert len(catalog.snapshot.listed) == 2
        assert (await client.get("/api/v1/models?status=inactive")).json()["data"] == []


async def test_what_is_applied_is_what_was_seen(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(model()))
        wanted = document(model("acme/one", endpoint(prompt="0.5")), model("acme/two"))
        seen = await catalog.preview(wanted)
        assert [each.words for each in seen.differences] == [
            "model acme/one: endpoint acme: pricing.prompt 0.000001 -> 0.5",
            "model acme/two added",
            "model acme/two: endpoint acme added: prompt 0.000001, completion 0.000002",
        ]
        assert [each.is_price for each in seen.differences] == [True, False, False]
        assert list(catalog.snapshot.models) == ["acme/one"]
        assert (await catalog.preview(wanted)).token == seen.token
        await catalog.apply(document(model("acme/one", endpoint(prompt="0.4"))))
        with pytest.raises(Stale):
            await catalog.apply(wanted, only=seen.token)
        again = await catalog.preview(wanted)
        assert again.token != seen.token
        assert (await catalog.apply(wanted, only=again.token)).token == again.token


async def test_the_whole_catalogue_comes_back_identically(tmp_path: Path) -> None:
    synced = model("bolt/later", endpoint("bolt", source="synced"), source="synced")
    mixed = model("acme/both", endpoint(), endpoint("bolt", source="synced"))
    author = {"slug": "acme", "name": "Acme", "icon": "acme", "url": "https://acme.test"}
    given = Document.model_validate(
        {"authors": [author], "providers": [ACME, {**BOLT, "source": "synced"}], "models": [synced, mixed]}
    )
    async with a_catalog(tmp_path / "a") as catalog:
        await catalog.apply(given)
        assert [each.id for each in (await catalog.export()).models] == ["acme/both"]
        text = to_yaml(await catalog.export(everything=True))
        applied = await catalog.apply(read_text(text, "export"))
        assert (applied.created, applied.updated, applied.differences) == ([], [], [])
    async with a_catalog(tmp_path / "b", {"MODELPORT_ACME_API_KEY": "sk"}) as other:
        await other.apply(read_text(text, "export"))
        assert to_yaml(await other.export(everything=True)) == text
        assert other.snapshot.authors["acme"].name == "Acme"


async def test_a_name_for_another_model_has_no_endpoints(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        with pytest.raises(Refused, match="a name for another model has endpoints"):
            await catalog.apply(document(model("~acme/x-latest", alias_target="acme/one")))

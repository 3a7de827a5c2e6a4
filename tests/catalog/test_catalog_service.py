"""Applying, exporting and reloading a catalogue, against a real database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from catalog_samples import ACME, BOLT, MASTER, a_catalog, document, endpoint, model
from sqlalchemy import Connection, func, select, text

from modelport.catalog.document import Document
from modelport.catalog.errors import FileFaults, Refused
from modelport.catalog.reading import read_text
from modelport.catalog.service import Catalog
from modelport.catalog.writing import to_yaml
from modelport.db import changes
from modelport.db.database import Database
from modelport.kit.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path


async def changes_noted(catalog: Catalog) -> int:
    return await catalog._database.read(
        lambda connection: connection.execute(select(func.count()).select_from(changes.changes)).scalar_one()
    )


async def everything(catalog: Catalog) -> list[Any]:
    def work(connection: Connection) -> list[Any]:
        return [
            connection.execute(text(f"SELECT * FROM {name} ORDER BY 1")).all()  # noqa: S608
            for name in ("providers", "models", "endpoints", "price_history", "changes")
        ]

    return await catalog._database.read(work)


async def test_apply_offers_the_models(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        applied = await catalog.apply(document(model()))
        assert applied.created == ["provider acme", "model acme/one"]
        assert (applied.updated, applied.unchanged) == ([], [])
        found = catalog.snapshot.find("acme/one")
        assert found is not None
        (only,) = found.endpoints
        assert (only.tag, only.upstream_model, only.context_length) == ("acme", "up-1", 8192)
        assert only.provider.api_key == "sk-very-secret-1"
        assert only.provider.base_url == "http://127.0.0.1:9/v1"
        assert await changes_noted(catalog) == 2


async def test_applying_twice_writes_nothing(tmp_path: Path) -> None:
    proxied = {**ACME, "proxy": "http://me:hidden-pw@127.0.0.1:1", "headers": {"X-Title": "us"}}
    same = document(
        model("acme/one", endpoint(cost={"prompt": "0.1", "completion": "0"}, pricing={"discount": "0.10"})),
        model("acme/two", endpoint("bolt"), default_parameters={"temperature": 1}, reasoning={"mandatory": True}),
        providers=(proxied, BOLT),
    )
    async with a_catalog(tmp_path, {"BOLT_KEY": "b"}) as catalog:
        await catalog.apply(same)
        before, snapshot = await everything(catalog), catalog.snapshot
        applied = await catalog.apply(same)
        assert applied.unchanged == ["provider acme", "provider bolt", "model acme/one", "model acme/two"]
        assert (applied.created, applied.updated, applied.changes) == ([], [], [])
        assert await everything(catalog) == before
        assert catalog.snapshot is snapshot


async def test_changes_are_told_in_words(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(model("acme/one", endpoint(), endpoint(variant="turbo"))))
        moved = {**ACME, "base_url": "http://127.0.0.1:10/v1", "api_key": "sk-another"}
        changed = model("acme/one", endpoint(prompt="0.000003"), endpoint(variant="slow"), context_length=1)
        applied = await catalog.apply(document(changed, providers=(moved,)))
        assert applied.updated == ["provider acme", "model acme/one"]
        assert applied.changes == [
            "provider acme: base_url http://127.0.0.1:9/v1 -> http://127.0.0.1:10/v1",
            "provider acme: api_key changed",
            "model acme/one: context_length 8192 -> 1",
            "model acme/one: endpoint acme: pricing.prompt 0.000001 -> 0.000003",
            "model acme/one: endpoint acme/slow added: prompt 0.000001, completion 0.000002",
            "model acme/one: endpoint acme/turbo removed",
        ]


async def test_what_is_not_named_stays(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(model("acme/one"), model("acme/two")))
        await catalog.apply(document(model("acme/three"), providers=()))
        assert sorted(catalog.snapshot.models) == ["acme/one", "acme/three", "acme/two"]


async def test_a_removed_endpoint_comes_back_as_itself(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(model()))
        first = catalog.snapshot.models["acme/one"].endpoints[0]
        await catalog.apply(document({**model(), "endpoints": []}))
        assert catalog.snapshot.models["acme/one"].endpoints == ()
        assert catalog.snapshot.listed == ()
        await catalog.apply(document(model()))
        assert catalog.snapshot.models["acme/one"].endpoints == (first,)


async def test_a_disabled_endpoint_is_not_offered(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(model("acme/one", endpoint(status="disabled"), endpoint(variant="b"))))
        assert [each.tag for each in catalog.snapshot.models["acme/one"].endpoints] == ["acme/b"]


async def test_every_price_is_kept(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        for prompt in ("0.000001", "0.000001", "0.000005"):
            await catalog.apply(document(model("acme/one", endpoint(prompt=prompt))))
            await asyncio.sleep(0.005)
        endpoint_id = catalog.snapshot.models["acme/one"].endpoints[0].id
        old, new = await catalog.prices(endpoint_id)
        assert [each.pricing.base.prompt for each in (old, new)] == [10**9, 5 * 10**9]
        for at, held in ((0, old), (old.since_ms, old), (new.since_ms - 1, old), (new.since_ms, new)):
            assert await catalog.price_of(endpoint_id, at) == held
        assert await catalog.price_of("ep_none", 0) is None


async def test_keys_are_sealed_in_the_file(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(providers=({**ACME, "proxy": "socks5://me:hidden-pw@127.0.0.1:1"},)))
        assert catalog.snapshot.providers["acme"].proxy == "socks5://me:hidden-pw@127.0.0.1:1"
        exported = to_yaml(await catalog.export())
        assert "env:MODELPORT_ACME_API_KEY" in exported
        assert "env:MODELPORT_ACME_PROXY" in exported
        for content in [exported.encode(), *(path.read_bytes() for path in tmp_path.iterdir())]:  # noqa: ASYNC240
            assert b"sk-very-secret-1" not in content
            assert b"hidden-pw" not in content
        assert "sk-very-secret-1" not in repr(catalog.snapshot)


async def test_a_missing_variable_leaves_the_provider_out(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    async with a_catalog(tmp_path, environ) as catalog:
        await catalog.apply(document(model("bolt/one", endpoint("bolt")), providers=(BOLT,)))
        assert "BOLT_KEY is not set" in catalog.snapshot.inactive["bolt"]
        found = catalog.snapshot.find("bolt/one")
        assert found is not None
        assert found.endpoints == ()
        environ["BOLT_KEY"] = "from-outside"
        await catalog.reload()
        assert catalog.snapshot.models["bolt/one"].endpoints[0].provider.api_key == "from-outside"
        assert not catalog.snapshot.inactive


async def test_another_master_secret_is_a_reason(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(model()))
        stranger = Catalog(catalog._database, Vault(MASTER[::-1]), environ={})
        await stranger.reload()
        assert "can't be opened" in stranger.snapshot.inactive["acme"]
        await stranger.apply(document())
        assert stranger.snapshot.providers["acme"].api_key == "sk-very-secret-1"


async def test_an_export_applies_unchanged(tmp_path: Path) -> None:
    rich = model(
        "acme/one",
        endpoint(variant="z", quantization="fp8", max_completion_tokens=5, supported_parameters=["stop"]),
        endpoint(
            cost={"prompt": "0.0000001", "completion": "0"},
            pricing={
                "discount": "0.25",
                "web_search": "0",
                "overrides": [
                    {"min_prompt_tokens": 9, "prompt": "0.1"},
                    {"utc_start": 2200, "utc_end": 30, "utc_days": ["sunday"], "completion": "0"},
                ],
            },
        ),
        aliases=["~acme/latest"],
        canonical_slug="acme/one-20260101",
        reasoning={"mandatory": False, "supported_efforts": ["high", "low"], "default_enabled": True},
        default_parameters={"temperature": 0.7, "top_k": 20},
        architecture={"input_modalities": ["text", "image"], "tokenizer": "Qwen3", "instruct_type": "chatml"},
    )
    providers = ({**ACME, "timeouts": {"idle": 5}, "renames": {"a": "b"}, "drops": ["c"]}, BOLT)
    async with a_catalog(tmp_path, {"BOLT_KEY": "b"}) as catalog:
        await catalog.apply(
            document(rich, model("acme/one:free", endpoint(prompt="0", completion="0")), providers=providers)
        )
        exported = await catalog.export()
        again = read_text(to_yaml(exported), "exported.yaml", known_providers=())
        assert again == exported
        applied = await catalog.apply(again)
        assert applied.updated == applied.created == applied.changes == []
        assert catalog.snapshot.providers["acme"].api_key == "sk-very-secret-1"


async def test_the_placeholder_counts_once_its_variable_is_set(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    async with a_catalog(tmp_path, environ) as catalog:
        await catalog.apply(document())
        environ["MODELPORT_ACME_API_KEY"] = "sk-new"
        applied = await catalog.apply(await catalog.export())
        assert applied.changes == ["provider acme: api_key changed"]
        assert catalog.snapshot.providers["acme"].api_key == "sk-new"


class TestBuiltin:
    """What the server keeps in the catalogue itself."""

    LOCAL: ClassVar[dict[str, Any]] = {"slug": "local", "name": "This machine", "base_url": ""}

    def built_in(self) -> Document:
        free = model("local/small:free", endpoint("local", "0", "0"))
        return Document.model_validate({"providers": [self.LOCAL], "models": [free]}, context={"builtin": True})

    async def test_gets_its_address_while_it_runs(self, tmp_path: Path) -> None:
        async with a_catalog(tmp_path) as catalog:
            catalog.set_runtime_address("local", "http://127.0.0.1:5001/v1", "k")
            await catalog.apply(self.built_in(), source="builtin")
            (only,) = catalog.snapshot.models["local/small:free"].endpoints
            assert (only.provider.base_url, only.provider.api_key) == ("http://127.0.0.1:5001/v1", "k")
            before = catalog.snapshot
            catalog.set_runtime_address("local", "")
            assert catalog.snapshot.version == before.version + 1
            assert catalog.snapshot.models["local/small:free"].endpoints[0].provider.base_url == ""
            assert catalog.snapshot.models["local/small:free"].is_free
            assert before.providers["local"].base_url, "a snapshot in use never changes"
            await catalog.reload()
            assert catalog.snapshot.providers["local"].base_url == ""

    async def test_does_not_touch_what_the_operator_keeps(self, tmp_path: Path) -> None:
        async with a_catalog(tmp_path) as catalog:
            await catalog.apply(self.built_in(), source="builtin")
            assert (await catalog.export()).all_models == []
            mine = model("local/small:free", endpoint("local", "0", "0"), name="Mine")
            await catalog.apply(document(mine, providers=()))
            applied = await catalog.apply(self.built_in(), source="builtin")
            assert applied.unchanged == ["provider local", "model local/small:free"]
            assert catalog.snapshot.models["local/small:free"].name == "Mine"
            assert [each.id for each in (await catalog.export()).all_models] == ["local/small:free"]

    def test_only_the_server_itself_may_leave_the_address_out(self) -> None:
        with pytest.raises(ValueError, match="base_url"):
            Document.model_validate({"provider": self.LOCAL})


class TestRefused:
    """A document that makes no sense together with what is there."""

    @pytest.mark.parametrize(
        ("faulty", "words"),
        [
            (model("a/b", endpoint("nobody")), "no provider is called 'nobody'"),
            (model("a/b", aliases=["acme/one"]), "also the id of a model"),
            (model("a/b", aliases=["acme/uno"]), "leads to 'acme/one' already"),
            (model("acme/uno"), "has the alias 'acme/uno'"),
        ],
    )
    async def test_as_a_whole(self, tmp_path: Path, faulty: dict[str, Any], words: str) -> None:
        async with a_catalog(tmp_path) as catalog:
            await catalog.apply(document(model(aliases=["acme/uno"])))
            before = await everything(catalog)
            with pytest.raises(Refused, match=words):
                await catalog.apply(document(model("acme/fine"), faulty, providers=()))
            assert await everything(catalog) == before


async def test_a_file_may_name_providers_of_the_database(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document())
        path = tmp_path / "more.yaml"
        path.write_text(to_yaml(document(model("acme/two"), providers=())))
        await catalog.apply(await catalog.read_file(path))
        assert catalog.snapshot.find("acme/two")
        path.write_text(path.read_text().replace("provider: acme", "provider: acmee"))
        with pytest.raises(FileFaults, match="did you mean `acme`"):
            await catalog.read_file(path)


async def test_finds_by_id_alias_and_canonical_slug(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        dated = model("acme/one", aliases=["~acme/latest"], canonical_slug="acme/one-2026")
        free = model("acme/one:free", endpoint(prompt="0", completion="0"), canonical_slug="acme/one-2026")
        await catalog.apply(document(free, dated))
        for name in ("acme/one", "~acme/latest", "acme/one-2026"):
            found = catalog.snapshot.find(name)
            assert found is not None
            assert found.id == "acme/one"
        assert catalog.snapshot.find("acme/none") is None
        assert catalog.snapshot.models["acme/one:free"].is_free
        assert not catalog.snapshot.models["acme/one"].is_free


async def test_two_processes_apply_at_once(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as one:
        database = Database(None, tmp_path / "catalog.db")
        two = Catalog(database, Vault(MASTER), environ={})
        try:
            await asyncio.gather(*(each.apply(document(model())) for each in (one, two) * 4))
            await asyncio.gather(one.reload(), two.reload())
        finally:
            await database.close()
        assert replace(one.snapshot, version=0) == replace(two.snapshot, version=0)
        assert len(await one.prices(one.snapshot.models["acme/one"].endpoints[0].id)) == 1

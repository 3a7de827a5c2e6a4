"""Data policies and several keys of one provider: from the file into the snapshot, and back out without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalog_samples import ACME, MASTER, endpoint, model

from modelport.catalog.document import Document
from modelport.catalog.service import Catalog
from modelport.db.base import metadata
from modelport.db.database import Database
from modelport.kit.vault import Vault
from modelport.providers.provider import DataPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEYS = [{"name": "a", "key": "sk-secret-a", "weight": 3}, {"name": "b", "key": "env:KEY_B"}]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(None, tmp_path / "policies.db")
    await made.write(metadata.create_all)
    yield made
    await made.close()


async def applied(database: Database, provider: dict[str, Any], environ: dict[str, str]) -> Catalog:
    catalog = Catalog(database, Vault(MASTER), environ=environ)
    document = {"providers": [provider], "models": [model(is_distillable=True)]}
    await catalog.apply(Document.model_validate(document))
    return catalog


async def test_several_keys_are_sealed_and_read_back(database: Database) -> None:
    catalog = await applied(database, {**ACME, "api_keys": KEYS}, {"KEY_B": "sk-secret-b"})
    keys = catalog.snapshot.providers["acme"].keys
    assert [(key.name, key.key, key.weight) for key in keys] == [
        ("main", "sk-very-secret-1", 1),
        ("a", "sk-secret-a", 3),
        ("b", "sk-secret-b", 1),
    ]
    assert "sk-" not in repr(catalog.snapshot.providers["acme"])
    exported = await catalog.export()
    assert "sk-secret" not in exported.model_dump_json()
    again = await catalog.apply(exported)
    assert again.updated == []


async def test_a_provider_serves_with_the_keys_that_can_be_had(database: Database) -> None:
    provider = {**ACME, "api_key": "", "api_keys": KEYS}
    catalog = await applied(database, provider, {})
    assert [key.name for key in catalog.snapshot.providers["acme"].keys] == ["a"]
    await catalog.apply(Document.model_validate({"provider": {**provider, "api_keys": KEYS[1:]}}))
    assert "KEY_B" in catalog.snapshot.inactive["acme"]


async def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Document.model_validate({"provider": {**ACME, "api_keys": [KEYS[0], KEYS[0]]}})


async def test_policies_tiers_and_lifetimes_reach_the_snapshot(database: Database) -> None:
    catalog = Catalog(database, Vault(MASTER))
    kept = {"training": False, "retains_prompts": True, "retention_days": 30}
    one = model(
        "acme/one",
        endpoint(),
        endpoint(variant="flex", service_tier="flex", data_policy={"zdr": True}),
        is_distillable=True,
    )
    document = {"provider": {**ACME, "data_policy": kept, "cache_seconds": 3600}, "model": one}
    await catalog.apply(Document.model_validate(document))
    found = catalog.snapshot.models["acme/one"]
    plain, flex = sorted(found.endpoints, key=lambda each: each.tag)
    assert found.is_distillable
    assert plain.data_policy == DataPolicy(training=False, retains_prompts=True, retention_days=30)
    assert (plain.service_tier, flex.service_tier) == (None, "flex")
    assert flex.data_policy == DataPolicy(zdr=True)
    assert plain.provider.cache_seconds == 3600
    assert (await catalog.apply(await catalog.export())).updated == []


@pytest.mark.parametrize(
    ("policy", "collects", "is_zdr"),
    [
        (DataPolicy(), True, False),
        (DataPolicy(training=False), True, False),
        (DataPolicy(training=False, retains_prompts=False), False, True),
        (DataPolicy(training=True, retains_prompts=False), True, False),
        (DataPolicy(zdr=True), False, True),
        (DataPolicy(training=False, retains_prompts=False, may_publish=True), True, True),
        (DataPolicy(training=False, retains_prompts=True, safety_retention=True), True, False),
        (DataPolicy(zdr=True, safety_retention=True), True, False),
    ],
)
def test_what_is_unknown_counts_as_the_worse(policy: DataPolicy, *, collects: bool, is_zdr: bool) -> None:
    assert (policy.collects, policy.is_zdr) == (collects, is_zdr)

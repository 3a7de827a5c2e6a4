"""The catalogue on both databases: what sleeps, what is applied by its token, which prices held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from modelport.catalog.document import Document
from modelport.catalog.errors import Stale
from modelport.catalog.service import Catalog
from modelport.kit.vault import Vault

if TYPE_CHECKING:
    from db.database_places import Place

MASTER = b"0123456789abcdef0123456789abcdef"


def document(prompt: str = "0.000001") -> Document:
    def model(name: str, provider: str) -> dict[str, Any]:
        pricing = {"prompt": prompt, "completion": "0.000002"}
        endpoint = {"provider": provider, "upstream_model": "u", "pricing": pricing, "source": "synced"}
        return {"id": f"acme/{name}", "name": name, "context_length": 9, "source": "synced", "endpoints": [endpoint]}

    awake = {"slug": "awake", "name": "Awake", "base_url": "http://127.0.0.1:9/v1"}
    asleep = {"slug": "asleep", "name": "Asleep", "base_url": "http://127.0.0.1:9/v1", "api_key": "env:NOT_THERE",
              "source": "synced"}  # fmt: skip
    return Document.model_validate(
        {
            "authors": [{"slug": "acme", "name": "Acme"}],
            "providers": [awake, asleep],
            "models": [model("one", "awake"), model("two", "asleep")],
        }
    )


async def test_what_sleeps_is_read_when_it_is_asked_for(place: Place) -> None:
    database = place.open()
    catalog = Catalog(database, Vault(MASTER), environ={})
    await catalog.apply(document())
    assert list(catalog.snapshot.models) == ["acme/one"]
    assert list(catalog.snapshot.dormant) == ["asleep"]
    assert set((await catalog.whole()).shown) == {"acme/one", "acme/two"}
    seen = await catalog.preview(document("0.000003"))
    assert len(seen.differences) == 2
    await catalog.apply(document("0.000003"), only=seen.token)
    with pytest.raises(Stale):
        await catalog.apply(document("0.000004"), only=seen.token)
    endpoint = catalog.snapshot.models["acme/one"].endpoints[0]
    held = [each.pricing.base.prompt for each in await catalog.prices(endpoint.id)]
    assert held == [1_000_000_000, 3_000_000_000]
    await catalog.set_key(Document(), "asleep", "sk-secret")
    assert set(catalog.snapshot.models) == {"acme/one", "acme/two"}
    assert await catalog.remove_keys("asleep") == ["main"]
    assert set(catalog.snapshot.models) == {"acme/one"}
    await catalog.remember("k", "1")
    await catalog.remember("k", "2")
    assert await catalog.remembered("k") == "2"

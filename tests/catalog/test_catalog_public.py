"""Public addresses beside the plain list: marks for caches, the feed, vectors, endpoints that keep nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from catalog_samples import ACME, BOLT, a_catalog, document, endpoint, model, server
from openrouter import OpenRouter

from modelport.catalog.measured import EndpointFigures, Measured

if TYPE_CHECKING:
    from pathlib import Path

EMBEDS = model("acme/vectors", architecture={"output_modalities": ["embeddings"]})


async def test_a_caller_who_has_the_list_already_is_told_so(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog, server(catalog) as client:
        await catalog.apply(document(model()))
        for path in ("/models", "/models?q=one", "/model/acme/one", "/embeddings/models", "/endpoints/zdr"):
            first = await client.get(f"/api/v1{path}")
            assert first.headers["cache-control"] == "public, no-cache"
            again = await client.get(f"/api/v1{path}", headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
            assert (again.status_code, again.content) == (304, b"")
        before = (await client.get("/api/v1/models")).headers["etag"]
        await catalog.apply(document(model("acme/one", endpoint(prompt="0.5"))))
        after = await client.get("/api/v1/models", headers={"if-none-match": before})
        assert (after.status_code, after.headers["etag"] != before) == (200, True)


async def test_the_feed_is_well_formed_whatever_a_model_is_called(tmp_path: Path) -> None:
    odd = model("acme/odd", name="<b>&\x0b</b>", description="]]> & more", created=1_760_000_000)
    async with a_catalog(tmp_path) as catalog, server(catalog) as client:
        await catalog.apply(document(model(), odd))
        answer = await client.get("/api/v1/models?use_rss=true")
        assert answer.headers["content-type"].startswith("application/rss+xml")
        items = ET.fromstring(answer.text).findall("./channel/item")  # noqa: S314 (our own answer)
        assert [each.findtext("title") for each in items] == ["<b>&</b>", "Name of acme/one"]
        assert items[0].findtext("link") == "http://catalog.test/acme/odd"
        assert items[0].findtext("pubDate") == "Thu, 09 Oct 2025 08:53:20 +0000"
        chats = await client.get("/api/v1/models?use_rss=true&use_rss_chat_links=true")
        links = [each.text or "" for each in ET.fromstring(chats.text).iter("link")]  # noqa: S314 (as above)
        assert any(each.endswith("/chat?model=acme/one") for each in links)
        found = ET.fromstring((await client.get("/api/v1/models?use_rss=true&q=odd")).text)  # noqa: S314 (as above)
        assert len(found.findall("./channel/item")) == 1


async def test_official_clients_read_the_special_lists(tmp_path: Path) -> None:
    zdr = {**ACME, "data_policy": {"zdr": True}}
    figures = EndpointFigures(
        status=-1,
        uptime_30m=99.5,
        latency={"p50": 120, "p75": 200, "p90": 300, "p99": 900},
        throughput={"p50": 80, "p75": 70, "p90": 60, "p99": 10},
    )
    async with a_catalog(tmp_path, {"BOLT_KEY": "b"}) as catalog, server(catalog) as client:
        await catalog.apply(document(EMBEDS, model("acme/one", endpoint(), endpoint("bolt")), providers=(zdr, BOLT)))
        catalog.measured = Measured(endpoint=lambda _: figures)
        sdk = OpenRouter(api_key="k", server_url="http://catalog.test/api/v1", async_client=client)
        vectors = await sdk.embeddings.list_models_async()
        assert vectors is not None
        assert [each.id for each in vectors.result.data] == ["acme/vectors"]
        kept_nothing = await sdk.endpoints.list_zdr_endpoints_async()
        assert [(each.model_id, each.tag) for each in kept_nothing.data] == [
            ("acme/one", "acme"),
            ("acme/vectors", "acme"),
        ]
        (first, _) = (await sdk.endpoints.list_async(author="acme", slug="one")).data.endpoints
        # How quick they are is for callers whom the server knows (`tests/web/test_web_market.py`): it knows none here.
        assert (first.latency_last_30m, first.uptime_last_30m, first.status) == (None, 99.5, -1)
        one = await sdk.models.get_async(author="acme", slug="one")
        assert one.data.id == "acme/one"
        filtered = await sdk.models.list_async(zdr="true", sort="throughput-high-to-low", region=None)
        assert filtered is not None
        assert [each.id for each in filtered.result.data] == ["acme/one"]
        images = await sdk.images.list_models_async()
        assert images.data == []

"""Syncing with packages and providers: shown first, applied on consent; and a key that makes models callable."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from catalog_samples import a_catalog, document, endpoint, model, server
from sqlalchemy import text

from modelport.catalog import sync as sync_module
from modelport.catalog.document import Document
from modelport.catalog.errors import CannotAsk, KeyNotTaken, NoSuchProvider, Stale
from modelport.catalog.offers.guard import may_ask
from modelport.catalog.offers.offer import Offer
from modelport.catalog.sync import PACKAGES, Sync

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from sqlalchemy import Connection

    from modelport.catalog.service import Catalog

PRICED = {"prompt": "0.000001", "completion": "0.000002"}


@dataclass
class Upstream:
    """A provider that has a list of models, takes one key, and counts what it is asked."""

    key: str = "sk-good"
    listed: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "gpt-4o"}, {"id": "brand-new"}])
    public: bool = False
    """Whether anybody gets the list."""
    asked: list[str] = field(default_factory=list[str])
    url: str = ""

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    async def models(self, request: web.Request) -> web.Response:
        self.asked.append("models")
        if not self.public and not self._knows(request):
            return web.json_response({"error": {"message": "no"}}, status=401)
        return web.json_response({"data": self.listed})

    async def chat(self, request: web.Request) -> web.Response:
        self.asked.append(f"chat {(await request.json())['model']}")
        return web.json_response({}, status=200 if self._knows(request) else 401)


@asynccontextmanager
async def upstream(**facts: Any) -> AsyncGenerator[Upstream]:
    one = Upstream(**facts)
    app = web.Application()
    app.router.add_get("/v1/models", one.models)
    app.router.add_post("/v1/chat/completions", one.chat)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield one
    finally:
        await runner.cleanup()


def known(url: str) -> Document:
    """The catalogue as a first start leaves it, with the provider's address on this machine."""
    provider = {"slug": "openai", "base_url": url, "source": "synced", "name": "OpenAI", "kind": "openai",
                "api_key": "env:OPENAI_API_KEY"}  # fmt: skip

    def synced(name: str, prompt: str = "0.0000025") -> dict[str, Any]:
        one = endpoint("openai", prompt, "0.00001", upstream_model=name, source="synced")
        return model(f"openai/{name}", one, source="synced", context_length=128_000)

    return Document.model_validate(
        {"providers": [provider], "models": [synced("gpt-4o"), synced("gpt-4o-mini", "0.00000015"), synced("o3")]}
    )


async def the_rows(catalog: Catalog, query: str) -> list[tuple[Any, ...]]:
    def work(connection: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(text(query))]

    return await catalog._database.read(work)


async def test_one_key_makes_a_provider_s_models_callable(tmp_path: Path) -> None:
    listed = [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}, {"id": "brand-new"}]
    async with upstream(listed=listed) as one, a_catalog(tmp_path) as catalog, server(catalog) as client:
        await catalog.apply(known(one.url))
        assert (catalog.snapshot.listed, list(catalog.snapshot.dormant)) == ((), ["openai"])
        assert len((await client.get("/api/v1/models?status=inactive")).json()["data"]) == 3
        done = await Sync(catalog).add_provider_key("openai", "sk-good")
        assert done.verified
        assert done.models == ["openai/gpt-4o", "openai/gpt-4o-mini"]
        assert done.applied is not None
        words = [each.words for each in done.applied.differences]
        assert words == ["author openai added", "model openai/o3: endpoint openai removed"]
        assert done.notes == ["No price is known, so these are left out: openai: brand-new."]
        assert one.asked == ["models", "models"]
        assert catalog.snapshot.providers["openai"].api_key == "sk-good"
        ((stored,),) = await the_rows(catalog, "SELECT api_key FROM providers")
        assert "sk-good" not in stored
        assert stored != "env:OPENAI_API_KEY"
        assert len((await client.get("/api/v1/models")).json()["data"]) == 2


async def test_a_wrong_key_changes_nothing(tmp_path: Path) -> None:
    async with upstream() as one, a_catalog(tmp_path) as catalog:
        await catalog.apply(known(one.url))
        with pytest.raises(KeyNotTaken, match="OpenAI refuses this key"):
            await Sync(catalog).add_provider_key("openai", "sk-bad")
        assert catalog.snapshot.providers == {}


async def test_where_anybody_gets_the_list_a_key_is_tried_by_one_token(tmp_path: Path) -> None:
    async with upstream(public=True) as one, a_catalog(tmp_path) as catalog:
        await catalog.apply(known(one.url))
        with pytest.raises(KeyNotTaken):
            await Sync(catalog).add_provider_key("openai", "sk-bad")
        assert one.asked[-1] == "chat gpt-4o-mini"
        assert (await Sync(catalog).add_provider_key("openai", "sk-good")).verified


async def test_a_key_that_can_t_be_tried_is_taken_on_request_only(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(known("http://127.0.0.1:9/v1"))
        with pytest.raises(CannotAsk, match="could not be reached"):
            await Sync(catalog).add_provider_key("openai", "sk")
        done = await Sync(catalog).add_provider_key("openai", "sk", unverified=True)
        assert (done.verified, len(done.models)) == (False, 3)
        assert "could not be reached" in done.notes[0]


async def test_several_keys_stand_side_by_side(tmp_path: Path) -> None:
    async with upstream() as one, a_catalog(tmp_path) as catalog:
        await catalog.apply(known(one.url))
        sync = Sync(catalog)
        await sync.add_provider_key("openai", "sk-good", name="second")
        assert [each.name for each in catalog.snapshot.providers["openai"].keys] == ["second"]
        await sync.add_provider_key("openai", "sk-good")
        assert [each.name for each in catalog.snapshot.providers["openai"].keys] == ["main", "second"]


async def test_a_key_that_is_there_is_tried(tmp_path: Path) -> None:
    async with upstream() as one, a_catalog(tmp_path) as catalog:
        await catalog.apply(known(one.url))
        sync = Sync(catalog)
        await sync.add_provider_key("openai", "sk-good")
        await sync.try_key("openai", "main")
        one.key = "sk-other"
        with pytest.raises(KeyNotTaken):
            await sync.try_key("openai", "main")
        with pytest.raises(NoSuchProvider, match="no key called"):
            await sync.try_key("openai", "second")


async def test_some_of_what_was_shown_is_taken(tmp_path: Path) -> None:
    reference = {"architecture": {"output_modalities": ["text"]}, "context_length": 128_000}

    def card(name: str, prompt: str) -> dict[str, Any]:
        return {"id": name, "pricing": {"prompt": prompt, "completion": "0.00001"}, **reference}

    listed = [card("gpt-4o", "0.0000030"), card("gpt-4o-mini", "0.0000004"), card("o3", "0.0000025")]
    async with upstream(listed=listed) as one, a_catalog(tmp_path, {"OPENAI_API_KEY": "sk-good"}) as catalog:
        await catalog.apply(known(one.url))
        sync = Sync(catalog)
        token = (await sync.propose("openai")).applied.token
        with pytest.raises(Stale):
            await sync.take("openai", "another", only=["openai/gpt-4o"])
        taken = await sync.take("openai", token, only=["openai/gpt-4o"])
        assert "model openai/gpt-4o" in {each.subject for each in taken.applied.differences}
        left = (await sync.propose("openai")).applied.differences
        assert {each.subject for each in left} == {"model openai/gpt-4o-mini", "model openai/o3"}


async def test_addresses_inside_are_refused_before_any_connection(tmp_path: Path) -> None:
    async with upstream() as one, a_catalog(tmp_path) as catalog:
        await catalog.apply(known(one.url))
        with pytest.raises(CannotAsk):
            await Sync(catalog, private=False).add_provider_key("openai", "sk-good")
        assert one.asked == []


@pytest.mark.parametrize(
    ("address", "anywhere", "outside"),
    [
        ("127.0.0.1", True, False),
        ("10.1.2.3", True, False),
        ("::1", True, False),
        ("::ffff:127.0.0.1", True, False),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),  # noqa: S104 (refused)
        ("224.0.0.1", False, False),
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
    ],
)
def test_which_addresses_may_be_asked(address: str, *, anywhere: bool, outside: bool) -> None:
    assert may_ask(address, private=True) is anywhere
    assert may_ask(address, private=False) is outside


async def test_a_provider_that_nobody_knows(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        with pytest.raises(NoSuchProvider, match="`modelport providers` lists"):
            await Sync(catalog).add_provider_key("nobody", "k")
        with pytest.raises(NoSuchProvider):
            await Sync(catalog).propose("nobody")


async def test_an_engine_of_one_s_own_needs_no_key_and_costs_nothing(tmp_path: Path) -> None:
    async with upstream(public=True, listed=[{"id": "llama3.2:3b"}]) as one, a_catalog(tmp_path) as catalog:
        host = one.url.removesuffix("/v1")
        done = await Sync(catalog).add_provider_key("ollama", "", options={"host": host})
        assert (done.verified, done.models) == (True, ["ollama/llama3.2-3b"])
        assert catalog.snapshot.models["ollama/llama3.2-3b"].is_free
        one.listed.append({"id": "qwen3:8b"})
        proposal = await Sync(catalog).take("ollama", free=True)
        assert [each.words for each in proposal.applied.differences][-2:] == [
            "model ollama/qwen3-8b added",
            "model ollama/qwen3-8b: endpoint ollama added: prompt 0, completion 0",
        ]


async def test_a_sync_shows_prices_and_removals_and_applies_what_was_seen(tmp_path: Path) -> None:
    reference = {"architecture": {"output_modalities": ["text"]}, "context_length": 128_000}

    def card(name: str, prompt: str) -> dict[str, Any]:
        return {"id": name, "pricing": {"prompt": prompt, "completion": "0.00001"}, **reference}

    listed = [card("gpt-4o", "0.0000030"), card("gpt-4o-mini", "0.00000015"), card("gpt-9", "0.1")]
    async with upstream(listed=listed) as one, a_catalog(tmp_path, {"OPENAI_API_KEY": "sk-good"}) as catalog:
        await catalog.apply(known(one.url))
        sync = Sync(catalog)
        proposal = await sync.propose("openai")
        words = [each.words for each in proposal.applied.differences]
        assert "model openai/gpt-4o: endpoint openai: pricing.prompt 0.0000025 -> 0.000003" in words
        assert "model openai/gpt-9: endpoint openai added: prompt 0.1, completion 0.00001" in words
        assert "model openai/o3: endpoint openai removed" in words
        assert not any("gpt-4o-mini: endpoint" in each for each in words)
        endpoint_id = catalog.snapshot.models["openai/gpt-4o"].endpoints[0].id
        one.listed = [card("gpt-4o", "0.0000040"), *listed[1:]]
        with pytest.raises(Stale):
            await sync.take("openai", proposal.applied.token)
        assert len(await catalog.prices(endpoint_id)) == 1
        again = await sync.propose("openai")
        await sync.take("openai", again.applied.token)
        assert [each.pricing.base.prompt for each in await catalog.prices(endpoint_id)] == [
            2_500_000_000,
            4_000_000_000,
        ]
        assert (await sync.propose("openai")).applied.differences == []


async def test_what_the_operator_keeps_is_left_alone(tmp_path: Path) -> None:
    own = model("openai/gpt-4o", endpoint("acme"), name="Ours", context_length=5)
    async with a_catalog(tmp_path) as catalog:
        await catalog.apply(document(own))
        sync = Sync(catalog)
        offer = Offer(
            provider="openai", upstream_model="gpt-4o", model_id="openai/gpt-4o", name="Theirs", context_length=9,
            pricing=PRICED,
        )  # fmt: skip
        mine = Offer(provider="acme", upstream_model="x", model_id="openai/gpt-4o", pricing=PRICED)
        proposal = await sync._proposal(PACKAGES, [offer, mine])
        assert [each.words for each in proposal.applied.differences] == [
            "author openai added",
            "provider openai added",
            "model openai/gpt-4o: endpoint openai added: prompt 0.000001, completion 0.000002",
        ]


async def test_a_first_start_knows_models_and_a_later_one_touches_nothing_callable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [Offer(provider="openai", upstream_model="gpt-4o", model_id="openai/gpt-4o", pricing=PRICED,
                   context_length=9), Offer(provider="groq", upstream_model="g", model_id="openai/gpt-oss-20b",
                   pricing=PRICED, context_length=9)]  # fmt: skip

    async def packages() -> list[Offer]:
        return given

    now = ["first"]
    monkeypatch.setattr(sync_module, "read_packages", packages)
    monkeypatch.setattr(sync_module, "edition", lambda: now[0])
    async with a_catalog(tmp_path, {"OPENAI_API_KEY": "k"}) as catalog:
        sync = Sync(catalog)
        first = await sync.seed()
        assert first is not None
        assert first.created[-2:] == ["model openai/gpt-4o", "model openai/gpt-oss-20b"]
        assert catalog.snapshot.listed == ("openai/gpt-4o",)
        assert await sync.is_seeded()
        assert await sync.seed() is None
        dearer = {"prompt": "0.5", "completion": "0.5"}
        given[:] = [Offer(provider=each.provider, upstream_model=each.upstream_model, model_id=each.model_id,
                          pricing=dearer, context_length=9) for each in given]  # fmt: skip
        now[0] = "second"
        second = await sync.seed()
        assert second is not None
        assert [each.words for each in second.differences] == [
            f"model openai/gpt-oss-20b: endpoint groq: pricing.{key} {PRICED[key]} -> 0.5"
            for key in ("completion", "prompt")
        ]
        wanted = await sync.propose(PACKAGES)
        assert {each.subject for each in wanted.applied.differences} == {"model openai/gpt-4o"}


async def test_the_real_packages_are_read_by_a_process_of_their_own(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog, server(catalog) as client:
        applied = await Sync(catalog).seed()
        assert applied is not None
        assert len(applied.created) > 400
        assert catalog.snapshot.listed == ()
        assert catalog.snapshot.shown == {}
        whole = (await client.get("/api/v1/models?status=inactive")).json()
        assert whole["total_count"] > 400
        card = (await client.get("/api/v1/model/anthropic/claude-sonnet-4.5")).json()["data"]
        assert card["name"] == "Anthropic: Claude Sonnet 4.5"
        assert any(each["environment"] == "ANTHROPIC_API_KEY" for each in card["activation"])
        shown = (await client.get("/api/v1/models/anthropic/claude-sonnet-4.5/endpoints?status=all")).json()["data"]
        assert {"anthropic"} <= {each["tag"] for each in shown["endpoints"]}
        assert all(each["is_active"] is False for each in shown["endpoints"])
        assert (await Sync(catalog).propose(PACKAGES)).applied.differences == []

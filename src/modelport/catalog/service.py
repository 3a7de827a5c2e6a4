"""The catalogue's door: the snapshot in memory, and everything that changes what is in the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.catalog import building, reading, rows, shelf, store, tables
from modelport.catalog.applying import Applied, Source, apply
from modelport.catalog.building import Address
from modelport.catalog.document import Document, ProviderEntry
from modelport.catalog.errors import NoSuchProvider
from modelport.catalog.measured import Nothing
from modelport.catalog.sealing import Sealing, key_field
from modelport.catalog.snapshot import Pricing, Snapshot
from modelport.db import changes
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from modelport.catalog.snapshot import Endpoint, Model, Shown
    from modelport.db.database import Database
    from modelport.keys.access import Principal
    from modelport.kit.vault import Vault
    from modelport.providers.provider import Provider

__all__ = ["Applied", "Catalog", "PriceChange", "Source", "View"]

_WHOLE_SECONDS = 120.0
View = Callable[["Principal"], Awaitable[Callable[["Model", "Endpoint"], bool] | None]]
"""Says of a caller which endpoints they may use; None for all of them."""


class PriceChange(NamedTuple):
    """Prices of an endpoint from a moment on."""

    since_ms: int
    pricing: Pricing
    cost_pricing: Pricing | None


class Catalog:
    """The catalogue of one server process."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        environ: Mapping[str, str] | None = None,
        public_url: str | None = None,
        switched_off: frozenset[str] = frozenset(),
    ) -> None:
        """`environ` is where `env:NAME` is looked up; the process's environment by default.

        `switched_off` are providers of our own that don't run beside this process: for it they don't exist.
        """
        self._database, self._vault, self._switched_off = database, vault, switched_off
        self._environ = os.environ if environ is None else environ
        self._addresses: dict[str, Address] = {}
        self._reloading, self._reading_whole = asyncio.Lock(), asyncio.Lock()
        self._whole: Snapshot | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        self.snapshot = Snapshot()
        """The catalogue now. Take it once a request: the next look may see another."""
        self.measured = Nothing
        """What is measured of models while they are used: set by the composition root."""
        self.public_url = public_url
        """The address people reach the server by, where it is known."""
        self._views: list[View] = []

    async def reload(self) -> None:
        """Reads the database and swaps the snapshot: at start, and when another process changed something."""
        # In turn, so that a slow read never replaces the outcome of a later one.
        async with self._reloading:
            self._swap(await self._built(asleep=self._is_asleep))

    async def whole(self) -> Snapshot:
        """The catalogue with everything that only waits for a key, which the snapshot leaves out.

        Kept for a while: a page of the web app asks for it more than once.
        """
        async with self._reading_whole:
            if self._whole is None or self._whole.version != self.snapshot.version:
                version = self.snapshot.version
                self._whole = replace(await self._built(asleep=None), version=version)
            if self._forgetting is not None:
                self._forgetting.cancel()
            self._forgetting = asyncio.get_running_loop().call_later(_WHOLE_SECONDS, self._forget_whole)
            return self._whole

    def _forget_whole(self) -> None:
        self._whole = self._forgetting = None

    async def _built(self, *, asleep: Callable[[store.Row], bool] | None) -> Snapshot:
        every = await self._database.read(lambda connection: store.load(connection, asleep=asleep))
        loaded = store.without(every, self._switched_off)
        built = await asyncio.to_thread(building.build, loaded, self._vault, self._environ)
        for slug, address in self._addresses.items():
            built = building.with_address(built, slug, address)
        return built

    def _is_asleep(self, row: store.Row) -> bool:
        return row["source"] == "synced" and not building.has_key(row, Sealing(self._vault, self._environ, row["slug"]))

    async def apply(self, document: Document, *, source: Source = "operator", only: str | None = None) -> Applied:
        """Brings database and snapshot in line with `document`; what it doesn't name stays.

        Raises `Refused` when it can't be, and `Stale` when `only`, a token of `preview`, stands for other
        differences; nothing is changed then.
        """

        def work(connection: Connection) -> Applied:
            return apply(connection, document, source=source, vault=self._vault, environ=self._environ, only=only)

        applied = await self._database.write(work)
        if applied.created or applied.updated:
            await self.reload()
        return applied

    async def preview(self, document: Document) -> Applied:
        """What `apply` would change, with the token that holds it to that."""

        def work(connection: Connection) -> Applied:
            return apply(connection, document, source="operator", vault=self._vault, environ=self._environ, dry=True)

        # In a writing transaction, so that nothing changes halfway through.
        return await self._database.write(work)

    def limit_views(self, view: View) -> None:
        """Lets another domain (guardrails, preferences) narrow what a caller sees: all of them must allow it."""
        self._views.append(view)

    async def shown_to(self, caller: Principal) -> list[Shown]:
        """The models that a caller may use, each with the endpoints that they may."""
        tests = [test for view in self._views if (test := await view(caller)) is not None]

        def allowed(model: Model, endpoint: Endpoint) -> bool:
            return all(test(model, endpoint) for test in tests)

        every = self.snapshot.shown.values()
        if not tests:
            return [each for each in every if each.is_active]
        return [left for each in every if (left := shelf.restricted(each, allowed)) is not None and left.is_active]

    async def loaded(self) -> store.Loaded:
        """Every row, for those who work out what to apply."""
        return await self._database.read(store.load)

    async def known_providers(self) -> list[store.Row]:
        """The rows of every provider but those that are switched off here."""
        return store.without(await self.loaded(), self._switched_off).providers

    async def as_provider(self, document: Document, slug: str) -> Provider:
        """The record of a provider, its keys left out: one of `document`, or one that is there."""
        entry = next((each for each in document.providers if each.slug == slug), None)
        if entry is not None:
            row: Mapping[str, Any] = {**rows.provider_to_row(entry)}
        else:
            row = next(row for row in (await self.loaded()).providers if row["slug"] == slug)
        sealing = Sealing(self._vault, self._environ, slug)
        proxy = row.get("proxy")
        return rows.provider_from_row(
            row,
            keys=(),
            proxy=sealing.reveal("proxy", proxy) if proxy else None,
            headers=building.headers(row, sealing),
        )

    async def set_key(self, document: Document, slug: str, key: str, *, name: str | None = None) -> None:
        """Seals a provider's key, after applying what `document` says of it; with a name beside its other keys."""

        def work(connection: Connection) -> None:
            if document.providers:
                apply(connection, document, source="operator", vault=self._vault, environ=self._environ)
            store.lock(connection)
            row = store.provider(connection, slug)
            assert row is not None, "the caller found it, or has it added"
            sealing = Sealing(self._vault, self._environ, slug)
            if name is None:
                values: dict[str, Any] = {"api_key": sealing.store("api_key", key, row["api_key"])}
            else:
                others = [each for each in row["api_keys"] if each["name"] != name]
                sealed = sealing.store(key_field(name), key, None)
                values = {"api_keys": [*others, {"name": name, "key": sealed, "weight": 1}]}
            store.change(connection, tables.providers, slug, values)
            changes.note(connection, "catalog", slug)

        await self._database.write(work)
        await self.reload()

    async def remove_keys(self, slug: str) -> list[str]:
        """Forgets a provider's keys, and gives their names; it waits for one again.

        Raises `NoSuchProvider`.
        """

        def work(connection: Connection) -> list[str]:
            store.lock(connection)
            row = store.provider(connection, slug)
            if row is None:
                raise NoSuchProvider(f"No provider is called {slug!r}.")
            known = ROWS.get(row["kind"] or slug)
            variable = known.key_variable if known is not None else ""
            empty = f"env:{variable}" if variable else f"env:MODELPORT_{slug.upper().replace('-', '_')}_API_KEY"
            store.change(connection, tables.providers, slug, {"api_key": empty, "api_keys": []})
            changes.note(connection, "catalog", slug)
            return (["main"] if row["api_key"] else []) + [each["name"] for each in row["api_keys"]]

        removed = await self._database.write(work)
        await self.reload()
        return removed

    async def remembered(self, key: str) -> str | None:
        """What `remember` kept."""
        return await self._database.read(lambda connection: store.state(connection, key))

    async def remember(self, key: str, value: str) -> None:
        """Keeps a word about the catalogue as a whole."""
        await self._database.write(lambda connection: store.put_state(connection, key, value))

    async def read_file(self, path: Path) -> Document:
        """Reads a catalogue file, knowing the providers that are there already.

        Raises `FileFaults` with everything that is wrong in it, and `OSError` when it can't be opened.
        """
        content = await asyncio.to_thread(path.read_bytes)
        loaded = await self._database.read(store.load)
        known = [row["slug"] for row in loaded.providers]
        return reading.read_bytes(content, str(path), known_providers=known)

    async def export(self, *, everything: bool = False) -> Document:
        """What the operator keeps, as a document that `apply` takes back unchanged. Holds no secret in clear.

        With `everything` also what follows `catalog sync`; never what the server makes by itself at start.
        """
        loaded = await self._database.read(store.load)
        kept = {"operator", "synced"} if everything else {"operator"}
        return await asyncio.to_thread(self._document, loaded, kept)

    async def prices(self, endpoint_id: str) -> list[PriceChange]:
        """The prices of an endpoint over time, oldest first."""
        found = await self._database.read(lambda connection: store.prices_since(connection, endpoint_id))
        return [_price_change(row) for row in found]

    async def price_of(self, endpoint_id: str, at_ms: int) -> PriceChange | None:
        """The prices an endpoint had at a moment, to explain an old charge; None when there is no such endpoint."""
        row = await self._database.read(lambda connection: store.pricing_at(connection, endpoint_id, at_ms))
        return None if row is None else _price_change(row)

    def set_runtime_address(self, slug: str, base_url: str, api_key: str = "") -> None:
        """Says where a provider of our own is reached now, in memory only; an empty address while it is down.

        Holds over reloads, and may come before the provider is in the database.
        """
        self._addresses[slug] = Address(base_url.rstrip("/"), api_key)
        self._swap(building.with_address(self.snapshot, slug, self._addresses[slug]))

    def _swap(self, snapshot: Snapshot) -> None:
        self.snapshot = replace(snapshot, version=self.snapshot.version + 1)

    def _document(self, loaded: store.Loaded, kept: set[str]) -> Document:
        endpoints: dict[str, list[Mapping[str, Any]]] = {}
        for row in loaded.endpoints:
            if row["status"] != "removed":
                endpoints.setdefault(row["model_id"], []).append(row)

        def is_kept(row: Mapping[str, Any]) -> bool:
            own = (each["source"] for each in endpoints.get(row["id"], ()))
            return row["source"] in kept or any(source in kept for source in own)

        models = [row for row in loaded.models if row["source"] != "builtin" and is_kept(row)]
        named = {each["provider"] for row in models for each in endpoints.get(row["id"], ())}
        return Document(
            authors=[rows.entry_from_author_row(row) for row in loaded.authors if row["source"] in kept],
            providers=[
                self._exported(row)
                for row in loaded.providers
                if row["source"] in kept or (row["slug"] in named and row["source"] != "builtin")
            ],
            models=[rows.entry_from_model_row(row, endpoints.get(row["id"], [])) for row in models],
        )

    def _exported(self, row: Mapping[str, Any]) -> ProviderEntry:
        sealing = Sealing(self._vault, self._environ, row["slug"])
        return ProviderEntry.model_validate(
            {
                **{key: row[key] for key in ProviderEntry.model_fields if key not in {"api_key", "proxy", "source"}},
                "source": rows.keeper(row),
                "api_key": sealing.exported("api_key", row["api_key"]),
                "api_keys": [
                    {**each, "key": sealing.exported(key_field(each["name"]), each["key"])} for each in row["api_keys"]
                ],
                "proxy": sealing.exported("proxy", row["proxy"]) if row["proxy"] else None,
            }
        )


def _price_change(row: Mapping[str, Any]) -> PriceChange:
    return PriceChange(
        row["created_at"],
        rows.pricing_from_json(row["pricing"]),
        rows.pricing_from_json(row["cost"]) if row["cost"] else None,
    )

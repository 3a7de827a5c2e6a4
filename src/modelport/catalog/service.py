"""The catalogue's door: the snapshot in memory, and everything that changes what is in the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.catalog import building, reading, rows, shelf, store
from modelport.catalog.applying import Applied, Source, apply
from modelport.catalog.building import Address
from modelport.catalog.document import Document, ProviderEntry
from modelport.catalog.measured import Nothing
from modelport.catalog.sealing import Sealing, key_field
from modelport.catalog.snapshot import Pricing, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from modelport.catalog.snapshot import Endpoint, Model, Shown
    from modelport.db.database import Database
    from modelport.keys.access import Principal
    from modelport.kit.vault import Vault

__all__ = ["Applied", "Catalog", "PriceChange", "Source", "View"]

View = Callable[["Principal"], Awaitable[Callable[["Model", "Endpoint"], bool]]]
"""Says of a caller which endpoints they may use."""


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
    ) -> None:
        """`environ` is where `env:NAME` is looked up; the process's environment by default."""
        self._database, self._vault = database, vault
        self._environ = os.environ if environ is None else environ
        self._addresses: dict[str, Address] = {}
        self._reloading = asyncio.Lock()
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
            loaded = await self._database.read(store.load)
            built = await asyncio.to_thread(building.build, loaded, self._vault, self._environ)
            for slug, address in self._addresses.items():
                built = building.with_address(built, slug, address)
            self._swap(built)

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
        tests = [await view(caller) for view in self._views]

        def allowed(model: Model, endpoint: Endpoint) -> bool:
            return all(test(model, endpoint) for test in tests)

        every = self.snapshot.shown.values()
        if not tests:
            return [each for each in every if each.is_active]
        return [left for each in every if (left := shelf.restricted(each, allowed)) is not None and left.is_active]

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

"""The catalogue's door: the snapshot in memory, and everything that changes what is in the database."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.catalog import building, reading, rows, store
from modelport.catalog.applying import Applied, Source, apply
from modelport.catalog.building import Address
from modelport.catalog.document import Document, ProviderEntry
from modelport.catalog.sealing import Sealing, key_field
from modelport.catalog.snapshot import Pricing, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["Applied", "Catalog", "PriceChange", "Source"]


class PriceChange(NamedTuple):
    """Prices of an endpoint from a moment on."""

    since_ms: int
    pricing: Pricing
    cost_pricing: Pricing | None


class Catalog:
    """The catalogue of one server process."""

    def __init__(self, database: Database, vault: Vault, *, environ: Mapping[str, str] | None = None) -> None:
        """`environ` is where `env:NAME` is looked up; the process's environment by default."""
        self._database, self._vault = database, vault
        self._environ = os.environ if environ is None else environ
        self._addresses: dict[str, Address] = {}
        self._reloading = asyncio.Lock()
        self.snapshot = Snapshot()
        """The catalogue now. Take it once a request: the next look may see another."""

    async def reload(self) -> None:
        """Reads the database and swaps the snapshot: at start, and when another process changed something."""
        # In turn, so that a slow read never replaces the outcome of a later one.
        async with self._reloading:
            loaded = await self._database.read(store.load)
            built = await asyncio.to_thread(building.build, loaded, self._vault, self._environ)
            for slug, address in self._addresses.items():
                built = building.with_address(built, slug, address)
            self._swap(built)

    async def apply(self, document: Document, *, source: Source = "operator") -> Applied:
        """Brings database and snapshot in line with `document`; what it doesn't name stays.

        Raises `Refused` when it can't be; nothing is changed then.
        """

        def work(connection: Connection) -> Applied:
            return apply(connection, document, source=source, vault=self._vault, environ=self._environ)

        applied = await self._database.write(work)
        if applied.created or applied.updated:
            await self.reload()
        return applied

    async def read_file(self, path: Path) -> Document:
        """Reads a catalogue file, knowing the providers that are there already.

        Raises `FileFaults` with everything that is wrong in it, and `OSError` when it can't be opened.
        """
        content = await asyncio.to_thread(path.read_bytes)
        loaded = await self._database.read(store.load)
        known = [row["slug"] for row in loaded.providers]
        return reading.read_bytes(content, str(path), known_providers=known)

    async def export(self) -> Document:
        """What the operator keeps, as a document that `apply` takes back unchanged. Holds no secret in clear."""
        loaded = await self._database.read(store.load)
        return await asyncio.to_thread(self._document, loaded)

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

    def _document(self, loaded: store.Loaded) -> Document:
        endpoints: dict[str, list[Mapping[str, Any]]] = {}
        for row in loaded.endpoints:
            if row["status"] != "removed":
                endpoints.setdefault(row["model_id"], []).append(row)
        return Document(
            providers=[self._exported(row) for row in loaded.providers if row["source"] == "operator"],
            models=[
                rows.entry_from_model_row(row, endpoints.get(row["id"], []))
                for row in loaded.models
                if row["source"] == "operator"
            ],
        )

    def _exported(self, row: Mapping[str, Any]) -> ProviderEntry:
        sealing = Sealing(self._vault, self._environ, row["slug"])
        return ProviderEntry.model_validate(
            {
                **{key: row[key] for key in ProviderEntry.model_fields if key not in {"api_key", "proxy"}},
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

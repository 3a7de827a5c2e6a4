"""The door to presets: captured from requests, kept in versions, given to the chat path."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from modelport.db import changes
from modelport.kit import clock, ids
from modelport.presets import store
from modelport.presets.config import Config, Dialect, capture
from modelport.presets.errors import BadPreset, NoSuchPreset

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database

__all__ = ["Presets"]

Row = dict[str, Any]
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_FRESH = 1.0
"""Seconds for which a preset in memory is believed: another server may have changed it."""
_MOST = 5_000


class Presets:
    """Presets of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], tuple[float, Config]] = {}

    async def capture(self, account_id: str, user_id: str, slug: str, body: Row, dialect: Dialect) -> Row:
        """Makes a preset, or its next version, of an inference request's body. Raises `BadPreset`."""
        if not _SLUG.fullmatch(slug):
            raise BadPreset(
                f"{slug[:80]!r} is no slug: use letters, digits, `.`, `_` and `-`, at most 128 of them.",
                metadata={"rule": "slug"},
            )
        config = capture(body, dialect)

        def work(connection: Connection) -> Row:
            now = clock.now_ms()
            found = store.find(connection, account_id, slug)
            preset_id = found["id"] if found else ids.prefixed("preset")
            if found is None:
                store.add(connection, _new(preset_id, account_id, user_id, slug, now))
            version_id = ids.prefixed("prv")
            version: Row = {"id": version_id, "preset_id": preset_id, "creator_id": user_id, "created_at": now}
            prompt = config.system_prompt
            store.add_version(connection, {**version, "config": config.fields, "system_prompt": prompt})
            store.designate(connection, preset_id, version_id, now)
            changes.note(connection, "preset", preset_id)
            made = store.find(connection, account_id, slug)
            assert made is not None
            return made

        made = await self._database.write(work)
        self._known.pop((account_id, slug), None)
        return made

    async def one(self, account_id: str, slug: str) -> Row:
        """The account's preset with the version in use. Raises `NoSuchPreset`."""
        found = await self._database.read(partial(store.find, account_id=account_id, slug=slug))
        if found is None:
            raise NoSuchPreset(f"Preset {slug[:80]!r} not found.")
        return found

    async def page(self, account_id: str, offset: int, limit: int) -> tuple[list[Row], int]:
        """The account's presets, the last changed first, and how many there are."""
        return await self._database.read(partial(store.page, account_id=account_id, offset=offset, limit=limit))

    async def versions(self, account_id: str, slug: str, offset: int, limit: int) -> tuple[list[Row], int]:
        """A preset's versions, the oldest first, and how many there are. Raises `NoSuchPreset`."""
        preset_id = (await self.one(account_id, slug))["id"]
        return await self._database.read(partial(store.versions, preset_id=preset_id, offset=offset, limit=limit))

    async def version(self, account_id: str, slug: str, number: str) -> Row:
        """One version of a preset. Raises `NoSuchPreset`."""
        preset_id = (await self.one(account_id, slug))["id"]
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
        found = await self._database.read(partial(store.version, preset_id=preset_id, number=wanted))
        if found is None:
            raise NoSuchPreset(f"Version {number[:20]!r} of preset {slug[:80]!r} not found.")
        return found

    async def change(self, account_id: str, slug: str, values: Row, number: int | None = None) -> Row:
        """Renames, describes or switches a preset, or puts another version in use. Raises `NoSuchPreset`."""
        before = await self.one(account_id, slug)
        version = None if number is None else await self.version(account_id, slug, str(number))

        def work(connection: Connection) -> None:
            now = clock.now_ms()
            changed = {**values, "updated_at": now}
            if values.get("status", before["status"]) != before["status"]:
                changed["status_updated_at"] = now
            if version is not None:
                changed["designated_version_id"] = version["id"]
            store.change(connection, before["id"], changed)
            changes.note(connection, "preset", before["id"])

        await self._database.write(work)
        self._known.pop((account_id, slug), None)
        return await self.one(account_id, slug)

    async def remove(self, account_id: str, slug: str) -> Row:
        """Deletes a preset with its versions; requests that name it are refused. Raises `NoSuchPreset`."""
        found = await self.one(account_id, slug)

        def work(connection: Connection) -> None:
            store.remove(connection, found["id"])
            changes.note(connection, "preset", found["id"])

        await self._database.write(work)
        self._known.pop((account_id, slug), None)
        return found

    async def config(self, account_id: str, slug: str) -> Config:
        """What a request that names the preset is completed with. Raises `NoSuchPreset`."""
        now, known = clock.monotonic(), self._known.get((account_id, slug))
        if known is not None and now - known[0] < _FRESH:
            return known[1]
        found = await self.one(account_id, slug)
        version = found["designated_version"]
        if found["status"] != "active":
            raise NoSuchPreset(f"Preset {slug[:80]!r} is switched off.")
        if version is None:
            raise NoSuchPreset(f"Preset {slug[:80]!r} has no version in use.")
        if len(self._known) >= _MOST:
            self._known.clear()
        config = Config(version["config"], version["system_prompt"], version["preset_id"])
        self._known[account_id, slug] = (now, config)
        return config


def _new(preset_id: str, account_id: str, user_id: str, slug: str, now: int) -> Row:
    return {
        "id": preset_id,
        "account_id": account_id,
        "slug": slug,
        "name": slug,
        "status": "active",
        "creator_user_id": user_id,
        "created_at": now,
        "updated_at": now,
    }

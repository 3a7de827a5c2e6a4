"""Stored prompts and answers: off until an account switches it on, sealed, and gone when their time has come.

Whether a key's requests are kept is told from memory. They are written beside the answer, never before it: a caller
waits for none of it, and what can't be written is lost, not retried.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import structlog

from modelport.db import changes
from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.kit.vault import SealBroken
from modelport.usage import content_store as store
from modelport.usage.content_store import Kept, Switch
from modelport.usage.errors import NoSuchContent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.keys.service import LiveKey
    from modelport.kit.vault import Vault
    from modelport.settings import Settings
    from modelport.workspaces.service import Workspaces

__all__ = ["Content", "Contents", "Failure", "Switch"]

_log = structlog.get_logger(__name__)
_DAY_MS: Final = 86_400_000
_USUAL_DAYS: Final = 30
_MOST_AT_ONCE: Final = 200
"""Contents that wait to be written; beyond that they are dropped, so that a slow database can't fill the memory."""


class Failure(msgspec.Struct, omit_defaults=True):
    """Why there is no whole answer."""

    status: int
    message: str
    provider: str | None = None
    previous: list[dict[str, Any]] = []
    """Attempts that failed before it."""


class Content(msgspec.Struct, omit_defaults=True):
    """What went in and out of one generation."""

    input: dict[str, Any]
    """`messages` or `prompt`, as the caller wrote them (after guardrails)."""
    completion: str | None = None
    reasoning: str | None = None
    error: Failure | None = None


class _Switches(NamedTuple):
    """What an account said, in memory."""

    account: Switch | None
    keys: Mapping[str, Switch]
    """By ids of keys."""
    workspaces: Mapping[str, float]
    """The share of requests that is kept, of workspaces that keep some."""


class Contents:
    """The door to stored prompts and answers."""

    def __init__(self, database: Database, vault: Vault, settings: Settings, workspaces: Workspaces) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        self._workspaces = workspaces
        self._known: dict[str, _Switches | None] = {}
        """By account; None for one that never keeps anything."""
        self._noted = 0
        self._writing: set[asyncio.Task[None]] = set()
        self._lots = random.Random()  # noqa: S311 (a share of requests)

    async def days(self, key: LiveKey) -> int:
        """For how many days this request of the key is kept; 0 for not at all."""
        account_id = key.record.account_id
        known = self._known[account_id] if account_id in self._known else await self._load(account_id)
        if known is None or not self._settings.content_logging:
            return 0
        switch = known.keys.get(key.record.id) or known.account
        days = switch.keep_days if switch is not None else _USUAL_DAYS
        if switch is not None and (switch.enabled or switch.key_id):
            return min(days, self._settings.content_days_max) if switch.enabled else 0
        share = known.workspaces.get(key.workspace_id, 0.0)
        return min(days, self._settings.content_days_max) if share and self._lots.random() < share else 0

    def keep(self, generation_id: str, account_id: str, days: int, made: Callable[[], Content | None]) -> None:
        """Writes what `made` gives, soon; `made` runs in a thread, as it may have much to read."""
        if len(self._writing) >= _MOST_AT_ONCE:
            _log.warning("content.dropped", generation=generation_id)
            return
        task = asyncio.create_task(self._write(generation_id, account_id, days, made))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, generation_id: str, account_id: str, days: int, made: Callable[[], Content | None]) -> None:
        try:
            sealed = await asyncio.to_thread(self._sealed, generation_id, made)
            if sealed is None:
                return
            now = clock.now_ms()
            kept = Kept(generation_id, account_id, now, now + days * _DAY_MS, sealed)
            await self._database.write(partial(store.add, kept=kept))
        except DatabaseDown:
            _log.warning("content.lost", generation=generation_id)
        except Exception:  # noqa: BLE001 (the answer is out; nobody waits for this)
            _log.exception("content.fault", generation=generation_id)

    def _sealed(self, generation_id: str, made: Callable[[], Content | None]) -> str | None:
        content = made()
        if content is None:
            return None
        return self._vault.seal(msgspec.json.encode(content).decode(), context=f"content:{generation_id}")

    async def drain(self) -> None:
        """Waits until everything that was handed over is written."""
        while self._writing:
            await asyncio.gather(*self._writing, return_exceptions=True)

    async def one(self, generation_id: str, account_id: str) -> Content:
        """What went in and out of one of the account's generations.

        Raises `NoSuchContent` when it was not kept, or not for so long.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self.drain()
        find = partial(store.find, account_id=account_id, generation_id=generation_id, now_ms=clock.now_ms())
        sealed = await self._database.read(find)
        if sealed is None:
            raise NoSuchContent(f"No content is stored for generation {generation_id[:80]}.")
        try:
            text = self._vault.open(sealed, context=f"content:{generation_id}")
        except SealBroken as error:
            raise NoSuchContent("The content of this generation can't be opened any more.") from error
        return msgspec.json.decode(text, type=Content)

    async def switches(self, account_id: str) -> list[Switch]:
        """What the account said, for itself (an empty key id) and for single keys."""
        return await self._database.read(partial(store.switches, account_id=account_id))

    async def switch(self, account_id: str, key_id: str, *, enabled: bool | None, keep_days: int | None = None) -> None:
        """Switches it on or off, for the account (an empty `key_id`) or one key; None takes a key's own word back.

        What was kept until now stays until its time has come, or until `forget`.
        """
        days = min(keep_days or _USUAL_DAYS, self._settings.content_days_max)

        def write(connection: Connection) -> None:
            made = None if enabled is None else Switch(account_id, key_id, enabled, days, clock.now_ms())
            store.put(connection, account_id, key_id, made)
            changes.note(connection, "content", account_id)

        await self._database.write(write)
        self.changed(account_id)

    def changed(self, account_id: str) -> None:
        """This account, or one of its workspaces, said something else: read it again before the next request."""
        self._noted += 1
        self._known.pop(account_id, None)

    async def forget(self, account_id: str) -> int:
        """Deletes everything that is kept of an account; how much that was."""
        await self.drain()
        return await self._database.write(partial(store.forget, account_id=account_id))

    async def forget_account(self, account_id: str) -> None:
        """The account is closed: nothing of it stays, and nothing is kept any more."""
        await self.drain()

        def write(connection: Connection) -> None:
            store.forget(connection, account_id)
            store.put(connection, account_id, None, None)
            changes.note(connection, "content", account_id)

        await self._database.write(write)
        self.changed(account_id)

    async def forget_expired(self) -> None:
        """Deletes what has been kept long enough."""
        expire = partial(store.expire, now_ms=clock.now_ms())
        while await self._database.write(expire):
            pass  # short transactions, so that others come in between

    async def _load(self, account_id: str) -> _Switches | None:
        noted = self._noted
        found = await self.switches(account_id)
        shares = await self._workspaces.logging_shares(account_id)
        made = None
        if shares or any(each.enabled for each in found):
            made = _Switches(
                next((each for each in found if not each.key_id), None),
                {each.key_id: each for each in found if each.key_id},
                shares,
            )
        if noted == self._noted:
            self._known[account_id] = made
        return made

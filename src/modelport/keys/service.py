"""API keys in memory: look-up without a database, limits that hold under concurrency.

A key that has been used stays here as a `LiveKey`. A change made elsewhere marks it stale, and the next request
reads it again; what it has spent and what is held stay with the object.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

from modelport.accounts.service import standing
from modelport.keys import store, token
from modelport.keys.bounds import UNBOUNDED, Bounds
from modelport.keys.errors import KeyRefused, NoSuchKey
from modelport.keys.live import LiveKey, usable
from modelport.keys.store import Former, Key, Listing, Spend, Usage
from modelport.kit import clock, ids
from modelport.kit.meter import window_start
from modelport.workspaces.service import home_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.accounts.service import Standing
    from modelport.db.database import Database
    from modelport.kit.meter import SpentDays
    from modelport.kit.vault import Vault

__all__ = [
    "Bounds",
    "Changes",
    "Key",
    "Keys",
    "Listing",
    "LiveKey",
    "Spend",
    "Usage",
    "add_spend",
    "has_keys",
    "key_of",
    "own_use_since",
    "spent_in_window",
    "window_start",
]

_NO_KEY = "There is no key with the hash {!r}; `modelport keys list` shows them."
add_spend = store.add_spend
has_keys = store.in_workspace
spent_in_window = store.spent_in_window
own_use_since = store.own_since


def key_of(connection: Connection, key_id: str) -> tuple[Key, str] | None:
    """A key by its id, also one that was deleted, and the workspace it is in."""
    key = store.by_id(connection, key_id)
    return None if key is None else (key, key.workspace_id or home_of(connection, key.account_id) or "")


class Changes(TypedDict, total=False):
    """What can be changed of a key; what is not given stays."""

    name: str
    limit: int | None
    limit_reset: str | None
    disabled: bool
    expires_at: int | None
    bounds: Bounds
    workspace_id: str
    include_byok_in_limit: bool


class Keys:
    """The door to API keys."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._live: dict[str, LiveKey] = {}
        """By the hash of a key's present text."""
        self._foreign: bool | None = None
        """Whether there are keys of another gateway; None before anybody asked."""
        self._by_id: dict[str, LiveKey] = {}
        self._former: dict[str, Former] = {}
        """By hashes of texts that keys had before."""
        self._noted = 0
        """How many changes were noted: what is read from the database while this moves may be old already."""

    async def create(
        self,
        account_id: str,
        user_id: str,
        name: str,
        *,
        limit: int | None = None,
        limit_reset: str | None = None,
        expires_at: int | None = None,
        management: bool = False,
        bounds: Bounds = UNBOUNDED,
        workspace_id: str | None = None,
        external_user: str | None = None,
        include_byok_in_limit: bool = False,
    ) -> tuple[str, Key]:
        """A new key: its text, which is kept nowhere, and its record. A management key can't do inference."""
        text = token.new(token.MANAGEMENT_PREFIX if management else token.PREFIX)
        key = Key(
            id=ids.prefixed("key"),
            account_id=account_id,
            user_id=user_id,
            name=name,
            hash=self._vault.keyed_hash(text),
            label=token.mask(text),
            limit=limit,
            limit_reset=limit_reset,
            disabled=False,
            expires_at=expires_at,
            created_at=clock.now_ms(),
            kind="management" if management else "inference",
            bounds=bounds,
            workspace_id=workspace_id,
            external_user=external_user,
            include_byok_in_limit=include_byok_in_limit,
        )
        await self._database.write(partial(store.add, key=key))
        return text, key

    async def adopt(
        self,
        account_id: str,
        user_id: str,
        name: str,
        text: str,
        *,
        limit: int | None = None,
        expires_at: int | None = None,
        disabled: bool = False,
    ) -> Key | None:
        """A key that another gateway gave out, which goes on working here; None when it is here already.

        Like every other it is kept as a hash. It has no checksum, so a mistyped one is only told by the database.
        """
        key = Key(
            id=ids.prefixed("key"),
            account_id=account_id,
            user_id=user_id,
            name=name,
            hash=self._vault.keyed_hash(text),
            label=token.mask_foreign(text),
            limit=limit,
            limit_reset=None,
            disabled=disabled,
            expires_at=expires_at,
            created_at=clock.now_ms(),
        )
        if await self._database.read(partial(store.by_hash, key_hash=key.hash)) is not None:
            return None
        await self._database.write(partial(store.adopt, key=key))
        self.changed(key.hash)
        return key

    async def find(self, account_id: str, key_hash: str) -> Key:
        """One of an account's keys.

        Raises `NoSuchKey`.
        """
        key = await self._database.read(partial(store.by_hash, key_hash=key_hash))
        if key is None or key.account_id != account_id or key.kind == "browser":
            raise NoSuchKey("There is no such API key.")
        return key

    async def rotate(self, key: Key, overlap_seconds: int) -> tuple[str, Key]:
        """Gives a key another text; the present one works on for `overlap_seconds`. All else of the key stays.

        Raises `NoSuchKey` when it was deleted or given another text meanwhile.
        """
        text = token.new(token.MANAGEMENT_PREFIX if key.kind == "management" else token.PREFIX)
        hashed, label = self._vault.keyed_hash(text), token.mask(text)
        until = clock.now_ms() + overlap_seconds * 1000

        def rotate(connection: Connection) -> Key | None:
            done = store.rotate(connection, key, hashed, label, until)
            return store.by_hash(connection, hashed) if done else None

        made = await self._database.write(rotate)
        if made is None:
            raise NoSuchKey("There is no such API key any more.")
        self.changed(key.hash)
        return text, made

    async def page(self, account_id: str, listing: Listing) -> list[Key]:
        """Some of an account's keys, newest first."""
        return await self._database.read(partial(store.page, account_id=account_id, listing=listing))

    async def usages(self, account_id: str) -> dict[str, Usage]:
        """What each of an account's keys spent, by the key's id, to the last settled answer."""
        today = clock.day(clock.now_ms())
        return await self._database.read(partial(store.spent_by, account_id=account_id, today=today))

    async def of_browser(self, account_id: str, user_id: str) -> LiveKey:
        """The key that stands for what a signed-in person does in this account's web app; made on first use.

        Raises `KeyRefused` as `authenticate` does.
        """
        # No text can have this hash: those of texts are bare, so nobody can show this key.
        key_hash = f"browser-{self._vault.keyed_hash(f'{account_id} {user_id}')}"
        live = self._live.get(key_hash)
        if live is None or live.stale:
            key = Key(
                id=ids.prefixed("key"),
                account_id=account_id,
                user_id=user_id,
                name="Chat",
                hash=key_hash,
                label="Chat",
                limit=None,
                limit_reset=None,
                disabled=False,
                expires_at=None,
                created_at=clock.now_ms(),
                kind="browser",
            )
            await self._database.write(partial(store.add_if_new, key=key))
            live = await self._load(key_hash)
        return usable(live)

    async def of_account(self, account_id: str) -> list[Key]:
        """An account's keys, newest first."""
        return await self._database.read(partial(store.of_account, account_id=account_id))

    async def update(self, key_hash: str, **changes: Unpack[Changes]) -> Key:
        """Changes a key, everywhere within a second; returns it as it is now.

        Raises `NoSuchKey`.
        """
        values: dict[str, object] = dict(changes)
        if "limit" in values:
            values["limit_nanos"] = values.pop("limit")
        if "bounds" in changes:
            values["bounds"] = changes["bounds"].stored()
        key = await self._database.write(partial(store.change, key_hash=key_hash, values=values)) if values else None
        if not values:
            key = await self._database.read(partial(store.by_hash, key_hash=key_hash))
        if key is None:
            raise NoSuchKey(_NO_KEY.format(key_hash))
        self.changed(key_hash)
        return key

    async def revoke(self, key_hash: str) -> None:
        """Ends a key for good, everywhere within a second.

        Raises `NoSuchKey`.
        """
        if not await self._database.write(partial(store.revoke, key_hash=key_hash, at_ms=clock.now_ms())):
            raise NoSuchKey(_NO_KEY.format(key_hash))
        self.changed(key_hash)

    def changed(self, key_hash: str) -> None:
        """Another process changed this key: read it again before it is used."""
        self._noted += 1
        if not self._foreign:
            self._foreign = None  # it may have been the first of them
        self._former.pop(key_hash, None)
        if (live := self._live.get(key_hash)) is not None:
            live.stale = True

    def standing_changed(self, account_id: str | None, user_id: str | None) -> None:
        """Another role, a suspension: read the keys of this account, or of this person, again before they are used."""
        self._noted += 1
        for live in self._by_id.values():
            if account_id == live.record.account_id or user_id == live.record.user_id:
                live.stale = True

    async def authenticate(self, text: str) -> LiveKey:
        """The live key that `text` is.

        Raises `KeyRefused` when it is none; `DatabaseDown` when that can't be told, which is never a refusal.
        """
        key_hash = self._vault.keyed_hash(text)
        live = self._live.get(key_hash)
        if live is None or live.stale:
            if not token.is_well_formed(text) and not (token.may_be_foreign(text) and await self._has_foreign()):
                raise KeyRefused("User not found. The API key is not valid; check that it was copied whole.")
            live = await self._find(key_hash)
        return usable(live)

    async def _find(self, key_hash: str) -> LiveKey:
        """The key with this hash, or that had it until a moment that is still to come."""
        former = self._former.get(key_hash)
        if former is None:
            live = await self._load(key_hash)
            former = self._former.get(key_hash)
        else:
            known = self._live.get(former.key.hash)
            live = await self._load(former.key.hash) if known is None or known.stale else known
        if former is not None and former.until <= clock.now_ms():
            raise KeyRefused("User not found. This API key was replaced by another one.")
        return live

    async def _has_foreign(self) -> bool:
        """Whether any key of another gateway was adopted: else one without our checksum needs no look-up."""
        if self._foreign is None:
            self._foreign = await self._database.read(store.has_foreign)
        return self._foreign

    async def reread(self, live: LiveKey) -> None:
        """Takes over what the key has spent by way of other servers: this one knows only what it charged itself."""
        since = clock.day(clock.now_ms()) - 62
        key_id = live.record.id
        live.take_over(await self._database.read(lambda connection: store.spent_days(connection, key_id, since)))

    async def _load(self, key_hash: str) -> LiveKey:
        def load(connection: Connection) -> tuple[Key, Former | None, SpentDays, Standing, str] | None:
            key = store.by_hash(connection, key_hash)
            former = None
            if key is None:
                former = store.by_former_hash(connection, key_hash)
                if former is None:
                    return None
                key = former.key
            spent = store.spent_days(connection, key.id, clock.day(clock.now_ms()) - 62)
            workspace = key.workspace_id or home_of(connection, key.account_id) or ""
            return key, former, spent, standing(connection, key.account_id, key.user_id), workspace

        noted = self._noted
        found = await self._database.read(load)
        if found is None:
            live = self._live.get(key_hash)
            if live is not None and not live.held:
                del self._live[key_hash]
                self._by_id.pop(live.record.id, None)
            raise KeyRefused("User not found. This API key is unknown or was revoked.")
        key, former, spent, stands, workspace = found
        # Another request may have loaded it meanwhile, or by another text: its object must win, for it may carry holds.
        live = self._by_id.get(key.id)
        if live is None:
            live = self._by_id[key.id] = LiveKey(key, spent, stands, workspace)
        else:
            if live.record.hash != key.hash:  # given another text: the present one leads to it no longer
                self._live.pop(live.record.hash, None)
            live.record, live.standing, live.workspace_id = key, stands, workspace
        if former is not None:
            self._live.pop(key_hash, None)
            self._former[key_hash] = former
        self._live[key.hash] = live
        live.stale = noted != self._noted
        return live

    def used(self) -> list[LiveKey]:
        """Keys that were shown since they were last noted as used."""
        return [live for live in self._by_id.values() if live.used_at]

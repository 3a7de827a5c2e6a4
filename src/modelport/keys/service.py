"""API keys in memory: look-up without a database, limits that hold under concurrency.

A key that has been used stays here as a `LiveKey`. A change made elsewhere marks it stale, and the next request
reads it again; what it has spent and what is held stay with the object.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

from modelport.accounts.roles import Role
from modelport.accounts.service import Standing, standing
from modelport.keys import store, token
from modelport.keys.bounds import UNBOUNDED, Bounds
from modelport.keys.errors import (
    KeyLimitExceeded,
    KeyLimitInFlight,
    KeyLimitTight,
    KeyRefused,
    NoSuchKey,
    WrongAddress,
)
from modelport.keys.store import Key, Spend
from modelport.kit import clock, ids
from modelport.kit.meter import Meter, window_end, window_start
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["Bounds", "Changes", "Key", "Keys", "LiveKey", "Spend", "add_spend", "spent_in_window", "window_start"]

add_spend = store.add_spend
spent_in_window = store.spent_in_window


class Changes(TypedDict, total=False):
    """What can be changed of a key; what is not given stays."""

    name: str
    limit: int | None
    limit_reset: str | None
    disabled: bool
    expires_at: int | None
    bounds: Bounds


class LiveKey(Meter):
    """A key in use: its record, what it has spent, and what is held for requests under way.

    All amounts are nano-dollars. Methods never wait, so a check and a hold are one step.
    """

    __slots__ = ("record", "stale", "standing")

    def __init__(self, record: Key, total: int, days: dict[int, int], standing: Standing | None = None) -> None:
        super().__init__(total, days)
        self.record = record
        self.standing = standing or Standing(Role.MEMBER, suspended=False, is_operator=False)
        """How the key's maker stands in its account: what the key may do is bounded by that."""
        self.stale = False

    def admit(self, address: str | None) -> None:
        """Raises `WrongAddress` when the key is bound to other addresses than `address`."""
        if not self.record.bounds.admits(address):
            raise WrongAddress(f"This API key may not be used from {address or 'an unknown address'}.")

    def room(self) -> int | None:
        """What may still be held: the limit less what was spent and is held. None without a limit."""
        record = self.record
        return None if record.limit is None else self.reach(record.limit, record.limit_reset)

    def hold(self, amount: int, *, affordable_tokens: int | None = None) -> None:
        """Sets `amount` aside.

        Raises `KeyLimitExceeded` when the limit does not allow it, `KeyLimitTight` when a smaller request would fit,
        `KeyLimitInFlight` when it would fit were nothing else under way; then nothing was set aside.
        """
        record = self.record
        if record.limit is None or amount <= self.free(record.limit, record.limit_reset):
            self.held += amount
            return
        left = self.left(record.limit, record.limit_reset)
        metadata: dict[str, object] = {
            "limit_source": "openrouter_key_limit",
            "estimated_cost": to_number(amount),
            "available": to_number(max(left - self.held, 0)),
            "in_flight": to_number(self.held),
        }
        if affordable_tokens is not None:
            metadata["suggested_max_tokens"] = affordable_tokens
        window = record.limit_reset or "total"
        if left <= 0:
            raise KeyLimitExceeded(
                f"Key limit exceeded ({window} limit). Raise the limit of this key, or use another.",
                metadata=metadata
                | {
                    "scope": "key_limit",
                    "limit_usd": to_number(record.limit),
                    "spend_usd": to_number(record.limit - left),
                    "resets_at": window_end(record.limit_reset, clock.day(clock.now_ms())),
                    "remedy_hint": "Raise the limit of this key, use another, or wait until it resets.",
                },
            )
        if amount <= left:
            raise KeyLimitInFlight(
                "This request would exceed this key's limit given your current in-flight requests. "
                "Retry after in-flight requests settle, or raise the limit.",
                metadata=metadata
                | {
                    "reason": "in_flight_budget_exhausted",
                    "remedy_hint": "Wait until requests under way have ended, or lower max_tokens.",
                },
                retry_after=2,
            )
        raise KeyLimitTight(
            f"This request may cost more than what is left of this key's {window} limit. Lower max_tokens, "
            "or raise the limit of this key.",
            metadata=metadata
            | {
                "reason": "weight_exceeds_budget",
                "remedy_hint": "Lower max_tokens, or raise the limit of this key.",
            },
        )


class Keys:
    """The door to API keys."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._live: dict[str, LiveKey] = {}
        self._foreign: bool | None = None
        """Whether there are keys of another gateway; None before anybody asked."""
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
        return _usable(live)

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
            raise NoSuchKey(f"There is no key with the hash {key_hash!r}; `modelport keys list` shows them.")
        self.changed(key_hash)
        return key

    async def revoke(self, key_hash: str) -> None:
        """Ends a key for good, everywhere within a second.

        Raises `NoSuchKey`.
        """
        if not await self._database.write(partial(store.revoke, key_hash=key_hash, at_ms=clock.now_ms())):
            raise NoSuchKey(f"There is no key with the hash {key_hash!r}; `modelport keys list` shows them.")
        self.changed(key_hash)

    def changed(self, key_hash: str) -> None:
        """Another process changed this key: read it again before it is used."""
        self._noted += 1
        if not self._foreign:
            self._foreign = None  # it may have been the first of them
        if (live := self._live.get(key_hash)) is not None:
            live.stale = True

    def standing_changed(self, account_id: str | None, user_id: str | None) -> None:
        """Another role, a suspension: read the keys of this account, or of this person, again before they are used."""
        self._noted += 1
        for live in self._live.values():
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
            live = await self._load(key_hash)
        return _usable(live)

    async def _has_foreign(self) -> bool:
        """Whether any key of another gateway was adopted: else one without our checksum needs no look-up."""
        if self._foreign is None:
            self._foreign = await self._database.read(store.has_foreign)
        return self._foreign

    async def _load(self, key_hash: str) -> LiveKey:
        def load(connection: Connection) -> tuple[Key, int, dict[int, int], Standing] | None:
            key = store.by_hash(connection, key_hash)
            if key is None:
                return None
            total, days = store.spent_days(connection, key.id, clock.day(clock.now_ms()) - 62)
            return key, total, days, standing(connection, key.account_id, key.user_id)

        noted = self._noted
        found = await self._database.read(load)
        # Another request may have loaded it meanwhile: its object must win, for it may carry holds already.
        live = self._live.get(key_hash)
        if found is None:
            if live is not None and not live.held:
                del self._live[key_hash]
            raise KeyRefused("User not found. This API key is unknown or was revoked.")
        if live is None:
            live = self._live[key_hash] = LiveKey(*found)
        else:
            live.record, live.standing = found[0], found[3]
        live.stale = noted != self._noted
        return live


def _usable(live: LiveKey) -> LiveKey:
    """The key itself; raises `KeyRefused` with the reason when it may not be used now."""
    record = live.record
    if record.disabled:
        raise KeyRefused("User not found. This API key is disabled.")
    if record.expires_at is not None and record.expires_at <= clock.now_ms():
        raise KeyRefused("User not found. This API key has expired.")
    if live.standing.suspended:
        raise KeyRefused("User not found. The account of this API key is suspended.")
    if live.standing.role is None:
        raise KeyRefused("User not found. Who made this API key is no longer a member of its account.")
    return live

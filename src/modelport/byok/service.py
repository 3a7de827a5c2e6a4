"""The door to own keys: made, changed and deleted; in memory for the chat path, opened from their seals."""

from __future__ import annotations

import uuid
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from modelport.byok import store
from modelport.byok.errors import BadOwnKey, NoSuchOwnKey
from modelport.byok.own_key import OwnKey
from modelport.byok.written_key import check, check_address, masked
from modelport.keys.service import own_use_since
from modelport.kit import clock
from modelport.kit.meter import window_start
from modelport.kit.money import parse_usd
from modelport.kit.vault import SealBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.settings import Settings

__all__ = ["OwnKeys"]

_log = structlog.get_logger(__name__)
_MOST: Final = 100
"""Keys of one provider in one workspace."""
_IN_MEMORY: Final = 50_000
"""Accounts that are remembered; most have no own key, and that is what is remembered of them."""
_FRESH: Final = 60.0
"""Seconds for which an account's use of its own keys is believed: other servers add to it too."""
_LISTS: Final = ("allowed_models", "allowed_api_key_hashes", "allowed_user_ids")


class OwnKeys:
    """Own keys of all accounts."""

    def __init__(self, database: Database, vault: Vault, settings: Settings) -> None:
        self._database = database
        self._vault = vault
        self._fee = Fraction(settings.byok_fee_percent) / 100
        self._free = parse_usd(settings.byok_free_usd)
        self._known: dict[str, tuple[OwnKey, ...]] = {}
        self._used: dict[str, tuple[float, int, int]] = {}
        """By account: when it was read, the month's first day, and the month's use until then and since."""
        self._noted = 0

    async def create(
        self, account_id: str, user_id: str, workspace_id: str, provider: str, values: Mapping[str, Any]
    ) -> OwnKey:
        """A new own key, behind the others of its provider; `values` are those of the reference's request.

        Raises `BadOwnKey`.
        """
        now, key_id = clock.now_ms(), str(uuid.uuid4())
        fields = self._fields(key_id, values)
        _check_ways(fields)

        def work(connection: Connection) -> dict[str, Any]:
            place = store.last_place(connection, workspace_id, provider) + 1
            if place >= _MOST:
                raise BadOwnKey(
                    f"A workspace can have {_MOST} keys of one provider.", metadata={"rule": "most", "most": _MOST}
                )
            whole = {
                **dict.fromkeys(("name", "base_url", "declared_region", "declared_zdr", *_LISTS)),
                **dict.fromkeys(("disabled", "is_fallback", "is_required", "is_byok_only"), False),
                **fields,
                "id": key_id,
                "account_id": account_id,
                "workspace_id": workspace_id,
                "provider": provider,
                "sort_order": place,
                "created_by": user_id,
                "created_at": now,
                "updated_at": now,
            }
            store.add(connection, whole)
            return whole

        made = await self._database.write(work)
        self.changed(account_id)
        return self._opened(made)

    async def find(self, account_id: str, key_id: str) -> OwnKey:
        """One of the account's own keys. Raises `NoSuchOwnKey`."""
        row = await self._database.read(partial(store.find, account_id=account_id, key_id=key_id))
        if row is None:
            raise NoSuchOwnKey("There is no such provider key.")
        return self._opened(row)

    async def page(
        self, account_id: str, workspace_id: str, provider: str | None, offset: int, limit: int
    ) -> tuple[list[OwnKey], int]:
        """Some of those in a workspace, in the order they are tried in, and how many there are."""
        rows, total = await self._database.read(
            partial(
                store.page,
                account_id=account_id,
                workspace_id=workspace_id,
                provider=provider,
                offset=offset,
                limit=limit,
            )
        )
        return [self._opened(row) for row in rows], total

    async def change(self, account_id: str, key_id: str, values: Mapping[str, Any]) -> OwnKey:
        """Changes what `values` names, everywhere within a second. Raises `NoSuchOwnKey`, `BadOwnKey`."""
        before = await self.find(account_id, key_id)
        fields = self._fields(key_id, values)
        _check_ways({"is_fallback": before.is_fallback, "is_byok_only": before.is_byok_only, **fields})
        fields["updated_at"] = clock.now_ms()
        row = await self._database.write(partial(store.change, account_id=account_id, key_id=key_id, values=fields))
        self.changed(account_id)
        if row is None:
            raise NoSuchOwnKey("There is no such provider key any more.")
        return self._opened(row)

    async def delete(self, account_id: str, key_id: str) -> None:
        """Deletes one for good, everywhere within a second. Raises `NoSuchOwnKey`."""
        done = await self._database.write(
            partial(store.wipe, account_id=account_id, key_id=key_id, at_ms=clock.now_ms())
        )
        self.changed(account_id)
        if not done:
            raise NoSuchOwnKey("There is no such provider key.")

    async def forget_account(self, account_id: str) -> None:
        """Deletes everything of an account that is closed."""
        await self._database.write(partial(store.forget_account, account_id=account_id))
        self.changed(account_id)

    # For the chat path.

    def known(self, account_id: str) -> tuple[OwnKey, ...] | None:
        """The account's own keys, in the order they are tried in; None when they have to be read (`of`)."""
        return self._known.get(account_id)

    async def of(self, account_id: str) -> tuple[OwnKey, ...]:
        """The same, read from the database."""
        noted = self._noted
        rows = await self._database.read(partial(store.of_account, account_id=account_id))
        found: list[OwnKey] = []
        for row in rows:
            try:
                found.append(self._opened(row))
            except SealBroken:
                _log.exception("own_keys.seal_broken", own_key=row["id"])  # the others go on working
        if len(self._known) >= _IN_MEMORY:
            self._known.clear()
        own = tuple(found)
        if noted == self._noted:
            self._known[account_id] = own
        return own

    def changed(self, account_id: str) -> None:
        """Somebody changed this account's own keys: read them again before they are used."""
        self._noted += 1
        self._known.pop(account_id, None)

    async def fee(self, account_id: str) -> Fraction:
        """The part of an answer's price that is charged when it comes from an own key: nothing for a month's first."""
        if not self._fee:
            return self._fee
        start = window_start("monthly", clock.day(clock.now_ms()))
        known = self._used.get(account_id)
        if known is None or known[1] != start or clock.monotonic() - known[0] > _FRESH:
            used = await self._database.read(partial(own_use_since, account_id=account_id, day=start))
            if len(self._used) >= _IN_MEMORY:
                self._used.clear()
            known = self._used[account_id] = (clock.monotonic(), start, used)
        return self._fee if known[2] >= self._free else Fraction(0)

    def used(self, account_id: str, amount: int) -> None:
        """An answer came from an own key; `amount` is its price."""
        known = self._used.get(account_id)
        if known is not None:
            self._used[account_id] = (known[0], known[1], known[2] + amount)

    def _fields(self, key_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Columns from a request's fields."""
        fields = dict(values)
        if "key" in fields:
            text: str = fields.pop("key")
            check(text)
            fields["label"] = masked(text)
            fields["sealed"] = self._vault.seal(text.strip(), context=_context(key_id))
        if fields.get("base_url") is not None:
            fields["base_url"] = check_address(fields["base_url"])
        return fields

    def _opened(self, row: Mapping[str, Any]) -> OwnKey:
        values = {name: row[name] for name in _PLAIN}
        for name in _LISTS:
            values[name] = None if row[name] is None else tuple(row[name])
        return OwnKey(**values, key=self._vault.open(row["sealed"], context=_context(row["id"])))


_PLAIN: Final = tuple(name for name in OwnKey.__dataclass_fields__ if name not in {"key", *_LISTS})


def _context(key_id: str) -> str:
    return f"own_key:{key_id}"


def _check_ways(fields: Mapping[str, Any]) -> None:
    if fields.get("is_fallback") and fields.get("is_byok_only"):
        raise BadOwnKey(
            "Invalid request: `is_byok_only` can't be combined with `is_fallback`.", metadata={"rule": "ways"}
        )

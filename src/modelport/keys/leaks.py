"""Keys that somebody found where everybody can read them: switched off at once, and their people told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.keys import store, token
from modelport.kit import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.accounts.throttle import Throttle
    from modelport.db.database import Database
    from modelport.keys.service import Keys
    from modelport.keys.store import Key
    from modelport.kit.vault import Vault
    from modelport.notices.service import Notices

__all__ = ["Leak", "Leaks"]


class Leak(NamedTuple):
    """What became of a report."""

    label: str
    is_key: bool
    """Whether it is, or was, one of ours."""
    key: Key | None = None
    """The key, if this report switched something off."""


class Leaks:
    """The door to reports of leaked keys."""

    def __init__(self, database: Database, vault: Vault, keys: Keys, notices: Notices, throttle: Throttle) -> None:
        self._database = database
        self._vault = vault
        self._keys = keys
        self._notices = notices
        self._throttle = throttle

    async def admit(self, place: str) -> None:
        """Counts one report from `place`.

        Raises `TooManyTries`.
        """
        await self._throttle.hit("leak", place=place, person=None)

    async def report(self, text: str, where: str | None) -> Leak:
        """Switches a key off that was found at `where`, everywhere within a second, and tells its people.

        Of a key that was given another text, only the text that was found ends.
        """
        foreign = token.may_be_foreign(text)
        label = token.mask_foreign(text) if foreign else token.mask(text)
        if not foreign and not token.is_well_formed(text):
            return Leak(label, is_key=False)
        key_hash, now = self._vault.keyed_hash(text), clock.now_ms()

        def end(connection: Connection) -> Leak:
            key = store.by_hash(connection, key_hash)
            if key is not None:
                if key.disabled:
                    return Leak(label, is_key=True)
                return Leak(label, is_key=True, key=store.change(connection, key_hash, {"disabled": True}))
            former = store.by_former_hash(connection, key_hash)
            if former is None or former.until <= now:
                return Leak(label, is_key=former is not None)
            store.end_former(connection, key_hash, now)
            return Leak(label, is_key=True, key=former.key)

        leak = await self._database.write(end)
        if leak.key is not None:
            self._keys.changed(key_hash)
            key = leak.key
            await self._notices.send(
                key.account_id, "key_leaked", subject=key_hash, key=f"{key.name} ({label})", where=where
            )
        return leak

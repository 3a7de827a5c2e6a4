"""Notes when and where keys are used, and tells their people what is unusual: another network, a sudden spending.

All of it runs beside the requests, twice a minute, over the keys that were used since: a request itself only writes
two attributes of a key that is in memory.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from modelport.db.database import DatabaseDown
from modelport.keys import store
from modelport.kit import clock
from modelport.kit.caller_address import network_of
from modelport.kit.money import format_usd

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.keys.live import LiveKey
    from modelport.keys.service import Keys
    from modelport.notices.service import Notices

__all__ = ["Watch", "is_sudden"]

_log = structlog.get_logger(__name__)
_SECONDS: Final = 30.0
_DAY: Final = 86_400_000
_SETTLED: Final = 7 * _DAY
"""How long a key must have been used before another network is unusual."""
_ROAMING: Final = 4
"""A key that is used from more networks than these goes about anyway."""
_DAYS: Final = 14
_TIMES: Final = 10
_LEAST: Final = 5 * 10**9
"""A day's spending below which nothing is sudden: five dollars."""


def is_sudden(days: dict[int, int], today: int) -> bool:
    """Whether today's spending is far beyond that of the days before; False for a key without a past."""
    past = [days.get(today - back, 0) for back in range(1, _DAYS + 1)]
    spent = days.get(today, 0)
    return spent >= _LEAST and sum(map(bool, past)) >= 3 and spent > _TIMES * max(past)


class Watch:
    """Goes through the keys that were used."""

    def __init__(self, database: Database, keys: Keys, notices: Notices) -> None:
        self._database = database
        self._keys = keys
        self._notices = notices
        self.then: Callable[[Sequence[LiveKey]], Awaitable[None]] | None = None
        """What else looks at the keys that were used, each time."""

    async def run(self) -> None:
        """Does so twice a minute, for ever."""
        while True:
            await asyncio.sleep(_SECONDS)
            try:
                await self.look()
            except DatabaseDown:
                continue
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("keys.watch_fault")

    async def look(self) -> None:
        """Notes every key that was used since the last time, and tells what is unusual."""
        used = self._keys.used()
        if used:
            await self._note(used)
        if self.then is not None:
            await self.then(used)

    async def _note(self, used: Sequence[LiveKey]) -> None:
        uses = {live.record.id: live.used_at for live in used}
        await self._database.write(partial(store.note_uses, uses=uses))
        for live in used:
            place, live.place = live.place, None
            if live.used_at == uses[live.record.id]:
                live.used_at = 0
            if place and live.record.kind == "inference":
                await self._place(live, network_of(place))
            today = clock.day(clock.now_ms())
            if is_sudden(live.days, today):
                await self._tell(live, f"spend/{today}", used=f"${format_usd(live.days[today])}")

    async def _place(self, live: LiveKey, network: str) -> None:
        now, key_id = clock.now_ms(), live.record.id

        def note(connection: Connection) -> dict[str, int]:
            known = store.networks_of(connection, key_id)
            if network not in known:
                store.add_network(connection, key_id, network, now)
            return known

        known = await self._database.write(note)
        if network not in known and 0 < len(known) <= _ROAMING and min(known.values()) <= now - _SETTLED:
            await self._tell(live, f"network/{network}", where=network)

    async def _tell(self, live: LiveKey, what: str, **facts: str) -> None:
        record = live.record
        name = f"{record.name} ({record.label})"
        await self._notices.send(record.account_id, "key_unusual", subject=f"{record.id}/{what}", key=name, **facts)

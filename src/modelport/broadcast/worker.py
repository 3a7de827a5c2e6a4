"""Delivers traces to destinations: in batches, tried again for a day, never to an address that only we can reach."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import structlog

from modelport.broadcast import store
from modelport.broadcast.destination import BROKEN, NO_ANSWER
from modelport.broadcast.kinds import calls, test_call
from modelport.broadcast.trace import Trace
from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.kit.vault import SealBroken
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.broadcast.destination import Destination
    from modelport.broadcast.kinds import Call
    from modelport.broadcast.service import Destinations
    from modelport.broadcast.store import Claimed
    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.notices.service import Notices
    from modelport.upstream.client import UpstreamClient

__all__ = ["Tested", "Worker"]

_log = structlog.get_logger(__name__)
_PAUSES_MS: Final = tuple(seconds * 1000 for seconds in (5, 30, 120, 600, 1800, 7200, 21_600, 43_200))
"""After each failed try; then it is given up."""
_CLAIM_MS: Final = 180_000
_AT_ONCE: Final = 200
_FULL: Final = 20_000
"""Traces that may wait for one destination."""
_POLL_SECONDS: Final = 1.0
_COUNT_SECONDS: Final = 20.0
_ANSWER_MOST: Final = 64 * 1024


class Tested(NamedTuple):
    """What became of a test call."""

    status: int | None
    fault: str | None


class Worker:
    """Makes the deliveries that are due."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        client: UpstreamClient,
        *,
        destinations: Destinations,
        notices: Notices,
    ) -> None:
        """`client` calls addresses that users gave."""
        self._database = database
        self._vault = vault
        self._client = client
        self._destinations = destinations
        self._notices = notices
        self._well: set[str] = set()
        """Destinations that have taken something since they last failed for good."""
        self._counted = -_COUNT_SECONDS

    async def run(self) -> None:
        """Delivers what is due, for ever."""
        while True:
            try:
                while await self.deliver_due():
                    pass
                await self._count()
            except DatabaseDown:
                pass  # what waits there will still be there
            except Exception:  # noqa: BLE001 (a worker that died would keep every trace from its reader)
                _log.exception("broadcast.fault")
            await asyncio.sleep(_POLL_SECONDS)

    async def deliver_due(self) -> int:
        """Delivers what is due now; returns how many were tried."""
        now = clock.now_ms()
        if not await self._database.read(partial(store.is_due, now=now)):
            return 0
        claimed = await self._database.write(partial(store.claim, now=now, until=now + _CLAIM_MS, most=_AT_ONCE))
        by: dict[str, list[Claimed]] = {}
        for each in claimed:
            by.setdefault(each.destination_id, []).append(each)
        await asyncio.gather(*(self._deliver(destination_id, some) for destination_id, some in by.items()))
        return len(claimed)

    async def test(self, destination: Destination) -> Tested:
        """Makes a call that delivers nothing."""
        status, fault = await self._call(test_call(destination, self._destinations.config(destination)))
        return Tested(status, fault)

    async def _deliver(self, destination_id: str, claimed: Sequence[Claimed]) -> None:
        destination = self._destinations.enabled(destination_id)
        if destination is None:
            await self._give_up(destination_id, claimed, "the destination was switched off")
            return
        readable: list[tuple[Claimed, Trace]] = []
        broken: list[Claimed] = []
        for each in claimed:
            trace = self._opened(each)
            if trace is None:
                broken.append(each)
            else:
                readable.append((each, trace))
        if broken:
            await self._give_up(destination_id, broken, "what was to be sent can't be read")
        try:
            made = calls(destination, self._destinations.config(destination), [trace for _, trace in readable])
        except (SealBroken, ValueError):
            await self._again(destination, [each for each, _ in readable], BROKEN)
            return
        left = [each for each, _ in readable]
        while made and left:
            call = made.pop(0)
            sent, left = left[: call.traces], left[call.traces :]
            _, fault = await self._call(call)
            if fault is not None:
                await self._again(destination, [*sent, *left], fault)
                return
            seqs = [each.seq for each in sent]
            await self._database.write(
                partial(store.done, destination_id=destination_id, seqs=seqs, now=clock.now_ms())
            )
            if destination_id not in self._well:
                await self._notices.over(destination.account_id, "destination_failing", destination_id)
                self._well.add(destination_id)

    def _opened(self, claimed: Claimed) -> Trace | None:
        try:
            text = self._vault.open(claimed.sealed, context=f"trace:{claimed.destination_id}")
            return msgspec.json.decode(text, type=Trace)
        except (SealBroken, msgspec.DecodeError):
            _log.exception("broadcast.unreadable", seq=claimed.seq)
            return None

    async def _call(self, call: Call) -> tuple[int | None, str | None]:
        """The status, and what went wrong; None when it was taken."""
        try:
            send = self._client.put if call.put else self._client.send
            reply = await send(call.target, call.body)
            try:
                await reply.read(_ANSWER_MOST)
            finally:
                reply.close()
        except (UpstreamFault, ValueError) as error:
            # Not its text: it may tell of our network.
            return None, f"{NO_ANSWER} ({type(error).__name__})"
        return reply.status, None if 200 <= reply.status < 300 else f"answered {reply.status}"

    async def _again(self, destination: Destination, claimed: Sequence[Claimed], fault: str) -> None:
        """Tries them again later, or gives up those that were tried often enough, which its people are told."""
        destination_id = destination.id
        worn = [each for each in claimed if each.tries > len(_PAUSES_MS)]
        if worn:
            await self._give_up(destination_id, worn, fault)
            self._well.discard(destination_id)
            account_id, kind = destination.account_id, "destination_failing"
            await self._notices.send(
                account_id, kind, subject=destination_id, destination=destination.name, reason=fault
            )
        by: dict[int, list[int]] = {}
        for each in claimed:
            if each.tries <= len(_PAUSES_MS):
                by.setdefault(_PAUSES_MS[each.tries - 1], []).append(each.seq)
        now = clock.now_ms()
        for pause, seqs in by.items():
            values: dict[str, Any] = {"fault": fault, "due_at": now + pause, "now": now}
            await self._database.write(partial(store.failed, destination_id=destination_id, seqs=seqs, **values))

    async def _give_up(self, destination_id: str, claimed: Sequence[Claimed], fault: str) -> None:
        seqs = [each.seq for each in claimed]
        values: dict[str, Any] = {"fault": fault, "now": clock.now_ms()}
        await self._database.write(partial(store.given_up, destination_id=destination_id, seqs=seqs, **values))

    async def _count(self) -> None:
        """Sees for whom too much waits: a destination that is gone for good must not fill the disk."""
        if clock.monotonic() - self._counted < _COUNT_SECONDS:
            return
        self._counted = clock.monotonic()
        waiting = await self._database.read(store.waiting)
        self._destinations.full = frozenset(each for each, count in waiting.items() if count >= _FULL)

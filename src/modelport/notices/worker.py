"""Posts notices to webhooks: signed, tried again for two days, never to an address that only we can reach."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from multidict import CIMultiDict
from yarl import URL

from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.kit.vault import SealBroken
from modelport.notices import store
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.upstream.client import UpstreamClient

__all__ = ["HookWorker"]

_log = structlog.get_logger(__name__)

_PAUSES_MS: Final = tuple(seconds * 1000 for seconds in (10, 60, 300, 1800, 7200, 21_600, 43_200, 86_400))
_CLAIM_MS: Final = 120_000
_AT_ONCE: Final = 10
_POLL_SECONDS: Final = 5.0
_KEPT_MS: Final = 30 * 86_400_000
_TIMEOUTS: Final = Timeouts(connect=5, first_byte=15, idle=10, total=20)
_ANSWER_MOST: Final = 64 * 1024


class HookWorker:
    """Makes the deliveries that are due."""

    def __init__(
        self, database: Database, vault: Vault, client: UpstreamClient, sign: Callable[[str, int, bytes], str]
    ) -> None:
        self._database = database
        self._vault = vault
        self._client = client
        self._sign = sign
        self._something = asyncio.Event()

    def wake(self) -> None:
        """Delivers what was queued without waiting for the next look."""
        self._something.set()

    async def run(self) -> None:
        """Delivers what is due, for ever."""
        while True:
            self._something.clear()
            try:
                while await self.deliver_due():
                    pass
            except DatabaseDown:
                pass  # what waits there will still be there
            except Exception:  # noqa: BLE001 (a worker that died would keep every notice from its reader)
                _log.exception("notices.fault")
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._something.wait()
            except TimeoutError:
                continue

    async def deliver_due(self) -> int:
        """Delivers what is due now; returns how many were tried."""
        now = clock.now_ms()
        claimed = await self._database.write(partial(store.claim, now=now, until=now + _CLAIM_MS, most=_AT_ONCE))
        await asyncio.gather(*(self._deliver(each) for each in claimed))
        return len(claimed)

    async def forget_old(self) -> None:
        """Deletes the records of deliveries done with a month ago."""
        await self._database.write(partial(store.forget, before=clock.now_ms() - _KEPT_MS))

    async def _deliver(self, delivery: store.Claimed) -> None:
        hook = await self._database.read(partial(store.hook_of, account_id=delivery.account_id))
        if hook is None or not hook.enabled:
            work = partial(store.give_up, delivery_id=delivery.id, fault="the webhook is gone or switched off")
        elif (fault := await self._post(hook, delivery)) is None:
            work = partial(store.delivered, delivery_id=delivery.id, now=clock.now_ms())
        elif delivery.tries > len(_PAUSES_MS):
            work = partial(store.give_up, delivery_id=delivery.id, fault=fault)
        else:
            due_at = clock.now_ms() + _PAUSES_MS[delivery.tries - 1]
            work = partial(store.retry, delivery_id=delivery.id, due_at=due_at, fault=fault)
        await self._database.write(work)

    async def _post(self, hook: store.Hook, delivery: store.Claimed) -> str | None:
        """What went wrong; None when it was taken."""
        body = delivery.body.encode()
        timestamp = clock.now_ms() // 1000
        try:
            secret = self._vault.open(hook.secret_sealed, context=f"hook:{hook.account_id}")
            headers = CIMultiDict({
                "content-type": "application/json",
                "x-modelport-delivery": delivery.id,
                "x-modelport-timestamp": str(timestamp),
                "x-modelport-signature": self._sign(secret, timestamp, body),
            })  # fmt: skip
            reply = await self._client.send(Target("webhook", URL(hook.url), headers, _TIMEOUTS), body)
            try:
                await reply.read(_ANSWER_MOST)
            finally:
                reply.close()
        except (UpstreamFault, ValueError, SealBroken) as error:
            # Not its text: it may tell of our network.
            return f"could not be delivered ({type(error).__name__})"
        return None if 200 <= reply.status < 300 else f"answered {reply.status}"

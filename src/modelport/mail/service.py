"""The queue of mails: put in within the transaction that is the reason for it, sent beside requests, tried again.

A mail is sent at least once: a server that dies between handing it over and noting so sends it again.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from modelport.db.database import DatabaseDown
from modelport.kit import clock, ids
from modelport.kit.vault import SealBroken
from modelport.mail import store
from modelport.mail.failing import Kept, Refused, TransportFailed
from modelport.mail.letter import Letter

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.mail.transport import Transport

__all__ = ["Letter", "Mailer"]

_log = structlog.get_logger(__name__)

_PAUSES_MS: Final = (10_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000, 43_200_000)
"""How long after the first, second, ... failure it is tried again; after the last it is given up."""
_CLAIM_MS: Final = 120_000
_AT_ONCE: Final = 10
_POLL_SECONDS: Final = 5.0
_KEPT_MS: Final = 30 * 86_400_000


class Mailer:
    """The door to mail."""

    def __init__(self, database: Database, vault: Vault, transport: Transport) -> None:
        self._database = database
        self._vault = vault
        self._transport = transport
        self._something = asyncio.Event()

    @property
    def kind(self) -> str:
        """`smtp`, or `console` where the operator set up none."""
        return self._transport.kind

    def post(self, connection: Connection, letter: Letter, *, decoy: bool = False) -> None:
        """Queues a letter in the caller's transaction; call `wake` once that is committed.

        A decoy takes the same time and is never sent: so that an answer's time does not tell whether an address is
        known here.
        """
        now = clock.now_ms()
        mail_id = ids.prefixed("mail")
        sealed = self._vault.seal(msgspec.json.encode(letter).decode(), context=f"mail:{mail_id}")
        store.add(connection, mail_id, sealed, now, None if decoy else now)

    def wake(self) -> None:
        """Sends what was queued without waiting for the next look."""
        self._something.set()

    async def send(self, letter: Letter) -> None:
        """Queues one letter in a transaction of its own."""
        await self._database.write(partial(self.post, letter=letter))
        self.wake()

    async def try_out(self, letter: Letter) -> None:
        """Sends a letter now, beside the queue. Raises `TransportFailed` or `Refused`, with the mail server's words."""
        await self._transport.send(letter)

    async def queue(self) -> store.Queue:
        """How many mails wait, went out and failed."""
        return await self._database.read(store.queue)

    async def run(self) -> None:
        """Sends what is due, for ever."""
        while True:
            self._something.clear()
            try:
                while await self.send_due():
                    pass
            except DatabaseDown:
                pass  # what waits there will still be there
            except Exception:  # noqa: BLE001 (a worker that died would keep every code from its reader)
                _log.exception("mail.fault")
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._something.wait()
            except TimeoutError:
                continue

    async def send_due(self) -> int:
        """Sends what is due now; returns how many were tried."""
        now = clock.now_ms()
        claimed = await self._database.write(partial(store.claim, now=now, until=now + _CLAIM_MS, most=_AT_ONCE))
        await asyncio.gather(*(self._send_one(mail) for mail in claimed))
        return len(claimed)

    async def forget_old(self) -> None:
        """Deletes the records of mails done with a month ago."""
        await self._database.write(partial(store.forget, before=clock.now_ms() - _KEPT_MS))

    async def _send_one(self, mail: store.Claimed) -> None:
        work = partial(store.sent, mail_id=mail.id, now=clock.now_ms())
        try:
            letter = msgspec.json.decode(self._vault.open(mail.sealed, context=f"mail:{mail.id}"), type=Letter)
            await self._transport.send(letter)
        except (Refused, SealBroken) as fault:
            _log.warning("mail.given_up", mail=mail.id, fault=str(fault))
            work = partial(store.give_up, mail_id=mail.id, fault=str(Kept.of(fault)))
        except TransportFailed as fault:
            if mail.tries > len(_PAUSES_MS):
                _log.warning("mail.given_up", mail=mail.id, fault=str(fault))
                work = partial(store.give_up, mail_id=mail.id, fault=str(Kept.of(fault)))
            else:
                _log.warning("mail.failed", mail=mail.id, tries=mail.tries, fault=str(fault))
                due_at = clock.now_ms() + _PAUSES_MS[mail.tries - 1]
                work = partial(store.retry, mail_id=mail.id, due_at=due_at, fault=str(Kept.of(fault)))
        await self._database.write(work)

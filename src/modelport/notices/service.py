"""Telling an account's people something: written down with its mails and its webhook call in one transaction.

Who raises a notice says what it is about (`subject`), and it is told once until `over` is called for it: a balance
that stays low is told once, and again after it was high in between.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.exc import IntegrityError

from modelport.accounts.service import Recipient, account_name, recipients
from modelport.accounts.sign_in import origin_of
from modelport.kit import clock, ids
from modelport.mail.layout import Content, compose
from modelport.notices import store
from modelport.notices.errors import BadHook, NoHook, UnknownKind
from modelport.notices.kinds import FACTS, KINDS
from modelport.notices.store import Hook, Notice

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.mail.letter import Letter
    from modelport.mail.service import Mailer
    from modelport.notices.worker import HookWorker
    from modelport.settings import Settings

__all__ = ["Fact", "Hook", "Notice", "Notices", "signature"]

Fact = str | int | bool | None
"""A named value of a notice; amounts are given as texts, such as `$4.20`."""
_SHOWN: Final = 100
_FRESH: Final = 60.0
"""Seconds for which what an account chose is not read again."""
_KEPT: Final = 10_000


class Notices:
    """The door to notices."""

    def __init__(
        self, database: Database, vault: Vault, *, mailer: Mailer, worker: HookWorker, settings: Settings
    ) -> None:
        self._database = database
        self._vault = vault
        self._mailer = mailer
        self._worker = worker
        self._settings = settings
        self._levels: dict[str, tuple[float, int | None]] = {}
        """What accounts chose, each with when it was read."""

    async def send(
        self, account_id: str, kind: str, *, subject: str | None = None, user_id: str | None = None, **facts: Fact
    ) -> bool:
        """Tells an account's people something; with `user_id` that person only. False when it was told before.

        With a `subject` it is told once, until `over` is called for the same subject.

        Raises `UnknownKind`.
        """
        if kind not in KINDS:
            raise UnknownKind(f"There is no kind of notice {kind!r}.")
        notice = Notice(
            id=ids.prefixed("note"),
            account_id=account_id,
            kind=kind,
            subject=subject,
            facts=msgspec.json.encode(facts).decode(),
            created_at=clock.now_ms(),
        )
        try:
            told = await self._database.write(partial(self._write, notice=notice, user_id=user_id, facts=facts))
        except IntegrityError:  # two at once: the other one tells it
            return False
        if told:
            self._mailer.wake()
            self._worker.wake()
        return told

    async def forget_person(self, account_id: str, user_id: str) -> None:
        """Deletes what was told to an account whose person leaves, its webhook, and what they had muted."""

        def forget(connection: Connection) -> None:
            store.set_mutes(connection, user_id, set())
            store.remove_hook(connection, account_id)
            store.forget_account(connection, account_id)

        await self._database.write(forget)

    async def remember(self, account_id: str, kind: str, subject: str) -> None:
        """Takes it as told without telling it: what is true from the beginning is no news."""
        notice = Notice(ids.prefixed("note"), account_id, kind, subject, "{}", clock.now_ms())
        with contextlib.suppress(IntegrityError):
            await self._database.write(partial(store.add, notice=notice))

    async def over(self, account_id: str, kind: str, subject: str) -> None:
        """What was told is no longer so; when it becomes so again, it is told again."""
        await self._database.write(partial(store.over, account_id=account_id, kind=kind, subject=subject))

    async def recent(self, account_id: str) -> list[Notice]:
        """An account's newest notices."""
        return await self._database.read(partial(store.recent, account_id=account_id, most=_SHOWN))

    async def mutes(self, user_id: str) -> set[str]:
        """Kinds a person wants no mail about."""
        return await self._database.read(partial(store.mutes_of, user_id=user_id))

    async def set_mutes(self, user_id: str, kinds: set[str]) -> None:
        """Replaces what a person wants no mail about.

        Raises `UnknownKind` for one that can't be switched off.
        """
        for kind in sorted(kinds):
            if kind not in KINDS or not KINDS[kind].can_mute:
                raise UnknownKind(f"Notices of kind {kind!r} do not exist, or can't be switched off.")
        await self._database.write(partial(store.set_mutes, user_id=user_id, kinds=kinds))

    async def low_balance(self, account_id: str) -> int | None:
        """Below which balance, in nano-dollars, an account wants to be told; None where it has not said."""
        known = self._levels.get(account_id)
        if known is None or clock.monotonic() - known[0] > _FRESH:
            if len(self._levels) >= _KEPT:
                self._levels.clear()
            found = await self._database.read(partial(store.low_balance_of, account_id=account_id))
            known = self._levels[account_id] = (clock.monotonic(), found)
        return known[1]

    async def set_low_balance(self, account_id: str, amount: int | None) -> None:
        """Sets that; 0 for never, None for what the operator thinks right."""
        await self._database.write(partial(store.set_low_balance, account_id=account_id, amount=amount))
        self._levels.pop(account_id, None)

    async def hook(self, account_id: str) -> Hook | None:
        """An account's webhook."""
        return await self._database.read(partial(store.hook_of, account_id=account_id))

    async def set_hook(self, account_id: str, url: str, *, enabled: bool) -> str:
        """Sets an account's webhook; returns its new secret, which is shown this once.

        Raises `BadHook`.
        """
        _require_good(url)
        secret = f"whsec_{ids.random_text(40)}"
        sealed = self._vault.seal(secret, context=f"hook:{account_id}")
        hook = Hook(account_id, url, sealed, enabled, clock.now_ms())
        await self._database.write(partial(store.set_hook, hook=hook))
        return secret

    async def remove_hook(self, account_id: str) -> None:
        """Takes an account's webhook away.

        Raises `NoHook`.
        """
        if not await self._database.write(partial(store.remove_hook, account_id=account_id)):
            raise NoHook("There is no webhook.")

    def _write(self, connection: Connection, notice: Notice, user_id: str | None, facts: dict[str, Fact]) -> bool:
        if notice.subject is not None and store.is_told(connection, notice.account_id, notice.kind, notice.subject):
            return False
        store.add(connection, notice)
        kind = KINDS[notice.kind]
        muted = store.muted(connection, notice.kind) if kind.can_mute else set[str]()
        name = account_name(connection, notice.account_id)
        for each in recipients(connection, notice.account_id, kind.roles):
            if each.user_id not in muted and user_id in {None, each.user_id}:
                self._mailer.post(connection, self._letter(notice.kind, each, {"account": name, **facts}))
        hook = store.hook_of(connection, notice.account_id)
        if hook is not None and hook.enabled:
            body = {
                "id": notice.id,
                "type": notice.kind,
                "created_at": notice.created_at // 1000,
                "account_id": notice.account_id,
                "data": facts,
            }
            text = msgspec.json.encode(body).decode()
            store.add_delivery(connection, ids.prefixed("dlv"), notice.account_id, text, notice.created_at)
        return True

    def _letter(self, name: str, to: Recipient, facts: dict[str, Fact]) -> Letter:
        kind = KINDS[name]
        subject, text = kind.zh if to.language == "zh" else kind.en
        shown = _Named(facts)
        label = "打开" if to.language == "zh" else "Open"
        names = FACTS[to.language]
        content = Content(
            subject=subject.format_map(shown),
            paragraphs=[text.format_map(shown)],
            link=(label, origin_of(self._settings) + kind.page),
            facts=[(names[each], str(value)) for each, value in facts.items() if each in names and value is not None],
        )
        return compose(to.email, to.language, content)


class _Named(dict[str, Fact]):
    """Facts by name; one that was not given is shown as a dash, for a mail must not fail over it."""

    def __missing__(self, key: str) -> str:
        return "–"


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What a webhook's receiver computes to know that we sent it: HMAC-SHA256 over `timestamp.body`."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _require_good(url: str) -> None:
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadHook("The webhook's address can't be read.") from error
    if parts.scheme not in {"https", "http"} or not parts.hostname or not port_is_good:
        raise BadHook("The webhook's address must be `https://host/path`.")
    if parts.username is not None or parts.password is not None:
        raise BadHook("Put no password into the webhook's address: calls are signed instead.")

"""The door to the audit log."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from modelport.audit import store
from modelport.audit.store import Entry, Search
from modelport.db.riding import riding
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from modelport.audit.noting import Noted
    from modelport.audit.store import Written
    from modelport.db.database import Database

    class Caller(Protocol):
        """Who makes a change: what is used of a `Principal`, which stands above."""

        @property
        def user_id(self) -> str: ...
        @property
        def account_id(self) -> str: ...
        @property
        def credential(self) -> str: ...


__all__ = ["Audit", "Entry", "Search", "entry_of", "is_secret", "without_secrets"]

_SECRET: Final = re.compile(r"secret|password|passphrase|credential|token$|^key$|api_?key$|private", re.IGNORECASE)
_LONG: Final = 4_000
_TEXT_MOST: Final = 300


def is_secret(name: str) -> bool:
    """Whether what is called so may be a secret."""
    return _SECRET.search(name) is not None


def without_secrets(value: Any) -> Any:  # JSON in, JSON out
    """The same with nothing in it that may be a secret, and no endless text: a second lock; routes note no secrets."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {
            name: "(hidden)" if is_secret(name) and isinstance(field, str) else without_secrets(field)
            for name, field in fields.items()
        }
    if isinstance(value, list):
        return [without_secrets(each) for each in cast("list[Any]", value)]
    if isinstance(value, str) and len(value) > _LONG:
        return value[:_LONG] + "…"
    return value


def entry_of(
    caller: Caller | None,
    action: str,
    subject: str | None,
    before: Any = None,  # JSON
    after: Any = None,
    *,
    account_id: str | None = None,
    address: str | None = None,
    user_agent: str | None = None,
) -> dict[str, Any]:
    """An entry as it is stored, without secrets; without a `caller` it is somebody nobody knows."""
    return {
        "at": clock.now_ms(),
        "account_id": account_id or (caller.account_id if caller else None),
        "user_id": caller.user_id if caller else None,
        "credential": caller.credential if caller else "none",
        "action": action,
        "subject": subject,
        "before": without_secrets(before),
        "after": without_secrets(after),
        "address": address,
        "user_agent": (user_agent or "")[:_TEXT_MOST] or None,
    }


class Audit:
    """Writes changes down, and reads them again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self,
        caller: Caller | None,
        action: str,
        subject: str | None,
        before: Any = None,  # JSON
        after: Any = None,
        *,
        account_id: str | None = None,
        address: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        """Writes down what is no change of the database: those are written with the change itself (`recorder.py`)."""
        values = entry_of(
            caller, action, subject, before, after, account_id=account_id, address=address, user_agent=user_agent
        )
        await self._database.write(partial(store.add, values=values))

    async def say(self, written: Sequence[Written], noted: Noted | None, otherwise: Mapping[str, Any]) -> None:
        """Puts a route's words beside the last entry of its change; where there is none, `otherwise` is written."""

        def work(connection: Connection) -> None:
            there = next((each for each in reversed(written) if store.is_there(connection, each)), None)
            if there is None:
                store.add(connection, otherwise)
            elif noted is not None:
                before, after = without_secrets(noted.before), without_secrets(noted.after)
                store.say(connection, there.seq, noted.subject, before, after)

        token = riding.set(None)  # this is no change of its own
        try:
            await self._database.write(work)
        finally:
            riding.reset(token)

    async def page(self, search: Search) -> list[Entry]:
        """Entries, newest first; for the next ones give the last one's number as `before_seq`."""
        return await self._database.read(partial(store.page, search=search))

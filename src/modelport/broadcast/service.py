"""The door to observability destinations: made, changed and deleted; asked by the chat path who gets an answer's trace.

What is to be sent is written down in the transaction that settles the answer, so it outlives a crash, and nobody waits
for a destination. `worker.py` delivers.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from modelport.broadcast import store
from modelport.broadcast.destination import WHOLE, Destination, check_rules
from modelport.broadcast.errors import BadDestination, NoSuchDestination, TooManyDestinations
from modelport.broadcast.kinds import read
from modelport.broadcast.trace import Content, Source, made_of
from modelport.keys.service import key_of
from modelport.kit import clock
from modelport.workspaces.service import broadcast, broadcasting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from modelport.broadcast.trace import Trace
    from modelport.db.database import Database
    from modelport.keys.service import Key, LiveKey
    from modelport.kit.vault import Vault
    from modelport.usage.generation import Generation

__all__ = ["Destinations", "sampling_of"]

_log = structlog.get_logger(__name__)
_MOST: Final = 5
"""Destinations of one type in one workspace, as in the reference."""
_LONGEST: Final = 64 * 1024
"""Characters of a prompt or an answer that are sent."""
_PLAIN: Final = tuple(name for name in Destination.__dataclass_fields__ if name != "sealed")


class Destinations:
    """Destinations of all accounts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._enabled: dict[str, tuple[Destination, ...]] = {}
        """By account; those with none are not in here, which is nearly all."""
        self.full: frozenset[str] = frozenset()
        """Destinations for which too much waits: they get nothing more until it is less."""

    async def reload(self) -> None:
        """Reads again who gets traces: at the start, and when that was changed."""

        def read(connection: Connection) -> list[dict[str, Any]]:
            told = broadcasting(connection)
            return [row for row in store.enabled(connection) if row["workspace_id"] in told]

        found: dict[str, tuple[Destination, ...]] = {}
        for row in await self._database.read(read):
            made = _made(row)
            found[made.account_id] = (*found.get(made.account_id, ()), made)
        self._enabled = found

    async def create(
        self, account_id: str, user_id: str, workspace_id: str, kind: str, values: Mapping[str, Any]
    ) -> tuple[Destination, dict[str, Any]]:
        """A new destination, and its configuration; a workspace's first one switches its broadcasting on.

        Raises `BadDestination`, `TooManyDestinations`.
        """
        now, destination_id = clock.now_ms(), str(uuid.uuid4())
        check_rules(values.get("filter_rules"))
        config = read(kind, values["config"])
        row: dict[str, Any] = {
            **{name: value for name, value in values.items() if name != "config"},
            "id": destination_id,
            "account_id": account_id,
            "workspace_id": workspace_id,
            "type": kind,
            "sealed": self._seal(destination_id, config),
            "created_by": user_id,
            "created_at": now,
            "updated_at": now,
        }

        def work(connection: Connection) -> dict[str, Any]:
            there = store.count(connection, workspace_id)
            if there.get(kind, 0) >= _MOST:
                raise TooManyDestinations(f"A workspace can have {_MOST} destinations of the type {kind!r}.")
            if not there:
                broadcast(connection, workspace_id)
            store.add(connection, row)
            found = store.find(connection, account_id, destination_id)
            assert found is not None
            return found

        made = _made(await self._database.write(work))
        await self.reload()
        return made, config

    async def find(self, account_id: str, destination_id: str) -> Destination:
        """One of the account's. Raises `NoSuchDestination`."""
        row = await self._database.read(partial(store.find, account_id=account_id, destination_id=destination_id))
        if row is None:
            raise NoSuchDestination("There is no such destination.")
        return _made(row)

    async def page(self, account_id: str, workspace_id: str, offset: int, limit: int) -> tuple[list[Destination], int]:
        """Some of a workspace's, and how many there are."""
        work = partial(store.page, account_id=account_id, workspace_id=workspace_id, offset=offset, limit=limit)
        rows, total = await self._database.read(work)
        return [_made(row) for row in rows], total

    async def change(self, account_id: str, destination_id: str, values: Mapping[str, Any]) -> Destination:
        """Changes what `values` names, everywhere within a second. Raises `NoSuchDestination`, `BadDestination`."""
        before = await self.find(account_id, destination_id)
        check_rules(values.get("filter_rules"))
        fields = {name: value for name, value in values.items() if name != "config"}
        if "config" in values:
            config = read(before.type, values["config"], self.config(before))
            fields["sealed"] = self._seal(destination_id, config)
        fields["updated_at"] = clock.now_ms()
        row = await self._database.write(
            partial(store.change, account_id=account_id, destination_id=destination_id, values=fields)
        )
        await self.reload()
        if row is None:
            raise NoSuchDestination("There is no such destination any more.")
        return _made(row)

    async def delete(self, account_id: str, destination_id: str) -> None:
        """Deletes one with all that waits for it. Raises `NoSuchDestination`."""
        done = await self._database.write(
            partial(store.wipe, account_id=account_id, destination_id=destination_id, at_ms=clock.now_ms())
        )
        await self.reload()
        if not done:
            raise NoSuchDestination("There is no such destination.")

    async def forget_account(self, account_id: str) -> None:
        """Deletes everything of an account that is closed."""
        await self._database.write(partial(store.forget_account, account_id=account_id))
        await self.reload()

    def config(self, destination: Destination) -> dict[str, Any]:
        """Its configuration, with the secrets."""
        opened = self._vault.open(destination.sealed, context=_context(destination.id))
        return msgspec.json.decode(opened, type=dict[str, Any])

    def enabled(self, destination_id: str) -> Destination | None:
        """One that gets traces now, by its id."""
        every = (each for found in self._enabled.values() for each in found)
        return next((each for each in every if each.id == destination_id), None)

    # For the chat path.

    def of(self, key: LiveKey) -> Sequence[Destination]:
        """Who may get traces of an API key's requests."""
        return self._among(key.record.account_id, key.workspace_id, key.record.hash)

    def note(
        self,
        to: Sequence[Destination],
        key: LiveKey,
        generation: Generation,
        told: Callable[[], tuple[str, str]],
        cached_from: str | None = None,
    ) -> Callable[[Connection], None]:
        """What writes a generation's trace down, in the transaction that stores it; `told` gives prompt and answer, and
        `cached_from` is the generation that a cached answer was made by.
        """
        source = _source(key.record, key.workspace_id)
        content: Content | None = None
        if any(not each.privacy_mode or each.filter_rules is not None for each in to):
            prompt, answer = told()
            content = Content(prompt[:_LONGEST], answer[:_LONGEST])

        def write(connection: Connection) -> None:
            trace = made_of(generation, source, content)
            self._push(connection, to, msgspec.structs.replace(trace, cached_from=cached_from))

        return write

    def of_the_dead(self, generation: Generation) -> Callable[[Connection], None] | None:
        """The same of a stream whose server died: without prompt and answer, which died with it."""
        if generation.account_id not in self._enabled:
            return None

        def write(connection: Connection) -> None:
            found = key_of(connection, generation.key_id)
            if found is None:
                return
            key, workspace_id = found
            to = self._among(key.account_id, workspace_id, key.hash)
            self._push(connection, to, made_of(generation, _source(key, workspace_id), None))

        return write

    def _among(self, account_id: str, workspace_id: str, key_hash: str) -> Sequence[Destination]:
        found = self._enabled.get(account_id)
        if found is None:
            return ()
        return [each for each in found if each.is_for(workspace_id, key_hash) and each.id not in self.full]

    def _push(self, connection: Connection, to: Sequence[Destination], trace: Trace) -> None:
        rows: list[tuple[str, str]] = []
        for each in to:
            if _takes(each, trace):
                kept = msgspec.structs.replace(trace, content=None) if each.privacy_mode else trace
                text = msgspec.json.encode(kept).decode()
                rows.append((each.id, self._vault.seal(text, context=f"trace:{each.id}")))
        if rows:
            store.push(connection, rows, clock.now_ms())

    def _seal(self, destination_id: str, config: Mapping[str, Any]) -> str:
        return self._vault.seal(msgspec.json.encode(config).decode(), context=_context(destination_id))


def sampling_of(rate: float) -> int:
    """A rate from 0.0001 to 1 as it is stored. Raises `BadDestination`."""
    sampling = round(rate * WHOLE)
    if not 1 <= sampling <= WHOLE:
        raise BadDestination("Invalid request: sampling_rate: it is from 0.0001 to 1.", metadata={"rule": "sampling"})
    return sampling


def _source(key: Key, workspace_id: str) -> Source:
    return Source(key.account_id, workspace_id, key.user_id, key.hash, key.name)


def _takes(destination: Destination, trace: Trace) -> bool:
    """Whether it gets the trace; a fault in its rules costs its owner traces, and nobody a charge."""
    try:
        return destination.takes(trace)
    except Exception:  # noqa: BLE001 (within the transaction of a charge)
        _log.exception("broadcast.rules_failed", destination=destination.id)
        return False


def _context(destination_id: str) -> str:
    return f"destination:{destination_id}"


def _made(row: Mapping[str, Any]) -> Destination:
    return Destination(**{name: row[name] for name in _PLAIN}, sealed=row["sealed"])

"""The door to guardrails: kept, assigned, and put together for each key that is used."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from modelport.credits.budgets import Budget, drop_budget, keep_budget
from modelport.db import changes
from modelport.guardrails import store
from modelport.guardrails.errors import BadGuardrail, NoSuchGuardrail
from modelport.guardrails.policy import Applied, Policy, combined
from modelport.guardrails.rules import Rules
from modelport.guardrails.store import Assignment, Guardrail, Kind
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from modelport.credits.budgets import Budgets
    from modelport.db.database import Database
    from modelport.keys.service import LiveKey
    from modelport.workspaces.service import Workspaces

__all__ = ["Assignment", "Guardrail", "Guardrails"]

_MOST: Final = 500
_NOT_FOUND: Final = "There is no such guardrail."


class _Guarded(NamedTuple):
    """An account that has guardrails, in memory."""

    guardrails: dict[str, Applied]
    """By id."""
    keys: dict[str, str]
    """Ids of guardrails by ids of keys."""
    members: dict[str, str]
    defaults: dict[str, str]
    """By ids of workspaces."""
    policies: dict[tuple[str, str, str], Policy | None]
    """What was put together already, by workspace, member and key."""


class Guardrails:
    """Guardrails of all accounts."""

    def __init__(self, database: Database, budgets: Budgets, workspaces: Workspaces) -> None:
        self._database = database
        self._budgets = budgets
        self._workspaces = workspaces
        self._known: dict[str, _Guarded | None] = {}
        """By account; None for one that has no guardrails."""
        self._noted = 0

    async def page(
        self, account_id: str, workspace_ref: str | None, offset: int, limit: int
    ) -> tuple[list[Guardrail], int]:
        """Some of a workspace's guardrails, newest first, and how many there are. Raises `NoSuchWorkspace`."""
        if workspace_ref is None:
            workspace = await self._workspaces.default(account_id)
        else:
            workspace = await self._workspaces.find(account_id, workspace_ref)
        read = partial(store.page, account_id=account_id, workspace_id=workspace.id, offset=offset, limit=limit)
        return await self._database.read(read)

    async def find(self, account_id: str, guardrail_id: str) -> Guardrail:
        """One of an account's guardrails; a workspace's default one also before it says anything.

        Raises `NoSuchGuardrail`.
        """
        found = await self._database.read(partial(store.find, account_id=account_id, guardrail_id=guardrail_id))
        return found or await self._default(account_id, guardrail_id)

    async def create(self, account_id: str, workspace_ref: str | None, values: Mapping[str, Any]) -> Guardrail:
        """A new one, which applies to nobody yet. Raises `BadGuardrail`, `NoSuchWorkspace`."""
        if workspace_ref is None:
            workspace = await self._workspaces.default(account_id)
        else:
            workspace = await self._workspaces.find(account_id, workspace_ref)
        fresh = _fresh(str(uuid.uuid4()), account_id, workspace.id, str(values["name"]))
        made = _with(fresh, values)._replace(updated_at=None)

        def write(connection: Connection) -> None:
            if len(store.of_account(connection, account_id)) >= _MOST:
                raise BadGuardrail(
                    f"An account has at most {_MOST} guardrails.", metadata={"rule": "most", "most": _MOST}
                )
            store.add(connection, made)
            _write_budget(connection, made)
            changes.note(connection, "guardrail", account_id)

        await self._database.write(write)
        self.changed(account_id)
        return made

    async def change(
        self, account_id: str, guardrail_id: str, values: Mapping[str, Any]
    ) -> tuple[Guardrail, Guardrail]:
        """Changes what `values` names; how it was, and how it is. Raises `NoSuchGuardrail`, `BadGuardrail`."""
        default = None
        if await self._database.read(partial(store.find, account_id=account_id, guardrail_id=guardrail_id)) is None:
            default = await self._default(account_id, guardrail_id)
        names = await self._workspaces.default_guardrails(account_id)
        if guardrail_id in names.values() and values.get("name") is not None:
            raise BadGuardrail(
                "The name of a workspace's default guardrail follows from its workspace.",
                metadata={"rule": "default_name"},
            )

        def write(connection: Connection) -> tuple[Guardrail, Guardrail]:
            before = store.find(connection, account_id, guardrail_id)
            if before is None:
                if default is None:
                    raise NoSuchGuardrail(_NOT_FOUND)
                before = default
                store.add(connection, default)
            after = _with(before, values)
            columns = after._asdict()
            del columns["id"], columns["account_id"], columns["workspace_id"], columns["created_at"]
            store.change(connection, guardrail_id, columns)
            _write_budget(connection, after)
            changes.note(connection, "guardrail", account_id)
            return before, after

        done = await self._database.write(write)
        self.changed(account_id)
        return done

    async def remove(self, account_id: str, guardrail_id: str) -> Guardrail:
        """Ends a guardrail for all it applies to; a workspace's default one says nothing again.

        Raises `NoSuchGuardrail`.
        """

        def write(connection: Connection) -> Guardrail | None:
            found = store.find(connection, account_id, guardrail_id)
            if found is not None:
                store.remove(connection, guardrail_id)
                drop_budget(connection, account_id, guardrail_id)
                changes.note(connection, "guardrail", account_id)
            return found

        found = await self._database.write(write)
        self.changed(account_id)
        return found or await self._default(account_id, guardrail_id)

    async def assignments(self, account_id: str, kind: Kind, guardrail_id: str | None = None) -> list[Assignment]:
        """Whom guardrails apply to, newest first. Raises `NoSuchGuardrail`."""
        if guardrail_id is not None:
            await self.find(account_id, guardrail_id)
        read = partial(store.assignments, account_id=account_id, kind=kind, guardrail_id=guardrail_id)
        return await self._database.read(read)

    async def assign(
        self, account_id: str, guardrail_id: str, kind: Kind, subjects: Sequence[str], *, by: str | None
    ) -> int:
        """Applies a guardrail to keys or members, by their ids; it takes the place of one they had.

        Raises `NoSuchGuardrail`; `BadGuardrail` for a workspace's default one, which applies to everybody there.
        """
        names = await self._workspaces.default_guardrails(account_id)
        if guardrail_id in names.values():
            raise BadGuardrail(
                "A workspace's default guardrail applies to everything in it and can't be assigned.",
                metadata={"rule": "default_assigned"},
            )
        wanted = list(dict.fromkeys(subjects))

        def write(connection: Connection) -> None:
            if store.find(connection, account_id, guardrail_id) is None:
                raise NoSuchGuardrail(_NOT_FOUND)
            now = clock.now_ms()
            for subject in wanted:
                store.assign(
                    connection, Assignment(str(uuid.uuid4()), account_id, guardrail_id, kind, subject, by, now)
                )
            changes.note(connection, "guardrail", account_id)

        await self._database.write(write)
        self.changed(account_id)
        return len(wanted)

    async def unassign(self, account_id: str, guardrail_id: str, kind: Kind, subjects: Sequence[str]) -> int:
        """Takes a guardrail from keys or members; how many had it. Raises `NoSuchGuardrail`."""

        def write(connection: Connection) -> int:
            if store.find(connection, account_id, guardrail_id) is None:
                raise NoSuchGuardrail(_NOT_FOUND)
            changes.note(connection, "guardrail", account_id)
            return store.unassign(connection, guardrail_id, kind, subjects)

        count = await self._database.write(write)
        self.changed(account_id)
        return count

    def changed(self, account_id: str) -> None:
        """Guardrails of this account were changed: read them again before the next request."""
        self._noted += 1
        self._known.pop(account_id, None)
        self._budgets.changed(account_id)

    async def of(self, key: LiveKey) -> Policy | None:
        """What the guardrails of a key come to together; None where there are none. In memory, once it was asked."""
        account_id = key.record.account_id
        try:
            guarded = self._known[account_id]
        except KeyError:
            guarded = await self._load(account_id)
        if guarded is None:
            return None
        return _policy(guarded, key.workspace_id, key.record.user_id, key.record.id)

    async def of_member(self, account_id: str, user_id: str, workspace_id: str, key_id: str = "") -> Policy | None:
        """The same for a person who is signed in, and for a key that is known by its id only."""
        guarded = self._known[account_id] if account_id in self._known else await self._load(account_id)
        return None if guarded is None else _policy(guarded, workspace_id, user_id, key_id)

    async def _load(self, account_id: str) -> _Guarded | None:
        noted = self._noted

        def load(connection: Connection) -> tuple[list[Guardrail], list[Assignment]]:
            return store.of_account(connection, account_id), store.assignments(connection, account_id)

        guardrails, assignments = await self._database.read(load)
        made = None
        if guardrails:
            defaults = await self._workspaces.default_guardrails(account_id)
            made = _Guarded(
                {each.id: Applied(each.id, each.name, Rules.read(each.rules)) for each in guardrails},
                {each.subject: each.guardrail_id for each in assignments if each.kind == "key"},
                {each.subject: each.guardrail_id for each in assignments if each.kind == "member"},
                defaults,
                {},
            )
        if noted == self._noted:
            self._known[account_id] = made
        return made

    async def _default(self, account_id: str, guardrail_id: str) -> Guardrail:
        """A workspace's default guardrail, which says nothing yet. Raises `NoSuchGuardrail`."""
        names = await self._workspaces.default_guardrails(account_id)
        for workspace_id, known in names.items():
            if known == guardrail_id:
                return _fresh(guardrail_id, account_id, workspace_id, f"Workspace {workspace_id} Default")
        raise NoSuchGuardrail(_NOT_FOUND)


def _policy(guarded: _Guarded, workspace_id: str, user_id: str, key_id: str) -> Policy | None:
    place = (workspace_id, user_id, key_id)
    try:
        return guarded.policies[place]
    except KeyError:
        pass
    found = {
        "workspace": guarded.guardrails.get(guarded.defaults.get(workspace_id, "")),
        "member": guarded.guardrails.get(guarded.members.get(user_id, "")),
        "api_key": guarded.guardrails.get(guarded.keys.get(key_id, "")),
    }
    applied = [(scope, each) for scope, each in found.items() if each is not None]
    made = guarded.policies[place] = combined(applied, user_id=user_id, key_id=key_id) if applied else None
    return made


def _fresh(guardrail_id: str, account_id: str, workspace_id: str, name: str) -> Guardrail:
    return Guardrail(
        id=guardrail_id,
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
        description=None,
        rules={},
        limit_nanos=None,
        reset_interval=None,
        include_byok_in_budgets=False,
        created_at=clock.now_ms(),
        updated_at=None,
    )


def _with(guardrail: Guardrail, values: Mapping[str, Any]) -> Guardrail:
    """The guardrail with what `values` names. Raises `BadGuardrail`."""
    own = {name: values[name] for name in Guardrail._fields if name in values and name != "rules"}
    said = guardrail.rules | {name: value for name, value in values.items() if name in Rules.__struct_fields__}
    rules = Rules.read(said)
    made = guardrail._replace(**own, rules=rules.stored(), updated_at=clock.now_ms())
    if (made.limit_nanos is None) != (made.reset_interval is None):
        raise BadGuardrail(
            "Invalid request: `limit_usd` and `reset_interval` are given together.", metadata={"rule": "limit_pair"}
        )
    # Compiling it is what shows whether the patterns can be read; the result is kept for the next request.
    combined([("workspace", Applied(made.id, made.name, rules))], user_id="", key_id="")
    return made


def _write_budget(connection: Connection, guardrail: Guardrail) -> None:
    """The guardrail's limit as a budget of the ledger, in the same transaction."""
    if guardrail.limit_nanos is None:
        drop_budget(connection, guardrail.account_id, guardrail.id)
        return
    interval: Any = guardrail.reset_interval  # one of the three, by the schema
    keep_budget(
        connection,
        Budget(
            guardrail.id,
            guardrail.account_id,
            "guardrail",
            guardrail.id,
            guardrail.limit_nanos,
            interval,
            guardrail.created_at,
            guardrail.include_byok_in_budgets,
        ),
    )

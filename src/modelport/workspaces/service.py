"""Workspaces of an account. Every account has one from the beginning, made when it is first looked at."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import IntegrityError

from modelport.accounts.service import members
from modelport.db import changes
from modelport.kit import clock
from modelport.workspaces import store
from modelport.workspaces.errors import BadWorkspace, NoSuchWorkspace, SlugTaken, WorkspaceInUse
from modelport.workspaces.store import Member, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from modelport.accounts.service import MemberRow
    from modelport.db.database import Database
    from modelport.workspaces.store import Routed

__all__ = ["Member", "Workspace", "Workspaces", "broadcast", "broadcasting", "home_of", "include_own", "routing_of"]

_MOST: Final = 200
_ROUTING: Final = frozenset({"default_text_model", "default_provider_sort", "disabled_server_tools"})
_LOGGING: Final = frozenset({"is_observability_io_logging_enabled", "io_logging_sampling_rate"})
_NOT_FOUND: Final = "There is no such workspace."


def home_of(connection: Connection, account_id: str) -> str | None:
    """The id of an account's default workspace, if it has been made yet."""
    found = store.default_of(connection, account_id)
    return None if found is None else found.id


def include_own(connection: Connection, workspace_id: str, *, include: bool) -> None:
    """Notes whether a workspace's budgets count own provider keys, in the transaction that tells the budgets."""
    store.change(connection, workspace_id, {"include_byok_in_budgets": include, "updated_at": clock.now_ms()})


def routing_of(connection: Connection, workspace_id: str) -> Routed:
    """What a workspace says of its requests."""
    return store.routing_of(connection, workspace_id)


def broadcasting(connection: Connection) -> set[str]:
    """The workspaces of all accounts whose traces are sent to their observability destinations."""
    return store.broadcasting(connection)


def broadcast(connection: Connection, workspace_id: str) -> None:
    """Has a workspace's traces sent from now on."""
    store.change(connection, workspace_id, {"is_observability_broadcast_enabled": True})


class Workspaces:
    """The door to workspaces."""

    def __init__(self, database: Database, has_keys: Callable[[Connection, str, str | None], bool]) -> None:
        """`has_keys` tells whether active keys, of one person or of anybody, are in a workspace."""
        self._database = database
        self._has_keys = has_keys

    async def of_account(self, account_id: str, offset: int = 0, limit: int = 50) -> tuple[list[Workspace], int]:
        """A page of an account's workspaces, the default one first, and how many there are."""
        await self.default(account_id)

        def read(connection: Connection) -> tuple[list[Workspace], int]:
            return store.of_account(connection, account_id, offset, limit), store.count(connection, account_id)

        return await self._database.read(read)

    async def default(self, account_id: str) -> Workspace:
        """Where everything of an account is that names no workspace."""
        found = await self._database.read(partial(store.default_of, account_id=account_id))
        if found is not None:
            return found
        made = _fresh(account_id, "Default", "default", None, is_default=True)

        def add(connection: Connection) -> None:
            store.add(connection, made)
            changes.note(connection, "account", account_id)  # keys in use learn which workspace they are in

        try:
            await self._database.write(add)
        except IntegrityError:  # two at once: the other has made it
            found = await self._database.read(partial(store.default_of, account_id=account_id))
            assert found is not None, "only another default one can be in the way"
            return found
        return made

    async def logging_shares(self, account_id: str) -> dict[str, float]:
        """The share of requests whose prompts and answers are stored, by workspace, of those that store some."""
        return await self._database.read(partial(store.logging_shares, account_id=account_id))

    async def default_guardrails(self, account_id: str) -> dict[str, str]:
        """The id of each workspace's default guardrail, which may not say anything yet."""
        return await self._database.read(partial(store.default_guardrails, account_id=account_id))

    async def find(self, account_id: str, ref: str) -> Workspace:
        """An account's workspace by id or slug.

        Raises `NoSuchWorkspace`.
        """
        if ref == "default":
            await self.default(account_id)
        found = await self._database.read(partial(store.find, account_id=account_id, ref=ref))
        if found is None:
            raise NoSuchWorkspace(_NOT_FOUND)
        return found

    async def create(self, account_id: str, user_id: str, values: dict[str, Any]) -> Workspace:
        """A new workspace; who makes it is in it.

        Raises `SlugTaken`, `BadWorkspace` when there are very many.
        """
        await self.default(account_id)
        made = _fresh(account_id, values["name"], values["slug"], user_id, is_default=False)._replace(**values)

        def create(connection: Connection) -> None:
            if store.count(connection, account_id) >= _MOST:
                raise BadWorkspace(f"An account can have {_MOST} workspaces.", metadata={"rule": "most", "most": _MOST})
            store.add(connection, made)
            store.add_member(connection, Member(str(uuid.uuid4()), made.id, user_id, made.created_at))

        await self._write(create, made.slug)
        return made

    async def change(self, account_id: str, ref: str, values: dict[str, Any]) -> Workspace:
        """Changes what `values` names.

        Raises `NoSuchWorkspace`, `SlugTaken`.
        """
        workspace = await self.find(account_id, ref)
        changed = {**values, "updated_at": clock.now_ms()}

        def change(connection: Connection) -> None:
            store.change(connection, workspace.id, changed)
            if not _ROUTING.isdisjoint(values):
                changes.note(connection, "routing", account_id)  # servers remember what a workspace's default model is
            if not _LOGGING.isdisjoint(values):
                changes.note(connection, "content", account_id)
            if "is_observability_broadcast_enabled" in values:
                changes.note(connection, "destination", account_id)

        await self._write(change, values.get("slug", ""))
        return workspace._replace(**changed)

    async def remove(self, account_id: str, ref: str, *, default_too: bool = False) -> None:
        """Deletes a workspace in which no active keys are.

        The default one only when that is said; a fresh one takes its place when it is next needed.

        Raises `NoSuchWorkspace`, `WorkspaceInUse`, `BadWorkspace`.
        """
        workspace = await self.find(account_id, ref)
        if workspace.is_default and not default_too:
            raise BadWorkspace(
                "This is the default workspace: confirm with `confirm_default_workspace_deletion=true`.",
                metadata={"rule": "default_delete"},
            )

        def remove(connection: Connection) -> None:
            if self._has_keys(connection, workspace.id, None):
                raise WorkspaceInUse(
                    "Active API keys are in this workspace: remove them first.", metadata={"rule": "keys"}
                )
            store.remove(connection, workspace.id)

        await self._database.write(remove)

    async def members(self, account_id: str, ref: str) -> list[tuple[Member, MemberRow]]:
        """Who is in a workspace, with what they are in the account; in the default one everybody is.

        Raises `NoSuchWorkspace`.
        """
        workspace = await self.find(account_id, ref)

        def read(connection: Connection) -> list[tuple[Member, MemberRow]]:
            everybody = {each.user_id: each for each in members(connection, account_id)}
            if workspace.is_default:
                name = uuid.UUID(workspace.id)
                return [
                    (Member(str(uuid.uuid5(name, each.user_id)), workspace.id, each.user_id, each.created_at), each)
                    for each in everybody.values()
                ]
            inside = store.members_of(connection, workspace.id)
            return [(each, everybody[each.user_id]) for each in inside if each.user_id in everybody]

        return await self._database.read(read)

    async def add_members(self, account_id: str, ref: str, user_ids: Sequence[str]) -> list[tuple[Member, MemberRow]]:
        """Puts members of the account into a workspace; returns those who were not in it.

        Raises `NoSuchWorkspace`; `BadWorkspace` when one is no member of the account.
        """
        workspace = await self.find(account_id, ref)

        def add(connection: Connection) -> list[tuple[Member, MemberRow]]:
            everybody = {each.user_id: each for each in members(connection, account_id)}
            if strangers := [each for each in user_ids if each not in everybody]:
                raise BadWorkspace(
                    f"Not members of this organization: {', '.join(strangers[:5])}.", metadata={"rule": "strangers"}
                )
            if workspace.is_default:
                return []
            inside = {each.user_id for each in store.members_of(connection, workspace.id)}
            now = clock.now_ms()
            fresh = [
                Member(str(uuid.uuid4()), workspace.id, each, now)
                for each in dict.fromkeys(user_ids)
                if each not in inside
            ]
            for each in fresh:
                store.add_member(connection, each)
            return [(each, everybody[each.user_id]) for each in fresh]

        return await self._database.write(add)

    async def remove_members(self, account_id: str, ref: str, user_ids: Sequence[str]) -> int:
        """Takes people out of a workspace; returns how many were in it.

        Raises `NoSuchWorkspace`, `WorkspaceInUse` when one has active keys in it, `BadWorkspace` for the default one.
        """
        workspace = await self.find(account_id, ref)
        if workspace.is_default:
            raise BadWorkspace(
                "Everybody is in the default workspace: remove them from the organization instead.",
                metadata={"rule": "default_member"},
            )

        def remove(connection: Connection) -> int:
            if any(self._has_keys(connection, workspace.id, each) for each in user_ids):
                raise WorkspaceInUse(
                    "A member with active API keys in the workspace can't be removed.", metadata={"rule": "member_keys"}
                )
            return store.remove_members(connection, workspace.id, user_ids)

        return await self._database.write(remove)

    async def forget_person(self, account_id: str, user_id: str) -> None:
        """Takes somebody who left the account out of all its workspaces."""
        await self._database.write(partial(store.remove_person, account_id=account_id, user_id=user_id))

    async def _write(self, work: Callable[[Connection], None], slug: str) -> None:
        try:
            await self._database.write(work)
        except IntegrityError as error:
            raise SlugTaken(f"Another workspace has the slug {slug!r}.") from error


def _fresh(account_id: str, name: str, slug: str, user_id: str | None, *, is_default: bool) -> Workspace:
    return Workspace(
        id=str(uuid.uuid4()),
        account_id=account_id,
        name=name,
        slug=slug,
        is_default=is_default,
        description=None,
        default_guardrail_id=str(uuid.uuid4()),
        default_text_model=None,
        default_image_model=None,
        default_provider_sort=None,
        disabled_server_tools=None,
        io_logging_api_key_ids=None,
        io_logging_sampling_rate=1.0,
        is_data_discount_logging_enabled=False,
        is_observability_broadcast_enabled=False,
        is_observability_io_logging_enabled=False,
        include_byok_in_budgets=False,
        created_by=user_id,
        created_at=clock.now_ms(),
        updated_at=None,
    )

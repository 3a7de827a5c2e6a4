"""`/byok`: keys that an account has with providers itself. The reference's five operations, and a trial."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request

from modelport.accounts.service import members
from modelport.audit.noting import note
from modelport.byok.errors import BadOwnKey
from modelport.byok.shapes import (
    OwnKeyAnswer,
    OwnKeyChange,
    OwnKeyDeleted,
    OwnKeyList,
    OwnKeyNew,
    OwnKeyTest,
    OwnKeyTried,
    shown,
)
from modelport.byok.written_key import read
from modelport.keys.access import Permission, Principal, allow
from modelport.kit import clock
from modelport.providers.table import ROWS
from modelport.upstream.guard import may_reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.byok.own_key import OwnKey, Tried
    from modelport.byok.service import OwnKeys
    from modelport.db.database import Database
    from modelport.keys.service import Keys
    from modelport.settings import Settings
    from modelport.workspaces.service import Workspaces

    class Snapshot(Protocol):
        """What is asked of the catalogue: slugs of providers."""

        @property
        def providers(self) -> Mapping[str, object]: ...
        @property
        def inactive(self) -> Mapping[str, object]: ...
        @property
        def dormant(self) -> Mapping[str, object]: ...

    class Catalog(Protocol):
        """The catalogue, which stands beside this."""

        @property
        def snapshot(self) -> Snapshot: ...

    class Trials(Protocol):
        """What shows keys to their providers: the gateway knows how each is called."""

        async def run(self, key: OwnKey) -> Tried: ...

    class Services(Protocol):
        """The part of the process's services that is used here."""

        settings: Settings
        catalog: Catalog
        database: Database
        keys: Keys
        own_keys: OwnKeys
        trials: Trials
        workspaces: Workspaces


__all__ = ["router"]

router = APIRouter(prefix="/api/v1/byok", tags=["Own provider keys"])
Reader = Annotated[Principal, Depends(allow(Permission.BYOK_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.BYOK_WRITE))]
_NOT_NULL = ("key", "sort_order", "disabled", "is_fallback", "is_required", "is_byok_only")


@router.get("", summary="Own provider keys of a workspace")
async def list_own_keys(
    request: Request,
    caller: Reader,
    *,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    workspace_id: Annotated[str | None, Query(max_length=100, description="Id or slug; else the default one.")] = None,
    provider: Annotated[str | None, Query(max_length=100)] = None,
) -> OwnKeyList:
    """In the order they are tried in."""
    services: Services = request.app.state.services
    workspace = await services.workspaces.find(caller.account_id, workspace_id or "default")
    keys, total = await services.own_keys.page(caller.account_id, workspace.id, provider, offset, limit)
    return OwnKeyList(data=[shown(each) for each in keys], total_count=total)


@router.post("", status_code=201, summary="Give a provider key of one's own")
async def create_own_key(request: Request, caller: Writer, body: OwnKeyNew) -> OwnKeyAnswer:
    """Requests of the workspace use it at this provider from now on. The key is never shown again."""
    services: Services = request.app.state.services
    values = body.model_dump(exclude={"provider", "workspace_id"})
    snapshot = services.catalog.snapshot
    if not any(body.provider in each for each in (ROWS, snapshot.providers, snapshot.inactive, snapshot.dormant)):
        raise BadOwnKey(
            f"Invalid request: provider: {body.provider!r} is not known here; `GET /providers` lists them.",
            metadata={"rule": "provider", "provider": body.provider},
        )
    await _check(services, caller, values)
    workspace = await services.workspaces.find(caller.account_id, body.workspace_id or "default")
    made = await services.own_keys.create(caller.account_id, caller.user_id, workspace.id, body.provider, values)
    data = shown(made)
    note(request, made.id, after=data)
    return OwnKeyAnswer(data=data)


@router.get("/{id}", summary="One own provider key")
async def read_own_key(request: Request, caller: Reader, id: str) -> OwnKeyAnswer:  # noqa: A002 (the reference's name)
    """Never the key."""
    services: Services = request.app.state.services
    return OwnKeyAnswer(data=shown(await services.own_keys.find(caller.account_id, id)))


@router.patch("/{id}", summary="Change an own provider key")
async def change_own_key(request: Request, caller: Writer, id: str, body: OwnKeyChange) -> OwnKeyAnswer:  # noqa: A002
    """Everywhere within a second; with `key`, another takes its place."""
    services: Services = request.app.state.services
    values: dict[str, Any] = body.model_dump(exclude_unset=True)
    values = {name: value for name, value in values.items() if value is not None or name not in _NOT_NULL}
    await _check(services, caller, values)
    before = shown(await services.own_keys.find(caller.account_id, id))
    data = shown(await services.own_keys.change(caller.account_id, id, values))
    note(request, id, before=before, after=data)
    return OwnKeyAnswer(data=data)


@router.delete("/{id}", summary="Delete an own provider key")
async def delete_own_key(request: Request, caller: Writer, id: str) -> OwnKeyDeleted:  # noqa: A002
    """The key is wiped; requests use the operator's capacity again."""
    services: Services = request.app.state.services
    before = shown(await services.own_keys.find(caller.account_id, id))
    note(request, id, before=before)
    await services.own_keys.delete(caller.account_id, id)
    return OwnKeyDeleted()


@router.post("/{id}/test", summary="Try an own provider key")
async def test_own_key(request: Request, caller: Writer, id: str) -> OwnKeyTest:  # noqa: A002
    """Shows the provider the key, now: asks for its list of models or, where anybody gets that, for one token."""
    services: Services = request.app.state.services
    key = await services.own_keys.find(caller.account_id, id)
    begun = clock.monotonic()
    tried = await services.trials.run(key)
    took = round((clock.monotonic() - begun) * 1000)
    return OwnKeyTest(data=OwnKeyTried(**tried._asdict(), milliseconds=took))


async def _check(services: Services, caller: Principal, values: Mapping[str, Any]) -> None:
    """Raises `BadOwnKey` for what is not the account's, and for an address that may not be called."""
    if hashes := values.get("allowed_api_key_hashes"):
        own = {key.hash for key in await services.keys.of_account(caller.account_id)}
        if strangers := [each for each in hashes if each not in own]:
            raise BadOwnKey(
                f"Invalid request: allowed_api_key_hashes: {strangers[0]} is no key of this account.",
                metadata={"rule": "stranger_key"},
            )
    if people := values.get("allowed_user_ids"):
        found = await services.database.read(partial(members, account_id=caller.account_id))
        own = {each.user_id for each in found}
        if strangers := [each for each in people if each not in own]:
            raise BadOwnKey(
                f"Invalid request: allowed_user_ids: {strangers[0][:40]!r} is no member of this account.",
                metadata={"rule": "stranger", "person": strangers[0][:40]},
            )
    written = read(values["key"]) if "key" in values else None
    for address in (values.get("base_url"), written and written.base_url):
        if address is not None and not services.settings.private_addresses and not may_reach(address):
            raise BadOwnKey(
                "Invalid request: base_url: this address is not one of the open internet.",
                metadata={"rule": "private_address"},
            )

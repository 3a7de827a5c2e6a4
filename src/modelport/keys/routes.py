"""`/keys`: an account's API keys, for management keys and for people signed in; and where leaked ones are reported.

The reference's operations, and two of ours: `POST /keys/{hash}/rotate` and `POST /leaked-keys`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request

from modelport.accounts.service import standing
from modelport.audit.noting import note
from modelport.errors import BadRequest
from modelport.keys.access import Permission, Principal, allow, public
from modelport.keys.bounds import UNBOUNDED
from modelport.keys.errors import WrongKind
from modelport.keys.service import Key, Listing, Usage
from modelport.keys.shapes import (
    Deleted,
    KeyAnswer,
    KeyChange,
    KeyData,
    KeyList,
    KeyMade,
    KeyNew,
    LeakList,
    LeakReport,
    LeakShown,
    Rotation,
    shown,
)
from modelport.kit.caller_address import caller_address

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.keys.leaks import Leaks
    from modelport.keys.service import Keys
    from modelport.settings import Settings
    from modelport.workspaces.service import Workspaces

    class Services(Protocol):
        """The part of the process's services that is used here."""

        settings: Settings
        database: Database
        keys: Keys
        leaks: Leaks
        workspaces: Workspaces


__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["API keys"])
Reader = Annotated[Principal, Depends(allow(Permission.KEYS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.KEYS_WRITE))]


@router.get("/keys", summary="List API keys")
async def list_keys(
    request: Request,
    caller: Reader,
    *,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    include_disabled: bool = False,
    include_expired: bool = False,
    workspace_id: Annotated[str | None, Query(max_length=100, description="Id or slug; else every workspace.")] = None,
) -> KeyList:
    """A hundred from `offset` on, newest first."""
    services: Services = request.app.state.services
    workspace = None if workspace_id is None else await services.workspaces.find(caller.account_id, workspace_id)
    listing = Listing(
        None if workspace is None else workspace.id,
        is_default=workspace is not None and workspace.is_default,
        disabled=include_disabled,
        expired=include_expired,
        offset=offset,
    )
    keys = await services.keys.page(caller.account_id, listing)
    return KeyList(data=await _shown(services, caller, keys))


@router.post("/keys", status_code=201, summary="Make an API key")
async def create_key(request: Request, caller: Writer, body: KeyNew) -> KeyMade:
    """Its text is in this answer, and never again anywhere. A management key is made by a person who is signed in."""
    services: Services = request.app.state.services
    user_id = body.creator_user_id or caller.user_id
    if body.management:
        caller.require(Permission.KEYS_OTHERS)
        if caller.session is None:
            raise WrongKind("Management keys are made by somebody who is signed in, never by another key.")
    if user_id != caller.user_id:
        caller.require(Permission.KEYS_OTHERS)
        stands = await services.database.read(partial(standing, account_id=caller.account_id, user_id=user_id))
        if stands.role is None:
            raise BadRequest("Invalid request: creator_user_id: is no member of this account.")
    ref = body.workspace_id
    workspace = await services.workspaces.find(caller.account_id, ref or "default")
    text, key = await services.keys.create(
        caller.account_id,
        user_id,
        body.name,
        limit=body.limit_nanos(),
        limit_reset=body.limit_reset,
        expires_at=body.expiry_ms(),
        management=body.management,
        bounds=body.bounds(UNBOUNDED),
        workspace_id=workspace.id,
        external_user=None if body.external is None else body.external.user,
        include_byok_in_limit=body.include_byok_in_limit,
    )
    data = shown(key, Usage(), workspace.id)
    note(request, key.hash, after=data)
    return KeyMade(data=data, key=text)


@router.get("/keys/{hash}", summary="One API key")
async def read_key(request: Request, caller: Reader, hash: str) -> KeyAnswer:  # noqa: A002 (the reference's name)
    """Never its text."""
    services: Services = request.app.state.services
    return KeyAnswer(data=await _one(services, caller, await services.keys.find(caller.account_id, hash)))


@router.patch("/keys/{hash}", summary="Change an API key")
async def update_key(request: Request, caller: Writer, hash: str, body: KeyChange) -> KeyAnswer:  # noqa: A002
    """Everywhere within a second."""
    services: Services = request.app.state.services
    key = await _own(services, caller, hash)
    changes = body.changes(key)
    if body.workspace_id is not None:
        changes["workspace_id"] = (await services.workspaces.find(caller.account_id, body.workspace_id)).id
    before = await _one(services, caller, key)
    data = await _one(services, caller, await services.keys.update(hash, **changes))
    note(request, hash, before=before, after=data)
    return KeyAnswer(data=data)


@router.delete("/keys/{hash}", summary="Delete an API key")
async def delete_key(request: Request, caller: Writer, hash: str) -> Deleted:  # noqa: A002
    """It is refused everywhere within a second; what it was used for stays on record."""
    services: Services = request.app.state.services
    key = await _own(services, caller, hash)
    note(request, hash, before=await _one(services, caller, key))
    await services.keys.revoke(hash)
    return Deleted()


@router.post("/keys/{hash}/rotate", summary="Give an API key another text")
async def rotate_key(request: Request, caller: Writer, hash: str, body: Rotation | None = None) -> KeyMade:  # noqa: A002
    """Limits, usage and name stay; the present text works on for a while, so that nothing has to stop."""
    services: Services = request.app.state.services
    key = await _own(services, caller, hash)
    text, made = await services.keys.rotate(key, (body or Rotation()).overlap_seconds)
    data = await _one(services, caller, made)
    note(request, hash, after=data)
    return KeyMade(data=data, key=text)


@router.post("/leaked-keys", dependencies=[Depends(public)], summary="Report leaked API keys")
async def report_leaks(request: Request, body: LeakReport) -> LeakList:
    """For scanners and finders: each key is switched off at once, and its people are told."""
    services: Services = request.app.state.services
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
    await services.leaks.admit(caller_address(peer, forwarded, services.settings.trusted_proxies))
    found = [await services.leaks.report(each.key.strip(), each.url) for each in body.keys]
    switched_off = [leak.key for leak in found if leak.key is not None]
    if switched_off:
        note(request, ",".join(key.hash for key in switched_off), account_id=switched_off[0].account_id)
    return LeakList(
        data=[LeakShown(label=leak.label, is_key=leak.is_key, disabled=leak.key is not None) for leak in found]
    )


async def _own(services: Services, caller: Principal, key_hash: str) -> Key:
    """A key that the caller may change: their own, or with the permission anybody's of the account."""
    key = await services.keys.find(caller.account_id, key_hash)
    if key.user_id != caller.user_id or key.kind == "management":
        caller.require(Permission.KEYS_OTHERS)
    return key


async def _one(services: Services, caller: Principal, key: Key) -> KeyData:
    (data,) = await _shown(services, caller, [key])
    return data


async def _shown(services: Services, caller: Principal, keys: list[Key]) -> list[KeyData]:
    home = await services.workspaces.default(caller.account_id)
    usages = await services.keys.usages(caller.account_id)
    live = {live.record.id: live.used_at for live in services.keys.used()}
    used = [key._replace(used_at=max(key.used_at or 0, live.get(key.id, 0)) or None) for key in keys]
    return [shown(key, usages.get(key.id, Usage()), home.id) for key in used]

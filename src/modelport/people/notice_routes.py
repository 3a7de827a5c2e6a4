"""`/api/app/notices*`: what the account was told, what the person wants mail about, and the account's webhook."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, Principal, allow
from modelport.notices.kinds import KINDS
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/notices", tags=["Notices"])
Me = Annotated[Principal, Depends(allow(Permission.SELF))]
Reader = Annotated[Principal, Depends(allow(Permission.SETTINGS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.SETTINGS_WRITE))]


class NoticeShown(BaseModel):
    """Something the account was told."""

    id: str
    kind: str
    facts: dict[str, Any]
    created_at: datetime


class NoticeList(BaseModel):
    """Answer of `GET /notices`."""

    data: list[NoticeShown]


class Choice(BaseModel):
    """A kind of notice, and whether the person gets mail about it."""

    kind: str
    mail: bool
    can_mute: bool


class Choices(BaseModel):
    """Every kind."""

    data: list[Choice]


class Muted(BaseModel):
    """Body of `PUT /notices/choices`."""

    muted: list[str] = Field(max_length=100)


class HookShown(BaseModel):
    """The account's webhook."""

    url: str
    enabled: bool
    updated_at: datetime


class HookMaybe(BaseModel):
    """Answer of `GET /notices/webhook`."""

    data: HookShown | None


class HookSet(BaseModel):
    """Body of `PUT /notices/webhook`."""

    url: str = Field(max_length=2000)
    enabled: bool = True


class HookMade(BaseModel):
    """Answer of `PUT /notices/webhook`."""

    data: HookShown
    secret: str = Field(description="Signs every call; shown this once.")


class Told(BaseModel):
    """Answer of `POST /notices/test`."""

    told: bool


@router.get("", summary="What the account was told")
async def read_notices(request: Request, caller: Reader) -> NoticeList:
    """The newest hundred."""
    services: Services = request.app.state.services
    return NoticeList(
        data=[
            NoticeShown(id=each.id, kind=each.kind, facts=json.loads(each.facts), created_at=when(each.created_at))
            for each in await services.notices.recent(caller.account_id)
        ]
    )


@router.get("/choices", summary="What the person gets mail about")
async def read_choices(request: Request, caller: Me) -> Choices:
    """Every kind of notice."""
    services: Services = request.app.state.services
    muted = await services.notices.mutes(caller.user_id)
    return Choices(
        data=[Choice(kind=name, mail=name not in muted, can_mute=kind.can_mute) for name, kind in KINDS.items()]
    )


@router.put("/choices", status_code=204, summary="Choose what to get mail about")
async def set_choices(request: Request, caller: Me, body: Muted) -> None:
    """Replaces the kinds the person wants no mail about."""
    services: Services = request.app.state.services
    await services.notices.set_mutes(caller.user_id, set(body.muted))


@router.get("/webhook", summary="The account's webhook")
async def read_hook(request: Request, caller: Reader) -> HookMaybe:
    """Where notices are posted, if anywhere."""
    services: Services = request.app.state.services
    hook = await services.notices.hook(caller.account_id)
    if hook is None:
        return HookMaybe(data=None)
    return HookMaybe(data=HookShown(url=hook.url, enabled=hook.enabled, updated_at=when(hook.updated_at)))


@router.put("/webhook", summary="Set the account's webhook")
async def set_hook(request: Request, caller: Writer, body: HookSet) -> HookMade:
    """Every notice is posted there, signed with a new secret."""
    services: Services = request.app.state.services
    secret = await services.notices.set_hook(caller.account_id, body.url, enabled=body.enabled)
    hook = await services.notices.hook(caller.account_id)
    assert hook is not None
    return HookMade(data=HookShown(url=hook.url, enabled=hook.enabled, updated_at=when(hook.updated_at)), secret=secret)


@router.delete("/webhook", status_code=204, summary="Take the account's webhook away")
async def remove_hook(request: Request, caller: Writer) -> None:
    """Nothing is posted any more."""
    services: Services = request.app.state.services
    await services.notices.remove_hook(caller.account_id)


@router.post("/test", summary="Send a test notice")
async def test_notice(request: Request, caller: Writer) -> Told:
    """By mail to the account's heads, and to its webhook."""
    services: Services = request.app.state.services
    return Told(told=await services.notices.send(caller.account_id, "test", user_id=caller.user_id))

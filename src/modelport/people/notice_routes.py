"""`/api/app/notices*`: what the account was told, what the person wants mail about, and the account's webhook."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.audit.noting import note
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.money import parse_usd, to_number
from modelport.notices.kinds import KINDS
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/app/notices", tags=["Notices"])
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


class LowBalance(BaseModel):
    """Below which balance an account's people are told."""

    usd: Decimal | None = Field(
        default=None, ge=0, le=1_000_000_000, decimal_places=9, description="0 for never, null for the server's usual."
    )


class LowBalanceShown(BaseModel):
    """The same as it is."""

    usd: float | None = Field(description="What the account has chosen; null where it has not.")
    usual_usd: float = Field(description="What goes where it has not.")


class LowBalanceAnswer(BaseModel):
    """Answer of both operations."""

    data: LowBalanceShown


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


@router.get("/low-balance", summary="Below which balance the account is told")
async def read_low_balance(request: Request, caller: Reader) -> LowBalanceAnswer:
    """What it has chosen, and what goes where it has not."""
    services: Services = request.app.state.services
    return await _low_balance(services, caller.account_id)


@router.put("/low-balance", summary="Choose below which balance the account is told")
async def set_low_balance(request: Request, caller: Writer, body: LowBalance) -> LowBalanceAnswer:
    """Told once, and again after the balance was above it in between."""
    services: Services = request.app.state.services
    before = await _low_balance(services, caller.account_id)
    amount = None if body.usd is None else parse_usd(format(body.usd, "f"))
    await services.notices.set_low_balance(caller.account_id, amount)
    after = await _low_balance(services, caller.account_id)
    note(request, caller.account_id, before=before.data, after=after.data)
    return after


async def _low_balance(services: Services, account_id: str) -> LowBalanceAnswer:
    own = await services.notices.low_balance(account_id)
    usual = to_number(parse_usd(services.settings.low_balance_usd))
    return LowBalanceAnswer(data=LowBalanceShown(usd=None if own is None else to_number(own), usual_usd=usual))


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

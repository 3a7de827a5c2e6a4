"""`POST /auth/keys` and `POST /auth/keys/code`: a key for an app, by authorization code. Shapes are the reference's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.errors import BadRequest
from modelport.keys.access import Permission, Principal, allow, public
from modelport.keys.codes import Wish, check_callback, check_challenge
from modelport.keys.errors import NotAllowed
from modelport.kit.money import parse_usd
from modelport.people.caller import where_of
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/auth/keys", tags=["OAuth"])


class Exchange(BaseModel):
    """Body of `POST /auth/keys`."""

    code: str = Field(max_length=200)
    code_verifier: str | None = Field(default=None, max_length=200)
    code_challenge_method: str | None = Field(default=None, max_length=20, description="`S256` or `plain`.")


class Exchanged(BaseModel):
    """The key, shown this once."""

    key: str
    user_id: str | None


class NewCode(BaseModel):
    """Body of `POST /auth/keys/code`."""

    callback_url: str = Field(max_length=2000)
    code_challenge: str | None = Field(default=None, max_length=200)
    code_challenge_method: Literal["S256", "plain"] | None = None
    expires_at: datetime | None = None
    key_label: str | None = Field(default=None, max_length=100)
    limit: Decimal | None = Field(default=None, ge=0, le=1_000_000_000, decimal_places=9)
    usage_limit_type: Literal["daily", "weekly", "monthly"] | None = None
    workspace_id: str | None = Field(default=None, max_length=100)


class CodeData(BaseModel):
    """A code."""

    id: str
    app_id: int
    created_at: datetime


class CodeAnswer(BaseModel):
    """Answer of `POST /auth/keys/code`."""

    data: CodeData


@router.post("", summary="A key for an authorization code", dependencies=[Depends(public)])
async def exchange(request: Request, body: Exchange) -> Exchanged:
    """Once. Whoever shows the code shows the verifier as well, where a challenge was set."""
    services: Services = request.app.state.services
    await services.sign_in.count_challenge(where_of(request))
    text, key = await services.codes.exchange(body.code, body.code_verifier, body.code_challenge_method)
    return Exchanged(key=text, user_id=key.user_id)


@router.post("/code", summary="Make an authorization code")
async def new_code(
    request: Request, caller: Annotated[Principal, Depends(allow(Permission.AUTH_CODES))], body: NewCode
) -> CodeAnswer:
    """For an app that the caller trusts. A key that is bounded itself can't make another that is not."""
    services: Services = request.app.state.services
    if caller.key is not None and caller.key.record.kind != "management":
        record = caller.key.record
        if record.limit is not None or record.expires_at is not None:
            raise NotAllowed("A key with a limit or an expiry can't make keys. Use a management key.")
    if body.expires_at is not None and body.expires_at.tzinfo is None:
        raise BadRequest("The expires_at must name its time zone.")
    workspace = None
    if body.workspace_id is not None:
        workspace = (await services.workspaces.find(caller.account_id, body.workspace_id)).id
    issued = await services.codes.issue(
        caller.account_id,
        caller.user_id,
        Wish(
            callback_url=check_callback(body.callback_url),
            challenge=body.code_challenge,
            method=check_challenge(body.code_challenge, body.code_challenge_method),
            key_label=body.key_label,
            limit=None if body.limit is None else parse_usd(str(body.limit)),
            limit_reset=body.usage_limit_type,
            key_expires_at=None if body.expires_at is None else int(body.expires_at.timestamp() * 1000),
            workspace_id=workspace,
        ),
    )
    return CodeAnswer(data=CodeData(id=issued.code, app_id=issued.app_id, created_at=when(issued.created_at)))

"""`/external-users` of the reference's management API. Shapes are the reference's."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from modelport.keys.access import Permission, Principal, allow

if TYPE_CHECKING:
    from modelport.usage.external_users import ExternalUser, ExternalUsers

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/external-users", tags=["External users"])
Reader = Annotated[Principal, Depends(allow(Permission.MEMBERS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.MEMBERS_WRITE))]
_TEXT = r"^[^\x00]*$"
InPath = Annotated[str, Path(min_length=1, max_length=512, pattern=_TEXT, description="As registered, URL-encoded.")]


class ExternalUserData(BaseModel):
    """One registration."""

    user: str
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ExternalUserAnswer(BaseModel):
    """One registration."""

    data: ExternalUserData


class ExternalUserList(BaseModel):
    """A page of registrations."""

    data: list[ExternalUserData]
    total_count: int


class ExternalUserNew(BaseModel):
    """Body of `POST /external-users`."""

    user: str = Field(min_length=1, max_length=512, pattern=_TEXT, description="What requests say in `user`.")


class ExternalUserChange(BaseModel):
    """Body of `PATCH /external-users/{user}`."""

    is_active: bool


class ExternalUserQuery(BaseModel):
    """Which are wanted."""

    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=50, ge=1, le=100)
    user: str | None = Field(default=None, min_length=1, max_length=512, pattern=_TEXT)
    include_inactive: bool = False


def _users(request: Request) -> ExternalUsers:
    users: ExternalUsers = request.app.state.services.external_users
    return users


def _when(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _data(found: ExternalUser) -> ExternalUserData:
    return ExternalUserData(
        user=found.user,
        is_active=found.is_active,
        created_at=_when(found.created_at),
        updated_at=_when(found.updated_at),
    )


@router.get("", summary="List registered external users")
async def read_external_users(
    request: Request, caller: Reader, query: Annotated[ExternalUserQuery, Query()]
) -> ExternalUserList:
    """Of the account, oldest first; those that are out of use when asked for."""
    found, total = await _users(request).page(
        caller.account_id, offset=query.offset, limit=query.limit, user=query.user, inactive=query.include_inactive
    )
    return ExternalUserList(data=[_data(each) for each in found], total_count=total)


@router.post("", status_code=201, summary="Register an external user")
async def register_external_user(request: Request, caller: Writer, body: ExternalUserNew) -> ExternalUserAnswer:
    """An id that the account gives one of its own customers. Nobody can sign in by it."""
    return ExternalUserAnswer(data=_data(await _users(request).register(caller.account_id, body.user)))


@router.get("/{user:path}", summary="Get a registered external user")
async def read_external_user(request: Request, caller: Reader, user: InPath) -> ExternalUserAnswer:
    """In use or not."""
    return ExternalUserAnswer(data=_data(await _users(request).one(caller.account_id, user)))


@router.patch("/{user:path}", summary="Update a registered external user")
async def change_external_user(
    request: Request, caller: Writer, user: InPath, body: ExternalUserChange
) -> ExternalUserAnswer:
    """Requests that name it are answered as before, in use or not."""
    found = await _users(request).change(caller.account_id, user, is_active=body.is_active)
    return ExternalUserAnswer(data=_data(found))


@router.delete("/{user:path}", status_code=204, summary="Deactivate a registered external user")
async def deactivate_external_user(request: Request, caller: Writer, user: InPath) -> None:
    """Its id stays; once more does nothing. `PATCH` puts it into use again."""
    await _users(request).change(caller.account_id, user, is_active=False)

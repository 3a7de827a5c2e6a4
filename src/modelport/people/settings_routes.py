"""`/organization/settings` of the reference's management API: what an account has set for all its keys and members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from modelport.audit.noting import note
from modelport.keys.access import Permission, Principal, allow

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["Organizations"])
Reader = Annotated[Principal, Depends(allow(Permission.SETTINGS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.SETTINGS_WRITE))]
_FILTERED = (
    "Whether `GET /models` shows the account's keys and members only the models that they may use, as "
    "`GET /models/user` does. Who shows no key sees the public list."
)


class OrganizationSettings(BaseModel):
    """What is set."""

    id: str = Field(description="The account's.")
    is_filtered_model_catalog_enabled: bool = Field(description=_FILTERED)


class OrganizationSettingsAnswer(BaseModel):
    """Answer of both."""

    data: OrganizationSettings


class OrganizationSettingsChange(BaseModel):
    """Body of `PATCH /organization/settings`."""

    model_config = ConfigDict(extra="forbid")

    is_filtered_model_catalog_enabled: bool = Field(strict=True, description=_FILTERED)


async def _settings(services: Services, account_id: str) -> OrganizationSettings:
    filtered = await services.organizations.lists_allowed_models(account_id)
    return OrganizationSettings(id=account_id, is_filtered_model_catalog_enabled=filtered)


@router.get("/organization/settings", summary="Settings of the account")
async def read_settings(request: Request, caller: Reader) -> OrganizationSettingsAnswer:
    """They hold for all its keys and members."""
    return OrganizationSettingsAnswer(data=await _settings(request.app.state.services, caller.account_id))


@router.patch("/organization/settings", summary="Change settings of the account")
async def change_settings(
    request: Request, caller: Writer, body: OrganizationSettingsChange
) -> OrganizationSettingsAnswer:
    """In force with the next request."""
    services: Services = request.app.state.services
    before = await _settings(services, caller.account_id)
    await services.organizations.list_allowed_models(caller.account_id, only=body.is_filtered_model_catalog_enabled)
    after = await _settings(services, caller.account_id)
    note(request, caller.account_id, before=before, after=after)
    return OrganizationSettingsAnswer(data=after)

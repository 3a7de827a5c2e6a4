"""`/api/admin/settings`: what an operator changes while the server runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.audit.noting import note
from modelport.keys.access import Permission, Principal, allow
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from modelport.admin.services import Services
    from modelport.system.service import Setting

__all__ = ["router"]

router = APIRouter(prefix="/api/admin", tags=["Admin: system settings"])
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]


class SettingData(BaseModel):
    """A setting as it is now."""

    name: str
    group: str
    description: str
    shape: dict[str, Any] = Field(description="JSON Schema of its value.")
    value: Any
    start_value: Any = Field(description="What it is without a change: from the environment, or the default.")
    is_changed: bool
    changed_by: str | None
    changed_at: datetime | None


class SettingList(BaseModel):
    """Every setting that can be changed, by group."""

    data: list[SettingData]


class SettingsChange(BaseModel):
    """Body of `PATCH /settings`: values by name; null takes one back to what it was at start."""

    values: dict[str, Any] = Field(min_length=1, max_length=100)


def _shown(setting: Setting) -> SettingData:
    told = setting._asdict() | {
        "is_changed": setting.changed_at is not None,
        "changed_at": None if setting.changed_at is None else when(setting.changed_at),
    }
    return SettingData.model_validate(told)


@router.get("/settings", summary="Settings of the running system")
async def read_settings(request: Request, _caller: Operator) -> SettingList:
    """Without secrets and addresses: those are set where the server is started."""
    services: Services = request.app.state.services
    return SettingList(data=[_shown(each) for each in services.system.all()])


@router.patch("/settings", summary="Change settings of the running system")
async def change_settings(request: Request, caller: Operator, body: SettingsChange) -> SettingList:
    """All of them or none; in force on every server within a second, and after a restart too."""
    services: Services = request.app.state.services
    before, after = await services.system.change(body.values, caller.user_id)
    note(request, ",".join(sorted(body.values)), before=before, after=after)
    return SettingList(data=[_shown(each) for each in services.system.all()])

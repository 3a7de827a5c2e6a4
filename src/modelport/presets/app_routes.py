"""`/api/app/presets`: what the reference's operations on presets lack: renaming, going back a version, deleting."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from modelport.accounts.roles import Permission
from modelport.audit.noting import note
from modelport.keys.access import Principal, allow
from modelport.presets.routes import PresetAnswer, ThePresets, answered

__all__ = ["router"]

router = APIRouter(prefix="/api/app/presets", tags=["Presets"])
Writes = Annotated[Principal, Depends(allow(Permission.PRESETS_WRITE))]


class PresetChange(BaseModel):
    """Body of `PATCH`: what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    status: Literal["active", "disabled"] | None = None
    version: int | None = Field(default=None, ge=1, le=10**9, description="The number of the version to use.")


@router.patch("/{slug}", summary="Rename or switch a preset, or use another version of it")
async def change_preset(
    slug: str, body: PresetChange, request: Request, presets: ThePresets, caller: Writes
) -> PresetAnswer:
    """Requests that name it follow within a second, on every server."""
    before = answered(await presets.one(caller.account_id, slug))
    values: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"version"})
    values = {name: value for name, value in values.items() if value is not None or name == "description"}
    after = answered(await presets.change(caller.account_id, slug, values, body.version))
    note(request, slug, before=before.data, after=after.data)
    return after


@router.delete("/{slug}", status_code=204, summary="Delete a preset")
async def delete_preset(slug: str, request: Request, presets: ThePresets, caller: Writes) -> None:
    """With all its versions; requests that name it are refused."""
    before = answered(await presets.one(caller.account_id, slug))
    await presets.remove(caller.account_id, slug)
    note(request, slug, before=before.data)

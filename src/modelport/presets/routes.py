"""The reference's seven operations on presets, mounted under `/api/v1` and `/v1`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import BaseModel

from modelport.accounts.roles import Permission
from modelport.keys.access import Principal, allow
from modelport.kit.clock import UTC
from modelport.presets.service import Presets

__all__ = ["PresetAnswer", "ThePresets", "answered", "router"]

router = APIRouter(prefix="/api/v1/presets", tags=["Presets"])
Offset = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=100)]
Inference = Annotated[dict[str, Any], Body()]
Reads = Annotated[Principal, Depends(allow(Permission.PRESETS_READ))]
Writes = Annotated[Principal, Depends(allow(Permission.PRESETS_WRITE))]


class PresetVersion(BaseModel):
    """One version of a preset."""

    id: str
    preset_id: str
    version: int
    config: dict[str, Any]
    system_prompt: str | None
    creator_id: str
    created_at: str
    updated_at: str


class Preset(BaseModel):
    """A preset without its contents."""

    id: str
    slug: str
    name: str
    description: str | None
    status: str
    status_updated_at: str | None
    designated_version_id: str | None
    creator_user_id: str | None
    workspace_id: str | None = None
    created_at: str
    updated_at: str


class PresetInUse(Preset):
    """A preset with the version that requests are completed from."""

    designated_version: PresetVersion | None


class PresetList(BaseModel):
    """Answer of `GET /presets`."""

    data: list[Preset]
    total_count: int


class PresetAnswer(BaseModel):
    """One preset."""

    data: PresetInUse


class VersionList(BaseModel):
    """A preset's versions."""

    data: list[PresetVersion]
    total_count: int


class VersionAnswer(BaseModel):
    """One version."""

    data: PresetVersion


def _presets(request: Request) -> Presets:
    return request.app.state.services.presets


ThePresets = Annotated[Presets, Depends(_presets)]


@router.get("", summary="The account's presets, the last changed first")
async def list_presets(presets: ThePresets, caller: Reads, offset: Offset = 0, limit: Limit = 50) -> PresetList:
    """Without their contents."""
    rows, total = await presets.page(caller.account_id, offset, limit)
    return PresetList(data=[Preset(**_shown(row)) for row in rows], total_count=total)


@router.get("/{slug}", summary="A preset with the version in use")
async def get_preset(slug: str, presets: ThePresets, caller: Reads) -> PresetAnswer:
    """404 where the account has none of this name."""
    return answered(await presets.one(caller.account_id, slug))


@router.get("/{slug}/versions", summary="A preset's versions, the oldest first")
async def list_versions(
    slug: str, presets: ThePresets, caller: Reads, offset: Offset = 0, limit: Limit = 50
) -> VersionList:
    """With their contents."""
    rows, total = await presets.versions(caller.account_id, slug, offset, limit)
    return VersionList(data=[_version(row) for row in rows], total_count=total)


@router.get("/{slug}/versions/{version}", summary="One version of a preset")
async def get_version(slug: str, version: str, presets: ThePresets, caller: Reads) -> VersionAnswer:
    """By its number."""
    return VersionAnswer(data=_version(await presets.version(caller.account_id, slug, version)))


@router.post("/{slug}/chat/completions", summary="Make a preset of a chat request")
async def from_chat(slug: str, body: Inference, presets: ThePresets, caller: Writes) -> PresetAnswer:
    """Only what belongs into a preset is kept; an existing one gets a new version, which is in use at once."""
    return answered(await presets.capture(caller.account_id, caller.user_id, slug, body, "openai_chat"))


@router.post("/{slug}/messages", summary="Make a preset of a Messages request")
async def from_messages(slug: str, body: Inference, presets: ThePresets, caller: Writes) -> PresetAnswer:
    """As from a chat request."""
    return answered(await presets.capture(caller.account_id, caller.user_id, slug, body, "anthropic_messages"))


@router.post("/{slug}/responses", summary="Make a preset of a Responses request")
async def from_responses(slug: str, body: Inference, presets: ThePresets, caller: Writes) -> PresetAnswer:
    """As from a chat request."""
    return answered(await presets.capture(caller.account_id, caller.user_id, slug, body, "openai_responses"))


def answered(row: dict[str, Any]) -> PresetAnswer:
    """A preset as it is shown."""
    version = row["designated_version"]
    return PresetAnswer(
        data=PresetInUse(**_shown(row), designated_version=None if version is None else _version(version))
    )


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    plain = ("id", "slug", "name", "description", "status", "designated_version_id", "creator_user_id")
    return {
        **{name: row[name] for name in plain},
        "status_updated_at": None if row["status_updated_at"] is None else _at(row["status_updated_at"]),
        "created_at": _at(row["created_at"]),
        "updated_at": _at(row["updated_at"]),
    }


def _version(row: dict[str, Any]) -> PresetVersion:
    at = _at(row["created_at"])
    plain = ("id", "preset_id", "version", "config", "system_prompt", "creator_id")
    return PresetVersion(**{name: row[name] for name in plain}, created_at=at, updated_at=at)


def _at(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat()

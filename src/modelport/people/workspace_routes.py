"""`/workspaces*` and `/organization/members` of the reference's management API. Shapes are the reference's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from modelport.keys.access import Permission, Principal, Role, allow
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.accounts.service import MemberRow
    from modelport.people.services import Services
    from modelport.workspaces.service import Member, Workspace

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["Workspaces"])
Reader = Annotated[Principal, Depends(allow(Permission.WORKSPACES_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.WORKSPACES_WRITE))]
Offset = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=100)]
Slug = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class WorkspaceData(BaseModel):
    """A workspace."""

    id: str
    name: str
    slug: str
    description: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime | None
    default_guardrail_id: str
    default_image_model: str | None
    default_provider_sort: str | None
    default_text_model: str | None
    disabled_server_tools: list[str] | None
    include_byok_in_budgets: bool
    io_logging_api_key_ids: list[int] | None
    io_logging_sampling_rate: float
    is_data_discount_logging_enabled: bool
    is_observability_broadcast_enabled: bool
    is_observability_io_logging_enabled: bool


class WorkspaceAnswer(BaseModel):
    """One workspace."""

    data: WorkspaceData


class WorkspaceList(BaseModel):
    """A page of workspaces."""

    data: list[WorkspaceData]
    total_count: int


_BY_HASH = "keys have no numbers here: choose them by their hashes with `PATCH /api/app/content-logging`"
_T = TypeVar("_T")


def _not_offered(why: str) -> Callable[[_T], _T]:
    """Refuses every value but none: what is stored is kept, and what can't be kept is not stored."""

    def check(value: _T) -> _T:
        if value:
            raise ValueError(f"not offered: {why}")
        return value

    return check


class _Settings(BaseModel):
    model_config = ConfigDict(extra="ignore")

    description: str | None = Field(default=None, max_length=1000)
    default_image_model: Annotated[str | None, AfterValidator(_not_offered("there are no images here"))] = Field(
        default=None, max_length=200, description="Not offered."
    )
    default_provider_sort: Literal["price", "throughput", "latency", "exacto"] | None = None
    default_text_model: str | None = Field(default=None, max_length=200)
    disabled_server_tools: list[Annotated[str, Field(max_length=100)]] | None = Field(
        default=None, max_length=50, description="Requests that name one of them are refused with 403."
    )
    io_logging_api_key_ids: Annotated[list[int] | None, AfterValidator(_not_offered(_BY_HASH))] = Field(
        default=None, max_length=1000, description="Not offered: keys have no numbers here."
    )
    io_logging_sampling_rate: float = Field(default=1, ge=0, le=1)
    is_data_discount_logging_enabled: Annotated[bool, AfterValidator(_not_offered("no data is bought here"))] = Field(
        default=False, description="Not offered."
    )
    is_observability_broadcast_enabled: bool = False
    is_observability_io_logging_enabled: bool = False


class WorkspaceNew(_Settings):
    """Body of `POST /workspaces`."""

    name: Name
    slug: Slug


class WorkspaceChange(_Settings):
    """Body of `PATCH /workspaces/{id}`: what is not named stays."""

    name: Name | None = None
    slug: Slug | None = None


class Deleted(BaseModel):
    """Answer of a deletion."""

    deleted: Literal[True] = True


class MemberData(BaseModel):
    """Somebody in a workspace."""

    id: str
    workspace_id: str
    user_id: str
    role: Literal["admin", "member"]
    created_at: datetime


class WorkspaceMembers(BaseModel):
    """A page of members."""

    data: list[MemberData]
    total_count: int


class Added(BaseModel):
    """Who was put in."""

    added_count: int
    data: list[MemberData]


class Removed(BaseModel):
    """How many were taken out."""

    removed_count: int


class People(BaseModel):
    """Ids of members of the account."""

    user_ids: list[Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=100)


class OrganizationMember(BaseModel):
    """Somebody in the account."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    role: Literal["org:admin", "org:member"]


class OrganizationMembers(BaseModel):
    """A page of them."""

    data: list[OrganizationMember]
    total_count: int


def shown(workspace: Workspace) -> WorkspaceData:
    """A workspace as the reference shows it."""
    return WorkspaceData(
        id=workspace.id,
        name=workspace.name,
        slug=workspace.slug,
        description=workspace.description,
        created_at=when(workspace.created_at),
        created_by=workspace.created_by,
        updated_at=None if workspace.updated_at is None else when(workspace.updated_at),
        default_guardrail_id=workspace.default_guardrail_id,
        default_image_model=workspace.default_image_model,
        default_provider_sort=workspace.default_provider_sort,
        default_text_model=workspace.default_text_model,
        disabled_server_tools=workspace.disabled_server_tools,
        include_byok_in_budgets=workspace.include_byok_in_budgets,
        io_logging_api_key_ids=workspace.io_logging_api_key_ids,
        io_logging_sampling_rate=workspace.io_logging_sampling_rate,
        is_data_discount_logging_enabled=workspace.is_data_discount_logging_enabled,
        is_observability_broadcast_enabled=workspace.is_observability_broadcast_enabled,
        is_observability_io_logging_enabled=workspace.is_observability_io_logging_enabled,
    )


def is_head(role: Role) -> bool:
    """Whether the reference, which has two roles only, would call it `admin`."""
    return role in {Role.OWNER, Role.ADMIN}


def _member(member: Member, row: MemberRow) -> MemberData:
    return MemberData(
        id=member.id,
        workspace_id=member.workspace_id,
        user_id=member.user_id,
        role="admin" if is_head(row.role) else "member",
        created_at=when(member.created_at),
    )


@router.get("/workspaces", summary="Workspaces of the account")
async def read_workspaces(request: Request, caller: Reader, offset: Offset = 0, limit: Limit = 50) -> WorkspaceList:
    """The default one first."""
    services: Services = request.app.state.services
    page, total = await services.workspaces.of_account(caller.account_id, offset, limit)
    return WorkspaceList(data=[shown(each) for each in page], total_count=total)


@router.post("/workspaces", status_code=201, summary="Make a workspace")
async def create_workspace(request: Request, caller: Writer, body: WorkspaceNew) -> WorkspaceAnswer:
    """Who makes it is in it."""
    services: Services = request.app.state.services
    made = await services.workspaces.create(caller.account_id, caller.user_id, body.model_dump())
    return WorkspaceAnswer(data=shown(made))


@router.get("/workspaces/{ref}", summary="One workspace, by id or slug")
async def read_workspace(request: Request, caller: Reader, ref: str) -> WorkspaceAnswer:
    """One of the account's."""
    services: Services = request.app.state.services
    return WorkspaceAnswer(data=shown(await services.workspaces.find(caller.account_id, ref)))


@router.patch("/workspaces/{ref}", summary="Change a workspace")
async def change_workspace(request: Request, caller: Writer, ref: str, body: WorkspaceChange) -> WorkspaceAnswer:
    """What is not named stays as it is."""
    services: Services = request.app.state.services
    values: dict[str, Any] = body.model_dump(exclude_unset=True)
    values = {key: value for key, value in values.items() if value is not None or key not in {"name", "slug"}}
    return WorkspaceAnswer(data=shown(await services.workspaces.change(caller.account_id, ref, values)))


@router.delete("/workspaces/{ref}", summary="Delete a workspace")
async def delete_workspace(
    request: Request, caller: Writer, ref: str, *, confirm_default_workspace_deletion: bool = False
) -> Deleted:
    """One that has no active keys; the default one only when that is confirmed."""
    services: Services = request.app.state.services
    await services.workspaces.remove(caller.account_id, ref, default_too=confirm_default_workspace_deletion)
    return Deleted()


@router.get("/workspaces/{ref}/members", summary="Members of a workspace")
async def read_members(
    request: Request, caller: Reader, ref: str, offset: Offset = 0, limit: Limit = 50
) -> WorkspaceMembers:
    """In the default workspace everybody of the account is."""
    services: Services = request.app.state.services
    everybody = await services.workspaces.members(caller.account_id, ref)
    page = everybody[offset : offset + limit]
    return WorkspaceMembers(data=[_member(*each) for each in page], total_count=len(everybody))


@router.post("/workspaces/{ref}/members/add", summary="Put members into a workspace")
async def add_members(request: Request, caller: Writer, ref: str, body: People) -> Added:
    """Members of the account; those who are in it already are left out of the answer."""
    services: Services = request.app.state.services
    added = await services.workspaces.add_members(caller.account_id, ref, body.user_ids)
    return Added(added_count=len(added), data=[_member(*each) for each in added])


@router.post("/workspaces/{ref}/members/remove", summary="Take members out of a workspace")
async def remove_members(request: Request, caller: Writer, ref: str, body: People) -> Removed:
    """Not who has active keys in it."""
    services: Services = request.app.state.services
    count = await services.workspaces.remove_members(caller.account_id, ref, body.user_ids)
    return Removed(removed_count=count)


@router.get("/organization/members", summary="Members of the account", tags=["Organizations"])
async def read_organization(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.MEMBERS_READ))],
    offset: Offset = 0,
    limit: Limit = 50,
) -> OrganizationMembers:
    """Oldest first."""
    services: Services = request.app.state.services
    everybody = await services.organizations.members(caller.account_id)
    page: list[OrganizationMember] = []
    for each in everybody[offset : offset + limit]:
        first, _, last = (each.name or "").partition(" ")
        page.append(
            OrganizationMember(
                id=each.user_id,
                email=each.email,
                first_name=first or None,
                last_name=last or None,
                role="org:admin" if is_head(each.role) else "org:member",
            )
        )
    return OrganizationMembers(data=page, total_count=len(everybody))

"""`/api/app/organizations`, `/members`, `/invitations`: an account that several people share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.accounts.sign_in import origin_of
from modelport.keys.access import Permission, Principal, Role, allow, public
from modelport.people.auth_routes import Email, Secret, from_our_pages
from modelport.people.caller import where_of
from modelport.people.leaving import close_organization
from modelport.people.me_routes import session_of, when

if TYPE_CHECKING:
    from modelport.accounts.organizations import Invitation
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/app", tags=["Organizations"])
Me = Annotated[Principal, Depends(allow(Permission.SELF))]
Reader = Annotated[Principal, Depends(allow(Permission.MEMBERS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.MEMBERS_WRITE))]
Owner = Annotated[Principal, Depends(allow(Permission.OWNERSHIP))]
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]
Given = Literal["admin", "member", "billing", "read-only"]
"""Roles that are given; an owner is made by handing over only."""


class Named(BaseModel):
    """What an organisation is called."""

    name: str = Field(min_length=1, max_length=100)


class Made(BaseModel):
    """Answer of `POST /organizations` and of an accepted invitation."""

    account_id: str


class MemberShown(BaseModel):
    """A member."""

    user_id: str
    email: str
    name: str | None
    role: Role
    created_at: datetime


class MemberList(BaseModel):
    """Answer of `GET /members`."""

    data: list[MemberShown]


class NewRole(BaseModel):
    """Body of `PATCH /members/{user_id}`."""

    role: Given


class Invite(BaseModel):
    """Body of `POST /invitations`."""

    email: Email
    role: Given = "member"


class InviteToServer(BaseModel):
    """Body of `POST /server-invitations`."""

    email: Email


class InvitationShown(BaseModel):
    """An open invitation."""

    id: str
    email: str
    role: Role | None
    created_at: datetime
    expires_at: datetime
    link: str | None = Field(default=None, description="Only when it is made: works once.")


class InvitationList(BaseModel):
    """Open invitations."""

    data: list[InvitationShown]


class Token(BaseModel):
    """The token of an invitation's link."""

    token: Secret


class Looked(BaseModel):
    """What an invitation is to."""

    email: str
    organization: str | None = Field(description="Null: to this server.")
    role: Role | None


class Closing(BaseModel):
    """Body of `POST /organization/close`."""

    name: str = Field(min_length=1, max_length=200, description="The organization's name, as a confirmation.")


class NewOwner(BaseModel):
    """Body of `POST /organization/owner`."""

    user_id: str = Field(max_length=100)


def _shown(invitation: Invitation, link: str | None = None) -> InvitationShown:
    return InvitationShown(
        id=invitation.id,
        email=invitation.email,
        role=None if invitation.role is None else Role(invitation.role),
        created_at=when(invitation.created_at),
        expires_at=when(invitation.expires_at),
        link=link,
    )


@router.post("/organizations", status_code=201, summary="Make an organization")
async def create(request: Request, caller: Me, body: Named) -> Made:
    """Owned by who makes it, with credits of its own."""
    services: Services = request.app.state.services
    return Made(account_id=await services.organizations.create(caller.user_id, body.name))


@router.patch("/organization", status_code=204, summary="Rename the account looked at")
async def rename(
    request: Request, caller: Annotated[Principal, Depends(allow(Permission.SETTINGS_WRITE))], body: Named
) -> None:
    """Calls it something else."""
    services: Services = request.app.state.services
    await services.organizations.rename(caller.account_id, body.name)


@router.get("/members", summary="Members of the account looked at")
async def read_members(request: Request, caller: Reader) -> MemberList:
    """Oldest first."""
    services: Services = request.app.state.services
    return MemberList(
        data=[
            MemberShown(
                user_id=each.user_id, email=each.email, name=each.name, role=each.role, created_at=when(each.created_at)
            )
            for each in await services.organizations.members(caller.account_id)
        ]
    )


@router.patch("/members/{user_id}", status_code=204, summary="Give a member another role")
async def set_role(request: Request, caller: Writer, user_id: str, body: NewRole) -> None:
    """Holds at once for their session, and within a second for their keys."""
    services: Services = request.app.state.services
    await services.organizations.set_role(caller.account_id, user_id, Role(body.role))


@router.delete("/members/{user_id}", status_code=204, summary="Put a member out")
async def remove_member(request: Request, caller: Writer, user_id: str) -> None:
    """Their keys to this account stop working."""
    services: Services = request.app.state.services
    await services.organizations.remove(caller.account_id, user_id)
    await services.workspaces.forget_person(caller.account_id, user_id)


@router.post("/organization/leave", status_code=204, summary="Leave the account looked at")
async def leave(request: Request, caller: Me) -> None:
    """An owner hands it over first."""
    services: Services = request.app.state.services
    session_of(caller)
    await services.organizations.remove(caller.account_id, caller.user_id)
    await services.workspaces.forget_person(caller.account_id, caller.user_id)


@router.post("/organization/owner", status_code=204, summary="Hand the account over")
async def transfer(request: Request, caller: Owner, body: NewOwner) -> None:
    """To another member; who hands over stays an administrator. Asks for a fresh proof."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    await services.organizations.transfer(caller.account_id, caller.user_id, body.user_id)
    person = await services.accounts.person(body.user_id)
    await services.notices.send(caller.account_id, "ownership", member=person.name or person.email)


@router.post("/organization/close", status_code=204, summary="Close the organization looked at")
async def close(request: Request, caller: Owner, body: Closing) -> None:
    """For good: keys and members stop within a second, what is secret or private is deleted, the ledger stays.

    Asks for a fresh proof, and for the organization's name, so that nobody closes another by mistake.
    """
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    await close_organization(services, caller.account_id, caller.user_id, body.name)


@router.get("/invitations", summary="Open invitations to the account looked at")
async def read_invitations(request: Request, caller: Reader) -> InvitationList:
    """Newest first."""
    services: Services = request.app.state.services
    return InvitationList(data=[_shown(each) for each in await services.organizations.invitations(caller.account_id)])


@router.post("/invitations", status_code=201, summary="Invite somebody to the account looked at")
async def invite(request: Request, caller: Writer, body: Invite) -> InvitationShown:
    """By mail; the link works once, for seven days, and for that address only."""
    services: Services = request.app.state.services
    made, token = await services.organizations.invite(
        where_of(request), caller.user_id, body.email, caller.account_id, Role(body.role)
    )
    return _shown(made, f"{origin_of(services.settings)}/invitation#{token}")


@router.delete("/invitations/{invitation_id}", status_code=204, summary="Take an invitation back")
async def take_back(request: Request, caller: Writer, invitation_id: str) -> None:
    """Its link stops working."""
    services: Services = request.app.state.services
    await services.organizations.take_back(caller.account_id, invitation_id)


@router.post(
    "/invitations/look", summary="What an invitation is to", dependencies=[Depends(public), Depends(from_our_pages)]
)
async def look(request: Request, body: Token) -> Looked:
    """Looking does not use it up."""
    services: Services = request.app.state.services
    await services.sign_in.count_challenge(where_of(request))
    found, name = await services.organizations.invitation(body.token)
    return Looked(email=found.email, organization=name, role=None if found.role is None else Role(found.role))


@router.post("/invitations/accept", summary="Accept an invitation")
async def accept(request: Request, caller: Me, body: Token) -> Made:
    """For who is signed in with the address it was sent to. Of two at once, one."""
    services: Services = request.app.state.services
    session_of(caller)
    account_id = await services.organizations.accept(caller.user_id, body.token)
    person = await services.accounts.person(caller.user_id)
    await services.notices.send(account_id, "member_joined", member=person.name or person.email)
    return Made(account_id=account_id)


@router.get("/server-invitations", summary="Open invitations to this server")
async def read_server_invitations(request: Request, caller: Operator) -> InvitationList:
    """For registration by invitation; operators only."""
    del caller
    services: Services = request.app.state.services
    return InvitationList(data=[_shown(each) for each in await services.organizations.invitations(None)])


@router.post("/server-invitations", status_code=201, summary="Invite somebody to this server")
async def invite_to_server(request: Request, caller: Operator, body: InviteToServer) -> InvitationShown:
    """They may sign up with that address while registration is by invitation."""
    services: Services = request.app.state.services
    made, token = await services.organizations.invite(where_of(request), caller.user_id, body.email, None, None)
    return _shown(made, f"{origin_of(services.settings)}/invitation#{token}")


@router.delete("/server-invitations/{invitation_id}", status_code=204, summary="Take such an invitation back")
async def take_back_server(request: Request, caller: Operator, invitation_id: str) -> None:
    """Its link stops working."""
    del caller
    services: Services = request.app.state.services
    await services.organizations.take_back(None, invitation_id)

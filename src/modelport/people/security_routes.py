"""`/api/app/me/*`: what guards one's own account. Every change here gives the session another token."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from modelport.accounts.passkeys import Site
from modelport.accounts.service import normal_email
from modelport.accounts.sign_in import origin_of
from modelport.errors import WrongField
from modelport.keys.access import Permission, Principal, allow
from modelport.people import leaving
from modelport.people.auth_routes import Code, Email, Password, Secret, Ticket
from modelport.people.caller import forget_session, keep_session, where_of
from modelport.people.me_routes import session_of, when

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["Answered", "ChallengeShown", "rotate", "router", "site_of"]

router = APIRouter(prefix="/api/app/me", tags=["The person signed in"])
Me = Annotated[Principal, Depends(allow(Permission.SELF))]


class Prove(BaseModel):
    """Body of `POST /me/prove`: one of the three."""

    password: Password | None = None
    second_factor: Code | None = None
    ticket: Secret | None = None
    code: Code | None = None


class NewPassword(BaseModel):
    """Body of `POST /me/password`."""

    password: Password


class NewEmail(BaseModel):
    """Body of `POST /me/email`."""

    email: Email


class MailedCode(BaseModel):
    """A mailed code with its ticket."""

    ticket: Secret
    code: Code


class FactorCode(BaseModel):
    """A code of the authenticator app."""

    code: Code


class Enrolment(BaseModel):
    """What an authenticator app is given."""

    secret: str
    uri: str
    qr_svg: str = Field(description="The same as a picture.")


class RecoveryCodes(BaseModel):
    """Shown once; each works once."""

    codes: list[str]


class Confirmed(BaseModel):
    """Body of `POST /me/delete`."""

    email: Email = Field(description="The account's own address, typed once more.")


class ChallengeShown(BaseModel):
    """What the browser's WebAuthn function is called with."""

    ticket: str
    options: dict[str, Any]


class Answered(BaseModel):
    """What that function gave."""

    ticket: Secret
    credential: dict[str, Any]
    name: str = Field(default="Passkey", min_length=1, max_length=100)


class PasskeyShown(BaseModel):
    """A passkey."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class PasskeyList(BaseModel):
    """Answer of `GET /me/passkeys`."""

    data: list[PasskeyShown]


def site_of(request: Request) -> Site:
    """For whom passkeys are made: the public address; without one, this machine under its name."""
    settings = request.app.state.services.settings
    if settings.public_url:
        origin = origin_of(settings)
        host = origin.partition("://")[2]
        return Site(host.partition("/")[0].partition(":")[0], (origin,))
    port = request.headers.get("host", "").partition(":")[2]
    return Site("localhost", (f"http://localhost:{port}" if port else "http://localhost",))


async def rotate(
    request: Request, response: Response, caller: Principal, *, proved: bool = False, change: str | None = None
) -> None:
    """Gives the session another token, and tells the person what was changed."""
    services: Services = request.app.state.services
    keep_session(request, response, await services.sessions.rotate(session_of(caller).id, proved=proved))
    if change is not None:
        own = (await services.accounts.person(caller.user_id)).account_id
        await services.notices.send(own, "security_changed", user_id=caller.user_id, change=change)


@router.post("/prove/code", status_code=202, summary="Ask for a code by mail to confirm a change")
async def send_code(request: Request, caller: Me) -> Ticket:
    """For who has no password."""
    services: Services = request.app.state.services
    return Ticket(ticket=await services.security.send_code(where_of(request), caller.user_id))


@router.post("/prove", status_code=204, summary="Confirm that it is you")
async def prove(request: Request, response: Response, caller: Me, body: Prove) -> None:
    """Takes the password, or a mailed code; the second factor where one is set up. Good for a quarter of an hour."""
    services: Services = request.app.state.services
    session_of(caller)
    await services.security.prove(
        where_of(request),
        caller.user_id,
        password=body.password,
        factor=body.second_factor,
        ticket=body.ticket,
        code=body.code,
    )
    await rotate(request, response, caller, proved=True)


@router.post("/password", status_code=204, summary="Set another password")
async def set_password(request: Request, response: Response, caller: Me, body: NewPassword) -> None:
    """Ends every other session. 403 with `reason: prove_again` when the last proof is too old."""
    services: Services = request.app.state.services
    await services.security.set_password(session_of(caller), body.password)
    await rotate(request, response, caller, change="password")


@router.post("/email", status_code=202, summary="Ask for another e-mail address")
async def begin_email(request: Request, caller: Me, body: NewEmail) -> Ticket:
    """Mails a code to the new address."""
    services: Services = request.app.state.services
    return Ticket(ticket=await services.security.begin_email(where_of(request), session_of(caller), body.email))


@router.post("/email/verify", status_code=204, summary="Confirm the new e-mail address")
async def finish_email(request: Request, response: Response, caller: Me, body: MailedCode) -> None:
    """From now on the account has this address; the old one is told."""
    services: Services = request.app.state.services
    await services.security.finish_email(session_of(caller), body.ticket, body.code)
    await rotate(request, response, caller, change="e-mail address")


@router.post("/second-factor", summary="Begin to set up a second factor")
async def begin_factor(request: Request, caller: Me) -> Enrolment:
    """A secret for an authenticator app; asked for only once `enable` has shown that the app has it."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    person = await services.accounts.person(caller.user_id)
    made = await services.second_factor.begin(caller.user_id, person.email, "Modelport")
    return Enrolment(secret=made.secret, uri=made.uri, qr_svg=_qr(made.uri))


@router.post("/second-factor/enable", summary="Use the second factor from now on")
async def enable_factor(request: Request, response: Response, caller: Me, body: FactorCode) -> RecoveryCodes:
    """Returns the recovery codes, this once."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    codes = await services.second_factor.enable(caller.user_id, body.code)
    await services.sessions.end_all(caller.user_id, but=session_of(caller).id)
    await rotate(request, response, caller, proved=True, change="second factor on")
    return RecoveryCodes(codes=codes)


@router.delete("/second-factor", status_code=204, summary="Switch the second factor off")
async def disable_factor(request: Request, response: Response, caller: Me) -> None:
    """Its recovery codes are worth nothing any more."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    await services.second_factor.disable(caller.user_id)
    await rotate(request, response, caller, change="second factor off")


@router.post("/recovery-codes", summary="Make other recovery codes")
async def new_codes(request: Request, response: Response, caller: Me) -> RecoveryCodes:
    """The old ones are worth nothing any more."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    codes = await services.second_factor.new_codes(caller.user_id)
    await rotate(request, response, caller, change="recovery codes")
    return RecoveryCodes(codes=codes)


@router.get(
    "/export",
    summary="Everything the person has here",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_export(request: Request, caller: Me) -> Response:
    """A zip of JSON files, without any secret."""
    services: Services = request.app.state.services
    content = await leaving.export(services, session_of(caller).user_id)
    headers = {"content-disposition": 'attachment; filename="modelport-data.zip"', "cache-control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


@router.post("/delete", status_code=204, summary="Delete the person's account")
async def delete(request: Request, response: Response, caller: Me, body: Confirmed) -> None:
    """For good. Asks for a fresh proof, and for the address typed once more."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    person = await services.accounts.person(caller.user_id)
    if normal_email(body.email) != person.email:
        raise WrongField("email", "Type the address of this account to delete it.", kind="mismatch")
    await leaving.delete_account(services, caller.user_id)
    forget_session(request, response)


@router.get("/passkeys", summary="The person's passkeys")
async def read_passkeys(request: Request, caller: Me) -> PasskeyList:
    """Oldest first."""
    services: Services = request.app.state.services
    return PasskeyList(
        data=[
            PasskeyShown(
                id=each.id,
                name=each.name,
                created_at=when(each.created_at),
                used_at=None if each.used_at is None else when(each.used_at),
            )
            for each in await services.passkeys.of_user(caller.user_id)
        ]
    )


@router.post("/passkeys/begin", summary="Begin to add a passkey")
async def begin_passkey(request: Request, caller: Me) -> ChallengeShown:
    """Options for `navigator.credentials.create`."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    person = await services.accounts.person(caller.user_id)
    made = await services.passkeys.begin_adding(site_of(request), person.id, person.email, person.name)
    return ChallengeShown(ticket=made.ticket, options=json.loads(made.options))


@router.post("/passkeys", status_code=201, summary="Add the passkey that the browser made")
async def add_passkey(request: Request, response: Response, caller: Me, body: Answered) -> PasskeyShown:
    """From now on it signs the person in."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    made = await services.passkeys.add(site_of(request), caller.user_id, body.ticket, body.credential, body.name)
    await rotate(request, response, caller, change="passkey added")
    return PasskeyShown(id=made.id, name=made.name, created_at=when(made.created_at), used_at=None)


@router.delete("/passkeys/{passkey_id}", status_code=204, summary="Take a passkey away")
async def remove_passkey(request: Request, response: Response, caller: Me, passkey_id: str) -> None:
    """It signs nobody in any more."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    await services.passkeys.remove(caller.user_id, passkey_id)
    await rotate(request, response, caller, change="passkey removed")


def _qr(uri: str) -> str:
    import segno  # noqa: PLC0415 (not needed at a start)

    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, xmldecl=False, svgns=True)
    return out.getvalue().decode()

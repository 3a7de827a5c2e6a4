"""`/api/app/auth/*`: signing up, in and out, for the web app. Answers never tell whether an address is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from modelport.accounts.errors import NotSignedIn
from modelport.accounts.sessions import IMPERSONATION
from modelport.accounts.sign_in import Outcome, SecondFactorNeeded
from modelport.errors import ModelportError
from modelport.keys.access import Permission, Principal, allow, cookie_name, public, refuse_foreign
from modelport.people.caller import forget_session, keep_session, note_sign_in, take_back, welcome, where_of

if TYPE_CHECKING:
    from modelport.accounts.sign_in import SignIn
    from modelport.people.services import Services

__all__ = ["Entered", "entered", "router"]


async def from_our_pages(request: Request) -> None:
    """Nobody may be signed in, or out, by another site's page."""
    refuse_foreign(request)


router = APIRouter(prefix="/api/app/auth", tags=["Signing in"])
_OPEN = [Depends(public), Depends(from_our_pages)]

Email = Annotated[str, Field(min_length=3, max_length=320)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Secret = Annotated[str, Field(min_length=8, max_length=100)]


class SignUp(BaseModel):
    """Body of `POST /auth/sign-up`."""

    email: Email
    password: Password
    name: str | None = Field(default=None, max_length=100)
    language: Literal["zh", "en"] | None = None
    invitation: Secret | None = None


class ByEmail(BaseModel):
    """Body of what a mail is asked for with."""

    email: Email
    language: Literal["zh", "en"] | None = None
    invitation: Secret | None = None


class ByPassword(BaseModel):
    """Body of `POST /auth/sign-in`."""

    email: Email
    password: Password


class ByCode(BaseModel):
    """A mailed code with its ticket, or a code of the second factor with its."""

    ticket: Secret
    code: Code


class ByLink(BaseModel):
    """The token of a mailed link."""

    token: Secret


class Reset(BaseModel):
    """Body of `POST /auth/reset/finish`."""

    token: Secret
    password: Password


class Ticket(BaseModel):
    """A mail is under way, if that address can be mailed; the code in it is good with this ticket."""

    ticket: str
    expires_in: int = Field(default=900, description="Seconds.")


class Sent(BaseModel):
    """A mail is under way, if that address is known."""

    status: Literal["sent"] = "sent"


class Entered(BaseModel):
    """How a sign-in went: the cookie is set, or a second factor is asked for."""

    status: Literal["signed_in", "second_factor"]
    is_new: bool = Field(default=False, description="Whether the account was made by this.")
    ticket: str | None = Field(default=None, description="To be sent along with the second factor.")


async def entered(request: Request, response: Response, outcome: Outcome) -> Entered:
    """Sets the cookie, ends the session that this browser had before, and welcomes who is new."""
    if isinstance(outcome, SecondFactorNeeded):
        return Entered(status="second_factor", ticket=outcome.ticket)
    services: Services = request.app.state.services
    await _end_earlier(request, services)
    await welcome(services, outcome)
    await note_sign_in(services, outcome)
    keep_session(request, response, outcome.token)
    return Entered(status="signed_in", is_new=outcome.is_new)


async def _end_earlier(request: Request, services: Services) -> None:
    token = request.cookies.get(cookie_name(request))
    if token is not None:
        await services.sessions.end_by_token(token)


def _sign_in(request: Request) -> SignIn:
    return request.app.state.services.sign_in


@router.post("/sign-up", status_code=202, summary="Sign up by address and password", dependencies=_OPEN)
async def sign_up(request: Request, body: SignUp) -> Ticket:
    """Mails a code and a link; the account is made once one of them comes back."""
    where = where_of(request, body.language)
    return Ticket(ticket=await _sign_in(request).sign_up(where, body.email, body.password, body.name, body.invitation))


@router.post("/verify", summary="Confirm the address with the mailed code", dependencies=_OPEN)
async def verify(request: Request, response: Response, body: ByCode) -> Entered:
    """Makes the account and signs in."""
    outcome = await _sign_in(request).verify(where_of(request), body.ticket, body.code)
    return await entered(request, response, outcome)


@router.post("/verify/link", summary="Confirm the address with the mailed link", dependencies=_OPEN)
async def verify_link(request: Request, response: Response, body: ByLink) -> Entered:
    """Makes the account and signs in."""
    return await entered(request, response, await _sign_in(request).verify_link(where_of(request), body.token))


@router.post("/sign-in", summary="Sign in with a password", dependencies=_OPEN)
async def sign_in(request: Request, response: Response, body: ByPassword) -> Entered:
    """Signs in, or asks for the second factor."""
    outcome = await _sign_in(request).with_password(where_of(request), body.email, body.password)
    return await entered(request, response, outcome)


@router.post("/code", status_code=202, summary="Ask for a one-time code by mail", dependencies=_OPEN)
async def send_code(request: Request, body: ByEmail) -> Ticket:
    """Mails a code to sign in with, or to sign up with where that is allowed."""
    where = where_of(request, body.language)
    return Ticket(ticket=await _sign_in(request).send_code(where, body.email, body.invitation))


@router.post("/code/verify", summary="Sign in with the mailed code", dependencies=_OPEN)
async def with_code(request: Request, response: Response, body: ByCode) -> Entered:
    """Signs in, or asks for the second factor."""
    outcome = await _sign_in(request).with_code(where_of(request), body.ticket, body.code)
    return await entered(request, response, outcome)


@router.post("/second-factor", summary="Give the second factor", dependencies=_OPEN)
async def second_factor(request: Request, response: Response, body: ByCode) -> Entered:
    """Signs in with a code of the authenticator app, or with a recovery code."""
    outcome = await _sign_in(request).with_second_factor(where_of(request), body.ticket, body.code)
    return await entered(request, response, outcome)


@router.post("/reset", status_code=202, summary="Ask for a link to set a new password", dependencies=_OPEN)
async def send_reset(request: Request, body: ByEmail) -> Sent:
    """Mails a link that works once, for one hour."""
    await _sign_in(request).send_reset(where_of(request, body.language), body.email)
    return Sent()


@router.post("/reset/finish", summary="Set a new password with the mailed link", dependencies=_OPEN)
async def finish_reset(request: Request, response: Response, body: Reset) -> Entered:
    """Sets it, ends every session of the person, and signs in."""
    outcome = await _sign_in(request).finish_reset(where_of(request), body.token, body.password)
    return await entered(request, response, outcome)


@router.post("/visit/end", status_code=204, summary="Stop looking in as somebody else", dependencies=_OPEN)
async def end_visit(request: Request, response: Response) -> None:
    """An operator's browser is theirs again; also when the half hour is over. Changes nothing for anybody else."""
    services: Services = request.app.state.services
    token = request.cookies.get(cookie_name(request))
    if token is not None:
        try:
            found = await services.sessions.find(token)
        except ModelportError:  # it has run out, or its person was suspended meanwhile
            pass
        else:
            if not found.session.method.startswith(IMPERSONATION):
                return
        await services.sessions.end_by_token(token)
    take_back(request, response)


@router.post("/sign-out", status_code=204, summary="Sign out")
async def sign_out(
    request: Request, response: Response, caller: Annotated[Principal, Depends(allow(Permission.SELF))]
) -> None:
    """Ends this session."""
    if caller.session is None:
        raise NotSignedIn("You are not signed in.")
    await request.app.state.services.sessions.end(caller.user_id, caller.session.id)
    forget_session(request, response)

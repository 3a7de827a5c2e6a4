"""`/api/app/me`, `/features`, `/sessions`: who is signed in, what this server offers, where else one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

import modelport
from modelport.accounts.errors import NotSignedIn
from modelport.accounts.sessions import IMPERSONATION
from modelport.accounts.sign_in import origin_of
from modelport.keys.access import Permission, Principal, Role, allow, public
from modelport.kit.clock import UTC
from modelport.people.caller import keep_session

if TYPE_CHECKING:
    from modelport.accounts.service import Person
    from modelport.accounts.sessions import Session
    from modelport.people.services import Services

__all__ = ["router", "session_of", "when"]

router = APIRouter(prefix="/api/app", tags=["The person signed in"])
Me = Annotated[Principal, Depends(allow(Permission.SELF))]


def when(at_ms: int) -> datetime:
    """A stored time as it is shown."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def session_of(caller: Principal) -> Session:
    """The caller's session.

    Raises `NotSignedIn` for a key.
    """
    if caller.session is None:
        raise NotSignedIn("Sign in with a browser for this.")
    return caller.session


class SignInProvider(BaseModel):
    """An identity provider to sign in with."""

    slug: str
    name: str


class Features(BaseModel):
    """What this server offers to everybody."""

    version: str
    public_url: str
    registration: Literal["open", "invite", "domains", "closed"]
    registration_domains: list[str]
    sign_up_bonus: str = Field(description="USD.")
    providers: list[SignInProvider] = Field(description="Identity providers to sign in with, beside password and code.")
    mail: Literal["smtp", "console"] = Field(description="`console`: mails are printed where the server runs.")
    currency: str
    local_model: bool = Field(description="Whether a small free model runs beside the server.")
    guests_may_try: bool = Field(description="Whether free models can be tried without signing in.")
    guest_requests_per_day: int = Field(description="How often a day, from one network address; 0 for no limit.")


class Account(BaseModel):
    """An account the person is in."""

    id: str
    name: str
    kind: Literal["personal", "organization"]
    role: Role
    suspended: bool


class User(BaseModel):
    """The person."""

    id: str
    email: str
    name: str | None
    language: Literal["zh", "en"]
    created_at: datetime
    is_operator: bool
    is_verified: bool
    has_password: bool
    has_second_factor: bool
    recovery_codes_left: int


class Visiting(BaseModel):
    """An operator of this server looks in as the person."""

    operator_id: str
    until: datetime


class Whole(BaseModel):
    """Answer of `GET /me`."""

    user: User
    account_id: str = Field(description="The account looked at.")
    role: Role
    permissions: list[Permission] = Field(description="What the person may do in the account looked at.")
    accounts: list[Account]
    features: Features
    visit: Visiting | None = Field(description="Set when this is an operator who looks in, and may look only.")


class Profile(BaseModel):
    """Body of `PATCH /me`."""

    name: str | None = Field(default=None, max_length=100)
    language: Literal["zh", "en"]


class Switch(BaseModel):
    """Body of `POST /me/account`."""

    account_id: str = Field(min_length=1, max_length=100)


class SessionShown(BaseModel):
    """A browser that is signed in."""

    id: str
    method: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None
    is_this: bool


class SessionList(BaseModel):
    """Answer of `GET /sessions`."""

    data: list[SessionShown]


class Ended(BaseModel):
    """How many sessions were ended."""

    ended: int


def features_of(services: Services) -> Features:
    """What this server offers."""
    settings = services.settings
    return Features(
        version=modelport.__version__,
        public_url=origin_of(settings),
        registration=settings.registration_mode,
        registration_domains=settings.registration_domains,
        sign_up_bonus=settings.sign_up_bonus,
        providers=[SignInProvider(slug=each.slug, name=each.name) for each in services.identities.providers.values()],
        mail="smtp" if services.mailer.kind == "smtp" else "console",
        currency="USD",
        local_model=settings.local_model,
        guests_may_try=settings.guests_may_try,
        guest_requests_per_day=settings.guest_requests_per_day,
    )


def _user(person: Person) -> User:
    return User(
        id=person.id,
        email=person.email,
        name=person.name,
        language=person.language,
        created_at=when(person.created_at),
        is_operator=person.is_operator,
        is_verified=person.is_verified,
        has_password=person.has_password,
        has_second_factor=person.has_second_factor,
        recovery_codes_left=person.recovery_codes_left,
    )


@router.get("/features", summary="What this server offers", dependencies=[Depends(public)])
async def read_features(request: Request) -> Features:
    """How one may sign up and in, and what else a page needs to know before anybody is signed in."""
    return features_of(request.app.state.services)


@router.get("/me", summary="Who is signed in")
async def read_me(request: Request, caller: Me) -> Whole:
    """The person, their accounts and roles, and what they may do in the account looked at."""
    services: Services = request.app.state.services
    person = await services.accounts.person(caller.user_id)
    return Whole(
        user=_user(person),
        account_id=caller.account_id,
        role=caller.role,
        permissions=[each for each in Permission if caller.may(each)],
        accounts=[
            Account(
                id=each.account_id,
                name=each.name,
                kind="organization" if each.kind == "organization" else "personal",
                role=each.role,
                suspended=each.suspended,
            )
            for each in person.accounts
        ],
        features=features_of(services),
        visit=_visit(caller.session),
    )


def _visit(session: Session | None) -> Visiting | None:
    if session is None or not session.method.startswith(IMPERSONATION):
        return None
    return Visiting(operator_id=session.method.removeprefix(IMPERSONATION), until=when(session.expires_at))


@router.patch("/me", summary="Change name and language")
async def change_me(request: Request, caller: Me, body: Profile) -> User:
    """Changes what the person is called and which language they are written to in."""
    services: Services = request.app.state.services
    await services.accounts.set_profile(caller.user_id, body.name, body.language)
    return _user(await services.accounts.person(caller.user_id))


@router.post("/me/account", status_code=204, summary="Look at another account")
async def switch(request: Request, response: Response, caller: Me, body: Switch) -> None:
    """From now on this browser looks at another of the person's accounts. 404 when they are not in it."""
    services: Services = request.app.state.services
    session = session_of(caller)
    await services.sessions.switch(session, body.account_id)
    keep_session(request, response, await services.sessions.rotate(session.id))


@router.get("/sessions", summary="Where the person is signed in")
async def read_sessions(request: Request, caller: Me) -> SessionList:
    """Every browser, the one used last first."""
    services: Services = request.app.state.services
    return SessionList(
        data=[
            SessionShown(
                id=each.id,
                method=each.method,
                created_at=when(each.created_at),
                seen_at=when(each.seen_at),
                expires_at=when(each.expires_at),
                address=each.address,
                user_agent=each.user_agent,
                is_this=caller.session is not None and caller.session.id == each.id,
            )
            for each in await services.sessions.of_user(caller.user_id)
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204, summary="Sign one browser out")
async def end_session(request: Request, caller: Me, session_id: str) -> None:
    """That browser is refused from its next request on."""
    services: Services = request.app.state.services
    await services.sessions.end(caller.user_id, session_id)


@router.delete("/sessions", summary="Sign every other browser out")
async def end_other_sessions(request: Request, caller: Me) -> Ended:
    """All but this one."""
    services: Services = request.app.state.services
    return Ended(ended=await services.sessions.end_all(caller.user_id, but=session_of(caller).id))

"""`/api/app/auth/oidc/*`: to an identity provider and back; and `/api/app/me/identities`.

These are addresses a browser is sent to, so they answer with redirects; what goes wrong on the way back is told by
`/sign-in?error=...`. The state is in the address *and* in a cookie: a stranger's state signs nobody in.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from modelport.accounts.errors import (
    AccountSuspended,
    IdentityRefused,
    NotSignedIn,
    ProofRefused,
    ProviderFailed,
    RegistrationClosed,
)
from modelport.accounts.sign_in import SecondFactorNeeded
from modelport.errors import ModelportError
from modelport.keys.access import Permission, Principal, allow, cookie_name, is_https, public
from modelport.people.auth_routes import entered
from modelport.people.caller import person_of, where_of
from modelport.people.me_routes import session_of, when
from modelport.people.security_routes import rotate

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/app", tags=["Signing in"])
Me = Annotated[Principal, Depends(allow(Permission.SELF))]
_REASONS: Final[dict[type[ModelportError], str]] = {
    RegistrationClosed: "closed",
    AccountSuspended: "suspended",
    IdentityRefused: "refused",
    ProviderFailed: "provider",
    NotSignedIn: "elsewhere",
    ProofRefused: "elsewhere",
}
_OPEN: Final = [Depends(public)]
_SECONDS: Final = 600


class IdentityShown(BaseModel):
    """A linked identity."""

    provider: str
    email: str
    created_at: datetime


class IdentityList(BaseModel):
    """Answer of `GET /me/identities`."""

    data: list[IdentityShown]


class LinkBegun(BaseModel):
    """Where the browser goes to have an identity linked."""

    url: str


def _state_cookie(request: Request) -> str:
    return f"{cookie_name(request)}-state"


def _remember(request: Request, response: Response, state: str) -> None:
    response.set_cookie(
        _state_cookie(request),
        state,
        max_age=_SECONDS,
        path="/",
        httponly=True,
        secure=is_https(request),
        samesite="lax",
    )


def safe_path(path: str) -> str:
    """A path on this server, whatever was asked for: nobody is sent elsewhere after signing in."""
    plain = path.startswith("/") and path.isprintable() and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain else "/"


@router.get("/auth/oidc/{slug}", status_code=302, summary="Sign in with an identity provider", dependencies=_OPEN)
async def begin(
    request: Request,
    slug: str,
    next_: Annotated[str, Query(alias="next", max_length=500)] = "/",
    invitation: Annotated[str | None, Query(max_length=100)] = None,
) -> RedirectResponse:
    """Sends the browser there."""
    services: Services = request.app.state.services
    begun = await services.identities.begin(where_of(request), slug, safe_path(next_), invitation=invitation)
    response = RedirectResponse(begun.url, 302)
    _remember(request, response, begun.state)
    return response


@router.get(
    "/auth/oidc/{slug}/callback",
    status_code=302,
    summary="Back from a provider",
    dependencies=_OPEN,
    response_class=RedirectResponse,
)
async def callback(
    request: Request,
    slug: str,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> RedirectResponse:
    """Signs in, or links, and sends the browser where it wanted to go."""
    services: Services = request.app.state.services
    try:
        kept = request.cookies.get(_state_cookie(request), "")
        if not code or not kept or not hmac.compare_digest(kept.encode(), state.encode()):
            raise NotSignedIn("This sign-in was begun in another browser, or given up. Begin again.")
        caller = await _signed_in(request, services)
        signed_in = None if caller is None else caller.user_id
        returned = await services.identities.finish(where_of(request), slug, state, code, signed_in)
        response = RedirectResponse(returned.next, 302)
        if returned.outcome is None and caller is not None:  # linked: one more way to sign in
            await rotate(request, response, caller, change="identity provider linked")
        if isinstance(returned.outcome, SecondFactorNeeded):
            ticket = quote(returned.outcome.ticket, safe="")
            response = RedirectResponse(f"/sign-in?next={quote(returned.next)}#second-factor={ticket}", 302)
        elif returned.outcome is not None:
            await entered(request, response, returned.outcome)
    except ModelportError as error:
        response = RedirectResponse(f"/sign-in?error={_reason(error)}", 302)
    response.delete_cookie(_state_cookie(request), path="/", httponly=True, secure=is_https(request), samesite="lax")
    return response


def _reason(error: ModelportError) -> str:
    """A word for the web app, which has a sentence for it: what stands in an address anybody may have written."""
    return next((word for kind, word in _REASONS.items() if isinstance(error, kind)), "failed")


async def _signed_in(request: Request, services: Services) -> Principal | None:
    """Who is signed in in this browser already: then an identity may be linked, and it is they who do it."""
    token = request.cookies.get(cookie_name(request))
    if token is None:
        return None
    try:
        found = await services.sessions.find(token)
    except ModelportError:
        return None
    caller = request.state.principal = person_of(found)
    return caller


@router.get("/me/identities", summary="Linked identity providers")
async def read_identities(request: Request, caller: Me) -> IdentityList:
    """Oldest first."""
    services: Services = request.app.state.services
    return IdentityList(
        data=[
            IdentityShown(provider=each.provider, email=each.email, created_at=when(each.created_at))
            for each in await services.identities.of_user(caller.user_id)
        ]
    )


@router.post("/me/identities/{slug}", summary="Begin to link an identity provider")
async def link(request: Request, response: Response, caller: Me, slug: str) -> LinkBegun:
    """Asks for a fresh proof; the browser then goes to the address."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    begun = await services.identities.begin(where_of(request), slug, "/settings", link=caller.user_id)
    _remember(request, response, begun.state)
    return LinkBegun(url=begun.url)


@router.delete("/me/identities/{slug}", status_code=204, summary="Unlink an identity provider")
async def unlink(request: Request, response: Response, caller: Me, slug: str) -> None:
    """It signs nobody in any more."""
    services: Services = request.app.state.services
    services.security.require_fresh(session_of(caller))
    await services.identities.unlink(caller.user_id, slug)
    await rotate(request, response, caller, change="identity provider unlinked")

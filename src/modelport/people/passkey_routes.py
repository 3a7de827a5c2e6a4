"""`/api/app/auth/passkey*`: signing in with a passkey."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response

from modelport.keys.access import public
from modelport.people.auth_routes import Entered, entered, from_our_pages
from modelport.people.caller import where_of
from modelport.people.security_routes import Answered, ChallengeShown, site_of

if TYPE_CHECKING:
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(
    prefix="/api/app/auth/passkey", tags=["Signing in"], dependencies=[Depends(public), Depends(from_our_pages)]
)


@router.post("/begin", summary="Begin to sign in with a passkey")
async def begin(request: Request) -> ChallengeShown:
    """Options for `navigator.credentials.get`."""
    services: Services = request.app.state.services
    await services.sign_in.count_challenge(where_of(request))
    made = await services.passkeys.begin(site_of(request))
    return ChallengeShown(ticket=made.ticket, options=json.loads(made.options))


@router.post("", summary="Sign in with a passkey")
async def with_passkey(request: Request, response: Response, body: Answered) -> Entered:
    """The authenticator has asked its owner, so this is two factors in one."""
    services: Services = request.app.state.services
    await services.sign_in.count_challenge(where_of(request))
    user_id = await services.passkeys.check(site_of(request), body.ticket, body.credential)
    outcome = await services.sign_in.enter(where_of(request), user_id, "passkey", proved_twice=True)
    return await entered(request, response, outcome)

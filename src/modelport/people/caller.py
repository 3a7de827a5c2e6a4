"""The browser at the other end: where it is, and the cookie that keeps it signed in."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from modelport.accounts.sign_in import SignedIn, Where
from modelport.credits.errors import KeyReused
from modelport.keys.access import Principal, cookie_name, is_https
from modelport.kit import clock
from modelport.kit.caller_address import caller_address, network_of
from modelport.kit.language import Language, choose
from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from fastapi import Request, Response

    from modelport.accounts.sessions import Found
    from modelport.people.services import Services

__all__ = [
    "address_of",
    "forget_session",
    "keep_session",
    "note_sign_in",
    "person_of",
    "put_aside",
    "take_back",
    "welcome",
    "where_of",
]


def address_of(request: Request) -> str:
    """The caller's address, behind the proxies that the operator trusts."""
    peer = request.client.host if request.client else ""
    trusted = request.app.state.services.settings.trusted_proxies
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
    return caller_address(peer, forwarded, trusted)


def where_of(request: Request, language: Language | None = None) -> Where:
    """From where a request comes, and in which language its sender is answered."""
    spoken = language or choose(None, request.headers.get("accept-language"))
    return Where(address_of(request), request.headers.get("user-agent"), spoken)


def person_of(found: Found) -> Principal:
    """Who is signed in, for a route that looks for the session itself; nobody is an operator there."""
    assert found.role is not None, "`find` refuses who is no member"
    return Principal(found.session.user_id, found.account_id, found.role, None, found.session, is_operator=False)


def keep_session(request: Request, response: Response, token: str) -> None:
    """Gives the browser its session: for this host only, out of reach of scripts, not sent along by other sites."""
    days: int = request.app.state.services.settings.session_days
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=days * 86_400,
        path="/",
        httponly=True,
        secure=is_https(request),
        samesite="lax",
    )


def forget_session(request: Request, response: Response) -> None:
    """Takes the cookie away."""
    response.delete_cookie(cookie_name(request), path="/", httponly=True, secure=is_https(request), samesite="lax")


def put_aside(request: Request, response: Response) -> None:
    """Keeps the session of an operator who is about to look in as somebody else, so that they come back to it."""
    token = request.cookies.get(cookie_name(request))
    if token is not None:
        secure = is_https(request)
        response.set_cookie(
            _aside(request), token, max_age=3600, path="/", httponly=True, secure=secure, samesite="lax"
        )


def take_back(request: Request, response: Response) -> None:
    """Gives the browser the session that was put aside; none where there was none."""
    token = request.cookies.get(_aside(request))
    if token is None:
        forget_session(request, response)
        return
    keep_session(request, response, token)
    response.delete_cookie(_aside(request), path="/", httponly=True, secure=is_https(request), samesite="lax")


def _aside(request: Request) -> str:
    return f"{cookie_name(request)}-own"


async def note_sign_in(services: Services, signed_in: SignedIn) -> None:
    """Tells a person of a browser, or a place, that they never signed in from before."""
    session = signed_in.session
    place = network_of(session.address or "")
    subject = services.accounts.blind(f"{signed_in.user_id}/{session.user_agent}/{place}")
    if signed_in.is_new or session.method == "setup":
        await services.notices.remember(signed_in.account_id, "new_sign_in", subject)
        return
    await services.notices.send(
        signed_in.account_id,
        "new_sign_in",
        subject=subject,
        user_id=signed_in.user_id,
        time=clock.now().strftime("%Y-%m-%d %H:%M UTC"),
        address=session.address,
        browser=session.user_agent,
    )


async def welcome(services: Services, signed_in: SignedIn) -> None:
    """What a new account is given, once for each mailbox, whatever comes in between."""
    bonus = parse_usd(services.settings.sign_up_bonus)
    if signed_in.is_new and bonus > 0:
        once = f"sign-up:{services.accounts.fingerprint(signed_in.email)}"
        with contextlib.suppress(KeyReused):  # another account of the same mailbox has had it
            await services.credits.grant(signed_in.account_id, bonus, reference="sign-up bonus", idempotency_key=once)

"""`/auth`: the page on which somebody agrees to give an app a key; and the form that says so.

A form can't send our pages' own header, so it carries a token made of the session and of what was asked for.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from modelport.accounts.errors import NotSignedIn
from modelport.errors import BadRequest, ModelportError, TooLarge
from modelport.keys.access import LOOK_ONLY, Permission, cookie_name, public
from modelport.keys.codes import Wish, check_callback, check_challenge
from modelport.keys.errors import NotAllowed, SentFromElsewhere
from modelport.kit.language import Language, choose
from modelport.kit.money import parse_usd
from modelport.people import consent, pages
from modelport.people.caller import person_of

if TYPE_CHECKING:
    from modelport.accounts.sessions import Found
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])
_BODY_MOST: Final = 16 * 1024
_RESETS: Final = {"", "daily", "weekly", "monthly"}
_NAMES: Final = ("callback_url", "code_challenge", "code_challenge_method", "key_label", "limit", "usage_limit_type")


def _language(request: Request) -> Language:
    return choose(request.query_params.get("lang"), request.headers.get("accept-language"))


async def _found(request: Request) -> Found:
    """Who is signed in.

    Raises `NotSignedIn` or `AccountSuspended`.
    """
    token = request.cookies.get(cookie_name(request))
    if token is None:
        raise NotSignedIn("You are not signed in.")
    services: Services = request.app.state.services
    return await services.sessions.find(token)


def _asked(request: Request) -> dict[str, str]:
    """What the app asks for, checked.

    Raises `BadCallback`, `BadChallengeMethod`, `BadRequest`.
    """
    asked = {name: request.query_params.get(name, "") for name in _NAMES}
    if asked["callback_url"]:
        check_callback(asked["callback_url"])
    elif not asked["code_challenge"]:
        raise BadRequest("Without a callback_url there must be a code_challenge.")
    check_challenge(asked["code_challenge"] or None, asked["code_challenge_method"] or None)
    if any(len(value) > 2000 for value in asked.values()):
        raise BadRequest("What is asked for is too long.")
    if asked["usage_limit_type"] not in _RESETS:
        raise BadRequest("The usage_limit_type must be daily, weekly or monthly.")
    _limit(asked["limit"])
    return asked


def _limit(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        amount = parse_usd(text.strip())
    except ValueError as error:
        raise BadRequest("The limit must be a number of dollars.") from error
    if amount < 0:
        raise BadRequest("The limit must not be negative.")
    return amount


def _token(services: Services, found: Found, query: str) -> str:
    return services.accounts.blind(f"consent/{found.session.id}/{found.account_id}/{query}")


@router.get("/auth")
async def show(request: Request) -> Response:
    """The form, or the way to sign in first."""
    services: Services = request.app.state.services
    language = _language(request)
    try:
        asked = _asked(request)
    except ModelportError as error:
        return HTMLResponse(consent.refused_page(language, error.message), error.code, pages.HEADERS)
    try:
        found = await _found(request)
    except NotSignedIn:
        here = quote(f"/auth?{request.url.query}", safe="")
        return RedirectResponse(f"/sign-in?next={here}", 302, {"cache-control": "no-store"})
    query = urlencode({name: value for name, value in asked.items() if value})
    person = await services.accounts.person(found.session.user_id)
    account = next((each.name for each in person.accounts if each.account_id == found.account_id), person.email)
    shown = consent.Asked(
        app=urlsplit(asked["callback_url"]).netloc,
        callback_url=asked["callback_url"],
        email=found.email,
        account=account,
        key_label=asked["key_label"][:100] or urlsplit(asked["callback_url"]).netloc[:100],
        limit=asked["limit"],
        limit_reset=asked["usage_limit_type"],
        token=_token(services, found, query),
        query=query,
    )
    callback = asked["callback_url"]
    back = _with(callback, error="access_denied") if callback else None
    return HTMLResponse(consent.consent_page(language, shown, back), 200, consent.headers_for(callback))


@router.post("/auth")
async def agree(request: Request) -> Response:
    """Takes the form: back to the app with a code, or the code on a page."""
    services: Services = request.app.state.services
    language = _language(request)
    try:
        asked = _asked(request)
        found = await _found(request)
        form = await _form(request)
        query = urlencode({name: value for name, value in asked.items() if value})
        wanted = _token(services, found, query)
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site != "same-origin" or not hmac.compare_digest(wanted.encode(), form.get("token", "").encode()):
            raise SentFromElsewhere("The form was not sent from this page. Open it again.")
        caller = person_of(found)
        if caller.looks_in:
            raise NotAllowed(LOOK_ONLY)
        caller.require(Permission.AUTH_CODES)
        caller.require(Permission.KEYS_WRITE)
        request.state.principal = caller
        if form.get("limit_reset", "") not in _RESETS:
            raise BadRequest("The limit starts anew daily, weekly, monthly, or never.")
        challenge = asked["code_challenge"] or None
        wish = Wish(
            callback_url=asked["callback_url"] or None,
            challenge=challenge,
            method=check_challenge(challenge, asked["code_challenge_method"] or None),
            key_label=form.get("key_label", "")[:100].strip() or None,
            limit=_limit(form.get("limit", "")),
            limit_reset=form.get("limit_reset") or None,
        )
        issued = await services.codes.issue(found.account_id, found.session.user_id, wish)
    except ModelportError as error:
        return HTMLResponse(consent.refused_page(language, error.message), error.code, pages.HEADERS)
    if wish.callback_url is None:
        return HTMLResponse(consent.code_page(language, issued.code), 200, consent.headers_for(""))
    return RedirectResponse(_with(wish.callback_url, code=issued.code), 303, {"cache-control": "no-store"})


def _with(url: str, **parameters: str) -> str:
    parts = urlsplit(url)
    joined = "&".join(each for each in (parts.query, urlencode(parameters)) if each)
    return parts._replace(query=joined).geturl()


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    try:
        async with asyncio.timeout(20):
            async for part in request.stream():
                body += part
                if len(body) > _BODY_MOST:
                    raise TooLarge("The form is too large.")
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
    except (TimeoutError, ValueError) as error:
        raise BadRequest("The form can't be read.") from error
    return {name: values[0] for name, values in fields.items()}

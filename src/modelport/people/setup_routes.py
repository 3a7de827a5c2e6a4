"""The pages for people, mounted at the root: the landing page and the first administrator's one-shot link.

Small and without script, so that they work where the web app is not built; where it is, it takes over after the form.
What a page says is in `words.py`.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.requests import ClientDisconnect

from modelport.accounts.errors import BadEmail, EmailTaken, SetupLinkSpent, WeakPassword
from modelport.accounts.service import Accounts, normal_email
from modelport.accounts.sign_in import SignedIn
from modelport.errors import BadRequest, ModelportError, Timeout, TooLarge, Unavailable
from modelport.keys.access import public
from modelport.kit.language import Language, choose
from modelport.people import pages
from modelport.people.caller import keep_session, where_of

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

_BODY_LIMIT: Final = 16 * 1024
_BODY_SECONDS: Final = 20.0
_FORM: Final = "application/x-www-form-urlencoded"
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PRIVATE: Final = {"cache-control": "no-store"}


class _PasswordsDiffer(BadRequest):
    """What was typed twice is not the same."""


class _Unreadable(BadRequest):
    """The body is no form."""


_FAULTS: Final[tuple[tuple[type[ModelportError], str], ...]] = (
    (BadEmail, "bad_email"),
    (WeakPassword, "weak_password"),
    (_PasswordsDiffer, "passwords_differ"),
    (EmailTaken, "email_taken"),
    (_Unreadable, "unreadable"),
    (Unavailable, "unavailable"),
)
"""Faults after which the form is shown again, with the text that says why."""

_NOTICES: Final[tuple[tuple[type[ModelportError], pages.Notice], ...]] = (
    (SetupLinkSpent, "spent"),
    (TooLarge, "large"),
    (Timeout, "slow"),
    (Unavailable, "down"),
)
"""Faults that have a page of their own."""


def the_accounts(request: Request) -> Accounts:
    """The server's accounts."""
    return request.app.state.services.accounts


def the_language(request: Request) -> Language:
    """The language this reader gets."""
    return choose(request.query_params.get("lang"), request.headers.get("accept-language"))


TheAccounts = Annotated[Accounts, Depends(the_accounts)]
TheLanguage = Annotated[Language, Depends(the_language)]


@router.api_route("/", methods=["GET", "HEAD"])
async def landing(request: Request, language: TheLanguage) -> Response:
    """What this server is and how to use it."""
    return _html(pages.landing(language, _base_url(request)), headers={"cache-control": "no-cache"})


@router.get("/setup/{token}")
async def show_setup(token: str, accounts: TheAccounts, language: TheLanguage) -> Response:
    """The form behind the first administrator's link; looking at it does not use the link up."""
    try:
        await accounts.setup_user(token)
    except ModelportError as error:
        return _refusal(language, error)
    return _html(pages.setup_form(language), headers=_PRIVATE)


@router.post("/setup/{token}")
async def finish_setup(request: Request, token: str, accounts: TheAccounts, language: TheLanguage) -> Response:
    """Takes the form; the link is closed only when everything in it is good."""
    if _from_elsewhere(request):
        return _html(pages.notice(language, "cross"), 403, _PRIVATE)
    email = ""
    try:
        form = await _read_form(request)
        email, password = form.get("email", ""), form.get("password", "")
        # Before anything costs: a password is hashed only for someone with an open link.
        await accounts.setup_user(token)
        if password != form.get("again", ""):
            raise _PasswordsDiffer("The two passwords are not the same.")
        user_id = await accounts.finish_setup(token, email, password)
    except ModelportError as error:
        fault = next((text for kind, text in _FAULTS if isinstance(error, kind)), None)
        if fault is None:
            return _refusal(language, error)
        return _html(pages.setup_form(language, email=email, fault=fault), error.code, _PRIVATE)
    outcome = await request.app.state.services.sign_in.enter(where_of(request, language), user_id, "setup")
    signed_in = isinstance(outcome, SignedIn)
    if signed_in and getattr(request.app.state, "has_web_app", False):
        # The web app goes on from here: a first answer, a first key, a first provider.
        done: Response = RedirectResponse("/welcome", 303, {**pages.HEADERS, **_PRIVATE})
    else:
        done = _html(pages.setup_done(language, normal_email(email), _base_url(request)), headers=_PRIVATE)
    if signed_in:
        keep_session(request, done, outcome.token)
    return done


async def _read_form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Unreadable(f"Send the form as `{_FORM}`.")
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > _BODY_LIMIT:
                    raise TooLarge(f"The form is larger than {_BODY_LIMIT} bytes.")
        # Strict: a password that was changed in reading could never be typed again.
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
    except (TimeoutError, ClientDisconnect) as error:
        raise Timeout("The form did not arrive.") from error
    except ValueError as error:
        raise _Unreadable("The form can't be read.") from error
    return {name: values[0] for name, values in fields.items()}


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sent this.

    The unguessable address is what protects the form; this is a second lock. `Sec-Fetch-Site` can't be forged by
    a page and survives proxies, so it decides alone where it is sent. Browsers leave it out on plain HTTP. Then
    `Origin` decides, but `null` has to pass: that is what browsers send from our own form, because of its
    `no-referrer`.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return False
    sent_from = origin.lower().partition("://")[2]
    own = {request.headers.get("host", "").lower(), urlsplit(_public_url(request)).netloc.lower()}
    return not sent_from or sent_from not in own


def _base_url(request: Request) -> str:
    """What clients are given: the operator's public address, or the one this request came to."""
    public = _public_url(request)
    if public:
        return f"{public}/api/v1"
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        address, port = request.scope.get("server") or ("localhost", None)
        host = f"{address}:{port}" if port else str(address)
    return f"{request.scope['scheme']}://{host}/api/v1"


def _public_url(request: Request) -> str:
    settings: Settings = request.app.state.services.settings
    return (settings.public_url or "").rstrip("/")


def _refusal(language: Language, error: ModelportError) -> Response:
    for kind, name in _NOTICES:
        if isinstance(error, kind):
            return _html(pages.notice(language, name), error.code, _PRIVATE)
    raise error


def _html(page: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(page, status, {**pages.HEADERS, "vary": "accept-language", **(headers or {})})

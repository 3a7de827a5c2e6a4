"""Who calls the control plane, and may they? One declaration a route, the same for sessions and keys.

    @router.get("/keys")
    async def read_keys(caller: Annotated[Principal, Depends(allow(Permission.KEYS_READ))]) -> ...
    @router.get("/models", dependencies=[Depends(public)])

A test walks every route and fails on one that declares neither. What belongs to another account is looked for with
`caller.account_id` and so is not found (404); what the role does not allow is refused (403).

A browser's session comes as a cookie, which a browser sends along with requests that other sites cause. So a request
that changes something must show that a page of ours made it: see `refuse_foreign`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fastapi import Request

from modelport.accounts.roles import GRANTS, INFERENCE_KEY, MANAGEMENT_KEY, Permission, Role, is_write
from modelport.accounts.sessions import IMPERSONATION
from modelport.errors import ModelportError
from modelport.keys.errors import KeyRefused, NotAllowed, SentFromElsewhere, WrongKind
from modelport.kit.caller_address import caller_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.accounts.sessions import Session
    from modelport.keys.service import LiveKey
    from modelport.settings import Settings

__all__ = [
    "ACCOUNT_HEADER",
    "APP_HEADER",
    "LOOK_ONLY",
    "Allow",
    "Permission",
    "Principal",
    "Role",
    "allow",
    "cookie_for",
    "cookie_name",
    "https_is_used",
    "is_https",
    "known",
    "public",
    "refuse_foreign",
    "sent_from_elsewhere",
]

APP_HEADER: Final = "x-modelport-app"
"""Any value; our own pages send it with every request. Another site's page can't, without asking first."""
ACCOUNT_HEADER: Final = "x-modelport-account"
"""Which of their accounts a signed-in person means; the one they last looked at when it is missing."""
LOOK_ONLY: Final = "An operator who looks in as somebody else may look only."
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MANAGEMENT_ONLY: Final = "Only management keys can perform this operation"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, in which account and role, and with what: a key or a session."""

    user_id: str
    """The person signed in, or who made the key."""
    account_id: str
    role: Role
    key: LiveKey | None
    session: Session | None
    is_operator: bool
    """Runs this server. Never true of a key: a leaked one must not open the whole house."""

    @property
    def credential(self) -> str:
        """What they showed, as the audit log names it."""
        if self.key is not None:
            return f"key:{self.key.record.id}"
        assert self.session is not None, "one or the other"
        method = self.session.method
        return method if method.startswith(IMPERSONATION) else f"session:{self.session.id}"

    @property
    def looks_in(self) -> bool:
        """Whether this is an operator who looks in as somebody else."""
        return self.session is not None and self.session.method.startswith(IMPERSONATION)

    def may(self, permission: Permission) -> bool:
        """Whether the role and the kind of credential allow it."""
        return self._refusal(permission) is None

    def require(self, permission: Permission) -> None:
        """Raises `NotAllowed` or `WrongKind` unless it is allowed."""
        if (refusal := self._refusal(permission)) is not None:
            raise refusal

    def _refusal(self, permission: Permission) -> NotAllowed | WrongKind | None:
        if self.key is None:
            if permission is Permission.KEY_SELF:
                return WrongKind("This tells about an API key: send one as `Authorization: Bearer`.")
        elif self.key.record.kind == "management":
            if permission not in MANAGEMENT_KEY:
                return WrongKind("Management keys can't be used for this.")
        elif permission not in INFERENCE_KEY:
            return WrongKind(_MANAGEMENT_ONLY)
        if permission is Permission.OPERATE:
            return None if self.is_operator else NotAllowed("Only operators of this server may do this.")
        if permission not in GRANTS[self.role]:
            return NotAllowed(f"Your role in this account ({self.role.value}) does not allow this.")
        return None


class Allow:
    """A dependency that lets through who may do one thing, and gives the route its `Principal`."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        """Raises `KeyRefused`, `NotSignedIn`, `NotAllowed`, `WrongKind`, `SentFromElsewhere`."""
        principal = await _principal(request)
        principal.require(self.permission)
        writes = request.method not in _SAFE and is_write(self.permission)
        if principal.looks_in:
            _refuse_guest(self.permission, writes=writes)
        request.state.principal, request.state.writes = principal, writes
        return principal


def _refuse_guest(permission: Permission, *, writes: bool) -> None:
    """An operator who looks in as somebody else sees what they see, and does nothing in their name."""
    if writes or permission in {Permission.OPERATE, Permission.GENERATIONS_CONTENT}:
        raise NotAllowed(LOOK_ONLY)


_MADE: Final = {permission: Allow(permission) for permission in Permission}


def allow(permission: Permission) -> Allow:
    """What a route depends on: the caller, if they may do this."""
    return _MADE[permission]


async def known(request: Request) -> Principal | None:
    """Who calls a public route, where they show who they are; nobody, if that is not good."""
    if "authorization" not in request.headers and cookie_name(request) not in request.cookies:
        return None
    try:
        return await _principal(request)
    except ModelportError:
        return None


async def public() -> None:
    """What a route depends on that anybody may call, to say that this is meant."""


async def _principal(request: Request) -> Principal:
    services = request.app.state.services
    shown = request.headers.get("authorization")
    if shown is None:
        token = request.cookies.get(cookie_name(request))
        if token is None:
            raise KeyRefused("Missing Authentication header")
        refuse_foreign(request)
        found = await services.sessions.find(token, request.headers.get(ACCOUNT_HEADER))
        return Principal(
            found.session.user_id, found.account_id, found.role, None, found.session, is_operator=found.is_operator
        )
    scheme, _, text = shown.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise KeyRefused("Missing Authentication header")
    key: LiveKey = await services.keys.authenticate(text.strip())
    if key.record.bounds.addresses:
        peer = "" if request.client is None else request.client.host
        trusted = services.settings.trusted_proxies
        key.admit(caller_address(peer, request.headers.get("x-forwarded-for"), trusted))
    assert key.standing.role is not None, "`authenticate` refuses a key whose maker has left"
    return Principal(key.record.user_id, key.record.account_id, key.standing.role, key, None, is_operator=False)


def refuse_foreign(request: Request) -> None:
    """Raises `SentFromElsewhere` for a change that another site may have caused: see `sent_from_elsewhere`."""
    if request.method not in _SAFE and sent_from_elsewhere(request.headers, _public_url(request)):
        raise SentFromElsewhere(f"Not sent by a page of this server. Its own pages send the header `{APP_HEADER}`.")


def sent_from_elsewhere(headers: Mapping[str, str], public_url: str) -> bool:
    """Whether a page of another site may have caused a request.

    Three locks, for no single one is on every browser and behind every proxy: our pages' own header, which a foreign
    page may send only after a preflight that never allows cookies; `Sec-Fetch-Site`, which no page can forge; and
    `Origin` where that is missing. A fourth is the cookie itself (`SameSite=Lax`).
    """
    if APP_HEADER not in headers:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return False
    sent_from = origin.lower().partition("://")[2]
    own = {headers.get("host", "").lower(), urlsplit(public_url).netloc.lower()}
    return not sent_from or sent_from not in own


def is_https(request: Request) -> bool:
    """Whether people reach this server by HTTPS: told by the public address, else by this very connection."""
    return https_is_used(_public_url(request), request.url.scheme)


def https_is_used(public_url: str, scheme: str) -> bool:
    """The same from its parts."""
    return public_url.startswith("https://") if public_url else scheme == "https"


def cookie_name(request: Request) -> str:
    """What the session's cookie is called."""
    return cookie_for(https=is_https(request))


def cookie_for(*, https: bool) -> str:
    """The same from its parts. With `__Host-` a browser takes it over HTTPS and from this host only."""
    return "__Host-modelport" if https else "modelport"


def _public_url(request: Request) -> str:
    settings: Settings = request.app.state.services.settings
    return settings.public_url or ""

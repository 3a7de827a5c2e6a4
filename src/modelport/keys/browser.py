"""The key that stands for a signed-in person's own browser, so that their Chat page calls models as everybody does.

It has no text: nothing can leak it, and nobody can show it. What was spent in Chat is that key's spending. All guests,
where the operator lets them in, share one of their own.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import Request

from modelport.accounts.sessions import IMPERSONATION
from modelport.keys.access import ACCOUNT_HEADER, APP_HEADER, cookie_name, refuse_foreign
from modelport.keys.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from modelport.accounts.service import Accounts
    from modelport.accounts.sessions import Sessions
    from modelport.keys.service import Keys, LiveKey
    from modelport.settings import Settings

    class Services(Protocol):
        """The part of the process's services that is used here."""

        @property
        def settings(self) -> Settings: ...
        @property
        def accounts(self) -> Accounts: ...
        @property
        def sessions(self) -> Sessions: ...
        @property
        def keys(self) -> Keys: ...


__all__ = ["browser_key", "guest_key"]


async def browser_key(services: Services, scope: MutableMapping[str, Any]) -> LiveKey | None:
    """Whoever is signed in with the session of this request, as a key; None when it carries no session.

    Raises `SentFromElsewhere` for what another site's page may have caused, and what `Sessions.find` raises.
    """
    request = _request(services, scope)
    token = request.cookies.get(cookie_name(request))
    if token is None:
        return None
    refuse_foreign(request)
    found = await services.sessions.find(token, request.headers.get(ACCOUNT_HEADER))
    if found.session.method.startswith(IMPERSONATION):
        raise NotAllowed("An operator who looks in as somebody else may look only.")
    return await services.keys.of_browser(found.account_id, found.session.user_id)


async def guest_key(services: Services, scope: MutableMapping[str, Any]) -> LiveKey | None:
    """The key of everybody who is not signed in; None where the operator lets no guest in, or no page of ours asks.

    Raises `SentFromElsewhere` as `browser_key` does, and `KeyRefused` where the operator suspended the guests.
    """
    if not services.settings.guests_may_try:
        return None
    request = _request(services, scope)
    if APP_HEADER not in request.headers:
        return None
    refuse_foreign(request)
    guests = await services.accounts.guests()
    return await services.keys.of_browser(guests.account_id, guests.id)


def _request(services: Services, scope: MutableMapping[str, Any]) -> Request:
    # The chat path runs in front of the web framework: where its functions look for the services, there they are.
    return Request({**scope, "app": SimpleNamespace(state=SimpleNamespace(services=services))})

"""Writes every change down that a route of the control plane makes, in the transaction that makes it.

So there is no change without an entry and no entry without a change, whatever dies in between. Which rows change is
seen where statements run (`watching.py`); a route may name the subject, and say in people's words what was before and
is now (`noting.py`). What it says after the change is put beside the entry, which is there already.

A GET is watched like any other request: the way back from an identity provider signs people up, and a processor's
notice moves money.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import structlog
from starlette.requests import Request

from modelport.audit import store
from modelport.audit.service import entry_of, is_secret
from modelport.audit.watching import watched
from modelport.db.riding import riding
from modelport.kit.caller_address import caller_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, MutableMapping
    from typing import Protocol

    from sqlalchemy import Connection

    from modelport.audit.noting import Noted
    from modelport.audit.service import Audit
    from modelport.audit.watching import Watched
    from modelport.settings import Settings

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Message, Receive, Send], Awaitable[None]]

    class Services(Protocol):
        """The part of the process's services that is used here."""

        @property
        def settings(self) -> Settings: ...
        @property
        def audit(self) -> Audit: ...


__all__ = ["Recorder"]

_log = structlog.get_logger(__name__)


class Recorder:
    """ASGI middleware of the control plane."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves one request, and records what it changes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scribe = _Scribe(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await scribe.finish()
            await send(message)

        token = riding.set(scribe.ride)
        try:
            await self._app(scope, receive, sending)
        finally:
            scribe.over = True  # a task that this request began may go on, and no longer speaks for it
            riding.reset(token)


class _Scribe:
    """Writes one request's changes down."""

    def __init__(self, scope: Message) -> None:
        self._scope = scope
        self._written: list[store.Written] = []
        self._told: Noted | None = None
        """What the route said, as far as an entry has it."""
        self.over = False

    @contextlib.contextmanager
    def ride(self, connection: Connection) -> Generator[None]:
        """Around the work of one transaction; what that raises rolls the entry back with the change."""
        if self.over:
            yield
            return
        with watched(connection) as rows:
            yield
        noted = self._noted
        fresh = noted if noted is not self._told else None
        if rows.touched or (fresh is not None and fresh.tells):
            self._written.append(store.add(connection, self._entry(noted, rows, told=fresh is not None)))
            self._told = noted

    async def finish(self) -> None:
        """What is left to be said when the change is answered for: a route's words about an entry that is there; or an
        entry of a request that was let through to change something and changed nothing here, such as a trial call.
        """
        noted = self._noted
        late = noted if noted is not self._told else None
        if late is None and (self._written or not self._state.get("writes")):
            return
        services: Services = self._scope["app"].state.services
        try:
            await services.audit.say(self._written, late, self._entry(noted, None, told=True))
        except Exception:  # noqa: BLE001 (the change is on record, and its answer must go out)
            _log.exception("audit.untold", action=self._action)

    @property
    def _state(self) -> dict[str, Any]:
        return self._scope.get("state", {})

    @property
    def _noted(self) -> Noted | None:
        return self._state.get("audit")

    @property
    def _action(self) -> str:
        path = self._scope["path"].removeprefix("/api")
        for name, value in self._scope.get("path_params", {}).items():
            path = path.replace(f"/{value}", f"/{{{name}}}", 1)
        return f"{self._scope['method']} {path}"

    def _entry(self, noted: Noted | None, rows: Watched | None, *, told: bool) -> dict[str, Any]:
        caller = self._state.get("principal")
        request = Request(self._scope)
        services: Services = self._scope["app"].state.services
        peer = request.client.host if request.client else ""
        forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
        before: Any = rows.before or None if rows else None
        after: Any = rows.after or None if rows else None
        if noted is not None and told and noted.tells:
            before, after = noted.before, noted.after
        named = "/".join(
            str(value) for name, value in self._scope.get("path_params", {}).items() if not is_secret(name)
        )
        return entry_of(
            caller,
            self._action,
            (noted.subject if noted else None) or named or (rows.first_id if rows else None),
            before,
            after,
            account_id=(noted.account_id if noted else None) or (rows.account_id if rows else None),
            address=caller_address(peer, forwarded, services.settings.trusted_proxies),
            user_agent=request.headers.get("user-agent"),
        )

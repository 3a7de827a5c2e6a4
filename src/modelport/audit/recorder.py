"""Writes every change down that a route of the control plane made, just before its answer goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from starlette.requests import Request

from modelport.kit.caller_address import caller_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Protocol

    from modelport.audit.noting import Noted
    from modelport.audit.service import Audit
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
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Recorder:
    """ASGI middleware of the control plane."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves one request, and records what it changed."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await _record(scope)
            await send(message)

        await self._app(scope, receive, sending)


async def _record(scope: Message) -> None:
    request = Request(scope)
    state: dict[str, Any] = scope.get("state", {})
    noted: Noted | None = state.get("audit")
    caller = state.get("principal") if state.get("writes") else None
    if caller is None and noted is None:
        return
    services: Services = scope["app"].state.services
    ids: dict[str, Any] = scope.get("path_params", {})
    path = scope["path"].removeprefix("/api")
    for name, value in ids.items():
        path = path.replace(f"/{value}", f"/{{{name}}}", 1)
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
    try:
        await services.audit.record(
            caller,
            f"{scope['method']} {path}",
            (noted.subject if noted else None) or "/".join(map(str, ids.values())) or None,
            noted.before if noted else None,
            noted.after if noted else None,
            account_id=noted.account_id if noted else None,
            address=caller_address(peer, forwarded, services.settings.trusted_proxies),
            user_agent=request.headers.get("user-agent"),
        )
    except Exception:  # noqa: BLE001 (the change is made: its answer must go out)
        _log.exception("audit.lost", action=f"{scope['method']} {path}")

"""From URL to operation: plain ASGI in front of the web framework, so that inference pays for no routing.

Everything that is not an inference route goes on to the control plane. Browser clients are let in from anywhere:
callers are known by their API key, never by a cookie, so an answer to any origin gives nothing away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.dialects.openai_chat.errors import write_error
from modelport.errors import MethodNotAllowed
from modelport.gateway import explained
from modelport.gateway.doors import Door, Planning, find
from modelport.gateway.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from modelport.gateway.exchange import Message, Receive, Scope, Send
    from modelport.gateway.serve import Chat

    Control = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Gateway"]

_OPEN = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", (b"X-Generation-Id,X-Provider-Name,Retry-After,X-RateLimit-Limit,"
     b"X-RateLimit-Remaining,X-RateLimit-Reset,X-RateLimit-Limit-Tokens,X-RateLimit-Remaining-Tokens,"
     b"X-RateLimit-Reset-Tokens,X-Modelport-Quota-Limit,X-Modelport-Quota-Remaining,X-Provider,X-Model,X-Attempt,X-Cost,Server-Timing,"
     b"Sunset,X-Modelport-Model-Renamed,"
     b"X-OpenRouter-Cache-Status,X-OpenRouter-Cache-Age,X-OpenRouter-Cache-TTL,X-OpenRouter-Cache-Source-Id")),
)  # fmt: skip
_HEADERS = list(_OPEN)


class Gateway:
    """The ASGI application."""

    def __init__(self, chat: Chat, control: Control) -> None:
        self._chat = chat
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection's request, or hands it on."""
        if scope["type"] != "http":
            await self._control(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        found = find(path, scope["query_string"])
        if found is not None and method == "POST":
            behind, address = found
            exchange = Exchange(scope, receive, send)
            if isinstance(behind, Door):
                await self._chat.serve(exchange, behind, address, _HEADERS)
            elif isinstance(behind, Planning):
                await self._chat.plan(exchange, behind.door, _HEADERS)
            else:
                await self._chat.count_tokens(exchange, behind, address, _HEADERS)
        elif method == "OPTIONS":
            await _preflight(scope, send)
        elif found is not None:
            await _only_post(Exchange(scope, receive, send))
        else:
            await self._control(scope, receive, _with_open_headers(send))


async def _preflight(scope: Scope, send: Send) -> None:
    asked = dict(scope["headers"]).get(b"access-control-request-headers", b"authorization, content-type")
    headers = [
        *_OPEN,
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
        # Clients send headers of their own by the dozen (x-stainless-*, ...): what was asked for is allowed.
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"access-control-request-headers"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _only_post(exchange: Exchange) -> None:
    error = MethodNotAllowed("Use POST here.")
    told = [*_OPEN, *explained.headers((), explained.Timings()), (b"allow", b"POST")]
    await exchange.answer(405, [*told, (b"content-type", b"application/json")], write_error(error))


def _with_open_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_OPEN]
        await send(message)

    return sending

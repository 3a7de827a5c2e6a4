"""The floor of our stack: uvicorn in front, aiohttp behind, bytes in between, and nothing else.

Tuned as the gateway is. What the gateway costs above this is what its features cost.
"""

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import uvicorn
from multidict import CIMultiDict
from yarl import URL

# ASGI's messages are loose by nature: string keys, values of many types.
_Message = dict[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class RawProxy:
    """An ASGI app that hands every POST to one upstream address."""

    def __init__(self, upstream: str) -> None:
        self._url = URL(upstream)
        self._headers = CIMultiDict({"Content-Type": "application/json", "Authorization": "Bearer mock-key"})
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["method"] == "POST":
            await self._relay(receive, send)
        else:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def _lifespan(self, receive: _Receive, send: _Send) -> None:
        await receive()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60),
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._session.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _relay(self, receive: _Receive, send: _Send) -> None:
        assert self._session is not None
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        async with self._session.post(self._url, data=body, headers=self._headers) as answer:
            kind = answer.headers.get("Content-Type", "application/json")
            headers = [(b"content-type", kind.encode())]
            if answer.content_length is not None:
                headers.append((b"content-length", str(answer.content_length).encode()))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            if answer.content_length is not None:
                await send({"type": "http.response.body", "body": await answer.read()})
                return
            async for data in answer.content.iter_any():
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m bench.raw_proxy", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    args = parser.parse_args()
    uvicorn.run(
        RawProxy(args.upstream),
        host="127.0.0.1",
        port=args.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()

"""The web app in front of the control plane: its files, and its one document for every address of a page.

What the control plane answers to stays its own, so an address the app also knows never hides an API route. Without
a build nothing is served from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Match

from modelport.web.headers import IMMUTABLE, PAGE, REVALIDATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from modelport.web.files import File

__all__ = ["Site"]

_API: Final = ("/api/", "/v1/")
_DOCUMENT: Final = "/index.html"
_REPLACED: Final = frozenset({"/"})
"""Addresses of the control plane's own plain pages that the app takes over when it is there."""


class Site:
    """The ASGI application: the app's files and pages, and the control plane behind them."""

    def __init__(self, control: FastAPI, files: Mapping[str, File]) -> None:
        self._control = control
        self._files = files
        # Pages of the control plane lead into the app where there is one.
        control.state.has_web_app = bool(files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a file or a page, or hands the request on."""
        found = self._find(scope)
        if found is None:
            await self._control(scope, receive, send)
        else:
            await _answer(scope, send, *found)

    def _find(self, scope: Scope) -> tuple[File, tuple[tuple[bytes, bytes], ...]] | None:
        if not self._files or scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return None
        path: str = scope["path"]
        if path.startswith(_API):
            return None
        if path != _DOCUMENT and (file := self._files.get(path)) is not None:
            return file, IMMUTABLE if path.startswith("/assets/") else REVALIDATED
        if path not in _REPLACED and (not _wants_page(scope) or path.startswith("/assets/") or self._routed(scope)):
            return None
        return self._files[_DOCUMENT], PAGE

    def _routed(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is not Match.NONE for route in self._control.router.routes)


def _header(scope: Scope, name: bytes) -> bytes:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return next((value for key, value in headers if key == name), b"")


def _wants_page(scope: Scope) -> bool:
    """Whether a browser is opening an address, rather than a program fetching something."""
    return b"text/html" in _header(scope, b"accept")


async def _answer(scope: Scope, send: Send, file: File, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    encoding, content = file.best(_header(scope, b"accept-encoding"))
    # Each form of the file has a tag of its own: a cache must not mix them.
    etag = file.etag if encoding is None else file.etag[:-1] + b"-" + encoding + b'"'
    sent = [*headers, (b"etag", etag), (b"vary", b"accept-encoding")]
    if etag in {each.strip().removeprefix(b"W/") for each in _header(scope, b"if-none-match").split(b",")}:
        await _send(send, 304, sent, b"")
        return
    sent += [(b"content-type", file.media_type), (b"content-length", str(len(content)).encode())]
    if encoding is not None:
        sent.append((b"content-encoding", encoding))
    await _send(send, 200, sent, b"" if scope["method"] == "HEAD" else content)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})

"""Somebody's server that traces are delivered to: keeps what came, answers as it is told."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Got", "Receiver"]


@dataclass
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def spans(self) -> list[dict[str, Any]]:
        """The spans of an OTLP request, with their attributes by name."""
        scopes = [scope for resource in self.json["resourceSpans"] for scope in resource["scopeSpans"]]
        return [_named(span) for scope in scopes for span in scope["spans"]]


def _named(span: dict[str, Any]) -> dict[str, Any]:
    return {**span, "attributes": {each["key"]: _plain(each["value"]) for each in span["attributes"]}}


def _plain(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    if kind == "arrayValue":
        return [_plain(each) for each in inner["values"]]
    return int(inner) if kind == "intValue" else inner


class Receiver:
    """The server."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.status = 200
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def serving(self) -> Generator[Receiver]:
        """Answers while the block runs."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(self.command, self.path, headers, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            do_POST = do_PUT = _take  # noqa: N815 (the names they have there)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has there)
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

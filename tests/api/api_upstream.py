"""A provider that answers with the bytes it was handed, piece by piece, and keeps what it was asked.

For answers that the scripted provider has no words for: recorded ones, and streams that break in ways of their own.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from api_harness import Harness

__all__ = ["Played", "Upstream", "played", "serve_models"]

SSE = "text/event-stream"


@dataclass
class Played:
    """An answer: its pieces are sent one by one."""

    pieces: list[bytes]
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    ending: str = "whole"
    """`whole`; `reset` the connection; `stall` until the caller of it has gone; `short` of a chunk."""


def played(body: bytes | dict[str, Any], content_type: str = "application/json", status: int = 200) -> Played:
    """An answer in one piece."""
    return Played([json.dumps(body).encode() if isinstance(body, dict) else body], content_type, status)


@dataclass
class Asked:
    """One request the provider got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Upstream:
    """The provider: `answers` are given in their order, `asked` is what came."""

    def __init__(self) -> None:
        self.answers: deque[Played] = deque()
        self.asked: list[Asked] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def expect(self, *answers: Played) -> None:
        """Forgets what was, and answers so from now on; the last answer is given again and again."""
        self.answers, self.asked = deque(answers), []

    def next(self) -> Played:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    @contextlib.contextmanager
    def serving(self) -> Generator[Upstream]:
        """Answers while the block runs."""
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                upstream.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                with contextlib.suppress(ConnectionError):
                    _answer(self, upstream.next())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has there)
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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


def _answer(handler: BaseHTTPRequestHandler, answer: Played) -> None:
    handler.send_response(answer.status)
    handler.send_header("content-type", answer.content_type)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if len(answer.pieces) == 1 and answer.ending == "whole":
        handler.send_header("content-length", str(len(answer.pieces[0])))
        handler.end_headers()
        handler.wfile.write(answer.pieces[0])
        return
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for piece in answer.pieces:
        if piece:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            handler.wfile.flush()
    match answer.ending:
        case "whole":
            handler.wfile.write(b"0\r\n\r\n")
        case "stall":
            with contextlib.suppress(OSError):
                handler.connection.settimeout(20)
                handler.connection.recv(1)
            handler.close_connection = True
        case "short":
            handler.wfile.write(b"ff\r\ndata: ")
            handler.close_connection = True
        case _:
            # Closing with this set sends a reset in place of an orderly end.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            handler.close_connection = True


def serve_models(harness: Harness, prefix: str, rows: Iterable[tuple[str, dict[str, Any], dict[str, Any]]]) -> None:
    """Puts models into the catalogue: a name, what its provider and what the model is beside the usual."""
    providers: list[dict[str, Any]] = []
    models: list[dict[str, Any]] = []
    for name, provider, model in rows:
        slug = f"{prefix}-{name}".replace("_", "-")
        patient = {"connect": 5, "first_byte": 30, "idle": 30, "total": 60}
        providers.append({"slug": slug, "name": slug.title(), "api_key": "up-key", "timeouts": patient, **provider})
        endpoint = {
            "provider": slug,
            "upstream_model": "up",
            "pricing": {"prompt": "0.000001", "completion": "0.000002"},
            **model.pop("endpoint", {}),
        }
        card = {"id": f"{prefix}/{name}", "name": name, "context_length": 200_000, "endpoints": [endpoint]}
        models.append({**card, **model})
    document = {"providers": providers, "models": models}
    harness.call(harness.services.catalog.apply(Document.model_validate(document)))

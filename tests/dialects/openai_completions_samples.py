"""Recorded exchanges of text completions, read where they lie beside the repository, and a server to answer clients."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import Charged, Identity, Usage
from modelport.upstream.sse import Reader as Events

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
ID = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
CHARGED = Charged(Usage(prompt_tokens=100, completion_tokens=20, cached_tokens=30), 5_000, 3_000, 2_000)


class Recorded(NamedTuple):
    """One recorded exchange."""

    id: str
    request: bytes | None
    status: int
    stream: bool
    body: bytes


def recorded(provider: str) -> Iterator[Recorded]:
    """The provider's exchanges with this dialect's address."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if "/completions" not in line:
                continue
            one: dict[str, Any] = json.loads(line)
            if not one["url"].endswith("/v1/completions"):
                continue
            request = json.dumps(one["request_body"]).encode() if one["request_body"] is not None else None
            yield Recorded(one["id"], request, one["status"], bool(one["stream"]), one["response_body"].encode())


def events_of(body: bytes, cut: int = 0) -> list[tuple[bytes, bytes]]:
    """The names and data of a stream's events, as it comes in pieces of `cut` bytes."""
    reader = Events(2**24)
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)] if cut else [body]
    read = [event for piece in pieces for event in reader.feed(piece)]
    return [(event.event, event.data) for event in [*read, *reader.finish()]]


@contextlib.contextmanager
def served(answer: Callable[[str, bytes], tuple[int, bytes, str]]) -> Generator[str]:
    """A server on this machine: `answer` is given path and body, and gives status, body and content type."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, content, kind = answer(self.path, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has there)
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

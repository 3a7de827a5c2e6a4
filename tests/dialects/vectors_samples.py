"""Recorded exchanges of embeddings and rerank, read where they lie beside the repository; what tests of them share."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import Charged, Identity, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
ID = Identity("gen-emb-1", "maker/model", "Maker", 1_750_000_000)
CHARGED = Charged(Usage(prompt_tokens=100), 5_000, 5_000, 0)

ENDPOINTS = ("embeddings", "embed", "rerank", "batchEmbedContents", "embedContent", "predict")


class Recorded(NamedTuple):
    """One recorded exchange."""

    id: str
    endpoint: str
    url: str
    request: bytes | None
    status: int
    body: bytes


def recorded(provider: str) -> Iterator[Recorded]:
    """The provider's exchanges with numbers for answers."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if not any(f'"endpoint": "{endpoint}"' in line or endpoint in line for endpoint in ENDPOINTS):
                continue
            one: dict[str, Any] = json.loads(line)
            if one["endpoint"] not in ENDPOINTS or one.get("response_elided"):
                continue
            request = json.dumps(one["request_body"]).encode() if one["request_body"] is not None else None
            body = (one["response_body"] or "").encode()
            yield Recorded(one["id"], one["endpoint"], one["url"], request, one["status"], body)


@contextlib.contextmanager
def served(answer: Callable[[str, bytes], tuple[int, bytes]]) -> Generator[str]:
    """A server on this machine: `answer` is given path and body, and gives status and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
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

"""Recorded exchanges of Cohere's chat, read where they lie beside the repository."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import Charged, Identity, Usage
from modelport.upstream.sse import Reader as Events

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
ID = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
CHARGED = Charged(Usage(100, 20, 30, reasoning_tokens=8, prompt_image_tokens=40), 5, 3, 2)


class Recorded(NamedTuple):
    """One recorded exchange."""

    id: str
    request: bytes | None
    status: int
    stream: bool
    body: str


def has_recordings() -> bool:
    """Whether recordings of this dialect are there."""
    return (TRAFFIC / "cohere.jsonl.gz").exists()


def recorded(version: str = "v2") -> Iterator[Recorded]:
    """The exchanges with the chat endpoint of a version of the API."""
    with gzip.open(TRAFFIC / "cohere.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            one: dict[str, Any] = json.loads(line)
            if not one["url"].split("?")[0].endswith(f"/{version}/chat"):
                continue
            asked, answer = one["request_body"], one["response_body"]
            yield Recorded(
                one["id"],
                _text(asked).encode() if asked else None,
                one["status"],
                bool(one["stream"]),
                _text(answer),
            )


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def events_of(body: str | bytes, cut: int | None = None) -> list[tuple[bytes, bytes]]:
    """The names and data of a stream's events, however the bytes are cut."""
    raw = body.encode() if isinstance(body, str) else body
    reader, step = Events(2**24), cut or len(raw) or 1
    read = [event for at in range(0, len(raw), step) for event in reader.feed(raw[at : at + step])]
    return [(event.event, event.data) for event in [*read, *reader.finish()]]

"""Recorded exchanges of Amazon Bedrock's Converse, read where they lie beside the repository."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from modelport.dialects.canonical import Charged, Identity, Usage
from modelport.kit.eventstream import encode
from modelport.upstream.eventstream import Reader as Events

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
ID = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
CHARGED = Charged(
    Usage(
        prompt_tokens=100, completion_tokens=20, cached_tokens=30, cache_write_tokens=10, cache_write_1h_tokens=4
    ),
    5,
    3,
    2,
)  # fmt: skip


class Recorded(NamedTuple):
    """One recorded exchange."""

    id: str
    model: str
    request: bytes | None
    """None where it was not recorded, or made up by those who recorded the answer."""
    status: int
    stream: bool
    body: bytes
    """The bytes as sent; for streams of which only the events were recorded, framed again."""
    framed_here: bool


def providers() -> list[str]:
    """Files of recordings that have any of this dialect; empty where they are not there."""
    names = ("bedrock", "pydantic-gateway")
    return [name for name in names if (TRAFFIC / f"{name}.jsonl.gz").exists() and next(recorded(name), None)]


def recorded(provider: str) -> Iterator[Recorded]:
    """The provider's exchanges with this dialect's addresses."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if "/converse" not in line:
                continue
            one: dict[str, Any] = json.loads(line)
            address = one["url"].split("?")[0]
            if not address.endswith(("/converse", "/converse-stream")):
                continue
            body = one["request_body"]
            whole = isinstance(body, dict) and "_text" not in body and not one.get("synthetic_request")
            raw = base64.b64decode(one.get("response_body_b64") or "")
            framed_here = not raw and bool(one["stream"]) and one["status"] == 200
            if not raw:
                raw = (one["response_body"] or "").encode()
            if framed_here:
                events = [json.loads(each) for each in raw.splitlines()]
                raw = b"".join(encode(each["headers"], json.dumps(each["payload"]).encode()) for each in events)
            yield Recorded(
                one["id"],
                unquote(address.rsplit("/", 2)[1]),
                json.dumps(body, ensure_ascii=False).encode() if whole else None,
                one["status"],
                bool(one["stream"]),
                raw,
                framed_here,
            )


def events_of(body: bytes, *cuts: int) -> list[tuple[bytes, bytes]]:
    """The names and data of a stream's events, whose bytes come in pieces cut at `cuts`."""
    reader = Events(2**24)
    read = []
    for start, end in zip((0, *cuts), (*cuts, len(body)), strict=True):
        read += reader.feed(body[start:end])
    read += reader.finish()
    return [(event.event, event.data) for event in read]

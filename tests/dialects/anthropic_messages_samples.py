"""Recorded exchanges of Anthropic Messages, read where they lie beside the repository."""

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
CHARGED = Charged(Usage(prompt_tokens=100, completion_tokens=20, cached_tokens=30, cache_write_tokens=10), 5, 3, 2)


class Recorded(NamedTuple):
    """One recorded exchange."""

    id: str
    request: bytes | None
    status: int
    stream: bool
    body: str
    counting: bool


def providers() -> list[str]:
    """Files of recordings that have any of this dialect; empty where they are not there."""
    names = ("anthropic", "bedrock-mantle", "openrouter", "pydantic-gateway", "vertex", "deepseek", "zai", "moonshot")
    return [name for name in names if (TRAFFIC / f"{name}.jsonl.gz").exists() and next(recorded(name), None)]


def recorded(provider: str) -> Iterator[Recorded]:
    """The provider's exchanges with this dialect's addresses."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if "/messages" not in line:
                continue
            one: dict[str, Any] = json.loads(line)
            address = one["url"].split("?")[0]
            if not address.endswith(("/messages", "/messages/count_tokens")):
                continue
            body = one["request_body"]
            raw = body if isinstance(body, str) or body is None else json.dumps(body)
            yield Recorded(
                one["id"],
                raw.encode() if raw else None,
                one["status"],
                bool(one["stream"]),
                one["response_body"] or "",
                address.endswith("count_tokens"),
            )


def events_of(body: str) -> list[tuple[bytes, bytes]]:
    """The names and data of a recorded stream's events."""
    reader = Events(2**24)
    read = [*reader.feed(body.encode()), *reader.finish()]
    return [(event.event, event.data) for event in read]

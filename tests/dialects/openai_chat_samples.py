"""Recorded answers of OpenAI-compatible providers, read where they lie beside the repository."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.openai_chat.response import Identity
from modelport.upstream.sse import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
ID = Identity.of("gen-1", "maker/model", "Maker", 1_750_000_000)


class Recorded(NamedTuple):
    """One recorded answer."""

    id: str
    body: str
    stream: bool


def providers() -> list[str]:
    """Providers of whom there is traffic; empty where it is not there."""
    return sorted(path.name.removesuffix(".jsonl.gz") for path in TRAFFIC.glob("*.jsonl.gz"))


def recorded(provider: str) -> Iterator[Recorded]:
    """The provider's recorded good answers to chat requests, as they are: recordings that were cut are left out."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            one: dict[str, Any] = json.loads(line)
            cut = any("elided" in str(flag) or "truncated" in str(flag) for flag in one.get("flags") or ())
            if one["endpoint"] == "chat/completions" and one["status"] == 200 and one["response_body"] and not cut:
                yield Recorded(one["id"], one["response_body"], one["stream"])


def data_of(body: str) -> list[bytes]:
    """The events of a recorded stream."""
    reader = Reader(2**24)
    return [event.data for event in [*reader.feed(body.encode()), *reader.finish()]]

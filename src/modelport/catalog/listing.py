"""The public model list: filtered, sorted and cut into pages, from a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from modelport.catalog.building import answer, etag_of
from modelport.catalog.checks import did_you_mean
from modelport.catalog.errors import BadQuery
from modelport.catalog.filters import FILTERS, MODALITIES, tests, whole
from modelport.catalog.measured import Measured, Nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelport.catalog.snapshot import Shown, Snapshot

__all__ = ["FILTERS", "MODALITIES", "SORTS", "Answer", "count", "found", "page"]

_PAGED = ("offset", "limit")
_ENDLESS = float("inf")


class Answer(msgspec.Struct, frozen=True):
    """A list as it goes out."""

    body: bytes
    etag: str


def page(
    snapshot: Snapshot,
    query: Mapping[str, str],
    path: str,
    *,
    measured: Measured = Nothing,
    among: Iterable[Shown] | None = None,
) -> Answer:
    """The answer of `GET /models` at `path`; `among` are the models to choose from, all of them by default.

    Raises `BadQuery` for a sort that is unknown, or a filter with an impossible value.
    """
    query = asked(query)
    if not query and among is None:
        return Answer(snapshot.models_json, snapshot.etag)
    chosen = found(snapshot, query, measured=measured, among=among)
    total, link = len(chosen), b"null"
    if any(name in query for name in _PAGED):
        offset, limit = whole(query, "offset", 0, 0, 2**53), whole(query, "limit", 500, 1, 1000)
        chosen = chosen[offset : offset + limit]
        if chosen and offset + limit < total:
            following = urlencode({**query, "offset": offset + limit, "limit": limit})
            link = msgspec.json.encode(f"{path}?{following}")
    body = answer((shown.card for shown in chosen), total, link)
    return Answer(body, etag_of(body))


def asked(query: Mapping[str, str]) -> dict[str, str]:
    """What of a query is ours; a cache buster or a client's own mark is passed over, as by the reference."""
    return {name: value for name, value in query.items() if value != "" and name in _KNOWN}


def found(
    snapshot: Snapshot,
    query: Mapping[str, str],
    *,
    measured: Measured = Nothing,
    among: Iterable[Shown] | None = None,
) -> list[Shown]:
    """Every model that passes the query's filters, sorted as it asks."""
    sort = query.get("sort", "newest")
    if sort not in SORTS:
        raise BadQuery(
            f"Sort {sort!r} is not supported by this server; {did_you_mean(sort, SORTS)}.",
            metadata={"rule": "sort", "value": sort},
        )
    every = tests(query, measured)
    models = snapshot.shown.values() if among is None else among
    chosen = [shown for shown in models if all(test(shown) for test in every)]
    # They come the newest first, which the sort keeps among equals.
    key = SORTS[sort]
    return chosen if key is None else sorted(chosen, key=lambda shown: key(shown, measured))


def count(snapshot: Snapshot, query: Mapping[str, str]) -> int:
    """How many models have one of the wanted outputs."""
    return len(found(snapshot, {"output_modalities": query.get("output_modalities", "")}))


def _popularity(shown: Shown, measured: Measured) -> float:
    return -float(measured.popularity.get(shown.model.id, 0))


def _falling(index: str) -> Callable[[Shown, Measured], float]:
    return lambda shown, _: -shown.model.benchmarks.get(index, -_ENDLESS)


SORTS: dict[str, Callable[[Shown, Measured], float] | None] = {
    "newest": None,
    "most-popular": _popularity,
    "top-weekly": _popularity,
    "pricing-low-to-high": lambda shown, _: shown.prompt + shown.completion,
    "pricing-high-to-low": lambda shown, _: -shown.prompt - shown.completion,
    "context-high-to-low": lambda shown, _: -shown.model.context_length,
    "throughput-high-to-low": lambda shown, measured: -measured.throughput(shown.model),
    "latency-low-to-high": lambda shown, measured: measured.latency(shown.model),
    "intelligence-high-to-low": _falling("intelligence_index"),
    "coding-high-to-low": _falling("coding_index"),
    "agentic-high-to-low": _falling("agentic_index"),
    "design-arena-elo-high-to-low": _falling("design_arena_elo"),
}
"""By name, each as a key whose smallest comes first; None keeps the newest first."""

_KNOWN = frozenset({*FILTERS, "sort", *_PAGED})

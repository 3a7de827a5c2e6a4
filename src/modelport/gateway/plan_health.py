"""What the planner asks of the endpoints' health, and how it reads the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.dialects.openai_chat.wire import Percentiles, ProviderPreferences
    from modelport.upstream.health_record import Figures

__all__ = [
    "ALL_WELL",
    "DEGRADED",
    "DOWN",
    "FINE",
    "RESTING",
    "STANDINGS",
    "HealthView",
    "Thresholds",
    "misses",
    "thresholds",
]

FINE, DEGRADED, DOWN, RESTING = range(4)
STANDINGS = ("fine", "degraded", "down", "resting")
_MISSES_LATENCY, _MISSES_THROUGHPUT = ("misses_latency",), ("misses_throughput",)


class HealthView(Protocol):
    """Health as the planner sees it; its reading costs no more than a look into a table."""

    @property
    def troubled(self) -> Mapping[str, int]:
        """Endpoints that are not `FINE`, with how they stand."""
        ...

    @property
    def typical(self) -> Mapping[str, float]:
        """The usual seconds to the first token, of endpoints that were seen often enough."""
        ...

    def resting_until(self, endpoint_id: str, /) -> float | None:
        """Seconds for which a provider asked not to be called, if it did."""
        ...

    def figures(self, endpoint_ids: tuple[str, ...], /) -> Mapping[str, Figures]:
        """Percentiles of a model's endpoints over the last minutes; those of which too little is known are missing."""
        ...

    def success(self, endpoint_id: str, /) -> float | None:
        """The share of requests that it answered lately; None when too little is known."""
        ...

    def outliers(self, endpoint_ids: tuple[str, ...], /) -> frozenset[str]:
        """Those of a model's endpoints whose speed or success stands out to the bad."""
        ...


class _AllWell:
    """Knows of no endpoint: all are fine, none was measured."""

    troubled: Mapping[str, int] = {}
    typical: Mapping[str, float] = {}

    def resting_until(self, _endpoint_id: str, /) -> float | None:
        return None

    def figures(self, _endpoint_ids: tuple[str, ...], /) -> Mapping[str, Figures]:
        return {}

    def success(self, _endpoint_id: str, /) -> float | None:
        return None

    def outliers(self, _endpoint_ids: tuple[str, ...], /) -> frozenset[str]:
        return frozenset()


ALL_WELL: HealthView = _AllWell()


Thresholds = tuple[list[tuple[int, float]], list[tuple[int, float]]]


def thresholds(preferences: ProviderPreferences | None) -> Thresholds | None:
    """A caller's preferred seconds and tokens a second, by percentile; None where there are none."""
    if preferences is None:
        return None
    latency, throughput = preferences.preferred_max_latency, preferences.preferred_min_throughput
    return None if latency is None and throughput is None else (_each(latency), _each(throughput))


def misses(seen: Mapping[str, Figures], wanted: Thresholds) -> dict[str, tuple[str]]:
    """Which of a caller's preferred thresholds each endpoint misses, of those that miss any; what isn't known misses
    none. Threshold by threshold, since that is several times as quick as endpoint by endpoint.
    """
    found: dict[str, tuple[str]] = {}
    for percentile, least in wanted[1]:
        for each, (_, throughput) in seen.items():
            if throughput.get(percentile, least) < least:
                found[each] = _MISSES_THROUGHPUT
    for percentile, most in wanted[0]:
        for each, (latency, _) in seen.items():
            if latency.get(percentile, most) > most:
                found[each] = _MISSES_LATENCY
    return found


def _each(threshold: float | Percentiles | None) -> list[tuple[int, float]]:
    if threshold is None:
        return []
    if isinstance(threshold, int | float):
        return [(50, float(threshold))]
    named = ((50, threshold.p50), (75, threshold.p75), (90, threshold.p90), (99, threshold.p99))
    return [(percentile, value) for percentile, value in named if value is not None]

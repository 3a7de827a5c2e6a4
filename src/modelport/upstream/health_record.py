"""What is known of one endpoint, in fixed memory, and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from modelport.upstream.windows import PERCENTS, Percentiles, Ring

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Figures", "Record", "View"]

_ENOUGH = 5
"""Values below which a percentile says nothing."""
_LEAST_CALLS = 20
"""Answers with tool calls below which their share says nothing."""
_CALL_SPANS = 60


class Figures(NamedTuple):
    """Percentiles of the last five minutes; empty where too little is known."""

    latency: Mapping[int, float]
    """Seconds to the first token."""
    throughput: Mapping[int, float]
    """Tokens a second; so many per cent of answers were at most as quick."""


class View(NamedTuple):
    """An endpoint's health as it is published."""

    status: int = 0
    """0 fine, -1 degraded, -2 down, -3 over its rate limit, -5 resting after faults."""
    uptime_last_5m: float | None = None
    """Per cent of minutes with at least 80 % success; of minutes with at least ten attempts only."""
    uptime_last_30m: float | None = None
    uptime_last_1d: float | None = None
    latency_last_5m: dict[str, float] | None = None
    """Milliseconds, by `p50`, `p75`, `p90`, `p99`."""
    latency_last_30m: dict[str, float] | None = None
    latency_last_1d: dict[str, float] | None = None
    throughput_last_5m: dict[str, float] | None = None
    """Tokens a second: so many per cent of answers were at most as quick."""
    throughput_last_30m: dict[str, float] | None = None
    throughput_last_1d: dict[str, float] | None = None
    requests_last_30m: int | None = None
    tool_success: float | None = None
    """The share of answers with tool calls in which every call was well formed, in the last two hours."""


def _latency(seconds: float, slices: int) -> Percentiles:
    return Percentiles(0.001, slices, seconds / slices)


def _throughput(seconds: float, slices: int) -> Percentiles:
    return Percentiles(0.1, slices, seconds / slices)


@dataclass(slots=True)
class Record:
    """What is known of one endpoint; about 30 kB, whatever the traffic."""

    recent: Ring = field(default_factory=lambda: Ring(60, 5.0))
    """Five minutes, forgotten when the endpoint proves to be well again."""
    minutes: Ring = field(default_factory=lambda: Ring(1440, 60.0))
    calls: Ring = field(default_factory=lambda: Ring(_CALL_SPANS, 120.0))
    """Answers with tool calls: those in which all were well formed, and the others."""
    latency_5m: Percentiles = field(default_factory=lambda: _latency(300, 10))
    latency_30m: Percentiles = field(default_factory=lambda: _latency(1800, 10))
    latency_1d: Percentiles = field(default_factory=lambda: _latency(86_400, 8))
    throughput_5m: Percentiles = field(default_factory=lambda: _throughput(300, 10))
    throughput_30m: Percentiles = field(default_factory=lambda: _throughput(1800, 10))
    throughput_1d: Percentiles = field(default_factory=lambda: _throughput(86_400, 8))
    in_a_row: int = 0
    rest: float = 0.0
    """How long it last rested; the next time is twice as long."""
    until: float = 0.0
    stated: bool = False
    """Whether the provider itself said until when."""
    trial: bool = False
    """Whether it has to prove itself by one request when `until` has come."""
    typical_at: float = -1.0
    seen_at: float = -1.0
    """When an attempt there last ended."""

    def measured(self, now: float, latency: float | None, throughput: float | None) -> None:
        """Takes note of how quick an answer was."""
        if latency is not None:
            for each in (self.latency_5m, self.latency_30m, self.latency_1d):
                each.add(now, latency)
        if throughput:
            for each in (self.throughput_5m, self.throughput_30m, self.throughput_1d):
                each.add(now, throughput)

    def typical(self, now: float) -> float | None:
        """The usual seconds to the first token."""
        return _enough(self.latency_5m, now).get(50)

    def figures(self, now: float) -> Figures:
        """What is known of the last five minutes, up to a second old."""
        return Figures(_enough(self.latency_5m, now), _enough(self.throughput_5m, now))

    def tool_success(self, now: float) -> float | None:
        """The share of answers with tool calls in which all were well formed; None when too little is known."""
        good, bad = self.calls.sums(now, _CALL_SPANS)
        return good / (good + bad) if good + bad >= _LEAST_CALLS else None

    def view(self, now: float, status: int) -> View:
        """What is published of it."""
        half_hour = self.minutes.each(now, 30)
        return View(
            status,
            _uptime(self.minutes.each(now, 5)),
            _uptime(half_hour),
            _uptime(self.minutes.each(now, 1440)),
            *(_named(each, now, 1000) for each in (self.latency_5m, self.latency_30m, self.latency_1d)),
            *(_named(each, now, 1) for each in (self.throughput_5m, self.throughput_30m, self.throughput_1d)),
            requests_last_30m=sum(map(sum, half_hour)),
            tool_success=self.tool_success(now),
        )


def _enough(of: Percentiles, now: float) -> Mapping[int, float]:
    count, seen = of.glance(now)
    return seen if count >= _ENOUGH else _NOTHING


_NOTHING: Mapping[int, float] = {}


def _uptime(minutes: list[tuple[int, int]]) -> float | None:
    busy = [good / (good + bad) for good, bad in minutes if good + bad >= 10]
    return round(100 * sum(share >= 0.8 for share in busy) / len(busy), 2) if busy else None


def _named(of: Percentiles, now: float, times: int) -> dict[str, float] | None:
    values = of.of(now, PERCENTS)
    if values is None:
        return None
    return {f"p{percent}": round(value * times, 3) for percent, value in zip(PERCENTS, values, strict=True)}

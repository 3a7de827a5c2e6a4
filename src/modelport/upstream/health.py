"""How well each endpoint does, learned from the requests that go there anyway.

What is a provider's fault counts, what is a caller's does not, and a key that is refused rests alone. Repeated faults
open a circuit breaker: the endpoint rests, then one request may try it, and what becomes of that decides. A provider
that says when it will be back (`Retry-After`) is taken at its word. In memory, in this process; a copy in the database
outlives a restart (`health_copy.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from modelport.kit import clock
from modelport.upstream.outliers import outliers
from modelport.upstream.windows import PERCENTS, Percentiles, Ring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Health", "Outcome", "Record", "Verdict", "View"]

FINE, DEGRADED, DOWN, RESTING = range(4)
_FAULTS_IN_A_ROW = 5
_FIRST_REST, _LONGEST_REST = 5.0, 120.0
_FIRST_THROTTLE, _LONGEST_THROTTLE = 2.0, 60.0
_FIRST_BENCH, _LONGEST_BENCH = 60.0, 3600.0
_LONGEST_WAIT = 3600.0
"""A `Retry-After` beyond this is not believed."""
_PROBE_SECONDS = 30.0
"""How long one request on trial keeps others away."""
_OUTAGE_LEAST, _LEAST = 5, 20
_ENOUGH = 5
"""Values below which a percentile says nothing."""
_FRESH = 1.0
_MOST_OUTLIERS = 20_000


class Verdict(StrEnum):
    """Whose doing an attempt's end was."""

    OK = "ok"
    CALLER = "caller"
    """The request was at fault, or its caller left: says nothing about the provider."""
    THROTTLED = "throttled"
    """The provider is well, and has had enough of us for now."""
    KEY = "key"
    """The operator's key is refused."""
    FAULT = "fault"
    """The provider's."""
    OURS = "ours"
    """Our own limit or fault."""


class Outcome(NamedTuple):
    """How one attempt ended."""

    verdict: Verdict
    latency: float | None = None
    """Seconds to the first token."""
    throughput: float | None = None
    """Tokens a second over the whole answer."""
    retry_after: float | None = None
    """Seconds after which the provider wants to be asked again."""


class View(NamedTuple):
    """An endpoint's health as it is published."""

    status: int = 0
    """0 fine, -1 degraded, -2 down, -3 over its rate limit, -5 resting after faults."""
    uptime_last_5m: float | None = None
    """Per cent of minutes with at least 80 % success; of minutes with at least ten attempts only."""
    uptime_last_30m: float | None = None
    uptime_last_1d: float | None = None
    latency_last_30m: dict[str, float] | None = None
    """Milliseconds, by `p50`, `p75`, `p90`, `p99`."""
    throughput_last_30m: dict[str, float] | None = None
    """Tokens a second: so many per cent of answers were at most as quick."""


@dataclass(slots=True)
class Record:
    """What is known of one endpoint; about 20 kB, whatever the traffic."""

    recent: Ring = field(default_factory=lambda: Ring(60, 5.0))
    """Five minutes, forgotten when the endpoint proves to be well again."""
    minutes: Ring = field(default_factory=lambda: Ring(1440, 60.0))
    latency_5m: Percentiles = field(default_factory=lambda: Percentiles(0.001, 10, 30.0))
    latency_30m: Percentiles = field(default_factory=lambda: Percentiles(0.001, 10, 180.0))
    throughput_5m: Percentiles = field(default_factory=lambda: Percentiles(0.1, 10, 30.0))
    throughput_30m: Percentiles = field(default_factory=lambda: Percentiles(0.1, 10, 180.0))
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


@dataclass(slots=True)
class _Bench:
    until: float = 0.0
    rest: float = 0.0


class Health:
    """The health of every endpoint that was ever called; the planner's `HealthView`."""

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self.now = now
        self.records: dict[str, Record] = {}
        self._troubled: dict[str, int] = {}
        self._typical: dict[str, float] = {}
        self._look_again = 0.0
        self.probed = False
        """Whether endpoints on trial are probed, so that no request need be the one to try them."""
        self._keys: dict[tuple[str, str], _Bench] = {}
        self._outliers: dict[tuple[str, ...], tuple[float, frozenset[str]]] = {}

    # What the planner reads.

    @property
    def troubled(self) -> Mapping[str, int]:
        """Endpoints that are not fine, with how they stand."""
        if self._troubled and (now := self.now()) >= self._look_again:
            for endpoint_id in list(self._troubled):
                self._judge(endpoint_id, self.records[endpoint_id], now)
            self._look_again = now + 0.5
        return self._troubled

    @property
    def typical(self) -> Mapping[str, float]:
        """The usual seconds to the first token, of endpoints that were seen often enough."""
        return self._typical

    def resting_until(self, endpoint_id: str, /) -> float | None:
        """Seconds for which the provider asked not to be called, if it did."""
        record = self.records.get(endpoint_id)
        left = record.until - self.now() if record is not None and record.stated else 0.0
        return left if left > 0 else None

    def latency(self, endpoint_id: str, percentile: int, /) -> float | None:
        """Seconds to the first token over the last five minutes."""
        record = self.records.get(endpoint_id)
        return None if record is None else self._percentile(record.latency_5m, percentile)

    def throughput(self, endpoint_id: str, percentile: int, /) -> float | None:
        """Tokens a second over the last five minutes."""
        record = self.records.get(endpoint_id)
        return None if record is None else self._percentile(record.throughput_5m, percentile)

    def success(self, endpoint_id: str, /) -> float | None:
        """The share of requests that it answered in the last five minutes."""
        record = self.records.get(endpoint_id)
        if record is None:
            return None
        good, bad = record.recent.sums(self.now(), 60)
        return good / (good + bad) if good + bad >= _LEAST else None

    def outliers(self, endpoint_ids: tuple[str, ...], /) -> frozenset[str]:
        """Those of a model's endpoints whose speed or success stands out to the bad; worked out once a second."""
        now, known = self.now(), self._outliers.get(endpoint_ids)
        if known is not None and now - known[0] < _FRESH:
            return known[1]
        found = outliers(
            {each: self.throughput(each, 50) for each in endpoint_ids},
            {each: self.success(each) for each in endpoint_ids},
        )
        if len(self._outliers) > _MOST_OUTLIERS:
            self._outliers.clear()
        self._outliers[endpoint_ids] = (now, found)
        return found

    def view(self, endpoint_id: str) -> View:
        """The endpoint's health as it is published."""
        record = self.records.get(endpoint_id)
        if record is None:
            return View()
        now = self.now()
        standing = self.troubled.get(endpoint_id, FINE)
        status = {FINE: 0, DEGRADED: -1, DOWN: -2, RESTING: -3 if record.stated else -5}[standing]
        latency = record.latency_30m.of(now, PERCENTS)
        speed = record.throughput_30m.of(now, PERCENTS)
        return View(
            status,
            _uptime(record.minutes.each(now, 5)),
            _uptime(record.minutes.each(now, 30)),
            _uptime(record.minutes.each(now, 1440)),
            None if latency is None else _named(tuple(value * 1000 for value in latency)),
            None if speed is None else _named(speed),
        )

    def quiet(self, seconds: float) -> list[str]:
        """Endpoints that were called once and not for so long, or that have to prove themselves; none that rests."""
        now = self.now()
        return [
            endpoint_id
            for endpoint_id, record in self.records.items()
            if record.until <= now and (record.trial or now - record.seen_at >= seconds)
        ]

    # What the attempts tell.

    def began(self, endpoint_id: str) -> None:
        """An attempt begins. One that puts an endpoint on trial keeps all others away meanwhile."""
        record = self.records.get(endpoint_id)
        if record is not None and record.trial:
            now = self.now()
            if now >= record.until:
                record.until = now + _PROBE_SECONDS
                self._judge(endpoint_id, record, now)

    def observe(self, endpoint_id: str, outcome: Outcome) -> None:
        """An attempt has ended."""
        verdict = outcome.verdict
        record = self.records.get(endpoint_id)
        if verdict in _SAYS_NOTHING:
            if record is not None and record.trial:
                record.until = min(record.until, self.now())  # the next one may try it
            return
        if record is None:
            record = self.records[endpoint_id] = Record()
        now = record.seen_at = self.now()
        if verdict is Verdict.OK:
            self._did_well(endpoint_id, record, outcome, now)
        elif verdict is Verdict.THROTTLED:
            wait = outcome.retry_after
            record.stated = wait is not None
            if wait is None:
                wait = record.rest = min(max(record.rest * 2, _FIRST_THROTTLE), _LONGEST_THROTTLE)
            record.until = max(record.until, now + min(wait, _LONGEST_WAIT))
        else:
            self._did_badly(record, verdict, now)
        self._judge(endpoint_id, record, now)

    def take_over(self, endpoint_id: str, record: Record) -> None:
        """What an earlier process knew of an endpoint."""
        self.records[endpoint_id] = record
        self._judge(endpoint_id, record, self.now())

    def forget(self) -> None:
        """Everything is as if nothing had been seen."""
        self.records.clear()
        self._troubled.clear()
        self._typical.clear()
        self._keys.clear()
        self._outliers.clear()

    # Keys.

    def bench(self, key: tuple[str, str], seconds: float | None = None) -> None:
        """A key was refused, or for `seconds` is not wanted: (whose, its name)."""
        bench = self._keys.setdefault(key, _Bench())
        if seconds is None:
            seconds = bench.rest = min(max(bench.rest * 2, _FIRST_BENCH), _LONGEST_BENCH)
        bench.until = max(bench.until, self.now() + min(seconds, _LONGEST_WAIT))

    def unbench(self, key: tuple[str, str]) -> None:
        """A key was accepted."""
        if self._keys:
            self._keys.pop(key, None)

    def benched(self, key: tuple[str, str]) -> float:
        """Seconds for which a key still rests; 0 when it may be used."""
        bench = self._keys.get(key)
        return 0.0 if bench is None else max(bench.until - self.now(), 0.0)

    # How an endpoint comes to stand where it does.

    def _did_well(self, endpoint_id: str, record: Record, outcome: Outcome, now: float) -> None:
        if record.trial or record.rest:
            # It is well again: what was before says nothing about what comes.
            record.recent.clear()
            record.trial, record.rest = False, 0.0
        record.in_a_row, record.until, record.stated = 0, 0.0, False
        record.recent.add(now, good=True)
        record.minutes.add(now, good=True)
        if outcome.latency is not None:
            record.latency_5m.add(now, outcome.latency)
            record.latency_30m.add(now, outcome.latency)
        if outcome.throughput:
            record.throughput_5m.add(now, outcome.throughput)
            record.throughput_30m.add(now, outcome.throughput)
        if now - record.typical_at >= 1.0:
            record.typical_at = now
            typical = self._percentile(record.latency_5m, 50)
            if typical is None:
                self._typical.pop(endpoint_id, None)
            else:
                self._typical[endpoint_id] = typical

    @staticmethod
    def _did_badly(record: Record, verdict: Verdict, now: float) -> None:
        record.recent.add(now, good=False)
        record.minutes.add(now, good=False)
        record.in_a_row += 1
        if record.trial or record.in_a_row >= _FAULTS_IN_A_ROW or verdict is Verdict.KEY:
            first, longest = (_FIRST_BENCH, _LONGEST_BENCH) if verdict is Verdict.KEY else (_FIRST_REST, _LONGEST_REST)
            record.rest = min(max(record.rest * 2, first), longest)
            record.until, record.trial, record.stated = now + record.rest, True, False

    def _judge(self, endpoint_id: str, record: Record, now: float) -> None:
        standing = self._standing(record, now)
        if standing == FINE:
            self._troubled.pop(endpoint_id, None)
        else:
            self._troubled[endpoint_id] = standing

    def _standing(self, record: Record, now: float) -> int:
        if record.until > now:
            return RESTING
        if record.trial:
            return DOWN if self.probed else FINE  # the next request may try it
        good, bad = record.recent.sums(now, 6)
        if good + bad >= _OUTAGE_LEAST and bad >= good:
            return DOWN
        good, bad = record.recent.sums(now, 60)
        if good + bad < _LEAST:
            return FINE
        share = good / (good + bad)
        return FINE if share >= 0.95 else DEGRADED if share >= 0.8 else DOWN

    def _percentile(self, of: Percentiles, percentile: int) -> float | None:
        count, seen = of.glance(self.now())
        return seen.get(percentile) if count >= _ENOUGH else None


_SAYS_NOTHING = frozenset({Verdict.CALLER, Verdict.OURS})


def _uptime(minutes: list[tuple[int, int]]) -> float | None:
    busy = [good / (good + bad) for good, bad in minutes if good + bad >= 10]
    return round(100 * sum(share >= 0.8 for share in busy) / len(busy), 2) if busy else None


def _named(values: tuple[float, ...]) -> dict[str, float]:
    return {f"p{percent}": round(value, 3) for percent, value in zip(PERCENTS, values, strict=True)}

"""How well each endpoint does, learned from the requests that go there anyway.

What is a provider's fault counts, what is a caller's does not, and a key that is refused rests alone. Repeated faults
open a circuit breaker: the endpoint rests, then one request may try it, and what becomes of that decides. A provider
that says when it will be back (`Retry-After`) is taken at its word. In memory, in this process; a copy in the database
outlives a restart (`health_copy.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from modelport.kit import clock
from modelport.upstream.health_record import Figures, Record, View
from modelport.upstream.outliers import outliers

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
_FRESH = 1.0
_LOOK_SECONDS = 5.0
_MOST_MODELS = 20_000
_TYPICAL_SECONDS = 300.0
"""How long the usual latency of an endpoint that answers no more says something of it."""


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
        self._figures: dict[tuple[str, ...], tuple[float, dict[str, Figures]]] = {}
        self._forget_at = 0.0

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
        """The usual seconds to the first token, of endpoints that were seen often enough, and lately: one that was slow
        and is put behind for it gets no requests to show that it is not slow any more.
        """
        if self._typical and (now := self.now()) >= self._forget_at:
            self._forget_at = now + _LOOK_SECONDS
            for endpoint_id in [
                each for each in self._typical if now - self.records[each].typical_at >= _TYPICAL_SECONDS
            ]:
                del self._typical[endpoint_id]
        return self._typical

    def resting_until(self, endpoint_id: str, /) -> float | None:
        """Seconds for which the provider asked not to be called, if it did."""
        record = self.records.get(endpoint_id)
        left = record.until - self.now() if record is not None and record.stated else 0.0
        return left if left > 0 else None

    def figures(self, endpoint_ids: tuple[str, ...], /) -> Mapping[str, Figures]:
        """Percentiles of a model's endpoints over the last five minutes; worked out once a second."""
        now, known = self.now(), self._figures.get(endpoint_ids)
        if known is not None and now - known[0] < _FRESH:
            return known[1]
        records = self.records
        found = {each: records[each].figures(now) for each in endpoint_ids if each in records}
        if len(self._figures) > _MOST_MODELS:
            self._figures.clear()
        self._figures[endpoint_ids] = (now, found)
        return found

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
        records = {each: record for each in endpoint_ids if (record := self.records.get(each)) is not None}
        found = outliers(
            {each: figures.throughput.get(50) for each, figures in self.figures(endpoint_ids).items()},
            {each: self.success(each) for each in records},
            {each: record.tool_success(now) for each, record in records.items()},
        )
        if len(self._outliers) > _MOST_MODELS:
            self._outliers.clear()
        self._outliers[endpoint_ids] = (now, found)
        return found

    def view(self, endpoint_id: str) -> View:
        """The endpoint's health as it is published."""
        record = self.records.get(endpoint_id)
        if record is None:
            return View()
        standing = self.troubled.get(endpoint_id, FINE)
        status = {FINE: 0, DEGRADED: -1, DOWN: -2, RESTING: -3 if record.stated else -5}[standing]
        return record.view(self.now(), status)

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

    def called(self, endpoint_id: str, *, well: bool) -> None:
        """An answer there called tools, all of them `well` formed or not."""
        record = self.records.get(endpoint_id)
        if record is not None:
            record.calls.add(self.now(), good=well)

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
        self._figures.clear()

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
        record.measured(now, outcome.latency, outcome.throughput)
        if now - record.typical_at >= 1.0:
            record.typical_at = now
            typical = record.typical(now)
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


_SAYS_NOTHING = frozenset({Verdict.CALLER, Verdict.OURS})

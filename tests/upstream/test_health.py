"""Health from outcomes, on a clock that the test moves."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from modelport.db.base import metadata
from modelport.db.database import Database
from modelport.gateway.plan_health import DEGRADED, DOWN, FINE, RESTING, HealthView
from modelport.upstream import health_copy
from modelport.upstream.health import Health, Outcome, Verdict
from modelport.upstream.windows import Percentiles, Ring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OK, FAULT = Outcome(Verdict.OK, 0.1, 50.0), Outcome(Verdict.FAULT)


class Watch:
    """A clock; also the health under test, and an endpoint's view of it."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.health = Health(lambda: self.now)

    def see(self, *outcomes: Outcome, times: int = 1) -> None:
        for _ in range(times):
            for outcome in outcomes:
                self.health.observe("e", outcome)

    @property
    def standing(self) -> int:
        self.now += 0.6  # troubles are looked at again twice a second
        return self.health.troubled.get("e", FINE)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_it_is_what_the_planner_asks_for(watch: Watch) -> None:
    view: HealthView = watch.health
    assert view.troubled == {}


class TestStanding:
    """How an endpoint comes to stand where it does, and gets out of it."""

    def test_one_that_nobody_called_is_fine(self, watch: Watch) -> None:
        assert (watch.standing, watch.health.view("e").status) == (FINE, 0)

    @pytest.mark.parametrize(("good", "bad", "standing"), [(97, 3, FINE), (90, 10, DEGRADED), (70, 30, DOWN)])
    def test_by_its_share_of_success(self, watch: Watch, good: int, bad: int, standing: int) -> None:
        outcomes = [OK] * good + [FAULT] * bad
        random.Random(1).shuffle(outcomes)  # noqa: S311 (repeatable)
        watch.see(*outcomes)
        assert watch.standing == standing
        watch.now += 301
        assert watch.standing == FINE

    def test_an_outage_of_the_last_half_minute(self, watch: Watch) -> None:
        watch.see(OK, times=200)
        watch.now += 60
        watch.see(FAULT, OK, FAULT, OK, FAULT, FAULT)
        assert watch.standing == DOWN

    def test_a_breaker_opens_and_one_request_may_try(self, watch: Watch) -> None:
        watch.see(FAULT, times=5)
        assert watch.standing == RESTING
        watch.now += 5
        assert watch.standing == FINE, "half open"
        watch.health.began("e")
        assert watch.standing == RESTING, "while one tries, others keep away"
        watch.see(FAULT)
        watch.now += 8
        assert watch.standing == RESTING, "the second rest is longer"
        watch.now += 4
        watch.health.began("e")
        watch.see(OK)
        assert watch.standing == FINE
        watch.see(FAULT)
        assert watch.standing == FINE, "the old faults are forgotten"

    def test_a_trial_that_says_nothing_leaves_the_next_to_try(self, watch: Watch) -> None:
        watch.see(FAULT, times=5)
        watch.now += 6
        watch.health.began("e")
        watch.see(Outcome(Verdict.CALLER))
        assert watch.standing == FINE

    @pytest.mark.parametrize("verdict", [Verdict.CALLER, Verdict.OURS])
    def test_what_is_not_the_providers_fault_never_counts(self, watch: Watch, verdict: Verdict) -> None:
        watch.see(Outcome(verdict), times=500)
        assert watch.standing == FINE
        assert watch.health.records == {}

    def test_retry_after_is_honoured(self, watch: Watch) -> None:
        watch.see(Outcome(Verdict.THROTTLED, retry_after=30))
        assert watch.standing == RESTING
        assert watch.health.resting_until("e") == pytest.approx(30, abs=1)
        assert watch.health.view("e").status == -3
        watch.now += 30
        assert watch.standing == FINE
        assert watch.health.resting_until("e") is None

    def test_without_it_the_rest_grows(self, watch: Watch) -> None:
        throttled = Outcome(Verdict.THROTTLED)
        watch.see(throttled)
        assert (watch.standing, watch.health.resting_until("e")) == (RESTING, None)
        watch.now += 2
        assert watch.standing == FINE
        watch.see(throttled)
        watch.now += 2
        assert watch.standing == RESTING
        watch.now += 2
        watch.see(OK, throttled)
        watch.now += 2
        assert watch.standing == FINE, "an answer in between begins anew"

    def test_keys_rest_alone(self, watch: Watch) -> None:
        health = watch.health
        health.bench(("acme", "a"))
        assert health.benched(("acme", "a")) == 60
        assert health.benched(("acme", "b")) == 0
        watch.now += 60
        assert health.benched(("acme", "a")) == 0
        health.bench(("acme", "a"))
        assert health.benched(("acme", "a")) == 120
        health.unbench(("acme", "a"))
        assert health.benched(("acme", "a")) == 0
        health.bench(("acme", "a"), 7)
        assert health.benched(("acme", "a")) == 7


class TestPublished:
    """What `/endpoints` shows."""

    def test_uptime_is_a_share_of_minutes(self, watch: Watch) -> None:
        for minute in range(10):
            bad = 5 if minute < 2 else 0
            watch.see(*[OK] * (15 - bad), *[FAULT] * bad)
            watch.health.records["e"].in_a_row = 0
            watch.now += 60
        watch.see(FAULT)  # a minute with few attempts says nothing
        view = watch.health.view("e")
        assert view.uptime_last_5m == 100
        assert view.uptime_last_30m == view.uptime_last_1d == 80

    def test_percentiles(self, watch: Watch) -> None:
        for n in range(1, 101):
            watch.see(Outcome(Verdict.OK, n / 100, float(n)))
        view = watch.health.view("e")
        assert view.latency_last_30m is not None
        assert view.latency_last_30m["p50"] == pytest.approx(500, rel=0.13)
        assert view.latency_last_30m["p99"] == pytest.approx(990, rel=0.13)
        assert view.throughput_last_30m is not None
        assert view.throughput_last_30m["p90"] == pytest.approx(90, rel=0.13)
        assert view.latency_last_5m == view.latency_last_30m == view.latency_last_1d
        assert view.throughput_last_5m == view.throughput_last_30m == view.throughput_last_1d
        assert view.requests_last_30m == 100
        watch.now += 1
        figures = watch.health.figures(("e", "nobody"))
        assert set(figures) == {"e"}
        assert figures["e"].latency[75] == pytest.approx(0.75, rel=0.13)
        assert figures["e"].throughput[50] == pytest.approx(50, rel=0.13)
        assert watch.health.success("e") == 1
        watch.now += 400
        assert watch.health.figures(("e", "nobody"))["e"] == ({}, {})
        view = watch.health.view("e")
        assert (view.latency_last_5m, view.throughput_last_5m) == (None, None)
        assert view.latency_last_30m is not None
        watch.now += 2000
        view = watch.health.view("e")
        assert (view.latency_last_30m, view.throughput_last_30m, view.requests_last_30m) == (None, None, 0)
        assert view.latency_last_1d is not None
        assert view.throughput_last_1d is not None
        watch.now += 86_400
        view = watch.health.view("e")
        assert (view.latency_last_1d, view.throughput_last_1d) == (None, None)

    def test_tool_calls_are_a_share_of_the_last_two_hours(self, watch: Watch) -> None:
        watch.health.called("e", well=True)  # of an endpoint that never answered
        watch.see(OK)
        for n in range(20):
            assert watch.health.view("e").tool_success is None
            watch.health.called("e", well=n % 4 > 0)
        assert watch.health.view("e").tool_success == 0.75
        watch.now += 7300
        assert watch.health.view("e").tool_success is None

    def test_the_typical_latency_needs_a_few_answers(self, watch: Watch) -> None:
        watch.see(OK, times=3)
        assert watch.health.typical == {}
        watch.see(OK, times=3)
        watch.now += 1
        watch.see(OK)
        assert watch.health.typical["e"] == pytest.approx(0.1, rel=0.13)
        watch.now += 290
        assert "e" in watch.health.typical
        watch.now += 20
        assert watch.health.typical == {}, "what was slow once was so for ever"
        watch.see(OK, times=6)
        watch.now += 1
        watch.see(OK)
        assert "e" in watch.health.typical
        watch.health.forget()
        assert watch.health.typical == {}


@pytest.mark.parametrize("make", [lambda: Ring(5, 10.0), lambda: Ring(1440, 60.0)])
def test_a_ring_against_a_list(make: Callable[[], Ring]) -> None:
    ring, draw, now = make(), random.Random(4), 5_000.0  # noqa: S311 (repeatable)
    size, span = ring._size, ring._span
    seen: list[tuple[int, bool]] = []
    for _ in range(400):
        now += draw.choice([0, 0, 1, span / 2, span, 3 * span])
        good = draw.random() < 0.5
        ring.add(now, good=good)
        seen.append((int(now / span), good))
        spans = draw.randint(1, size)
        kept = [each for number, each in seen if number > int(now / span) - spans]
        assert ring.sums(now, spans) == (kept.count(True), kept.count(False))
    other = make()
    other.restore(now, ring.each(now, size), 0.0)
    assert other.sums(now, size) == ring.sums(now, size)
    other.restore(now, ring.each(now, size), size * span)
    assert other.sums(now, size) == (0, 0)


def test_percentiles_keep_within_their_step() -> None:
    of = Percentiles(0.001, 10, 30.0)
    assert of.of(0.0, (50,)) is None
    for value in (1e-9, 0.5, 1e9):
        of.add(0.0, value)
    low, middle, high = of.of(1.0, (1, 50, 99)) or (0, 0, 0)
    assert (low < 0.0012, middle == pytest.approx(0.5, rel=0.13), high > 900) == (True, True, True)


async def test_it_outlives_a_restart(tmp_path: Path, watch: Watch) -> None:
    database = Database(None, tmp_path / "health.db")
    await database.write(metadata.create_all)
    watch.see(OK, times=20)
    watch.see(FAULT, times=5)
    watch.health.observe("other", Outcome(Verdict.THROTTLED, retry_after=500))
    await health_copy.save(database, watch.health)
    await health_copy.save(database, watch.health)  # the newest copy only
    again = Watch()
    again.now = 77_777.0  # another machine's clock
    await health_copy.restore(database, again.health)
    assert again.standing == RESTING
    assert again.health.resting_until("other") == pytest.approx(500, abs=30)
    assert again.health.view("e").uptime_last_5m == watch.health.view("e").uptime_last_5m == 100
    await database.close()


class TestProbes:
    """With probes, nobody's request has to try an endpoint that failed."""

    def test_it_stays_behind_until_it_has_proved_itself(self, watch: Watch) -> None:
        watch.health.probed = True
        watch.see(FAULT, times=5)
        assert (watch.standing, watch.health.quiet(60)) == (RESTING, [])
        watch.now += 5
        assert (watch.standing, watch.health.quiet(60)) == (DOWN, ["e"])
        watch.health.began("e")
        assert (watch.standing, watch.health.quiet(60)) == (RESTING, [])
        watch.see(OK)
        assert (watch.standing, watch.health.quiet(60)) == (FINE, [])
        watch.now += 60
        assert watch.health.quiet(60) == ["e"]
        watch.see(OK)
        assert watch.health.quiet(60) == []

"""One benchmark run: start everything, measure in rounds, stop everything."""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from . import proc
from .process import Unavailable, await_ready, cores, output, spawn, stop
from .subjects import SUBJECTS, Subject, direct

_READY_LIMIT: Final = 120.0
_SETTLE_LIMIT: Final = 30.0
_QUIET: Final = 0.05  # cores


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    subjects: list[str]
    rounds: int = 5
    seconds: float = 3.0  # of each measured window
    streams: int = 300
    concurrency: int = 32
    starts: int = 3
    pin: bool = True


@dataclass
class Report:
    """Everything a run found: values by subject and figure, in the order of the rounds."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict[str, dict[str, list[float]]])
    versions: dict[str, str] = field(default_factory=dict[str, str])
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    faults: list[str] = field(default_factory=list[str])  # wrong answers, broken connections: the run failed
    warnings: list[str] = field(default_factory=list[str])  # the figures hold, with a grain of salt
    runs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])  # as the load generator told them

    def add(self, subject: str, figure: str, value: float | None) -> None:
        """Note one value; None when there was nothing to measure."""
        if value is not None:
            self.values.setdefault(subject, {}).setdefault(figure, []).append(value)


@dataclass
class _Running:
    """A subject that is up, and the share of a core it uses doing nothing."""

    subject: Subject
    process: Popen[bytes]
    idle_cores: float = 0.0


def _busy_us(target: _Running, cpu_s: float, seconds: float) -> float:
    """CPU microseconds that the load cost, without what the subject uses at rest."""
    return max(0.0, cpu_s - target.idle_cores * seconds) * 1e6


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure(plan: Plan) -> Report:
    """Measure everything the plan asks for, in a temporary directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="modelport-bench-") as home, contextlib.ExitStack() as stack:
        bench = _Bench(plan, Path(home), stack)
        running = bench.start()
        bench.rest(running)
        for each in running:  # the first requests pay for lazy imports and new connections
            bench.warm(each)
        for number in range(plan.rounds):
            _say(f"round {number + 1} of {plan.rounds}")
            # Another one goes first each round, so that none always follows the same neighbour.
            turn = number % len(running)
            bench.round(running[turn:] + running[:turn], running[0])
        return bench.report


class _Bench:
    """The steps of a run."""

    def __init__(self, plan: Plan, home: Path, stack: contextlib.ExitStack) -> None:
        self._plan = plan
        self._home = home
        self._stack = stack
        self._load_core, self._core = cores() if plan.pin else (None, None)
        self.report = Report()

    def start(self) -> list[_Running]:
        """Start the mock and all subjects that can be had; the mock comes first in the list."""
        mock = direct()
        running = [self._keep(mock, self._load_core)]
        ready: list[Subject] = []
        for name in self._plan.subjects:
            home = self._home / name
            home.mkdir()
            try:
                ready.append(SUBJECTS[name](home, mock.port))
            except Unavailable as reason:
                self._skip(name, reason)
        for number in range(self._plan.starts):
            last = number == self._plan.starts - 1
            for subject in [each for each in ready if each.name not in self.report.skipped]:
                try:
                    if last:
                        running.append(self._keep(subject, self._core))
                    else:
                        stop(self._launch(subject, self._core))
                except Unavailable as reason:
                    self._skip(subject.name, reason)
        return running

    def _skip(self, name: str, reason: Unavailable) -> None:
        _say(f"SKIPPED {name}: {reason}")
        self.report.skipped[name] = str(reason)

    def _keep(self, subject: Subject, core: int | None) -> _Running:
        process = self._launch(subject, core)
        self._stack.callback(stop, process)
        self.report.versions[subject.name] = subject.version
        return _Running(subject, process)

    def _launch(self, subject: Subject, core: int | None) -> Popen[bytes]:
        log = self._home / f"{subject.name}.log"
        start = time.perf_counter()
        process = spawn(subject.command, log, core=core, env=subject.env)
        await_ready(process, subject.port, subject.ready, log, limit=_READY_LIMIT)
        took = time.perf_counter() - start
        self.report.add(subject.name, "start_s", took)
        _say(f"{subject.name} ready after {took:.2f} s")
        return process

    def rest(self, running: list[_Running]) -> None:
        """See what each uses while nothing is asked of it."""
        seconds = min(3.0, self._plan.seconds)
        # What a program does once, beside its first requests, is not what it uses at rest.
        until = time.monotonic() + min(_SETTLE_LIMIT, 10 * self._plan.seconds)
        busy = True
        while busy and time.monotonic() < until:
            spent = [proc.cpu_seconds(each.process.pid) for each in running]
            time.sleep(1)
            after = [proc.cpu_seconds(each.process.pid) for each in running]
            busy = any(b - a > _QUIET for a, b in zip(spent, after, strict=True))
        before = {each.subject.name: proc.cpu_seconds(each.process.pid) for each in running}
        time.sleep(seconds)
        for each in running:
            name = each.subject.name
            each.idle_cores = (proc.cpu_seconds(each.process.pid) - before[name]) / seconds
            self.report.add(name, "idle_cores", each.idle_cores)
            self.report.add(name, "rss_idle_mb", proc.rss_mb(each.process.pid))

    def load(self, target: _Running, mode: str, *, seconds: float, **options: float) -> dict[str, Any]:
        """Run the load generator once and return what it saw."""
        subject = target.subject
        command = [sys.executable, "-m", "bench.load", mode, "--seconds", str(seconds)]
        command += ["--port", str(subject.port), "--pid", str(target.process.pid)]
        command += ["--path", subject.path, "--model", subject.model]
        command += ["--key", subject.key] if subject.key else []
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", f"{value:g}"]
        if self._load_core is not None:
            command = ["taskset", "-c", str(self._load_core), *command]
        seen: dict[str, Any] = json.loads(output(command, limit=3 * seconds + 120))
        if faults := seen["faults"]:
            self.report.faults.append(f"{subject.name}, {mode}: {faults}")
        if (died := target.process.poll()) is not None:
            self.report.faults.append(f"{subject.name} ended during the run with {died}")
        self.report.runs.append({"subject": subject.name, "mode": mode, **options, **seen})
        return seen

    def warm(self, each: _Running) -> None:
        """A few requests that nobody looks at."""
        with self._noting(each):
            self.load(each, "closed", seconds=0.2)

    @contextlib.contextmanager
    def _noting(self, each: _Running) -> Generator[None]:
        """A load run that could not be carried out is a fault of the report, not the end of it."""
        try:
            yield
        except Unavailable as reason:
            self.report.faults.append(f"{each.subject.name}: {reason}")

    def round(self, running: list[_Running], mock: _Running) -> None:
        """Measure each subject once in each way; what belongs together is close in time."""
        for each in running:
            with self._noting(each):
                self._closed(each)
        for rate in sorted({each.subject.rate for each in running}, reverse=True):
            with self._noting(mock):
                self._latency([each for each in running if each.subject.rate == rate], mock, rate)
        for pace in sorted({each.subject.pace_ms for each in running}):
            with self._noting(mock):
                self._streams([each for each in running if each.subject.pace_ms == pace], mock, pace)

    def _closed(self, each: _Running) -> None:
        seen = self.load(each, "closed", seconds=self._plan.seconds, concurrency=self._plan.concurrency)
        name, count = each.subject.name, seen["count"]
        self.report.add(name, "rps", count / seen["window_s"])
        self.report.add(
            name, "cpu_us_request", _busy_us(each, seen["cpu_s"], seen["window_s"]) / count if count else None
        )

    def _latency(self, group: list[_Running], mock: _Running, rate: float) -> None:
        seconds = self._plan.seconds * (1 if rate >= 100 else 3)
        plain = self.load(mock, "open", seconds=seconds, rate=rate)
        for each in group:
            with self._noting(each):
                seen = plain if each is mock else self.load(each, "open", seconds=seconds, rate=rate)
                self._note_times(each, seen, plain, "", "added_")

    def _note_times(self, each: _Running, seen: dict[str, Any], plain: dict[str, Any], prefix: str, added: str) -> None:
        """Note the percentiles of a run, and what lies between them and those of the mock alone."""
        name = each.subject.name
        for share in ("p50_ms", "p99_ms"):
            value, base = seen[share], plain[share]
            self.report.add(name, f"{prefix}{share}", value)
            if name != "direct" and value is not None and base is not None:
                self.report.add(name, f"{added}{share}", value - base)

    def _streams(self, group: list[_Running], mock: _Running, pace: int) -> None:
        def flow(target: _Running, ramp: float) -> dict[str, Any]:
            return self.load(
                target,
                "streams",
                seconds=self._plan.seconds * (1 if pace < 200 else 3),
                streams=self._plan.streams,
                pace_ms=pace,
                ramp=ramp * min(1.0, self._plan.streams / 300),
            )

        plain = flow(mock, mock.subject.ramp)
        for each in group:
            with self._noting(each):
                seen = plain if each is mock else flow(each, each.subject.ramp)
                self._note_streams(each, seen)
                self._note_times(each, seen, plain, "lag_", "added_lag_")

    def _note_streams(self, each: _Running, seen: dict[str, Any]) -> None:
        name, count = each.subject.name, seen["count"]
        if seen["started"] < self._plan.streams:
            self.report.warnings.append(f"{name}: {seen['started']} streams flowed when the window opened")
        if seen["completed"] < self._plan.streams:
            self.report.faults.append(f"{name}: {seen['completed']} streams ended well")
        if count:
            per_event = _busy_us(each, seen["cpu_s"], seen["window_s"]) / count
            self.report.add(name, "cpu_us_event", per_event)
            # What is left of the whole when the events are paid: opening, admitting, settling, closing.
            whole = _busy_us(each, seen["total_cpu_s"], seen["total_s"])
            self.report.add(name, "cpu_us_stream", (whole - per_event * seen["total_count"]) / self._plan.streams)
        self.report.add(name, "rss_streams_mb", seen["rss_mb"])

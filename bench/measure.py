"""What a load run aims at and what it brings home."""

import time
from dataclasses import dataclass, field
from typing import Final

from . import proc
from .wire import PATH

HOST: Final = "127.0.0.1"
MOST_REQUESTS: Final = 2_000_000  # no run sends more, whatever it was asked
MOST_SECONDS: Final = 120.0  # nor lasts longer


@dataclass(frozen=True)
class Target:
    """Where the load goes, and whose CPU it is charged to."""

    port: int
    pid: int
    path: str = PATH
    model: str = "echo"
    key: str | None = None


@dataclass
class Result:
    """What one run saw. `cpu_s` belongs to `window_s` and to `count` requests or events inside it."""

    window_s: float = 0.0
    count: int = 0
    cpu_s: float = 0.0
    rss_mb: float = 0.0
    faults: dict[str, int] = field(default_factory=dict[str, int])
    p50_ms: float | None = None
    p99_ms: float | None = None
    # Streams only: how many had begun when the window opened and ended with [DONE]; the run as a whole.
    started: int = 0
    completed: int = 0
    total_count: int = 0
    total_cpu_s: float = 0.0
    total_s: float = 0.0
    # Open loop only: how late the generator itself was, at the 99th percentile.
    late_p99_ms: float | None = None


def percentile(values: list[float], share: float) -> float | None:
    """The value below which `share` of the values lie, in milliseconds for values in seconds."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Window:
    """CPU time and the clock at the start of what is measured."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cpu = proc.cpu_seconds(pid)
        self._clock = time.perf_counter()

    def close(self) -> tuple[float, float]:
        """CPU seconds and seconds since the start."""
        return proc.cpu_seconds(self._pid) - self._cpu, time.perf_counter() - self._clock

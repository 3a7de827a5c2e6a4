"""Time, in one place, so that tests can hold it still.

`now()` is wall time as aware UTC for records; `monotonic()` is for durations and deadlines.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["UTC", "day", "monotonic", "now", "now_ms"]


def now() -> datetime:
    """The wall time, aware, in UTC."""
    return datetime.now(UTC)


def now_ms() -> int:
    """The wall time in whole milliseconds since 1970: what every table stores."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds on a clock that never goes back: for durations only."""
    return time.monotonic()


def day(at_ms: int) -> int:
    """The number of whole UTC days since 1970 at `at_ms` milliseconds."""
    return at_ms // 86_400_000

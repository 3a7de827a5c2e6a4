"""Load of many paced streams at once."""

import asyncio
import contextlib
import time
from dataclasses import dataclass

from . import proc
from .client import Connection, Faults, StreamClient, StreamTotals
from .measure import HOST, Result, Target, Window, percentile
from .wire import chat_body, http_request


@dataclass(frozen=True)
class Pace:
    """How many streams at once, how far apart their events are, and over what time they begin."""

    streams: int
    pace_ms: int
    ramp: float


def _settle(seconds: float) -> float:
    """How long the last stream has to give its first event before the window opens."""
    return min(1.0, seconds)


async def _open_streams(target: Target, pace: Pace, seconds: float, faults: Faults) -> StreamTotals:
    """Begin all streams, evenly over the ramp; each is long enough to outlast the window."""
    loop = asyncio.get_running_loop()
    events = int((pace.ramp + _settle(seconds) + seconds * 1.1 + 0.2) * 1000 / pace.pace_ms) + 1
    body = chat_body(target.model, events=events, pace_ms=pace.pace_ms)
    request = http_request(target.port, target.path, body, target.key)
    totals = StreamTotals(pace.streams)
    start = time.perf_counter()
    for number in range(pace.streams):
        await asyncio.sleep(max(0.0, start + number * pace.ramp / pace.streams - time.perf_counter()))
        try:
            made: tuple[asyncio.BaseTransport, Connection] = await loop.create_connection(
                lambda: StreamClient(faults, totals), HOST, target.port
            )
        except OSError as error:
            faults.add(f"connect: {error}")
            totals.end()
            continue
        made[1].send(request)
    return totals


async def run_streams(target: Target, pace: Pace, seconds: float) -> Result:
    """Measure while all streams flow, then let them end by themselves and look at the whole."""
    faults = Faults()
    whole = Window(target.pid)
    totals = await _open_streams(target, pace, seconds, faults)
    await asyncio.sleep(_settle(seconds))
    started, before = totals.started, totals.events
    totals.lags.clear()
    window = Window(target.pid)
    await asyncio.sleep(seconds)
    count, lags = totals.events - before, totals.lags.copy()
    cpu, length = window.close()
    rss = proc.rss_mb(target.pid)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(totals.over.wait(), pace.ramp + seconds + 15)
    if totals.left:
        faults.by_kind["streams that did not end"] = totals.left
    whole_cpu, whole_s = whole.close()
    return Result(
        window_s=length,
        count=count,
        cpu_s=cpu,
        rss_mb=rss,
        faults=faults.by_kind,
        p50_ms=percentile(lags, 0.5),
        p99_ms=percentile(lags, 0.99),
        started=started,
        completed=totals.completed,
        total_count=totals.events,
        total_cpu_s=whole_cpu,
        total_s=whole_s,
    )

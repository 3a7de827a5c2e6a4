"""Load without streams: closed loop at full tilt, and open loop at a fixed rate."""

import asyncio
import time

from . import proc
from .client import Faults, PlainClient
from .measure import HOST, MOST_REQUESTS, Result, Target, Window, percentile
from .wire import chat_body, http_request


async def _connect_plain(target: Target, faults: Faults, run: "ClosedLoop | OpenLoop") -> PlainClient:
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: PlainClient(faults, run.done), HOST, target.port)
    return client


class ClosedLoop:
    """Closed loop: each connection sends its next request as soon as the last was answered."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._faults = Faults()
        self._request = http_request(target.port, target.path, chat_body(target.model), target.key)
        self._open = True
        self._count = 0
        self._times: list[float] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def done(self, client: PlainClient, seconds: float | None) -> None:
        """An answer came: count it and send the next."""
        if seconds is not None:
            self._count += 1
            self._times.append(seconds)
        if not self._open or self._count >= MOST_REQUESTS or self._faults.total > 1000:
            return
        if client.transport is not None:
            client.send(self._request)
        else:
            task = asyncio.ensure_future(self._join())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _join(self) -> None:
        try:
            client = await _connect_plain(self._target, self._faults, self)
        except OSError as error:
            self._faults.add(f"connect: {error}")
            return
        client.send(self._request)

    async def run(self, concurrency: int, seconds: float, warm: float) -> Result:
        """Warm up, then measure for `seconds`."""
        await asyncio.gather(*(self._join() for _ in range(concurrency)))
        await asyncio.sleep(warm)
        self._count = 0
        self._times.clear()
        window = Window(self._target.pid)
        await asyncio.sleep(seconds)
        count, times = self._count, self._times.copy()
        cpu, length = window.close()
        rss = proc.rss_mb(self._target.pid)
        self._open = False
        await asyncio.sleep(0.05)
        return Result(
            window_s=length,
            count=count,
            cpu_s=cpu,
            rss_mb=rss,
            faults=self._faults.by_kind,
            p50_ms=percentile(times, 0.5),
            p99_ms=percentile(times, 0.99),
        )


class OpenLoop:
    """Open loop: requests leave at a fixed rate, whether or not the ones before were answered."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._faults = Faults()
        self._request = http_request(target.port, target.path, chat_body(target.model), target.key)
        self._idle: list[PlainClient] = []
        self._times: list[float] = []
        self._late: list[float] = []
        self._waiting = 0

    def done(self, client: PlainClient, seconds: float | None) -> None:
        """An answer came: note its time, and keep the connection for later."""
        self._waiting -= 1
        if seconds is not None:
            self._times.append(seconds)
        if client.transport is not None:
            self._idle.append(client)

    async def _send(self) -> None:
        self._waiting += 1
        while self._idle:
            client = self._idle.pop()
            if client.transport is not None:
                client.send(self._request)
                return
        try:
            client = await _connect_plain(self._target, self._faults, self)
        except OSError as error:
            self._waiting -= 1
            self._faults.add(f"connect: {error}")
            return
        client.send(self._request)

    async def run(self, rate: float, seconds: float, warm: float) -> Result:
        """Send for `warm + seconds`; the requests of the warm-up do not count."""
        self._idle = [await _connect_plain(self._target, self._faults, self) for _ in range(8)]
        total = min(int(rate * (warm + seconds)), MOST_REQUESTS)
        skip = int(rate * warm)
        start = time.perf_counter()
        window = Window(self._target.pid)
        for number in range(total):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if number == skip:
                self._times.clear()
                window = Window(self._target.pid)
            self._late.append(time.perf_counter() - due)
            await self._send()
        for _ in range(200):
            if not self._waiting:
                break
            await asyncio.sleep(0.05)
        cpu, length = window.close()
        if self._waiting:
            self._faults.by_kind["unanswered after 10 s"] = self._waiting
        return Result(
            window_s=length,
            count=len(self._times),
            cpu_s=cpu,
            faults=self._faults.by_kind,
            p50_ms=percentile(self._times, 0.5),
            p99_ms=percentile(self._times, 0.99),
            late_p99_ms=percentile(self._late, 0.99),
        )

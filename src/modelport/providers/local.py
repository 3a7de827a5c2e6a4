"""The local free model: a child process with llama.cpp inside, kept alive beside the gateway.

`LocalModel.run` is one background task: fetch the weights if they are missing, start the child, watch it,
restart it. It never raises into the server: what goes wrong is its `status`. `local_weights.py` fetches,
`local_child.py` is one life of the child, `local_server.py` is the child itself.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelport.kit.clock import monotonic
from modelport.kit.ids import random_text
from modelport.providers.local_child import COMMAND, Child, StartFailed
from modelport.providers.local_facts import LOCAL_MODEL, LocalModelFacts, LocalModelUnavailable
from modelport.providers.local_server import Orders
from modelport.providers.local_weights import Progress, fetch_weights

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LOCAL_MODEL", "LocalModel", "LocalModelFacts", "LocalModelUnavailable", "LocalStatus", "Timing"]

State = Literal["unavailable", "downloading", "starting", "ready", "restarting", "stopped"]
Fetch = Callable[[Progress, Callable[[], bool]], "Path"]


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """Where the local model stands, for people and for the health page."""

    state: State
    detail: str = ""
    """One sentence; for `unavailable` it holds the remedy."""
    progress: float | None = None
    """How far the current phase of the download is, 0 to 1; None where there is no measure."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Every wait of the supervision, in seconds."""

    start: float = 60.0
    """From the start of the child to its first answer; a cold disk takes about 3."""
    check_every: float = 3.0
    check_timeout: float = 5.0
    failed_checks: int = 3
    """So many failed checks in a row mean that it hangs."""
    first_delay: float = 1.0
    """Before the first restart; doubled for each further one."""
    longest_delay: float = 60.0
    calm: float = 120.0
    """After so long without a crash the delay begins anew."""
    unavailable_delay: float = 60.0
    """Before a download that failed is tried again; doubled each time, up to an hour."""
    grace: float = 3.0
    """What the child gets to end by itself."""


class LocalModel:
    """The supervisor. Made once by the application; used from one event loop only."""

    def __init__(
        self,
        models_dir: Path,
        *,
        log: Callable[[str], None],
        log_path: Path,
        timing: Timing | None = None,
        threads: int | None = None,
        fetch: Fetch | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """`log` gets one line for each change; `log_path` is the engine's own log, emptied at each start.

        `threads` is the engine's number of threads, by default the processors we may use, at most 4.
        `fetch` and `command` replace the download and the child (another engine, tests).
        """
        self._log = log
        self._log_path = log_path
        self._timing = timing or Timing()
        self._threads = threads or min(4, _processors())
        self._models_dir = models_dir
        self._fetch = fetch or self._fetch_default
        self._command = tuple(command)
        self._needs_engine = self._command == COMMAND
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()  # read by the download's thread as well
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._status = LocalStatus("stopped")

    @property
    def status(self) -> LocalStatus:
        """Where it stands now."""
        return self._status

    @property
    def address(self) -> tuple[str, str] | None:
        """(base URL without `/v1`, API key) while it is ready, else None. Both are new after each restart."""
        if self._status.state != "ready" or self._child is None:
            return None
        return self._child.url, self._child.api_key

    async def start(self) -> None:
        """Begin `run` in the background, if it is not running. Returns at once: see `wait_ready`."""
        if self._task is None or self._task.done():
            self._stopping.clear()
            self._wake.clear()
            self._set("starting", "starting")
            self._task = asyncio.create_task(self.run(), name="local-model")

    async def stop(self) -> None:
        """End the child and the task, within 5 s. Harmless if nothing runs."""
        self._stopping.set()
        self._wake.set()
        task = self._task
        if task is not None and not task.done():
            _, late = await asyncio.wait({task}, timeout=self._timing.grace + 1)
            if late:
                task.cancel()
                await asyncio.wait({task}, timeout=0.5)
        if self._child is not None:
            self._child.kill()
        self._set("stopped")

    async def wait_ready(self, timeout: float) -> tuple[str, str]:  # noqa: ASYNC109 - one deadline, many waits
        """The address, once it is ready. Raises `LocalModelUnavailable` if it can't be, or not in `timeout` s."""
        try:
            async with asyncio.timeout(timeout):
                while (address := self.address) is None:
                    if self._status.state in {"unavailable", "stopped"}:
                        raise LocalModelUnavailable(self._status.detail or "It is switched off.", "")
                    await self._changed.wait()
        except TimeoutError:
            raise LocalModelUnavailable(
                f"It is not ready yet ({self._status.state}: {self._status.detail}).", "Wait a little.", retryable=True
            ) from None
        return address

    async def run(self) -> None:
        """Fetch, start, watch, restart, until `stop`. Returns early where nothing more can be done."""
        self._task = asyncio.current_task()
        timing = self._timing
        delay, patience = timing.first_delay, timing.unavailable_delay
        try:
            while not self._stopping.is_set():
                began = monotonic()
                try:
                    await self._live(await self._prepare())
                except LocalModelUnavailable as error:
                    if self._stopping.is_set():
                        break
                    self._set("unavailable", f"{error.reason} {error.remedy}")
                    if not error.retryable:
                        return
                    await self._pause(patience)
                    patience = min(3600.0, 2 * patience)
                    continue
                except Exception as error:  # noqa: BLE001 - the edge: a demo model must not harm the server
                    ended = f"{error}" if isinstance(error, StartFailed) else f"unexpected: {error!r}"
                    if monotonic() - began > timing.calm:
                        delay = timing.first_delay
                    self._set("restarting", f"{ended}; next start in {delay:g} s")
                    await self._pause(delay)
                    delay = min(timing.longest_delay, 2 * delay)
        finally:
            self._stopping.set()
            if self._status.state != "unavailable":
                self._set("stopped")

    def _fetch_default(self, progress: Progress, cancelled: Callable[[], bool]) -> Path:
        return fetch_weights(self._models_dir, progress=progress, cancelled=cancelled)

    async def _prepare(self) -> Path:
        """The path of the weights, fetched if need be; not before the engine is known to be there."""
        if self._needs_engine and importlib.util.find_spec("xllamacpp") is None:
            raise LocalModelUnavailable(
                "The engine is not installed.",
                "Install it with `pip install 'modelport[local]'`, where your platform has a wheel of xllamacpp.",
            )
        loop = asyncio.get_running_loop()

        def progress(phase: str, fraction: float | None) -> None:
            if not self._stopping.is_set():  # the loop may be gone by then
                loop.call_soon_threadsafe(self._set, "downloading", phase, fraction)

        return await asyncio.to_thread(self._fetch, progress, self._stopping.is_set)

    async def _live(self, weights: Path) -> None:
        """One life of the child; returns after `stop`, raises when the child ended or hung."""
        self._set("starting", "loading the model")
        orders = Orders(
            model_path=str(weights),
            alias=LOCAL_MODEL.upstream_model,
            api_key=random_text(32),
            parent_pid=os.getpid(),
            context=LOCAL_MODEL.context_length,
            usual=LOCAL_MODEL.usual_completion_tokens,
            threads=self._threads,
        )
        child = self._child = await Child.spawn(orders, self._log_path, self._command)
        try:
            # Both can end it, whichever comes first; a stop must not wait for a slow start.
            stopped = asyncio.ensure_future(self._wake.wait())
            watched = asyncio.ensure_future(self._watch(child))
            try:
                await asyncio.wait({stopped, watched}, return_when=asyncio.FIRST_COMPLETED)
                if watched.done():
                    await watched
            finally:
                stopped.cancel()
                watched.cancel()
                await asyncio.wait({stopped, watched})
        except BaseException:
            child.kill()
            raise
        finally:
            self._child = None
            await child.stop(self._timing.grace)

    async def _watch(self, child: Child) -> None:
        """Wait until `child` is ready, say so, and check it until it fails. Raises then."""
        timing = self._timing
        await child.address(timing.start)
        self._set("ready", "ready")
        failed = 0
        while failed < timing.failed_checks:
            try:
                await asyncio.wait_for(child.process.wait(), timing.check_every)
            except TimeoutError:
                failed = 0 if await child.healthy(timing.check_timeout) else failed + 1
                await child.trim_log()
            else:
                raise child.failure()
        raise StartFailed(f"it did not answer {failed} health checks")

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until `stop`."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _set(self, state: State, detail: str = "", progress: float | None = None) -> None:
        before, self._status = self._status, LocalStatus(state, detail, progress)
        self._changed.set()
        self._changed = asyncio.Event()
        quarter = None if progress is None else int(progress * 4)
        if (before.state, before.detail) != (state, detail):
            self._log(f"local model: {state}" + (f", {detail}" if detail not in {"", state} else ""))
        elif quarter and before.progress is not None and int(before.progress * 4) < quarter:
            self._log(f"local model: {detail}, {quarter * 25} %")


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

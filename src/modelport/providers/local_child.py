"""One life of the local model's process, seen from the gateway: start, address, health, end.

`local.py` decides when to start the next one; `local_server.py` is what runs inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec

from modelport.providers.local_facts import LocalModelUnavailable
from modelport.providers.local_server import Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from modelport.providers.local_server import Orders

__all__ = ["COMMAND", "Child", "StartFailed"]

COMMAND: tuple[str, ...] = (sys.executable, "-m", "modelport.providers.local_server")
_LOG_LIMIT = 8 << 20
"""Bytes after which the engine's log starts anew."""


class StartFailed(Exception):
    """This start came to nothing; another may succeed."""


@dataclass(slots=True)
class Child:
    """A running process and what it told us. Made by `spawn`, and `stop` must be called in the end."""

    process: asyncio.subprocess.Process
    api_key: str
    log_path: Path
    url: str = field(default="")
    """`http://127.0.0.1:<port>`, once `address` has returned."""

    @classmethod
    async def spawn(cls, orders: Orders, log_path: Path, command: Sequence[str] = COMMAND) -> Self:
        """Start the process in a session of its own (a Ctrl-C meant for us must not reach it), log truncated."""
        log = await asyncio.to_thread(_open_log, log_path)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                # libgomp reads it once, at its start. Without it, threads that spin for work halve the speed of
                # everything on a busy machine, their own included.
                env={**_harmless_environment(), "GOMP_SPINCOUNT": "2000"},
            )
        finally:
            os.close(log)
        child = cls(process, orders.api_key, log_path)
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it died already: `address` says so
            process.stdin.write(msgspec.json.encode(orders) + b"\n")
        return child

    async def address(self, timeout: float) -> str:  # noqa: ASYNC109 - one deadline over several waits
        """Wait until it answers, and return its URL. Raises `StartFailed` or `LocalModelUnavailable`."""
        try:
            async with asyncio.timeout(timeout):
                assert self.process.stdout is not None
                report = _read_report(await self.process.stdout.readline())
                if report is None:
                    await self.process.wait()
                    raise self.failure()
                if report.final:
                    raise LocalModelUnavailable(report.error, report.remedy)
                if report.error:
                    raise StartFailed(report.error)
                self.url = report.url
                while not await self.healthy(timeout):
                    if self.process.returncode is not None:
                        raise self.failure()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise StartFailed(f"it did not answer within {timeout:.0f} s") from None
        return self.url

    def failure(self) -> StartFailed | LocalModelUnavailable:
        """Why the ended process ended, by its exit status."""
        status = self.process.returncode
        if status is not None and status == -getattr(signal, "SIGILL", 4):
            return LocalModelUnavailable(
                "This processor lacks instructions the engine needs (AVX2, FMA, F16C).",
                "Run the gateway on a newer machine, or switch the local model off.",
            )
        if status is not None and status < 0:
            hint = " (out of memory?)" if status == -9 else ""
            return StartFailed(f"it was killed by signal {-status}{hint}")
        return StartFailed(f"it ended with exit status {status}")

    async def healthy(self, timeout: float) -> bool:  # noqa: ASYNC109 - one deadline over several waits
        """Whether `GET /health` is answered with 200 within `timeout` seconds."""
        parts = urlsplit(self.url)
        request = f"GET /health HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(request.encode())
                status_line = await reader.readline()
        except (OSError, TimeoutError):
            return False
        finally:
            if writer is not None:
                writer.transport.abort()
        return status_line.split(b" ")[1:2] == [b"200"]

    async def trim_log(self) -> None:
        """Start the log anew if it has grown large; the engine appends, so it goes on at the new end."""
        await asyncio.to_thread(_trim, self.log_path)

    async def stop(self, grace: float) -> None:
        """End it: ask by closing its standard input, and after `grace` seconds kill it with all it started."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), grace)
        finally:
            self.kill()
        await self.process.wait()

    def kill(self) -> None:
        """Kill it at once, with all it started; nothing happens if it has ended."""
        if self.process.returncode is None:  # else its number may be another process's by now
            with contextlib.suppress(ProcessLookupError):
                if sys.platform == "win32":
                    self.process.kill()
                else:
                    os.killpg(self.process.pid, signal.SIGKILL)


def _read_report(line: bytes) -> Report | None:
    try:
        return msgspec.json.decode(line, type=Report)
    except msgspec.DecodeError:
        return None


def _open_log(path: Path) -> int:
    """A descriptor on the emptied log. Appending, or `_trim` would leave a hole where the old text was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)


def _trim(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.stat().st_size > _LOG_LIMIT:
            os.truncate(path, 0)


def _harmless_environment() -> dict[str, str]:
    """Our environment without the gateway's secrets: the engine has no use for them."""
    secret = ("_KEY", "_SECRET", "_TOKEN", "_PASSWORD")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MODELPORT_") and not name.endswith(secret)
    }

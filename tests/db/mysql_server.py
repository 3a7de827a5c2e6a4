"""A MariaDB or MySQL of the tests' own: from the installed binaries, in a folder of its own, on a loopback port."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pymysql

__all__ = ["MySql", "installed"]

PASSWORD = "sesame:/@1"
_FAST = ("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--skip-log-bin")


def installed() -> str | None:
    """The program of the server, where there is one."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec"])
    return shutil.which("mariadbd", path=places) or shutil.which("mysqld", path=places)


class MySql:
    """One server, with a user who has a password."""

    def __init__(self) -> None:
        program = installed()
        assert program is not None, "neither MariaDB nor MySQL is installed"
        self._program = program
        self._folder = Path(tempfile.mkdtemp(prefix="modelport-my-", dir="/tmp"))
        self._user = ("--user=mysql",) if os.getuid() == 0 else ()
        if self._user:
            entry = pwd.getpwnam("mysql")
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)

    def start(self) -> None:
        """Makes its data and starts it."""
        data = f"--datadir={self._folder / 'data'}"
        if "mariadb" in self._program:
            make = ["mariadb-install-db", "--no-defaults", data, "--auth-root-authentication-method=normal"]
            subprocess.run([*make, "--skip-test-db", *self._user], check=True, capture_output=True, cwd=self._folder)
        else:
            make = [self._program, "--no-defaults", data, "--initialize-insecure", *self._user]
            subprocess.run(make, check=True, capture_output=True, cwd=self._folder)
        where = [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self._folder / 'socket'}"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._program, "--no-defaults", data, *where, *_FAST, *self._user], stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self._folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)
        self.run("", f"CREATE USER 'app'@'%' IDENTIFIED BY '{PASSWORD}'", "GRANT ALL ON *.* TO 'app'@'%'")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._folder / "socket")) == 0

    def run(self, database: str, *statements: str | tuple[str, list[tuple[Any, ...]]]) -> None:
        """Statements, or statements with rows."""
        with (
            pymysql.connect(
                unix_socket=str(self._folder / "socket"), user="root", database=database or None, autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            for each in statements:
                if isinstance(each, str):
                    cursor.execute(each)
                else:
                    cursor.executemany(*each)

    def remove(self) -> None:
        """Stops it and removes its files."""
        atexit.unregister(self.remove)
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

"""Real databases for tests: SQLite copied from a migrated file, PostgreSQL copied from a migrated template."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import structlog.testing
from blockbuster import blockbuster_ctx

from db.postgres_cluster import Cluster, binaries
from modelport.db.database import Database, DatabaseDown
from modelport.db.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from sqlalchemy import Connection

__all__ = [
    "Faulty",
    "Place",
    "a_place",
    "blocking_where_it_may",
    "cluster",
    "migrated_file",
    "migrated_server",
    "place",
    "quiet",
    "template_file",
]

T = TypeVar("T")


class Faulty(Database):
    """A database that fails on demand: the next writes raise `DatabaseDown`, before or after they commit."""

    def __init__(self, url: str | None, sqlite_path: Path) -> None:
        super().__init__(url, sqlite_path)
        self.plan: list[str] = []
        """What happens to the writes to come: `before` or `after` the commit, anything else is let through."""
        self.refuse = False
        """While set, every write fails before it begins."""
        self.writes = 0
        """How many writes were committed."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Writes, or fails as told."""
        fate = self.plan.pop(0) if self.plan else ""
        if self.refuse or fate == "before":
            raise DatabaseDown("The test refuses to write.", retry_after=2) from OSError("refused")
        result = await super().write(work)
        self.writes += 1
        if fate == "after":
            raise DatabaseDown("The test loses the answer to the commit.", retry_after=2) from OSError(
                "connection lost"
            )
        return result


class Place:
    """Where one test's database is; opens any number of `Database` objects on it, as servers would."""

    def __init__(self, url: str | None, path: Path) -> None:
        self.url = url
        self.path = path
        self._open: list[Faulty] = []

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return "postgresql" if self.url else "sqlite"

    def open(self) -> Faulty:
        """One more process's view of the database."""
        database = Faulty(self.url, self.path)
        self._open.append(database)
        return database

    async def close(self) -> None:
        """Closes all of them."""
        for database in self._open:
            await database.close()


def _make(url: str | None, path: Path) -> None:
    async def make() -> None:
        database = Database(url, path)
        try:
            await migrate(database)
        finally:
            await database.close()

    # In a thread, because the test that asks first may have a loop running.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(make())).result()


@functools.cache
def template_file() -> Path:
    """The same file as `migrated_file`, for what can't take fixtures."""
    folder = Path(tempfile.mkdtemp(prefix="modelport-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _make(None, folder / "modelport.db")
    return folder / "modelport.db"


@functools.cache
def _server() -> Cluster:
    made = Cluster()
    made.start()
    return made


@functools.cache
def _migrated() -> None:
    _server().sql("CREATE DATABASE modelport")
    _make(_server().url("modelport"), Path("unused.db"))


# Every folder's conftest has fixtures of its own, also where it imports them; what they give is made once a process.


@pytest.fixture(scope="session")
def migrated_file() -> Path:
    """A SQLite file with the whole schema and nothing in it, to be copied."""
    return template_file()


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """A running PostgreSQL, one for each test process."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed; `.ci/run` installs it")
    return _server()


@pytest.fixture(scope="session")
def migrated_server(cluster: Cluster) -> Cluster:
    """The same with the whole schema in the database `modelport`."""
    _migrated()
    return cluster


@contextlib.asynccontextmanager
async def a_place(request: pytest.FixtureRequest, dialect: str, folder: Path) -> AsyncGenerator[Place]:
    """A migrated, empty database for one test."""
    path = folder / "modelport.db"
    if dialect == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        made = Place(None, path)
    else:
        server: Cluster = request.getfixturevalue("migrated_server")
        server.empty("modelport")
        made = Place(server.url("modelport"), path)
    try:
        yield made
    finally:
        await made.close()


_MAY_BLOCK = (
    ("modelport/db/database.py", "__init__"),
    ("modelport/db/migrate.py", "_upgrade"),
    ("asyncpg/connect_utils.py", "_parse_connect_arguments"),  # looks for a password file at every connection
    ("tests/db/postgres_cluster.py", "stop"),
    ("tests/db/postgres_cluster.py", "sql"),
)


@pytest.fixture(autouse=True, name="_no_blocking_calls")
def blocking_where_it_may() -> Generator[None]:
    """Stands in for the fixture of all tests: here databases are opened, and stopped, in the middle of a loop."""
    with blockbuster_ctx(scanned_modules=["modelport"]) as detector:
        for function in detector.functions.values():
            for file, name in _MAY_BLOCK:
                function.can_block_in(file, name)
        yield


@pytest.fixture(autouse=True)
def quiet() -> Generator[None]:
    """Faults on purpose need not fill the terminal; drawing their tracebacks takes seconds."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Place]:
    """The same test on both databases."""
    dialect: Any = request.param
    async with a_place(request, dialect, tmp_path) as made:
        yield made

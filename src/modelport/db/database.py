"""Reads and writes of the database, the same for SQLite and PostgreSQL.

Every query in the house is a plain function of a SQLAlchemy `Connection`, kept in a domain's `store.py`.
`Database` runs it: on SQLite in a thread of its own (one for writing, so that writes queue here and not on the
file's lock; two for reading), on PostgreSQL on the event loop through asyncpg. One call is one transaction.

Why not `aiosqlite`: it crosses threads once a statement; here one crossing carries the whole transaction
(ADR 0003).
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc, pool

from modelport.db.aggregates import Percentile
from modelport.db.riding import riding
from modelport.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine

    from modelport.db.riding import Rider

__all__ = ["Database", "DatabaseDown"]

T = TypeVar("T")


class DatabaseDown(Unavailable):
    """The database can't be reached or refuses to write; nothing was committed."""


def _with(rider: Rider, work: Callable[[Connection], T], connection: Connection) -> T:
    with rider(connection):
        return work(connection)


_PATIENCE = 75.0
_BOUNDS = {"statement_timeout": "60s", "lock_timeout": "15s", "idle_in_transaction_session_timeout": "60s"}
"""So that no statement, lock or forgotten transaction of ours can hold up everybody else's."""


class Database:
    """One database and the threads or connections that reach it."""

    def __init__(self, url: str | None, sqlite_path: Path) -> None:
        """`url` of PostgreSQL, or None for SQLite in `sqlite_path`."""
        self.dialect = "postgresql" if url else "sqlite"
        self.patience: float | None = _PATIENCE
        """Seconds after which work on PostgreSQL is given up; None for never, as a migration needs it."""
        self._async: AsyncEngine | None = None
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        if url:
            # It brings the whole object mapper along, which whoever has SQLite need not load.
            from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

            self._async = create_async_engine(
                _asyncpg(url),
                pool_size=10,
                max_overflow=10,
                pool_pre_ping=True,
                connect_args={"timeout": 10, "server_settings": _BOUNDS},
            )
        else:
            self._writer = _sqlite_engine(sqlite_path, "BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(sqlite_path, "BEGIN")
            self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="db-write")
            self._read_threads = ThreadPoolExecutor(2, thread_name_prefix="db-read")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction that is not kept."""
        return await self._run(work, write=False)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one transaction, committed durably before this returns. Whoever rides along in the present
        task (`db/riding.py`) takes part.

        An exception from `work` rolls everything back and comes out as it is; a fault of the database comes
        out as `DatabaseDown`.
        """
        rider = riding.get()
        return await self._run(work if rider is None else partial(_with, rider, work), write=True)

    async def close(self) -> None:
        """Closes every connection. Work that was handed over is finished first."""
        if self._async is not None:
            await self._async.dispose()
            return
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._close_sqlite)

    def _close_sqlite(self) -> None:
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        for engine in (self._writer, self._reader):
            assert engine is not None
            engine.dispose()

    async def _run(self, work: Callable[[Connection], T], *, write: bool) -> T:
        try:
            if self._async is not None:
                # A server that is cut off says nothing for ever; its own bounds (below) are for one that is slow.
                async with asyncio.timeout(self.patience), self._async.begin() as connection:
                    return await connection.run_sync(work)
            threads = self._write_thread if write else self._read_threads
            return await asyncio.get_running_loop().run_in_executor(threads, self._run_sqlite, work, write)
        except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
            if isinstance(error, exc.DBAPIError) and not _is_down(error):
                raise
            raise DatabaseDown("The database can't be reached at the moment; try again.", retry_after=2) from error

    def _run_sqlite(self, work: Callable[[Connection], T], write: bool) -> T:  # noqa: FBT001 (an executor passes by position)
        engine = self._writer if write else self._reader
        assert engine is not None
        with engine.connect() as connection, connection.begin() as transaction:
            result = work(connection)
            if not write:
                transaction.rollback()
            return result


_DOWN = frozenset({"08", "25", "40", "53", "55", "57", "58"})
"""Classes of PostgreSQL's codes that tell of the server or the moment, not of what it was given: connection, read-only
after a failover, deadlock, full, locked, shut down or starting, fault of the system."""


def _is_down(error: exc.DBAPIError) -> bool:
    """Whether trying the same again later can help."""
    if error.connection_invalidated:
        return True
    code: object = getattr(error.orig, "sqlstate", None)  # PostgreSQL only
    if isinstance(code, str):
        return code[:2] in _DOWN
    # asyncpg calls a value that it can't encode an interface error as well; that one is also a ValueError.
    given_badly = error.orig is not None and isinstance(error.orig.__cause__, ValueError)
    return isinstance(error, exc.OperationalError | exc.InterfaceError) and not given_badly


def _sqlite_engine(path: Path, begin: str) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}",
        # Each thread keeps the one connection it opened; the pool never hands it to another.
        poolclass=pool.SingletonThreadPool,
        connect_args={"timeout": 30, "check_same_thread": False},
    )

    def on_connect(connection: DBAPIConnection, _record: object) -> None:
        assert isinstance(connection, sqlite3.Connection)
        # Declared as if aggregates gave integers only.
        connection.create_aggregate("percentile", 2, Percentile)  # pyright: ignore[reportArgumentType]
        connection.isolation_level = None  # we say BEGIN ourselves, so that writers take the lock at once
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-8000")
        # The same few pages change in every commit: a rarer checkpoint copies each of them home less often.
        connection.execute("PRAGMA wal_autocheckpoint=4000")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _asyncpg(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise ValueError(f"the database URL starts with {scheme!r}; give one that starts with 'postgresql://'")
    return "postgresql+asyncpg://" + rest

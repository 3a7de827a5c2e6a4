"""Transactions, and which faults of a database are told as `DatabaseDown`."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from modelport.db.database import Database, DatabaseDown

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from db.database_places import Place
    from db.postgres_cluster import Cluster


def _count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM changes")).scalar_one())


def _add(connection: Connection) -> None:
    connection.execute(text("INSERT INTO changes (topic, subject, created_at) VALUES ('t', 's', 1)"))


async def test_a_write_is_kept_and_seen_by_the_next_read(place: Place) -> None:
    database = place.open()
    await database.write(_add)
    assert await database.read(_count) == 1
    assert await place.open().read(_count) == 1


async def test_an_exception_rolls_back_and_comes_out_as_it_is(place: Place) -> None:
    database = place.open()

    def work(connection: Connection) -> None:
        _add(connection)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await database.write(work)
    assert await database.read(_count) == 0
    await database.write(_add)
    assert await database.read(_count) == 1


async def test_a_broken_rule_is_told_as_such(place: Place) -> None:
    database = place.open()

    def twice(connection: Connection) -> None:
        _add(connection)
        for _ in range(2):
            connection.execute(text("INSERT INTO accounts (id, name, created_at) VALUES ('a', '', 1)"))

    with pytest.raises(IntegrityError):
        await database.write(twice)
    assert await database.read(_count) == 0

    def orphan(connection: Connection) -> None:
        connection.execute(text("INSERT INTO key_days (key_id, day, spent, requests) VALUES ('nobody', 1, 1, 1)"))

    with pytest.raises(IntegrityError):
        await database.write(orphan)


async def test_writes_of_many_tasks_follow_each_other(place: Place) -> None:
    """Read and write again in one transaction, 40 times at once, in two processes' worth of connections."""
    databases = [place.open(), place.open()]
    await databases[0].write(
        lambda connection: connection.execute(
            text("INSERT INTO changes (seq, topic, subject, created_at) VALUES (7, 't', 's', 0)")
        )
    )

    def bump(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            query = "SELECT created_at FROM changes WHERE seq = 7 FOR UPDATE"
        else:
            query = "SELECT created_at FROM changes WHERE seq = 7"
        value = connection.execute(text(query)).scalar_one()
        connection.execute(text("UPDATE changes SET created_at = :v WHERE seq = 7"), {"v": value + 1})

    await asyncio.gather(*(databases[n % 2].write(bump) for n in range(40)))
    assert await databases[0].read(
        lambda connection: connection.execute(text("SELECT created_at FROM changes")).scalar_one()
    ) == 40  # fmt: skip


async def test_a_cancelled_caller_leaves_no_open_transaction(place: Place) -> None:
    database = place.open()
    task = asyncio.create_task(database.write(_add))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.write(_add)
    assert await database.read(_count) in {1, 2}


class TestSqlite:
    """Faults of a file."""

    @pytest.fixture
    def path(self, tmp_path: Path, migrated_file: Path) -> Path:
        path = tmp_path / "modelport.db"
        path.write_bytes(migrated_file.read_bytes())
        return path

    async def test_a_read_keeps_nothing(self, path: Path) -> None:
        database = Database(None, path)
        await database.read(_add)
        assert await database.read(_count) == 0
        await database.close()

    async def test_reads_go_on_while_a_write_is_open(self, path: Path) -> None:
        database = Database(None, path)
        inside, go = threading.Event(), threading.Event()

        def slow(connection: Connection) -> None:
            _add(connection)
            inside.set()
            assert go.wait(20)

        writing = asyncio.create_task(database.write(slow))
        assert await asyncio.to_thread(inside.wait, 20)
        assert await asyncio.wait_for(database.read(_count), 20) == 0
        go.set()
        await writing
        assert await database.read(_count) == 1
        await database.close()

    async def test_durability_is_switched_on(self, path: Path) -> None:
        database = Database(None, path)
        for run in (database.read, database.write):
            settings = await run(
                lambda connection: [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                    for name in ("journal_mode", "synchronous", "foreign_keys")
                ]
            )
            assert settings == ["wal", 2, 1]
        await database.close()

    async def test_locked_by_another_program(self, path: Path) -> None:
        database = Database(None, path)
        await database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=50"))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseDown) as caught:
            await database.write(_add)
        assert caught.value.retry_after is not None
        assert isinstance(caught.value.__cause__, OperationalError)
        other.execute("ROLLBACK")
        other.close()
        await database.write(_add)
        assert await database.read(_count) == 1
        await database.close()

    @pytest.mark.parametrize(
        ("fault", "heal"),
        [
            ("PRAGMA query_only=ON", "PRAGMA query_only=OFF"),
            ("PRAGMA max_page_count=1", "PRAGMA max_page_count=1000000"),
        ],
        ids=["readonly", "full"],
    )
    async def test_a_disk_that_refuses(self, path: Path, fault: str, heal: str) -> None:
        database = Database(None, path)

        def pragma(statement: str) -> None:
            assert database._writer is not None
            database._writer.raw_connection().cursor().execute(statement)

        await asyncio.get_running_loop().run_in_executor(database._write_thread, pragma, fault)
        fill = text("INSERT INTO changes (topic, subject, created_at) VALUES ('t', :s, 1)")
        with pytest.raises(DatabaseDown):
            await database.write(lambda connection: connection.execute(fill, [{"s": "x" * 500}] * 2000))
        assert await database.read(_count) == 0
        await asyncio.get_running_loop().run_in_executor(database._write_thread, pragma, heal)
        await database.write(_add)
        assert await database.read(_count) == 1
        await database.close()

    async def test_a_folder_that_is_gone(self, tmp_path: Path) -> None:
        database = Database(None, tmp_path / "data" / "modelport.db")
        (tmp_path / "data").rmdir()
        with pytest.raises(DatabaseDown):
            await database.read(_count)
        await database.close()

    async def test_a_value_it_cannot_take_is_no_outage(self, path: Path) -> None:
        database = Database(None, path)
        statement = text("INSERT INTO changes (topic, subject, created_at) VALUES (:v, 's', 1)")
        for value in (object(), 2**70, "\ud800"):
            with pytest.raises((ProgrammingError, OverflowError, UnicodeEncodeError)):
                await database.write(lambda connection, value=value: connection.execute(statement, {"v": value}))
        await database.close()


class TestPostgresql:
    """Faults of a server."""

    async def test_a_value_it_cannot_take_is_no_outage(self, cluster: Cluster, tmp_path: Path) -> None:
        """Asyncpg calls both of these an interface error of its own; retrying them would never end."""
        database = Database(cluster.url("postgres"), tmp_path / "unused.db")
        for statement, value in (("SELECT CAST(:v AS INTEGER)", 2**40), ("SELECT CAST(:v AS TEXT)", "nul \0")):
            with pytest.raises(DBAPIError):
                await database.write(lambda connection, s=statement, v=value: connection.execute(text(s), {"v": v}))
        await database.close()

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
    async def test_a_server_that_goes_and_comes_back(
        self, cluster: Cluster, tmp_path: Path, how: signal.Signals
    ) -> None:
        database = Database(cluster.url("postgres"), tmp_path / "unused.db")
        one = text("SELECT 1")
        assert (await database.read(lambda connection: connection.execute(one).scalar_one())) == 1

        def through_the_stop(connection: Connection) -> None:
            connection.execute(one)
            cluster.stop(how)
            connection.execute(one)

        with pytest.raises(DatabaseDown):
            await database.write(through_the_stop)
        try:
            for _ in range(3):
                with pytest.raises(DatabaseDown):
                    await database.read(lambda connection: connection.execute(one).scalar_one())
        finally:
            cluster.start()
        assert (await database.read(lambda connection: connection.execute(one).scalar_one())) == 1
        await database.close()

    async def test_a_connection_that_the_server_cut(self, cluster: Cluster, tmp_path: Path) -> None:
        database = Database(cluster.url("postgres"), tmp_path / "unused.db")
        one = text("SELECT 1")

        def cut(connection: Connection) -> None:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            cluster.sql(f"SELECT pg_terminate_backend({pid}, 5000)")
            connection.execute(one)

        with pytest.raises(DatabaseDown):
            await database.write(cut)
        # Idle connections that were cut are noticed before they are used again.
        await asyncio.gather(*(database.read(lambda connection: connection.execute(one)) for _ in range(5)))
        cluster.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname IS NOT NULL "
                    "AND pid <> pg_backend_pid()")  # fmt: skip
        assert (await database.read(lambda connection: connection.execute(one).scalar_one())) == 1
        await database.close()

    async def test_refusals_of_the_moment(self, cluster: Cluster, tmp_path: Path) -> None:
        """Read-only (a standby after a failover), a lock that is not granted, a full disk."""
        database = Database(cluster.url("postgres"), tmp_path / "unused.db")
        for sqlstate in ("25006", "55P03", "53100", "40P01", "57P03"):
            raising = text(f"DO $$ BEGIN RAISE EXCEPTION 'simulated' USING ERRCODE = '{sqlstate}'; END $$")
            with pytest.raises(DatabaseDown):
                await database.write(lambda connection, raising=raising: connection.execute(raising))
        for sqlstate in ("22003", "42601", "P0001"):
            raising = text(f"DO $$ BEGIN RAISE EXCEPTION 'simulated' USING ERRCODE = '{sqlstate}'; END $$")
            with pytest.raises(DBAPIError):
                await database.write(lambda connection, raising=raising: connection.execute(raising))
        await database.close()

    async def test_too_many_connections(self, cluster: Cluster, tmp_path: Path) -> None:
        cluster.sql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        database = Database(cluster.url("postgres").replace("postgres@", "crowded@"), tmp_path / "unused.db")
        with pytest.raises(DatabaseDown):
            await database.read(lambda connection: connection.execute(text("SELECT 1")))
        await database.close()
        cluster.sql("DROP ROLE crowded")

    def test_the_url_is_checked(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="mysql"):
            Database("mysql://x", tmp_path / "unused.db")


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_a_server_that_says_nothing_any_more_is_given_up(place: Place) -> None:
    database = place.open()
    pid = await database.read(lambda connection: connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    database.patience = 0.3
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseDown):
            await database.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
        database.patience = 20
        other = await database.read(lambda connection: connection.execute(text("SELECT 2")).scalar_one())
        assert other == 2, "another connection serves"
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_statements_and_locks_are_bounded(place: Place) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    for name in names:
        shown = await place.open().read(
            lambda connection, name=name: connection.execute(text(f"SHOW {name}")).scalar_one()
        )
        assert shown != "0"

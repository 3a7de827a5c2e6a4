"""The schema on disk is the schema in the code, however and however often a database was brought to it."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import modelport
from modelport.db import migrate as migrate_
from modelport.db.base import metadata
from modelport.db.database import Database
from modelport.db.migrate import HEAD, migrate

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db.database_places import Place
    from db.postgres_cluster import Cluster


def _every_table() -> None:
    for module in pkgutil.walk_packages(modelport.__path__, "modelport."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


def _differences(connection: Connection) -> list[object]:
    _every_table()
    opts = {"compare_type": True, "include_name": _no_partition}
    return list(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))


def _no_partition(name: str | None, kind: str, _parents: object) -> bool:
    """Partitions come and go; what they are is their table's."""
    return not (kind == "table" and name is not None and name.startswith("generations_"))


async def test_the_migrated_schema_is_the_code_s(place: Place) -> None:
    assert await place.open().write(_differences) == []


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_constraints_and_partial_indexes_are_the_code_s(place: Place, tmp_path: Path) -> None:
    """What Alembic does not compare: checks, and the conditions of indexes. SQLite keeps their text."""
    _every_table()
    made = Database(None, tmp_path / "made.db")
    await made.write(metadata.create_all)

    def shape(connection: Connection) -> dict[str, tuple[set[str], int]]:
        found: dict[str, tuple[set[str], int]] = {}
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
                 "AND name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'")
        )  # fmt: skip
        for name, sql in rows:
            words = str(sql).replace("\t", " ").replace("(", " ( ").replace(")", " ) ").replace(",", " ").split()
            found[name] = (set(words), len(words))
        return found

    assert await place.open().read(shape) == await made.read(shape)
    await made.close()


def test_head_is_the_newest_script() -> None:
    scripts = ScriptDirectory(str(Path(migrate_.__file__).parent / "migrations"))
    assert scripts.get_heads() == [HEAD]
    # They are compared as texts when a database is newer than the code.
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert {len(revision) for revision in revisions} == {len(HEAD)}


async def test_migrating_again_changes_nothing(place: Place) -> None:
    database = place.open()
    assert await migrate(database) is False
    assert await migrate(database) is False


async def test_a_newer_schema_is_refused(place: Place) -> None:
    database = place.open()
    await database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    try:
        with pytest.raises(RuntimeError, match="newer"):
            await migrate(database)
    finally:
        back = text("UPDATE alembic_version SET version_num = :v")
        await database.write(lambda connection: connection.execute(back, {"v": HEAD}))


_MIGRATE = """
import asyncio, sys
from pathlib import Path
from modelport.db.database import Database
from modelport.db.migrate import migrate
async def main():
    database = Database(sys.argv[1] or None, Path(sys.argv[2]))
    print(await migrate(database))
    await database.close()
asyncio.run(main())
"""


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_processes_that_start_at_once(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each of them finds the schema there in the end, and one database has it once."""
    url = ""
    if dialect == "postgresql":
        server: Cluster = request.getfixturevalue("cluster")
        server.sql("CREATE DATABASE raced")
        url = server.url("raced")
    path = tmp_path / "raced.db"

    def start() -> str:
        done = subprocess.run([sys.executable, "-c", _MIGRATE, url, path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    told = await asyncio.gather(*(asyncio.to_thread(start) for _ in range(3)))
    assert "True" in told
    database = Database(url or None, path)
    assert await migrate(database) is False
    assert await database.write(_differences) == []
    await database.close()
    if dialect == "postgresql":
        request.getfixturevalue("cluster").sql("DROP DATABASE raced WITH (FORCE)")

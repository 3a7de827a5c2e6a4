"""Brings a database to this version's schema.

Alembic costs memory and a quarter of a second to import, so a database that is up to date is told by one query.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from modelport.db.riding import riding

if TYPE_CHECKING:
    from modelport.db.database import Database

__all__ = ["HEAD", "migrate"]

HEAD = max(path.name[:4] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))
"""The newest revision: the number its file's name begins with. A test holds it against Alembic's own answer."""


async def migrate(database: Database) -> bool:
    """Upgrades the schema if it is behind; returns whether it was.

    Raises `RuntimeError` when the database was written by a newer version.
    """
    current = await database.read(_current)
    if current == HEAD:
        return False
    if current is not None and current > HEAD:
        raise RuntimeError(
            f"the database's schema is revision {current}, newer than this version's {HEAD}; run a newer modelport"
        )
    patience, database.patience = database.patience, None
    rider = riding.set(None)  # what a migration moves is changed by nobody, and the log's own table may not be there
    try:
        await database.write(_upgrade)
    finally:
        riding.reset(rider)
        database.patience = patience
    return True


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 (see the module's docstring)
    from alembic.config import Config  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        # Two servers that start at once on an empty database: one upgrades, the other waits and finds it done.
        for bound in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"SET LOCAL {bound} = 0"))  # a large table takes long
        connection.execute(text("SELECT pg_advisory_xact_lock(7236745219)"))
    if _current(connection) == HEAD:
        return
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

"""Every query on settings that were changed while servers ran."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from modelport.system.tables import system_settings

__all__ = ["Kept", "every", "put"]


class Kept(NamedTuple):
    """One of them."""

    name: str
    value: Any
    """JSON; None takes the change back."""
    changed_by: str
    changed_at: int


_KEPT = tuple(system_settings.c[name] for name in Kept._fields)


def every(connection: Connection) -> list[Kept]:
    """All of them."""
    return [Kept(*row) for row in connection.execute(select(*_KEPT).order_by(system_settings.c.name))]


def put(connection: Connection, kept: Kept) -> None:
    """Keeps one, or takes it back."""
    connection.execute(delete(system_settings).where(system_settings.c.name == kept.name))
    if kept.value is not None:
        connection.execute(insert(system_settings).values(**kept._asdict()))

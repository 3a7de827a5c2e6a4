"""Every query on copies of health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from modelport.upstream.tables import health_copies

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["load", "save"]


def load(connection: Connection, since_ms: int) -> list[tuple[str, str, int]]:
    """Endpoints' ids, their data and when it was written; what was written before `since_ms` says nothing any more."""
    rows = connection.execute(
        select(health_copies.c.endpoint_id, health_copies.c.data, health_copies.c.updated_at).where(
            health_copies.c.updated_at >= since_ms
        )
    )
    return [(row.endpoint_id, row.data, row.updated_at) for row in rows]


def save(connection: Connection, copies: Mapping[str, str], now_ms: int, *, before_ms: int) -> None:
    """Replaces the copies of these endpoints, and forgets those from before `before_ms`."""
    connection.execute(delete(health_copies).where(health_copies.c.updated_at < before_ms))
    if not copies:
        return
    connection.execute(delete(health_copies).where(health_copies.c.endpoint_id.in_(list(copies))))
    rows = [{"endpoint_id": each, "data": data, "updated_at": now_ms} for each, data in copies.items()]
    connection.execute(insert(health_copies), rows)

"""Every query on generations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select

from modelport.db.prepared import Prepared
from modelport.usage.generation import Generation
from modelport.usage.tables import generations

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add", "free_since", "known", "one"]


_FIELDS = Generation.__struct_fields__
_ADD = Prepared(insert(generations).values({name: bindparam(name) for name in _FIELDS}), _FIELDS)


def add(connection: Connection, new: Sequence[Generation]) -> None:
    """Stores generations."""
    _ADD.many(connection, [msgspec.structs.astuple(generation) for generation in new])


def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of the given ids that are stored already."""
    return set(connection.execute(select(generations.c.id).where(generations.c.id.in_(ids))).scalars())


def one(connection: Connection, generation_id: str, account_id: str) -> Generation | None:
    """The account's generation with this id."""
    rows = connection.execute(
        select(generations).where(generations.c.id == generation_id, generations.c.account_id == account_id)
    )
    row = rows.mappings().first()
    return Generation(**row) if row else None


def free_since(connection: Connection, account_id: str, since_ms: int) -> int:
    """How many answers of free models the account got since `since_ms`."""
    return connection.execute(
        select(func.count()).where(
            generations.c.account_id == account_id,
            generations.c.created_at >= since_ms,
            generations.c.is_free,
            generations.c.status != "error",
        )
    ).scalar_one()

"""Every query on generations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select

from modelport.db.prepared import Prepared
from modelport.usage.generation import Generation
from modelport.usage.tables import generations

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add", "free_since", "known", "one"]


_DAY_MS = 86_400_000
_MADE = re.compile(r"gen-(\d{10})-")
_FIELDS = Generation.__struct_fields__
_ADD = Prepared(insert(generations).values({name: bindparam(name) for name in _FIELDS}), _FIELDS)


def add(connection: Connection, new: Sequence[Generation]) -> None:
    """Stores generations."""
    _ADD.many(connection, [msgspec.structs.astuple(generation) for generation in new])


def known(connection: Connection, some: Sequence[Generation]) -> set[str]:
    """Ids of those that are stored already."""
    if not some:
        return set()
    times = [each.created_at for each in some]
    query = select(generations.c.id).where(
        generations.c.id.in_([each.id for each in some]), generations.c.created_at.between(min(times), max(times))
    )
    return set(connection.execute(query).scalars())


def one(connection: Connection, generation_id: str, account_id: str) -> Generation | None:
    """The account's generation with this id."""
    query = select(generations).where(generations.c.id == generation_id, generations.c.account_id == account_id)
    if made := _MADE.match(generation_id):
        # The id tells when it was made, so that one partition is looked into and not all.
        at = int(made[1]) * 1000
        query = query.where(generations.c.created_at.between(at - _DAY_MS, at + _DAY_MS))
    rows = connection.execute(query)
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

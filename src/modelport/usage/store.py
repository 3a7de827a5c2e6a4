"""Every query on generations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from modelport.db.prepared import Prepared
from modelport.usage.generation import Attempt, Generation
from modelport.usage.tables import attempts, generations

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add", "attempts_of", "free_since", "known", "one"]


_DAY_MS = 86_400_000
_MADE = re.compile(r"gen-(\d{10})-")
_FIELDS = tuple(name for name in Generation.__struct_fields__ if name != "attempts")
_ADD = Prepared(insert(generations).values({name: bindparam(name) for name in _FIELDS}), _FIELDS)


_ATTEMPT = ("generation_id", "number", "created_at", *Attempt.__struct_fields__)
_ADD_ATTEMPT = Prepared(insert(attempts).values({name: bindparam(name) for name in _ATTEMPT}), _ATTEMPT)
assert Generation.__struct_fields__[-1] == "attempts", "it is left out of the row by its place"


def add(connection: Connection, new: Sequence[Generation]) -> None:
    """Stores generations with their attempts."""
    astuple = msgspec.structs.astuple
    _ADD.many(connection, [astuple(generation)[:-1] for generation in new])
    rows = [
        (generation.id, number, generation.created_at, *astuple(each))
        for generation in new
        for number, each in enumerate(generation.attempts)
    ]
    if rows:
        _ADD_ATTEMPT.many(connection, rows)


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
    if row is None:
        return None
    generation = Generation(**row)
    generation.attempts = attempts_of(connection, generation_id)
    trace: dict[str, Any] = msgspec.json.decode(generation.trace)
    if generation.attempts or "plan" in trace:
        generation.trace = msgspec.json.encode(trace | {"attempts": generation.attempts}).decode()
    return generation


def attempts_of(connection: Connection, generation_id: str) -> list[Attempt]:
    """Every call of an endpoint that was made for a generation, in order."""
    c = attempts.c
    query = select(*(c[name] for name in Attempt.__struct_fields__)).where(c.generation_id == generation_id)
    return [Attempt(*row) for row in connection.execute(query.order_by(c.number))]


def make_free(connection: Connection, stored: Generation) -> Generation:
    """Turns a stored generation into one that ended in an error and cost nothing; how it is stored now."""
    free = msgspec.structs.replace(stored, status="error", error_type="server", cost=0)
    connection.execute(
        update(generations)
        .where(generations.c.id == stored.id, generations.c.created_at == stored.created_at)
        .values(status=free.status, error_type=free.error_type, cost=free.cost)
    )
    return free


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

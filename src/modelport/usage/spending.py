"""What an account was charged by UTC day and model, to the nano-dollar: for statements.

Read from the roll-ups and from what is not folded into them yet, in one statement, so that a fold between the two can
neither hide a charge nor show it twice.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, literal, null, select, union_all

from modelport.usage.rollup import unfolded
from modelport.usage.tables import COUNTERS, pending, usage_days

__all__ = ["Spent", "spent", "spent_before"]

_WANTED = ("requests", "prompt_tokens", "completion_tokens", "cost")
_PLACES = [COUNTERS.index(name) for name in _WANTED]


class Spent(NamedTuple):
    """What answers of one model on one UTC day (its number since 1970) used and cost, in nano-dollars."""

    day: int
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: int


def spent(connection: Connection, account_id: str, first: int, last: int) -> list[Spent]:
    """By day and model, from the day `first` to the day `last`."""
    days = usage_days.c
    sums = [func.sum(days[name]) for name in _WANTED]
    folded = (
        select(days.day.label("day"), days.model.label("model"), *sums, null().label("deltas"))
        .where(days.account_id == account_id, days.day >= first, days.day <= last)
        .group_by(days.day, days.model)
    )
    waiting = select(literal(0), literal(""), *(literal(0) for _ in _WANTED), pending.c.deltas)
    found: dict[tuple[int, str], list[int]] = {}
    for row in connection.execute(union_all(folded, waiting)):
        day, name, *values, deltas = tuple(row)
        if deltas is None:
            _add(found, day, name, [int(value) for value in values])
            continue
        for account, hour, model, sums_of in unfolded(deltas):
            if account == account_id and first <= hour // 24 <= last:
                _add(found, hour // 24, model, [sums_of[place] for place in _PLACES])
    return [Spent(day, model, *found[day, model]) for day, model in sorted(found)]


def spent_before(connection: Connection, account_id: str, day: int) -> int:
    """Everything that answers cost before a day."""
    return sum(each.cost for each in spent(connection, account_id, 0, day - 1))


def _add(found: dict[tuple[int, str], list[int]], day: int, model: str, values: list[int]) -> None:
    known = found.get((day, model), [0] * len(values))
    found[day, model] = [one + more for one, more in zip(known, values, strict=True)]

"""Monthly statements: where an account's credits came from and went, from the ledger, to the nano-dollar.

A movement belongs to the UTC month it was written in, a charge to the month its request came in. The balance at the
beginning is the sum of everything before, so each month begins with what the month before ended with.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from modelport.accounts.service import account_name
from modelport.credits import service as ledger
from modelport.kit import clock
from modelport.kit.clock import UTC
from modelport.payments.errors import BadOrder, NoSuchOrder
from modelport.usage import spending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from modelport.credits.service import Transaction
    from modelport.db.database import Database
    from modelport.usage.spending import Spent

__all__ = ["DAY_MS", "ModelSum", "Statement", "Statements", "span_of"]

DAY_MS = 86_400_000
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_LONGEST_REQUEST_MS = 3_600_000
"""A request that came in before midnight may be charged that much later."""


class ModelSum(NamedTuple):
    """What one model was used for in a month."""

    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: int


class Statement(NamedTuple):
    """A month of an account; amounts in nano-dollars."""

    month: str
    """`2026-11`."""
    account_id: str
    account: str
    """Its name."""
    opening: int
    movements: Sequence[Transaction]
    """Everything but charges, oldest first; below zero what went out."""
    usage: Sequence[Spent]
    """Charges by day and model."""
    owed: int
    """What the account owed the house at the end."""
    complete: bool
    """Whether the month is over, so that nothing is added any more."""

    @property
    def used(self) -> int:
        """All charges."""
        return sum(each.cost for each in self.usage)

    @property
    def closing(self) -> int:
        """The balance at the end."""
        return self.opening + sum(each.amount for each in self.movements) - self.used

    def by_model(self) -> list[ModelSum]:
        """Charges by model, the dearest first."""
        sums: dict[str, list[int]] = {}
        for each in self.usage:
            known = sums.setdefault(each.model, [0, 0, 0, 0])
            for place, value in enumerate(each[2:]):
                known[place] += value
        return sorted((ModelSum(model, *values) for model, values in sums.items()), key=lambda row: (-row.cost, row[0]))

    def by_day(self) -> list[tuple[int, int, int]]:
        """Day (its number since 1970), answers and charges, oldest first."""
        sums: dict[int, tuple[int, int]] = {}
        for each in self.usage:
            answers, cost = sums.get(each.day, (0, 0))
            sums[each.day] = answers + each.requests, cost + each.cost
        return [(day, answers, cost) for day, (answers, cost) in sorted(sums.items())]

    def by_code(self) -> dict[str, int]:
        """Movements by what they were."""
        sums: dict[str, int] = {}
        for each in self.movements:
            sums[each.code] = sums.get(each.code, 0) + each.amount
        return sums


def span_of(month: str) -> tuple[int, int]:
    """The first day of a month `2026-11` and of the month after it, as numbers since 1970. Raises `BadOrder`."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise BadOrder("The month must be written as 2026-11.", metadata={"rule": "month"})
    first = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
    after = (first + timedelta(days=32)).replace(day=1)
    return int(first.timestamp()) // 86_400, int(after.timestamp()) // 86_400


class Statements:
    """Making statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def months(self, account_id: str) -> list[str]:
        """The months in which anything moved or was used, newest first; the present one too."""
        today = clock.day(clock.now_ms())

        def read(connection: Connection) -> set[int]:
            days = {each.created_at // DAY_MS for each in ledger.movements(connection, account_id, 0, 2**62)}
            return days | {each.day for each in spending.spent(connection, account_id, 0, today)}

        days = await self._database.read(read)
        return sorted({_month_of(day) for day in (*days, today)}, reverse=True)

    async def movements(self, account_id: str, since: int, until: int) -> list[Transaction]:
        """What moved but charges, oldest first, between two moments (milliseconds)."""
        return await self._database.read(partial(ledger.movements, account_id=account_id, since=since, until=until))

    async def use(self, account_id: str, first: int, last: int) -> list[Spent]:
        """Charges by UTC day (numbers since 1970) and model."""
        return await self._database.read(partial(spending.spent, account_id=account_id, first=first, last=last))

    async def statement(self, account_id: str, month: str) -> Statement:
        """One month of an account. Raises `BadOrder`, and `NoSuchOrder` for a month that has not begun."""
        first, after = span_of(month)
        if first > clock.day(clock.now_ms()):
            raise NoSuchOrder("This month has not begun.")
        return await self._database.read(partial(_statement, account_id=account_id, month=month, span=(first, after)))


def _statement(connection: Connection, account_id: str, month: str, span: tuple[int, int]) -> Statement:
    first, after = span
    before = ledger.moved_before(connection, account_id, first * DAY_MS)
    return Statement(
        month,
        account_id,
        account_name(connection, account_id),
        before - spending.spent_before(connection, account_id, first),
        ledger.movements(connection, account_id, first * DAY_MS, after * DAY_MS),
        [each for each in spending.spent(connection, account_id, first, after - 1) if each.requests or each.cost],
        ledger.debt_at(connection, account_id, after * DAY_MS),
        clock.now_ms() >= after * DAY_MS + _LONGEST_REQUEST_MS,
    )


def _month_of(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m")

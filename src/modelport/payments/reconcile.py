"""The daily report of a processor's books against ours: every payment and refund, by both, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from modelport.payments.tables import orders, refunds

if TYPE_CHECKING:
    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.payments.processors.stripe import Stripe

__all__ = ["Difference", "Report", "reconcile"]

_DAY_MS = 86_400_000
_SLACK_MS = 3_600_000
"""A payment at midnight may stand on one day here and on the next there."""


class Difference(NamedTuple):
    """One payment or refund on which the books differ."""

    payment_id: str
    kind: str
    """`payment` or `refund`."""
    ours: int
    theirs: int
    """Sums of the day in the smallest unit; 0 where one side knows of none."""
    order_id: str | None


class Report(NamedTuple):
    """A day of one processor."""

    day: int
    """Whole UTC days since 1970."""
    payments: int
    refunds: int
    matched: int
    differences: list[Difference]
    uncredited: list[str]
    """Orders that were paid and have no credits."""
    ledger: dict[str, int]
    """What the ledger has moved through the processor's account on the day, by code, in nano-dollars."""

    @property
    def green(self) -> bool:
        """Whether everything agrees."""
        return not self.differences and not self.uncredited


async def reconcile(database: Database, credits: Credits, stripe: Stripe, day: int) -> Report:
    """The report of one UTC day. Raises `ProcessorDown`."""
    since, until = day * _DAY_MS, (day + 1) * _DAY_MS
    theirs: defaultdict[tuple[str, str], int] = defaultdict(int)
    for payment_id, kind, amount, _currency in await stripe.movements(since // 1000, until // 1000):
        theirs[payment_id, kind] += amount
    ours, ids, late, uncredited = await database.read(partial(_ours, since=since, until=until))
    differences: list[Difference] = []
    for key in sorted({*ours, *theirs}):
        if ours.get(key, 0) == theirs.get(key, 0):
            continue
        # Known to both, on either side of midnight.
        if key in late and late[key] == (ours.get(key) or theirs.get(key)):
            continue
        differences.append(Difference(*key, ours.get(key, 0), theirs.get(key, 0), ids.get(key[0])))
    ledger = await credits.moved_through("payments", "stripe", since, until)
    count = {kind: sum(1 for each in ours if each[1] == kind) for kind in ("payment", "refund")}
    matched = len({*ours, *theirs}) - len(differences)
    return Report(day, count["payment"], count["refund"], matched, differences, uncredited, ledger)


_Sums = dict[tuple[str, str], int]


def _ours(connection: Connection, since: int, until: int) -> tuple[_Sums, dict[str, str], _Sums, list[str]]:
    """Our movements of the day, the orders they belong to, those just around it, and orders without credits."""
    inside: defaultdict[tuple[str, str], int] = defaultdict(int)
    around: defaultdict[tuple[str, str], int] = defaultdict(int)
    ids: dict[str, str] = {}
    uncredited: list[str] = []
    low, high = since - _SLACK_MS, until + _SLACK_MS
    paid = connection.execute(
        select(orders.c.id, orders.c.payment_id, orders.c.paid_amount, orders.c.paid_at, orders.c.credited_at).where(
            orders.c.processor == "stripe", orders.c.paid_at >= low, orders.c.paid_at < high
        )
    )
    for row in paid:
        ids[row.payment_id] = row.id
        around[row.payment_id, "payment"] += row.paid_amount
        if since <= row.paid_at < until:
            inside[row.payment_id, "payment"] += row.paid_amount
            if row.credited_at is None:
                uncredited.append(row.id)
    back = connection.execute(
        select(orders.c.id, orders.c.payment_id, refunds.c.amount, refunds.c.updated_at)
        .join(orders, orders.c.id == refunds.c.order_id)
        .where(
            orders.c.processor == "stripe",
            refunds.c.status == "done",
            refunds.c.updated_at >= low,
            refunds.c.updated_at < high,
        )
    )
    for row in back:
        ids[row.payment_id] = row.id
        around[row.payment_id, "refund"] += row.amount
        if since <= row.updated_at < until:
            inside[row.payment_id, "refund"] += row.amount
    return dict(inside), ids, dict(around), uncredited

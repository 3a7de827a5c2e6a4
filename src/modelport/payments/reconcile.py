"""The daily report of a processor's books against ours, and of ours against the ledger: where they differ, by what.

Stripe lists its payments and refunds of a day; an EPay gateway is asked for each order; of bank transfers only the
operator's word is known. Whatever the processor, each paid order and each refund is looked up in the ledger by the key
it was written with, and each top-up of the ledger must have its order.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from modelport.credits import service as ledger
from modelport.payments import store_books
from modelport.payments.tables import orders, refunds

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.payments.processor import Processor

__all__ = ["Difference", "LedgerDifference", "Report", "reconcile"]

_DAY_MS = 86_400_000
_SLACK_MS = 3_600_000
"""A payment at midnight may stand on one day here and on the next there."""


class Difference(NamedTuple):
    """One payment or refund on which the processor's books and ours differ."""

    payment_id: str
    kind: str
    """`payment` or `refund`."""
    ours: int
    theirs: int
    """Sums of the day in the smallest unit; 0 where one side knows of none."""
    order_id: str | None


class LedgerDifference(NamedTuple):
    """One movement that the ledger should have and has not, or has otherwise; in nano-dollars."""

    reference: str
    what: str
    """`topup`, `fee`, `refund` or `debt`."""
    expected: int
    found: int


class Report(NamedTuple):
    """A day of one processor."""

    processor: str
    day: int
    """Whole UTC days since 1970."""
    payments: int
    refunds: int
    matched: int
    differences: list[Difference]
    ledger_differences: list[LedgerDifference]
    uncredited: list[str]
    """Orders that were paid and have no credits."""
    ledger: dict[str, int]
    """What the ledger has moved through the processor's account on the day, by code, in nano-dollars: above zero what
    came in.
    """

    @property
    def green(self) -> bool:
        """Whether everything agrees."""
        return not self.differences and not self.ledger_differences and not self.uncredited


_Sums = dict[tuple[str, str], int]


class _Ours(NamedTuple):
    """What we have of a day."""

    inside: _Sums
    around: _Sums
    """With what is just before and after it."""
    ids: dict[str, str]
    """Orders by payment."""
    uncredited: list[str]
    ledger: dict[str, int]
    wrong: list[LedgerDifference]


async def reconcile(database: Database, processor: Processor, day: int) -> Report:
    """The report of one UTC day. Raises `ProcessorDown`, `ProcessorRefused`."""
    since, until = day * _DAY_MS, (day + 1) * _DAY_MS
    theirs = await _theirs(database, processor, since, until)
    ours = await database.read(partial(_ours, processor=processor.name, since=since, until=until))
    if theirs is None:
        theirs = ours.inside
    differences: list[Difference] = []
    for key in sorted({*ours.inside, *theirs}):
        mine = ours.inside.get(key, 0)
        if mine == theirs.get(key, 0) or (key[1] == "refund" and not processor.repeats_refunds):
            continue
        # Known to both, on either side of midnight.
        if key in ours.around and ours.around[key] == (mine or theirs.get(key)):
            continue
        differences.append(Difference(*key, mine, theirs.get(key, 0), ours.ids.get(key[0])))
    count = {kind: sum(1 for each in ours.inside if each[1] == kind) for kind in ("payment", "refund")}
    matched = len({*ours.inside, *theirs}) - len(differences)
    return Report(
        processor.name, day, count["payment"], count["refund"], matched, differences, ours.wrong, ours.uncredited,
        ours.ledger,
    )  # fmt: skip


async def _theirs(database: Database, processor: Processor, since: int, until: int) -> _Sums | None:
    """The processor's sums by payment and kind; None where it keeps no books."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    listed = await processor.movements(since // 1000, until // 1000)
    if listed is not None:
        for payment_id, kind, amount, _currency in listed:
            sums[payment_id, kind] += amount
        return dict(sums)
    if processor.name == "bank":
        return None
    find = partial(store_books.orders_between, processor=processor.name, since=since, until=until)
    for order in await database.read(find):
        if order.paid_at is not None and since <= order.paid_at < until:
            found = await processor.find(order)
            if found.paid is not None:
                sums[found.paid.payment_id, "payment"] += found.paid.total
    return dict(sums)


def _ours(connection: Connection, processor: str, since: int, until: int) -> _Ours:
    """Our movements of the day, the orders they belong to, those just around it, and what the ledger says."""
    inside: defaultdict[tuple[str, str], int] = defaultdict(int)
    around: defaultdict[tuple[str, str], int] = defaultdict(int)
    ids: dict[str, str] = {}
    uncredited: list[str] = []
    expected: dict[str, tuple[str, str, int]] = {}
    """What must be in the ledger, by its key: reference, what it is, amount."""
    low, high = since - _SLACK_MS, until + _SLACK_MS
    for order in store_books.orders_between(connection, processor, low, high):
        if order.payment_id is None or order.paid_at is None or order.paid_amount is None:
            continue
        ids[order.payment_id] = order.id
        around[order.payment_id, "payment"] += order.paid_amount
        if since <= order.paid_at < until:
            inside[order.payment_id, "payment"] += order.paid_amount
            if order.credited_at is None:
                uncredited.append(order.id)
            else:
                expected[f"topup/{order.id}"] = order.id, "topup", order.credits
                expected[f"topup/{order.id}/fee"] = order.id, "fee", order.fee
    back = connection.execute(
        select(orders.c.payment_id, refunds)
        .join(orders, orders.c.id == refunds.c.order_id)
        .where(
            orders.c.processor == processor,
            refunds.c.status.in_(("taken", "done")),
            refunds.c.updated_at >= low,
            refunds.c.updated_at < high,
        )
    )
    for row in back:
        today = since <= row.updated_at < until
        if today:
            expected[f"refund/{row.id}"] = row.order_id, "refund", row.taken
            expected[f"refund/{row.id}/debt"] = row.order_id, "debt", row.owed
        if row.status == "done":
            around[row.payment_id, "refund"] += row.amount
            if today:
                inside[row.payment_id, "refund"] += row.amount
    sums, wrong = _books(connection, processor, since, until, expected)
    return _Ours(dict(inside), dict(around), ids, uncredited, sums, wrong)


def _books(
    connection: Connection, processor: str, since: int, until: int, expected: dict[str, tuple[str, str, int]]
) -> tuple[dict[str, int], list[LedgerDifference]]:
    """What the ledger moved by code, and where it is not as expected."""
    found = ledger.amounts(connection, list(expected))
    wrong = [
        LedgerDifference(reference, what, amount, found.get(key, 0))
        for key, (reference, what, amount) in expected.items()
        if found.get(key, 0) != amount
    ]
    sums: dict[str, int] = {}
    bought: dict[str, int] = {}
    for each in ledger.movements_through(connection, processor, since, until):
        sums[each.code] = sums.get(each.code, 0) - each.amount
        if each.code == "topup":
            bought[each.reference] = bought.get(each.reference, 0) - each.amount
    paid = select(orders.c.id).where(orders.c.id.in_(list(bought)), orders.c.status == "paid")
    known = set(connection.execute(paid).scalars())
    wrong += [LedgerDifference(name, "topup", 0, amount) for name, amount in bought.items() if name not in known]
    return sums, wrong

"""Takes back the charge of an answer that was withheld after all.

A caller waits so long for their charge to be on disk, then is told that it could not be recorded, and gets nothing.
Mostly it is not, and is written as free. But a commit may have gone through without its answer being heard, or just
after the caller was told: then the charge is there, and what it moved is moved back, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelport.credits import service as credits_
from modelport.credits.service import BudgetSpend, Posting
from modelport.keys import service as keys_
from modelport.keys.service import Spend
from modelport.kit import clock
from modelport.usage import rollup, store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from modelport.usage.batch import Charge
    from modelport.usage.generation import Generation

__all__ = ["Withheld", "take_back"]


class Withheld(NamedTuple):
    """An answer that nobody got."""

    generation: Generation
    charge: Charge
    """As it would have been."""
    counted: int
    """How much of it this process counts as spent: 0 where it never heard of the commit."""


def take_back(connection: Connection, some: Sequence[Withheld], revenue: int) -> list[Posting]:
    """Makes those free that are stored as charged; returns the transfers that are still to be posted."""
    postings: list[Posting] = []
    spends: list[Spend] = []
    budgets: list[BudgetSpend] = []
    for each in some:
        stored = store.one(connection, each.generation.id, each.generation.account_id)
        if stored is None or not stored.cost:
            continue
        free = store.make_free(connection, stored)
        rollup.note(connection, [free], instead_of=[stored])
        day = clock.day(stored.created_at)
        postings.append(
            Posting(
                revenue,
                each.charge.ledger_account,
                stored.cost,
                "single",
                "generation",
                stored.id,
                f"withheld/{stored.id}",
            )
        )
        spends.append(Spend(stored.key_id, day, -stored.cost, -1))
        budgets += [BudgetSpend(budget.id, budget.spender, day, -stored.cost) for budget in each.charge.budgets]
        credits_.debited(connection, stored.account_id, stored.cost)
    if spends:
        keys_.add_spend(connection, spends)
    if budgets:
        credits_.add_budget_spend(connection, budgets)
    return postings

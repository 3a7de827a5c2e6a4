"""Budgets: who they apply to, that they hold under concurrency, start anew, and outlive a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credits.money_house import House, a_house
from modelport.credits.budgets import BudgetRef, Budgets, Scope, Spender
from modelport.credits.errors import BudgetExceeded, NoSuchBudget
from modelport.credits.service import BudgetSpend, StoredHold, add_budget_spend
from modelport.kit import clock
from modelport.usage import batch

if TYPE_CHECKING:
    from db.database_places import Place

_ME = Spender("acct", "user", "key", "ws", (("guard", "guard"),))
_DAY = 86_400_000


@pytest.mark.parametrize(
    ("scope", "subject", "spender"),
    [
        ("account", "acct", "acct"),
        ("workspace", "ws", "ws"),
        ("workspace_default_member", "ws", "user"),
        ("workspace_default_key", "ws", "key"),
        ("member", "user", "user"),
        ("api_key", "key", "key"),
        ("guardrail", "guard", "guard"),
    ],
)
async def test_whom_it_applies_to(house: House, scope: Scope, subject: str, spender: str) -> None:
    budgets = Budgets(house.database)
    made = await budgets.put("acct", scope, subject, 100, None)
    await budgets.put("acct", scope, "another", 1, None)
    await budgets.put("acct_else", scope, subject, 1, None)
    [found] = await budgets.of(_ME)
    assert found.ref == BudgetRef(made.id, spender)
    assert budgets.known(_ME) == (found,)
    assert await budgets.of(Spender("acct", "u", "k")) == (() if scope != "account" else (found,))


async def test_it_is_held_against_and_told_in_the_reference_s_words(house: House) -> None:
    budgets = Budgets(house.database)
    await budgets.put("acct", "workspace", "ws", 500 * 10**9, "monthly")
    [budget] = await budgets.of(_ME)
    budget.hold(400 * 10**9)
    with pytest.raises(BudgetExceeded) as told:
        budget.hold(100 * 10**9 + 1)
    error = told.value
    assert error.message == "Workspace monthly budget of $500.00 exceeded. Contact your org admin."
    assert (error.status, error.retry_after) == (403, None)
    assert error.metadata["limit_source"] == "openrouter_workspace_budget"
    assert error.metadata["scope"] == "workspace"
    assert (error.metadata["limit_usd"], error.metadata["spend_usd"]) == (500.0, 0.0)
    assert error.metadata["in_flight"] == 400.0
    budget.hold(100 * 10**9)


async def test_changes_are_taken_over_and_holds_kept(house: House) -> None:
    budgets = Budgets(house.database)
    made = await budgets.put("acct", "member", "user", 100, "daily")
    [budget] = await budgets.of(_ME)
    budget.hold(60)
    await budgets.put("acct", "member", "user", 70, "daily", made.id)
    [again] = await budgets.of(_ME)
    assert again is budget
    with pytest.raises(BudgetExceeded):
        again.hold(11)
    again.hold(10)
    await budgets.remove("acct", made.id)
    assert await budgets.of(_ME) == ()
    with pytest.raises(NoSuchBudget):
        await budgets.remove("acct", made.id)


async def test_it_starts_anew_with_its_window(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = Budgets(house.database)
    await budgets.put("acct", "workspace", "ws", 100, "daily")
    [budget] = await budgets.of(_ME)
    now = clock.now_ms()
    budget.spend(100, clock.day(now))
    with pytest.raises(BudgetExceeded) as told:
        budget.hold(1)
    resets = str(told.value.metadata["resets_at"])
    assert resets.endswith("T00:00:00+00:00")
    monkeypatch.setattr(clock, "now_ms", lambda: now + _DAY)
    budget.hold(100)


async def test_what_was_spent_is_stored_and_read_back(house: House) -> None:
    budgets = Budgets(house.database)
    made = await budgets.put(house.account_id, "account", house.account_id, 900, "weekly")
    spender = Spender(house.account_id, house.user_id, (await house.key()).record.id)
    request = await house.request(50)
    request.budgets = await budgets.of(spender)
    await request.settle(30)
    assert request.budgets[0].spent("weekly") == 30
    assert await budgets.spent(made, house.account_id) == 30
    [fresh] = await Budgets(house.database).of(spender)
    assert (fresh.total, fresh.room()) == (30, 870)


async def test_own_keys_count_where_they_are_to(house: House) -> None:
    """What was used before counts as well, from the moment it is to; and no longer when it is not."""
    budgets = Budgets(house.database)
    made = await budgets.put("acct", "workspace", "ws", 100, "daily")
    wide = await budgets.put("acct", "workspace", "ws", 1000, None)
    today = clock.day(clock.now_ms())
    for amounts in ((5, 70), (1, 0)):
        spend = BudgetSpend(made.id, "ws", today, *amounts)
        await house.database.write(lambda connection, spend=spend: add_budget_spend(connection, [spend]))
    [budget, _] = await budgets.of(_ME)
    assert (await budgets.spent(made, "ws"), budget.spent("daily"), budget.room()) == (6, 6, 94)
    budget.hold(20)
    await budgets.put("acct", "workspace", "ws", 100, "daily", made.id, counts_own=True)
    [again, other] = await budgets.of(_ME)
    assert again is budget
    assert other.record == wide._replace(counts_own=True)
    assert (await budgets.spent(made, "ws"), budget.spent("daily"), budget.room()) == (76, 76, 4)
    budget.use_own(4, today)
    with pytest.raises(BudgetExceeded):
        budget.hold(1)
    await budgets.put("acct", "workspace", "ws", 100, "daily", made.id)
    await budgets.of(_ME)
    assert (await budgets.spent(made, "ws"), budget.spent("daily"), budget.room()) == (6, 6, 74)


async def test_a_crash_is_charged_to_the_budgets_as_well(place: Place) -> None:
    house = await a_house(place)
    await house.grant(1000)
    budgets = Budgets(house.database)
    made = await budgets.put(house.account_id, "account", house.account_id, 900, None)
    request = await house.request(200)
    request.budgets = await budgets.of(Spender(house.account_id, house.user_id, "k"))
    await request.deliver(70)
    house.crash()
    successor = House(place.open(), "proc_b")
    await successor.start()
    assert await successor.sweeper.sweep(alone=True) == 1
    assert await budgets.spent(made, house.account_id) == 70
    await successor.journal.close()


def test_facts_of_a_hold_name_no_budget_by_default() -> None:
    hold = StoredHold("g", "a", "k", 1, 0, 1, "{}", "p", 0)
    assert hold.budgets == "[]"
    assert batch.Charge(1, None, 1, 0).budgets == ()

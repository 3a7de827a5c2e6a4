"""The ledger: transfers that stay, balances that follow, and a checker that finds what was tampered with."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from credits.money_house import House, rows
from modelport.credits import service as credits_
from modelport.credits.errors import BadAmount, InFlight, NotEnough
from modelport.credits.service import Balance, Posting, Purse
from modelport.db.database import DatabaseDown

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db.database_places import Place


async def _post(house: House, *postings: Posting) -> list[Balance]:
    return await house.database.write(lambda connection: credits_.post(connection, postings))


async def _accounts(house: House) -> tuple[int, int]:
    return (await house.purse()).ledger_account, house.credits.revenue


def _single(debit: int, credit: int, amount: int, key: str) -> Posting:
    return Posting(debit, credit, amount, "single", "test", "ref", key)


async def test_a_grant_is_one_transfer_and_repeating_it_changes_nothing(house: House) -> None:
    for _ in range(3):
        assert await house.grant(500, "same") == 1500
    assert (await house.purse()).posted == 1500
    assert await house.scalar("SELECT count(*) FROM transfers") == 2
    totals = await house.credits.totals(house.account_id)
    assert totals == (1500, 0)


async def test_one_grant_asked_for_at_once_by_many_counts_once(place: Place, house: House) -> None:
    other = House(place.open(), "proc_b")
    other.like(house)
    results = await asyncio.gather(*(one.grant(70, "race") for one in (house, other) * 5), return_exceptions=True)
    # On PostgreSQL two that pass the look-up together meet at the unique key: one is refused, none counts twice.
    assert {each for each in results if isinstance(each, int)} == {1070}
    assert all(isinstance(each, int | IntegrityError) for each in results)
    assert (await house.purse()).posted == 1070
    assert (await house.credits.check()).fault is None


@pytest.mark.parametrize("amount", [0, -1])
async def test_a_grant_of_nothing_is_refused(house: House, amount: int) -> None:
    with pytest.raises(BadAmount):
        await house.grant(amount)


async def test_balances_follow_every_phase(house: House) -> None:
    mine, revenue = await _accounts(house)

    async def balances() -> tuple[tuple[int, ...], tuple[int, ...]]:
        found = await house.database.read(lambda connection: credits_.balances_of(connection, [mine, revenue]))
        by_account = {each.account: (each.debits_posted, each.credits_posted, each.debits_pending) for each in found}
        return by_account[mine], by_account[revenue]

    assert await balances() == ((0, 1000, 0), (0, 0, 0))
    await _post(house, Posting(mine, revenue, 300, "pending", "hold", "g1", "hold/g1"))
    assert await balances() == ((0, 1000, 300), (0, 0, 0))
    await _post(house, Posting(mine, revenue, 120, "posted", "generation", "g1", "charge/g1", "hold/g1", 300))
    assert await balances() == ((120, 1000, 0), (0, 120, 0))
    await _post(
        house,
        Posting(mine, revenue, 50, "pending", "hold", "g2", "hold/g2"),
        Posting(mine, revenue, 0, "voided", "generation", "g2", "charge/g2", "hold/g2", 50),
        _single(mine, revenue, 7, "charge/g3"),
    )
    assert await balances() == ((127, 1000, 0), (0, 127, 0))
    report = await house.credits.check()
    assert report[:4] == (6, 4, 0, None)


async def test_post_returns_the_new_balances_with_growing_versions(house: House) -> None:
    mine, revenue = await _accounts(house)
    first = {each.account: each for each in await _post(house, _single(mine, revenue, 1, "a"))}
    second = {each.account: each for each in await _post(house, _single(mine, revenue, 1, "b"))}
    assert set(first) == set(second) == {mine, revenue}
    assert all(second[account].version == first[account].version + 1 for account in first)


@pytest.mark.parametrize(
    "bad",
    [
        ("same idempotency key", Posting(1, 2, 1, "single", "t", "r", "hold/x")),
        ("resolved twice", Posting(1, 2, 1, "voided", "t", "r", "another", "hold/done", 5)),
        ("negative", Posting(1, 2, -1, "single", "t", "r", "neg")),
        ("to itself", Posting(1, 1, 1, "single", "t", "r", "self")),
        ("no such account", Posting(1, 999_999, 1, "single", "t", "r", "nobody")),
        ("posted without pending", Posting(1, 2, 1, "posted", "t", "r", "nopending")),
        ("single with pending", Posting(1, 2, 1, "single", "t", "r", "withpending", "hold/x")),
    ],
    ids=lambda pair: pair[0].replace(" ", "-"),
)
async def test_the_database_itself_refuses(house: House, bad: tuple[str, Posting]) -> None:
    mine, revenue = await _accounts(house)
    swap = {1: mine, 2: revenue}
    await _post(
        house,
        Posting(mine, revenue, 5, "pending", "hold", "x", "hold/x"),
        Posting(mine, revenue, 5, "pending", "hold", "done", "hold/done"),
        Posting(mine, revenue, 5, "posted", "t", "done", "charge/done", "hold/done", 5),
    )
    before = await rows(house.database, "SELECT * FROM balances ORDER BY account")
    posting = bad[1]
    posting = posting._replace(debit=swap[posting.debit], credit=swap.get(posting.credit, posting.credit))
    with pytest.raises(IntegrityError):
        await _post(house, posting)
    assert await rows(house.database, "SELECT * FROM balances ORDER BY account") == before


async def test_a_pending_amount_cannot_fall_below_zero(house: House) -> None:
    """Resolving what was never set aside: the projection's own constraint refuses it."""
    mine, revenue = await _accounts(house)
    with pytest.raises(IntegrityError):
        await _post(house, Posting(mine, revenue, 0, "voided", "t", "g", "charge/g", "hold/g", 5))


@pytest.mark.parametrize(
    "statement", ["UPDATE transfers SET amount = 1", "DELETE FROM transfers", "UPDATE transfers SET amount = amount"]
)
async def test_transfers_are_append_only(house: House, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        await house.execute(statement)
    assert await house.scalar("SELECT sum(amount) FROM transfers") == 1000


async def test_transfers_are_append_only_for_any_program(place: Place, house: House) -> None:
    if place.dialect == "postgresql":
        with pytest.raises(DBAPIError, match="append-only"):
            await house.execute("TRUNCATE transfers CASCADE")
        return
    with contextlib.closing(sqlite3.connect(place.path)) as other:
        for statement in (
            "UPDATE transfers SET amount = 0",
            "DELETE FROM transfers",
            "UPDATE OR REPLACE transfers SET seq = 1",
            # Replacing deletes what is in the way without asking the trigger on DELETE.
            "INSERT OR REPLACE INTO transfers SELECT * FROM transfers",
            (
                "INSERT OR REPLACE INTO transfers (debit_account, credit_account, amount, phase, code, reference, "
                "idempotency_key, created_at) SELECT debit_account, credit_account, 1, phase, code, reference, "
                "idempotency_key, created_at FROM transfers"
            ),
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)


async def _tamper(house: House, *statements: str, **values: object) -> None:
    """What somebody does who can switch the triggers off."""

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for trigger in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS transfers_no_{trigger}"))
        for statement in statements:
            connection.execute(
                text(statement), {name: each for name, each in values.items() if f":{name}" in statement}
            )

    await house.database.write(work)


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        ("UPDATE balances SET credits_posted = credits_posted + 1 WHERE account = :mine", "credits:acct_"),
        ("UPDATE balances SET debits_posted = debits_posted - 1 WHERE account = :mine", "credits:acct_"),
        ("UPDATE balances SET debits_pending = 0", "credits:acct_"),
        ("UPDATE balances SET credits_posted = 99 WHERE account = :revenue", "revenue"),
        ("DELETE FROM balances WHERE account = :revenue", "has transfers but no balance"),
        ("DELETE FROM holds", "'hold/open' is pending, but no stream holds it"),
        ("UPDATE holds SET id = 'stranger'", "'hold/open' is pending, but no stream holds it"),
        ("UPDATE transfers SET amount = 41 WHERE idempotency_key = 'charge/done'", "balance of revenue is (0, 40, 0)"),
        ("DELETE FROM transfers WHERE idempotency_key = 'charge/done'", "balance of revenue is (0, 40, 0)"),
        ("DELETE FROM transfers WHERE idempotency_key = 'hold/done'", "resolves 'hold/done', which is not pending"),
        ("DELETE FROM transfers WHERE phase = 'single'", "is (40, 1000, 60), but its transfers make (40, 0, 60)"),
        ("UPDATE transfers SET credit_account = :grants WHERE idempotency_key = 'charge/done'",
         "resolves 'hold/done' between other accounts"),
    ],
)  # fmt: skip
async def test_the_checker_names_what_was_changed(house: House, tampering: str, named: str) -> None:
    done = await house.request(100)
    await done.deliver(1)
    await done.settle(40)
    still = await house.request(60)
    still.generation.id = "open"
    await still.deliver(1)
    # The settled one is renamed too, so that the cases above can name it.
    rename = "UPDATE transfers SET {0} = replace({0}, :was, 'done')"
    await _tamper(house, rename.format("idempotency_key"), rename.format("pending_key"), was=done.generation.id)
    assert (await house.credits.check()).fault is None
    mine, revenue = await _accounts(house)
    grants = await house.scalar("SELECT id FROM ledger_accounts WHERE kind = 'grants'")
    await _tamper(house, tampering, mine=mine, revenue=revenue, grants=grants)
    fault = (await house.credits.check()).fault
    assert fault is not None
    assert named in fault


async def test_the_checker_names_a_hold_that_nothing_set_aside(house: House) -> None:
    await house.execute(
        "INSERT INTO holds (id, account_id, key_id, amount, spent, completion_tokens, facts, process, expires_at) "
        "VALUES ('ghost', 'a', 'k', 1, 0, 0, '{}', 'p', 1)"
    )
    assert (await house.credits.check()).fault == "'hold/ghost' is held by a stream, but not pending"


async def test_the_checker_names_a_balance_below_zero(house: House) -> None:
    mine, revenue = await _accounts(house)
    await _post(house, _single(mine, revenue, 1001, "too much"))
    assert (await house.credits.check()).fault == f"balance of credits:{house.account_id} is below zero"


async def test_the_checker_reads_more_rows_than_fit_one_fetch(house: House) -> None:
    mine, revenue = await _accounts(house)
    await _post(house, *(_single(revenue, mine, 1, f"many/{number}") for number in range(6000)))
    report = await house.credits.check()
    assert (report.transfers, report.fault) == (6001, None)


class TestPurse:
    """Holding in memory."""

    def purse(self, posted: int = 100, foreign: int = 0) -> Purse:
        return Purse("acct", Balance(1, 0, posted, 0, 5), foreign)

    def test_holds_up_to_the_last_nano(self) -> None:
        purse = self.purse(100, foreign=10)
        purse.hold(60, max_tokens=1, affordable_tokens=1)
        purse.hold(30, max_tokens=1, affordable_tokens=1)
        assert purse.available == 0
        purse.hold(0, max_tokens=1, affordable_tokens=1)
        with pytest.raises(InFlight) as caught:
            purse.hold(1, max_tokens=1, affordable_tokens=0)
        assert caught.value.retry_after
        assert caught.value.metadata["in_flight"] == 100 / 10**9
        assert purse.held == 90

    def test_what_never_fits_is_not_enough(self) -> None:
        purse = self.purse(100)
        with pytest.raises(NotEnough) as caught:
            purse.hold(101, max_tokens=50, affordable_tokens=49)
        assert caught.value.metadata["suggested_max_tokens"] == 49
        assert caught.value.retry_after is None
        assert "50 tokens" in caught.value.message
        assert purse.held == 0
        with pytest.raises(NotEnough, match="Add credits"):
            self.purse(0).hold(1, max_tokens=1, affordable_tokens=0)

    def test_extra_is_what_is_free(self) -> None:
        purse = self.purse(100)
        purse.hold(90, max_tokens=1, affordable_tokens=1)
        assert purse.take_extra(25) == 10
        assert purse.take_extra(25) == 0
        assert purse.available == 0

    @pytest.mark.parametrize("version", [4, 5])
    def test_an_older_balance_is_not_taken_over(self, version: int) -> None:
        purse = self.purse()
        purse.refresh(Balance(1, 0, 900, 0, version))
        assert purse.posted == 100
        purse.refresh(Balance(1, 0, 900, 0, 6))
        assert purse.posted == 900
        assert purse.ever_funded


async def test_a_purse_sees_what_other_processes_hold(place: Place, house: House) -> None:
    request = await house.request(300)
    await request.deliver(1)
    other = House(place.open(), "proc_b")
    other.like(house)
    purse = await other.purse()
    assert (purse.posted, purse.foreign, purse.available) == (1000, 300, 700)
    assert (await house.purse()).available == 700
    await request.settle(100)
    other.credits.changed(house.account_id)
    assert (await other.purse()).available == 900


async def test_a_stale_purse_is_read_again_and_keeps_its_holds(place: Place, house: House) -> None:
    request = await house.request(400)
    other = House(place.open(), "proc_b")
    other.like(house)
    await other.grant(50)
    house.credits.changed(house.account_id)
    purse = await house.purse()
    assert (purse.posted, purse.held, purse.available) == (1050, 400, 650)
    await request.settle(0)
    assert purse.available == 1050


async def test_a_purse_that_cannot_be_read_stays_stale(house: House) -> None:
    purse = await house.purse()
    await house.grant(1)
    assert purse.stale
    house.database.refuse = True
    with pytest.raises(DatabaseDown):
        await house.purse()
    house.database.refuse = False
    assert purse.stale
    assert (await house.purse()).posted == 1001


async def test_purses_asked_for_at_once_are_one(house: House) -> None:
    house.credits._purses.clear()
    found = await asyncio.gather(*(house.purse() for _ in range(20)))
    assert len({id(purse) for purse in found}) == 1


async def test_accounts_opened_at_once_are_one(place: Place, house: House) -> None:
    other = place.open()

    def opening(connection: Connection) -> int:
        return credits_.ledger_account(connection, "credits", "acct_new")

    found = await asyncio.gather(*(database.write(opening) for database in (house.database, other) * 10))
    assert len(set(found)) == 1
    count = text("SELECT count(*) FROM balances WHERE account = :a")
    assert await other.read(lambda connection: connection.execute(count, {"a": found[0]}).scalar_one()) == 1

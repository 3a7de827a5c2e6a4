"""Seals: whoever changes, removes or adds a transfer past the triggers is found, and so is who touches the chain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from credits.money_house import House, rows
from modelport.credits import seals
from modelport.credits.service import Credits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from db.database_places import Place


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_BLOCK", 4)


async def _some(house: House, count: int = 10) -> None:
    for _ in range(count):
        await (await house.request(5)).settle(2)


async def _tamper(house: House, *statements: str, **values: int) -> None:
    """Writes as somebody who owns the database can: without triggers."""

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {row.name}"))
        for statement in statements:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), named)

    await house.database.write(work)


async def _seqs(house: House) -> Sequence[int]:
    return [row.seq for row in await rows(house.database, "SELECT seq FROM transfers ORDER BY seq")]


async def _fault(house: House) -> str:
    report = await house.credits.check()
    assert report.fault is not None
    return report.fault


async def test_what_is_sealed_is_green_and_what_is_new_is_counted(house: House) -> None:
    await _some(house)
    assert await house.credits.seal() == 3
    assert await house.credits.seal() == 0
    await _some(house, 2)
    report = await house.credits.check()
    assert (report.fault, report.seals, report.unsealed, len(report.head)) == (None, 3, 2, 64)
    assert await house.credits.seal() == 1
    later = await house.credits.check()
    assert (later.seals, later.unsealed) == (4, 0)
    assert later.head != report.head


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE transfers SET amount = amount + 1 WHERE seq = {seq}", "transfer {seq} was changed after block 2"),
        ("UPDATE transfers SET reference = 'x' WHERE seq = {seq}", "transfer {seq} was changed after block 2"),
        ("DELETE FROM transfers WHERE seq = {seq}", "transfer {seq} is missing: block 2"),
        ("DELETE FROM seals WHERE number = 2", "seal 2 is missing"),
        ("UPDATE seals SET previous = digest WHERE number = 2", "the chain is broken: seal 2"),
        ("UPDATE seals SET digest = previous WHERE number = 2", "seal 2 does not fit its transfers"),
        ("UPDATE ledger_accounts SET owner = 'acct_thief' WHERE kind = 'credits'", "was changed after block 1"),
    ],
)
async def test_the_first_difference_is_named(house: House, change: str, told: str) -> None:
    await _some(house)
    await house.credits.seal()
    seq = (await _seqs(house))[5]
    await _tamper(house, change.format(seq=seq))
    assert told.format(seq=seq) in await _fault(house)


async def test_the_last_row_of_all_is_missed_as_well(house: House) -> None:
    await _some(house)
    await house.credits.seal()
    last = (await _seqs(house))[-1]
    await _tamper(house, "DELETE FROM transfers WHERE seq = :last", last=last)
    assert f"transfer {last} is missing" in await _fault(house)


async def test_balances_that_fit_the_change_do_not_hide_it(house: House) -> None:
    """The clever thief: more credits for an account, and every projection in line with them."""
    await _some(house)
    await house.credits.seal()
    first = (await _seqs(house))[0]
    await _tamper(
        house,
        "UPDATE transfers SET amount = amount + 5000 WHERE seq = :first",
        "UPDATE balances SET credits_posted = credits_posted + 5000 WHERE account = "
        "(SELECT credit_account FROM transfers WHERE seq = :first)",
        "UPDATE balances SET debits_posted = debits_posted + 5000 WHERE account = "
        "(SELECT debit_account FROM transfers WHERE seq = :first)",
        first=first,
    )
    assert await _fault(house) == f"transfer {first} was changed after block 1 had been sealed"


async def test_a_row_slipped_in_is_found(house: House) -> None:
    await _some(house, 3)
    seqs = await _seqs(house)
    # A number that was never used: a transaction that was rolled back left it.
    hole = seqs[1]
    await _tamper(house, "DELETE FROM transfers WHERE seq = :hole", hole=hole)
    await house.credits.seal()
    await _tamper(
        house,
        "INSERT INTO transfers (seq, debit_account, credit_account, amount, phase, code, reference, idempotency_key, "
        "created_at) SELECT :hole, debit_account, credit_account, 1, 'single', 'grant', 'r', 'slipped', created_at "
        "FROM transfers WHERE seq = :first",
        hole=hole,
        first=seqs[0],
    )
    assert await _fault(house) == f"transfer {hole} was added after block 1 had been sealed"


async def test_without_the_master_secret_no_seal_can_be_made(house: House) -> None:
    await _some(house)
    other = Credits(house.database, "proc_thief", b"another key")
    await other.seal()
    assert "transfer 1 was changed" in await _fault(house)
    assert (await other.check()).fault is None


@pytest.mark.parametrize("statement", ["UPDATE seals SET digest = 'x'", "DELETE FROM seals"])
async def test_seals_are_append_only(house: House, statement: str) -> None:
    await _some(house, 4)
    await house.credits.seal()
    with pytest.raises(DBAPIError, match="append-only"):
        await house.execute(statement)


async def test_two_processes_seal_at_once(place: Place, house: House) -> None:
    other = House(place.open(), "proc_b")
    await _some(house)
    await asyncio.gather(*(one.credits.seal() for one in (house, other) * 3))
    report = await house.credits.check()
    assert (report.fault, report.unsealed) == (None, 0)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_a_smaller_number_that_is_committed_later_is_not_missed(place: Place, house: House) -> None:
    """Sealing waits for a writer under way, and does not go past it."""
    mine, revenue = (await house.purse()).ledger_account, house.credits.revenue
    slow = place.open()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def write_slowly() -> None:
        engine = slow._async
        assert engine is not None
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO transfers (debit_account, credit_account, amount, phase, code, reference, "
                    "idempotency_key, created_at) VALUES (:a, :b, 0, 'single', 'test', 'r', 'slow', 0)"
                ),
                {"a": mine, "b": revenue},
            )
            begun.set()
            await go_on.wait()

    writing = asyncio.create_task(write_slowly())
    await begun.wait()
    await _some(house, 3)  # larger numbers, committed first
    sealing = asyncio.create_task(house.credits.seal())
    await asyncio.sleep(0)
    go_on.set()
    await writing
    await sealing
    await house.credits.seal()
    report = await house.credits.check()
    assert (report.fault, report.unsealed) == (None, 0)

"""The journal: many requests a transaction, nothing lost, nothing twice, whatever the database does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from credits.money_house import House, a_house, generation, rows
from modelport.credits.budgets import Budgets, Spender
from modelport.db.database import DatabaseDown
from modelport.kit import clock
from modelport.usage import batch as batch_
from modelport.usage import journal as journal_
from modelport.usage import rollup
from modelport.usage.errors import NoSuchGeneration
from modelport.usage.journal import Charge, Settled
from modelport.usage.service import Usage

if TYPE_CHECKING:
    from db.database_places import Place
    from db.postgres_cluster import Cluster


async def _all_settled(house: House, count: int, cost: int = 1) -> None:
    """`count` requests that hold 5 each and settle at once."""
    requests = [await house.request(5) for _ in range(count)]
    await asyncio.wait_for(asyncio.gather(*(request.settle(cost) for request in requests)), 60)


async def _proved(house: House, charges: int, spent: int) -> None:
    """The ledger, the generations, the key and the memory all say the same."""
    report = await house.credits.check()
    assert (report.fault, report.open_holds) == (None, 0)
    found = await rows(
        house.database,
        "SELECT count(*), coalesce(sum(amount), 0) FROM transfers WHERE code = 'generation' AND amount > 0",
    )
    assert tuple(found[0]) == (charges, spent)
    assert await house.scalar("SELECT count(DISTINCT reference) FROM transfers WHERE code = 'generation'") >= charges
    assert await house.scalar("SELECT coalesce(sum(spent), 0) FROM key_days") == spent
    assert await house.scalar("SELECT coalesce(sum(cost), 0) FROM generations") == spent
    purse, key = await house.purse(), await house.key()
    assert (purse.posted, purse.held) == (1000 - spent, 0)
    assert (key.total, key.held) == (spent, 0)
    assert await house.scalar("SELECT count(*) FROM holds") == 0


async def test_many_entries_take_few_transactions(house: House) -> None:
    before = house.database.writes
    await _all_settled(house, 100)
    assert house.database.writes - before <= 5
    await _proved(house, 100, 100)


async def test_an_answer_is_durable_when_its_future_is_done(house: House) -> None:
    request = await house.request(5)
    done = request.settle(3)
    assert not done.done()
    await done
    usage = Usage(house.database)
    assert (await usage.generation(request.generation.id, house.account_id)).cost == 3
    with pytest.raises(NoSuchGeneration):
        await usage.generation(request.generation.id, "acct_of_another")


async def test_a_generation_comes_back_as_it_was(house: House) -> None:
    made = generation(
        house.account_id,
        (await house.key()).record.id,
        provider="p",
        streamed=True,
        cancelled=True,
        is_free=True,
        estimated=True,
        upstream_cost=2**61,
        cost=0,
        shortfall=2**61,
        latency_ms=3,
        trace='{"a":"\N{SNOWMAN}"}',
    )
    await house.journal.written(Settled(made, None))
    assert await Usage(house.database).generation(made.id, house.account_id) == made
    assert await Usage(house.database).free_answers_since(house.account_id, made.created_at) == 1
    assert await Usage(house.database).free_answers_since(house.account_id, made.created_at + 1) == 0


async def test_what_nobody_waits_for_is_written(house: House) -> None:
    abandoned = [(await house.request(5)).settle(2) for _ in range(10)]
    for done in abandoned:
        done.cancel()
    made = generation(house.account_id, "k")
    house.journal.note(Settled(made, None))
    await _all_settled(house, 1, 2)
    assert await Usage(house.database).generation(made.id, house.account_id)
    await _proved(house, 11, 22)


async def test_opened_and_settled_in_one_batch(house: House) -> None:
    """A caller who leaves at once: the hold and its end come in the same transaction."""
    free, paid = await house.request(50), await house.request(50)
    before = house.database.writes
    await asyncio.gather(free.deliver(1), paid.deliver(1), free.settle(0), paid.settle(20))
    assert house.database.writes - before <= 2
    await _proved(house, 1, 20)
    phases = await rows(house.database, "SELECT phase, amount FROM transfers WHERE code <> 'grant' ORDER BY seq")
    assert sorted(map(tuple, phases)) == [("pending", 50), ("pending", 50), ("posted", 20), ("voided", 0)]


async def test_more_than_was_held_is_taken_from_what_is_free(house: House) -> None:
    request = await house.request(600)
    await request.deliver(1)
    other = await house.request(300)
    await request.settle(900)
    assert (request.generation.cost, request.generation.shortfall) == (700, 200)
    assert (await house.purse()).available == 0
    await other.settle(300)
    await _proved(house, 2, 1000)


async def test_closing_writes_what_is_left(place: Place) -> None:
    house = await a_house(place)
    await house.grant(1000)
    left = [(await house.request(5)).settle(1) for _ in range(20)]
    await house.journal.close()
    assert all(done.done() and done.exception() is None for done in left)
    await _proved(house, 20, 20)


async def test_closing_waits_for_a_database_that_refuses(place: Place) -> None:
    house = await a_house(place)
    await house.grant(1000)
    request = await house.request(5)
    house.database.refuse = True
    left = request.settle(1)
    closing = asyncio.create_task(house.journal.close())
    await asyncio.sleep(0.2)
    assert not closing.done()
    assert house.journal.failing
    house.database.refuse = False
    await asyncio.wait_for(closing, 20)
    assert left.done()
    await _proved(house, 1, 1)


@pytest.mark.parametrize("fate", ["before", "after"])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_commit_that_fails_or_may_have_failed(house: House, fate: str, times: int) -> None:
    streamed, whole = await house.request(100), await house.request(100)
    await streamed.deliver(1)
    house.database.plan = [fate] * times
    await asyncio.wait_for(asyncio.gather(streamed.settle(40), whole.settle(30)), 30)
    assert house.database.plan == []
    await _proved(house, 2, 70)


async def test_a_lost_answer_to_a_commit_leaves_no_money_free_twice(house: House) -> None:
    """The retry finds everything written; memory must learn the balance that the first try left."""
    request = await house.request(1000)
    house.database.plan = ["after"]
    await asyncio.wait_for(request.settle(1000), 30)
    assert (await house.purse()).available == 0


async def test_a_hold_that_was_lost_and_found_is_one_hold(house: House) -> None:
    request = await house.request(100)
    house.database.plan = ["after"]
    await asyncio.wait_for(request.deliver(1), 30)
    assert await house.scalar("SELECT count(*) FROM holds") == 1
    await request.settle(10)
    await _proved(house, 1, 10)


async def test_a_database_that_refuses_for_a_while(house: House) -> None:
    first = [await house.request(5) for _ in range(30)]
    house.database.refuse = True
    waiting = [request.settle(1) for request in first[:10]]
    await asyncio.sleep(0.15)
    waiting += [request.settle(1) for request in first[10:]]
    assert house.journal.failing
    assert not any(done.done() for done in waiting)
    assert (await house.purse()).available == 1000 - 150
    house.database.refuse = False
    await asyncio.wait_for(asyncio.gather(*waiting), 30)
    assert not house.journal.failing
    await _proved(house, 30, 30)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_a_server_that_stops_under_load(house: House, cluster: Cluster) -> None:
    """PostgreSQL goes while requests end: they wait, it comes back, and every one of them is charged once."""
    streams = [await house.request(5) for _ in range(40)]
    await asyncio.gather(*(request.deliver(1) for request in streams))
    waiting = [request.settle(2) for request in streams[:10]]
    await asyncio.sleep(0)
    await asyncio.to_thread(cluster.stop)
    try:
        waiting += [request.settle(2) for request in streams[10:]]
        await asyncio.sleep(0.3)
        assert house.journal.failing
        with pytest.raises(DatabaseDown):
            await house.grant(1)
    finally:
        await asyncio.to_thread(cluster.start)
    await asyncio.wait_for(asyncio.gather(*waiting), 30)
    await _proved(house, 40, 80)


async def test_who_waits_too_long_is_told_and_charged_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_, "_LOOK_SECONDS", 0.05)
    house = House(place.open(), "proc_a", patience=0.1)
    await house.start()
    await house.move_in()
    await house.grant(1000)
    request = await house.request(5)
    house.database.refuse = True
    with pytest.raises(DatabaseDown) as caught:
        await asyncio.wait_for(request.settle(1), 20)
    assert caught.value.retry_after
    house.database.refuse = False
    await house.journal.close()
    await _proved(house, 1, 1)


@pytest.mark.parametrize("opened", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("way", ["refused", "unheard", "late"])
async def test_an_answer_that_is_withheld_is_free(
    place: Place, way: str, monkeypatch: pytest.MonkeyPatch, *, opened: bool
) -> None:
    """Whether its charge was refused, went through unheard, or came just after the caller had been told."""
    monkeypatch.setattr(journal_, "_LOOK_SECONDS", 0.05)
    house = House(place.open(), "proc_a", patience=20)
    await house.start()
    await house.move_in(limit=900)
    await house.grant(1000)
    request, other = await house.request(50), await house.request(50)
    budgets = Budgets(house.database)
    await budgets.put(house.account_id, "account", house.account_id, 500, "monthly")
    record = (await house.key()).record
    (budget,) = await budgets.of(Spender(house.account_id, record.user_id, record.id))
    request.budgets = other.budgets = (budget,)
    if opened:
        await request.deliver(1)
    house.journal._patience = 0.1  # from here on, as what came before must not fail for a busy disk
    apply = house.journal._apply
    told = asyncio.Event()

    async def slowly(*args: Any, **kwargs: Any) -> Any:
        """The commit goes through; its answer comes when the caller has given up, or never."""
        balances = await apply(*args, **kwargs)
        await told.wait()
        house.journal._apply = apply  # type: ignore[method-assign]
        if way == "unheard":
            raise DatabaseDown("lost", retry_after=1)
        return balances

    house.database.refuse = way == "refused"
    if way != "refused":
        house.journal._apply = slowly  # type: ignore[method-assign]
    with pytest.raises(DatabaseDown):
        await asyncio.wait_for(request.settle(7, or_free=True), 20)
    told.set()
    house.journal._patience = 20
    house.database.refuse = False
    while house.journal._writing or house.journal._queue:  # noqa: ASYNC110 (a state, not an event, is waited for)
        await asyncio.sleep(0.01)
    await asyncio.wait_for(other.settle(3, or_free=True), 20)
    await house.journal.close()

    report = await house.credits.check()
    assert (report.fault, report.open_holds) == (None, 0)
    net = await rows(
        house.database,
        "SELECT t.reference, sum(CASE WHEN a.kind = 'revenue' THEN t.amount ELSE -t.amount END) "
        "FROM transfers t JOIN ledger_accounts a ON a.id = t.credit_account WHERE t.code = 'generation' GROUP BY 1",
    )
    assert {row[0]: int(row[1]) for row in net if row[1]} == {other.generation.id: 3}
    stored = await Usage(house.database).generation(request.generation.id, house.account_id)
    assert (stored.status, stored.cost) == ("error", 0)
    purse, key = await house.purse(), await house.key()
    assert (purse.posted, purse.held, key.total, key.held, budget.total) == (997, 0, 3, 0, 3)
    assert await house.scalar("SELECT sum(spent) FROM key_days") == 3
    assert await house.scalar("SELECT sum(spent) FROM budget_days") == 3
    while await house.database.write(rollup.fold):
        pass
    sums = await rows(house.database, "SELECT sum(requests), sum(failed), sum(cost) FROM usage_days")
    assert tuple(map(int, sums[0])) == (1, 1, 3)


async def test_a_bad_entry_loses_no_other(house: House) -> None:
    good = [await house.request(5) for _ in range(6)]
    key = await house.key()
    bad = generation(house.account_id, key.record.id, status=None)
    released: list[int] = []
    charge = Charge((await house.purse()).ledger_account, key, 5, 0)
    waiting = [request.settle(1) for request in good[:3]]
    refused = house.journal.written(Settled(bad, charge, lambda: released.append(1)))
    waiting += [request.settle(1) for request in good[3:]]
    with pytest.raises(DatabaseDown):
        await asyncio.wait_for(refused, 30)
    await asyncio.wait_for(asyncio.gather(*waiting), 30)
    assert released == [1]
    await _proved(house, 6, 6)


async def test_a_bad_checkpoint_loses_no_entry(house: House) -> None:
    request, other = await house.request(50), await house.request(50)
    await request.deliver(1)
    request.spent = 51
    house.journal.checkpoint(batch_.Checkpoint(request.generation.id, 51, 1, clock.now_ms() + 60_000))
    await asyncio.wait_for(other.settle(7), 30)
    await request.settle(3)
    await _proved(house, 2, 10)


@pytest.mark.parametrize(
    "awkward",
    [
        {"external_user": "nul \0 inside"},
        {"session_id": "half \ud83d a character"},
        {"prompt_tokens": 2**31, "completion_tokens": 2**40},
        {"reasoning_tokens": 2**63},
    ],
    ids=["nul", "surrogate", "33 bits", "64 bits"],
)
@pytest.mark.parametrize("company", [0, 3])
async def test_no_caller_or_provider_can_make_an_answer_free(
    house: House, awkward: dict[str, str | int], company: int
) -> None:
    """Texts and counts that a database can't hold are given up; the charge is not."""
    request = await house.request(50)
    for name, value in awkward.items():
        setattr(request.generation, name, value)
    others = [await house.request(5) for _ in range(company)]
    await asyncio.wait_for(asyncio.gather(request.settle(40), *(other.settle(1) for other in others)), 30)
    await _proved(house, 1 + company, 40 + company)


async def _after_an_outage(house: House, gathered: int) -> None:
    """`gathered` entries wait; then the first commits are in doubt, so that all they carried must be looked up."""
    key, purse = await house.key(), await house.purse()
    first, last = await house.request(5), await house.request(5)
    house.database.refuse = True
    waiting = [first.settle(1)]
    await asyncio.sleep(0.02)
    for _ in range(gathered):
        house.journal.note(Settled(generation(purse.account_id, key.record.id), None))
    waiting.append(last.settle(1))
    house.database.plan = ["", *["after"] * 3]
    house.database.refuse = False
    await asyncio.wait_for(asyncio.gather(*waiting), 100)
    assert await house.scalar("SELECT count(*) FROM generations") == gathered + 2
    await _proved(house, 2, 2)


async def test_what_gathered_in_an_outage_is_written_in_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_, "_BATCH", 40)
    before = house.database.writes
    await _after_an_outage(house, 400)
    assert house.database.writes - before >= 10


@pytest.mark.proof
async def test_more_entries_than_a_query_has_parameters(house: House) -> None:
    """SQLite takes 32,766 parameters in a query, PostgreSQL 32,767: a batch must stay below."""
    await _after_an_outage(house, 40_000)


async def test_only_the_newest_checkpoint_is_written(house: House) -> None:
    request = await house.request(100)
    await request.deliver(1)
    for spent in range(2, 60):
        request.checkpoint(spent)
    await _all_settled(house, 1)
    assert await house.scalar("SELECT spent FROM holds") == 59
    request.checkpoint(70)
    await request.settle(60)
    request.checkpoint(80)  # comes too late and changes nothing
    await _all_settled(house, 1)
    await _proved(house, 3, 62)


async def test_closing_gives_up_a_database_that_never_comes_back(place: Place) -> None:
    house = await a_house(place)
    await house.grant(1000)
    stream, whole = await house.request(50), await house.request(5)
    await stream.deliver(7)
    house.database.refuse = True
    left = [stream.settle(20), whole.settle(1)]
    await asyncio.wait_for(house.journal.close(0.05), 20)
    assert all(isinstance(done.exception(), DatabaseDown) for done in left)
    house.database.refuse = False
    successor = House(place.open(), "proc_next")
    await successor.start()
    assert await successor.sweeper.sweep(alone=True) == 1
    assert await house.scalar("SELECT sum(amount) FROM transfers WHERE code = 'generation'") == 7
    await successor.journal.close()

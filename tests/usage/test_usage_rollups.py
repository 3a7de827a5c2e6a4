"""Roll-ups are exact: each generation counts once, whatever fails or is killed when, and however late it is stored."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from credits.money_house import House, generation, rows
from modelport.kit import clock
from modelport.settings import Settings
from modelport.usage import analytics, log, partitions, session_cost
from modelport.usage.analytics import Question
from modelport.usage.attribution import app_of, categories_of
from modelport.usage.journal import Settled
from modelport.usage.log import Filters
from modelport.usage.rebuild import rebuild
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

_DAY = 86_400_000
_TABLES = ("usage_hours", "usage_days", "account_hours", "model_days", "model_totals", "app_days", "app_totals")


def _made(house: House, key_id: str, number: int, **more: Any) -> Any:
    facts: dict[str, Any] = {
        "provider": "p", "endpoint_id": f"e{number % 2}", "prompt_tokens": 10 * number, "completion_tokens": number,
        "status": "error" if number % 5 == 0 else "ok", "cost": number, "latency_ms": 7, "generation_ms": 3,
        "app": "https://a.example" if number % 2 else None, "app_title": "A", "session_id": "s" if number % 3 else None,
    }  # fmt: skip
    return generation(house.account_id, key_id, **{**facts, **more})


async def _store(house: House, made: list[Any]) -> None:
    await asyncio.gather(*(house.journal.written(Settled(each, None)) for each in made))


async def _sums(house: House) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name in _TABLES:
        found[name] = sorted(tuple(row) for row in await rows(house.database, f"SELECT * FROM {name}"))  # noqa: S608
    return found


async def _exact(house: House) -> None:
    """What was added up little by little is what the stored generations say."""
    found = await _sums(house)
    await house.database.write(rebuild)
    assert found == await _sums(house)


@pytest.fixture
def upkeep(house: House) -> Upkeep:
    return Upkeep(Settings(), house.database)


async def test_they_say_what_the_generations_say(house: House, upkeep: Upkeep) -> None:
    key = (await house.key()).record.id
    now = clock.now_ms()
    made = [_made(house, key, number, created_at=now - number * 3_600_000 * 5) for number in range(1, 30)]
    await _store(house, made[:10])
    assert await upkeep.fold() > 0
    await _store(house, made[10:])
    await upkeep.fold()
    assert await upkeep.fold() == 0
    total = await rows(house.database, "SELECT sum(requests), sum(failed), sum(cost) FROM usage_days")
    assert tuple(map(int, total[0])) == (24, 5, sum(range(1, 30)))
    await _exact(house)


async def test_a_lost_commit_counts_once(house: House, upkeep: Upkeep) -> None:
    """The journal's commit happens, its answer is lost, the batch is tried again; the same of the folding."""
    key = (await house.key()).record.id
    house.database.plan = ["after", "before"]
    await _store(house, [_made(house, key, number) for number in range(1, 8)])
    house.database.plan = ["after"]
    for _ in range(3):
        try:
            await upkeep.fold()
        except Exception:  # noqa: BLE001, S112 (what `run` does: it is tried again)
            continue
    assert await house.scalar("SELECT sum(requests + failed) FROM usage_hours") == 7
    assert await house.scalar("SELECT count(*) FROM usage_pending") == 0
    await _exact(house)


async def test_two_that_fold_at_once(house: House) -> None:
    key = (await house.key()).record.id
    await _store(house, [_made(house, key, number) for number in range(1, 40)])
    both = [Upkeep(Settings(), house.database), Upkeep(Settings(), house.database)]
    await asyncio.gather(*(each.fold() for each in both))
    await both[0].fold()
    assert await house.scalar("SELECT sum(requests + failed) FROM usage_hours") == 39
    await _exact(house)


async def test_weeks_are_made_and_dropped(house: House) -> None:
    """Rows from before their week's partition move into it; what is old goes; roll-ups stay."""
    key = (await house.key()).record.id
    now = clock.now_ms()
    if house.database.dialect == "postgresql":  # another test's server may have made this week's already
        await house.database.write(_drop_weeks)
    made = [_made(house, key, number, created_at=now - number * 3 * _DAY) for number in range(1, 12)]
    await _store(house, made)
    upkeep = Upkeep(Settings(keep_generations_days=16), house.database)
    await upkeep.fold()
    weeks = await house.database.write(lambda connection: partitions.make_weeks(connection, now))
    if house.database.dialect == "postgresql":
        assert len(weeks) >= partitions.AHEAD + 3
        assert await house.scalar("SELECT count(*) FROM generations_default") == 0
        assert await house.database.write(lambda connection: partitions.make_weeks(connection, now)) == []
    assert await house.scalar("SELECT count(*) FROM generations") == 11
    await upkeep.keep()
    left = await rows(house.database, "SELECT created_at FROM generations ORDER BY created_at")
    assert [row[0] for row in left] == sorted(each.created_at for each in made[:5])
    assert await house.scalar("SELECT sum(requests + failed) FROM usage_days") == 11
    before = await _sums(house)
    await house.database.write(rebuild)
    assert await _sums(house) == before, "sums are all that is left of what was dropped"
    if house.database.dialect == "postgresql":
        await house.database.write(_drop_weeks)


def _drop_weeks(connection: Connection) -> None:
    for name in partitions._weeks(connection):
        connection.execute(text(f"DROP TABLE {name}"))


async def test_old_traces_and_old_sums_are_forgotten(house: House) -> None:
    key = (await house.key()).record.id
    now = clock.now_ms()
    ages = (1, 3, 40)
    await _store(house, [_made(house, key, age, created_at=now - age * _DAY, trace='{"a":1}') for age in ages])
    settings = Settings(keep_traces_days=2, keep_usage_hours_days=30, keep_usage_days=35)
    upkeep = Upkeep(settings, house.database)
    await upkeep.fold()
    await upkeep.keep()
    assert await house.scalar("SELECT count(*) FROM generations WHERE trace = '{}'") == 1
    assert await house.scalar("SELECT count(*) FROM usage_hours") == 2
    assert await house.scalar("SELECT count(*) FROM usage_days") == 2


@pytest.mark.parametrize("reach", [5_000, 5])
async def test_the_log_is_paged_without_gaps(
    house: House, upkeep: Upkeep, reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where many have the same moment, for every filter, and where filters let few of many through."""
    monkeypatch.setattr(log, "_REACH", reach)
    key = (await house.key()).record.id
    now = clock.now_ms()
    made = [_made(house, key, number, created_at=now - number // 4 * _DAY) for number in range(1, 60)]
    stranger = generation("acct_stranger", "key_of_another", provider="p", session_id="s")
    await _store(house, [*made, stranger])
    await upkeep.fold()
    newest = sorted(made, key=lambda each: (each.created_at, each.id), reverse=True)
    cases: list[tuple[Filters, Callable[[Any], bool]]] = [
        (Filters(), lambda _: True),
        (Filters(app="https://a.example"), lambda each: each.app is not None),
        (Filters(status="error"), lambda each: each.status == "error"),
        (Filters(session_id="s", provider="p"), lambda each: each.session_id == "s"),
        (Filters(provider="none"), lambda _: False),
        (Filters(key_id=key, status="error"), lambda each: each.status == "error"),
        (Filters(key_id="key_of_another"), lambda _: False),
        (Filters(app="https://a.example", model="acme/one", provider="p"), lambda each: each.app is not None),
        (Filters(since=now - 5 * _DAY, until=now - _DAY), lambda e: now - 5 * _DAY <= e.created_at < now - _DAY),
    ]
    for filters, kept in cases:
        found: list[str] = []
        after = None
        while True:
            piece = await house.database.read(
                lambda connection, filters=filters, after=after: log.page(
                    connection, house.account_id, filters, after, 7
                )
            )
            found += [each.id for each in piece.generations]
            after = piece.cursor
            if after is None:
                break
        assert found == [each.id for each in newest if kept(each)], filters


@pytest.mark.parametrize(("referer", "title", "app"), [
    ("https://www.acme.example/chat?x=1", "Acme", "https://acme.example"),
    ("http://acme.example", None, "https://acme.example"),
    ("acme.example:8443", None, "https://acme.example:8443"),
    ("http://localhost:3000", "My app", "http://localhost#My app"),
    ("http://localhost:3000", None, None),
    (None, "Acme", None),
    ("https://[broken", "x", None),
])  # fmt: skip
def test_which_app_it_is(referer: str | None, title: str | None, app: str | None) -> None:
    assert app_of(referer, title) == app


def test_categories_that_are_known() -> None:
    assert categories_of("cli-agent, Nonsense,game,legal") == "cli-agent,game"
    assert categories_of("nonsense") is None
    assert categories_of(None) is None


async def test_what_only_generations_tell(house: House, upkeep: Upkeep) -> None:
    """Percentiles, minutes and reasons of an end: the same on both databases."""
    key = (await house.key()).record.id
    hour = clock.now_ms() // 3_600_000 * 3_600_000 - 3_600_000
    made = [
        _made(
            house, key, number, created_at=hour + number * 60_000, status="error" if number == 5 else "ok",
            latency_ms=number * 100, generation_ms=1000, completion_tokens=number,
            finish_reason="stop" if number % 2 else "length",
        )
        for number in range(1, 12)
    ]  # fmt: skip
    await _store(house, made)
    await upkeep.fold()
    start = dt.datetime.fromtimestamp(hour / 1000, dt.UTC)

    async def ask(metrics: tuple[str, ...], *dimensions: str, granularity: str | None = None) -> list[dict[str, Any]]:
        end = start + dt.timedelta(hours=1)
        question = Question(metrics, dimensions, (), granularity, start, end, None, 100)
        return await house.database.read(partial(analytics.ask, account_id=house.account_id, question=question))

    [row] = await ask(("request_count", "p50_latency", "p90_latency", "p50_throughput"))
    # Ten that did not fail: 100 ... 1100 but 500.
    assert row == {
        "request_count": 10,
        "p50_latency": pytest.approx(650),
        "p90_latency": pytest.approx(1010),
        "p50_throughput": pytest.approx(6.5),
    }
    minutes = await ask(("request_count", "error_count"), granularity="minute")
    assert [each["date"][14:16] for each in minutes] == [f"{number:02}" for number in range(1, 12)]
    assert sum(each["error_count"] for each in minutes) == 1
    reasons = await ask(("request_count",), "finish_reason")
    assert {each["finish_reason"]: each["request_count"] for each in reasons} == {"length": 5, "stop": 5}
    [hourly] = await ask(("request_count", "p99_latency"), granularity="hour")
    assert (hourly["request_count"], hourly["date"]) == (10, start.isoformat())


async def test_what_a_session_costs(house: House, upkeep: Upkeep) -> None:
    """Medians of sessions, and nothing where there are few of them or of few accounts."""
    now, made = clock.now_ms(), []
    for account in range(3):
        for session in range(4):
            turns = 1 if session < 3 else 12
            facts: dict[str, Any] = {
                "app": "https://agent.example",
                "app_title": "Agent",
                "session_id": f"s{session}",
                "created_at": now,
            }
            made += [generation(f"acct_{account}", "k", cost=100 * (session + 1), **facts) for _ in range(turns)]
            made.append(generation(f"acct_{account}", "k", status="error", **facts))
    made += [generation("acct_0", "k", app="https://rare.example", session_id=f"r{n}", cost=5) for n in range(9)]
    await _store(house, made)
    await upkeep.fold()
    found = await house.database.read(partial(session_cost.cells, since_ms=now - _DAY, until_ms=now + _DAY))
    # Nine sessions of one turn at 100, 200 and 300; three of twelve turns are too few to be told.
    assert found == [session_cost.Cell("https://agent.example", "Agent", "acme/one", "1-turn", 200, 9)]

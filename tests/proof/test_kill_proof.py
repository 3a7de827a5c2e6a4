"""`kill -9` under load: every answer whose end was seen is charged once, nothing twice, nothing held for ever."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from proof.callers import Crowd, plan, seeded
from proof.verdict import Figures, judge
from proof.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from db.postgres_cluster import Cluster
    from proof.callers import Call
    from proof.world import Customer

_GRANT = 100 * 10**9


async def _round(world: World, crowd: Crowd, calls: list[Call], moments: list[float]) -> None:
    """Sends the calls; at each moment (a share of them that is over) the server is killed and started again."""
    sending = asyncio.create_task(crowd.send(calls))
    before = crowd.done
    for moment in moments:
        await crowd.until_done(before + int(moment * len(calls)), sending)
        crowd.up.clear()
        world.kill()
        await world.start()
        crowd.up.set()
    await sending


async def _prove(world: World, calls: list[Call], customer: Customer, rounds: list[tuple[int, list[float]]]) -> Figures:
    """The calls in rounds of so many, each with its moments of death; then the reckoning."""
    await world.start()
    crowd = Crowd(world, customer, at_once=50)
    first = 0
    for count, moments in rounds:
        await _round(world, crowd, calls[first : first + count], moments)
        first += count
    # The embedded database settles the dead at the start; with others on it, within expiry (5 s) and sweep (15 s).
    await world.settled(10 if world.settings.database_url is None else 40)
    world.stop()
    kills = sum(len(moments) for _, moments in rounds)
    figures = await judge(world, customer, calls, _GRANT, kills)
    assert figures.requests == len(calls)
    return figures


async def test_a_thousand_requests_and_one_kill(world: World) -> None:
    """1,000 requests at 50 at once with callers who leave, providers who fail, and one `kill -9` in the middle."""
    customer = await world.furnish(_GRANT)
    calls = plan(seeded(20261123), 1000, "short")
    figures = await _prove(world, calls, customer, [(1000, [0.5])])
    assert figures.kinds["ended"] > 400
    assert figures.kinds["partly seen"] > 30
    assert figures.kinds["errors, free"] > 50
    assert any(call.cut for call in calls), "the kill hit nobody"
    print(f"\nkill proof, short: {figures}")  # noqa: T201 (for docs/proofs.md)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_twenty_rounds_of_random_kills(
    tmp_path: Path, database: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """20 rounds of 400 requests, each with one to three kills at random moments."""
    seed = secrets.randbelow(10**9)
    lots = seeded(seed)
    url = None
    if database == "postgresql":
        server: Cluster = request.getfixturevalue("migrated_server")
        server.empty("modelport")
        url = server.url("modelport")
    with World(tmp_path, url) as world:
        customer = await world.furnish(_GRANT)
        rounds = [(400, sorted(lots.random() * 0.95 for _ in range(lots.choice([1, 1, 2, 3])))) for _ in range(20)]
        calls = plan(lots, sum(count for count, _ in rounds), "long")
        figures = await _prove(world, calls, customer, rounds)
        cut = Counter("stream" if call.stream else "whole" for call in calls if call.cut)
        with capsys.disabled():
            print(f"\nkill proof, {database}, 20 rounds, seed {seed}: {figures};")  # noqa: T201
            print(f"cut by a kill: {dict(cut)}; starts took {max(world.starts):.1f} s at most")  # noqa: T201

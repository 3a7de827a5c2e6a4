"""PostgreSQL goes away under load and comes back: nothing is lost, and nothing charged twice."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest

from db.postgres_cluster import Cluster, binaries
from proof.world import MODELS, World

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from proof.world import Customer

pytestmark = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")
_GRANT = 100 * 10**9
_TOKENS = 12
_PROMPT = 9


@dataclass
class Seen:
    """What callers saw of their requests."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    without_advice: int = 0
    """503s that did not say when to try again."""
    ended: dict[str, float] = field(default_factory=dict[str, float])
    """Generations whose end arrived, and when."""
    told_error: set[str] = field(default_factory=set[str])
    """Generations that ended in an error, as a status or as an event."""


@pytest.fixture
def cluster() -> Generator[Cluster]:
    """A server of this test's own, to be stopped."""
    made = Cluster()
    _start(made)
    made.sql("CREATE DATABASE modelport")
    yield made
    made.remove()


def _start(cluster: Cluster) -> None:
    # The tests' other servers forget their last commits in a crash; this one must not.
    cluster.start("synchronous_commit=on", "full_page_writes=on")


def _body(*, stream: bool) -> bytes:
    script = f"fake: tokens={_TOKENS} prompt_tokens={_PROMPT} interval_ms={20 if stream else 0}"
    messages = [{"role": "user", "content": script}]
    return json.dumps({"model": "fake/dear", "stream": stream, "max_tokens": 64, "messages": messages}).encode()


async def _call(session: aiohttp.ClientSession, world: World, key: str, seen: Seen, *, stream: bool) -> int:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with session.post(
        f"{world.url}/api/v1/chat/completions", data=_body(stream=stream), headers=headers
    ) as answer:
        body = await answer.read()
    generation = answer.headers.get("x-generation-id", "")
    seen.statuses[answer.status] += 1
    if answer.status == 503 and "retry-after" not in answer.headers:
        seen.without_advice += 1
    if answer.status != 200 or b'"error":' in body:
        seen.told_error.add(generation)
    else:
        assert not stream or body.endswith(b"data: [DONE]\n\n")
        seen.ended[generation] = time.monotonic()
    return answer.status


async def _callers(world: World, customer: Customer, seen: Seen, over: asyncio.Event) -> None:
    """Twenty callers, each with one request after the other, until it is over."""

    async def one(number: int) -> None:
        while not over.is_set():
            status = await _call(session, world, customer.key, seen, stream=number % 2 == 0)
            if status != 200:
                await asyncio.sleep(0.2)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one(number) for number in range(20)))


async def _prove(world: World, cluster: Cluster, seconds: float, how: signal.Signals) -> str:
    customer, stranger = await world.furnish(_GRANT), await world.furnish(_GRANT)
    await world.start()
    seen, unknown, over = Seen(), Seen(), asyncio.Event()
    calling = asyncio.create_task(_callers(world, customer, seen, over))
    while sum(seen.statuses.values()) < 40:  # noqa: ASYNC110 (a state, not an event, is waited for)
        await asyncio.sleep(0.05)
    assert set(seen.statuses) == {200}

    await asyncio.to_thread(cluster.stop, how)
    coming: list[asyncio.Task[int]] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            # The callers all wait for answers that were under way; these come while there is no database.
            both = [_call(session, world, customer.key, seen, stream=stream) for stream in (False, True)]
            coming += [asyncio.create_task(call) for call in both]
            # A key that was never seen can't be looked up: that must not look like a wrong key.
            await _call(session, world, stranger.key, unknown, stream=False)
            await asyncio.sleep(0.25)
        away = Counter(task.result() for task in coming if task.done())
        await asyncio.to_thread(_start, cluster)
        back = time.monotonic()
        await asyncio.gather(*coming)
    while not any(moment > back for moment in seen.ended.values()):
        assert time.monotonic() - back < 5, "no recovery within 5 seconds"
        await asyncio.sleep(0.02)
    recovered = time.monotonic() - back
    await asyncio.sleep(2)
    over.set()
    await calling

    # Customers are told so, and no provider works for an answer that would have to be withheld.
    assert set(away) == {503}, away
    assert away[503] > 2 * seconds, "customers' requests must not wait for what is not there"
    assert set(seen.statuses) == {200, 503}, seen.statuses
    assert set(unknown.statuses) == {503}, unknown.statuses
    assert not seen.without_advice
    assert not unknown.without_advice
    await world.settled(40)
    world.stop()

    exact = MODELS["fake/dear"].exact(_PROMPT, _TOKENS)
    charges: Counter[str] = Counter()
    for row in await world.rows(
        "SELECT t.reference, t.amount, a.kind FROM transfers t JOIN ledger_accounts a ON a.id = t.credit_account "
        "WHERE t.code = 'generation' AND t.amount > 0"
    ):
        assert row.amount == exact, row
        # What was committed unheard, for an answer that had to be withheld, is moved back.
        charges[row.reference] += 1 if row.kind == "revenue" else -1
    charges = +charges
    assert set(charges.values()) <= {1}, "charged twice"
    assert set(charges) == set(seen.ended), (
        f"not charged: {len(set(seen.ended) - set(charges))}, "
        f"charged without an end: {len(set(charges) - set(seen.ended))}"
    )
    report = world.check_ledger()
    assert report["fault"] is None
    assert report["open_holds"] == 0
    return (
        f"{seconds:g} s without PostgreSQL: {sum(seen.statuses.values())} requests, {len(seen.ended)} ended, "
        f"{seen.statuses[503]} refused with 503, {len(seen.told_error)} errors in all; first answer {recovered:.1f} s "
        f"after its return"
    )


async def test_a_short_outage(tmp_path: Path, cluster: Cluster) -> None:
    """Three seconds, cut off in the middle of everything."""
    with World(tmp_path, cluster.url("modelport")) as world:
        print(f"\n{await _prove(world, cluster, 3, signal.SIGQUIT)}")  # noqa: T201


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["orderly", "crash"])
async def test_half_a_minute(
    tmp_path: Path, cluster: Cluster, how: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty seconds: longer than anybody waits for their charge to be recorded."""
    with World(tmp_path, cluster.url("modelport")) as world:
        figures = await _prove(world, cluster, 30, how)
        with capsys.disabled():
            print(f"\noutage proof, {how.name}: {figures}")  # noqa: T201

"""The response cache of several servers: in the Redis they share, sealed, bounded, and away without harm."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import Caller, Harness, marker, until

from db.database_places import cluster, migrated_server
from db.postgres_cluster import binaries
from db.redis_server import RedisServer
from modelport.gateway.cache import Cached, Wanted
from modelport.gateway.shared_cache import SharedCache
from modelport.kit.vault import Vault
from modelport.limits.shared import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Answer

    from db.postgres_cluster import Cluster

__all__ = ["cluster", "migrated_server"]

SECRET = "0123456789abcdefghijklmnopqrstuv"
VAULT = Vault(SECRET.encode())
ANSWER = Cached("gen-1", b"application/json", b'{"id":"gen-1","text":"a secret of theirs"}', "m", "p", "P")


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    made = RedisServer()
    made.start()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def pair(
    redis: RedisServer, migrated_server: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Harness, Harness]]:
    """Two servers on one database and one Redis."""
    migrated_server.empty("modelport")
    settings: dict[str, Any] = {
        "database_url": migrated_server.url("modelport"),
        "redis_url": redis.url,
        "redis_timeout": 5,
        "secret": SECRET,
    }
    first = Harness(tmp_path_factory.mktemp("first"), **settings)
    second = Harness(tmp_path_factory.mktemp("second"), **settings)
    yield first, second
    for each in (second, first):
        each.stop(within=1)


needs_postgres = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")


@pytest.mark.proof
@needs_postgres
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_one_server_was_answered_the_other_has(pair: tuple[Harness, Harness], *, stream: bool) -> None:
    here, there = pair
    caller = here.caller()
    elsewhere = Caller(there, caller.email, caller.account_id, caller.key, caller.key_hash)
    said = f"fake: tokens=5 marker={marker()}"
    first = ask(caller, said, stream=stream)
    used = caller.used
    again = ask(elsewhere, said, stream=stream)
    assert (status(first), status(again)) == ("MISS", "HIT")
    assert again.headers["x-openrouter-cache-source-id"] == first.id
    assert (again.text, again.done, again.usage["cost"]) == (first.text, first.done, 0)
    assert (again.headers["x-provider"], again.headers["x-cost"]) == ("fake", "0")
    assert caller.used == used
    cleared = ask(elsewhere, said, {"x-openrouter-cache-clear": "true"}, stream=stream)
    told = ask(caller, said, stream=stream)
    assert (status(cleared), status(told)) == ("MISS", "HIT")
    assert told.headers["x-openrouter-cache-source-id"] == cleared.id, "an answer that was cleared came back"
    assert status(ask(here.caller(), said, stream=stream)) == "MISS", "another key"


@pytest.mark.proof
@needs_postgres
def test_without_redis_everything_is_answered_anew(pair: tuple[Harness, Harness], redis: RedisServer) -> None:
    caller = pair[0].caller()
    redis.stop()
    said = f"fake: tokens=5 marker={marker()}"
    try:
        answers = [ask(caller, said) for _ in range(2)]
        assert [(each.status, status(each)) for each in answers] == [(200, "MISS")] * 2
    finally:
        redis.start()
    for each in pair:
        each.check()


def ask(caller: Caller, said: str, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    """Asks, and waits until the answer is where others find it."""
    answer = caller.chat(said, headers={"x-openrouter-cache": "true", **(headers or {})}, **fields)
    cache = caller.harness.services.cache
    assert isinstance(cache, SharedCache)
    until(lambda: not cache._tasks or None)
    return answer


def status(answer: Answer) -> str | None:
    return answer.headers.get("x-openrouter-cache-status")


def wanted(number: int, account: str = "acc_1", *, seconds: int = 60, clear: bool = False) -> Wanted:
    return Wanted(account, bytes([number]), seconds, clear)


async def kept(cache: SharedCache, asked: Wanted, answer: Cached = ANSWER) -> None:
    """Keeps it, and waits until Redis has it."""
    cache.keep(asked, answer)
    assert await cache.find(asked) == cache._on_the_way[next(iter(cache._on_the_way))]
    await asyncio.gather(*cache._tasks)


async def test_what_lies_in_redis_tells_nothing_and_cannot_be_moved(redis: RedisServer) -> None:
    redis.empty()
    mine, other = (SharedCache(redis.url, 5.0, 10**6, each) for each in (VAULT, Vault(b"x" + SECRET.encode())))
    client = client_of(redis.url, 5.0)
    await kept(mine, wanted(1))
    (name,) = [each async for each in client.scan_iter("modelport:{cache}:acc_1:*")]
    sealed = await client.get(name)
    assert b"secret" not in sealed
    assert 0 < await client.ttl(name) <= 60
    assert await other.find(wanted(1)) is None, "another master secret"
    await client.set(name.replace(b"acc_1", b"acc_2"), sealed)
    assert await mine.find(wanted(1, "acc_2")) is None, "another account"
    await client.set(name, sealed[:-1] + b"\0\0")
    assert await mine.find(wanted(1)) is None, "changed on its way"
    await client.set(name, b"short")
    assert await mine.find(wanted(1)) is None
    for each in (mine, other):
        await each.close()
    await client.aclose()


async def test_it_keeps_within_its_room(redis: RedisServer) -> None:
    redis.empty()
    cache = SharedCache(redis.url, 5.0, 4_000, VAULT)
    answer = Cached("gen-1", b"application/json", b"x" * 400, "m", "p", "P")
    for number in range(20):
        await kept(cache, wanted(number, seconds=60 + number), answer)
    client = client_of(redis.url, 5.0)
    names = [each async for each in client.scan_iter("modelport:{cache}:acc_1:*")]
    held = sum([len(await client.get(name)) for name in names])
    assert held == int(await client.get("modelport:{cache}:total")) <= 4_000
    assert (
        len(names) == await client.zcard("modelport:{cache}:ends") == await client.hlen("modelport:{cache}:sizes") > 5
    )
    assert await cache.find(wanted(0)) is None, "what ends first goes first"
    assert await cache.find(wanted(19)) is not None
    await kept(cache, wanted(19, seconds=90), answer)
    assert int(await client.get("modelport:{cache}:total")) == held, "the same answer counts once"
    cache.keep(wanted(50), Cached("gen-1", b"", b"x" * 501, "m", "p", "P"))
    assert not cache._tasks, "one answer must not push out all others"
    await cache.close()
    await client.aclose()


async def test_a_redis_that_is_away_is_an_empty_cache() -> None:
    cache = SharedCache("redis://127.0.0.1:9", 0.2, 10**6, VAULT)
    cache.keep(wanted(1), ANSWER)
    await asyncio.gather(*cache._tasks)
    assert await cache.find(wanted(1)) is None
    assert await cache.find(wanted(1, clear=True)) is None
    await cache.close()

"""Millions of generations, made up and copied into PostgreSQL the fast way: for `bench.records`."""

from __future__ import annotations

import importlib
import random
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from modelport.settings import Settings
from modelport.usage import partitions
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from modelport.db.database import Database

__all__ = ["ACCOUNTS", "DAYS", "account", "load"]

DAYS = 90
ACCOUNTS = 2_000
_MODELS, _KEYS, _APPS = 300, 4, 200
_DAY_MS = 86_400_000
_LINES = 20_000
_BIG = 0.3
"""The part of everything that is one account's."""
COLUMNS = (
    "id", "created_at", "account_id", "key_id", "model", "provider", "provider_name", "endpoint_id", "status",
    "streamed", "cancelled", "finish_reason", "prompt_tokens", "completion_tokens", "cached_tokens",
    "cache_write_tokens", "reasoning_tokens", "completion_image_tokens", "prompt_images", "web_searches", "estimated",
    "cost", "upstream_cost", "shortfall", "is_free", "latency_ms", "generation_ms", "app", "session_id", "trace",
)  # fmt: skip
_TRACE = '"{""requested"": ""acme/model"", ""attempts"": []}"'


def account(number: int) -> str:
    """An account's id; number 0 is the one with a third of everything."""
    return f"acct_{number:024d}"


async def _lines(rows: int, start: int, now: int) -> AsyncIterator[bytes]:
    dice = random.Random(4)
    for first in range(0, rows, _LINES):
        yield "".join(
            _line(number, rows, start, now, dice) for number in range(first, min(first + _LINES, rows))
        ).encode()


def _line(number: int, rows: int, start: int, now: int, dice: random.Random) -> str:
    at = start + (now - start) * number // rows
    luck = dice.random()
    who = 0 if luck < _BIG else int(dice.random() ** 3 * (ACCOUNTS - 1)) + 1
    key = dice.randrange(50 if who == 0 else _KEYS)
    # A key calls three models, each at one of two endpoints, for one app: real use has few combinations.
    model = (who * 7 + key * 13 + dice.randrange(3) ** 2) % _MODELS
    endpoint = model * 2 + (dice.random() < 0.2)
    prompt, completion = int(dice.expovariate(1 / 1500)) + 5, int(dice.expovariate(1 / 300)) + 1
    failed = luck * 997 % 1 < 0.01
    cost = 0 if failed else prompt * 1_000 + completion * 3_000
    app = f"https://app{(who + key) % _APPS}.example" if key % 2 else ""
    session = f"s-{who}-{number // 40}" if key % 3 == 0 else ""
    return (
        f"gen-{at // 1000}-{number:020d},{at},{account(who)},key_{who}_{key},maker{model % 40}/model-{model},"
        f"provider{endpoint % 40},Provider {endpoint % 40},ep_{endpoint},{'error' if failed else 'ok'},t,f,"
        f"{'error' if failed else 'stop'},{prompt},{completion},{prompt // 3},0,{completion // 4},0,0,0,f,{cost},"
        f"{cost // 2},0,f,{300 + key * 9},{completion * 12},{app},{session},{_TRACE}\n"
    )


async def _connect(url: str) -> Any:  # the driver declares nothing
    asyncpg: Any = importlib.import_module("asyncpg")
    return await asyncpg.connect(url)


async def load(database: Database, url: str, rows: int, now: int) -> dict[str, float]:
    """Copies `rows` generations of the last `DAYS` days; returns how many seconds each step took."""
    start = now - DAYS * _DAY_MS
    steps: dict[str, float] = {}
    begun = time.monotonic()

    def weeks(connection: Connection) -> list[tuple[str, str]]:
        for week in range(DAYS // 7 + 2):
            partitions.make_weeks(connection, min(start + week * 7 * _DAY_MS, now))
        names = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'generations' AND indexname LIKE 'ix_%'"
        found = [(str(row[0]), str(row[1])) for row in connection.execute(text(names))]
        for name, _ in found:
            connection.execute(text(f"DROP INDEX {name}"))
        return found

    indexes = await database.write(weeks)
    connection = await _connect(url)
    await connection.execute("SET synchronous_commit = off")
    await connection.copy_to_table(
        "generations", source=_lines(rows, start, now), columns=COLUMNS, format="csv", null=""
    )
    steps["copy"] = time.monotonic() - begun
    begun = time.monotonic()
    await connection.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        await connection.execute(definition.replace(" ON ONLY ", " ON "))
    steps["indexes"] = time.monotonic() - begun
    begun = time.monotonic()
    await connection.execute("SET work_mem = '256MB'")
    await connection.close()
    await Upkeep(Settings(), database).rebuild()
    steps["roll-ups"] = time.monotonic() - begun
    begun = time.monotonic()
    connection = await _connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    steps["vacuum"] = time.monotonic() - begun
    return steps

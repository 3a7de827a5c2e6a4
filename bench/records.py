"""Do ten million generations slow anything? `python -m bench.records --url postgresql://... --rows 10000000`.

Loads an empty PostgreSQL, asks what pages and callers ask, many times with other accounts and filters, and tells the
95th percentile of each; and how long a settlement's transaction takes before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.db.database import Database
from modelport.db.migrate import migrate
from modelport.usage import log, queries, rollup, store
from modelport.usage.generation import Generation
from modelport.usage.log import Filters

from .records_load import ACCOUNTS, account, load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Report", "measure"]

_BOUND_MS = 300
_DAY_MS = 86_400_000


class Report(NamedTuple):
    """What was seen."""

    rows: int
    steps: dict[str, float]
    """Seconds of loading."""
    p95: dict[str, float]
    """Milliseconds of each question."""
    settle_ms: tuple[float, float]
    """Median milliseconds of a transaction that stores one generation: before the load, and after it."""

    @property
    def slow(self) -> dict[str, float]:
        """Questions that take too long."""
        return {name: took for name, took in self.p95.items() if took > _BOUND_MS}


def _asked(dice: random.Random, today: int) -> dict[str, Callable[[Any], object]]:
    """The questions, each with an account and filters of its own; the largest account has every second one."""
    who = 0 if dice.random() < 0.5 else dice.randrange(1, ACCOUNTS)
    key = dice.randrange(50 if who == 0 else 4)
    endpoint = ((who * 7 + key * 13) % 300) * 2
    model = f"maker{endpoint // 2 % 40}/model-{endpoint // 2}"
    now = (today + 1) * _DAY_MS
    mine = account(who)
    deep = (now - dice.randrange(80) * _DAY_MS, "gen")

    def page(after: tuple[int, str] | None = None, whose: str | None = mine, **looked_for: Any) -> Any:
        return partial(log.page, account_id=whose, filters=Filters(**looked_for), after=after, limit=50)

    return {
        "activity, 30 days": partial(queries.activity, account_id=account(who), first=today - 30, last=today - 1),
        "series by day and model, 30 days": partial(
            queries.series, account_id=account(who), unit="day", first=today - 30, last=today, by="model"
        ),
        "series by hour, 7 days": partial(
            queries.series, account_id=account(who), unit="hour", first=(today - 7) * 24, last=today * 24 + 23
        ),
        "rankings of models, week": partial(queries.models_between, first=today - 6, last=today),
        "rankings by day, 90 days": partial(
            queries.models_by_period, first=today - 89, last=today, period="day", top=50
        ),
        "rankings of apps, week": partial(queries.apps_between, first=today - 6, last=today),
        "log, newest": page(),
        "log, deep": page(after=deep),
        "log by model": page(model=model),
        "log by key": page(key_id=f"key_{who}_{key}"),
        "log by provider": page(provider=f"provider{endpoint % 40}"),
        "log by app": page(app=f"https://app{(who + key) % 200}.example"),
        "log by status": page(status="error"),
        "log by session": page(session_id=f"s-{who}-{dice.randrange(1000)}"),
        "log of a span": page(since=deep[0] - _DAY_MS, until=deep[0]),
        "log of everybody": page(whose=None),
    }


async def _settle(database: Database, rounds: int) -> float:
    took: list[float] = []
    for number in range(rounds):
        now = time.time_ns() // 1_000_000
        made = Generation(
            id=f"gen-{now // 1000}-settle{number:014d}", created_at=now, account_id=account(0), key_id="key_0_0",
            model="maker0/model-0", provider="provider0", endpoint_id="ep_0", cost=1,
        )  # fmt: skip

        def write(connection: Any, made: Generation = made) -> None:
            store.add(connection, [made])
            rollup.note(connection, [made])

        begun = time.perf_counter()
        await database.write(write)
        took.append(time.perf_counter() - begun)
    return sorted(took)[len(took) // 2] * 1000


async def measure(url: str, rows: int, rounds: int, *, loaded: bool = False) -> Report:
    """Loads (unless it is `loaded`) and asks every question `rounds` times."""
    database = Database(url, Path("unused.db"))
    try:
        await migrate(database)
        now = time.time_ns() // 1_000_000
        before = 0.0 if loaded else await _settle(database, 200)
        steps = {} if loaded else await load(database, url, rows, now)
        dice = random.Random(11)
        took: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, ask in _asked(dice, now // _DAY_MS).items():
                begun = time.perf_counter()
                await database.read(ask)
                took.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
        return Report(
            rows, steps, {name: _p95(each) for name, each in took.items()}, (before, await _settle(database, 200))
        )
    finally:
        await database.close()


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(int(len(values) * 0.95), len(values) - 1)]


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.records", description=__doc__)
    parser.add_argument("--url", required=True, help="an empty PostgreSQL database")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--loaded", action="store_true", help="the rows are there already")
    args = parser.parse_args()
    report = asyncio.run(measure(args.url, args.rows, args.rounds, loaded=args.loaded))
    print(f"{report.rows:,} generations; loading: " + ", ".join(f"{n} {s:.0f} s" for n, s in report.steps.items()))
    for name, milliseconds in report.p95.items():
        print(f"  {name:36} p95 {milliseconds:7.1f} ms")
    print("  one settlement: {:.2f} ms before, {:.2f} ms after".format(*report.settle_ms))
    return 1 if report.slow else 0


if __name__ == "__main__":
    raise SystemExit(_main())

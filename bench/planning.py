"""What planning one request costs: ten endpoints, in a catalogue of ten models and in one of ten thousand.

`python -m bench.planning`, and part of `make bench`. Told is the quickest of many short rounds: where two programs
share a core each needs up to twice the CPU time for the same work, for seconds on end, and a median tells of the
neighbour.
"""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING

from modelport.catalog.prices import Prices, Pricing
from modelport.catalog.snapshot import Architecture, Endpoint, Model, Snapshot
from modelport.gateway.asked import ChatAsked
from modelport.gateway.plan import Around, make_plan
from modelport.gateway.wish import wish_of
from modelport.kit.money import parse_price
from modelport.providers.provider import Provider
from modelport.upstream.health import Health, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLS, _ROUNDS = 200, 60
_PARAMETERS = frozenset({"max_tokens", "temperature", "tools", "response_format"})
_TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


def _endpoint(model_id: str, number: int) -> Endpoint:
    slug = f"p{number}"
    price = parse_price(f"0.00000{number + 1}")
    return Endpoint(
        id=f"ep_{model_id}_{slug}",
        tag=slug,
        provider=Provider(slug=slug, name=slug, dialect="openai_chat", base_url=f"http://{slug}.test/v1"),
        model_id=model_id,
        upstream_model="up",
        pricing=Pricing(Prices(prompt=price, completion=price)),
        cost_pricing=None,
        context_length=128_000,
        max_completion_tokens=16_000,
        max_prompt_tokens=None,
        quantization=None,
        supported_parameters=_PARAMETERS,
    )


def _snapshot(models: int) -> Snapshot:
    made: dict[str, Model] = {}
    for number in range(models):
        name = f"author/model-{number}"
        made[name] = Model(
            id=name,
            canonical_slug=name,
            name=name,
            created=number,
            description="",
            context_length=128_000,
            architecture=Architecture(),
            supported_parameters=(),
            endpoints=tuple(_endpoint(name, each) for each in range(10)),
        )
    return Snapshot(models=made, listed=tuple(made))


def _asked(**fields: object) -> ChatAsked:
    body = {"model": "author/model-7", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 500}
    return ChatAsked(json.dumps({**body, **fields}).encode())


def _microseconds(*works: Callable[[], object]) -> list[float]:
    """What each takes; in turns, so that all of them have the same neighbours."""
    best = [float("inf")] * len(works)
    for _ in range(_ROUNDS):
        for place, work in enumerate(works):
            started = time.process_time()
            for _ in range(_CALLS):
                work()
            best[place] = min(best[place], (time.process_time() - started) / _CALLS * 1e6)
    return best


def _measured() -> Health:
    """Of ten endpoints that answered twenty times each, a second apart, so that all that may be known of them is."""
    ahead = 0.0
    health = Health(lambda: time.monotonic() + ahead)
    for answer in range(20):
        ahead = float(answer)
        for number in range(10):
            health.observe(f"ep_author/model-7_p{number}", Outcome(Verdict.OK, 0.2 + number / 50, 40.0 + number))
    return health


def _planning(asked: ChatAsked, health: Health, snapshot: Snapshot) -> Callable[[], object]:
    around = Around(random.Random(1), health)
    return lambda: make_plan(wish_of(asked), snapshot, around)


def report() -> str:
    """The table, in microseconds for each plan, the reading of the request's wishes included."""
    sick = Health()
    for _ in range(30):
        sick.observe("ep_author/model-7_p3", Outcome(Verdict.FAULT))
    measured = _measured()
    thresholds = {"preferred_max_latency": {"p90": 2}, "preferred_min_throughput": 45}
    cases = (
        ("plain", _asked(), Health()),
        ("with tools", _asked(tools=_TOOLS), Health()),
        ("an endpoint down", _asked(), sick),
        ("provider preferences", _asked(provider={"ignore": ["p2"], "max_price": {"prompt": 8}, "zdr": False}), sick),
        ("sort: throughput, all measured", _asked(provider={"sort": "throughput"}), measured),
        ("with tools, all measured", _asked(tools=_TOOLS), measured),
        ("preferred thresholds, all measured", _asked(provider=thresholds), measured),
        ("the same and an order", _asked(provider={**thresholds, "order": ["p4"]}), measured),
    )
    lines = ["planning, us of CPU, 10 endpoints      10 models   10,000 models"]
    few, many = _snapshot(10), _snapshot(10_000)
    for name, asked, health in cases:
        times = _microseconds(*(_planning(asked, health, each) for each in (few, many)))
        lines.append(f"  {name:<34} {times[0]:>9.1f} {times[1]:>15.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())

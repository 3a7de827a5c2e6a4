"""Catalogues in memory and requests for the planner's tests."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from modelport.catalog.pricing import Prices, Pricing
from modelport.catalog.snapshot import Architecture, Endpoint, Model, Snapshot
from modelport.gateway.asked import ChatAsked
from modelport.gateway.plan import Around, Plan, make_plan
from modelport.gateway.plan_health import RESTING
from modelport.gateway.wish import wish_of
from modelport.kit.money import parse_price
from modelport.providers.provider import Provider
from modelport.upstream.health_record import Figures
from modelport.upstream.outliers import outliers
from modelport.upstream.windows import PERCENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.gateway.wish import Wish

PARAMETERS = frozenset({"max_tokens", "temperature", "tools", "response_format", "structured_outputs", "seed"})


def endpoint(slug: str, usd: float = 1.0, *, model: str = "a/m", tag: str | None = None, **more: Any) -> Endpoint:
    """An endpoint that costs `usd` per million prompt tokens and as much per million completion tokens."""
    price = parse_price(f"{usd / 1e6:.12f}")
    cache = more.pop("cache_read", None)
    prices = {"prompt": price, "completion": price}
    if cache is not None:
        prices["input_cache_read"] = parse_price(f"{cache / 1e6:.12f}")
    provider = more.pop("provider", None) or Provider(
        slug=slug, name=f"{slug} inc", dialect="openai_chat", base_url=f"http://{slug}.test/v1"
    )
    fields: dict[str, Any] = {
        "pricing": Pricing(Prices(**prices)),
        "cost_pricing": None,
        "context_length": 100_000,
        "max_completion_tokens": 10_000,
        "max_prompt_tokens": None,
        "quantization": None,
        "supported_parameters": PARAMETERS,
        **more,
    }
    tag = tag or slug
    return Endpoint(f"ep_{model}_{tag}", tag, provider, model, "up", **fields)


def model(model_id: str, *endpoints: Endpoint, **more: Any) -> Model:
    """A model and its endpoints, which are made to be this model's."""
    own = tuple(replace(each, model_id=model_id, id=f"ep_{model_id}_{each.tag}") for each in endpoints)
    fields: dict[str, Any] = {
        "name": model_id,
        "created": 1,
        "description": "",
        "context_length": 100_000,
        "architecture": Architecture(),
        "supported_parameters": (),
        **more,
    }
    return Model(id=model_id, canonical_slug=model_id, endpoints=own, **fields)


def snapshot(*models: Model) -> Snapshot:
    """A catalogue of these models."""
    return Snapshot(
        models={each.id: each for each in models},
        aliases={alias: each.id for each in models for alias in each.aliases},
        listed=tuple(each.id for each in sorted(models, key=lambda each: -each.created) if each.endpoints),
    )


def wish(names: str | list[str] = "a/m", **fields: Any) -> Wish:
    """A chat request for a model, or for several in turn."""
    first, *others = [names] if isinstance(names, str) else names
    body = {"model": first, "messages": [{"role": "user", "content": "x"}], **fields}
    if others:
        body["models"] = others
    return wish_of(ChatAsked(json.dumps(body).encode()))


def plan(of: Snapshot, asked: Wish | None = None, *, seed: int = 1, **around: Any) -> Plan:
    """The plan for a request, all random things drawn from `seed`."""
    return make_plan(asked or wish(), of, Around(random.Random(seed), **around))  # noqa: S311 (repeatable)


def tags(made: Plan) -> list[str]:
    return [each.tag for each in made.attempts]


def gone(made: Plan) -> dict[str, str]:
    """The endpoints that were taken out, and by what."""
    return {step.endpoint: step.removed for step in made.steps if step.removed is not None}


@dataclass
class Seen:
    """Health as a test wants it seen; endpoints are given by tag, of the model `a/m`."""

    troubles: dict[str, int] = field(default_factory=dict[str, int])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    speeds: dict[str, float] = field(default_factory=dict[str, float])
    rates: dict[str, float] = field(default_factory=dict[str, float])
    calls: dict[str, float] = field(default_factory=dict[str, float])
    waits: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def troubled(self) -> dict[str, int]:
        rest = dict.fromkeys(self._ids(self.waits), RESTING)
        return {f"ep_a/m_{tag}": standing for tag, standing in self.troubles.items()} | rest

    @property
    def typical(self) -> dict[str, float]:
        measured = {**dict.fromkeys(self.speeds, 0.1), **self.seconds}
        return {f"ep_a/m_{tag}": seconds for tag, seconds in measured.items()}

    def resting_until(self, endpoint_id: str, /) -> float | None:
        return self.waits.get(endpoint_id.removeprefix("ep_a/m_"))

    def figures(self, endpoint_ids: tuple[str, ...], /) -> dict[str, Figures]:
        tags = {each: each.removeprefix("ep_a/m_") for each in endpoint_ids}
        return {each: Figures(_all(self.seconds.get(tag)), _all(self.speeds.get(tag))) for each, tag in tags.items()}

    def success(self, endpoint_id: str, /) -> float | None:
        return self.rates.get(endpoint_id.removeprefix("ep_a/m_"))

    def outliers(self, endpoint_ids: tuple[str, ...], /) -> frozenset[str]:
        return outliers(
            {each: seen.throughput.get(50) for each, seen in self.figures(endpoint_ids).items()},
            {each: self.success(each) for each in endpoint_ids},
            {each: self.calls.get(each.removeprefix("ep_a/m_")) for each in endpoint_ids},
        )

    def _ids(self, names: Iterable[str]) -> list[str]:
        return [f"ep_a/m_{tag}" for tag in names]


def _all(value: float | None) -> dict[int, float]:
    return {} if value is None else dict.fromkeys(PERCENTS, value)

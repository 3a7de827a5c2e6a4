"""Step 2: a model's name becomes the endpoints to try, in order, and the reasons.

A pure function of the request, the catalogue and a random source: what it decides can be repeated and explained.
Ordering is the reference's default (`behaviour.md` section 7): the first is drawn by weight 1/price^2, the others
follow as fallbacks by the same draw; `order` and `sort` replace the draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import msgspec

from modelport.errors import BadRequest, NotFound, Unavailable, UnknownModel

if TYPE_CHECKING:
    from random import Random

    from modelport.catalog.snapshot import Endpoint, Model, Snapshot
    from modelport.dialects.openai_chat.wire import Peek, ProviderPreferences

__all__ = ["Plan", "Step", "make_plan"]

_PER_MILLION = 10**9  # a price of 1 USD per million tokens, in `Price` units


class Step(msgspec.Struct):
    """Why one endpoint stands where it does: `position` in the plan, or `removed` by a filter."""

    model: str
    endpoint: str
    position: int | None = None
    removed: str | None = None


@dataclass(slots=True)
class Plan:
    """Endpoints to try in order, with the reasons."""

    requested: str
    attempts: list[Endpoint]
    models: dict[str, Model]
    """The models of the attempts, by id."""
    steps: list[Step] = field(default_factory=list[Step])

    @property
    def is_free(self) -> bool:
        """Whether no attempt can cost anything."""
        return all(endpoint.pricing.is_free for endpoint in self.attempts)


def make_plan(
    peek: Peek, wanted: frozenset[str], snapshot: Snapshot, random: Random, most: int, *, operation: str = "chat"
) -> Plan:
    """The endpoints that may serve the request; `most` of them at the most.

    `wanted` are parameters an endpoint has to support, `operation` what is asked of the model. Raises `BadRequest`,
    `UnknownModel`, or `NotFound` and `Unavailable` when nothing can serve it.
    """
    names = [name for name in (peek.model, *(peek.models or ())) if name]
    if not names:
        raise BadRequest("No models provided: give a model id in `model`.")
    plan = Plan(names[0], [], {})
    for name in dict.fromkeys(names):
        model = snapshot.find(name)
        if model is None:
            raise UnknownModel(
                f"{name[:200]} is not a valid model ID",
                metadata={"availability": {"code": "model_not_found", "retryable": False, "requested_models": [name]}},
            )
        if not _does(model, operation):
            raise _wrong_door(model, operation, names)
        plan.models[model.id] = model
        plan.attempts += _endpoints(model, peek, wanted, plan.steps, random)
    if not plan.attempts:
        raise _nothing(plan, peek)
    allow = peek.provider is None or peek.provider.allow_fallbacks is not False
    plan.attempts = plan.attempts[: most if allow else 1]
    return plan


_SPECIAL = frozenset({"embeddings", "rerank"})


def _does(model: Model, operation: str) -> bool:
    outputs = model.architecture.output_modalities
    return operation in outputs if operation in _SPECIAL else not _SPECIAL.issuperset(outputs)


def _wrong_door(model: Model, operation: str, names: list[str]) -> BadRequest:
    doors = {"embeddings": "/api/v1/embeddings", "rerank": "/api/v1/rerank"}
    right = next((doors[each] for each in model.architecture.output_modalities if each in doors), "a chat endpoint")
    return BadRequest(
        f"{model.id} does not do {operation}; use it at {right}.",
        metadata={"availability": {"code": "wrong_endpoint", "retryable": False, "requested_models": names}},
    )


def _endpoints(model: Model, peek: Peek, wanted: frozenset[str], steps: list[Step], random: Random) -> list[Endpoint]:
    preferences = peek.provider
    if len(model.endpoints) == 1 and _removed(model.endpoints[0], peek, wanted, preferences) is None:
        steps.append(Step(model.id, model.endpoints[0].tag, position=0))
        return [model.endpoints[0]]
    kept: list[Endpoint] = []
    for endpoint in model.endpoints:
        reason = _removed(endpoint, peek, wanted, preferences)
        if reason is None:
            kept.append(endpoint)
        else:
            steps.append(Step(model.id, endpoint.tag, removed=reason))
    ordered = _ordered(kept, preferences, random)
    steps += [Step(model.id, endpoint.tag, position=index) for index, endpoint in enumerate(ordered)]
    return ordered


def _removed(
    endpoint: Endpoint, peek: Peek, wanted: frozenset[str], preferences: ProviderPreferences | None
) -> str | None:
    """Which filter takes the endpoint out, or None."""
    asked = peek.max_completion_tokens or peek.max_tokens
    checks = [
        ("not_ready", not endpoint.provider.base_url),
        ("max_tokens", asked is not None and asked > (endpoint.max_completion_tokens or asked)),
        ("parameters", bool(endpoint.supported_parameters) and not wanted <= endpoint.supported_parameters),
    ]
    if preferences is not None:
        only, ignore, order = preferences.only, preferences.ignore, preferences.order
        kinds = preferences.quantizations
        fixed = preferences.allow_fallbacks is False and bool(order)
        checks += [
            ("only", only is not None and not _matches(endpoint, only)),
            ("ignore", ignore is not None and _matches(endpoint, ignore)),
            ("quantizations", kinds is not None and (endpoint.quantization or "unknown") not in kinds),
            ("order", fixed and not _matches(endpoint, order or [])),
            ("max_price", _too_dear(endpoint, preferences)),
        ]
    return next((name for name, removed in checks if removed), None)


def _too_dear(endpoint: Endpoint, preferences: ProviderPreferences) -> bool:
    limit = preferences.max_price
    if limit is None:
        return False
    base = endpoint.pricing.base
    return _above(limit.prompt, base.prompt) or _above(limit.completion, base.completion)


def _above(limit: float | str | None, price: int) -> bool:
    if limit is None:
        return False
    try:
        return price > Decimal(str(limit)) * _PER_MILLION
    except InvalidOperation:
        raise BadRequest(f"Invalid request: `provider.max_price` holds {limit!r}, which is no number.") from None


def _matches(endpoint: Endpoint, slugs: list[str]) -> bool:
    slug = endpoint.provider.slug
    return any(name in (slug, endpoint.tag) or name.lower() == endpoint.provider.name.lower() for name in slugs)


def _ordered(endpoints: list[Endpoint], preferences: ProviderPreferences | None, random: Random) -> list[Endpoint]:
    if preferences is not None and preferences.sort == "price":
        ordered = sorted(endpoints, key=_price)
    else:
        ordered = sorted(endpoints, key=lambda endpoint: _draw(endpoint, random))
    if preferences is not None and preferences.order:
        order = preferences.order
        ordered.sort(key=lambda endpoint: _rank(endpoint, order))
    return ordered


def _price(endpoint: Endpoint) -> int:
    rates = endpoint.pricing.base
    return rates.prompt + rates.completion


def _draw(endpoint: Endpoint, random: Random) -> float:
    # Exponential race: the smallest of these is endpoint i with a chance in proportion to its weight 1/price^2.
    price = max(_price(endpoint), 1) / _PER_MILLION
    return random.expovariate(1.0) * price * price


def _rank(endpoint: Endpoint, order: list[str]) -> int:
    for index, name in enumerate(order):
        if _matches(endpoint, [name]):
            return index
    return len(order)


def _nothing(plan: Plan, peek: Peek) -> Exception:
    name = plan.requested
    reasons = {step.removed for step in plan.steps if step.removed}
    availability: dict[str, object] = {
        "code": "no_endpoints",
        "retryable": False,
        "requested_models": list(plan.models),
    }
    if "only" in reasons or "order" in reasons:
        serving = ", ".join(sorted({step.endpoint for step in plan.steps}))
        asked = ", ".join((peek.provider.only or peek.provider.order or ()) if peek.provider else ())
        return NotFound(
            f"No allowed providers are available for the selected model. Providers serving {name}: {serving}, "
            f"but your request's provider preference permits only: {asked}.",
            metadata={"availability": availability | {"code": "constraint_filtered"}},
        )
    if "parameters" in reasons:
        return NotFound(
            f"No endpoints found for {name} that support tool use.",
            metadata={"availability": availability | {"code": "constraint_filtered"}},
        )
    if reasons == {"not_ready"}:
        return Unavailable(
            f"{name} is not ready yet; it is still being started. Try again in a moment.",
            metadata={"availability": availability | {"code": "temporarily_unavailable", "retryable": True}},
            retry_after=5,
        )
    if reasons:
        return NotFound(
            f"No endpoints found for {name} that satisfy: {', '.join(sorted(reasons))}.",
            metadata={"availability": availability | {"code": "constraint_filtered"}},
        )
    return NotFound(f"No endpoints found for {name}.", metadata={"availability": availability})

"""How a request was routed, told to those who ask: headers, `openrouter_metadata`, the trace kept with a generation."""

from __future__ import annotations

from datetime import date, datetime, time
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec

from modelport.kit import clock
from modelport.kit.money import format_usd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.gateway.attempt import Attempt
    from modelport.gateway.exchange import Exchange
    from modelport.gateway.plan import Plan

__all__ = ["Headers", "Timings", "headers", "metadata", "trace", "wants_metadata", "warnings", "with_metadata"]

Headers = list[tuple[bytes, bytes]]
_NOBODY = "none"
"""Told of an answer for which no provider was asked."""


class Timings:
    """When each step of a request was done, in seconds on the clock for durations."""

    __slots__ = ("first", "held", "planned", "read", "started")

    def __init__(self) -> None:
        self.started = self.read = self.planned = self.held = clock.monotonic()
        self.first: float | None = None

    def millis(self) -> dict[str, float]:
        """How long each step took; what a caller waited for the provider is `upstream`."""
        # A request that was refused has not come to every step.
        planned = max(self.planned, self.read)
        held = max(self.held, planned)
        spans = {
            "read": self.read - self.started,
            "plan": planned - self.read,
            "hold": held - planned,
            "upstream": (self.first or clock.monotonic()) - held,
        }
        return {name: round(seconds * 1000, 3) for name, seconds in spans.items()}


def headers(
    attempts: Sequence[Attempt], timings: Timings, by: tuple[str, str] | None = None, cost: int | None = 0
) -> Headers:
    """What is told of every answer: who gave it, at which attempt, for how much, how long each step took.

    `by` are the provider's slug and the model's id; without them it is who was asked last.

    The cost of a stream is known at its end only: until then it is None, and told in a trailer.
    """
    provider, model = by or (_NOBODY, _NOBODY)
    if by is None and attempts:
        provider, model = attempts[-1].endpoint.partition("/")[0], attempts[-1].model
    found: Headers = [
        (b"x-provider", provider.encode()),
        (b"x-model", model.encode()),
        (b"x-attempt", str(len(attempts)).encode()),
    ]
    if cost is not None:
        found.append((b"x-cost", format_usd(cost).encode()))
    spans = ", ".join([f"{name};dur={value:g}" for name, value in timings.millis().items()])
    found.append((b"server-timing", spans.encode()))
    return found


def warnings(requested: str, model: Model) -> Headers:
    """What who asks for a model should see to soon: that it goes away (RFC 8594), or is called otherwise by now."""
    found: Headers = []
    if model.expiration_date and (ends := _last_second(model.expiration_date)):
        found.append((b"sunset", ends.encode()))
    if requested.partition(":")[0] in model.aliases or requested in model.aliases:
        found.append((b"x-modelport-model-renamed", model.id.encode()))
    return found


def _last_second(text: str) -> str | None:
    """The end of a day, as headers write moments; None for what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return format_datetime(datetime.combine(day, time(23, 59, 59), clock.UTC), usegmt=True)


def wants_metadata(exchange: Exchange) -> bool:
    """Whether the caller asked for `openrouter_metadata`."""
    value = exchange.header(b"x-openrouter-metadata") or exchange.header(b"x-openrouter-experimental-metadata")
    return value is not None and value.lower() == "enabled"


def metadata(
    requested: str,
    plan: Plan | None,
    attempts: list[Attempt],
    endpoint: Endpoint | None,
    pipeline: list[dict[str, object]] | None = None,
) -> bytes:
    """`openrouter_metadata` as the reference has it (`behaviour.md` section 7)."""
    told: dict[str, object] = {
        "requested": requested,
        "strategy": "direct",
        "region": None,
        "attempt": len(attempts),
        "is_byok": False,
        "endpoints": {"total": 0, "available": []},
        "summary": "no endpoint was tried",
    }
    if plan is not None:
        answered = endpoint.model_id if endpoint is not None else None
        fell_back = plan.strategy == "direct" and answered is not None and answered != next(iter(plan.models))
        left = [step for step in plan.steps if step.removed is None]
        names = {each.tag: each.provider.name for each in plan.attempts}
        told |= {
            "is_byok": endpoint is not None and endpoint.owned is not None,
            "strategy": "fallback" if fell_back else plan.strategy,
            "endpoints": {
                "total": plan.total,
                "available": [
                    {
                        "provider": names.get(step.endpoint, step.endpoint),
                        "model": step.model,
                        "selected": endpoint is not None and (step.endpoint, step.model) == (endpoint.tag, answered),
                    }
                    for step in left
                ],
            },
            "summary": f"available={len(left)} of {plan.total}, attempt={len(attempts)}"
            + (f", selected={endpoint.tag}" if endpoint is not None else ""),
        }
    if attempts:
        told["attempts"] = [
            {"provider": each.provider, "model": each.model, "status": each.status or 502} for each in attempts
        ]
        told["generation_time"] = attempts[-1].milliseconds
    if pipeline:
        told["pipeline"] = pipeline
    return msgspec.json.encode(told)


def with_metadata(body: bytes, told: bytes) -> bytes:
    """A JSON object, or the last JSON object of a stream, with the metadata in it; unchanged where there is none."""
    start = body.rfind(b"data: {")
    end = body.rfind(b"}", 0, None if start < 0 else _end_of_line(body, start))
    if end < 0 or (start < 0 and not body.startswith(b"{")):
        return body
    comma = b"" if body[:end].rstrip().endswith(b"{") else b","
    return body[:end] + comma + b'"openrouter_metadata":' + told + body[end:]


def _end_of_line(body: bytes, start: int) -> int:
    end = body.find(b"\n", start)
    return len(body) if end < 0 else end


def trace(
    plan: Plan,
    timings: Timings,
    facts: Mapping[str, str | None],
    guardrails: Mapping[str, object] | None = None,
) -> str:
    """Everything that decided how a request was routed, as it is kept with its generation; `facts` are what else is
    worth knowing of it, `guardrails` what those did. Its attempts are rows of their own.
    """
    return msgspec.json.encode(
        {
            "requested": plan.requested,
            "strategy": plan.strategy,
            "variants": plan.variants,
            "sort": plan.sort,
            **({"defaults": plan.defaults} if plan.defaults else {}),
            **({"rules": plan.rules} if plan.rules else {}),
            **({"guardrails": guardrails} if guardrails else {}),
            "plan": plan.steps,
            "request": {name: value for name, value in facts.items() if value},
            "milliseconds": timings.millis(),
        }
    ).decode()

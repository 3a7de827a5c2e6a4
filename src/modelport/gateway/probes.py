"""Active probes: endpoints that were called before, and are not now, are asked for one token now and then.

Off unless the operator wants them (`MODELPORT_PROBE_SECONDS`). With them, an endpoint whose breaker has opened proves
itself by a probe and not by somebody's request: until then requests go there only where nothing else is left. What a
probe costs is the operator's: it is in the ledger and on no account, and no figure of use counts it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from modelport.catalog import pricing
from modelport.errors import ModelportError
from modelport.gateway.asked import ChatAsked
from modelport.gateway.attempt import Attempt, Caller, attempt
from modelport.gateway.door import CHAT, Door
from modelport.gateway.plan import Plan
from modelport.kit import clock, ids
from modelport.upstream.health import Outcome, Verdict
from modelport.usage.generation import PROBE, Generation
from modelport.usage.journal import Settled

if TYPE_CHECKING:
    from random import Random

    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.canonical import Usage
    from modelport.gateway.services import Services

__all__ = ["Prober"]

_log = structlog.get_logger(__name__)
_NOBODY: Final = "-"
"""Whose a probe is."""
_AT_ONCE: Final = 8
_LONGEST_PAUSE: Final = 5.0
"""Seconds between two looks: an endpoint that has rested is not kept waiting longer."""


class Prober:
    """Asks quiet endpoints whether they are well."""

    def __init__(self, services: Services, lots: Random) -> None:
        self._services, self._lots = services, lots
        self._known: tuple[int, dict[str, Endpoint]] = (-1, {})
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Probes until cancelled; returns at once where there are to be no probes."""
        seconds = self._services.settings.probe_seconds
        if not seconds:
            return
        self._services.health.probed = True
        while True:
            await asyncio.sleep(min(seconds, _LONGEST_PAUSE))
            try:
                await self.round(seconds)
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("probes.fault")

    async def round(self, seconds: float) -> int:
        """Probes every endpoint that it is time for, or that was quiet for so long; returns how many."""
        quiet = self._services.health.quiet(seconds)
        endpoints = self._endpoints() if quiet else {}
        due = [endpoints[each] for each in quiet if each in endpoints]
        await asyncio.gather(*(self._probe(each) for each in due))
        return len(due)

    def _endpoints(self) -> dict[str, Endpoint]:
        """Endpoints that chat and can be called, by id."""
        snapshot = self._services.catalog.snapshot
        if self._known[0] != snapshot.version:
            found = {
                endpoint.id: endpoint
                for model in snapshot.models.values()
                if "text" in model.architecture.output_modalities
                for endpoint in model.endpoints
                if endpoint.provider.base_url
            }
            self._known = (snapshot.version, found)
        return self._known[1]

    async def _probe(self, endpoint: Endpoint) -> None:
        async with self._few:
            generation = Generation(
                id=ids.generation_id(),
                created_at=clock.now_ms(),
                account_id=_NOBODY,
                key_id=_NOBODY,
                model=endpoint.model_id,
                provider=endpoint.provider.slug,
                provider_name=endpoint.provider.name,
                endpoint_id=endpoint.id,
                status=PROBE,
            )
            used = await self._ask(endpoint, generation)
            cost = _cost(endpoint, used)
            generation.wasted_cost = cost
            owed = ((endpoint.provider.slug, cost),) if cost else ()
            self._services.journal.note(Settled(generation, None, owed=owed))

    async def _ask(self, endpoint: Endpoint, generation: Generation) -> Usage | None:
        """Asks for one token; what becomes of it goes to the endpoint's health. Returns what it took."""
        services, door = self._services, Door(CHAT)
        body = {"model": endpoint.model_id, "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}
        plan = Plan(endpoint.model_id, [endpoint], {})
        asked = ChatAsked(msgspec.json.encode(body))
        caller = Caller(
            generation_id=generation.id,
            created=generation.created_at // 1000,
            stream=False,
            without_reasoning=False,
            completion_cap=None,
            door=door,
        )
        attempts: list[Attempt] = generation.attempts
        try:
            begun = await attempt(services, plan, asked, caller, attempts, lots=self._lots)
        except ModelportError as error:
            generation.error_type = error.error_type
            return None
        try:
            services.health.observe(endpoint.id, Outcome(Verdict.OK))
            generation.finish_reason = begun.passage.finish_reason
            if begun.passage.usage is not None:
                generation.took(begun.passage.usage)
            return begun.passage.usage
        finally:
            begun.close()


def _cost(endpoint: Endpoint, used: Usage | None) -> int:
    """What the provider charges the operator, as far as that is known."""
    if used is None or endpoint.cost_pricing is None:
        return 0
    try:
        return pricing.cost(used, endpoint.cost_pricing, clock.now())
    except ValueError:
        return 0  # an absurd count

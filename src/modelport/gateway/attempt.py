"""Step 4: call the planned endpoints in order until one gives a first event.

Until something of the answer is in hand, a fault means the next key of the same provider, the next endpoint, the next
model; a caller's own fault (a body that the provider refuses) means that only another model may do better. A stream
counts as begun when the model has produced something or said why it ended: an empty answer is a fault like another.
What each attempt shows of an endpoint goes to its health.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import structlog

from modelport.errors import BadRequest, UpstreamFailed
from modelport.gateway.attempt_call import Attempt, Begun, Caller, Refused, call, cost_of
from modelport.gateway.attempt_faults import Empty, Failed, upstream_failure, verdict_of, with_attempts
from modelport.gateway.attempt_race import race
from modelport.gateway.dialect_table import FAULTS
from modelport.kit import clock
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.health import Outcome, Verdict

if TYPE_CHECKING:
    from random import Random

    from modelport.catalog.snapshot import Endpoint
    from modelport.gateway.asked import Asked
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.providers.provider import UpstreamKey

__all__ = ["Attempt", "Begun", "Caller", "Empty", "attempt", "upstream_failure", "verdict_of", "with_attempts"]

_log = structlog.get_logger(__name__)
_UNREACHED = frozenset({FaultKind.CONNECT, FaultKind.DNS, FaultKind.RESET, FaultKind.CONNECT_TIMEOUT})
_BACKOFF = 0.15
"""Seconds before the last endpoint is asked again."""
_SHORT_WAIT = 2.0
"""A `Retry-After` up to this is waited for, where no other endpoint is left."""


async def attempt(
    services: Services, plan: Plan, asked: Asked, caller: Caller, attempts: list[Attempt], *, lots: Random
) -> Begun:
    """The first of the planned endpoints that answers; `attempts` is filled with what happened.

    Raises `UpstreamFailed` when none does, and `BadRequest` when what is asked can't be said to any of them.
    """
    tries = _Tries(services, plan, asked, caller, attempts, lots=lots)
    if caller.hedge_seconds is not None and len(plan.attempts) > 1:
        return await race(tries.run, tries.drop, caller.hedge_seconds)
    return await tries.run()


class _Tries:
    """The endpoints that are left to try; with a hedge, two runs share them."""

    def __init__(
        self, services: Services, plan: Plan, asked: Asked, caller: Caller, attempts: list[Attempt], *, lots: Random
    ) -> None:
        self._services, self._asked, self._caller, self._lots = services, asked, caller, lots
        self._left = deque(plan.attempts)
        self._attempts = attempts
        self._begun_at = clock.monotonic()
        self._ends = self._begun_at + services.settings.attempts_seconds
        self._failure: UpstreamFailed | None = None
        self._refusal: BadRequest | None = None

    async def run(self) -> Begun:
        """Tries what is left, one after the other."""
        while self._left and (not self._attempts or clock.monotonic() < self._ends):
            begun = await self._endpoint(self._left.popleft())
            if begun is not None:
                return begun
        raise self._told()

    def drop(self, begun: Begun) -> None:
        """An answer that another was quicker than."""
        begun.close()
        begun.note.fault = "cancelled"
        begun.note.upstream_cost = cost_of(begun.endpoint, self._asked, begun.passage.usage)

    def _told(self) -> UpstreamFailed | BadRequest:
        failure, attempts = self._failure, self._attempts
        if failure is None:
            assert self._refusal is not None
            return self._refusal
        return with_attempts(failure, attempts)

    async def _endpoint(self, endpoint: Endpoint) -> Begun | None:
        """One endpoint, with as many of its keys as it takes; and once more, where it is the last that is left."""
        services, again = self._services, self._services.settings.retries
        health = services.health
        for _ in range(len(endpoint.provider.keys) + again + 1):
            health.began(endpoint.health_id)
            key = self._key(endpoint)
            found = await self._once(endpoint, key)
            if isinstance(found, Begun):
                if key is not None and len(endpoint.provider.keys) > 1:
                    health.unbench((endpoint.provider.slug, key.name))
                return found
            if found is None:
                return None
            if self._another_key(endpoint, key, found):
                continue
            health.observe(endpoint.health_id, Outcome(found.verdict, retry_after=found.wait))
            if found.verdict is Verdict.CALLER:
                self._left = deque(each for each in self._left if each.model_id != endpoint.model_id)
                return None
            wait = _BACKOFF if found.wait is None else found.wait
            if not again or self._left or not found.may_repeat or wait > _SHORT_WAIT:
                return None
            again -= 1
            if clock.monotonic() + wait >= self._ends:
                return None
            await asyncio.sleep(wait)
        return None

    async def _once(self, endpoint: Endpoint, key: UpstreamKey | None) -> Begun | Failed | None:
        """One call: the answer, how it failed, or None where nothing was sent because it can't be said."""
        provider, started = endpoint.provider, clock.monotonic()
        note = Attempt(endpoint.tag, provider.name, endpoint.model_id, 0, endpoint_id=endpoint.id)
        note.started_ms = int((started - self._begun_at) * 1000)
        if key is not None and len(provider.keys) > 1:
            note.key = key.name
        elif endpoint.owned is not None:
            note.key = f"own:{endpoint.owned.label}"
        self._attempts.append(note)
        within = min(self._services.settings.attempt_seconds, max(self._ends - started, 0.001))
        try:
            begun = await call(
                self._services, endpoint, key, asked=self._asked, caller=self._caller, note=note, within=within
            )
        except BadRequest as error:
            # Its dialect has no words for something; that of another endpoint may have.
            note.fault = "parameters"
            self._refusal = self._refusal or error
            self._services.health.observe(endpoint.health_id, Outcome(Verdict.CALLER))
            return None
        except Refused as refused:
            failed = refused.failed
        except UpstreamFault as fault:
            failed = Failed(
                upstream_failure(fault, endpoint),
                verdict_of(fault),
                fault.kind.value,
                fault.detail,
                may_repeat=not fault.sent and fault.kind in _UNREACHED,
            )
        except (*FAULTS, Empty) as error:
            failed = Failed(upstream_failure(error, endpoint), Verdict.FAULT, "malformed", str(error)[:300])
        except UpstreamFailed as error:
            failed = Failed(error, Verdict.OURS, error.kind)
        except asyncio.CancelledError:
            note.fault = "cancelled"
            note.upstream_cost = note.upstream_cost or cost_of(endpoint, self._asked, None)
            self._services.health.observe(endpoint.health_id, Outcome(Verdict.CALLER))
            raise
        else:
            begun.started = started
            return begun
        finally:
            note.milliseconds = int((clock.monotonic() - started) * 1000)
        note.fault = failed.word
        self._failure = failed.error
        _warn(endpoint, failed.word if note.status in {0, 200} else f"status {note.status}", failed.detail)
        return failed

    def _key(self, endpoint: Endpoint) -> UpstreamKey | None:
        """One of the provider's keys by their weights, of those that do not rest."""
        keys = endpoint.provider.keys
        if len(keys) < 2:
            return keys[0] if keys else None
        free = [each for each in keys if not self._rests(endpoint, each)]
        if not free:
            return min(keys, key=lambda each: self._rests(endpoint, each))
        return self._lots.choices(free, [each.weight for each in free])[0]

    def _rests(self, endpoint: Endpoint, key: UpstreamKey) -> float:
        health = self._services.health
        return max(health.benched((endpoint.provider.slug, key.name)), health.benched((endpoint.id, key.name)))

    def _another_key(self, endpoint: Endpoint, key: UpstreamKey | None, failed: Failed) -> bool:
        """Whether the fault is of this key alone, and another is there to be tried at once."""
        if key is None or len(endpoint.provider.keys) < 2:
            return False
        health = self._services.health
        if failed.verdict is Verdict.KEY:
            health.bench((endpoint.provider.slug, key.name))
        elif failed.verdict is Verdict.THROTTLED:
            health.bench((endpoint.id, key.name), _BACKOFF * 20 if failed.wait is None else failed.wait)
        else:
            return False
        return any(not self._rests(endpoint, each) for each in endpoint.provider.keys)


_warned: dict[tuple[str, str], float] = {}


def _warn(endpoint: Endpoint, fault: str, detail: str) -> None:
    """Logs a provider's fault, at most once a second for each kind: a provider that is down would fill the disk."""
    now, key = clock.monotonic(), (endpoint.id, fault)
    if now - _warned.get(key, -1.0) >= 1.0:
        _warned[key] = now
        _log.warning("upstream.fault", endpoint=endpoint.tag, model=endpoint.model_id, fault=fault, detail=detail)

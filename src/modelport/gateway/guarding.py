"""What guardrails do on the chat path: they look through a request before it is read, and bound where it may go.

Who has none pays one look-up. A request that is blocked leaves a generation behind, so that its account can see what
its guardrails do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from modelport.dialects.canonical import FinishReason
from modelport.guardrails.errors import RefusedByGuardrail
from modelport.guardrails.policy import Facts
from modelport.kit import clock
from modelport.usage.generation import Generation
from modelport.usage.journal import Settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.catalog.snapshot import Endpoint, Model, Snapshot
    from modelport.gateway.door import Address
    from modelport.gateway.plan_order import Forbids
    from modelport.gateway.services import Services
    from modelport.guardrails.policy import Policy
    from modelport.guardrails.screening import Event
    from modelport.guardrails.service import Guardrails
    from modelport.keys.access import Principal
    from modelport.keys.service import LiveKey
    from modelport.routing.service import Routing
    from modelport.workspaces.service import Workspaces

__all__ = ["Guard", "forbids_of", "guard_of", "guarded_view"]

_LARGE = 64 * 1024
"""Bytes from which on a request is looked through in a thread, so that others need not wait for it."""


class _Named(msgspec.Struct):
    model: str = ""


class Guard:
    """The guardrails of one request's key, and what they did to it."""

    __slots__ = ("_generation_id", "_key", "_seen", "_services", "policy")

    def __init__(self, services: Services, key: LiveKey, policy: Policy, generation_id: str) -> None:
        self._services = services
        self._key = key
        self._generation_id = generation_id
        self._seen: dict[tuple[str, str, str], Event] = {}
        self.policy = policy

    async def screened(self, body: bytes, address: Address, *, has_bill: bool = False) -> bytes:
        """The request as it may be read and sent. One that `has_bill` leaves its generation with that.

        Raises `RefusedByGuardrail`.
        """
        try:
            self.policy.refuse_region()
            screen = self.policy.screen
            if screen is None:
                return body
            done = screen.apply(body) if len(body) < _LARGE else await asyncio.to_thread(screen.apply, body)
        except RefusedByGuardrail as error:
            self._note(error.events)
            if not has_bill:
                self._record(body, address)
            raise
        self._note(done.events)
        return done.body

    def trace(self) -> dict[str, object]:
        """Which guardrails applied and what they did, as it is kept with the generation."""
        applied = [{"id": each.id, "name": each.name, "scope": scope} for scope, each in self.policy.applied]
        return {"applied": applied, "events": list(self._seen.values())}

    def pipeline(self) -> list[dict[str, object]]:
        """The same as stages of `openrouter_metadata`."""
        return [
            {
                "type": "guardrail",
                "name": each.filter,
                "guardrail_id": each.guardrail_id,
                "guardrail_scope": each.scope,
                "summary": f"{each.action}: {each.count} x {each.label}",
                "data": {"action": each.action, "label": each.label, "count": each.count},
            }
            for each in self._seen.values()
        ]

    def _note(self, events: tuple[Event, ...]) -> None:
        for each in events:
            place = (each.guardrail_id, each.filter, each.label)
            known = self._seen.get(place)
            if known is None or known.count < each.count:
                self._seen[place] = each

    def _record(self, body: bytes, address: Address) -> None:
        """Leaves a generation of a request that was blocked, if it named a model there is."""
        name = address.model
        if not name:
            try:
                name = msgspec.json.decode(body, type=_Named).model
            except (msgspec.DecodeError, UnicodeDecodeError):
                return
        model = self._services.catalog.snapshot.find(name)
        if model is None:
            return
        generation = Generation(
            id=self._generation_id,
            created_at=clock.now_ms(),
            account_id=self._key.record.account_id,
            key_id=self._key.record.id,
            model=model.id,
            status="error",
            error_type=RefusedByGuardrail.error_type,
            finish_reason=FinishReason.ERROR.value,
            trace=msgspec.json.encode({"requested": name, "guardrails": self.trace()}).decode(),
        )
        self._services.journal.written(Settled(generation, None))


async def guard_of(services: Services, key: LiveKey, generation_id: str) -> Guard | None:
    """The guardrails that apply to a key's request; None where there are none."""
    policy = await services.guardrails.of(key)
    return None if policy is None else Guard(services, key, policy, generation_id)


def forbids_of(key: LiveKey, guard: Guard | None, snapshot: Snapshot, safety: frozenset[str]) -> Forbids | None:
    """What keeps a key's requests from an endpoint: its own bounds, and its guardrails; None where nothing does.
    `safety` is of which groups of models the account lets providers keep prompts to watch for abuse.
    """
    bounds = key.record.bounds
    bound = bounds.forbids if bounds.models or bounds.providers else None
    policy = guard.policy if guard is not None and guard.policy.routes else None
    if policy is None and bound is None:
        return None

    def forbids(endpoint: Endpoint) -> str | None:
        if bound is not None and (reason := bound(endpoint.model_id, endpoint.provider.slug)) is not None:
            return reason
        return (
            None if policy is None else policy.forbids(_facts(snapshot.models.get(endpoint.model_id), endpoint, safety))
        )

    return forbids


def _facts(model: Model | None, endpoint: Endpoint, safety: frozenset[str]) -> Facts:
    provider = endpoint.provider
    # By an own key, what the provider takes for it says whether the endpoint is a free one.
    prices = endpoint.pricing if endpoint.owned is None else endpoint.owned.listed
    return Facts(
        endpoint.model_id,
        endpoint.model_id if model is None else model.canonical_slug,
        provider.slug,
        provider.name,
        endpoint.data_policy,
        prices.is_free,
        safety,
    )


async def guarded_view(
    guardrails: Guardrails, workspaces: Workspaces, routing: Routing, caller: Principal
) -> Callable[[Model, Endpoint], bool] | None:
    """Which models and endpoints a caller's guardrails leave them, for lists; None where they say nothing of it."""
    if caller.key is not None:
        policy, workspace_id = await guardrails.of(caller.key), caller.key.workspace_id
    else:
        workspace_id = (await workspaces.default(caller.account_id)).id
        policy = await guardrails.of_member(caller.account_id, caller.user_id, workspace_id)
    if policy is None or not policy.routes:
        return None
    safety = (await routing.defaults(caller.account_id, workspace_id)).safety
    return lambda model, endpoint: policy.forbids(_facts(model, endpoint, safety)) is None

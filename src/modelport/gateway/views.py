"""Which models a caller may use, for lists of models: the same filters as a plan's, without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.gateway.plan_facts import facts_of
from modelport.gateway.plan_filters import filters_of, removed
from modelport.gateway.plan_names import Named
from modelport.gateway.wish import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.keys.access import Principal
    from modelport.routing.service import Routing

__all__ = ["view_of"]

_FITS_NO_REQUEST = frozenset({"not_ready", "service_tier"})
"""Reasons of a moment, or of a request."""


async def view_of(routing: Routing, caller: Principal) -> Callable[[Model, Endpoint], bool] | None:
    """Says of an endpoint whether the account's defaults, the operator's rules and the key's bounds admit it; None
    where nothing keeps the caller from any.
    """
    workspace = caller.key.workspace_id if caller.key is not None else ""
    defaults = await routing.defaults(caller.account_id, workspace)
    bounds = caller.key.record.bounds if caller.key is not None else None
    if bounds is not None and not (bounds.models or bounds.providers):
        bounds = None
    if bounds is None and defaults.provider is None and not routing.book.rules:
        return None
    wish = Wish([], preferences=defaults.provider, safety=defaults.safety)

    def allowed(model: Model, endpoint: Endpoint) -> bool:
        if bounds is not None and bounds.forbids(model.id, endpoint.provider.slug) is not None:
            return False
        facts = facts_of(model)
        lane = next((each for each in facts.lanes if each.endpoint is endpoint), None)
        if lane is None:
            return True
        reason = removed(lane, filters_of(facts, wish, Named(model), routing.book.effects(model.id)))
        return reason is None or reason in _FITS_NO_REQUEST

    return allowed

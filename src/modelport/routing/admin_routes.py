"""`/api/admin/routing`: the operator's rules by model pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request

from modelport.audit.noting import note
from modelport.keys.access import Permission, Principal, allow
from modelport.routing.errors import NoSuchRoutingRule
from modelport.routing.schemas import RoutingRule, RoutingRuleData, RoutingRules, RoutingRulesSet
from modelport.routing.service import read_rules

if TYPE_CHECKING:
    from modelport.routing.routes import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/admin/routing", tags=["Routing (operators)"])
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]


@router.get("/rules", summary="Rules of routing")
async def list_routing_rules(request: Request, _caller: Operator) -> RoutingRules:
    """In the order in which pins are tried."""
    return await _rules(request)


@router.post("/rules", status_code=201, summary="Add a rule of routing")
async def add_routing_rule(request: Request, _caller: Operator, body: RoutingRule) -> RoutingRuleData:
    """Behind those that are there; in force at once here, and within a second elsewhere."""
    services: Services = request.app.state.services
    (rule,) = read_rules([body.model_dump()])
    made = RoutingRuleData.of(await services.routing.add_rule(rule))
    note(request, made.id, after=made)
    return made


@router.put("/rules", summary="Put other rules of routing in place")
async def put_routing_rules(request: Request, _caller: Operator, body: RoutingRulesSet) -> RoutingRules:
    """In the place of all that were there."""
    services: Services = request.app.state.services
    before = await _rules(request)
    await services.routing.replace_rules(read_rules([each.model_dump() for each in body.rules]))
    after = await _rules(request)
    note(request, None, before=before, after=after)
    return after


@router.delete("/rules/{rule_id}", status_code=204, summary="End a rule of routing")
async def remove_routing_rule(request: Request, _caller: Operator, rule_id: str) -> None:
    """404 where there is none of this id."""
    services: Services = request.app.state.services
    before = next((each for each in (await _rules(request)).data if each.id == rule_id), None)
    if before is None:
        raise NoSuchRoutingRule(f"There is no rule {rule_id[:80]!r}.")
    await services.routing.remove_rule(rule_id)
    note(request, rule_id, before=before)


async def _rules(request: Request) -> RoutingRules:
    services: Services = request.app.state.services
    return RoutingRules(data=[RoutingRuleData.of(row) for row in await services.routing.rules()])

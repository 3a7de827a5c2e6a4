"""`/api/admin/pricing`: the operator's mark-ups and discounts, and the groups of accounts that they are for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request

from modelport.admin.price_schemas import (
    GroupData,
    GroupGiven,
    GroupList,
    PriceQuote,
    PriceQuotes,
    PriceRule,
    PriceRuleData,
    PriceRules,
)
from modelport.audit.noting import note
from modelport.catalog.errors import BadRule
from modelport.errors import Metadata
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.told import Told

if TYPE_CHECKING:
    from modelport.admin.services import Services
    from modelport.catalog.rules import Rule

__all__ = ["router"]

router = APIRouter(prefix="/api/admin", tags=["Admin: prices"])
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]


@router.get("/pricing/rules", summary="Mark-ups and discounts")
async def list_price_rules(request: Request, _caller: Operator) -> PriceRules:
    """Of those that fit, the most particular mark-up and the most particular discount count."""
    services: Services = request.app.state.services
    return PriceRules(data=[_shown(services, rule) for rule in await services.prices.rules()])


@router.post("/pricing/rules", status_code=201, summary="Add a mark-up or a discount")
async def add_price_rule(request: Request, _caller: Operator, body: PriceRule) -> PriceRuleData:
    """In force at once here, and within a second elsewhere; what is under way is charged as it was begun."""
    services: Services = request.app.state.services
    try:
        rule = await services.prices.add_rule(**body.parts)
    except ValueError as error:
        raise _refused(error) from error
    made = _shown(services, rule)
    note(request, made.id, after=made)
    return made


@router.put("/pricing/rules/{rule_id}", summary="Change a mark-up or a discount")
async def change_price_rule(request: Request, _caller: Operator, rule_id: str, body: PriceRule) -> PriceRuleData:
    """Another rule takes its place, under an id of its own, so that old charges can still be explained."""
    services: Services = request.app.state.services
    try:
        before, rule = await services.prices.replace_rule(rule_id, **body.parts)
    except ValueError as error:
        raise _refused(error) from error
    made = _shown(services, rule)
    note(request, rule_id, before=_shown(services, before), after=made)
    return made


@router.delete("/pricing/rules/{rule_id}", status_code=204, summary="End a mark-up or a discount")
async def end_price_rule(request: Request, _caller: Operator, rule_id: str) -> None:
    """What was charged by it can still be explained."""
    services: Services = request.app.state.services
    rule = await services.prices.retire_rule(rule_id)
    note(request, rule_id, before=_shown(services, rule))


@router.get("/pricing/quote", summary="What a model costs somebody")
async def quote_price(
    request: Request,
    _caller: Operator,
    *,
    model: Annotated[str, Query(min_length=1, max_length=200)],
    group: Annotated[str | None, Query(max_length=60)] = None,
) -> PriceQuotes:
    """Of each of its endpoints: what the catalogue says, what is charged, and what the provider charges."""
    services: Services = request.app.state.services
    quotes = services.prices.quotes(model, group or None)
    return PriceQuotes(model=model, group=group or None, data=[PriceQuote.of(each) for each in quotes])


@router.get("/pricing/groups", summary="Groups of accounts")
async def list_groups(request: Request, _caller: Operator) -> GroupList:
    """By name: those that have accounts, and those that only rules name."""
    services: Services = request.app.state.services
    accounts = await services.credits.groups()
    rules = Counter(rule.account_group for rule in await services.prices.rules() if rule.account_group is not None)
    names = sorted(accounts.keys() | rules.keys())
    return GroupList(data=[GroupData(name=name, accounts=accounts.get(name, 0), rules=rules[name]) for name in names])


def _refused(error: ValueError) -> BadRule:
    why = error.args[0]
    facts: Metadata = {"rule": why.code.removeprefix("bad_rule_"), **why.values} if isinstance(why, Told) else {}
    return BadRule(f"Invalid request: {error}.", metadata=facts)


@router.put("/accounts/{account_id}/group", summary="Put an account into a group")
async def set_group(request: Request, _caller: Operator, account_id: str, body: GroupGiven) -> GroupGiven:
    """From its next request on, everywhere within a second, the prices of that group are its own."""
    services: Services = request.app.state.services
    await services.administration.account(account_id)
    before = GroupGiven(group=await services.credits.group_of(account_id))
    after = GroupGiven(group=(body.group or "").strip() or None)
    if after.group is not None and not after.group.isprintable():
        raise BadRule("Invalid request: group: give printable characters.", metadata={"rule": "group"})
    await services.credits.set_group(account_id, after.group)
    note(request, account_id, before=before, after=after, account_id=account_id)
    return after


def _shown(services: Services, rule: Rule) -> PriceRuleData:
    return PriceRuleData.of(rule, services.prices.fitting(rule))

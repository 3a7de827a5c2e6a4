"""`/workspaces/{ref}/budgets*` of the reference's management API: what a workspace may spend in each period."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.credits.errors import NoSuchBudget
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.money import parse_usd, to_number
from modelport.people.me_routes import when
from modelport.workspaces.errors import BadWorkspace
from modelport.workspaces.service import include_own

if TYPE_CHECKING:
    from modelport.credits.budgets import Budget
    from modelport.people.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["Workspaces"])
Reader = Annotated[Principal, Depends(allow(Permission.WORKSPACES_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.WORKSPACES_WRITE))]
Interval = Literal["daily", "weekly", "monthly", "lifetime"]
_ORDER: Final[tuple[Interval, ...]] = ("daily", "weekly", "monthly", "lifetime")


class BudgetData(BaseModel):
    """A budget."""

    id: str
    workspace_id: str
    limit_usd: float
    spent_usd: float = Field(description="In the present period, to the last settled answer. An extension.")
    reset_interval: Literal["daily", "weekly", "monthly"] | None = Field(description="Null: it never resets.")
    created_at: datetime
    updated_at: datetime


class BudgetAnswer(BaseModel):
    """One budget."""

    data: BudgetData
    include_byok_in_budgets: bool


class BudgetList(BaseModel):
    """All budgets of a workspace."""

    data: list[BudgetData]
    include_byok_in_budgets: bool


class BudgetSet(BaseModel):
    """Body of `PUT`."""

    limit_usd: Decimal = Field(gt=0, le=1_000_000_000, decimal_places=9)
    include_byok_in_budgets: bool | None = Field(
        default=None, description="Whether the usual price of own provider keys counts: for all intervals alike."
    )


class BudgetDeleted(BaseModel):
    """Answer of `DELETE`."""

    deleted: Literal[True] = True


def _name(budget: Budget) -> Interval:
    return "lifetime" if budget.interval is None else budget.interval


async def _shown(services: Services, budget: Budget) -> BudgetData:
    return BudgetData(
        id=budget.id,
        workspace_id=budget.subject,
        limit_usd=to_number(budget.limit),
        spent_usd=to_number(await services.budgets.spent(budget, budget.subject)),
        reset_interval=budget.interval,
        created_at=when(budget.created_at),
        updated_at=when(budget.created_at),
    )


async def _of(services: Services, account_id: str, workspace_id: str) -> dict[Interval, Budget]:
    found = await services.budgets.of_account(account_id)
    mine = {_name(each): each for each in found if each.scope == "workspace" and each.subject == workspace_id}
    return {interval: mine[interval] for interval in _ORDER if interval in mine}


@router.get("/workspaces/{ref}/budgets", summary="Budgets of a workspace")
async def read_budgets(request: Request, caller: Reader, ref: str) -> BudgetList:
    """The narrowest first."""
    services: Services = request.app.state.services
    workspace = await services.workspaces.find(caller.account_id, ref)
    found = await _of(services, caller.account_id, workspace.id)
    return BudgetList(
        data=[await _shown(services, each) for each in found.values()],
        include_byok_in_budgets=workspace.include_byok_in_budgets,
    )


@router.get("/workspaces/{ref}/budgets/{interval}", summary="One budget of a workspace")
async def read_budget(request: Request, caller: Reader, ref: str, interval: Interval) -> BudgetAnswer:
    """The budget of that period."""
    services: Services = request.app.state.services
    workspace = await services.workspaces.find(caller.account_id, ref)
    found = (await _of(services, caller.account_id, workspace.id)).get(interval)
    if found is None:
        raise NoSuchBudget(f"This workspace has no {interval} budget.")
    return BudgetAnswer(data=await _shown(services, found), include_byok_in_budgets=workspace.include_byok_in_budgets)


@router.put("/workspaces/{ref}/budgets/{interval}", summary="Set a budget of a workspace")
async def set_budget(request: Request, caller: Writer, ref: str, interval: Interval, body: BudgetSet) -> BudgetAnswer:
    """A wider period must have a higher limit; 400 otherwise."""
    services: Services = request.app.state.services
    workspace = await services.workspaces.find(caller.account_id, ref)
    limit = parse_usd(format(body.limit_usd, "f"))
    found = await _of(services, caller.account_id, workspace.id)
    limits = {name: each.limit for name, each in found.items()} | {interval: limit}
    ordered = [limits[name] for name in _ORDER if name in limits]
    if any(narrow >= wide for narrow, wide in pairwise(ordered)):
        raise BadWorkspace(
            "Limits must decrease as the interval narrows: lifetime > monthly > weekly > daily.",
            metadata={"rule": "budgets"},
        )
    include = body.include_byok_in_budgets
    if include is None:
        include = workspace.include_byok_in_budgets
    known = found.get(interval)
    made = await services.budgets.put(
        caller.account_id,
        "workspace",
        workspace.id,
        limit,
        None if interval == "lifetime" else interval,
        known.id if known is not None else None,
        counts_own=include,
        also=partial(include_own, workspace_id=workspace.id, include=include),
    )
    return BudgetAnswer(data=await _shown(services, made), include_byok_in_budgets=include)


@router.delete("/workspaces/{ref}/budgets/{interval}", summary="Take a budget of a workspace away")
async def delete_budget(request: Request, caller: Writer, ref: str, interval: Interval) -> BudgetDeleted:
    """Repeating it changes nothing."""
    services: Services = request.app.state.services
    workspace = await services.workspaces.find(caller.account_id, ref)
    found = (await _of(services, caller.account_id, workspace.id)).get(interval)
    if found is not None:
        await services.budgets.remove(caller.account_id, found.id)
    return BudgetDeleted()

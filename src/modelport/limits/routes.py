"""`GET /key` and `GET /credits`: what the caller has spent and may still do. Shapes are the reference's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.credits.budgets import Spender
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.clock import UTC
from modelport.kit.money import to_number
from modelport.limits.budget_view import KeyBudget, budgets_shown, effective

if TYPE_CHECKING:
    from modelport.credits.budgets import Budgets
    from modelport.credits.service import Credits
    from modelport.limits.service import Limits

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")


class FreeRequests(BaseModel):
    """Requests to free models on this UTC day."""

    limit: int
    remaining: int
    used: int


class RateLimit(BaseModel):
    """Kept because official clients require it; limits are elsewhere in the answer."""

    interval: str = "10s"
    note: str = "This field carries no limit and is kept for old clients."
    requests: int = -1


class CurrentKey(BaseModel):
    """A key as its bearer may see it; amounts in USD, periods in UTC, weeks from Monday."""

    label: str
    name: str
    limit: float | None = Field(description="What the key may spend, in all or per `limit_reset`.")
    limit_reset: str | None
    limit_remaining: float | None
    include_byok_in_limit: bool
    usage: float
    usage_daily: float
    usage_weekly: float
    usage_monthly: float
    byok_usage: float = Field(description="The price of what came by own provider keys; not charged.")
    byok_usage_daily: float
    byok_usage_weekly: float
    byok_usage_monthly: float
    is_free_tier: bool = Field(description="Whether the account never had credits.")
    is_management_key: bool
    is_provisioning_key: bool = Field(description="The older name of the same.")
    creator_user_id: str | None
    organization_id: str | None = None
    workspace_id: str | None = None
    expires_at: datetime | None
    allowed_data_regions: list[str] = Field(description="`global`, or nothing where a guardrail forbids that.")
    budgets: list[KeyBudget] = Field(description="Every limit that requests meet, in the order they are checked.")
    effective_budget: KeyBudget | None = Field(description="The one that refuses first.")
    free_model_daily_requests: FreeRequests
    rate_limit: RateLimit = RateLimit()


class CurrentKeyAnswer(BaseModel):
    """Answer of `GET /key`."""

    data: CurrentKey


@router.get("/key", tags=["API keys"], summary="The key of this request")
@router.get("/auth/key", summary="The key of this request, under its older address", include_in_schema=False)
async def read_key(
    request: Request, caller: Annotated[Principal, Depends(allow(Permission.KEY_SELF))]
) -> CurrentKeyAnswer:
    """What the key is, what it has spent to the last settled answer, and what it may still do."""
    services = request.app.state.services
    credits: Credits = services.credits
    live = caller.key
    limits: Limits = services.limits
    assert live is not None, "only keys have this permission"
    record = live.record
    if credits.shared:
        await services.keys.reread(live)
    paid = (await credits.purse(record.account_id)).ever_funded
    quota = await limits.today(record.account_id, paid=paid)
    spent = live.spent(record.limit_reset)
    policy = await services.guardrails.of(live)
    guardrails = () if policy is None else policy.budgets
    spender = Spender(record.account_id, record.user_id, record.id, live.workspace_id, guardrails)
    budgets: Budgets = services.budgets
    applying = [(each, await budgets.spent(each.record, each.spender)) for each in await budgets.of(spender)]
    shown = budgets_shown(applying, live, {} if policy is None else policy.scopes)
    return CurrentKeyAnswer(
        data=CurrentKey(
            label=record.label,
            name=record.name,
            limit=None if record.limit is None else to_number(record.limit),
            limit_reset=record.limit_reset,
            limit_remaining=None if record.limit is None else to_number(max(record.limit - spent, 0)),
            include_byok_in_limit=record.include_byok_in_limit,
            usage=to_number(live.charged(None)),
            usage_daily=to_number(live.charged("daily")),
            usage_weekly=to_number(live.charged("weekly")),
            usage_monthly=to_number(live.charged("monthly")),
            byok_usage=to_number(live.own.spent(None)),
            byok_usage_daily=to_number(live.own.spent("daily")),
            byok_usage_weekly=to_number(live.own.spent("weekly")),
            byok_usage_monthly=to_number(live.own.spent("monthly")),
            is_free_tier=not paid,
            is_management_key=record.kind == "management",
            is_provisioning_key=record.kind == "management",
            creator_user_id=record.user_id,
            workspace_id=live.workspace_id or None,
            allowed_data_regions=["global"] if policy is None else policy.regions,
            budgets=shown,
            effective_budget=effective(shown),
            expires_at=None if record.expires_at is None else datetime.fromtimestamp(record.expires_at / 1000, UTC),
            free_model_daily_requests=FreeRequests(limit=quota.limit, remaining=quota.remaining, used=quota.used),
        )
    )


class CreditsData(BaseModel):
    """An account's credits in USD."""

    total_credits: float = Field(description="Everything the account ever got.")
    total_usage: float = Field(description="Everything it has used.")


class CreditsAnswer(BaseModel):
    """Answer of `GET /credits`."""

    data: CreditsData


@router.get("/credits", tags=["Credits"], summary="Credits of the caller's account")
async def read_credits(
    request: Request, caller: Annotated[Principal, Depends(allow(Permission.CREDITS_READ))]
) -> CreditsAnswer:
    """What the account got and used, to the last settled answer."""
    credits: Credits = request.app.state.services.credits
    totals = await credits.totals(caller.account_id)
    return CreditsAnswer(data=CreditsData(total_credits=to_number(totals.granted), total_usage=to_number(totals.used)))

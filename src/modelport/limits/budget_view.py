"""Every limit on spending that a key's requests meet, as `GET /key` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from modelport.kit import clock
from modelport.kit.meter import window_end
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelport.credits.budgets import LiveBudget
    from modelport.keys.service import LiveKey

__all__ = ["KeyBudget", "budgets_shown", "effective"]

Shown = Literal["workspace_default_member", "workspace_default_key", "member", "api_key", "workspace", "key_limit"]
_SHOWN: dict[str, Shown] = {
    "workspace_default_member": "workspace_default_member",
    "workspace_default_key": "workspace_default_key",
    "member": "member",
    "api_key": "api_key",
    "workspace": "workspace",
    # The reference knows six layers, and its clients no others: ours is shown as the one that is next to it.
    "account": "workspace",
}


class KeyBudget(BaseModel):
    """One limit on spending, and what was spent of it in its present window."""

    scope: Shown
    budget_id: str | None = Field(description="Of a budget; none for the key's own limit.")
    guardrail_id: str | None = Field(description="Of the guardrail that the budget belongs to.")
    include_byok: bool = Field(description="Whether the usual price of what came by own provider keys counts.")
    limit_usd: float
    spend_usd: float
    remaining_usd: float = Field(description="At zero or below, requests are refused with 403 until it resets.")
    reset_interval: Literal["daily", "weekly", "monthly"] | None
    resets_at: str | None


def budgets_shown(
    budgets: Sequence[tuple[LiveBudget, int]], key: LiveKey, guardrails: Mapping[tuple[str, str], Shown]
) -> list[KeyBudget]:
    """Budgets with what was spent of each, in the order in which they are checked, then the key's own limit.
    `guardrails` says of theirs, by guardrail and spender, what they are.
    """
    today = clock.day(clock.now_ms())
    found = [
        KeyBudget(
            scope=guardrails[budget.subject, live.spender] if budget.scope == "guardrail" else _SHOWN[budget.scope],
            budget_id=budget.id,
            guardrail_id=budget.subject if budget.scope == "guardrail" else None,
            include_byok=budget.counts_own,
            limit_usd=to_number(budget.limit),
            spend_usd=to_number(spent),
            remaining_usd=to_number(budget.limit - spent),
            reset_interval=budget.interval,
            resets_at=window_end(budget.interval, today),
        )
        for live, spent in budgets
        for budget in (live.record,)
    ]
    record = key.record
    if record.limit is not None:
        spent = key.spent(record.limit_reset)
        found.append(
            KeyBudget(
                scope="key_limit",
                budget_id=None,
                guardrail_id=None,
                include_byok=record.include_byok_in_limit,
                limit_usd=to_number(record.limit),
                spend_usd=to_number(spent),
                remaining_usd=to_number(record.limit - spent),
                reset_interval=record.limit_reset,  # type: ignore[arg-type]  # validated when the key was made
                resets_at=window_end(record.limit_reset, today),
            )
        )
    return found


def effective(budgets: Sequence[KeyBudget]) -> KeyBudget | None:
    """The one that refuses first: the first that is spent, else the one with the least left."""
    spent = next((each for each in budgets if each.remaining_usd <= 0), None)
    return spent or min(budgets, key=lambda each: each.remaining_usd, default=None)

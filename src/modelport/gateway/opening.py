"""Step 3: a request's bill is opened, or it is refused: for money, for pace, or because nothing can be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.credits.budgets import Spender
from modelport.errors import ModelportError
from modelport.gateway.bill import Bill, quota_headers

if TYPE_CHECKING:
    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Headers
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.keys.service import LiveKey
    from modelport.usage.generation import Generation

__all__ = ["open_bill"]


async def open_bill(services: Services, key: LiveKey, plan: Plan, request: Asked, generation: Generation) -> Bill:
    """Sets aside what the dearest of the planned attempts may cost.

    Raises `KeyLimitExceeded`, `KeyLimitTight`, `KeyLimitInFlight`, `BudgetExceeded`, `NotEnough`, `InFlight`, `InDebt`
    `FreeTierExhausted`, `KeyTooFast` or `DatabaseDown`; then nothing is set aside.
    """
    services.journal.refuse_if_down()
    purse = await services.credits.purse(key.record.account_id)
    if services.settings.debt_blocks_account:
        purse.refuse_debtor()
    spender = Spender(key.record.account_id, key.record.user_id, key.record.id, key.workspace_id)
    budgets = services.budgets.known(spender)
    if budgets is None:
        budgets = await services.budgets.of(spender)
    try:
        ticket = await services.limits.take(
            key.record,
            generation.id,
            free=any(endpoint.pricing.is_free for endpoint in plan.attempts),
            paid=purse.ever_funded,
            prompt_tokens=request.prompt_bytes // 4 + 1 if key.record.bounds.tokens_per_minute else 0,
        )
    except ModelportError as error:
        _tell(error, quota_headers(key))
        raise
    bill = Bill(services, key, purse, generation, ticket=ticket, budgets=budgets)
    if not plan.is_free:
        try:
            bill.hold(await bill.weigh(plan, request))
        except BaseException as error:
            ticket.failed()
            if isinstance(error, ModelportError):
                _tell(error, bill.limit_headers())
            raise
    return bill


def _tell(error: ModelportError, headers: Headers) -> None:
    """A refusal tells the caller's limits as an answer does."""
    error.headers = {**error.headers, **{name.decode(): value.decode() for name, value in headers}}

"""Step 3: a request's bill is opened, or it is refused: for money, for pace, or because nothing can be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.credits.budgets import Spender
from modelport.errors import Forbidden, ModelportError, PaymentRequired
from modelport.gateway.bill import Bill, quota_headers
from modelport.keys.errors import KeyRefused

if TYPE_CHECKING:
    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Headers
    from modelport.gateway.extras_search import Search
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.keys.service import LiveKey
    from modelport.usage.generation import Generation

__all__ = ["hold", "keep_free", "open_bill"]


async def open_bill(
    services: Services,
    key: LiveKey,
    plan: Plan,
    request: Asked,
    generation: Generation,
    *,
    guardrails: tuple[tuple[str, str], ...] = (),
    searches: int = 0,
    search: Search | None = None,
    guest: str = "",
) -> Bill:
    """Sets aside what the dearest of the planned attempts may cost; `guardrails` have budgets that count it as well,
    `searches` of providers are charged beside tokens, as is `search`, which is to be made here. `guest` is the network
    of a caller who is not signed in.

    Raises `KeyLimitExceeded`, `KeyLimitTight`, `KeyLimitInFlight`, `BudgetExceeded`, `NotEnough`, `InFlight`, `InDebt`
    `FreeTierExhausted`, `GuestsExhausted`, `KeyTooFast` or `DatabaseDown`; then nothing is set aside.
    """
    services.journal.refuse_if_down()
    purse = await services.credits.purse(key.record.account_id)
    if services.settings.debt_blocks_account:
        purse.refuse_debtor()
    spender = Spender(key.record.account_id, key.record.user_id, key.record.id, key.workspace_id, guardrails)
    budgets = services.budgets.known(spender)
    if budgets is None:
        budgets = await services.budgets.of(spender)
    try:
        ticket = await services.limits.take(
            key.record,
            generation.id,
            free=any(endpoint.is_gratis for endpoint in plan.attempts),
            paid=purse.ever_funded,
            guest=guest,
            prompt_tokens=request.prompt_bytes // 4 + 1 if key.record.bounds.tokens_per_minute else 0,
        )
    except ModelportError as error:
        _tell(error, quota_headers(key))
        raise
    bill = Bill(services, key, purse, generation, ticket=ticket, budgets=budgets)
    if search is None:
        bill.expect(searches, 0)
    else:
        bill.expect(searches + 1, 1, search.growth)
    try:
        await hold(bill, plan, request)
    except BaseException as error:
        ticket.failed()
        if isinstance(error, ModelportError):
            _tell(error, bill.limit_headers())
        raise
    return bill


def keep_free(plan: Plan, guest: str, *, costs: bool) -> None:
    """Leaves the plan of a `guest` what is free; `costs` says that more than a model's answer is asked for, such as a
    search. Who is signed in keeps all of it.

    Raises `KeyRefused` where nothing is left.
    """
    if not guest:
        return
    plan.attempts = [] if costs else [endpoint for endpoint in plan.attempts if endpoint.is_gratis]
    if not plan.attempts:
        raise KeyRefused("Sign in for this: without an account only free models can be tried.")


async def hold(bill: Bill, plan: Plan, request: Asked) -> None:
    """Sets aside what a request may cost by its plan, in place of what was set aside for it before.

    Raises as `open_bill` does; then nothing is set aside.
    """
    own = [each for each in plan.attempts if each.owned is not None]
    if bill.is_free(plan):
        return
    try:
        bill.hold(await bill.weigh(plan, request))
    except (PaymentRequired, Forbidden):
        # Who can't pay for the operator's capacity may still use keys of their own.
        if not own or len(own) == len(plan.attempts):
            raise
        plan.attempts = own
        if not bill.is_free(plan):
            bill.hold(await bill.weigh(plan, request))


def _tell(error: ModelportError, headers: Headers) -> None:
    """A refusal tells the caller's limits as an answer does."""
    error.headers = {**error.headers, **{name.decode(): value.decode() for name, value in headers}}

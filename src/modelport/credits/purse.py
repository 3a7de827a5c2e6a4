"""One account's credits in this process: what requests hold against, without waiting for a database.

A purse is what is durable in the ledger, less what is held. Holding and releasing never wait, so a check and a hold
are one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.credits.errors import InDebt, InFlight, NotEnough
from modelport.kit.money import format_usd, to_number

if TYPE_CHECKING:
    from modelport.credits.store import Balance
    from modelport.kit.meter import Lease

__all__ = ["Purse"]

_ADD = "Add more credits to the account, or lower max_tokens."


class Purse:
    """One account's credits in this process, in nano-dollars."""

    __slots__ = (
        "account_id",
        "debt",
        "doubtful",
        "ever_funded",
        "foreign",
        "group",
        "held",
        "lease",
        "ledger_account",
        "posted",
        "stale",
        "version",
    )  # fmt: skip

    def __init__(self, account_id: str, balance: Balance, foreign: int, debt: int = 0) -> None:
        self.account_id = account_id
        self.ledger_account = balance.account
        self.posted = balance.credits_posted - balance.debits_posted
        self.version = balance.version
        self.ever_funded = balance.credits_posted > 0
        """Whether the account ever had credits."""
        self.foreign = foreign
        """Held by other processes."""
        self.held = 0
        """Held here, including what is settled but not yet durable."""
        self.debt = debt
        """Owed to the house: credits that were refunded or disputed after they had been spent."""
        self.doubtful = 0
        """Part of what is held: may have been taken away by a transaction whose end was not heard."""
        self.group: str | None = None
        """By which the operator's price rules know the account."""
        self.stale = False
        self.lease: Lease | None = None
        """This process's slice of the balance, where several processes share it."""

    @property
    def available(self) -> int:
        """What a new hold may take at once."""
        if self.lease is not None:
            return self.lease.amount - self.held
        return self.posted - self.held - self.foreign

    @property
    def reach(self) -> int:
        """The same with what may be leased besides: for estimates."""
        return self.available + (self.lease.spare if self.lease is not None else 0)

    def refuse_debtor(self) -> None:
        """Raises `InDebt` when the account owes something."""
        if self.debt > 0:
            raise InDebt(
                f"Insufficient credits. This account owes {format_usd(self.debt)} USD for credits that were taken back "
                "after they had been used. Add credits to pay it.",
                metadata={
                    "limit_source": "openrouter_credits",
                    "available": to_number(max(self.available, 0)),
                    "debt": to_number(self.debt),
                    "remedy_hint": "Add credits to the account: they pay the debt first.",
                },
            )

    def hold(self, amount: int, *, max_tokens: int, affordable_tokens: int) -> None:
        """Sets `amount` aside; the token counts are for the error message only.

        Raises `NotEnough`, or `InFlight` when it would fit were nothing else under way. Then nothing was held.
        """
        available = self.available
        if amount <= available:
            self.held += amount
            return
        metadata: dict[str, object] = {
            "estimated_cost": to_number(amount),
            "available": to_number(max(self.reach, 0)),
            "in_flight": to_number(self.held + self.foreign),
        }
        if amount <= self.posted:
            raise InFlight(
                "This request would exceed your available credits given your current in-flight requests. "
                "Retry after in-flight requests settle, or add credits.",
                metadata=metadata
                | {
                    "limit_source": "openrouter_in_flight_budget",
                    "reason": "in_flight_budget_exhausted",
                    "suggested_max_tokens": affordable_tokens,
                    "remedy_hint": "Wait until requests under way have ended, lower max_tokens, or add credits.",
                },
                retry_after=2,
            )
        metadata |= {
            "limit_source": "openrouter_credits",
            "reason": "weight_exceeds_budget",
            "suggested_max_tokens": affordable_tokens,
            "remedy_hint": _ADD,
        }
        if self.reach <= 0:
            raise NotEnough("Insufficient credits. Add credits to this account to go on.", metadata=metadata)
        raise NotEnough(
            "This request requires more credits, or fewer max_tokens. "
            f"You requested up to {max_tokens} tokens, but can only afford {affordable_tokens}. Add credits to go on.",
            metadata=metadata,
        )

    def take_extra(self, wanted: int) -> int:
        """Holds up to `wanted` more for an answer that cost more than was held; returns how much was free."""
        extra = max(min(wanted, self.available), 0)
        self.held += extra
        return extra

    def release(self, amount: int) -> None:
        """Gives back what was held."""
        self.held -= amount

    def refresh(self, balance: Balance) -> None:
        """Takes over a balance read from the database, unless a newer one is known."""
        if balance.version > self.version:
            self.posted = balance.credits_posted - balance.debits_posted
            self.ever_funded = balance.credits_posted > 0
            self.version = balance.version

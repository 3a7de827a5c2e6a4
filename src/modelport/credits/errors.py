"""What can be refused about credits."""

from __future__ import annotations

from modelport.errors import BadRequest, Conflict, Forbidden, NotFound, PaymentRequired

__all__ = [
    "AlreadySpent",
    "BadAmount",
    "BudgetExceeded",
    "InDebt",
    "InFlight",
    "KeyReused",
    "NoSuchBudget",
    "NotEnough",
]


class NotEnough(PaymentRequired):
    """The account can't pay for the largest answer the request allows."""


class InFlight(PaymentRequired):
    """The account could pay, were it not for requests under way; trying again soon can help."""


class InDebt(PaymentRequired):
    """The account owes for credits that were taken back after they had been spent."""


class BadAmount(BadRequest):
    """An amount that can't be moved: not above zero."""


class AlreadySpent(Conflict):
    """What is to be taken back has been spent, or is held by requests under way."""


class KeyReused(Conflict):
    """An idempotency key that stands for another movement already."""


class BudgetExceeded(Forbidden):
    """A budget that applies to the caller does not reach for the request."""


class NoSuchBudget(NotFound):
    """The account has no budget with this id."""

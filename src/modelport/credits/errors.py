"""What can be refused about credits."""

from __future__ import annotations

from modelport.errors import BadRequest, PaymentRequired

__all__ = ["BadAmount", "InFlight", "NotEnough"]


class NotEnough(PaymentRequired):
    """The account can't pay for the largest answer the request allows."""


class InFlight(PaymentRequired):
    """The account could pay, were it not for requests under way; trying again soon can help."""


class BadAmount(BadRequest):
    """An amount that can't be moved: not above zero."""

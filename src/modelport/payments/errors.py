"""What can be refused about payments."""

from __future__ import annotations

from typing import Literal

from modelport.errors import BadRequest, Conflict, ModelportError, NotFound, TooManyRequests, Unavailable

__all__ = [
    "BadOrder",
    "BadVoucher",
    "ForgedEvent",
    "HookOff",
    "MethodOff",
    "NoSuchOrder",
    "NotRefundable",
    "ProcessorDown",
    "ProcessorRefused",
    "TooManyGuesses",
    "VoucherSpent",
]


class BadOrder(BadRequest):
    """An amount, a currency or a method that can't be bought with."""


class MethodOff(BadRequest):
    """A way to pay that the operator has not set up."""


class NoSuchOrder(NotFound):
    """No order of this account has that id."""


class NotRefundable(Conflict):
    """An order that was not paid, or has been paid back already."""


class HookOff(NotFound):
    """The web hook's secret is not set: the address does not exist."""


class ForgedEvent(BadRequest):
    """A web hook without a good signature, or one that is too old."""


class BadVoucher(BadRequest):
    """No voucher that can be redeemed: mistyped, never made, revoked or expired. Which, is not told."""


class VoucherSpent(Conflict):
    """The voucher was redeemed already, or this person has redeemed as many of its batch as they may."""


class TooManyGuesses(TooManyRequests):
    """Too many wrong codes from one account or address."""


class ProcessorDown(Unavailable):
    """The payment processor can't be reached; nothing was charged, or what was will be credited when it can be."""


class ProcessorRefused(ModelportError):
    """The payment processor declined; `reason` is its word for why."""

    status = 402
    error_type = "payment_required"

    def __init__(self, message: str, *, reason: str, rule: Literal["pay_back", "card", "request"]) -> None:
        super().__init__(message, metadata={"reason": reason, "rule": rule})
        self.reason = reason

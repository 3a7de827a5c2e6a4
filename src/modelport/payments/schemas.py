"""What crosses the wire about payments. Credits and fees are decimal strings of USD; `amount` is in `currency`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from modelport.kit.clock import UTC
from modelport.kit.money import format_usd
from modelport.payments.amounts import show

if TYPE_CHECKING:
    from modelport.payments.auto import AutoTopup
    from modelport.payments.receipts import Receipt
    from modelport.payments.store import Customer, Order, Refund
    from modelport.payments.store_vouchers import Batch, Voucher

__all__ = [
    "AutoData",
    "AutoWanted",
    "BatchData",
    "BatchMade",
    "BatchWanted",
    "Buy",
    "CardData",
    "MethodData",
    "Options",
    "OrderData",
    "Orders",
    "ProfileData",
    "QuoteData",
    "ReceiptData",
    "RedeemData",
    "RedeemWanted",
    "RefundData",
    "RefundWanted",
    "TransferCame",
    "Usd",
    "VoucherData",
]

Usd = Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,9})?$", description="USD as a decimal string.")]


def _time(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms // 1000, UTC)


class MethodData(BaseModel):
    """A way to pay."""

    method: str = Field(description="`card`, `alipay`, `wechat_pay` or `bank_transfer`.")
    currency: str
    processor: str


class Options(BaseModel):
    """How credits can be bought on this server."""

    methods: list[MethodData]
    minimum: str
    maximum: str
    presets: list[str]
    fee_percent: str
    fee_minimum: str
    cny_per_usd: str
    vouchers: bool = True
    credits_days: int | None = Field(default=None, description="Days after which bought credits expire; null: never.")
    refund_if_spent: str = Field(description="What happens to credits that are refunded after they were used.")


class QuoteData(BaseModel):
    """What credits would cost."""

    credits: str
    fee: str
    currency: str
    rate: str
    amount: str = Field(description="What is charged, before taxes.")


class Buy(BaseModel):
    """An order."""

    credits: Usd
    currency: Literal["usd", "cny"] = "usd"
    method: Annotated[str, Field(max_length=40)]
    language: Literal["zh", "en"] = "en"
    idempotency_key: Annotated[str, Field(min_length=8, max_length=100)] | None = Field(
        default=None, description="The same key gives the same order."
    )


class OrderData(BaseModel):
    """An order and what became of it."""

    id: str
    status: str = Field(description="`created`, `pending`, `paid`, `failed`, `expired` or `canceled`.")
    credited: bool
    processor: str
    method: str | None
    origin: str = Field(description="`checkout`, or `auto` for an automatic top-up.")
    credits: str
    fee: str
    currency: str
    amount: str
    paid_amount: str | None
    tax: str | None
    refunded: str
    disputed: str
    failure: str | None
    url: str | None = Field(description="The page to pay on, while it can be paid.")
    instructions: str | None = None
    created_at: datetime | None
    paid_at: datetime | None
    expires_at: datetime | None = Field(description="When what is left of its credits expires; null: never.")

    @classmethod
    def of(cls, order: Order, instructions: str | None = None) -> OrderData:
        """As its buyer sees it."""
        return cls(
            id=order.id,
            status=order.status,
            credited=order.credited_at is not None,
            processor=order.processor,
            method=order.method,
            origin=order.origin,
            credits=format_usd(order.credits),
            fee=format_usd(order.fee),
            currency=order.currency,
            amount=show(order.amount),
            paid_amount=None if order.paid_amount is None else show(order.paid_amount),
            tax=None if order.tax is None else show(order.tax),
            refunded=format_usd(order.refunded),
            disputed=format_usd(order.disputed),
            failure=order.failure,
            url=order.url if order.status == "pending" else None,
            instructions=instructions,
            created_at=_time(order.created_at),
            paid_at=_time(order.paid_at),
            expires_at=_time(order.credits_expire_at),
        )


class Orders(BaseModel):
    """A page of orders."""

    data: list[OrderData]
    next: str | None = Field(description="What to give as `before` for the next page.")


class RedeemWanted(BaseModel):
    """A voucher's code."""

    code: Annotated[str, Field(min_length=1, max_length=100)]


class RedeemData(BaseModel):
    """What a voucher gave."""

    amount: str
    balance: str
    expires_at: datetime | None

    @classmethod
    def made(cls, amount: int, balance: int, expires_at: int | None) -> RedeemData:
        """From integers."""
        return cls(amount=format_usd(amount), balance=format_usd(balance), expires_at=_time(expires_at))


class CardData(BaseModel):
    """A saved card."""

    brand: str
    last4: str


class AutoWanted(BaseModel):
    """How automatic top-up shall work."""

    enabled: bool
    threshold: Usd
    amount: Usd
    monthly_cap: Usd | None = None


class AutoData(BaseModel):
    """How automatic top-up works."""

    enabled: bool
    threshold: str | None
    amount: str | None
    monthly_cap: str | None
    paused: str | None = Field(description="Why it does not try any more.")
    failures: int = Field(description="How many tries in a row have failed.")
    retry_at: datetime | None = Field(description="When the next try comes after a failure.")
    last: OrderData | None = Field(description="The newest automatic order, with why it failed.")
    bought_this_month: str
    card: CardData | None

    @classmethod
    def of(cls, auto: AutoTopup | None, card: Customer | None, *, last: Order | None, bought: int) -> AutoData:
        """As the account sees it; nothing set up is a setting too."""
        return cls(
            enabled=auto is not None and auto.enabled,
            threshold=None if auto is None else format_usd(auto.threshold),
            amount=None if auto is None else format_usd(auto.amount),
            monthly_cap=None if auto is None or auto.monthly_cap is None else format_usd(auto.monthly_cap),
            paused=None if auto is None else auto.paused,
            failures=0 if auto is None else auto.failures,
            retry_at=None if auto is None else _time(auto.retry_at),
            last=None if last is None else OrderData.of(last),
            bought_this_month=format_usd(bought),
            card=None if card is None else CardData(brand=card.brand or "", last4=card.last4 or ""),
        )


class ProfileData(BaseModel):
    """The buyer on receipts."""

    name: Annotated[str, Field(max_length=200)] = ""
    address: Annotated[str, Field(max_length=500)] = ""
    country: Annotated[str, Field(max_length=60)] = ""
    tax_id: Annotated[str, Field(max_length=60)] = ""
    email: Annotated[str, Field(max_length=254)] = ""


class ReceiptData(BaseModel):
    """A receipt, to be had as PDF at `/receipts/{number}.pdf`."""

    number: str
    kind: str
    order_id: str
    currency: str
    total: str
    issued_at: datetime | None

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptData:
        """Its head."""
        return cls(
            number=receipt.number,
            kind=receipt.kind,
            order_id=receipt.order_id,
            currency=receipt.facts.currency,
            total=show(receipt.facts.total),
            issued_at=_time(receipt.issued_at),
        )


class BatchWanted(BaseModel):
    """A batch of vouchers to be made."""

    amount: Usd
    count: Annotated[int, Field(ge=1, le=10_000)]
    note: Annotated[str, Field(max_length=500)] = ""
    expires_at: datetime | None = None
    per_user: Annotated[int, Field(ge=1, le=10_000)] | None = None
    credits_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=None, description="Days after which what is left of the credits expires."
    )
    promotional: bool = Field(default=False, description="Spent before bought credits and never refunded.")


class BatchData(BaseModel):
    """A batch of vouchers."""

    id: str
    amount: str
    count: int
    redeemed: int
    note: str
    per_user: int | None
    credits_days: int | None
    promotional: bool
    created_by: str
    created_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, batch: Batch, redeemed: int) -> BatchData:
        """As operators see it."""
        return cls(
            id=batch.id,
            amount=format_usd(batch.amount),
            count=batch.size,
            redeemed=redeemed,
            note=batch.note,
            per_user=batch.per_user,
            credits_days=batch.credits_days,
            promotional=batch.promotional,
            created_by=batch.created_by,
            created_at=_time(batch.created_at),
            expires_at=_time(batch.expires_at),
            revoked_at=_time(batch.revoked_at),
        )


class BatchMade(BaseModel):
    """A new batch and its codes, which are shown this once."""

    batch: BatchData
    codes: list[str]


class VoucherData(BaseModel):
    """One voucher; `label` is the end of its code."""

    id: str
    label: str
    redeemed_at: datetime | None
    account_id: str | None
    user_id: str | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, voucher: Voucher) -> VoucherData:
        """As operators see it."""
        return cls(
            id=voucher.id,
            label=voucher.label,
            redeemed_at=_time(voucher.redeemed_at),
            account_id=voucher.account_id,
            user_id=voucher.user_id,
            revoked_at=_time(voucher.revoked_at),
        )


class TransferCame(BaseModel):
    """A bank transfer that came."""

    currency: Literal["usd", "cny"]
    amount: Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,2})?$")]
    reference: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="The bank's own reference.")


class RefundWanted(BaseModel):
    """Credits to be paid back; all that is left of the order when no amount is given."""

    credits: Usd | None = None
    reason: Annotated[str, Field(max_length=500)] = ""
    if_spent: Literal["refuse", "rest", "debt"] | None = None


class RefundData(BaseModel):
    """A refund."""

    id: str
    order_id: str
    credits: str
    amount: str
    taken: str
    owed: str
    status: str = Field(description="`requested`, `taken` (credits are back, money is on its way), `done` or `failed`.")
    failure: str | None

    @classmethod
    def of(cls, refund: Refund) -> RefundData:
        """As operators see it."""
        return cls(
            id=refund.id,
            order_id=refund.order_id,
            credits=format_usd(refund.credits),
            amount=show(refund.amount),
            taken=format_usd(refund.taken),
            owed=format_usd(refund.owed),
            status=refund.status,
            failure=refund.failure,
        )

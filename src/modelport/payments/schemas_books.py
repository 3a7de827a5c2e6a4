"""What crosses the wire about statements, transactions and the operator's books. Money is decimal strings of USD."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from modelport.kit.clock import UTC
from modelport.kit.money import format_usd
from modelport.payments.hooks import refusal_of
from modelport.payments.schemas import OrderData

if TYPE_CHECKING:
    from modelport.credits.promotions import Gift
    from modelport.credits.service import Transaction
    from modelport.payments.books import MadeReport
    from modelport.payments.statements import ModelSum, Statement
    from modelport.payments.store import Order
    from modelport.payments.store_books import Event
    from modelport.usage.margin import DayMargin, Margin, MarginReport

__all__ = [
    "BuyerOrderData",
    "BuyerOrders",
    "EventData",
    "LedgerGap",
    "LotData",
    "MarginDay",
    "MarginDays",
    "MarginLine",
    "MarginsData",
    "PaymentDifference",
    "RefundSettled",
    "ReportData",
    "StatementData",
    "StatementDay",
    "StatementModel",
    "TransactionData",
    "Transactions",
    "moment",
]


def moment(at_ms: int) -> datetime:
    """Milliseconds as a time."""
    return datetime.fromtimestamp(at_ms // 1000, UTC)


class TransactionData(BaseModel):
    """A movement of credits that was no charge."""

    seq: int
    at: datetime
    code: str = Field(description="`topup`, `voucher`, `grant`, `promotion`, `refund`, `dispute`, `expire`, ...")
    amount: str = Field(description="Above zero what the account got.")
    source: str = Field(description="The other side's ledger account, such as `payments:stripe`.")
    reference: str = Field(description="The order, voucher or grant it belongs to.")

    @classmethod
    def of(cls, each: Transaction) -> TransactionData:
        """As the account sees it."""
        return cls(
            seq=each.seq,
            at=moment(each.created_at),
            code=each.code,
            amount=format_usd(each.amount),
            source=f"{each.other}:{each.owner}" if each.owner else each.other,
            reference=each.reference,
        )


class Transactions(BaseModel):
    """A page of movements, newest first."""

    data: list[TransactionData]
    next: int | None = Field(description="What to give as `before` for the next page.")


class LotData(BaseModel):
    """Credits that were given or expire, and what is left of them; listed in the order they are spent in."""

    reference: str
    amount: str
    remaining: str
    bought: bool
    expires_at: datetime | None

    @classmethod
    def of(cls, lot: Gift) -> LotData:
        """As the account sees it."""
        return cls(
            reference=lot.reference,
            amount=format_usd(lot.amount),
            remaining=format_usd(lot.remaining),
            bought=lot.bought,
            expires_at=None if lot.expires_at is None else moment(lot.expires_at),
        )


class StatementModel(BaseModel):
    """What one model was used for in a month."""

    model: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: str

    @classmethod
    def of(cls, each: ModelSum) -> StatementModel:
        """One line."""
        return cls(
            model=each.model,
            answers=each.requests,
            prompt_tokens=each.prompt_tokens,
            completion_tokens=each.completion_tokens,
            cost=format_usd(each.cost),
        )


class StatementDay(BaseModel):
    """What was used on one UTC day."""

    day: str
    answers: int
    cost: str


class StatementData(BaseModel):
    """A month of the account: `opening` and `movements` less `used` are `closing`, to the nano-dollar."""

    month: str
    complete: bool = Field(description="Whether the month is over.")
    opening: str
    movements: dict[str, str] = Field(description="Sums by what they were; below zero what went out.")
    transactions: list[TransactionData]
    models: list[StatementModel]
    days: list[StatementDay]
    used: str
    closing: str
    owed: str

    @classmethod
    def of(cls, made: Statement) -> StatementData:
        """As the account sees it."""
        return cls(
            month=made.month,
            complete=made.complete,
            opening=format_usd(made.opening),
            movements={code: format_usd(amount) for code, amount in made.by_code().items()},
            transactions=[TransactionData.of(each) for each in made.movements],
            models=[StatementModel.of(each) for each in made.by_model()],
            days=[
                StatementDay(day=moment(day * 86_400_000).strftime("%Y-%m-%d"), answers=answers, cost=format_usd(cost))
                for day, answers, cost in made.by_day()
            ],
            used=format_usd(made.used),
            closing=format_usd(made.closing),
            owed=format_usd(made.owed),
        )


class BuyerOrderData(BaseModel):
    """An order with its buyer."""

    order: OrderData
    account_id: str
    user_id: str
    email: str | None = Field(description="The buyer's address; null once they were erased.")

    @classmethod
    def of_buyer(cls, order: Order, email: str | None) -> BuyerOrderData:
        """As operators see it."""
        return cls(order=OrderData.of(order), account_id=order.account_id, user_id=order.user_id, email=email)


class BuyerOrders(BaseModel):
    """A page of everybody's orders, newest first."""

    data: list[BuyerOrderData]
    next: str | None = Field(description="What to give as `before` for the next page.")
    refund_if_spent: Literal["refuse", "rest", "debt"] = Field(description="The policy where a refund names none.")


class RefundSettled(BaseModel):
    """What an operator found out about a refund that was asked for and not answered."""

    paid: bool


class EventData(BaseModel):
    """An event of a web hook and what became of it."""

    processor: str
    event_id: str
    kind: str
    order_id: str | None
    verdict: str
    refusal: str | None = Field(description="A stable word for why it was refused.")
    received_at: datetime
    deliveries: int

    @classmethod
    def of(cls, event: Event) -> EventData:
        """As operators see it."""
        return cls(
            processor=event.processor,
            event_id=event.event_id,
            kind=event.kind,
            order_id=event.order_id,
            verdict=event.verdict,
            refusal=refusal_of(event.verdict),
            received_at=moment(event.received_at),
            deliveries=event.deliveries,
        )


class PaymentDifference(BaseModel):
    """One payment or refund on which the processor's books and ours differ; sums in the smallest unit."""

    payment_id: str
    kind: str
    ours: int
    theirs: int
    order_id: str | None


class LedgerGap(BaseModel):
    """One movement that the ledger should have and has not, or has otherwise."""

    reference: str
    what: str
    expected: str
    found: str


class ReportData(BaseModel):
    """A UTC day of one processor: its books against ours, and ours against the ledger."""

    processor: str
    day: str
    green: bool
    made_at: datetime
    payments: int
    refunds: int
    matched: int
    differences: list[PaymentDifference]
    ledger_differences: list[LedgerGap]
    uncredited: list[str]
    ledger: dict[str, str] = Field(description="What came in through the processor's ledger account, by code, in USD.")

    @classmethod
    def of(cls, made: MadeReport) -> ReportData:
        """As operators see it."""
        report = made.report
        return cls(
            processor=report.processor,
            day=moment(report.day * 86_400_000).strftime("%Y-%m-%d"),
            green=report.green,
            made_at=moment(made.made_at),
            payments=report.payments,
            refunds=report.refunds,
            matched=report.matched,
            differences=[PaymentDifference(**each._asdict()) for each in report.differences],
            ledger_differences=[
                LedgerGap(
                    reference=each.reference,
                    what=each.what,
                    expected=format_usd(each.expected),
                    found=format_usd(each.found),
                )
                for each in report.ledger_differences
            ],
            uncredited=report.uncredited,
            ledger={code: format_usd(amount) for code, amount in report.ledger.items()},
        )


class MarginLine(BaseModel):
    """Revenue against what providers charge."""

    name: str = Field(description="A model's id, a provider's slug, or a UTC day.")
    answers: int
    revenue: str
    cost: str = Field(description="What the providers that answered charge.")
    wasted: str = Field(description="What providers charge for attempts that failed.")
    margin: str
    shortfall: str = Field(description="What answers cost above what their accounts could pay.")
    unknown: int = Field(description="Paid answers whose cost isn't known: their endpoint gives none.")

    @classmethod
    def of(cls, each: Margin, name: str) -> MarginLine:
        """One line."""
        return cls(
            name=name,
            answers=each.answers,
            revenue=format_usd(each.revenue),
            cost=format_usd(each.cost),
            wasted=format_usd(each.wasted),
            margin=format_usd(each.margin),
            shortfall=format_usd(each.shortfall),
            unknown=each.unknown,
        )


class MarginDay(BaseModel):
    """What a model or provider came to on one day."""

    day: str = Field(description="A UTC day.")
    name: str
    revenue: str
    cost: str = Field(description="What providers charge, failed attempts with it.")
    margin: str


class MarginDays(BaseModel):
    """Day by day; days without use are left out."""

    by: str
    data: list[MarginDay]

    @classmethod
    def of(cls, by: str, found: list[DayMargin]) -> MarginDays:
        """The earliest first."""
        return cls(
            by=by,
            data=[
                MarginDay(
                    day=moment(each.day * 86_400_000).strftime("%Y-%m-%d"),
                    name=each.name,
                    revenue=format_usd(each.revenue),
                    cost=format_usd(each.cost),
                    margin=format_usd(each.revenue - each.cost),
                )
                for each in found
            ],
        )


class MarginsData(BaseModel):
    """Lines and their sum."""

    by: str
    data: list[MarginLine]
    total: MarginLine

    @classmethod
    def of(cls, by: str, report: MarginReport) -> MarginsData:
        """As operators see it: days by date."""
        lines = [
            MarginLine.of(each, moment(int(each.name) * 86_400_000).strftime("%Y-%m-%d") if by == "day" else each.name)
            for each in report.lines
        ]
        return cls(by=by, data=lines, total=MarginLine.of(report.total, ""))

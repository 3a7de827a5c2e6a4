"""Tables of payments. `credits` and `fee` are nano-dollars; `amount` counts the smallest unit of a currency."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from modelport.db.base import metadata

__all__ = [
    "auto_topups",
    "billing_profiles",
    "customers",
    "events",
    "orders",
    "receipt_series",
    "receipts",
    "reconciliations",
    "refunds",
    "voucher_batches",
    "vouchers",
]

_ONE_AUTO = text("origin = 'auto' AND status IN ('created', 'pending')")
_OPEN = text("status IN ('created', 'pending') OR (status = 'paid' AND credited_at IS NULL)")

orders = Table(
    "payment_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("processor", Text, nullable=False),
    Column("method", Text),
    Column("origin", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("rate", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("external_id", Text),
    Column("payment_id", Text),
    Column("url", Text),
    Column("paid_amount", BigInteger),
    Column("tax", BigInteger),
    Column("failure", Text),
    Column("client_key", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("paid_at", BigInteger),
    Column("credited_at", BigInteger),
    Column("refunded", BigInteger, nullable=False, server_default="0"),
    Column("disputed", BigInteger, nullable=False, server_default="0"),
    Column("credits_days", Integer),
    UniqueConstraint("account_id", "client_key", name="uq_payment_orders_client_key"),
    CheckConstraint("credits > 0 AND fee >= 0 AND amount > 0", name="amounts"),
    CheckConstraint("status IN ('created', 'pending', 'paid', 'failed', 'expired', 'canceled')", name="status"),
    CheckConstraint("origin IN ('checkout', 'auto')", name="origin"),
    CheckConstraint("refunded >= 0 AND disputed >= 0", name="taken_back"),
    Index("ix_payment_orders_account_id_created_at", "account_id", "created_at"),
    Index("ix_payment_orders_open", "updated_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("uq_payment_orders_external_id", "processor", "external_id", unique=True),
    Index("uq_payment_orders_payment_id", "processor", "payment_id", unique=True),
    Index("uq_payment_orders_one_auto", "account_id", unique=True, sqlite_where=_ONE_AUTO, postgresql_where=_ONE_AUTO),
)
"""What somebody wants to buy. `credits` are what the account gets, `fee` what the house keeps beside them; `amount`
is both, in the smallest unit of `currency`, before taxes and promotion codes of the processor. `paid` without
`credited_at` is a crash between the two, which the poller mends. At most one automatic order of an account is open.
`credits_days` is after how many days what is left of the credits expires, as it was when they were ordered."""

events = Table(
    "payment_events",
    metadata,
    Column("processor", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("order_id", Text),
    Column("verdict", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("deliveries", Integer, nullable=False),
)
"""Every event a processor sent with a good signature, and what became of it: `applied`, `ignored`, `refused: why`."""

refunds = Table(
    "payment_refunds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("payment_orders.id"), nullable=False, index=True),
    Column("credits", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False, server_default="0"),
    Column("owed", BigInteger, nullable=False, server_default="0"),
    Column("if_spent", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("external_id", Text),
    Column("reason", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("failure", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("status IN ('requested', 'taken', 'done', 'failed')", name="status"),
    CheckConstraint("credits > 0 AND amount > 0", name="amounts"),
)
"""Money on its way back: `requested`, credits `taken`, paid out (`done`), or refused by the processor (`failed`,
with the credits given back)."""

customers = Table(
    "payment_customers",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("processor", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("payment_method", Text),
    Column("brand", Text),
    Column("last4", Text),
    Column("created_at", BigInteger, nullable=False),
)
"""Who an account is at a processor, and the payment method it saved there for automatic top-ups."""

auto_topups = Table(
    "auto_topups",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("threshold", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("monthly_cap", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused", Text),
    Column("retry_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("threshold >= 0 AND amount > 0 AND (monthly_cap IS NULL OR monthly_cap > 0)", name="amounts"),
)
"""Buy `amount` when less than `threshold` is left, at most `monthly_cap` in a UTC month; nano-dollars of credits.
`paused` says in a word why it no longer tries (`declined`, `authentication_required`, `no_payment_method`)."""

billing_profiles = Table(
    "billing_profiles",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("tax_id", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""What stands on an account's receipts as the buyer."""

receipt_series = Table(
    "receipt_series",
    metadata,
    Column("series", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)
"""The last number of each series (a year), raised in the transaction that makes a receipt, so that none is missing."""

receipts = Table(
    "receipts",
    metadata,
    Column("number", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("order_id", Text, nullable=False),
    Column("refund_id", Text, unique=True),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL) AND kind IN ('receipt', 'refund')", name="kind"),
    Index(
        "uq_receipts_order",
        "order_id",
        unique=True,
        sqlite_where=text("kind = 'receipt'"),
        postgresql_where=text("kind = 'receipt'"),
    ),
)
"""A numbered receipt with everything that stands on it, as JSON: it never changes when the buyer's details do."""

reconciliations = Table(
    "payment_reconciliations",
    metadata,
    Column("processor", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("green", Boolean, nullable=False),
    Column("report", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
"""Each UTC day's books of a processor against ours, as JSON; made once the day is over, and again when asked."""

voucher_batches = Table(
    "voucher_batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("expires_at", BigInteger),
    Column("per_user", Integer),
    Column("credits_days", Integer),
    Column("promotional", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    CheckConstraint("amount > 0 AND size > 0 AND (per_user IS NULL OR per_user > 0)", name="amounts"),
)
"""Vouchers made together. `per_user` is how many of them one person may redeem; `credits_days` after how many days
what is left of the credits expires."""

vouchers = Table(
    "vouchers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("voucher_batches.id"), nullable=False, index=True),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("revoked_at", BigInteger),
    Column("redeemed_at", BigInteger),
    Column("account_id", Text),
    Column("user_id", Text),
    Column("credited_at", BigInteger),
    CheckConstraint("(redeemed_at IS NULL) = (account_id IS NULL)", name="redeemed"),
    Index("ix_vouchers_batch_id_user_id", "batch_id", "user_id"),
    Index(
        "ix_vouchers_uncredited",
        "redeemed_at",
        sqlite_where=text("redeemed_at IS NOT NULL AND credited_at IS NULL"),
        postgresql_where=text("redeemed_at IS NOT NULL AND credited_at IS NULL"),
    ),
)
"""One code: only its keyed hash and its last letters are kept. Redeeming sets `redeemed_at` where it is null, in one
statement, so of any number of attempts at once one succeeds."""

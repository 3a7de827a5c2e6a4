"""Orders, events of payment processors, refunds, receipts, automatic top-up, vouchers.

Revision 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("paid_amount", sa.BigInteger(), nullable=True),
        sa.Column("tax", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("credited_at", sa.BigInteger(), nullable=True),
        sa.Column("refunded", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("disputed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint("credits > 0 AND fee >= 0 AND amount > 0", name=op.f("ck_payment_orders_amounts")),
        sa.CheckConstraint("origin IN ('checkout', 'auto')", name=op.f("ck_payment_orders_origin")),
        sa.CheckConstraint(
            "status IN ('created', 'pending', 'paid', 'failed', 'expired', 'canceled')",
            name=op.f("ck_payment_orders_status"),
        ),
        sa.CheckConstraint("refunded >= 0 AND disputed >= 0", name=op.f("ck_payment_orders_taken_back")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_orders")),
        sa.UniqueConstraint("account_id", "client_key", name=op.f("uq_payment_orders_client_key")),
    )
    op.create_index(
        "ix_payment_orders_account_id_created_at", "payment_orders", ["account_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_payment_orders_open",
        "payment_orders",
        ["updated_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('created', 'pending') OR (status = 'paid' AND credited_at IS NULL)"),
        postgresql_where=sa.text("status IN ('created', 'pending') OR (status = 'paid' AND credited_at IS NULL)"),
    )
    op.create_index("uq_payment_orders_external_id", "payment_orders", ["processor", "external_id"], unique=True)
    op.create_index(
        "uq_payment_orders_one_auto",
        "payment_orders",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("origin = 'auto' AND status IN ('created', 'pending')"),
        postgresql_where=sa.text("origin = 'auto' AND status IN ('created', 'pending')"),
    )
    op.create_index("uq_payment_orders_payment_id", "payment_orders", ["processor", "payment_id"], unique=True)
    op.create_table(
        "payment_events",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("processor", "event_id", name=op.f("pk_payment_events")),
    )
    op.create_table(
        "payment_refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("owed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("if_spent", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("credits > 0 AND amount > 0", name=op.f("ck_payment_refunds_amounts")),
        sa.CheckConstraint(
            "status IN ('requested', 'taken', 'done', 'failed')", name=op.f("ck_payment_refunds_status")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["payment_orders.id"], name=op.f("fk_payment_refunds_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_refunds")),
    )
    op.create_index("ix_payment_refunds_order_id", "payment_refunds", ["order_id"], unique=False)
    op.create_table(
        "payment_customers",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "processor", name=op.f("pk_payment_customers")),
    )
    op.create_table(
        "auto_topups",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("monthly_cap", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("paused", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "threshold >= 0 AND amount > 0 AND (monthly_cap IS NULL OR monthly_cap > 0)",
            name=op.f("ck_auto_topups_amounts"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_auto_topups")),
    )
    op.create_table(
        "billing_profiles",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_billing_profiles")),
    )
    op.create_table(
        "receipt_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_receipt_series")),
    )
    op.create_table(
        "receipts",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'refund') = (refund_id IS NOT NULL) AND kind IN ('receipt', 'refund')",
            name=op.f("ck_receipts_kind"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipts")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_receipts_refund_id")),
    )
    op.create_index("ix_receipts_account_id", "receipts", ["account_id"], unique=False)
    op.create_index(
        "uq_receipts_order",
        "receipts",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'receipt'"),
        postgresql_where=sa.text("kind = 'receipt'"),
    )
    op.create_table(
        "voucher_batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("per_user", sa.Integer(), nullable=True),
        sa.Column("credits_days", sa.Integer(), nullable=True),
        sa.Column("promotional", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "amount > 0 AND size > 0 AND (per_user IS NULL OR per_user > 0)", name=op.f("ck_voucher_batches_amounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_batches")),
    )
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("credited_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(redeemed_at IS NULL) = (account_id IS NULL)", name=op.f("ck_vouchers_redeemed")),
        sa.ForeignKeyConstraint(["batch_id"], ["voucher_batches.id"], name=op.f("fk_vouchers_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_vouchers_code_hash")),
    )
    op.create_index("ix_vouchers_batch_id", "vouchers", ["batch_id"], unique=False)
    op.create_index("ix_vouchers_batch_id_user_id", "vouchers", ["batch_id", "user_id"], unique=False)
    op.create_index(
        "ix_vouchers_uncredited",
        "vouchers",
        ["redeemed_at"],
        unique=False,
        sqlite_where=sa.text("redeemed_at IS NOT NULL AND credited_at IS NULL"),
        postgresql_where=sa.text("redeemed_at IS NOT NULL AND credited_at IS NULL"),
    )

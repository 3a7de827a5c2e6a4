"""Bought credits that expire, and the daily books of payment processors.

Revision 0025.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("promotions", sa.Column("bought", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("payment_orders", sa.Column("credits_days", sa.Integer(), nullable=True))
    op.create_table(
        "payment_reconciliations",
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("green", sa.Boolean(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("processor", "day", name=op.f("pk_payment_reconciliations")),
    )

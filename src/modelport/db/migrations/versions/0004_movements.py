"""Promotional credits with expiry; what a generation needs to be explained line by line.

Revision 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LEFT = sa.text("remaining > 0")
_NO_CHARGE = sa.text("code <> 'generation' AND code <> 'hold'")


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("remaining >= 0 AND remaining <= amount", name=op.f("ck_promotions_remaining")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sqlite_autoincrement=True,
    )
    for name, column in (("ix_promotions_open", "account_id"), ("ix_promotions_expiring", "expires_at")):
        op.create_index(name, "promotions", [column], sqlite_where=_LEFT, postgresql_where=_LEFT)
    op.create_table(
        "promotion_marks",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("debits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_promotion_marks")),
    )
    # Charges are no longer in it: one page less in every commit.
    op.drop_index("ix_transfers_debit_account_seq", "transfers")
    op.create_index(
        "ix_transfers_debit_account_seq",
        "transfers",
        ["debit_account", "seq"],
        sqlite_where=_NO_CHARGE,
        postgresql_where=_NO_CHARGE,
    )
    for name in (
        "cache_write_1h_tokens",
        "prompt_audio_tokens",
        "prompt_image_tokens",
        "completion_audio_tokens",
        "search_units",
    ):
        op.add_column("generations", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("generations", sa.Column("wasted_cost", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("generations", sa.Column("price_version", sa.BigInteger(), nullable=True))
    op.add_column("generations", sa.Column("price_factor", sa.Text(), nullable=True))
    op.add_column("generations", sa.Column("price_rules", sa.Text(), nullable=True))

"""Stored prompts and answers, and feedback on them.

Revision 0034.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content_switches",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key_id", name=op.f("pk_content_switches")),
    )
    op.create_table(
        "generation_contents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation_contents")),
    )
    op.create_index(op.f("ix_generation_contents_account_id"), "generation_contents", ["account_id"], unique=False)
    op.create_index(op.f("ix_generation_contents_expires_at"), "generation_contents", ["expires_at"], unique=False)
    op.create_table(
        "generation_feedback",
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("generation_id", "user_id", name=op.f("pk_generation_feedback")),
    )
    op.create_index(
        op.f("ix_generation_feedback_account_id_created_at"),
        "generation_feedback",
        ["account_id", "created_at"],
        unique=False,
    )

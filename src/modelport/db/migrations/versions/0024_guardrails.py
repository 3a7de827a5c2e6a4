"""Guardrails and whom they apply to.

Revision 0024.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guardrails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("rules", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("limit_nanos", sa.BigInteger(), nullable=True),
        sa.Column("reset_interval", sa.Text(), nullable=True),
        sa.Column("include_byok_in_budgets", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_guardrails_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardrails")),
    )
    op.create_index(
        op.f("ix_guardrails_account_id_workspace_id"), "guardrails", ["account_id", "workspace_id"], unique=False
    )
    op.create_table(
        "guardrail_assignments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("guardrail_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_guardrail_assignments_account_id")),
        sa.ForeignKeyConstraint(
            ["guardrail_id"], ["guardrails.id"], name=op.f("fk_guardrail_assignments_guardrail_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardrail_assignments")),
        sa.UniqueConstraint(
            "account_id", "kind", "subject", name=op.f("uq_guardrail_assignments_account_id_kind_subject")
        ),
    )
    op.create_index(
        op.f("ix_guardrail_assignments_guardrail_id_kind"),
        "guardrail_assignments",
        ["guardrail_id", "kind"],
        unique=False,
    )

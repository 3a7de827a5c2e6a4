"""Own provider keys, and what came by them.

Revision 0028.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_ROLL_UPS = ("usage_hours", "usage_days", "account_hours", "model_days", "model_totals", "app_days", "app_totals")


def upgrade() -> None:
    op.create_table(
        "own_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("is_fallback", sa.Boolean(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_byok_only", sa.Boolean(), nullable=False),
        sa.Column("allowed_models", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("allowed_api_key_hashes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("allowed_user_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("declared_region", sa.Text(), nullable=True),
        sa.Column("declared_zdr", sa.Boolean(), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_own_keys_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_keys")),
    )
    op.create_index(op.f("ix_own_keys_account_id_workspace_id"), "own_keys", ["account_id", "workspace_id"])
    op.add_column("generations", sa.Column("byok_cost", sa.BigInteger(), nullable=True))
    op.add_column("key_days", sa.Column("own", sa.BigInteger(), nullable=False, server_default="0"))
    for table in _ROLL_UPS:
        for name in ("byok_requests", "byok_cost"):
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))

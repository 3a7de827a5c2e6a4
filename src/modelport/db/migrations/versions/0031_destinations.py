"""Observability destinations, and traces on their way to them.

Revision 0031.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("privacy_mode", sa.Boolean(), nullable=False),
        sa.Column("sampling", sa.Integer(), nullable=False),
        sa.Column("tells_cost", sa.Boolean(), nullable=False),
        sa.Column("tells_allocation", sa.Boolean(), nullable=False),
        sa.Column("tells_identity", sa.Boolean(), nullable=False),
        sa.Column("tells_context", sa.Boolean(), nullable=False),
        sa.Column("api_key_hashes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("filter_rules", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("regions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_at", sa.BigInteger(), nullable=True),
        sa.Column("dropped", sa.BigInteger(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_destinations_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
    )
    op.create_index(op.f("ix_destinations_account_id_workspace_id"), "destinations", ["account_id", "workspace_id"])
    op.create_table(
        "broadcast_outbox",
        sa.Column("seq", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("destination_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_broadcast_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_broadcast_outbox_due_at"), "broadcast_outbox", ["due_at"])
    op.create_index(
        op.f("ix_broadcast_outbox_destination_id_created_at"), "broadcast_outbox", ["destination_id", "created_at"]
    )

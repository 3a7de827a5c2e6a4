"""Keys in workspaces; texts they had before; when and where they are used.

Revision 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("workspace_id", sa.Text(), nullable=True),
        sa.Column("external_user", sa.Text(), nullable=True),
        sa.Column("include_byok_in_limit", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("api_keys", column)
    op.create_table(
        "key_former_hashes",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_key_former_hashes_key_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_key_former_hashes")),
    )
    op.create_index(op.f("ix_key_former_hashes_key_id"), "key_former_hashes", ["key_id"], unique=False)
    op.create_table(
        "key_networks",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_key_networks_key_id")),
        sa.PrimaryKeyConstraint("key_id", "network", name=op.f("pk_key_networks")),
    )

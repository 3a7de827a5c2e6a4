"""Below which balance an account wants to be told.

Revision 0040.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_levels",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("low_balance", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notice_levels_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notice_levels")),
    )

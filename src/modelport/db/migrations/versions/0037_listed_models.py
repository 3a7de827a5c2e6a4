"""Whether the catalogue shows an account only what it may use.

Revision 0037.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("lists_allowed_models", sa.Boolean(), nullable=False, server_default=sa.false())
    )

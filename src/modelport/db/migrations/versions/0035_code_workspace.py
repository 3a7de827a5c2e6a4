"""The workspace that an authorization code makes a key in.

Revision 0035.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("auth_codes", sa.Column("workspace_id", sa.Text(), nullable=True))

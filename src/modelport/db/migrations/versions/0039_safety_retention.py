"""Whether an account lets providers keep prompts to watch for abuse where nothing may be kept.

Revision 0039.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for group in ("google", "other"):
        op.add_column("routing_defaults", sa.Column(f"allow_safety_retention_{group}", sa.Boolean(), nullable=True))

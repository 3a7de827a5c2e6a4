"""Workspaces that have observability destinations broadcast, now that they are asked.

Revision 0036.
"""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE workspaces SET is_observability_broadcast_enabled = true"
        " WHERE id IN (SELECT workspace_id FROM destinations WHERE deleted_at IS NULL)"
    )

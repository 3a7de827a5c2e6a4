"""Audio read from a provider's cache has a price of its own, so a generation notes how much there was.

Revision 0033.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generations", sa.Column("cached_audio_tokens", sa.Integer(), nullable=False, server_default="0"))

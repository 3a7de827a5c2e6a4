"""How providers handle data, several keys of one provider, prompt caches' lifetimes, service tiers.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.add_column("providers", sa.Column("api_keys", _JSON, nullable=False, server_default="[]"))
    op.add_column("providers", sa.Column("data_policy", _JSON, nullable=False, server_default="{}"))
    op.add_column("providers", sa.Column("cache_seconds", sa.Integer(), nullable=False, server_default="300"))
    op.add_column("models", sa.Column("is_distillable", sa.Boolean(), nullable=True))
    op.add_column("endpoints", sa.Column("service_tier", sa.Text(), nullable=True))
    op.add_column("endpoints", sa.Column("data_policy", _JSON, nullable=True))

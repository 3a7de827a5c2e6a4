"""Authors, who keeps an endpoint, families and further facts of models and endpoints.

Revision 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_authors")),
    )
    op.create_table(
        "catalog_states",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_catalog_states")),
    )
    op.add_column("models", sa.Column("family", sa.Text(), nullable=True))
    op.add_column("models", sa.Column("alias_target", sa.Text(), nullable=True))
    op.add_column("models", sa.Column("categories", _JSON, nullable=False, server_default="[]"))
    op.add_column("models", sa.Column("supported_voices", _JSON, nullable=True))
    op.add_column("models", sa.Column("benchmarks", _JSON, nullable=True))
    op.add_column("endpoints", sa.Column("tool_choice", _JSON, nullable=True))
    op.add_column("endpoints", sa.Column("native_tools", _JSON, nullable=False, server_default="{}"))
    op.add_column("endpoints", sa.Column("features", _JSON, nullable=False, server_default="[]"))
    op.add_column("endpoints", sa.Column("source", sa.Text(), nullable=False, server_default="operator"))

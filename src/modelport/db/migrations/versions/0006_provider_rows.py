"""Providers by their kind, with ways to show a key; endpoints in another dialect than their provider's.

Revision 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Adds the columns; providers that are there stay as they were."""
    op.add_column("providers", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("auth", sa.Text(), nullable=False, server_default="dialect"))
    for name, empty in (("options", "{}"), ("query", "{}"), ("keeps", "[]"), ("quirks", "[]"), ("adds", "{}")):
        op.add_column("providers", sa.Column(name, _JSON, nullable=False, server_default=empty))
    op.add_column("endpoints", sa.Column("dialect", sa.Text(), nullable=True))

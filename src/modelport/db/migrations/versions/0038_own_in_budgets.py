"""Budgets that count the price of what came by own provider keys.

Revision 0038.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("budget_days", sa.Column("own", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("budgets", sa.Column("counts_own", sa.Boolean(), server_default=sa.false(), nullable=False))
    # It was asked for before it was counted.
    for scope, table in (("guardrail", "guardrails"), ("workspace", "workspaces")):
        owners = sa.table(table, sa.column("id", sa.Text()), sa.column("include_byok_in_budgets", sa.Boolean()))
        words = (sa.column("scope", sa.Text()), sa.column("subject", sa.Text()), sa.column("counts_own", sa.Boolean()))
        budgets = sa.table("budgets", *words)
        asked = sa.select(owners.c.id).where(owners.c.include_byok_in_budgets.is_(True))
        op.execute(
            sa.update(budgets)
            .where(budgets.c.scope == scope, budgets.c.subject.in_(asked))
            .values(counts_own=sa.true())
        )

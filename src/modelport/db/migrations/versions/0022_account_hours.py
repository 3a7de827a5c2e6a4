"""Use: an account's hours in one row each, for charts of its whole use.

Revision 0022.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_COUNTERS = (
    "requests",
    "failed",
    "cancelled",
    "free",
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "cost",
    "upstream_cost",
    "timed",
    "latency_ms",
    "generation_ms",
)


def upgrade() -> None:
    op.create_table(
        "account_hours",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(each, sa.BigInteger(), nullable=False) for each in _COUNTERS),
        sa.PrimaryKeyConstraint("account_id", "hour", name=op.f("pk_account_hours")),
    )
    op.create_index(op.f("ix_account_hours_hour"), "account_hours", ["hour"])
    sums = ", ".join(f"sum({each})" for each in _COUNTERS)
    op.execute(
        f"INSERT INTO account_hours (account_id, hour, {', '.join(_COUNTERS)}) "  # noqa: S608 (our own names)
        f"SELECT account_id, hour, {sums} FROM usage_hours GROUP BY account_id, hour"
    )

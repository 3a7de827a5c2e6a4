"""Use: everybody's days by model and by app in one row each, for rankings.

Revision 0026.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
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
    sums = ", ".join(f"sum({each})" for each in _COUNTERS)
    for name, key, origin in (("model_totals", "model", "model_days"), ("app_totals", "app", "app_days")):
        op.create_table(
            name,
            sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column(key, sa.Text(), nullable=False),
            *(sa.Column(each, sa.BigInteger(), nullable=False) for each in _COUNTERS),
            sa.PrimaryKeyConstraint("day", key, name=op.f(f"pk_{name}")),
        )
        op.execute(
            f"INSERT INTO {name} (day, {key}, {', '.join(_COUNTERS)}) "  # noqa: S608 (our own names)
            f"SELECT day, {key}, {sums} FROM {origin} GROUP BY day, {key}"
        )

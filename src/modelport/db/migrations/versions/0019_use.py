"""Use: generations by week on PostgreSQL, apps, and sums by hour and day.

Revision 0019.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
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
_GENERATIONS: list[tuple[str, sa.types.TypeEngine[Any], bool, str | None]] = [
    ("id", sa.Text(), False, None),
    ("created_at", sa.BigInteger(), False, None),
    ("account_id", sa.Text(), False, None),
    ("key_id", sa.Text(), False, None),
    ("model", sa.Text(), False, None),
    ("provider", sa.Text(), True, None),
    ("provider_name", sa.Text(), True, None),
    ("endpoint_id", sa.Text(), True, None),
    ("upstream_id", sa.Text(), True, None),
    ("status", sa.Text(), False, None),
    ("error_type", sa.Text(), True, None),
    ("streamed", sa.Boolean(), False, None),
    ("cancelled", sa.Boolean(), False, None),
    ("finish_reason", sa.Text(), True, None),
    ("native_finish_reason", sa.Text(), True, None),
    ("prompt_tokens", sa.Integer(), False, None),
    ("completion_tokens", sa.Integer(), False, None),
    ("cached_tokens", sa.Integer(), False, None),
    ("cache_write_tokens", sa.Integer(), False, None),
    ("cache_write_1h_tokens", sa.Integer(), False, "0"),
    ("reasoning_tokens", sa.Integer(), False, None),
    ("prompt_audio_tokens", sa.Integer(), False, "0"),
    ("prompt_image_tokens", sa.Integer(), False, "0"),
    ("completion_audio_tokens", sa.Integer(), False, "0"),
    ("completion_image_tokens", sa.Integer(), False, None),
    ("prompt_images", sa.Integer(), False, None),
    ("web_searches", sa.Integer(), False, None),
    ("search_units", sa.Integer(), False, "0"),
    ("estimated", sa.Boolean(), False, None),
    ("cost", sa.BigInteger(), False, None),
    ("upstream_cost", sa.BigInteger(), True, None),
    ("wasted_cost", sa.BigInteger(), False, "0"),
    ("shortfall", sa.BigInteger(), False, None),
    ("price_version", sa.BigInteger(), True, None),
    ("price_factor", sa.Text(), True, None),
    ("price_rules", sa.Text(), True, None),
    ("is_free", sa.Boolean(), False, None),
    ("latency_ms", sa.Integer(), True, None),
    ("generation_ms", sa.Integer(), True, None),
    ("http_referer", sa.Text(), True, None),
    ("app_title", sa.Text(), True, None),
    ("app", sa.Text(), True, None),
    ("app_categories", sa.Text(), True, None),
    ("user_agent", sa.Text(), True, None),
    ("session_id", sa.Text(), True, None),
    ("external_user", sa.Text(), True, None),
    ("trace", sa.Text(), False, None),
]


def upgrade() -> None:
    _partition_generations()
    op.create_table(
        "usage_pending",
        sa.Column("seq", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("deltas", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_usage_pending")),
        sqlite_autoincrement=True,
    )
    dimensions = ("model", "provider", "endpoint_id", "key_id", "app")
    for name, unit in (("usage_hours", "hour"), ("usage_days", "day")):
        _sums(name, (("account_id", sa.Text()), (unit, sa.Integer()), *((each, sa.Text()) for each in dimensions)))
        op.create_index(op.f(f"ix_{name}_{unit}"), name, [unit])
    _sums("model_days", (("day", sa.Integer()), ("model", sa.Text()), ("bucket", sa.Integer())))
    _sums("app_days", (("day", sa.Integer()), ("app", sa.Text()), ("model", sa.Text())))
    op.create_table(
        "apps",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
        sa.UniqueConstraint("origin", name=op.f("uq_apps_origin")),
        sqlite_autoincrement=True,
    )


def _sums(name: str, keys: tuple[tuple[str, sa.types.TypeEngine[Any]], ...]) -> None:
    op.create_table(
        name,
        *(sa.Column(each, kind, autoincrement=False, nullable=False) for each, kind in keys),
        *(sa.Column(each, sa.BigInteger(), nullable=False) for each in _COUNTERS),
        sa.PrimaryKeyConstraint(*(each for each, _ in keys), name=op.f(f"pk_{name}")),
    )


def _partition_generations() -> None:
    """The time becomes part of the key, for a partitioned table's key must have it; the rows are taken over."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_generations_account_id_created_at", "generations")
    op.drop_index("ix_generations_created_at", "generations")
    op.rename_table("generations", "generations_old")
    if postgresql:
        op.execute("ALTER TABLE generations_old RENAME CONSTRAINT pk_generations TO pk_generations_old")
    op.create_table(
        "generations",
        *(
            sa.Column(name, kind, nullable=nullable, server_default=default, autoincrement=False)
            for name, kind, nullable, default in _GENERATIONS
        ),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_generations")),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index(op.f("ix_generations_account_id_created_at"), "generations", ["account_id", "created_at"])
    op.create_index(op.f("ix_generations_created_at"), "generations", ["created_at"])
    op.create_index(op.f("ix_generations_key_id_created_at"), "generations", ["key_id", "created_at"])
    op.create_index(
        op.f("ix_generations_account_id_model_created_at"), "generations", ["account_id", "model", "created_at"]
    )
    op.create_index(
        "ix_generations_session_id_created_at",
        "generations",
        ["session_id", "created_at"],
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    if postgresql:
        # Weeks are made when the server starts, and what lies here moves into them.
        op.execute("CREATE TABLE generations_default PARTITION OF generations DEFAULT")
    kept = ", ".join(name for name, *_ in _GENERATIONS if name not in {"app", "app_categories"})
    op.execute(f"INSERT INTO generations ({kept}) SELECT {kept} FROM generations_old")  # noqa: S608 (our own names)
    op.drop_table("generations_old")

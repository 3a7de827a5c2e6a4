"""The table of generations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from modelport.db.base import BigId, metadata

__all__ = [
    "COUNTERS",
    "account_hours",
    "app_days",
    "app_totals",
    "apps",
    "attempts",
    "content_switches",
    "generation_contents",
    "generation_feedback",
    "generations",
    "model_days",
    "model_totals",
    "pending",
    "usage_days",
    "usage_hours",
]


def _some(name: str, *columns: str, where: str) -> Index:
    """An index of some of the rows only: the others pay nothing for it."""
    only = text(where)
    return Index(f"ix_generations_{name}", *columns, sqlite_where=only, postgresql_where=only)


generations = Table(
    "generations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_at", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("provider", Text),
    Column("provider_name", Text),
    Column("endpoint_id", Text),
    Column("upstream_id", Text),
    Column("status", Text, nullable=False),
    Column("error_type", Text),
    Column("streamed", Boolean, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("finish_reason", Text),
    Column("native_finish_reason", Text),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("cache_write_tokens", Integer, nullable=False),
    Column("cache_write_1h_tokens", Integer, nullable=False, server_default="0"),
    Column("reasoning_tokens", Integer, nullable=False),
    Column("prompt_audio_tokens", Integer, nullable=False, server_default="0"),
    Column("prompt_image_tokens", Integer, nullable=False, server_default="0"),
    Column("completion_audio_tokens", Integer, nullable=False, server_default="0"),
    Column("cached_audio_tokens", Integer, nullable=False, server_default="0"),
    Column("completion_image_tokens", Integer, nullable=False),
    Column("prompt_images", Integer, nullable=False),
    Column("web_searches", Integer, nullable=False),
    Column("search_units", Integer, nullable=False, server_default="0"),
    Column("estimated", Boolean, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("upstream_cost", BigInteger),
    Column("byok_cost", BigInteger),
    Column("wasted_cost", BigInteger, nullable=False, server_default="0"),
    Column("shortfall", BigInteger, nullable=False),
    Column("price_version", BigInteger),
    Column("price_factor", Text),
    Column("price_rules", Text),
    Column("is_free", Boolean, nullable=False),
    Column("latency_ms", Integer),
    Column("generation_ms", Integer),
    Column("http_referer", Text),
    Column("app_title", Text),
    Column("app", Text),
    Column("app_categories", Text),
    Column("user_agent", Text),
    Column("session_id", Text),
    Column("external_user", Text),
    Column("trace", Text, nullable=False),
    # Each ends with the order of the log's pages; the few of one millisecond are sorted by their ids on the way.
    Index(None, "account_id", "created_at"),
    Index(None, "created_at"),
    Index(None, "key_id", "created_at"),
    Index(None, "account_id", "model", "created_at"),
    _some("app", "account_id", "app", "created_at", where="app IS NOT NULL"),
    _some("session_id_created_at", "session_id", "created_at", where="session_id IS NOT NULL"),
    _some("not_ok", "account_id", "created_at", where="status <> 'ok'"),
    postgresql_partition_by="RANGE (created_at)",
)

attempts = Table(
    "generation_attempts",
    metadata,
    Column("generation_id", Text, primary_key=True),
    # From 0, in the order in which they were begun.
    Column("number", Integer, primary_key=True, autoincrement=False),
    # The generation's, so that both are forgotten together.
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("endpoint", Text, nullable=False),
    Column("endpoint_id", Text),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("fault", Text),
    Column("milliseconds", Integer, nullable=False),
    # The name of the upstream key, where a provider has several.
    Column("key", Text),
    Column("started_ms", Integer, nullable=False),
    Column("upstream_cost", BigInteger),
)
"""Every call of an endpoint that was made for a generation."""
"""One row a request that reached the plan. `cost` is what the account was charged, `upstream_cost` what the provider
charges the operator where that is known, `shortfall` what the answer cost above what the account could pay.

On PostgreSQL it is partitioned by week (`partitions.py`), so the time is part of the key."""

pending = Table(
    "usage_pending",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("deltas", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What each batch of the journal adds to the roll-ups, written in its transaction and taken out when it is added."""

COUNTERS = (
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
    "byok_requests",
    "byok_cost",
)
"""Sums that roll-ups keep. `requests` are those answered, at least in part; `timed` are those with times. New
ones go to the end: what was noted before an upgrade lacks them."""


_ADDED = {"byok_requests": "0", "byok_cost": "0"}
"""Counters that came later: rows of before have none."""


def _counters() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default=_ADDED.get(name)) for name in COUNTERS]


def _dimensions() -> list[Column[str]]:
    names = ("model", "provider", "endpoint_id", "key_id", "app")
    return [Column(name, Text, primary_key=True) for name in names]


usage_hours = Table(
    "usage_hours",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    *_dimensions(),
    *_counters(),
    Index(None, "hour"),
)
"""An account's use by hour since 1970; what is not known of a generation is an empty text."""

usage_days = Table(
    "usage_days",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    *_dimensions(),
    *_counters(),
    Index(None, "day"),
)
"""The same by UTC day."""

account_hours = Table(
    "account_hours",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    *_counters(),
    Index(None, "hour"),
)
"""An account's whole use by hour: one row where `usage_hours` may have hundreds."""

model_days = Table(
    "model_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    *_counters(),
)
"""Everybody's use by UTC day, for rankings; `bucket` tells how long prompts were (`rollup.bucket_of`)."""

app_days = Table(
    "app_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("app", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    *_counters(),
)
"""The same by app."""

model_totals = Table(
    "model_totals",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    *_counters(),
)
"""`model_days` with prompts of all lengths together."""

app_totals = Table(
    "app_totals",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("app", Text, primary_key=True),
    *_counters(),
)
"""`app_days` with all models together."""

apps = Table(
    "apps",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("origin", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("categories", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Apps that named themselves (`HTTP-Referer`); `categories` with commas between."""

content_switches = Table(
    "content_switches",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""Which accounts have prompts and answers stored; an empty `key_id` is for all their keys."""

generation_contents = Table(
    "generation_contents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)
"""Prompts and answers, sealed, of accounts that switched this on."""

external_users = Table(
    "external_users",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""Ids of accounts' own customers, as they registered them."""

generation_feedback = Table(
    "generation_feedback",
    metadata,
    Column("generation_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("comment", Text),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id", "created_at"),
)
"""What people said of answers."""

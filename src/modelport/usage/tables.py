"""The table of generations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from modelport.db.base import metadata

__all__ = ["generations"]

generations = Table(
    "generations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
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
    Column("completion_image_tokens", Integer, nullable=False),
    Column("prompt_images", Integer, nullable=False),
    Column("web_searches", Integer, nullable=False),
    Column("search_units", Integer, nullable=False, server_default="0"),
    Column("estimated", Boolean, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("upstream_cost", BigInteger),
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
    Column("user_agent", Text),
    Column("session_id", Text),
    Column("external_user", Text),
    Column("trace", Text, nullable=False),
    Index(None, "account_id", "created_at"),
    Index(None, "created_at"),
)
"""One row a request that reached the plan. `cost` is what the account was charged, `upstream_cost` what the provider
charges the operator where that is known, `shortfall` what the answer cost above what the account could pay."""

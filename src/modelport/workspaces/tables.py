"""Tables of workspaces and their members."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from modelport.db.base import metadata

__all__ = ["workspace_members", "workspaces"]

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("description", Text),
    Column("default_guardrail_id", Text, nullable=False),
    Column("default_text_model", Text),
    Column("default_image_model", Text),
    Column("default_provider_sort", Text),
    Column("disabled_server_tools", JSON(none_as_null=True)),
    Column("io_logging_api_key_ids", JSON(none_as_null=True)),
    Column("io_logging_sampling_rate", Float, nullable=False),
    Column("is_data_discount_logging_enabled", Boolean, nullable=False),
    Column("is_observability_broadcast_enabled", Boolean, nullable=False),
    Column("is_observability_io_logging_enabled", Boolean, nullable=False),
    Column("include_byok_in_budgets", Boolean, nullable=False),
    Column("created_by", Text, ForeignKey("users.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    UniqueConstraint("account_id", "slug"),
    Index("ix_workspaces_one_default", "account_id", unique=True, sqlite_where=text("is_default"),
          postgresql_where=text("is_default")),
)  # fmt: skip
"""An account's parts; one of them is where everything is that names none."""

workspace_members = Table(
    "workspace_members",
    metadata,
    Column("id", Text, nullable=False, unique=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True, index=True),
    Column("created_at", BigInteger, nullable=False),
)
"""Who is in a workspace that is not the default one; in that all members of the account are."""

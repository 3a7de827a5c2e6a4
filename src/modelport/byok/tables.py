"""The table of own keys. A deleted one keeps its row, without the key, so that old generations can name it."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from modelport.db.base import metadata

__all__ = ["own_keys"]

own_keys = Table(
    "own_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("workspace_id", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("name", Text),
    Column("label", Text, nullable=False),
    # Null once it is deleted.
    Column("sealed", Text),
    Column("base_url", Text),
    Column("disabled", Boolean, nullable=False),
    Column("is_fallback", Boolean, nullable=False),
    Column("is_required", Boolean, nullable=False),
    Column("is_byok_only", Boolean, nullable=False),
    Column("allowed_models", JSON(none_as_null=True)),
    Column("allowed_api_key_hashes", JSON(none_as_null=True)),
    Column("allowed_user_ids", JSON(none_as_null=True)),
    Column("declared_region", Text),
    Column("declared_zdr", Boolean),
    Column("sort_order", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Index(None, "account_id", "workspace_id"),
)

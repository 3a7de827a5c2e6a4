"""Tables of presets. A version never changes; a preset points to the one in use."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from modelport.db.base import metadata

__all__ = ["preset_versions", "presets"]

presets = Table(
    "presets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    # active | disabled | archived
    Column("status", Text, nullable=False),
    Column("designated_version_id", Text),
    Column("creator_user_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("status_updated_at", BigInteger),
    UniqueConstraint("account_id", "slug"),
)

preset_versions = Table(
    "preset_versions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("preset_id", Text, ForeignKey("presets.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("config", JSON(none_as_null=True), nullable=False),
    Column("system_prompt", Text),
    Column("creator_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("preset_id", "version"),
)

"""The table of settings that were changed while servers ran."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Table, Text

from modelport.db.base import metadata

__all__ = ["system_settings"]

system_settings = Table(
    "system_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSON(none_as_null=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
"""One row a setting that is other than at start."""

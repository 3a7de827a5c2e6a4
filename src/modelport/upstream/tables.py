"""The table that health outlives a restart in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from modelport.db.base import metadata

__all__ = ["health_copies"]

health_copies = Table(
    "health_copies",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    # JSON: the counters of the last day, the newest span first, and how long the endpoint still rests.
    Column("data", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

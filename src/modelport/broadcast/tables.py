"""Tables of observability destinations, and of traces on their way to them."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from modelport.db.base import BigId, metadata

__all__ = ["broadcast_outbox", "destinations"]

destinations = Table(
    "destinations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("workspace_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("name", Text, nullable=False),
    # The whole configuration: nearly all of it is secret. Null once the destination is deleted.
    Column("sealed", Text),
    Column("enabled", Boolean, nullable=False),
    Column("privacy_mode", Boolean, nullable=False),
    # Of ten thousand, so that no float stands in the database.
    Column("sampling", Integer, nullable=False),
    Column("tells_cost", Boolean, nullable=False),
    Column("tells_allocation", Boolean, nullable=False),
    Column("tells_identity", Boolean, nullable=False),
    Column("tells_context", Boolean, nullable=False),
    Column("api_key_hashes", JSON(none_as_null=True)),
    Column("filter_rules", JSON(none_as_null=True)),
    Column("regions", JSON(none_as_null=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("delivered_at", BigInteger),
    Column("fault", Text),
    Column("fault_at", BigInteger),
    Column("dropped", BigInteger, nullable=False, server_default="0"),
    Index(None, "account_id", "workspace_id"),
)
"""`fault` is why the last delivery failed, null when it did not; `dropped` counts traces that were given up."""

broadcast_outbox = Table(
    "broadcast_outbox",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    # No foreign key: a charge must not fail because a destination went meanwhile.
    Column("destination_id", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Index(None, "due_at"),
    Index(None, "destination_id", "created_at"),
    sqlite_autoincrement=True,
)
"""Traces to be delivered, sealed: they may hold prompts. Written in the transaction that settles the generation."""

"""Tables of routing: the operator's rules, and what accounts want wherever a request says nothing."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text

from modelport.db.base import metadata

__all__ = ["routing_defaults", "routing_rules"]

_JSON = JSON(none_as_null=True)

routing_rules = Table(
    "routing_rules",
    metadata,
    Column("id", Text, primary_key=True),
    # Pins are tried in this order.
    Column("position", Integer, nullable=False),
    Column("rule", _JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

routing_defaults = Table(
    "routing_defaults",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("default_model", Text),
    # The reference's `provider` object.
    Column("provider", _JSON),
    Column("allow_safety_retention_google", Boolean),
    Column("allow_safety_retention_other", Boolean),
    Column("updated_at", BigInteger, nullable=False),
)

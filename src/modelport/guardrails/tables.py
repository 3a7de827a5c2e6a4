"""Tables of guardrails and of whom they apply to."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from modelport.db.base import metadata

__all__ = ["guardrail_assignments", "guardrails"]

guardrails = Table(
    "guardrails",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("workspace_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    # What `rules.Rules` says.
    Column("rules", JSON(none_as_null=True), nullable=False),
    Column("limit_nanos", BigInteger),
    # daily | weekly | monthly
    Column("reset_interval", Text),
    Column("include_byok_in_budgets", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    Index(None, "account_id", "workspace_id"),
)
"""A workspace's default guardrail has the id that the workspace keeps for it, and no row while it says nothing."""

guardrail_assignments = Table(
    "guardrail_assignments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("guardrail_id", Text, ForeignKey("guardrails.id"), nullable=False),
    # key | member
    Column("kind", Text, nullable=False),
    # The key's id, or the member's.
    Column("subject", Text, nullable=False),
    Column("assigned_by", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "kind", "subject"),
    Index(None, "guardrail_id", "kind"),
)
"""A key and a member have at most one each; assigning another replaces it."""

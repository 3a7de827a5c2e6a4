"""Tables of accounts, the people in them, and their sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Table, Text

from modelport.db.base import metadata

__all__ = ["accounts", "memberships", "sessions", "setup_tokens", "users"]

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="personal"),
    Column("created_at", BigInteger, nullable=False),
    Column("suspended_at", BigInteger),
    CheckConstraint("kind IN ('personal', 'organization')", name="kind"),
)
"""Who owns credits and keys: a person's own account, or an organisation's."""

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("email", Text, nullable=False, unique=True),
    Column("is_admin", Boolean, nullable=False),
    Column("password_hash", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("name", Text),
    Column("language", Text, nullable=False, server_default="en"),
    Column("verified_at", BigInteger),
    CheckConstraint("language IN ('zh', 'en')", name="language"),
)
"""`account_id` is the person's own account; `verified_at` is when the address was shown to be theirs."""

memberships = Table(
    "memberships",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("role IN ('owner', 'admin', 'member', 'billing', 'read-only')", name="role"),
)
"""Who is what in which account; everybody is the owner of their own."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("method", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("proved_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("address", Text),
    Column("user_agent", Text),
)
"""Browsers that are signed in. `account_id` is the account looked at; `proved_at` when the person last gave a proof."""

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""The link for the first administrator: one row, used once."""

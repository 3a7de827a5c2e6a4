"""Tables of what was told, of webhooks, and of what people do not want to be told."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from modelport.db.base import metadata

__all__ = ["notice_deliveries", "notice_hooks", "notice_levels", "notice_mutes", "notices"]

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text),
    Column("facts", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "kind", "subject"),
    Index(None, "account_id", "created_at"),
)
"""`subject` is what must not be told twice; null when the matter is over and may be told anew."""

notice_hooks = Table(
    "notice_hooks",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

notice_deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, index=True),
    Column("tries", Integer, nullable=False),
    Column("done_at", BigInteger),
    Column("fault", Text),
)
"""What is to be posted to an account's webhook; `due_at` is null when nothing is left to do."""

notice_levels = Table(
    "notice_levels",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("low_balance", BigInteger, nullable=False),
)
"""Below which balance an account's people want to be told, in nano-dollars."""

notice_mutes = Table(
    "notice_mutes",
    metadata,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
)
"""Kinds that a person wants no mail about."""

"""Tables of API keys, of hashes they had before, of where they are used, and of what each has spent a day."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, Text, false

from modelport.db.base import metadata

__all__ = ["api_keys", "auth_codes", "former_hashes", "key_days", "key_networks"]

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("limit_nanos", BigInteger),
    Column("limit_reset", Text),
    Column("disabled", Boolean, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("kind", Text, nullable=False, server_default="inference"),
    Column("bounds", JSON(none_as_null=True)),
    Column("workspace_id", Text),
    Column("external_user", Text),
    Column("include_byok_in_limit", Boolean, nullable=False, server_default=false()),
    Column("updated_at", BigInteger),
    Column("used_at", BigInteger),
    CheckConstraint("limit_nanos >= 0", name="limit_nanos"),
    CheckConstraint("limit_reset IN ('daily', 'weekly', 'monthly')", name="limit_reset"),
    CheckConstraint("kind IN ('inference', 'management', 'browser')", name="kind"),
)
"""`kind` says what a key is good for; a `browser` key has no text and stands for a signed-in person's own requests.
A key without a `workspace_id` is in the account's default workspace."""

former_hashes = Table(
    "key_former_hashes",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("key_id", Text, ForeignKey("api_keys.id"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Texts a key had before it was given another, and until when each still works."""

key_networks = Table(
    "key_networks",
    metadata,
    Column("key_id", Text, ForeignKey("api_keys.id"), primary_key=True),
    Column("network", Text, primary_key=True),
    Column("first_at", BigInteger, nullable=False),
)
"""Where each key has been used from."""

key_days = Table(
    "key_days",
    metadata,
    Column("key_id", Text, ForeignKey("api_keys.id"), primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("spent", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("own", BigInteger, nullable=False, server_default="0"),
)
"""What each key spent on each UTC day, in nano-dollars: written in the transaction that charges. `own` is the price of
what came by the account's own provider keys, and was not charged."""

auth_codes = Table(
    "auth_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("app_id", Integer, nullable=False),
    Column("callback_url", Text),
    Column("challenge", Text),
    Column("method", Text),
    Column("key_label", Text),
    Column("limit_nanos", BigInteger),
    Column("limit_reset", Text),
    Column("key_expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("used_at", BigInteger),
    Column("workspace_id", Text),
)
"""What somebody has agreed to give an app, until the app comes for it."""

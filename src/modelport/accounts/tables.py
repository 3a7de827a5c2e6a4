"""Tables of accounts, the people in them, and their sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, Text, false

from modelport.db.base import metadata

__all__ = [
    "accounts",
    "identities",
    "invitations",
    "memberships",
    "passkeys",
    "proofs",
    "recovery_codes",
    "sessions",
    "setup_tokens",
    "users",
]

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="personal"),
    Column("created_at", BigInteger, nullable=False),
    Column("suspended_at", BigInteger),
    Column("lists_allowed_models", Boolean, nullable=False, server_default=false()),
    CheckConstraint("kind IN ('personal', 'organization')", name="kind"),
)
"""Who owns credits and keys: a person's own account, or an organisation's. With `lists_allowed_models` the catalogue
shows its keys and members only what they may use."""

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
    Column("totp_sealed", Text),
    Column("totp_since", BigInteger),
    Column("totp_step", BigInteger),
    CheckConstraint("language IN ('zh', 'en')", name="language"),
)
"""`account_id` is the person's own account; `verified_at` is when the address was shown to be theirs. `totp_sealed` is
a second factor's secret, in use since `totp_since`; `totp_step` is the newest time step a code was taken for."""

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

proofs = Table(
    "proofs",
    metadata,
    Column("ticket_hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id"), index=True),
    Column("code_hash", Text),
    Column("link_hash", Text, unique=True),
    Column("sealed", Text),
    Column("tries", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("used_at", BigInteger),
)
"""What somebody has been asked to prove, and may prove once: a code or a link by mail, a second factor, a challenge."""

identities = Table(
    "identities",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("email", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Who somebody is at an identity provider."""

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""Passkeys; `id` and `public_key` in base64url, `transports` separated by commas."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("used_at", BigInteger),
)
"""For who has lost the second factor; each works once."""

invitations = Table(
    "invitations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("account_id", Text, ForeignKey("accounts.id"), index=True),
    Column("role", Text),
    Column("email", Text, nullable=False),
    Column("invited_by", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""Who is invited to an organisation in a role, or with neither to this server."""

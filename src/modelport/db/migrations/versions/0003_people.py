"""Memberships, sessions, kinds of accounts and of keys.

Revision 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHECK = "CONSTRAINT {} CHECK ({})"
_ACCOUNT_KIND = _CHECK.format("ck_accounts_kind", "kind IN ('personal', 'organization')")
_LANGUAGE = _CHECK.format("ck_users_language", "language IN ('zh', 'en')")
_KEY_KIND = _CHECK.format("ck_api_keys_kind", "kind IN ('inference', 'management', 'browser')")
_ADDED = (
    f"accounts ADD COLUMN kind TEXT DEFAULT 'personal' NOT NULL {_ACCOUNT_KIND}",
    "accounts ADD COLUMN suspended_at BIGINT",
    "users ADD COLUMN name TEXT",
    f"users ADD COLUMN language TEXT DEFAULT 'en' NOT NULL {_LANGUAGE}",
    "users ADD COLUMN verified_at BIGINT",
    f"api_keys ADD COLUMN kind TEXT DEFAULT 'inference' NOT NULL {_KEY_KIND}",
)


def upgrade() -> None:
    # Not by Alembic's batches: those make SQLite's tables anew, which foreign keys forbid inside a transaction.
    for change in _ADDED:
        op.execute(f"ALTER TABLE {change}")
    op.create_table(
        "memberships",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'member', 'billing', 'read-only')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.execute(
        "INSERT INTO memberships (account_id, user_id, role, created_at) "
        "SELECT account_id, id, 'owner', created_at FROM users"
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)

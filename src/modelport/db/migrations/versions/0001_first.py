"""The first schema: accounts, keys, catalogue, ledger, generations, changes.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True)

_POSTGRESQL = """
CREATE FUNCTION transfers_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transfers are append-only: correct a mistake by a new transfer';
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "changes",
        sa.Column("seq", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_created_at"), "changes", ["created_at"], unique=False)
    op.create_table(
        "generations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("provider_name", sa.Text(), nullable=True),
        sa.Column("endpoint_id", sa.Text(), nullable=True),
        sa.Column("upstream_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_type", sa.Text(), nullable=True),
        sa.Column("streamed", sa.Boolean(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("finish_reason", sa.Text(), nullable=True),
        sa.Column("native_finish_reason", sa.Text(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("cache_write_tokens", sa.Integer(), nullable=False),
        sa.Column("reasoning_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_image_tokens", sa.Integer(), nullable=False),
        sa.Column("prompt_images", sa.Integer(), nullable=False),
        sa.Column("web_searches", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("upstream_cost", sa.BigInteger(), nullable=True),
        sa.Column("shortfall", sa.BigInteger(), nullable=False),
        sa.Column("is_free", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("generation_ms", sa.Integer(), nullable=True),
        sa.Column("http_referer", sa.Text(), nullable=True),
        sa.Column("app_title", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("external_user", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
    )
    op.create_index(
        op.f("ix_generations_account_id_created_at"), "generations", ["account_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_generations_created_at"), "generations", ["created_at"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("spent >= 0 AND spent <= amount", name=op.f("ck_holds_spent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_account_id"), "holds", ["account_id"], unique=False)
    op.create_index(op.f("ix_holds_expires_at"), "holds", ["expires_at"], unique=False)
    op.create_table(
        "ledger_accounts",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("kind", "owner", name=op.f("uq_ledger_accounts_kind_owner")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "models",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("canonical_slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("context_length", sa.BigInteger(), nullable=False),
        sa.Column("architecture", _JSON, nullable=False),
        sa.Column("supported_parameters", _JSON, nullable=False),
        sa.Column("default_parameters", _JSON, nullable=False),
        sa.Column("aliases", _JSON, nullable=False),
        sa.Column("hugging_face_id", sa.Text(), nullable=True),
        sa.Column("knowledge_cutoff", sa.Text(), nullable=True),
        sa.Column("expiration_date", sa.Text(), nullable=True),
        sa.Column("reasoning", _JSON, nullable=True),
        sa.Column("is_moderated", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    op.create_table(
        "providers",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("proxy", sa.Text(), nullable=True),
        sa.Column("timeouts", _JSON, nullable=False),
        sa.Column("headers", _JSON, nullable=False),
        sa.Column("max_concurrency", sa.Integer(), nullable=True),
        sa.Column("renames", _JSON, nullable=False),
        sa.Column("drops", _JSON, nullable=False),
        sa.Column("always_stream", sa.Boolean(), nullable=False),
        sa.Column("privacy_policy_url", sa.Text(), nullable=True),
        sa.Column("terms_of_service_url", sa.Text(), nullable=True),
        sa.Column("status_page_url", sa.Text(), nullable=True),
        sa.Column("headquarters", sa.Text(), nullable=True),
        sa.Column("datacenters", _JSON, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_providers")),
    )
    op.create_table(
        "balances",
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debits_posted", sa.BigInteger(), nullable=False),
        sa.Column("credits_posted", sa.BigInteger(), nullable=False),
        sa.Column("debits_pending", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0 AND debits_pending >= 0", name=op.f("ck_balances_not_negative")
        ),
        sa.ForeignKeyConstraint(["account"], ["ledger_accounts.id"], name=op.f("fk_balances_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_balances")),
    )
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("upstream_model", sa.Text(), nullable=False),
        sa.Column("pricing", _JSON, nullable=False),
        sa.Column("cost", _JSON, nullable=True),
        sa.Column("context_length", sa.BigInteger(), nullable=True),
        sa.Column("max_completion_tokens", sa.BigInteger(), nullable=True),
        sa.Column("max_prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("quantization", sa.Text(), nullable=True),
        sa.Column("supported_parameters", _JSON, nullable=True),
        sa.Column("supports_implicit_caching", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_endpoints_model_id")),
        sa.ForeignKeyConstraint(["provider"], ["providers.slug"], name=op.f("fk_endpoints_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
        sa.UniqueConstraint("model_id", "tag", name=op.f("uq_endpoints_model_id_tag")),
    )
    op.create_index(op.f("ix_endpoints_provider"), "endpoints", ["provider"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("seq", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("debit_account", sa.BigInteger(), nullable=False),
        sa.Column("credit_account", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("pending_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(pending_key IS NOT NULL) = (phase IN ('posted', 'voided'))", name=op.f("ck_transfers_pending_key")
        ),
        sa.CheckConstraint("phase IN ('single', 'pending', 'posted', 'voided')", name=op.f("ck_transfers_phase")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_transfers_amount")),
        sa.CheckConstraint("debit_account <> credit_account", name=op.f("ck_transfers_accounts_differ")),
        sa.ForeignKeyConstraint(["credit_account"], ["ledger_accounts.id"], name=op.f("fk_transfers_credit_account")),
        sa.ForeignKeyConstraint(["debit_account"], ["ledger_accounts.id"], name=op.f("fk_transfers_debit_account")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_transfers")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_transfers_idempotency_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_transfers_credit_account_seq",
        "transfers",
        ["credit_account", "seq"],
        unique=False,
        sqlite_where=sa.text("code <> 'generation' AND code <> 'hold'"),
        postgresql_where=sa.text("code <> 'generation' AND code <> 'hold'"),
    )
    op.create_index(op.f("ix_transfers_debit_account_seq"), "transfers", ["debit_account", "seq"], unique=False)
    op.create_index(
        "uq_transfers_pending_key",
        "transfers",
        ["pending_key"],
        unique=True,
        sqlite_where=sa.text("pending_key IS NOT NULL"),
        postgresql_where=sa.text("pending_key IS NOT NULL"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_users_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_account_id"), "users", ["account_id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("limit_nanos", sa.BigInteger(), nullable=True),
        sa.Column("limit_reset", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("limit_reset IN ('daily', 'weekly', 'monthly')", name=op.f("ck_api_keys_limit_reset")),
        sa.CheckConstraint("limit_nanos >= 0", name=op.f("ck_api_keys_limit_nanos")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "price_history",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("pricing", _JSON, nullable=False),
        sa.Column("cost", _JSON, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_price_history_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_history")),
    )
    op.create_index(
        op.f("ix_price_history_endpoint_id_created_at"), "price_history", ["endpoint_id", "created_at"], unique=False
    )
    op.create_table(
        "setup_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_setup_tokens_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_setup_tokens")),
    )
    op.create_table(
        "key_days",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_key_days_key_id")),
        sa.PrimaryKeyConstraint("key_id", "day", name=op.f("pk_key_days")),
    )
    # The journal of money is append-only by the database's own word, whoever holds the connection.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL)
        op.execute(
            "CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers "
            "FOR EACH STATEMENT EXECUTE FUNCTION transfers_are_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER transfers_no_{verb.lower()} BEFORE {verb} ON transfers BEGIN "
            "SELECT RAISE(ABORT, 'transfers are append-only: correct a mistake by a new transfer'); END"
        )
    # INSERT OR REPLACE deletes the row in its way without asking the trigger on DELETE.
    op.execute(
        "CREATE TRIGGER transfers_no_replace BEFORE INSERT ON transfers WHEN EXISTS (SELECT 1 FROM transfers "
        "WHERE seq = NEW.seq OR idempotency_key = NEW.idempotency_key OR pending_key = NEW.pending_key) BEGIN "
        "SELECT RAISE(ABORT, 'transfers are append-only: this one is there already'); END"
    )

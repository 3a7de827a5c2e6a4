"""Tables of the ledger. Transfers are append-only: a trigger refuses to change or delete one."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from modelport.db.base import BigId, metadata

__all__ = [
    "account_groups",
    "balances",
    "budget_days",
    "budgets",
    "holds",
    "leases",
    "ledger_accounts",
    "processes",
    "promotion_marks",
    "promotions",
    "seals",
    "transfers",
]

ledger_accounts = Table(
    "ledger_accounts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("kind", "owner"),
    sqlite_autoincrement=True,
)
"""`kind` says what it means (README.md lists them), `owner` whose it is; '' for the house."""

transfers = Table(
    "transfers",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("debit_account", BigInteger, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("credit_account", BigInteger, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("phase", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("pending_key", Text),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint("debit_account <> credit_account", name="accounts_differ"),
    CheckConstraint("phase IN ('single', 'pending', 'posted', 'voided')", name="phase"),
    CheckConstraint("(pending_key IS NOT NULL) = (phase IN ('posted', 'voided'))", name="pending_key"),
    # A pending transfer is resolved once: posted or voided, never both, never twice.
    Index(
        "uq_transfers_pending_key",
        "pending_key",
        unique=True,
        sqlite_where=text("pending_key IS NOT NULL"),
        postgresql_where=text("pending_key IS NOT NULL"),
    ),
    # Every index is a page more in every commit. Charges are found by their generation, so only the rest of the
    # transfers (top-ups, refunds, grants, ...) is looked up by account; a reference is found by its idempotency key.
    *(
        Index(
            f"ix_transfers_{side}_seq",
            side,
            "seq",
            sqlite_where=text("code <> 'generation' AND code <> 'hold'"),
            postgresql_where=text("code <> 'generation' AND code <> 'hold'"),
        )
        for side in ("debit_account", "credit_account")
    ),
    sqlite_autoincrement=True,
)
"""`single` moves money at once; `pending` sets it aside; `posted` moves what a pending one set aside (all or less)
and frees the rest; `voided` frees all of it."""

seals = Table(
    "seals",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""The chain of blocks over the transfers (`seals.py`); append-only by trigger as well."""

balances = Table(
    "balances",
    metadata,
    Column("account", BigInteger, ForeignKey("ledger_accounts.id"), primary_key=True, autoincrement=False),
    Column("debits_posted", BigInteger, nullable=False),
    Column("credits_posted", BigInteger, nullable=False),
    Column("debits_pending", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("debits_posted >= 0 AND credits_posted >= 0 AND debits_pending >= 0", name="not_negative"),
)
"""A projection of the transfers, kept in the same transaction; `modelport ledger check` recomputes it."""

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("key_id", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("facts", Text, nullable=False),
    # JSON: the budgets that a crash must charge, each with its spender.
    Column("budgets", Text, nullable=False, server_default="[]"),
    Column("process", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    CheckConstraint("spent >= 0 AND spent <= amount", name="spent"),
)
"""Streams under way whose first event was delivered: what a crash needs in order to charge for them. `spent` is the
cost of what was delivered at the last checkpoint; `expires_at` moves on while the process lives."""

promotions = Table(
    "promotions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account_id", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("bought", Boolean, nullable=False, server_default=false()),
    CheckConstraint("remaining >= 0 AND remaining <= amount", name="remaining"),
    Index(
        "ix_promotions_open",
        "account_id",
        sqlite_where=text("remaining > 0"),
        postgresql_where=text("remaining > 0"),
    ),
    Index(
        "ix_promotions_expiring",
        "expires_at",
        sqlite_where=text("remaining > 0"),
        postgresql_where=text("remaining > 0"),
    ),
    sqlite_autoincrement=True,
)
"""Credits that were given, and `bought` ones that expire. They lie with the account's other credits; `remaining` says
how much of each lot is not spent yet, as of the account's mark."""

promotion_marks = Table(
    "promotion_marks",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("debits", BigInteger, nullable=False),
)
"""Up to which sum of debits an account's spending has been taken off its gifts."""

budgets = Table(
    "budgets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("scope", Text, nullable=False),
    # Whom it is for: a workspace, a person, a key, a guardrail, or the account itself.
    Column("subject", Text, nullable=False),
    Column("limit_nanos", BigInteger, nullable=False),
    Column("reset_interval", Text),
    # Whether the price of what came by the account's own provider keys counts as spent.
    Column("counts_own", Boolean, nullable=False, server_default=false()),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("limit_nanos >= 0", name="limit_nanos"),
    CheckConstraint("reset_interval IN ('daily', 'weekly', 'monthly')", name="reset_interval"),
)

budget_days = Table(
    "budget_days",
    metadata,
    Column("budget_id", Text, primary_key=True),
    # Whose spending it is: a default for every member has one row a member.
    Column("spender", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("spent", BigInteger, nullable=False),
    Column("own", BigInteger, nullable=False, server_default="0"),
)
"""What was spent of each budget on each UTC day, and the price of what came by own provider keys, counted or not:
written in the transaction that charges."""

processes = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Gateway processes that share this database and are alive; each moves its row on every few seconds."""

leases = Table(
    "leases",
    metadata,
    # `credits`, `key` or `budget`, and the account, the key, or the budget with its spender.
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("process", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
    Index(None, "process"),
)
"""Slices of balances and limits that one process alone may spend. `amount` is never less than what is left of the
slice: spending is taken off the balance at once, and off here a little later."""

account_groups = Table(
    "account_groups",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
)
"""Accounts that the operator's price rules know as a group, such as resellers or staff."""

"""The table of the audit log; triggers keep it append-only."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Table, Text

from modelport.db.base import BigId, metadata

__all__ = ["audit_entries", "audit_words"]

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("account_id", Text),
    Column("user_id", Text),
    Column("credential", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("address", Text),
    Column("user_agent", Text),
    Index(None, "account_id", "seq"),
    Index(None, "user_id", "seq"),
    sqlite_autoincrement=True,
)
"""Nothing refers to other tables: an entry outlives what it tells of. `credential` is `session:ID`, `key:ID`,
`operator:USER` for an operator who looks in as somebody else, `command-line:NAME` for a command and the person of the
operating system who ran it (on the machine that `address` names), or `none`."""

audit_words = Table(
    "audit_words",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Text),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
)
"""What a route said of an entry in people's words, once it had made the change; append-only as well."""

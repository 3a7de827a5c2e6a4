"""The table of mails that wait to be sent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from modelport.db.base import metadata

__all__ = ["mails"]

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sealed", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("sent_at", BigInteger),
    Column("fault", Text),
    Index(None, "due_at"),
)
"""`sealed` is the whole mail under the master secret, for it may carry a code; it goes when the mail has. `due_at` is
null when nothing is left to do."""

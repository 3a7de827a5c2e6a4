"""Use: indexes in the order of the log's pages, for apps and for what did not end well too.

Revision 0021.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OLD = (
    "account_id_created_at",
    "created_at",
    "key_id_created_at",
    "account_id_model_created_at",
    "session_id_created_at",
)
_NEW: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("account_id_created_at_id", ("account_id", "created_at", "id"), None),
    ("created_at_id", ("created_at", "id"), None),
    ("key_id_created_at_id", ("key_id", "created_at", "id"), None),
    ("account_id_model_created_at_id", ("account_id", "model", "created_at", "id"), None),
    ("app", ("account_id", "app", "created_at", "id"), "app IS NOT NULL"),
    ("session", ("session_id", "created_at", "id"), "session_id IS NOT NULL"),
    ("not_ok", ("account_id", "created_at", "id"), "status <> 'ok'"),
)


def upgrade() -> None:
    for name in _OLD:
        op.drop_index(f"ix_generations_{name}", "generations")
    for name, columns, where in _NEW:
        only = None if where is None else sa.text(where)
        op.create_index(
            f"ix_generations_{name}", "generations", list(columns), sqlite_where=only, postgresql_where=only
        )

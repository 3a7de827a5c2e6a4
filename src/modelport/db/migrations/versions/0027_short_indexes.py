"""Use: the log's indexes without ids, which made every one of them twice as large and a settlement dearer.

Revision 0027.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_OLD = (
    "account_id_created_at_id",
    "created_at_id",
    "key_id_created_at_id",
    "account_id_model_created_at_id",
    "app",
    "session",
    "not_ok",
)
_NEW: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("account_id_created_at", ("account_id", "created_at"), None),
    ("created_at", ("created_at",), None),
    ("key_id_created_at", ("key_id", "created_at"), None),
    ("account_id_model_created_at", ("account_id", "model", "created_at"), None),
    ("app", ("account_id", "app", "created_at"), "app IS NOT NULL"),
    ("session_id_created_at", ("session_id", "created_at"), "session_id IS NOT NULL"),
    ("not_ok", ("account_id", "created_at"), "status <> 'ok'"),
)


def upgrade() -> None:
    for name in _OLD:
        op.drop_index(f"ix_generations_{name}", "generations")
    for name, columns, where in _NEW:
        only = None if where is None else sa.text(where)
        op.create_index(
            f"ix_generations_{name}", "generations", list(columns), sqlite_where=only, postgresql_where=only
        )

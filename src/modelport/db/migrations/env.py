"""Run by Alembic for each upgrade; the connection comes from `modelport.db.migrate`."""

from __future__ import annotations

from alembic import context

from modelport.db.base import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

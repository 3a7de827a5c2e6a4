"""Alembic's scripts: the schema's history, run by `modelport.db.migrate`."""

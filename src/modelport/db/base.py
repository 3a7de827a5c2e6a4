"""The one `MetaData` that every domain's `tables.py` registers with, and the column types they share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

__all__ = ["BigId", "metadata"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts up by itself; SQLite does that only for a column declared INTEGER."""

"""Generations as if each were a roll-up of one: for what sums can't tell, such as percentiles and single minutes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, FromClause, literal_column, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from modelport.usage.rebuild import MEASURES
from modelport.usage.tables import COUNTERS, generations

__all__ = ["BOUND_SECONDS", "DAYS", "MINUTE_MS", "Percentile", "bound", "rows"]

DAYS = 31
"""How far a question may reach that only single generations answer."""
MINUTE_MS = 60_000
BOUND_SECONDS = 10


class Percentile(FunctionElement[float]):
    """The value below which a share of all lies, between the two that are next to it."""

    name = "percentile"
    inherit_cache = True
    type = Float()


@compiles(Percentile, "postgresql")
def _on_postgresql(element: Percentile, compiler: Any, **more: Any) -> str:
    value, share = element.clauses
    return (
        f"percentile_cont({compiler.process(share, **more)}) WITHIN GROUP (ORDER BY {compiler.process(value, **more)})"
    )


@compiles(Percentile)
def _elsewhere(element: Percentile, compiler: Any, **more: Any) -> str:
    # On SQLite an aggregate of our own: see `db/aggregates.py`.
    return f"percentile({compiler.process(element.clauses, **more)})"


def bound(connection: Connection) -> None:
    """Gives the questions of this transaction up after a while, where the database can."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = '{BOUND_SECONDS}s'"))


def _said(words: str) -> ColumnElement[Any]:
    return literal_column(words)


def rows() -> FromClause:
    """Generations with the columns of a roll-up, and some more."""
    c = generations.c
    counters = [_said(f"({MEASURES.get(name, name)})").label(name) for name in COUNTERS]
    texts = [_said(f"coalesce({name}, '')").label(name) for name in
             ("provider", "endpoint_id", "app", "finish_reason", "external_user", "session_id")]  # fmt: skip
    origin = _said("coalesce(http_referer, '')").label("origin")
    bucket = _said(
        "CASE WHEN prompt_tokens <= 1000 THEN '1K' WHEN prompt_tokens <= 10000 THEN '10K' "
        "WHEN prompt_tokens <= 100000 THEN '100K' WHEN prompt_tokens <= 1000000 THEN '1M' ELSE '10M' END"
    ).label("context_length_bucket")
    return select(
        c.account_id,
        c.created_at,
        _said(f"created_at / {MINUTE_MS}").label("minute"),
        c.model,
        c.key_id,
        c.id.label("generation_id"),
        *texts,
        origin,
        bucket,
        *counters,
        _said(f"CASE WHEN {MEASURES['timed']} = 1 THEN latency_ms END").label("waited"),
        _said(
            "CASE WHEN generation_ms > 0 AND status <> 'error' THEN completion_tokens * 1000.0 / generation_ms END"
        ).label("speed"),
    ).subquery("raw")

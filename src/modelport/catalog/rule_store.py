"""Every query on the rules of prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from modelport.catalog.rules import Rule
from modelport.catalog.tables import pricing_rules
from modelport.kit import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["add", "in_force", "retire"]

_RULE = tuple(pricing_rules.c[name] for name in Rule._fields)


def add(connection: Connection, rule: Rule) -> None:
    """Stores a rule."""
    connection.execute(insert(pricing_rules).values(**rule._asdict()))


def in_force(connection: Connection) -> list[Rule]:
    """Rules that were not retired, the oldest first."""
    query = select(*_RULE).where(pricing_rules.c.retired_at.is_(None))
    return [Rule(*row) for row in connection.execute(query.order_by(pricing_rules.c.created_at, pricing_rules.c.id))]


def retire(connection: Connection, rule_id: str) -> bool:
    """Ends a rule; its row stays. False when there is none in force."""
    found = connection.execute(
        update(pricing_rules)
        .where(pricing_rules.c.id == rule_id, pricing_rules.c.retired_at.is_(None))
        .values(retired_at=clock.now_ms())
    )
    return bool(found.rowcount)

"""Every query on rules and defaults of routing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from modelport.routing.tables import routing_defaults, routing_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RuleRow", "add", "defaults_of", "put_defaults", "remove", "replace", "rules"]


class RuleRow(NamedTuple):
    """One rule as it is stored."""

    id: str
    rule: dict[str, Any]
    created_at: int


class DefaultsRow(NamedTuple):
    """One account's defaults as they are stored."""

    default_model: str | None
    provider: dict[str, Any] | None
    allow_safety_retention_google: bool | None = None
    allow_safety_retention_other: bool | None = None


_RULE = tuple(routing_rules.c[name] for name in RuleRow._fields)


def rules(connection: Connection) -> list[RuleRow]:
    """Every rule in its order."""
    query = select(*_RULE).order_by(routing_rules.c.position, routing_rules.c.id)
    return [RuleRow(*row) for row in connection.execute(query)]


def add(connection: Connection, row: RuleRow) -> None:
    """Stores a rule behind all others."""
    last = connection.execute(select(func.coalesce(func.max(routing_rules.c.position), 0))).scalar_one()
    connection.execute(insert(routing_rules).values(position=last + 1, **row._asdict()))


def replace(connection: Connection, rows: Sequence[RuleRow]) -> None:
    """Stores these in the place of all there are."""
    connection.execute(delete(routing_rules))
    for position, row in enumerate(rows, 1):
        connection.execute(insert(routing_rules).values(position=position, **row._asdict()))


def remove(connection: Connection, rule_id: str) -> bool:
    """Deletes a rule; False when there is none."""
    return bool(connection.execute(delete(routing_rules).where(routing_rules.c.id == rule_id)).rowcount)


def defaults_of(connection: Connection, account_id: str) -> DefaultsRow | None:
    """What an account wants wherever a request says nothing."""
    query = select(*(routing_defaults.c[name] for name in DefaultsRow._fields))
    row = connection.execute(query.where(routing_defaults.c.account_id == account_id)).first()
    return DefaultsRow(*row) if row else None


def put_defaults(connection: Connection, account_id: str, row: DefaultsRow, now: int) -> None:
    """Stores an account's defaults in the place of what was there."""
    connection.execute(delete(routing_defaults).where(routing_defaults.c.account_id == account_id))
    connection.execute(insert(routing_defaults).values(account_id=account_id, updated_at=now, **row._asdict()))

"""The operator's rules over the catalogue's prices, and what any charge was made of, however old."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from modelport.catalog import pricing, rows, rule_store, store
from modelport.catalog.errors import NoSuchRule
from modelport.catalog.rules import Rule, checked
from modelport.db import changes
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.catalog.pricing import Line, Pricing
    from modelport.catalog.service import Catalog
    from modelport.db.database import Database
    from modelport.dialects.canonical import Usage

__all__ = ["Explanation", "PriceBook", "Priced"]


class Priced(NamedTuple):
    """What is known of a charge: by which prices, for what, when, and how much it was."""

    version: int | None
    factor: str | None
    usage: Usage
    created_at: int
    charged: int


class Explanation(NamedTuple):
    """A charge line by line. The lines and `adjustment` together are `charged`, to the nano-dollar."""

    lines: list[Line]
    factor: str | None
    """What the prices on the lines were multiplied by before the amounts were worked out."""
    discount: str
    """The catalogue's own discount, which the amounts have as well."""
    adjustment: int
    """Below zero: what the answer cost above what the account could pay, or what a crash forgave."""
    charged: int


class PriceBook:
    """The door to rules of prices, and to explanations."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    async def add_rule(
        self,
        *,
        model: str | None = None,
        provider: str | None = None,
        account_group: str | None = None,
        markup: str | None = None,
        discount: str | None = None,
    ) -> Rule:
        """A new rule, in force at once here and within a second elsewhere.

        Raises `ValueError` for parts that make no price.
        """
        checked(markup, discount)
        rule = Rule(ids.prefixed("rule"), model, provider, account_group, markup, discount, clock.now_ms())

        def write(connection: Connection) -> None:
            rule_store.add(connection, rule)
            changes.note(connection, "catalog", "*")

        await self._database.write(write)
        await self._catalog.reload()
        return rule

    async def retire_rule(self, rule_id: str) -> None:
        """Ends a rule. Raises `NoSuchRule`."""

        def write(connection: Connection) -> bool:
            changes.note(connection, "catalog", "*")
            return rule_store.retire(connection, rule_id)

        if not await self._database.write(write):
            raise NoSuchRule(f"There is no rule {rule_id!r} in force.")
        await self._catalog.reload()

    async def rules(self) -> list[Rule]:
        """The rules in force, the oldest first."""
        return await self._database.read(rule_store.in_force)

    async def explain(self, priced: Priced) -> Explanation:
        """What a charge was made of: every component's units, price and amount."""
        found = None
        if priced.version is not None and priced.charged:
            found = await self._database.read(partial(store.pricing_of, version=priced.version))
        if found is None:
            return Explanation([], priced.factor, "0", priced.charged, priced.charged)
        at = datetime.fromtimestamp(priced.created_at / 1000, UTC)
        by: Pricing = rows.pricing_from_json(found["pricing"], Fraction(priced.factor or 1))
        lines = pricing.breakdown(priced.usage, by, at)
        total = sum(line.amount for line in lines)
        return Explanation(lines, priced.factor, by.discount, priced.charged - total, priced.charged)

    async def cache_discount(self, version: int | None, factor: str | None, used: Usage, created_at: int) -> int | None:
        """What prompt caching spared the account, below zero where writing to a cache cost more; None where no cache
        had a part in it, or the prices of then are not known.
        """
        if version is None or not (used.cached_tokens or used.cache_write_tokens or used.cache_write_1h_tokens):
            return None
        found = await self._database.read(partial(store.pricing_of, version=version))
        if found is None:
            return None
        at = datetime.fromtimestamp(created_at / 1000, UTC)
        by = rows.pricing_from_json(found["pricing"], Fraction(factor or 1))
        plain = msgspec.structs.replace(
            used, cached_tokens=0, cached_audio_tokens=0, cache_write_tokens=0, cache_write_1h_tokens=0
        )
        return pricing.cost(plain, by, at) - pricing.cost(used, by, at)

"""The operator's rules over the catalogue's prices, and what any charge was made of, however old."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from modelport.catalog import pricing, rows, rule_store, store
from modelport.catalog.errors import ModelNotFound, NoSuchRule, RuleThere
from modelport.catalog.rules import Rule, checked
from modelport.db import changes
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.catalog.pricing import Line, Pricing
    from modelport.catalog.rules import Terms
    from modelport.catalog.service import Catalog
    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.db.database import Database
    from modelport.dialects.canonical import Usage

__all__ = ["Explanation", "PriceBook", "Priced", "Quote"]


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


class Quote(NamedTuple):
    """What an endpoint costs somebody."""

    endpoint: Endpoint
    listed: Pricing
    """What the catalogue says."""
    terms: Terms
    """What is charged."""


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

        Raises `ValueError` for what makes no price, and `RuleThere` when a rule says the same already.
        """
        rule = _new(model, provider, account_group, markup, discount)

        def write(connection: Connection) -> None:
            store.lock(connection)  # two operators at once
            _alone(rule, rule_store.in_force(connection))
            rule_store.add(connection, rule)
            changes.note(connection, "catalog", "*")

        await self._database.write(write)
        await self._catalog.reload()
        return rule

    async def replace_rule(
        self,
        rule_id: str,
        *,
        model: str | None = None,
        provider: str | None = None,
        account_group: str | None = None,
        markup: str | None = None,
        discount: str | None = None,
    ) -> tuple[Rule, Rule]:
        """Ends a rule and puts another in its place, in one step: the one that was, and the one that is.

        Raises `ValueError`, `NoSuchRule`, `RuleThere`.
        """
        rule = _new(model, provider, account_group, markup, discount)

        def write(connection: Connection) -> Rule:
            store.lock(connection)
            there = rule_store.in_force(connection)
            before = next((each for each in there if each.id == rule_id), None)
            if before is None or not rule_store.retire(connection, rule_id):
                raise _missing(rule_id)
            _alone(rule, [each for each in there if each.id != rule_id])
            rule_store.add(connection, rule)
            changes.note(connection, "catalog", "*")
            return before

        before = await self._database.write(write)
        await self._catalog.reload()
        return before, rule

    async def retire_rule(self, rule_id: str) -> Rule:
        """Ends a rule, and gives it. Raises `NoSuchRule`."""

        def write(connection: Connection) -> Rule:
            found = next((each for each in rule_store.in_force(connection) if each.id == rule_id), None)
            if found is None or not rule_store.retire(connection, rule_id):
                raise _missing(rule_id)
            changes.note(connection, "catalog", "*")
            return found

        found = await self._database.write(write)
        await self._catalog.reload()
        return found

    async def rules(self) -> list[Rule]:
        """The rules in force, the oldest first."""
        return await self._database.read(rule_store.in_force)

    def quotes(self, model_id: str, group: str | None) -> list[Quote]:
        """What a model's endpoints cost accounts of `group`, as this process charges at this moment.

        Raises `ModelNotFound`.
        """
        snapshot = self._catalog.snapshot
        model = snapshot.find(model_id)
        if model is None:
            raise ModelNotFound(f"No model is called {model_id[:200]!r}, or none that can be called now.")
        rules = snapshot.rules
        return [Quote(each, each.list_pricing or each.pricing, rules.terms(each, group)) for each in model.endpoints]

    def own(self, model: Model, group: str) -> dict[str, Pricing]:
        """What accounts of `group` pay at a model's endpoints, by their ids: where it is not what everybody pays."""
        rules = self._catalog.snapshot.rules
        terms = ((each, rules.terms(each, group).pricing) for each in model.endpoints)
        return {
            each.id: pricing
            for each, pricing in terms
            if pricing != each.pricing and not (pricing.is_free and each.pricing.is_free)
        }

    def own_of_models(self, group: str) -> dict[str, Pricing]:
        """The same by model, as lists show it: what its endpoint that is cheapest for them takes."""
        if all(rule.account_group != group for rule in self._catalog.snapshot.rules.rules):
            return {}
        found: dict[str, Pricing] = {}
        for name, shown in self._catalog.snapshot.shown.items():
            if shown.is_active and (own := self.own(shown.model, group)):
                prices = (own.get(each.id, each.pricing) for each in shown.model.endpoints)
                cheapest = min(prices, key=lambda pricing: pricing.together)
                if cheapest != shown.model.endpoints[0].pricing:
                    found[name] = cheapest
        return found

    def fitting(self, rule: Rule) -> int:
        """How many endpoints that can be called now a rule is about, for who is in its group."""
        return sum(
            rule.fits(each.model_id, each.provider.slug, rule.account_group)
            for model in self._catalog.snapshot.models.values()
            for each in model.endpoints
        )

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


def _new(
    model: str | None, provider: str | None, account_group: str | None, markup: str | None, discount: str | None
) -> Rule:
    return checked(Rule(ids.prefixed("rule"), model, provider, account_group, markup, discount, clock.now_ms()))


def _alone(rule: Rule, others: list[Rule]) -> None:
    """Raises `RuleThere` where two rules would say the same, and only the newer would count."""
    for other in others:
        if rule.repeats(other):
            raise RuleThere(
                f"The rule {other.id} is about just the same already: change that one.", metadata={"rule_id": other.id}
            )


def _missing(rule_id: str) -> NoSuchRule:
    return NoSuchRule(f"There is no rule {rule_id[:80]!r} in force.")

"""The door to rules and defaults of routing: changed here, kept in memory for the chat path.

The chat path asks for an account's defaults with every request, so they are remembered until the log of changes says
that they are others. What is remembered may be a moment old, as a key is.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from modelport.db import changes
from modelport.dialects.openai_chat.wire import ProviderPreferences
from modelport.kit import clock, ids
from modelport.routing import store
from modelport.routing.errors import BadRouting, NoSuchRoutingRule
from modelport.routing.policy import NO_DEFAULTS, NO_RULES, Defaults, Rule, RuleBook
from modelport.routing.store import RuleRow
from modelport.workspaces.service import routing_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from modelport.db.database import Database

__all__ = ["RULES", "TOPIC", "Routing", "RuleRow", "read_rules"]

T = TypeVar("T")

TOPIC: Final = "routing"
"""In the log of changes; its subject is an account, or `RULES`."""
RULES: Final = "rules"
_MOST_RULES = 1_000
_MOST_KNOWN = 20_000


class Routing:
    """Rules of the operator, defaults of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.book: RuleBook = NO_RULES
        """The rules in force."""
        self._known: dict[tuple[str, str], Defaults] = {}
        self._changes = 0

    async def reload(self) -> None:
        """Reads the rules: at start, and when another process changed them."""
        rows = await self._database.read(store.rules)
        self.book = RuleBook([_rule(row.rule) for row in rows]) if rows else NO_RULES

    async def changed(self, subject: str) -> None:
        """Another process changed the rules or an account's defaults."""
        if subject == RULES:
            await self.reload()
        else:
            self._forget(subject)

    async def rules(self) -> list[RuleRow]:
        """Every rule in its order."""
        return await self._database.read(store.rules)

    async def add_rule(self, rule: Rule) -> RuleRow:
        """One more rule, behind the others. Raises `BadRouting` where there are very many."""
        row = RuleRow(ids.prefixed("route"), msgspec.to_builtins(rule), clock.now_ms())

        def write(connection: Connection) -> None:
            if len(store.rules(connection)) >= _MOST_RULES:
                raise BadRouting(f"There can be {_MOST_RULES} rules.", metadata={"rule": "most", "most": _MOST_RULES})
            store.add(connection, row)
            changes.note(connection, TOPIC, RULES)

        await self._database.write(write)
        await self.reload()
        return row

    async def replace_rules(self, rules: Sequence[Rule]) -> list[RuleRow]:
        """These rules in the place of all there are, in this order. Raises `BadRouting` for very many."""
        if len(rules) > _MOST_RULES:
            raise BadRouting(f"There can be {_MOST_RULES} rules.", metadata={"rule": "most", "most": _MOST_RULES})
        now = clock.now_ms()
        rows = [RuleRow(ids.prefixed("route"), msgspec.to_builtins(rule), now) for rule in rules]

        def write(connection: Connection) -> None:
            store.replace(connection, rows)
            changes.note(connection, TOPIC, RULES)

        await self._database.write(write)
        await self.reload()
        return rows

    async def remove_rule(self, rule_id: str) -> None:
        """Ends a rule. Raises `NoSuchRoutingRule`."""

        def write(connection: Connection) -> bool:
            changes.note(connection, TOPIC, RULES)
            return store.remove(connection, rule_id)

        if not await self._database.write(write):
            raise NoSuchRoutingRule(f"There is no rule {rule_id[:80]!r}.")
        await self.reload()

    async def own_defaults(self, account_id: str) -> Defaults:
        """What the account itself wants, without what its workspaces say."""
        return _defaults(await self._database.read(partial(store.defaults_of, account_id=account_id)))

    async def set_defaults(self, account_id: str, given: Any) -> Defaults:
        """Puts an account's defaults (JSON) in the place of what was there. Raises `BadRouting`."""
        made = _read(given, Defaults)
        provider: dict[str, Any] = {} if made.provider is None else msgspec.to_builtins(made.provider)
        kept = {name: value for name, value in provider.items() if value is not None}
        row = store.DefaultsRow(
            made.default_model or None,
            kept or None,
            made.allow_safety_retention_google,
            made.allow_safety_retention_other,
        )

        def write(connection: Connection) -> None:
            store.put_defaults(connection, account_id, row, clock.now_ms())
            changes.note(connection, TOPIC, account_id)

        await self._database.write(write)
        self._forget(account_id)
        return _defaults(row)

    async def defaults(self, account_id: str, workspace_id: str) -> Defaults:
        """What goes for a request of a key in a workspace wherever the request says nothing.

        The workspace's default model and sort go before the account's.
        """
        known = self._known.get((account_id, workspace_id))
        if known is not None:
            return known
        before = self._changes

        def read(connection: Connection) -> Defaults:
            own = _defaults(store.defaults_of(connection, account_id))
            said = routing_of(connection, workspace_id)
            if said.sort is not None:
                provider = own.provider or ProviderPreferences()
                own = msgspec.structs.replace(own, provider=msgspec.structs.replace(provider, sort=said.sort))
            if said.disabled_tools:
                own = msgspec.structs.replace(own, disabled_tools=said.disabled_tools)
            return msgspec.structs.replace(own, default_model=said.model) if said.model else own

        found = await self._database.read(read)
        if before == self._changes:  # else it may be what was there before
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[account_id, workspace_id] = NO_DEFAULTS if found == NO_DEFAULTS else found
        return found

    def _forget(self, account_id: str) -> None:
        self._changes += 1
        for key in [each for each in self._known if each[0] == account_id]:
            del self._known[key]


def read_rules(given: Any) -> list[Rule]:
    """Rules from JSON or YAML that was read. Raises `BadRouting` that names the place."""
    return _read(given, list[Rule])


def _read(given: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise BadRouting(f"Invalid request: {error}", metadata={"rule": "form"}) from None


def _rule(value: dict[str, Any]) -> Rule:
    return msgspec.convert(value, Rule)


def _defaults(row: store.DefaultsRow | None) -> Defaults:
    if row is None:
        return NO_DEFAULTS
    provider = None if row.provider is None else msgspec.convert(row.provider, ProviderPreferences)
    return Defaults(row.default_model, provider, *row[2:])

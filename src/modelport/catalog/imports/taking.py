"""Shows what a plan would change, and takes it in. Twice is the same as once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.accounts.errors import NoSuchUser
from modelport.catalog.document import Document
from modelport.catalog.offers.merge import merge
from modelport.catalog.offers.naming import Names
from modelport.credits.errors import KeyReused
from modelport.kit.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.accounts.service import Accounts
    from modelport.catalog.applying import Applied
    from modelport.catalog.imports.plan import ForeignUser, Plan
    from modelport.catalog.service import Catalog
    from modelport.credits.service import Credits
    from modelport.keys.service import Keys

__all__ = ["Importing", "Taken"]


class Taken(NamedTuple):
    """What an import changes, or changed."""

    applied: Applied
    """Of the catalogue."""
    users: int
    """How many people it brings, those that are here already as well."""
    keys: int
    """How many of their keys; each is kept as a hash and goes on working."""
    credits: int
    """Nano-dollars they have left there."""
    notes: list[str]


class Importing:
    """Takes in plans."""

    def __init__(self, catalog: Catalog, accounts: Accounts, keys: Keys, credits: Credits) -> None:
        self._catalog, self._accounts, self._keys, self._credits = catalog, accounts, keys, credits

    async def read(self, reader: Callable[[str, Names], Plan], given: str) -> Plan:
        """A plan from a file's text or a database's address; in a thread, for both can be large."""
        names = Names(row["id"] for row in (await self._catalog.loaded()).models)
        return await asyncio.to_thread(reader, given, names)

    async def preview(self, plan: Plan) -> Taken:
        """What `take` would do."""
        document, notes = await self._document(plan)
        return _taken(plan, await self._catalog.preview(document), notes)

    async def take(self, plan: Plan, *, token: str | None = None) -> Taken:
        """Brings the plan in: catalogue, people, credits and keys. Raises `Stale` as `Catalog.apply` does."""
        document, notes = await self._document(plan)
        applied = await self._catalog.apply(document, only=token)
        for user in plan.users:
            await self._user(user, notes)
        return _taken(plan, applied, notes)

    async def _document(self, plan: Plan) -> tuple[Document, list[str]]:
        loaded = await self._catalog.loaded()
        there = {row["slug"]: row for row in loaded.providers}
        entries = {slug: _with_row(entry, there.get(slug)) for slug, entry in plan.providers.items()}
        merged = await asyncio.to_thread(merge, loaded, plan.offers, add_providers=entries, keeper="operator")
        document = merged.document.model_dump(mode="json", exclude_defaults=True)
        given = {each["slug"] for each in document.get("providers", ())}
        keyed = [entry for slug, entry in entries.items() if slug not in given and entry.get("api_keys")]
        fresh = [each for each in keyed if each["slug"] not in there or not _has_keys(each, there[each["slug"]])]
        document["providers"] = [*document.get("providers", ()), *fresh]
        for model in document.get("models", ()):
            model["aliases"] = sorted({*model.get("aliases", ()), *plan.aliases.get(model["id"], ())})
        # The keys were left out of the dump, as every secret is in words that are shown.
        for each in document["providers"]:
            each.update({"api_keys": entries[each["slug"]].get("api_keys", [])} if each["slug"] in entries else {})
        return Document.model_validate(document), [*plan.notes, *merged.notes]

    async def _user(self, foreign: ForeignUser, notes: list[str]) -> None:
        try:
            user = await self._accounts.user(foreign.email)
        except NoSuchUser:
            user = await self._accounts.create_user(foreign.email)
        if foreign.credits:
            try:
                await self._credits.grant(
                    user.account_id,
                    foreign.credits,
                    reference=f"import {foreign.reference}",
                    idempotency_key=f"import/{foreign.reference}",
                )
            except KeyReused:
                notes.append(
                    Told(
                        "credits_before",
                        f"{foreign.email}: credits were brought over before, when they were another amount",
                        name=foreign.email,
                    )
                )
        for key in foreign.keys:
            await self._keys.adopt(
                user.account_id,
                user.id,
                key.name,
                key.text,
                limit=key.limit,
                expires_at=key.expires_at,
                disabled=key.disabled,
            )


def _with_row(entry: dict[str, Any], row: dict[str, Any] | None) -> dict[str, Any]:
    """A provider's entry; one that is here already keeps its address and name."""
    if row is None or "base_url" in entry:
        return entry
    return {**entry, "name": row["name"], "base_url": row["base_url"], "dialect": row["dialect"], "kind": row["kind"]}


def _has_keys(entry: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether an import before this one brought the keys already: sealed, they can't be compared."""
    names = {each["name"] for each in row["api_keys"]}
    return {each["name"] for each in entry["api_keys"]} <= names


def _taken(plan: Plan, applied: Applied, notes: list[str]) -> Taken:
    return Taken(
        applied,
        len(plan.users),
        sum(len(user.keys) for user in plan.users),
        sum(user.credits for user in plan.users),
        notes,
    )

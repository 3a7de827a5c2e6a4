"""Shows a provider an own key, to see whether it takes it: nothing is answered, charged, or held against anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.byok.own_key import Tried
from modelport.byok.written_key import read
from modelport.catalog.errors import CannotAsk, KeyNotTaken
from modelport.catalog.offers.asking import check_key
from modelport.gateway.own_keys import provider_by
from modelport.providers.row import MissingOption

if TYPE_CHECKING:
    from modelport.byok.own_key import OwnKey
    from modelport.catalog.sync import Sync
    from modelport.upstream.client import UpstreamClient

__all__ = ["Trials"]


class Trials:
    """Tries own keys, each at the address where requests would show it."""

    def __init__(self, sync: Sync, upstream: UpstreamClient, outbound: UpstreamClient) -> None:
        """`outbound` calls addresses that users gave."""
        self._sync = sync
        self._upstream = upstream
        self._outbound = outbound

    async def run(self, key: OwnKey) -> Tried:
        """Asks the provider for its models by this key; where anybody gets those, for one token."""
        try:
            known, model = await self._sync.to_try(key.provider, key.serves)
        except MissingOption as error:
            return Tried(
                "unknown", f"Its address is not known here: {error}.", {"problem": "cannot_ask", "rule": "address"}
            )
        written = read(key.key)
        assert written is not None, "only a key that is asked for a model can be for another one"
        provider, guarded = provider_by(known, key, written)
        client = self._outbound if guarded else self._upstream
        try:
            await check_key(client, provider, written.key, written.upstream_model or model)
        except KeyNotTaken as error:
            return Tried("refused", error.message, error.facts)
        except CannotAsk as error:
            return Tried("unknown", error.message, error.facts)
        return Tried("works", None)

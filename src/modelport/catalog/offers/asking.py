"""Asks a provider for its list of models, and whether it takes a key: the only file here that opens connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from multidict import CIMultiDict
from yarl import URL

from modelport.catalog.errors import CannotAsk, KeyNotTaken
from modelport.providers.auth import BadKey, authorized, fetches_token, is_signed
from modelport.providers.table import ROWS
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from modelport.providers.provider import Provider
    from modelport.upstream.client import UpstreamClient

__all__ = ["Listing", "ask_list", "check_key"]

_LIST_BYTES = 16 * 1024 * 1024
_REFUSED = frozenset({401, 403})
_LIMITS = Timeouts(connect=5.0, first_byte=15.0, idle=15.0, total=30.0)
_HEADERS = {
    "anthropic_messages": ("x-api-key", {"anthropic-version": "2023-06-01"}),
    "gemini": ("x-goog-api-key", dict[str, str]()),
}
"""How dialects show a key where the provider's row doesn't say; the others as a bearer."""
_WHOLE_LIST = {"anthropic": {"limit": "1000"}, "gemini": {"pageSize": "1000"}, "cohere": {"page_size": "1000"}}
"""Asks for the whole list at once where it comes in pages."""
_WRONG_KEY = "this-is-not-a-key"


class Listing(NamedTuple):
    """What a provider answered."""

    body: bytes


async def ask_list(upstream: UpstreamClient, provider: Provider, key: str) -> Listing:
    """The provider's list of models, asked for with `key`.

    Raises `KeyNotTaken` when it refuses the key, and `CannotAsk` when there is no list, or no answer.
    """
    status, body = await _get(upstream, _list_target(provider, key))
    if status in _REFUSED:
        raise KeyNotTaken(
            f"{provider.name} refuses this key (status {status}).",
            metadata={"rule": "refused", "provider": provider.name, "status": status},
        )
    if status != 200:
        raise CannotAsk(
            f"{provider.name} has no list of models at that address (status {status}).",
            metadata={"rule": "no_list", "provider": provider.name, "status": status},
        )
    return Listing(body)


async def check_key(upstream: UpstreamClient, provider: Provider, key: str, model: str | None) -> Listing | None:
    """Makes sure that the provider takes `key`; gives its list of models on the way, where there is one.

    Where anybody gets the list, that proves nothing: then `model`, one of the provider's, is asked for one token.
    Raises `KeyNotTaken`, and `CannotAsk` when nothing could be proved.
    """
    row = ROWS.get(provider.kind or provider.slug)
    if row is not None and row.models is None:
        await _ask_token(upstream, provider, key, model)
        return None
    listing = await ask_list(upstream, provider, key)
    status, _ = await _get(upstream, _list_target(provider, _WRONG_KEY))
    if status == 200:
        await _ask_token(upstream, provider, key, model)
    return listing


async def _ask_token(upstream: UpstreamClient, provider: Provider, key: str, model: str | None) -> None:
    wire = provider.also.get("openai_chat") or provider
    if model is None or (wire is provider and provider.dialect != "openai_chat"):
        raise CannotAsk(
            f"There is no way here to try a key of {provider.name} without spending.",
            metadata={"rule": "spending", "provider": provider.name},
        )
    asked = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    asked = {wire.renames.get(name, name): value for name, value in asked.items()}
    target = _target(provider, key, URL(f"{wire.base_url}/chat/completions").update_query(wire.query), wire.auth)
    target.headers["Content-Type"] = "application/json"
    try:
        reply = await upstream.send(target, msgspec.json.encode(asked))
        try:
            await reply.read(_LIST_BYTES)
        finally:
            reply.close()
    except UpstreamFault as fault:
        raise CannotAsk(fault.message, metadata={"rule": "unreachable"}) from fault
    if reply.status in _REFUSED:
        raise KeyNotTaken(
            f"{provider.name} refuses this key (status {reply.status}).",
            metadata={"rule": "refused", "provider": provider.name, "status": reply.status},
        )
    # 400, 402 and 429 say that the key was known: the request, the credits or the moment were the fault.
    if reply.status >= 500 or reply.status == 404:
        raise CannotAsk(
            f"{provider.name} could not be asked with this key (status {reply.status}).",
            metadata={"rule": "status", "provider": provider.name, "status": reply.status},
        )


def _list_target(provider: Provider, key: str) -> Target:
    row = ROWS.get(provider.kind or provider.slug)
    # Only at the row's own address: where an operator gave another one, the list is below that.
    own = row is not None and row.wires[row.dialect].base_url == provider.base_url
    url = URL(row.models_url if row is not None and own and row.models_url else f"{provider.base_url}/models")
    query = {**provider.query, **_WHOLE_LIST.get((row.models if row is not None else None) or "", {})}
    return _target(provider, key, url.update_query(query) if query else url, provider.auth)


def _target(provider: Provider, key: str, url: URL, auth: str) -> Target:
    try:
        if fetches_token(auth, key) or is_signed(auth, key):
            raise CannotAsk(
                f"Requests to {provider.name} are signed one by one, so its key can't be tried here.",
                metadata={"rule": "signed", "provider": provider.name},
            )
        if auth == "dialect":
            scheme, more = _HEADERS.get(provider.dialect, ("bearer", dict[str, str]()))
        else:
            scheme, more = auth, dict[str, str]()
        headers = CIMultiDict({**more, **(authorized({}, scheme, key) if key else {})})
    except BadKey as error:
        raise KeyNotTaken(
            f"A key of {provider.name} looks different: {error}.", metadata={"rule": "form", "provider": provider.name}
        ) from None
    headers.update(provider.headers)
    return Target(provider.slug, url, headers, _LIMITS, provider.proxy)


async def _get(upstream: UpstreamClient, target: Target) -> tuple[int, bytes]:
    try:
        reply = await upstream.get(target)
        try:
            return reply.status, await reply.read(_LIST_BYTES)
        finally:
            reply.close()
    except UpstreamFault as fault:
        raise CannotAsk(fault.message, metadata={"rule": "unreachable"}) from fault

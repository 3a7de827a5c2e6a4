"""What a request needs to be let in by a provider: the place to send it to, its key, signature or token.

Part of step 4. What a key can be made into once is made once (`place`); only what a request needs anew is made for
each (`token_header`).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from multidict import CIMultiDict
from yarl import URL

from modelport.gateway.dialect_table import DIALECTS
from modelport.kit import clock
from modelport.providers import google
from modelport.providers.auth import AWS_SERVICE, BadKey, authorized, aws_key, fetches_token, is_signed
from modelport.upstream import sigv4
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelport.catalog.snapshot import Endpoint
    from modelport.providers.provider import Provider, Wire
    from modelport.upstream.client import UpstreamClient

__all__ = ["forget_token", "needs_token", "place", "token_header", "with_added"]

_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANSWER_LIMIT = 64 * 1024


def place(endpoint: Endpoint, path: str, *, key: str, stream: bool) -> Target:
    """Where an endpoint is reached with `key`, with everything that all such requests share.

    `path` is the dialect's own for what is asked. Raises `UpstreamFault`.
    """
    provider, spoken = endpoint.provider, DIALECTS[endpoint.dialect]
    wire = provider.wire(endpoint.dialect)
    limits = provider.timeouts
    try:
        headers = CIMultiDict({"Content-Type": "application/json"} | authorized(spoken.headers(key), wire.auth, key))
        headers.update(provider.headers)
        path = _path(wire, endpoint.upstream_model, path, stream=stream)
        # A model's name is quoted once, by its dialect: what is signed must be what is sent.
        url = URL(str(URL(wire.base_url)).rstrip("/") + path, encoded=True)
        url = url.update_query(wire.query) if wire.query else url
        sign = _signer(provider, wire, key, url)
    except BadKey as error:
        raise _no_key(provider, str(error)) from None
    return Target(
        provider.slug,
        url,
        headers,
        timeouts=Timeouts(limits.connect, limits.first_byte, limits.idle, limits.total),
        proxy=provider.proxy,
        max_concurrency=provider.max_concurrency,
        sign=sign,
    )


def with_added(body: bytes, adds: Mapping[str, object]) -> bytes:
    """A request with the fields that its provider wants in each, where the caller has none of that name."""
    return msgspec.json.encode({**adds, **_FIELDS.decode(body)})


def needs_token(provider: Provider, dialect: str, key: str) -> bool:
    """Whether each request needs a token that is given for a while."""
    return fetches_token(provider.wire(dialect).auth, key)


async def token_header(upstream: UpstreamClient, provider: Provider, key: str) -> dict[str, str]:
    """The header with a token for one of the provider's keys. Raises `UpstreamFault` when there is none to be had."""
    try:
        read = google.read_key(key)
    except BadKey as error:
        raise _no_key(provider, str(error)) from None
    url = google.token_url(read, provider.options.get("token_url"))

    async def ask() -> Token:
        limits = provider.timeouts
        headers = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"})
        timeouts = Timeouts(limits.connect, 10.0, 10.0, 20.0)
        # Not under the provider's own name: a token must not wait for a place among its requests.
        target = Target(f"{provider.slug} (token)", URL(url), headers, timeouts, provider.proxy)
        try:
            form = google.token_request(read, url, int(clock.now().timestamp()))
        except BadKey as error:
            raise _no_key(provider, str(error)) from None
        reply = await upstream.send(target, form)
        try:
            granted = google.read_grant(await reply.read(_ANSWER_LIMIT)) if reply.status == 200 else None
        finally:
            reply.close()
        if granted is None:
            raise _no_key(provider, f"no token was given (status {reply.status})")
        return Token(granted.access_token, float(granted.expires_in))

    return {"Authorization": f"Bearer {await upstream.tokens.get(_name(provider, key), ask)}"}


def forget_token(upstream: UpstreamClient, provider: Provider, key: str, header: Mapping[str, str]) -> None:
    """Says that a token was refused: the next request asks for another."""
    upstream.tokens.forget(_name(provider, key), header["Authorization"].removeprefix("Bearer "))


def _name(provider: Provider, key: str) -> str:
    """A key's name among the tokens: two providers, or two keys of one, never share one."""
    return f"{provider.slug}:{hashlib.sha256(key.encode()).hexdigest()}"


def _path(wire: Wire, model: str, path: str, *, stream: bool) -> str:
    own = (wire.stream_path if stream else "") or wire.path
    return own.replace("{model}", quote(model, safe="@")).replace("{path}", path) if own else path


def _signer(provider: Provider, wire: Wire, shown: str, url: URL) -> Callable[[bytes], Mapping[str, str]] | None:
    if not is_signed(wire.auth, shown) or (key := aws_key(shown)) is None:
        return None
    found = _REGION.search(url.host or "")
    region = provider.options.get("region") or (found[1] if found is not None else "")
    if not region:
        raise BadKey("say `options: {region: ...}`: a signature holds for one region")
    scope = sigv4.Scope(region, provider.options.get("service", AWS_SERVICE))
    headers = {"Content-Type": "application/json"}
    return sigv4.signer("POST", str(url), headers, sigv4.Credentials(*key), scope)


def _no_key(provider: Provider, detail: str) -> UpstreamFault:
    return UpstreamFault.of(provider.slug, FaultKind.KEY, detail=detail)

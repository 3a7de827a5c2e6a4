"""Step 4: call the planned endpoints in order until one gives a first event.

Until something of the answer is in hand, a fault means the next endpoint; a caller's own fault (a body that the
provider refuses) means no other endpoint would do better, and is told at once. A stream counts as begun when the
model has produced something or said why it ended: an empty answer is a fault like another.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog
from yarl import URL

from modelport.dialects.canonical import Identity, Target
from modelport.errors import BadRequest, UpstreamFailed
from modelport.gateway.authorize import forget_token, needs_token, token_header, with_added
from modelport.gateway.authorize import place as placed
from modelport.gateway.dialect_table import DIALECTS, FAULTS
from modelport.gateway.doors import Door
from modelport.gateway.remote import bring, takes_data_only
from modelport.kit import clock
from modelport.providers.families import family_of
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.fetching import Fetcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.gateway.asked import Asked
    from modelport.gateway.passage import Passage
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.upstream.client import Target as Where
    from modelport.upstream.reply import Reply
    from modelport.upstream.sse import Event

__all__ = ["Attempt", "Begun", "Caller", "Empty", "attempt", "upstream_failure"]

_log = structlog.get_logger(__name__)

_ERROR_BODY_LIMIT = 64 * 1024
_DEFAULT_MAX_TOKENS = 4_096
"""For dialects that demand a length, where neither caller nor catalogue gives one."""
_LINGER = 0.1
"""Seconds a provider may take to close a stream that it has said is over."""
_STREAMS = frozenset({"text/event-stream", "application/vnd.amazon.eventstream"})
_CALLERS_FAULT = frozenset({400, 413, 415, 422})


class Attempt(msgspec.Struct):
    """One call of an endpoint, for the trace."""

    endpoint: str
    provider: str
    model: str
    status: int
    """What the provider answered; 0 when it did not."""
    fault: str | None = None
    milliseconds: int = 0


class Caller(msgspec.Struct, frozen=True):
    """What the attempts need to know of the caller and their bill."""

    generation_id: str
    created: int
    stream: bool
    without_reasoning: bool
    completion_cap: int | None
    door: Door


class Empty(Exception):
    """A provider answered 200 with nothing in it, or with half of it."""


class Begun:
    """An answer that has begun: whole, or its first events and the rest to come."""

    def __init__(self, endpoint: Endpoint, passage: Passage) -> None:
        self.endpoint = endpoint
        self.passage = passage
        self.first = b""
        """The patched events that have arrived."""
        self.rest: AsyncIterator[list[Event]] | None = None
        self._reply: Reply | None = None

    def streams(self, first: bytes, rest: AsyncIterator[list[Event]], reply: Reply) -> None:
        """It is a stream under way: what came first, what is to come, and the connection it comes by."""
        self.first, self.rest, self._reply = first, rest, reply

    async def drain(self) -> None:
        """Reads to the natural end, which comes at once after a stream's last event, so that the connection can be
        used again; a provider that lingers loses it.
        """
        if self.rest is None:
            return
        try:
            async with asyncio.timeout(_LINGER):
                async for _ in self.rest:
                    pass
        except (TimeoutError, UpstreamFault):
            return

    def close(self) -> None:
        """Drops the connection to the provider, which stops its work."""
        if self._reply is not None:
            self._reply.close()


async def attempt(services: Services, plan: Plan, asked: Asked, caller: Caller, attempts: list[Attempt]) -> Begun:
    """The first of the planned endpoints that answers; `attempts` is filled with what happened.

    Raises `UpstreamFailed` when none does, and `BadRequest` when what is asked can't be said to any of them.
    """
    failure: UpstreamFailed | None = None
    refusal: BadRequest | None = None
    for endpoint in plan.attempts:
        started = clock.monotonic()
        note = Attempt(endpoint.tag, endpoint.provider.name, endpoint.model_id, 0)
        attempts.append(note)
        try:
            return await _call(services, endpoint, asked, caller, note)
        except BadRequest as error:
            # Its dialect has no words for something; that of another endpoint may have.
            note.fault = "parameters"
            refusal = refusal or error
        except UpstreamFault as fault:
            note.fault = fault.kind.value
            failure = upstream_failure(fault, endpoint)
            _warn(endpoint, fault.kind.value, fault.detail)
        except (*FAULTS, Empty) as error:
            note.fault = "malformed"
            failure = upstream_failure(error, endpoint)
            _warn(endpoint, "malformed", str(error)[:300])
        except UpstreamFailed as error:
            note.fault = error.kind
            failure = error
            _warn(endpoint, f"status {note.status}", str(error.metadata.get("raw", "")))
            if note.status in _CALLERS_FAULT:
                break
        finally:
            note.milliseconds = int((clock.monotonic() - started) * 1000)
    if failure is None:
        assert refusal is not None
        raise refusal
    if len(attempts) > 1:
        failure.metadata["previous_errors"] = [
            {"provider": each.provider, "code": each.status, "status": each.fault} for each in attempts[:-1]
        ]
    raise failure


_warned: dict[tuple[str, str], float] = {}


def _warn(endpoint: Endpoint, fault: str, detail: str) -> None:
    """Logs a provider's fault, at most once a second for each kind: a provider that is down would fill the disk."""
    now, key = clock.monotonic(), (endpoint.id, fault)
    if now - _warned.get(key, -1.0) >= 1.0:
        _warned[key] = now
        _log.warning("upstream.fault", endpoint=endpoint.tag, model=endpoint.model_id, fault=fault, detail=detail)


async def _call(services: Services, endpoint: Endpoint, asked: Asked, caller: Caller, note: Attempt) -> Begun:
    provider, door = endpoint.provider, caller.door
    target = _target(endpoint, caller, services.catalog.snapshot.models.get(endpoint.model_id))
    if takes_data_only(endpoint.dialect) and door.dialect != endpoint.dialect and door.operation == "chat":
        fetcher = Fetcher(services.outbound, private=services.settings.private_addresses)
        await bring(asked.canonical, fetcher, services.settings.fetch_limit)
    body = door.body(asked, endpoint.dialect, target)
    if adds := provider.wire(endpoint.dialect).adds:
        body = with_added(body, adds)
    token = None
    if needs_token(provider, endpoint.dialect, provider.api_key):
        token = await token_header(services.upstream, provider, provider.api_key)
    reply = await services.upstream.send(_where(endpoint, door, stream=target.stream), body, token)
    begun = None
    try:
        note.status = reply.status
        if reply.status == 401 and token is not None:
            forget_token(services.upstream, provider, provider.api_key, token)
        if reply.status != 200:
            raise _refusal(reply, await reply.read(_ERROR_BODY_LIMIT), endpoint)
        identity = Identity(caller.generation_id, endpoint.model_id, provider.name, caller.created)
        way = door.passage(asked, endpoint.dialect, target, identity, without_reasoning=caller.without_reasoning)
        begun = await _begin(services, reply, caller, Begun(endpoint, way))
        return begun
    finally:
        if begun is None or begun.rest is None:
            reply.close()


def _target(endpoint: Endpoint, caller: Caller, model: Model | None) -> Target:
    """The provider's wire, with what is known of the line of models; the catalogue's word goes first."""
    dialect = endpoint.dialect
    wire, family = endpoint.provider.wire(dialect), family_of(endpoint.upstream_model)
    known = model.reasoning.supported_efforts if model is not None and model.reasoning is not None else None
    return Target(
        endpoint.upstream_model,
        caller.stream or endpoint.provider.always_stream,
        caller.completion_cap,
        endpoint.max_completion_tokens or _DEFAULT_MAX_TOKENS,
        wire.renames,
        family.drops_beside(wire.drops, dialect),
        wire.keeps,
        family.quirks_beside(wire.quirks, dialect),
        wire.reasoning_format,
        known or family.efforts,
    )


async def _begin(services: Services, reply: Reply, caller: Caller, begun: Begun) -> Begun:
    way = begun.passage
    if reply.content_type not in _STREAMS:
        # Also a provider that ignores `stream`, and one that answers 200 with an error or a page.
        way.read_whole(await reply.read(services.settings.response_body_limit))
        if not way.has_output and way.finish_reason is None:
            raise Empty("the answer is empty")
        if caller.stream:
            begun.first = way.whole_as_stream()
        return begun
    events = reply.events(services.settings.event_limit)
    if not caller.stream:
        return await _gather(events, begun)
    first: list[bytes] = []
    async for batch in events:
        first += [way.feed(event.event, event.data) for event in batch]
        if way.has_output or way.finish_reason is not None:
            begun.streams(b"".join(first), events, reply)
            return begun
        if way.done:
            break
    raise Empty("the stream ended before it began")


async def _gather(events: AsyncIterator[list[Event]], begun: Begun) -> Begun:
    way = begun.passage
    async for batch in events:
        for event in batch:
            way.gather(event.event, event.data)
        if way.done:
            break
    if not way.has_output and way.finish_reason is None:
        raise Empty("the stream ended before it began")
    if way.finish_reason is None and not way.done:
        raise Empty("the stream broke off")
    return begun


_places: dict[tuple[int, str, bool], tuple[Endpoint, Where]] = {}


def _where(endpoint: Endpoint, door: Door, *, stream: bool) -> Where:
    # Parsing an address and building headers costs 60 us; an endpoint never changes, so once is enough.
    place = (id(endpoint), door.operation, stream)
    known = _places.get(place)
    if known is not None and known[0] is endpoint:
        return known[1]
    if len(_places) > 10_000:
        _places.clear()
    path = door.path(endpoint.dialect, endpoint.upstream_model, stream=stream)
    where = placed(endpoint, path, key=endpoint.provider.api_key, stream=stream)
    _places[place] = (endpoint, where)
    return where


def _refusal(reply: Reply, body: bytes, endpoint: Endpoint) -> UpstreamFailed:
    status, retry_after = reply.status, reply.headers.get("retry-after")
    raw = _clean(DIALECTS[endpoint.dialect].read_error(status, body), endpoint)
    metadata: dict[str, object] = {"raw": raw, "provider_name": endpoint.provider.name}
    wait = int(retry_after) if retry_after is not None and retry_after.isdigit() else None
    match status:
        case 429:
            metadata |= {"is_byok": False, "limit_source": "upstream_provider_shared_pool"}
            return UpstreamFailed(
                "Provider returned error",
                code=429,
                kind="rate_limit_exceeded",
                metadata=metadata,
                retry_after=wait or 5,
            )
        case 400 | 422 | 413 | 415:
            code, kind = (413, "payload_too_large") if status == 413 else (400, "invalid_request")
        case 503 | 529:
            code, kind = 503, "provider_overloaded"
        case 408 | 504 | 524:
            code, kind = 504, "timeout"
        case _:
            # 401, 403 and 404 as well: the operator's key or row is wrong, which is no fault of the caller's.
            code, kind = 502, "provider_unavailable"
    return UpstreamFailed("Provider returned error", code=code, kind=kind, metadata=metadata, retry_after=wait)


def _clean(text: str, endpoint: Endpoint) -> str:
    """A provider's words without what must not be shown: its key, its address."""
    provider = endpoint.provider
    text = text[:500]
    if len(provider.api_key) >= 4:
        text = text.replace(provider.api_key, "[key]")
    host = URL(provider.base_url).host
    return text.replace(host, "[provider]") if host else text


def upstream_failure(error: Exception, endpoint: Endpoint) -> UpstreamFailed:
    """What a caller is told of a fault on the way to or from a provider."""
    metadata: dict[str, object] = {"provider_name": endpoint.provider.name}
    if isinstance(error, UpstreamFault):
        metadata["raw"] = error.message
        match error.kind:
            case (
                FaultKind.CONNECT_TIMEOUT
                | FaultKind.FIRST_BYTE_TIMEOUT
                | FaultKind.IDLE_TIMEOUT
                | FaultKind.TOTAL_TIMEOUT
            ):
                return UpstreamFailed("Provider timed out", code=504, kind="timeout", metadata=metadata)
            case FaultKind.BUSY:
                return UpstreamFailed(
                    "Provider is overloaded", code=503, kind="provider_overloaded", metadata=metadata, retry_after=5
                )
            case _:
                return UpstreamFailed("Provider returned error", metadata=metadata)
    metadata["raw"] = _clean(str(error), endpoint)
    return UpstreamFailed("Provider returned error", metadata=metadata)

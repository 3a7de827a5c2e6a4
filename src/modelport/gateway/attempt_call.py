"""One call of one endpoint: the request written in its dialect, sent, and the answer's first piece in hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from modelport.catalog import pricing
from modelport.dialects.canonical import Identity, Target, Usage
from modelport.gateway.attempt_body import body_of
from modelport.gateway.attempt_faults import Empty, Failed, refusal
from modelport.gateway.authorize import forget_token, needs_token, token_header
from modelport.gateway.authorize import place as placed
from modelport.gateway.doors import Door
from modelport.gateway.extras_answer import Echo
from modelport.gateway.remote import bring, takes_data_only
from modelport.kit import clock
from modelport.providers.families import family_of
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.fetching import Fetcher
from modelport.usage.generation import Attempt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.gateway.asked import Asked
    from modelport.gateway.passage import Passage
    from modelport.gateway.services import Services
    from modelport.providers.provider import UpstreamKey
    from modelport.upstream.client import Target as Where
    from modelport.upstream.reply import Reply
    from modelport.upstream.sse import Event

__all__ = ["Attempt", "Begun", "Caller", "Refused", "call", "cost_of"]

_ERROR_BODY_LIMIT = 64 * 1024
_DEFAULT_MAX_TOKENS = 4_096
"""For dialects that demand a length, where neither caller nor catalogue gives one."""
_LINGER = 0.1
"""Seconds a provider may take to close a stream that it has said is over."""
_SEARCH = frozenset({"web_search_options"})
_NAMELESS = frozenset({"nameless"})
_STREAMS = frozenset({"text/event-stream", "application/vnd.amazon.eventstream"})


class Caller(msgspec.Struct, frozen=True):
    """What the attempts need to know of the caller and their bill."""

    generation_id: str
    created: int
    stream: bool
    without_reasoning: bool
    completion_cap: int | None
    door: Door
    hedge_seconds: float | None = None
    """After how long without an answer a second endpoint is asked as well; None for never."""
    echo: Echo | None = None
    """Notes what providers are sent, where the caller wants to see it."""


class Refused(Exception):
    """The provider answered with an error status."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail)
        self.failed = failed


class Begun:
    """An answer that has begun: whole, or its first events and the rest to come."""

    def __init__(self, endpoint: Endpoint, passage: Passage, note: Attempt) -> None:
        self.endpoint = endpoint
        self.passage = passage
        self.note = note
        self.started = clock.monotonic()
        """When its attempt began; set by `attempt`."""
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


async def call(
    services: Services,
    endpoint: Endpoint,
    key: UpstreamKey | None,
    *,
    asked: Asked,
    caller: Caller,
    note: Attempt,
    within: float,
) -> Begun:
    """Calls the endpoint with one of its keys; the first piece of the answer must come `within` so many seconds.

    Raises `Refused`, `Empty`, `UpstreamFault` or a dialect's fault, and `BadRequest` for what can't be said to it.
    """
    provider, door = endpoint.provider, caller.door
    shown = provider.api_key if key is None else key.key
    target = _target(endpoint, caller, services.catalog.snapshot.models.get(endpoint.model_id))
    if takes_data_only(endpoint.dialect) and door.dialect != endpoint.dialect and door.operation == "chat":
        fetcher = Fetcher(services.outbound, private=services.settings.private_addresses)
        await bring(asked.canonical, fetcher, services.settings.fetch_limit)
    body = body_of(endpoint, target, asked, door)
    if caller.echo is not None:
        caller.echo.note(body)
    token = None
    if needs_token(provider, endpoint.dialect, shown):
        token = await token_header(services.upstream, provider, shown)
    where = _where(endpoint, door, shown, stream=target.stream)
    if within < where.timeouts.first_byte:
        where = replace(where, timeouts=replace(where.timeouts, first_byte=within))
    # An address that a caller gave is judged at the socket.
    guarded = endpoint.owned is not None and endpoint.owned.guarded
    reply = await (services.outbound if guarded else services.upstream).send(where, body, token)
    begun = way = None
    try:
        note.status = reply.status
        if reply.status == 401 and token is not None:
            forget_token(services.upstream, provider, shown, token)
        if reply.status != 200:
            raise Refused(refusal(reply.status, reply.headers, await reply.read(_ERROR_BODY_LIMIT), endpoint))
        identity = Identity(caller.generation_id, endpoint.model_id, provider.name, caller.created)
        way = door.passage(asked, endpoint.dialect, target, identity, without_reasoning=caller.without_reasoning)
        begun = await _begin(services, reply, caller, Begun(endpoint, way, note))
        return begun
    finally:
        if begun is None or begun.rest is None:
            reply.close()
        if begun is None and way is not None:
            note.upstream_cost = None if way.usage is None else cost_of(endpoint, asked, way.usage)


def cost_of(endpoint: Endpoint, asked: Asked, usage: Usage | None) -> int | None:
    """What the provider charges for an answer that was of no use. Where it was cut off before it told its usage: a low
    estimate, for the prompt alone. That no answer came does not show that it had not begun.
    """
    if endpoint.cost_pricing is None:
        return None
    if usage is None:
        usage = Usage(max(asked.prompt_bytes // 5, 1), 0, estimated=True)
    try:
        return pricing.cost(usage, endpoint.cost_pricing, clock.now())
    except ValueError:
        return None  # an absurd count


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
        _kept(wire.keeps, endpoint),
        _with_names(family.quirks_beside(wire.quirks, dialect), endpoint),
        wire.reasoning_format,
        known or family.efforts,
    )


def _kept(row: frozenset[str], endpoint: Endpoint) -> frozenset[str]:
    """The gateway's fields that the endpoint has a meaning for as well: a search that it runs itself."""
    return row | _SEARCH if endpoint.supported_parameters >= _SEARCH else row


def _with_names(quirks: frozenset[str], endpoint: Endpoint) -> frozenset[str]:
    """OpenAI's models know the names of those who speak; others are told in the text (`behaviour.md` section 2)."""
    if endpoint.dialect != "openai_chat" or endpoint.model_id.startswith("openai/"):
        return quirks
    return quirks | _NAMELESS


async def _begin(services: Services, reply: Reply, caller: Caller, begun: Begun) -> Begun:
    way, settings = begun.passage, services.settings
    if reply.content_type not in _STREAMS:
        # Also a provider that ignores `stream`, and one that answers 200 with an error or a page.
        way.read_whole(await reply.read(settings.response_body_limit))
        if not way.has_output and way.finish_reason is None:
            raise Empty("the answer is empty")
        if caller.stream:
            begun.first = way.whole_as_stream()
        return begun
    events = reply.events(settings.event_limit)
    if not caller.stream:
        return await _gather(events, begun)
    # A stream that only keeps the connection alive never idles: what it must bring in time is something of the answer.
    late = False

    def give_up() -> None:
        nonlocal late
        late = True
        reply.close()

    timer = asyncio.get_running_loop().call_later(settings.first_output_seconds, give_up)
    try:
        return await _first(events, begun, reply)
    except UpstreamFault:
        if late:
            raise UpstreamFault.of(begun.endpoint.provider.slug, FaultKind.FIRST_BYTE_TIMEOUT, sent=True) from None
        raise
    finally:
        timer.cancel()


async def _first(events: AsyncIterator[list[Event]], begun: Begun, reply: Reply) -> Begun:
    way, first = begun.passage, list[bytes]()
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


_places: dict[tuple[int, str, str, bool], tuple[Endpoint, Where]] = {}


def _where(endpoint: Endpoint, door: Door, key: str, *, stream: bool) -> Where:
    # Parsing an address and building headers costs 60 us; an endpoint never changes, so once for each key is enough.
    place = (id(endpoint), door.operation, key, stream)
    known = _places.get(place)
    if known is not None and known[0] is endpoint:
        return known[1]
    if len(_places) > 10_000:
        _places.clear()
    path = door.path(endpoint.dialect, endpoint.upstream_model, stream=stream)
    where = placed(endpoint, path, key=key, stream=stream)
    _places[place] = (endpoint, where)
    return where

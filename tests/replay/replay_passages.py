"""Sends recorded exchanges through the gateway's own doors: what providers are asked, what callers are answered.

Every exchange meets the code it would meet in service: a door reads the request and writes it for the provider, a
passage takes the provider's bytes as they came and makes the caller's of them. Those are read as a client would.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from replaying import frames, heard, read

from modelport.dialects.canonical import Charged, Identity, Target, Usage, UsageEvent, fold
from modelport.dialects.openai_chat.wire import GATEWAY_FIELDS
from modelport.gateway.doors import Address, Door, find

if TYPE_CHECKING:
    from replaying import Exchange

    from modelport.dialects.canonical import Event, Output
    from modelport.gateway.asked import Asked
    from modelport.gateway.passage import Passage

__all__ = ["DOORS", "ENTRIES", "Heard", "answered", "own_reading", "patched"]

_ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)

_HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_chat": ("/api/v1/chat/completions", {"model": "m", "messages": _HELLO}),
    "openai_completions": ("/api/v1/completions", {"model": "m", "prompt": "hello"}),
    "openai_responses": ("/api/v1/responses", {"model": "m", "input": "hello"}),
    "anthropic_messages": ("/api/v1/messages", {"model": "m", "max_tokens": 9, "messages": _HELLO}),
    "gemini": ("/v1beta/models/m:streamGenerateContent", {"contents": [{"parts": [{"text": "hello"}]}]}),
    "bedrock_converse": ("/model/m/converse", {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}),
    "cohere_chat": ("/v2/chat", {"model": "m", "messages": _HELLO}),
}
"""Where each dialect is spoken, and what its callers say while recorded answers are played to them."""


class Caller(NamedTuple):
    """A dialect's door, and a request that came by it."""

    door: Door
    asked: Asked


def _caller(name: str) -> Caller:
    path, body = ENTRIES[name]
    found = find(path, b"alt=sse")
    assert found is not None
    door = found[0]
    assert isinstance(door, Door)
    return Caller(door, door.read(json.dumps(body).encode(), Address("m")))


DOORS: dict[str, Caller] = {name: _caller(name) for name in ENTRIES}


class Heard(NamedTuple):
    """An answer, read as a client of the caller's dialect reads it."""

    output: Output
    usage: Usage | None


def _target(*, stream: bool) -> Target:
    return Target("m", stream, default_max_tokens=4096)


def _folded(events: list[Event]) -> Heard:
    usage = next((event.usage for event in reversed(events) if isinstance(event, UsageEvent)), None)
    return Heard(fold(events), usage)


def own_reading(exchange: Exchange) -> Heard:
    """What the provider said, in its own dialect. Raises `Failed`."""
    return _folded(heard(exchange))


def answered(exchange: Exchange, name: str, *, stream: bool) -> Heard:
    """The recorded answer as a caller of dialect `name` gets it. Raises a dialect's fault."""
    way = _passage(exchange, name)
    body = _streamed(exchange, way) if stream else _whole(exchange, way)
    return _folded(read(name, body, stream=stream))


def _passage(exchange: Exchange, name: str) -> Passage:
    door, asked = DOORS[name]
    target = _target(stream=exchange.stream)
    return door.passage(asked, exchange.dialect, target, _ME, without_reasoning=False)


def _streamed(exchange: Exchange, way: Passage) -> bytes:
    if exchange.stream:
        sent = [way.feed(name, data) for name, data in frames(exchange.dialect, exchange.body)]
    else:
        way.read_whole(exchange.body)
        sent = [way.whole_as_stream()]
    return b"".join([*sent, way.end(_charged(way))])


def _whole(exchange: Exchange, way: Passage) -> bytes:
    if exchange.stream:
        for name, data in frames(exchange.dialect, exchange.body):
            way.gather(name, data)
    else:
        way.read_whole(exchange.body)
    return way.whole(_charged(way))


def _charged(way: Passage) -> Charged:
    return Charged(way.usage or Usage(), 1_000_000, 400_000, 600_000)


def patched(exchange: Exchange) -> bytes:
    """The recorded request as a provider of the same dialect is sent it."""
    door = DOORS[exchange.dialect].door
    asked = door.read(exchange.request, exchange.address)
    everything = _target(stream=exchange.address.stream)._replace(keeps=GATEWAY_FIELDS)
    return door.body(asked, exchange.dialect, everything)

"""Which endpoint likely still has a conversation's prompt in its cache.

A conversation is known by what the caller calls it (`session_id`, `prompt_cache_key`), else by its first words: the
first system message and the first other one, hashed. It is kept for as long as the provider's cache lives after its
last use, in this process's memory, and no longer than there is room: the least recently used go first.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from modelport.gateway.wish import Sticky, field_of
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.canonical import Usage
    from modelport.gateway.asked import Asked

__all__ = ["Conversation", "Conversations", "conversation_of"]

_MOST = 50_000
_HOUR = 3600
_ROUTED = 300
"""Seconds for which a conversation keeps the model that a router picked for it."""
_EXPECTED = 0.5
"""The share of a prompt that is expected from the cache where none was told yet: after a write, or in a session."""


class Conversation(NamedTuple):
    """One conversation of one account, and whether its caller named it."""

    key: bytes
    named: bool
    hour: bool
    """Whether the caller asked the provider to keep the prompt for an hour."""


class _Place(NamedTuple):
    endpoint_id: str
    cached_share: float
    until: float
    model_id: str | None
    """The model that a router picked, for as long as that is to be kept."""
    model_until: float


def conversation_of(account_id: str, asked: Asked, session: str | None) -> Conversation:
    """The conversation that a request belongs to."""
    named = session or field_of(asked, "prompt_cache_key", str)
    model = asked.peek.model or ""
    digest = hashlib.blake2b(f"{account_id}\0{model}\0".encode(errors="replace"), digest_size=16)
    if named:
        digest.update(named.encode(errors="replace"))
    else:
        _first_words(asked, digest.update)
    return Conversation(digest.digest(), bool(named), b'"1h"' in asked.body)


def _first_words(asked: Asked, take: Callable[[bytes], object]) -> None:
    system = other = False
    if asked.chat is not None:
        for message in asked.chat.messages:
            is_system = message.role in {"system", "developer"}
            if (is_system and not system) or (not is_system and not other):
                content = message.content
                take(message.role.encode())
                if isinstance(content, str):
                    take(content.encode(errors="replace"))
                for part in content if isinstance(content, list) else ():
                    take(bytes(part))
            system, other = system or is_system, other or not is_system
            if other:
                return
        return
    for turn in asked.canonical.messages[:2]:
        take(turn.role.encode())
        take(repr(turn.parts).encode(errors="replace"))


class Conversations:
    """Where conversations were last answered."""

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self._now = now
        self._places: OrderedDict[bytes, _Place] = OrderedDict()

    def find(self, conversation: Conversation) -> Sticky | None:
        """Where its prompt likely still is in a cache."""
        place = self._places.get(conversation.key)
        if place is None:
            return None
        now = self._now()
        cached, routed = place.until > now, place.model_until > now
        if not cached and not routed:
            del self._places[conversation.key]
            return None
        model_id = place.model_id if routed else None
        return Sticky(place.endpoint_id if cached else "", place.cached_share, model_id)

    def remember(self, conversation: Conversation, endpoint: Endpoint, usage: Usage, *, routed: bool = False) -> None:
        """An endpoint has answered; worth remembering where a second reading of the prompt is cheaper there, and where
        the model was picked by a router: the conversation's next turn gets the same one.
        """
        rates, seconds = endpoint.pricing.base, endpoint.provider.cache_seconds
        used = usage.cached_tokens or usage.cache_write_tokens
        is_cached = bool(seconds) and rates.cache_read < rates.prompt and bool(used or conversation.named)
        if not is_cached and not routed:
            return
        share = usage.cached_tokens / usage.prompt_tokens if usage.cached_tokens and usage.prompt_tokens else _EXPECTED
        now = self._now()
        self._places[conversation.key] = _Place(
            endpoint.id,
            min(share, 1.0),
            now + (max(seconds, _HOUR) if conversation.hour else seconds) if is_cached else 0.0,
            endpoint.model_id,
            now + _ROUTED if routed else 0.0,
        )
        self._places.move_to_end(conversation.key)
        if len(self._places) > _MOST:
            self._places.popitem(last=False)

"""The response cache: an answer that is asked for again, word for word, is given again, and costs nothing.

Off unless a request (or its preset) wants it. Answers are kept apart by key, address and form, as many as there is room
for: in this process's memory, where the least recently used go first, or in the Redis that several processes share
(`shared_cache.py`). What is kept are the bytes that the caller got, so a stream is replayed as it was; the id and the
usage are written anew.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import msgspec

from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Door
    from modelport.gateway.exchange import Exchange, Message, Send
    from modelport.gateway.rewriting import Rewritten
    from modelport.keys.service import LiveKey
    from modelport.kit.vault import Vault
    from modelport.settings import Settings

__all__ = [
    "Answers",
    "Cached",
    "Hit",
    "Recording",
    "ResponseCache",
    "Wanted",
    "make_cache",
    "replayed",
    "told_of",
    "wanted",
]

_DIALECTS = frozenset({"openai_chat", "openai_completions", "openai_responses", "anthropic_messages"})
_LONGEST = 86_400
_USUAL = 300
_USAGE = frozenset({"usage"})


class Wanted(NamedTuple):
    """What a request wants of the cache."""

    account_id: str
    key: bytes
    """Stands for the caller's key, the address, the form and the words."""
    seconds: int
    clear: bool
    """Whether what is kept must not be used, and is to be replaced."""


class Hit(Exception):
    """The cache has the answer."""

    def __init__(self, cached: Cached, key: LiveKey, request: Asked) -> None:
        super().__init__()
        self.cached, self.key, self.request = cached, key, request


class Cached(msgspec.Struct, frozen=True):
    """An answer that is kept."""

    source_id: str
    """The generation it was made by."""
    content_type: bytes
    body: bytes
    model: str
    provider: str
    """Its slug."""
    provider_name: str
    made: float = 0.0
    """In seconds of the clock of the cache it is in, like `until`."""
    until: float = 0.0

    def lasting(self, now: float, seconds: int) -> Cached:
        """The same, made now and good for so many seconds."""
        return msgspec.structs.replace(self, made=now, until=now + seconds)


def wanted(exchange: Exchange, door: Door, ready: Rewritten, key: LiveKey, *, stream: bool) -> Wanted | None:
    """What the request wants of the cache; None for nothing.

    A header that says no wins over a preset that says yes, and a preset that says no over a header that says yes.
    """
    asked = (exchange.header(b"x-openrouter-cache") or "").lower()
    if asked == "false" or ready.cache_enabled is False or not (asked == "true" or ready.cache_enabled):
        return None
    # A guest's answers are never kept: they are nobody's, and everybody's.
    if door.dialect not in _DIALECTS or exchange.guest:
        return None
    try:
        body = msgspec.json.format(ready.body, indent=-1)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the reader will say what is wrong with it
    digest = hashlib.sha256(f"{key.record.id}\0{door.dialect}\0{door.operation}\0{stream}\0".encode())
    digest.update(body)
    seconds = _seconds(exchange.header(b"x-openrouter-cache-ttl"))
    clear = (exchange.header(b"x-openrouter-cache-clear") or "").lower() == "true"
    return Wanted(key.record.account_id, digest.digest(), _clamped(seconds or ready.cache_seconds or _USUAL), clear)


def _seconds(text: str | None) -> int | None:
    number = re.match(r"\s*(\d{1,9})", text or "")
    return int(number[1]) if number is not None else None


def _clamped(seconds: int) -> int:
    return min(max(seconds, 1), _LONGEST)


class Answers(Protocol):
    """Where answers are kept: `ResponseCache` in this process, `SharedCache` for several."""

    async def find(self, asked: Wanted) -> Cached | None:
        """The answer that was given to the same words, if it is still good."""
        ...

    def keep(self, asked: Wanted, cached: Cached) -> None:
        """Keeps an answer for as long as its request wants."""
        ...

    def headers(self, cached: Cached) -> list[tuple[bytes, bytes]]:
        """What is told of an answer from the cache."""
        ...

    async def close(self) -> None:
        """Nothing is kept any more."""
        ...


class ResponseCache:
    """Kept answers, within so many bytes."""

    def __init__(self, limit: int, now: Callable[[], float] = clock.monotonic) -> None:
        self._limit, self._now = limit, now
        self._kept: OrderedDict[bytes, Cached] = OrderedDict()
        self.size = 0
        """Bytes of all bodies."""

    async def find(self, asked: Wanted) -> Cached | None:
        """See `Answers`."""
        kept = self._kept.get(asked.key)
        if kept is None:
            return None
        if asked.clear or kept.until <= self._now():
            self._drop(asked.key)
            return None
        self._kept.move_to_end(asked.key)
        return kept

    def keep(self, asked: Wanted, cached: Cached) -> None:
        """See `Answers`; one answer may not push out all others."""
        if len(cached.body) > self._limit // 8:
            return
        self._drop(asked.key)
        self._kept[asked.key] = cached.lasting(self._now(), asked.seconds)
        self.size += len(cached.body)
        while self.size > self._limit:
            self._drop(next(iter(self._kept)))

    def headers(self, cached: Cached) -> list[tuple[bytes, bytes]]:
        """See `Answers`."""
        return told_of(cached, self._now())

    async def close(self) -> None:
        """See `Answers`."""
        self._kept.clear()
        self.size = 0

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= len(kept.body)


def make_cache(settings: Settings, vault: Vault) -> Answers:
    """In Redis, where one is given; else in this process."""
    if settings.redis_url is None:
        return ResponseCache(settings.response_cache_bytes)
    # Whoever has no Redis need not load its client.
    from modelport.gateway.shared_cache import SharedCache  # noqa: PLC0415

    url, timeout = settings.redis_url.get_secret_value(), settings.redis_timeout
    return SharedCache(url, timeout, settings.response_cache_bytes, vault)


def told_of(cached: Cached, now: float) -> list[tuple[bytes, bytes]]:
    """The headers of an answer from a cache whose clock says `now`."""
    return [
        (b"x-openrouter-cache-status", b"HIT"),
        (b"x-openrouter-cache-age", b"%d" % max(now - cached.made, 0)),
        (b"x-openrouter-cache-ttl", b"%d" % max(cached.until - now, 0)),
        (b"x-openrouter-cache-source-id", cached.source_id.encode()),
    ]


class Recording:
    """Writes down what goes out to a caller, while it does."""

    def __init__(self, send: Send, comment: bytes) -> None:
        self._send, self._comment = send, comment
        self._parts: list[bytes] = []
        self._status = 0
        self._whole = False
        self.content_type = b""

    async def __call__(self, message: Message) -> None:
        """Sends a message on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self.content_type = dict(message["headers"]).get(b"content-type", b"")
        elif message["type"] == "http.response.body":
            data = message.get("body", b"")
            if data != self._comment:
                self._parts.append(data)
            self._whole = not message.get("more_body")
        await self._send(message)

    @property
    def body(self) -> bytes | None:
        """The whole body of an answer with status 200; None for any other."""
        return b"".join(self._parts) if self._whole and self._status == 200 else None


def replayed(cached: Cached, generation_id: str) -> bytes:
    """The answer with a new id, and with nothing used."""
    body = cached.body.replace(cached.source_id.encode(), generation_id.encode())
    if not cached.content_type.startswith(b"text/event-stream"):
        return _unused(body)
    lines = body.split(b"\n")
    return b"\n".join(
        b"data: " + _unused(line[6:]) if line.startswith(b"data: {") and b'"usage"' in line else line for line in lines
    )


def _unused(text: bytes) -> bytes:
    return msgspec.json.encode(_zeroed(msgspec.json.decode(text), within=False))


def _zeroed(value: Any, *, within: bool) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _zeroed(each, within=within or name in _USAGE) for name, each in fields.items()}
    if isinstance(value, list):
        return [_zeroed(each, within=within) for each in cast("list[Any]", value)]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return 0 if within and number else value

"""The response cache of several processes: in the Redis or Valkey that they share.

What lies there is sealed with the master secret and bound to its name, which begins with the account: a copy of Redis
gives no answer away, and one moved to another account's name can't be opened. There is a bound on all bodies together;
when it is passed, what would end first goes first. A Redis that is slow or away is a cache without the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from modelport.gateway.cache import Cached, told_of
from modelport.kit import clock
from modelport.kit.vault import SealBroken
from modelport.limits.shared import FAULTS, client_of

if TYPE_CHECKING:
    from modelport.gateway.cache import Wanted
    from modelport.kit.vault import Vault

__all__ = ["SharedCache"]

_log = structlog.get_logger(__name__)
_PLACE: Final = "modelport:{cache}"
"""In braces: a cluster keeps together what one script touches."""
_BOOKS: Final = (f"{_PLACE}:ends", f"{_PLACE}:sizes", f"{_PLACE}:total")
_LARGEST: Final = 1024 * 1024
"""Bytes of the largest answer that is kept: Redis does one thing at a time."""
_MOST_ON_THE_WAY: Final = 256
"""Answers that may be on their way to Redis at once; more are not kept."""
_CONNECTIONS: Final = 16
_REST_SECONDS: Final = 1.0
"""How long Redis is left alone after a fault."""

# What has ended by itself is taken off the books first; Redis's own clock says what has.
_KEEP = """
local ends, sizes, total = KEYS[2], KEYS[3], KEYS[4]
local function drop(name)
  local size = redis.call('HGET', sizes, name)
  if size then
    redis.call('HDEL', sizes, name)
    redis.call('DECRBY', total, size)
  end
  redis.call('ZREM', ends, name)
  redis.call('DEL', name)
end
local time = redis.call('TIME')
local now = tonumber(time[1])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now)) do drop(name) end
drop(KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZADD', ends, now + tonumber(ARGV[2]), KEYS[1])
redis.call('HSET', sizes, KEYS[1], #ARGV[1])
local held = redis.call('INCRBY', total, #ARGV[1])
while held > tonumber(ARGV[3]) do
  local first = redis.call('ZRANGE', ends, 0, 0)[1]
  if not first then break end
  drop(first)
  held = tonumber(redis.call('GET', total))
end
return held
"""


class SharedCache:
    """Answers that all processes find; see `cache.Answers`."""

    def __init__(self, url: str, timeout: float, limit: int, vault: Vault) -> None:
        """`timeout` is how many seconds a request waits for Redis before it goes on without; `limit` bytes are kept."""
        self._timeout, self._limit, self._vault = timeout, limit, vault
        self._client: Any = client_of(url, timeout)
        self._script: Any = self._client.register_script(_KEEP)
        self._turns = asyncio.Semaphore(_CONNECTIONS)
        self._rests_until = 0.0
        self._on_the_way: dict[str, Cached] = {}
        """What Redis does not have yet: who asks again at once finds it here."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def find(self, asked: Wanted) -> Cached | None:
        """See `Answers`."""
        name = _name(asked)
        if asked.clear:
            self._on_the_way.pop(name, None)
            await self._asked(self._client.delete(name))
            return None
        if (cached := self._on_the_way.get(name)) is not None:
            return cached
        sealed: bytes | None = await self._asked(self._client.get(name))
        if sealed is None:
            return None
        try:
            return msgspec.msgpack.decode(self._vault.open_bytes(sealed, context=name), type=Cached)
        except (SealBroken, msgspec.DecodeError):
            return None  # of another master secret, or of another version of ours

    def keep(self, asked: Wanted, cached: Cached) -> None:
        """See `Answers`; nobody waits for it."""
        if len(cached.body) > min(self._limit // 8, _LARGEST) or len(self._on_the_way) >= _MOST_ON_THE_WAY:
            return
        name = _name(asked)
        self._on_the_way[name] = kept = cached.lasting(_now(), asked.seconds)
        task = asyncio.create_task(self._write(name, kept, asked.seconds), name="cache-keep")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def headers(self, cached: Cached) -> list[tuple[bytes, bytes]]:
        """See `Answers`."""
        return told_of(cached, _now())

    async def close(self) -> None:
        """Writes what is on its way, and closes the connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2 * self._timeout)
        with contextlib.suppress(*FAULTS):
            await self._client.aclose()

    async def _write(self, name: str, kept: Cached, seconds: int) -> None:
        try:
            sealed = self._vault.seal_bytes(msgspec.msgpack.encode(kept), context=name)
            await self._asked(self._script([name, *_BOOKS], [sealed, seconds, self._limit]))
        finally:
            if self._on_the_way.get(name) is kept:
                del self._on_the_way[name]

    async def _asked(self, question: Any) -> Any:
        """What Redis answers; None when it does not."""
        if clock.monotonic() < self._rests_until:
            question.close()
            return None
        try:
            async with asyncio.timeout(self._timeout), self._turns:
                return await question
        except FAULTS as error:
            if clock.monotonic() >= self._rests_until:
                _log.warning("cache.redis_away", cause=repr(error)[:300])
            self._rests_until = clock.monotonic() + _REST_SECONDS
            return None


def _name(asked: Wanted) -> str:
    return f"{_PLACE}:{asked.account_id}:{asked.key.hex()}"


def _now() -> float:
    return clock.now_ms() / 1000

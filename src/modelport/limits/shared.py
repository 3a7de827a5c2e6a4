"""Counting in Redis or Valkey, for any number of processes: one round trip a request, and open when it is away.

The connection is the `limits` library's storage (so its URLs work, also of Sentinel and Cluster); the script is ours,
because a request is checked against several limits in one step. A Redis that is slow or away refuses nobody: the
request passes uncounted, a metric counts that, and for a moment nobody asks again.

A slot of a killed process ends by itself: it is held for a minute, and living processes renew theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import redis
import structlog
from limits.aio.storage import RedisStorage
from redis import DriverInfo
from redis.exceptions import RedisError

from modelport.kit import clock
from modelport.limits.metrics import PASSED_UNCOUNTED
from modelport.limits.windows import Claim, Refused, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FAULTS", "RedisWindows", "client_of"]

_log = structlog.get_logger(__name__)
_PREFIX = "modelport"
_REST_SECONDS = 1.0
"""How long Redis is left alone after a fault."""
_SLOT_MS = 60_000
_RENEW_SECONDS = 15.0
_CONNECTIONS = 32
"""Most questions at once; each has a connection of its own."""
_DRIVER: Any = DriverInfo(lib_version=redis.__version__)  # the library takes any option, and declares plain ones
FAULTS = (RedisError, OSError, TimeoutError)
"""What a Redis that is slow or away makes of a question."""

# Redis's own clock decides about slots: the clocks of machines differ.
_TAKE = """
local n = #KEYS - tonumber(ARGV[1])
local counts = {}
for i = 1, n do
  local used = tonumber(redis.call('GET', KEYS[i]) or '0')
  if used + tonumber(ARGV[3 * i]) > tonumber(ARGV[3 * i - 1]) then return {i, used} end
  counts[i] = used
end
if n < #KEYS then
  local slot, at = KEYS[n + 1], 3 * n + 2
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', slot, '-inf', now)
  local busy = redis.call('ZCARD', slot)
  if busy >= tonumber(ARGV[at]) then return {n + 1, busy} end
  redis.call('ZADD', slot, now + tonumber(ARGV[at + 2]), ARGV[at + 1])
  redis.call('PEXPIRE', slot, ARGV[at + 2])
end
local answer = {0}
for i = 1, n do
  answer[i + 1] = redis.call('INCRBY', KEYS[i], ARGV[3 * i])
  if counts[i] == 0 then redis.call('EXPIRE', KEYS[i], ARGV[3 * i + 1]) end
end
return answer
"""

# What is given back never takes a window below nought, nor makes one that has ended.
_CHANGE = """
local used = redis.call('GET', KEYS[1])
local amount = tonumber(ARGV[1])
if not used and amount <= 0 then return 0 end
local now = redis.call('INCRBY', KEYS[1], amount)
if not used then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
if now < 0 then redis.call('SET', KEYS[1], 0, 'KEEPTTL') end
return now
"""

_RENEW = """
local time = redis.call('TIME')
local expiry = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], 'XX', expiry, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""


def client_of(url: str, timeout: float) -> Any:
    """A client of Redis or Valkey at any of the addresses that `limits` understands, of Sentinel and Cluster too."""
    storage = RedisStorage(
        f"async+{url}",
        implementation="redispy",
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        # Else the client looks for its own version on disk at every new connection.
        driver_info=_DRIVER,
    )
    # One of three clients' bridges, declared as none of them.
    bridge: Any = storage.bridge
    return bridge.get_connection()


class RedisWindows:
    """Counts that all processes share."""

    def __init__(self, url: str, timeout: float) -> None:
        """`timeout` is how many seconds a request waits for Redis before it passes uncounted."""
        self._timeout = timeout
        self._client: Any = client_of(url, timeout)
        self._take: Any = self._client.register_script(_TAKE)
        self._change: Any = self._client.register_script(_CHANGE)
        self._renew: Any = self._client.register_script(_RENEW)
        self._turns = asyncio.Semaphore(_CONNECTIONS)
        self._rests_until = 0.0
        self._later: list[tuple[str, int, int] | Slot] = []
        """What is told to Redis beside requests: changes of windows, and slots to free."""
        self._wake = asyncio.Event()
        self._closing = False
        self._held: set[Slot] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins telling Redis what nobody waits for."""
        self._tasks = [
            asyncio.create_task(self._tell_for_ever(), name="limits-tell"),
            asyncio.create_task(self._renew_for_ever(), name="limits-renew"),
        ]

    async def close(self) -> None:
        """Tells what is left, and closes the connections."""
        self._closing = True
        self._wake.set()
        if self._tasks:
            # The client may take a cancellation for a fault of the connection, so the teller ends by itself.
            telling, renewing = self._tasks
            renewing.cancel()
            await asyncio.wait([telling], timeout=2 * self._timeout)
            telling.cancel()
        with contextlib.suppress(*FAULTS):
            await self._client.aclose()

    async def take(self, claims: Sequence[Claim], slot: Slot | None) -> list[int] | Refused | None:
        """See `Windows`."""
        keys = [f"{_PREFIX}:{claim.key}" for claim in claims]
        values: list[str | int] = [0 if slot is None else 1]
        for claim in claims:
            values += (claim.limit, claim.amount, claim.seconds)
        if slot is not None:
            keys.append(f"{_PREFIX}:{slot.key}")
            values += (slot.limit, slot.holder, _SLOT_MS)
        answer = await self._asked(self._take(keys, values))
        if answer is None:
            return None
        if answer[0]:
            return Refused(answer[0] - 1, answer[1])
        if slot is not None:
            self._held.add(slot)
        return answer[1:]

    async def used(self, key: str) -> int | None:
        """See `Windows`."""
        answer = await self._asked(self._client.get(f"{_PREFIX}:{key}"))
        return None if answer is None else int(answer)

    async def begin(self, key: str, amount: int, seconds: int) -> None:
        """See `Windows`."""
        await self._asked(self._client.set(f"{_PREFIX}:{key}", amount, ex=seconds, nx=True))

    def change(self, key: str, amount: int, seconds: int) -> None:
        """See `Windows`."""
        self._later.append((key, amount, seconds))
        self._wake.set()

    def free(self, slot: Slot) -> None:
        """See `Windows`."""
        self._held.discard(slot)
        self._later.append(slot)
        self._wake.set()

    async def _asked(self, question: Any) -> Any:
        """What Redis answers; None, and the request passes, when it does not."""
        if clock.monotonic() < self._rests_until:
            question.close()
            PASSED_UNCOUNTED.inc()
            return None
        try:
            async with asyncio.timeout(self._timeout), self._turns:
                return await question
        except FAULTS as error:
            self._rest(error)
            PASSED_UNCOUNTED.inc()
            return None

    def _rest(self, error: BaseException) -> None:
        if clock.monotonic() >= self._rests_until:
            _log.warning("limits.redis_away", cause=repr(error)[:300])
        self._rests_until = clock.monotonic() + _REST_SECONDS

    async def _tell_for_ever(self) -> None:
        while self._later or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            batch, self._later = self._later, []
            if clock.monotonic() < self._rests_until:
                continue
            try:
                await self._tell(batch)
            except FAULTS as error:
                # Windows end and slots expire: what is lost with Redis mends itself.
                self._rest(error)

    async def _tell(self, batch: Sequence[tuple[str, int, int] | Slot]) -> None:
        for each in batch:
            if isinstance(each, Slot):
                await self._client.zrem(f"{_PREFIX}:{each.key}", each.holder)
            else:
                key, amount, seconds = each
                await self._change([f"{_PREFIX}:{key}"], [amount, seconds])

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            await self.renew()

    async def renew(self) -> None:
        """Holds every slot of this process a minute longer."""
        try:
            for slot in tuple(self._held):
                if slot in self._held:  # it may have been freed meanwhile
                    await self._renew([f"{_PREFIX}:{slot.key}"], [slot.holder, _SLOT_MS])
        except FAULTS as error:
            self._rest(error)

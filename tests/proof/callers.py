"""Callers of every kind: patient ones, ones who leave, ones whose provider fails them; and what each of them saw."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import aiohttp

from proof.world import MODELS

if TYPE_CHECKING:
    from proof.world import Customer, World

__all__ = ["Call", "Crowd", "plan", "seeded"]

_MAX_TOKENS = 64
_FAILS_BEFORE = ("status", "reset", "empty200", "html")
_FAILS_AFTER = ("reset", "truncate", "error_event", "garbage", "badchunk")


@dataclass
class Call:
    """One request: what it is to do, and what its caller saw."""

    marker: str
    model: str
    stream: bool
    tokens: int
    prompt_tokens: int
    interval_ms: float = 0
    first_ms: float = 0
    fail: str = ""
    at: int = 0
    leave_after_events: int | None = None
    leave_after_seconds: float | None = None

    sent: bool = False
    """Whether it was tried at all."""
    status: int = 0
    generation_id: str | None = None
    events: int = 0
    """Events with content that arrived."""
    ended: bool = False
    """Whether the end of a whole answer arrived: the usage chunk and `[DONE]`, or the whole JSON."""
    told_error: bool = False
    """Whether an error arrived, as a status or as an event."""
    left: bool = False
    """Whether the caller left on purpose."""
    cut: bool = False
    """Whether the connection failed: only a killed server does that."""
    cost: float | None = None
    read_back: dict[str, Any] | None = field(default=None, repr=False)
    """What `/generation` said right after the end."""

    @property
    def exact(self) -> int:
        """What the whole answer costs, in nano-dollars."""
        return MODELS[self.model].exact(self.prompt_tokens, self.tokens)

    @property
    def most(self) -> int:
        """What no answer to this request can cost more than: a token a byte of prompt, and all it may say."""
        return MODELS[self.model].exact(len(self.body()), _MAX_TOKENS)

    def body(self) -> bytes:
        """The request's body."""
        script = f"tokens={self.tokens} prompt_tokens={self.prompt_tokens} marker={self.marker}"
        if self.interval_ms:
            script += f" interval_ms={self.interval_ms:g}"
        if self.first_ms:
            script += f" first_ms={self.first_ms:g}"
        if self.fail:
            script += f" fail={self.fail} at={self.at}"
        return json.dumps(
            {
                "model": self.model,
                "stream": self.stream,
                "max_tokens": _MAX_TOKENS,
                "user": self.marker,
                "messages": [{"role": "user", "content": f"fake: {script}\nPlease say something."}],
            }
        ).encode()


def seeded(seed: int) -> Random:
    """Lots that fall the same way again."""
    return Random(seed)  # noqa: S311 (made to be foreseen)


def plan(random: Random, count: int, prefix: str) -> list[Call]:
    """`count` calls: half of them streams; some whose caller leaves, some whose provider fails."""
    calls: list[Call] = []
    for number in range(count):
        stream = random.random() < 0.55
        call = Call(
            marker=f"{prefix}-{number}",
            model=random.choice(["fake/cheap", "fake/dear"]),
            stream=stream,
            tokens=random.randint(3, 40),
            prompt_tokens=random.randint(1, 60),
            interval_ms=random.choice([0, 2, 8]) if stream else 0,
            first_ms=random.choice([0, 0, 10, 60]),
        )
        lot = random.random()
        if lot < 0.08:  # leaves before the first byte
            call.first_ms = 400
            call.leave_after_seconds = random.uniform(0.01, 0.3)
        elif lot < 0.18:  # leaves at any moment, which may be just the moment of an end
            call.leave_after_seconds = random.uniform(0.0, 0.25)
        elif lot < 0.28 and stream:  # leaves in mid-stream
            call.leave_after_events = random.randint(1, 10)
            call.interval_ms = call.interval_ms or 4
        elif lot < 0.36:
            call.fail, call.at = random.choice(_FAILS_BEFORE), 0
        elif lot < 0.44:
            call.fail, call.at = random.choice(_FAILS_AFTER), random.randint(2, 3)
        calls.append(call)
    return calls


class Crowd:
    """Sends calls, so many at once, while the server may be killed; each is sent once and never again."""

    def __init__(self, world: World, customer: Customer, at_once: int) -> None:
        self._world = world
        self._headers = {"Authorization": f"Bearer {customer.key}", "Content-Type": "application/json"}
        self._gate = asyncio.Semaphore(at_once)
        self.up = asyncio.Event()
        """Callers come only while this is set."""
        self.up.set()
        self.done = 0
        """Calls that are over."""

    async def until_done(self, count: int, sending: asyncio.Task[None]) -> None:
        """Waits until so many calls are over, or all that are being sent."""
        while self.done < count and not sending.done():  # noqa: ASYNC110 (a moment, not an event, is waited for)
            await asyncio.sleep(0.001)

    async def send(self, calls: list[Call]) -> None:
        """Sends them all and waits for the last."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, headers=self._headers) as session:
            await asyncio.gather(*(self._one(session, call) for call in calls))

    async def _one(self, session: aiohttp.ClientSession, call: Call) -> None:
        async with self._gate:
            await self.up.wait()
            call.sent = True
            try:
                async with asyncio.timeout(call.leave_after_seconds):
                    await self._call(session, call)
            except TimeoutError:
                call.left = True
            except (aiohttp.ClientError, ConnectionError):
                call.cut = True
            self.done += 1

    async def _call(self, session: aiohttp.ClientSession, call: Call) -> None:
        answer = await session.post(f"{self._world.url}/api/v1/chat/completions", data=call.body())
        try:
            call.status = answer.status
            call.generation_id = answer.headers.get("x-generation-id")
            if answer.status != 200:
                call.told_error = True
                await answer.read()
                return
            if call.stream:
                await self._read_stream(answer, call)
            else:
                whole = await answer.json()
                call.events = 1
                call.cost = whole["usage"]["cost"]
                call.ended = True
        except BaseException:
            answer.close()
            raise
        answer.release() if call.ended or call.told_error else answer.close()
        if call.ended and hash(call.marker) % 8 == 0:
            await self._read_back(session, call)

    async def _read_stream(self, answer: aiohttp.ClientResponse, call: Call) -> None:
        cost: float | None = None
        async for line in answer.content:
            if not line.startswith(b"data: "):
                continue
            if line.startswith(b"data: [DONE]"):
                if not call.told_error:
                    call.cost, call.ended = cost, True
                continue  # to the end of the body, so that the connection is used again
            event = json.loads(line[6:])
            if "error" in event:
                call.told_error = True
            elif "usage" in event:
                cost = event["usage"]["cost"]
            elif event["choices"][0]["delta"].get("content"):
                call.events += 1
                if call.events == call.leave_after_events:
                    call.left = True
                    return

    async def _read_back(self, session: aiohttp.ClientSession, call: Call) -> None:
        """What was just told can be read at once."""
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async with session.get(
                f"{self._world.url}/api/v1/generation", params={"id": call.generation_id or ""}
            ) as answer:
                assert answer.status == 200, await answer.text()
                call.read_back = (await answer.json())["data"]

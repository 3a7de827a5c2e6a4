"""Tokens that hold for a while: one asks for all, nobody waits while one holds, faults are not kept."""

from __future__ import annotations

import asyncio

import pytest

from modelport.kit import clock
from modelport.upstream.tokens import Token, Tokens


class Source:
    """Gives `t1`, `t2`, ...; waits for `gate` where it has one, and fails while told to."""

    def __init__(self, seconds: float = 3600) -> None:
        self.asked = 0
        self.seconds = seconds
        self.gate: asyncio.Event | None = None
        self.broken = False

    async def __call__(self) -> Token:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise OSError("no token")
        return Token(f"t{self.asked}", self.seconds)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, to be moved."""
    at = [1_000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: at[0])
    return at


async def test_all_who_wait_share_one_asking(now: list[float]) -> None:
    tokens, source = Tokens(), Source()
    source.gate = asyncio.Event()
    waiting = [asyncio.create_task(tokens.get("a", source)) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    source.gate.set()
    got = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(got[0], asyncio.CancelledError)
    assert got[1:] == ["t1"] * 49
    assert source.asked == 1
    assert await tokens.get("a", source) == "t1"
    assert now == [1_000.0]


async def test_an_old_token_is_renewed_beside_the_request(now: list[float]) -> None:
    tokens, source = Tokens(), Source()
    assert await tokens.get("a", source) == "t1"
    now[0] += 3_299
    assert await tokens.get("a", source) == "t1"
    now[0] += 2
    source.gate = asyncio.Event()
    assert await tokens.get("a", source) == "t1"  # it still holds, so nobody waits
    assert await tokens.get("a", source) == "t1"
    await asyncio.sleep(0)
    assert source.asked == 2
    source.gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await tokens.get("a", source) == "t2"


async def test_one_that_has_ended_is_waited_for(now: list[float]) -> None:
    tokens, source = Tokens(), Source(seconds=60)
    assert await tokens.get("a", source) == "t1"
    now[0] += 61
    assert await tokens.get("a", source) == "t2"


async def test_a_fault_is_told_to_all_who_wait_and_not_kept(now: list[float]) -> None:
    tokens, source = Tokens(), Source()
    source.broken = True
    got = await asyncio.gather(*(tokens.get("a", source) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in got] == [OSError] * 3
    assert source.asked == 1
    source.broken = False
    assert await tokens.get("a", source) == "t2"
    now[0] += 3_400
    source.broken = True
    assert await tokens.get("a", source) == "t2"  # renewing failed, the old one holds
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    now[0] += 201
    with pytest.raises(OSError, match="no token"):
        await tokens.get("a", source)


async def test_a_refused_token_is_forgotten_but_not_a_newer_one() -> None:
    tokens, source = Tokens(), Source()
    assert await tokens.get("a", source) == "t1"
    tokens.forget("a", "t0")
    assert await tokens.get("a", source) == "t1"
    tokens.forget("a", "t1")
    assert await tokens.get("a", source) == "t2"
    assert await tokens.get("b", source) == "t3"


async def test_closing_stops_the_asking() -> None:
    tokens, source = Tokens(), Source()
    source.gate = asyncio.Event()
    waiting = asyncio.create_task(tokens.get("a", source))
    await asyncio.sleep(0)
    await tokens.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting

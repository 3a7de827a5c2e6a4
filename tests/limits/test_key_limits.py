"""Limits of a key by its own bounds: requests and tokens a minute, requests at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from modelport.keys.bounds import Bounds
from modelport.keys.errors import BadBounds
from modelport.keys.service import Key
from modelport.limits.errors import KeyTooFast
from modelport.limits.service import Limits
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelport.limits.windows import Windows

_NOON = 20_000 * 86_400_000 + 43_200_000


def _key(**bounds: Any) -> Key:
    return Key(
        "key", "acct", "u", "n", "h", "l", None, None, disabled=False, expires_at=None, created_at=0,
        bounds=Bounds(**bounds),
    )  # fmt: skip


@pytest.fixture
def limits(windows: Windows) -> Limits:
    async def none(_account: str, _since: int) -> int:
        await asyncio.sleep(0)
        return 0

    return Limits(Settings(), windows, none)


async def _take(limits: Limits, key: Key, tokens: int = 1, request: str = "gen", *, free: bool = False) -> Any:
    return await limits.take(key, request, free=free, paid=True, prompt_tokens=tokens)


def _header(ticket: Any, name: str) -> str:
    return dict(ticket.headers)[f"x-ratelimit-{name}".encode()].decode()


async def test_requests_a_minute(limits: Limits, at: Callable[[int], None]) -> None:
    key = _key(requests_per_minute=2)
    assert [_header(await _take(limits, key), "remaining") for _ in range(2)] == ["1", "0"]
    with pytest.raises(KeyTooFast, match="key-requests-per-min") as caught:
        await _take(limits, key)
    error = caught.value
    assert (error.status, error.retry_after) == (429, 60)
    assert error.headers["x-ratelimit-limit"] == "2"
    assert error.metadata["headers"] == {
        "X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(_NOON + 60_000),
    }  # fmt: skip
    at(_NOON + 60_000)
    await _take(limits, key)


async def test_tokens_are_counted_when_they_are_known(limits: Limits, at: Callable[[int], None]) -> None:
    """The prompt at once, the completion in the end; what failed took none."""
    key = _key(tokens_per_minute=100)
    ticket = await _take(limits, key, 10)
    assert (_header(ticket, "limit-tokens"), _header(ticket, "remaining-tokens")) == ("100", "90")
    ticket.ended(80)
    ticket.ended(80)
    await _left(limits, key, 20)
    (await _take(limits, key, 5)).failed()
    await _left(limits, key, 20)
    with pytest.raises(KeyTooFast, match="key-tokens-per-min") as caught:
        await _take(limits, key, 21)
    assert caught.value.retry_after == 60
    with pytest.raises(KeyTooFast, match="shorter prompt") as caught:
        await _take(limits, key, 101)
    assert caught.value.retry_after is None, "no wait would help"
    at(_NOON + 60_000)
    await _take(limits, key, 100)


async def _left(limits: Limits, key: Key, tokens: int) -> None:
    for _ in range(500):
        ticket = await _take(limits, key, 0)
        if _header(ticket, "remaining-tokens") == str(tokens):
            ticket.ended(0)
            return
        ticket.ended(0)
        await asyncio.sleep(0.002)
    raise AssertionError


@pytest.mark.usefixtures("at")
async def test_requests_at_once(limits: Limits) -> None:
    key = _key(max_concurrency=2)
    tickets = [await _take(limits, key, request=f"gen-{number}") for number in range(2)]
    with pytest.raises(KeyTooFast, match="key-concurrency") as caught:
        await _take(limits, key, request="gen-9")
    assert caught.value.retry_after == 1
    tickets[0].failed()
    tickets[0].ended(0)
    for _ in range(500):
        try:
            await _take(limits, key, request="gen-3")
            break
        except KeyTooFast:
            await asyncio.sleep(0.002)
    with pytest.raises(KeyTooFast):
        await _take(limits, key, request="gen-4")


@pytest.mark.usefixtures("at")
async def test_the_tightest_limit_is_told(limits: Limits) -> None:
    ticket = await _take(limits, _key(requests_per_minute=10), free=True)
    assert (_header(ticket, "limit"), _header(ticket, "remaining")) == ("10", "9")
    ticket = await _take(limits, _key(requests_per_minute=1000), free=True)
    assert (_header(ticket, "limit"), _header(ticket, "remaining")) == ("20", "18"), "of free models by the minute"


async def test_without_bounds_nothing_is_counted(limits: Limits) -> None:
    assert (await _take(limits, _key())).headers == []


class TestBounds:
    """What a key may be bound to."""

    def test_every_fault_is_told(self) -> None:
        with pytest.raises(BadBounds) as caught:
            Bounds(requests_per_minute=0, models=("a b",), addresses=("10.0.0.0/33", "x"))
        for word in ("requests_per_minute", "a b", "10.0.0.0/33", "'x'"):
            assert word in caught.value.message

    @pytest.mark.parametrize(("patterns", "model", "allowed"), [
        ((), "any/model", True),
        (("openai/*",), "openai/gpt-5", True),
        (("openai/*",), "anthropic/x", False),
        (("*:free",), "a/b:free", True),
        (("*:free",), "a/b", False),
        (("a/b", "c/d"), "c/d", True),
        (("a/b",), "a/bc", False),
        (("A/B",), "a/b", True),
    ])  # fmt: skip
    def test_models(self, patterns: tuple[str, ...], model: str, allowed: bool) -> None:  # noqa: FBT001
        assert (Bounds(models=patterns).forbids(model, "p") is None) is allowed
        assert (Bounds(providers=patterns).forbids("m", model) is None) is allowed

    @pytest.mark.parametrize(("ranges", "address", "allowed"), [
        ((), None, True),
        (("192.0.2.0/24",), "192.0.2.77", True),
        (("192.0.2.0/24",), "::ffff:192.0.2.77", True),
        (("192.0.2.0/24",), "192.0.3.1", False),
        (("192.0.2.1",), "192.0.2.1", True),
        (("2001:db8::/32",), "2001:db8:1::5", True),
        (("2001:db8::/32",), "2001:db9::5", False),
        (("2001:db8::/32", "10.0.0.0/8"), "10.1.2.3", True),
        (("10.0.0.0/8",), None, False),
        (("10.0.0.0/8",), "nonsense", False),
    ])  # fmt: skip
    def test_addresses(self, ranges: tuple[str, ...], address: str | None, allowed: bool) -> None:  # noqa: FBT001
        assert Bounds(addresses=ranges).admits(address) is allowed

    def test_they_come_back_as_they_were_stored(self) -> None:
        bounds = Bounds(3, 4, 5, ("a/*",), ("p",), ("::/0",))
        assert (
            Bounds.read({name: list(v) if isinstance(v, tuple) else v for name, v in (bounds.stored() or {}).items()})
            == bounds
        )
        assert Bounds().stored() is None
        assert Bounds.read(None) == Bounds()

"""Tokens that a provider gives for a while: kept, asked for once by all who wait, and renewed before they end.

A request never waits while a token holds: in its last minutes it is renewed beside the request that noticed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Token", "Tokens"]

_EARLY: Final = 300.0
"""Seconds before its end at which a token is renewed: an answer may take minutes, clocks differ."""
_MOST: Final = 1_000
"""Keys whose tokens are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Token:
    """What to show instead of a key, and how long it holds."""

    value: str
    seconds: float


@dataclass(slots=True)
class _Held:
    value: str
    ends: float
    """On the monotonic clock."""
    renew_at: float


class Tokens:
    """The tokens of one process, by the name of the key they were given for."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._asking: dict[str, asyncio.Task[str]] = {}

    async def get(self, name: str, ask: Callable[[], Awaitable[Token]]) -> str:
        """The token for `name`; `ask` fetches one, and is called by one at a time.

        Raises what `ask` raises, for all who wait, and never while an older token still holds.
        """
        held, now = self._held.get(name), clock.monotonic()
        if held is not None and now < held.renew_at:
            return held.value
        task = self._asking.get(name)
        if task is None:
            task = self._asking[name] = asyncio.create_task(self._ask(name, ask))
            task.add_done_callback(lambda done: self._asked(name, done))
        if held is not None and now < held.ends:
            return held.value
        # Shielded: a caller who leaves must not take the token from the others.
        return await asyncio.shield(task)

    def forget(self, name: str, value: str) -> None:
        """Drops a token that was refused, unless another one has come since."""
        held = self._held.get(name)
        if held is not None and held.value == value:
            del self._held[name]

    async def close(self) -> None:
        """Stops asking."""
        for task in list(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _ask(self, name: str, ask: Callable[[], Awaitable[Token]]) -> str:
        token = await ask()
        now = clock.monotonic()
        early = min(_EARLY, token.seconds / 2)
        self._held.pop(name, None)
        self._held[name] = _Held(token.value, now + token.seconds, now + token.seconds - early)
        if len(self._held) > _MOST:
            del self._held[next(iter(self._held))]
        return token.value

    def _asked(self, name: str, task: asyncio.Task[str]) -> None:
        del self._asking[name]
        if not task.cancelled():
            task.exception()  # told to those who wait; nobody may, while an older token holds

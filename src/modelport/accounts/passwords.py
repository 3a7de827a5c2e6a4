"""Passwords: argon2 in threads, a few at a time, so that neither the event loop nor the memory suffers."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Final

from modelport.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["Busy", "hash_password", "verify_password"]

_AT_ONCE: Final = 2
"""Each takes some 50 ms of a core and 46 MiB."""
_WAITING_MOST: Final = 100


class Busy(Unavailable):
    """More people are signing in than passwords can be checked; a retry will help."""


class _Gate:
    """Lets a few through at a time, and turns away when too many wait. One for each event loop."""

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(_AT_ONCE)
        self.waiting = 0

    async def __aenter__(self) -> None:
        if self.waiting >= _WAITING_MOST:
            raise Busy("Too many people are signing in at the moment; try again.", retry_after=5)
        self.waiting += 1
        try:
            await self.slots.acquire()
        finally:
            self.waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self.slots.release()


_gates: dict[int, _Gate] = {}


def _gate() -> _Gate:
    loop = id(asyncio.get_running_loop())
    if loop not in _gates:
        _gates.clear()  # a loop that is gone: servers have one
        _gates[loop] = _Gate()
    return _gates[loop]


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 (not needed at a start)

    return PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """The hash of a password that nobody knows: checked where there is no user, to take the same time."""
    import secrets  # noqa: PLC0415 (as above)

    return _hasher().hash(secrets.token_hex(32))


async def hash_password(password: str) -> str:
    """The password as it is stored.

    Raises `Busy`.
    """
    async with _gate():
        return await asyncio.to_thread(_hasher_hash, password)


def _hasher_hash(password: str) -> str:
    return _hasher().hash(password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """Whether it is the password; with no hash, takes the same time to say no.

    Raises `Busy`.
    """
    async with _gate():
        return await asyncio.to_thread(_verify, password, hashed)


def _verify(password: str, hashed: str | None) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 (as above)

    try:
        right = _hasher().verify(hashed or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed is not None

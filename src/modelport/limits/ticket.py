"""A request that was let through: what it was counted in, and what it gives back in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.limits.windows import Claim, Slot, Windows

__all__ = ["FREE_PASS", "Kind", "Pace", "Ticket", "tightest"]

Headers = list[tuple[bytes, bytes]]


class Kind(NamedTuple):
    """One of the limits there are."""

    name: str
    """As the message has it: clients look for it there."""
    source: str
    """As `limit_source` of the error's metadata."""
    of_free: bool = False
    of_tokens: bool = False


class Pace(NamedTuple):
    """Where a request stands in one window, itself included."""

    kind: Kind
    limit: int
    remaining: int
    resets_at: int
    """In milliseconds since 1970."""


class Ticket:
    """What a request was counted in. `ended` or `failed` is called once; a second call does nothing."""

    __slots__ = ("_claims", "_kinds", "_open", "_slot", "_windows", "headers")

    def __init__(
        self,
        windows: Windows | None,
        kinds: Sequence[Kind],
        claims: Sequence[Claim],
        slot: Slot | None,
        headers: Headers,
    ) -> None:
        """`kinds` and `claims` belong together one by one."""
        self._windows = windows
        self._kinds = kinds
        self._claims = claims
        self._slot = slot
        self._open = windows is not None
        self.headers = headers
        """Go with the answer, whatever it is."""

    def ended(self, tokens: int) -> None:
        """The answer was given; it took so many tokens, prompt and completion."""
        if not self._open or self._windows is None:
            return
        self._open = False
        for kind, claim in zip(self._kinds, self._claims, strict=True):
            if kind.of_tokens and tokens != claim.amount:
                self._windows.change(claim.key, tokens - claim.amount, claim.seconds)
        if self._slot is not None:
            self._windows.free(self._slot)

    def failed(self) -> None:
        """No answer was given: a free request that failed does not count, and no tokens were used."""
        if not self._open or self._windows is None:
            return
        self._open = False
        for kind, claim in zip(self._kinds, self._claims, strict=True):
            if kind.of_free or kind.of_tokens:
                self._windows.change(claim.key, -claim.amount, claim.seconds)
        if self._slot is not None:
            self._windows.free(self._slot)


FREE_PASS = Ticket(None, (), (), None, [])
"""The ticket of a request that no limit concerns."""


def tightest(paces: Sequence[Pace]) -> Headers:
    """The headers that tell of limits: of requests the one with the smallest part left, and that of tokens."""
    headers: Headers = []
    requests = [pace for pace in paces if not pace.kind.of_tokens]
    if requests:
        nearest = min(requests, key=lambda pace: pace.remaining / pace.limit)
        headers += _headers(nearest, b"")
    for pace in paces:
        if pace.kind.of_tokens:
            headers += _headers(pace, b"-tokens")
    return headers


def _headers(pace: Pace, suffix: bytes) -> Headers:
    return [
        (b"x-ratelimit-limit" + suffix, b"%d" % pace.limit),
        (b"x-ratelimit-remaining" + suffix, b"%d" % max(pace.remaining, 0)),
        (b"x-ratelimit-reset" + suffix, b"%d" % pace.resets_at),
    ]

"""Amounts that are counted by UTC day and held in memory: what a limit on spending is measured with.

A meter never waits, so a check and a hold are one step. Where several processes share what is measured, each has a
`Lease`: a slice of the rest that nobody else holds against.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from datetime import datetime
from typing import NamedTuple

from modelport.kit import clock

__all__ = ["Lease", "Meter", "OwnMeter", "SpentDays", "window_end", "window_start"]

_EPOCH = dt.date(1970, 1, 1)


def window_start(reset: str | None, today: int) -> int:
    """The first UTC day (since 1970) of the window that `today` lies in; 0 for one that never resets."""
    if reset == "daily":
        return today
    if reset == "weekly":
        return today - (today + 3) % 7  # day 0 was a Thursday; weeks begin on Monday
    if reset == "monthly":
        return today - (_EPOCH + dt.timedelta(days=today)).day + 1
    return 0


def window_end(reset: str | None, today: int) -> str | None:
    """When the window that `today` lies in ends, as an ISO time; None for one that never does."""
    if reset is None:
        return None
    start = window_start(reset, today)
    if reset == "monthly":
        first = _EPOCH + dt.timedelta(days=start)
        end = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    else:
        end = _EPOCH + dt.timedelta(days=start + (7 if reset == "weekly" else 1))
    return datetime(end.year, end.month, end.day, tzinfo=dt.UTC).isoformat()


class Lease:
    """A slice of something shared that this process alone may spend."""

    __slots__ = ("amount", "counts_own", "interval", "left", "limit", "recorded", "refused_until", "spare")

    def __init__(
        self, left: int = 0, spare: int = 0, *, limit: int = 0, interval: str | None = None, counts_own: bool = False
    ) -> None:
        self.amount = 0
        """What is left of the slice: leased, less what was spent of it. Part of it may be held."""
        self.recorded = 0
        """What the database says it is: never less than `amount`."""
        self.left = left
        """What nobody had spent when the database was last asked, leased or not."""
        self.spare = spare
        """What nobody had leased then; good for estimates only."""
        self.refused_until = 0.0
        """Till then (monotonic) there is no use in asking for more."""
        self.limit, self.interval, self.counts_own = limit, interval, counts_own
        """Of what it is a slice. When that is changed, the slice is void."""

    def is_of(self, limit: int, interval: str | None, *, counts_own: bool) -> bool:
        """Whether it is a slice of this limit; of a balance, the limit is 0."""
        return self.limit == limit and self.interval == interval and self.counts_own == counts_own


class Meter:
    """What was spent, day by day, and what is held for work under way."""

    __slots__ = ("days", "held", "lease", "total")

    def __init__(self, total: int = 0, days: dict[int, int] | None = None) -> None:
        self.total = total
        self.days = {} if days is None else days
        """Spending by UTC day; goes back at least to the first of last month."""
        self.held: int = 0
        self.lease: Lease | None = None
        """This process's slice of the limit, where several processes share it."""

    def spent(self, reset: str | None) -> int:
        """What was spent in the present window of `reset` (all time for None)."""
        if reset is None:
            return self.total
        start = window_start(reset, clock.day(clock.now_ms()))
        return sum(amount for day, amount in self.days.items() if day >= start)

    def free(self, limit: int, reset: str | None) -> int:
        """What may be held at once."""
        if self.lease is not None:
            return self.lease.amount - self.held
        return limit - self.spent(reset) - self.held

    def reach(self, limit: int, reset: str | None) -> int:
        """The same with what may be leased besides: for estimates."""
        return self.free(limit, reset) + (self.lease.spare if self.lease is not None else 0)

    def left(self, limit: int, reset: str | None) -> int:
        """What is not spent, held or not, by whomever."""
        return self.lease.left if self.lease is not None else limit - self.spent(reset)

    def release(self, amount: int) -> None:
        """Gives back what was held."""
        self.held -= amount

    def take_back(self, amount: int, day: int) -> None:
        """Takes off what was spent. Not added to the slice: the database hands that out anew."""
        self.total -= amount
        self.days[day] = self.days.get(day, 0) - amount

    def spend(self, amount: int, day: int) -> None:
        """Adds to what was spent, once that is durable."""
        self.total += amount
        self.days[day] = self.days.get(day, 0) + amount
        if self.lease is not None:
            self.lease.amount -= amount
            self.lease.left -= amount


class SpentDays(NamedTuple):
    """What was spent in all and by day, and the same of the price of what came by own provider keys."""

    total: int = 0
    days: dict[int, int] | None = None
    own_total: int = 0
    own_days: dict[int, int] | None = None

    def since(self, reset: str | None, *, counts_own: bool) -> int:
        """What counts of it in the window of `reset`, when the days go back to where that began."""
        days, own_days = self.days or {}, self.own_days or {}
        spent = self.total if reset is None else sum(days.values())
        own = self.own_total if reset is None else sum(own_days.values())
        return spent + own if counts_own else spent


class OwnMeter(Meter, ABC):
    """A meter that also knows the price of what came by the account's own provider keys.

    Whether that counts may change at any time, and then does for what was before as well.
    """

    __slots__ = ("own",)

    def __init__(self, spent: SpentDays | None = None) -> None:
        super().__init__()
        self.own = Meter()
        """The price of what came by own provider keys: charged to nobody."""
        if spent is not None:
            self.take_over(spent)

    @property
    @abstractmethod
    def counts_own(self) -> bool:
        """Whether that price counts as spent."""

    def take_over(self, spent: SpentDays) -> None:
        """Takes over what the database says."""
        self.total, self.days = spent.total, spent.days or {}
        self.own.total, self.own.days = spent.own_total, spent.own_days or {}

    def spent(self, reset: str | None) -> int:
        """What counts in the present window of `reset`."""
        return self.charged(reset) + (self.own.spent(reset) if self.counts_own else 0)

    def charged(self, reset: str | None) -> int:
        """What was charged in it."""
        return super().spent(reset)

    def use_own(self, amount: int, day: int) -> None:
        """Adds the price of what came by an own provider key, once that is durable."""
        self.own.spend(amount, day)
        if self.lease is not None and self.counts_own:
            self.lease.amount -= amount
            self.lease.left -= amount
